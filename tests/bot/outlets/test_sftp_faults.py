"""A server that is not the right one, is cut off, is full or refuses; and a process that is killed on the way."""

from __future__ import annotations

import asyncio
import os
import signal
import warnings
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from structlog.testing import capture_logs

from bot.metrics import Metrics
from bot.outlets import sftp
from bot.outlets.sending import ExportSender
from bot.outlets.sftp import ServerProblem, Stopped
from storage.audit import list_entries
from storage.database import Database
from storage.encryption import Keyring
from storage.export_batches import list_export_batches
from storage.exports.sendings import list_sendings, open_sendings
from storage.outlets.faring import ALARM_AFTER, load_outlet
from storage.universe import FrozenUniverse, Universe
from tests.bot.outlets.conftest import MakeSender, answers
from tests.bot.outlets.server import SftpHost
from tests.storage.exports.test_drop import picked_up

OTHER = "SHA256:" + "A" * 43
#: Of the processes that are killed: several may have written into one store.
_SEEDS = count(77)


def failed(sender: ExportSender) -> ServerProblem:
    with pytest.raises(ServerProblem) as problem:
        sender.send(actor="clerk", actor_kind="os_user")
    return problem.value


def send(sender: ExportSender) -> int:
    return sender.send(actor="clerk", actor_kind="os_user").exported.rows


def states(database: Database) -> list[str]:
    return [sending.state for sending, _ in reversed(database.run_read(list_sendings))]


# The right server -----------------------------------------------------------------------------


def test_nothing_goes_to_a_server_with_another_key(
    sqlite_database: Database, host: SftpHost, make_sender: MakeSender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(sqlite_database, "0001")
    # Whoever runs the program knows the server; that is not the bank's word.
    home = tmp_path / "home" / ".ssh"
    home.mkdir(parents=True)
    public = host.key.export_public_key().decode()
    (home / "known_hosts").write_text(f"[127.0.0.1]:{host.port} {public}", encoding="utf-8")
    monkeypatch.setenv("HOME", str(home.parent))
    problem = failed(make_sender(sqlite_database, sftp_host_key=OTHER))
    assert (problem.code, problem.seen) == ("host_key", host.fingerprint)
    assert list(host.there.iterdir()) == []
    assert sqlite_database.run_read(list_export_batches) == []
    # Two names of which one is right will do: so a key is changed.
    assert send(make_sender(sqlite_database, sftp_host_key=f"{OTHER},{host.fingerprint}")) == 1


def test_a_file_of_known_hosts_names_the_server(
    sqlite_database: Database, host: SftpHost, make_sender: MakeSender, tmp_path: Path
) -> None:
    answers(sqlite_database, "0001")
    known = tmp_path / "known_hosts"
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    for line in (f"[127.0.0.1]:{host.port} {other}", f"[127.0.0.1]:1 {other}", ""):
        known.write_text(line, encoding="utf-8")
        sender = make_sender(sqlite_database, sftp_host_key="", sftp_known_hosts=known)
        assert failed(sender).code == "host_key"
    assert list(host.there.iterdir()) == []
    known.write_text(f"[127.0.0.1]:{host.port} {host.key.export_public_key().decode()}", encoding="utf-8")
    assert send(make_sender(sqlite_database, sftp_host_key="", sftp_known_hosts=known)) == 1


# On the way -----------------------------------------------------------------------------------


def test_a_connection_that_is_cut_is_made_again(
    sqlite_database: Database, host: SftpHost, make_sender: MakeSender
) -> None:
    answers(sqlite_database, "0001")
    host.cut_after, host.cuts = 2, 2
    assert send(make_sender(sqlite_database)) == 1
    assert host.cuts == 0
    assert picked_up(host.there) == [["0001"]]
    assert len(list(host.there.iterdir())) == 7
    assert states(sqlite_database) == ["sent"]


@pytest.mark.parametrize("cut_after", [1, 2], ids=["in a file", "in the mark"])
def test_what_did_not_arrive_is_given_up_and_carried_by_the_next(
    database: Database, host: SftpHost, make_sender: MakeSender, temporary: Path, cut_after: int
) -> None:
    answers(database, "0001")
    host.cut_after, host.cuts = cut_after, 1000
    sender = make_sender(database)
    assert failed(sender).code == "cut"
    assert [path.name for path in host.there.iterdir() if not path.name.endswith(".part")] == []
    assert list(temporary.iterdir()) == []
    host.cuts = 0
    answers(database, "0002")
    assert send(sender) == 2
    assert picked_up(host.there) == [["0001", "0002"]]
    assert len(list(host.there.iterdir())) == 7, "and nothing of the one before"
    assert states(database) == ["given_up", "sent"]
    actions = [one.action for one in reversed(database.run_read(list_entries)) if one.action.startswith("export.")]
    assert actions == ["export.responses", "export.not_sent", "export.responses", "export.sent"]


@pytest.mark.parametrize(
    ("deed", "refusal", "code"),
    [
        ("write", asyncssh.SFTPFailure("no space left on device"), "server"),
        ("write", asyncssh.SFTPQuotaExceeded("quota"), "server"),
        ("open", asyncssh.SFTPPermissionDenied("read only"), "no_permission"),
        ("rename", asyncssh.SFTPPermissionDenied("no renaming"), "no_permission"),
    ],
)
def test_a_server_that_is_full_or_refuses(
    sqlite_database: Database, host: SftpHost, make_sender: MakeSender, deed: str, refusal: Exception, code: str
) -> None:
    answers(sqlite_database, "0001")
    host.refuses[deed] = refusal
    sender = make_sender(sqlite_database)
    assert failed(sender).code == code
    assert list(host.there.glob("*.done")) == []
    host.refuses.clear()
    # What was placed is finished under its names; else the next export carries it.
    assert send(sender) == (0 if deed == "rename" else 1)
    assert sorted(picked_up(host.there)) == ([[], ["0001"]] if deed == "rename" else [["0001"]])
    assert list(host.there.glob("*.part")) == []


@pytest.mark.parametrize("deed", ["stat", "open", "close", "rename"])
def test_a_server_that_lives_and_answers_nothing_is_given_up(
    sqlite_database: Database, host: SftpHost, make_sender: MakeSender, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    answers(sqlite_database, "0001")
    host.hangs = deed
    sender = make_sender(sqlite_database)
    with monkeypatch.context() as patched:
        patched.setattr(sftp, "_SILENT", 0.2)
        assert failed(sender).code == "silent"
    host.hangs = ""
    send(sender)
    assert sorted(picked_up(host.there))[-1] == ["0001"]


def test_what_was_placed_on_another_server_is_carried_by_the_next(
    database: Database, host: SftpHost, make_sender: MakeSender
) -> None:
    answers(database, "0001")
    host.refuses["rename"] = asyncssh.SFTPPermissionDenied("no renaming")
    assert failed(make_sender(database)).code == "no_permission"
    assert states(database) == ["placed"]
    host.refuses.clear()
    elsewhere = host.folder / "elsewhere"
    elsewhere.mkdir()
    with capture_logs() as logs:
        assert send(make_sender(database, sftp_url=host.url.replace("/in", "/elsewhere"))) == 1
    assert picked_up(elsewhere) == [["0001"]]
    assert states(database) == ["given_up", "sent"]
    assert [one["state"] for one in logs if (one["event"], one["log_level"]) == ("sftp.other_server", "error")] == [
        "placed"
    ]
    assert "export.not_sent" in [one.action for one in database.run_read(list_entries)]


def test_what_a_killed_process_left_in_clear_goes_also_while_the_server_is_away(
    sqlite_url: str,
    sqlite_database: Database,
    keyring: Keyring,
    universe: FrozenUniverse,
    host: SftpHost,
    make_sender: MakeSender,
    temporary: Path,
) -> None:
    answers(sqlite_database, "0001")
    send_and_die(sqlite_url, keyring, universe, make_sender(sqlite_database), "put 1")
    assert [path.name for folder in temporary.iterdir() for path in folder.iterdir()] != []
    universe.advance(timedelta(minutes=6))
    assert failed(make_sender(sqlite_database, sftp_host_key=OTHER)).code == "host_key"
    assert list(temporary.iterdir()) == []


def test_a_service_that_is_stopped_leaves_it_to_the_next_start(
    sqlite_database: Database, host: SftpHost, make_sender: MakeSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(sqlite_database, "0001")
    stopped = make_sender(sqlite_database)
    real = sftp.Server.put

    async def put(self: sftp.Server, path: Path, name: str, is_stopping: Callable[[], bool]) -> None:
        stopped._stopping.set()
        await real(self, path, name, is_stopping)

    with monkeypatch.context() as patched:
        patched.setattr(sftp.Server, "put", put)
        with pytest.raises(Stopped):
            stopped.send(actor="timers", actor_kind="system")
    outlet = sqlite_database.run_read(lambda conn: load_outlet(conn, "sftp"))
    assert outlet is not None
    assert outlet.failures == 0
    assert send(make_sender(sqlite_database, "two")) == 1
    assert picked_up(host.there) == [["0001"]]


# Killed ---------------------------------------------------------------------------------------


def send_and_die(url: str, keyring: Keyring, universe: FrozenUniverse, sender: ExportSender, die_at: str) -> None:
    """In a child: killed when the step named so begins for the time given behind it."""
    now, seed = universe.now(), next(_SEEDS)
    with warnings.catch_warnings():
        # Its threads stay behind in the parent, and it needs none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            own = Universe.frozen(now, seed=seed)
            database = Database.open(url, keys=keyring, universe=own, sqlite_synchronous="normal")
            mine = ExportSender(database, sender._settings, "dies")
            die_in(mine, *die_at.split())
            mine.send(actor="timers", actor_kind="system")
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), die_at


def die_in(sender: ExportSender, step: str, times: str) -> None:
    left = int(times)

    def count() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    if step == "note":
        noting = sender._note

        def note(*arguments: Any) -> None:
            count()
            noting(*arguments)

        sender._note = note  # type: ignore[method-assign]
        return
    real = getattr(sftp.Server, step)

    async def run(self: sftp.Server, *arguments: Any) -> None:
        count()
        await real(self, *arguments)

    setattr(sftp.Server, step, run)


@pytest.mark.parametrize(
    ("die_at", "carried"),
    [
        # Before anything left the house, and in the middle of the files: the next export carries it all.
        ("put 1", [["0001", "0002"]]),
        ("put 4", [["0001", "0002"]]),
        # All parts are there, the store does not know it yet.
        ("note 1", [["0001"], ["0002"]]),
        # Between the names, and between the last name and the mark's.
        ("rename 3", [["0001"], ["0002"]]),
        ("rename 7", [["0001"], ["0002"]]),
        # The mark stands, the store does not know it yet.
        ("note 2", [["0001"], ["0002"]]),
    ],
)
def test_killed_on_the_way_nothing_is_lost_and_nothing_comes_twice(
    sqlite_url: str,
    sqlite_database: Database,
    keyring: Keyring,
    universe: FrozenUniverse,
    host: SftpHost,
    make_sender: MakeSender,
    temporary: Path,
    die_at: str,
    carried: list[list[str]],
) -> None:
    answers(sqlite_database, "0001")
    sender = make_sender(sqlite_database)
    send_and_die(sqlite_url, keyring, universe, sender, die_at)
    for taken in host.there.glob("*.done"):
        # The other side is quick: it fetched everything before we come back.
        assert die_at == "note 2", taken
        assert picked_up(host.there) == [["0001"]]
        for path in host.there.iterdir():
            path.unlink()
        carried = [["0002"]]
    answers(sqlite_database, "0002")
    # The dead process holds its lease for a while.
    universe.advance(timedelta(minutes=6))
    sent = sender.send(actor="timers", actor_kind="system")
    assert sorted(picked_up(host.there)) == carried
    assert list(host.there.glob("*.part")) == []
    assert list(temporary.iterdir()) == []
    assert sent.recovered == (0 if die_at.startswith("put") else 1)
    assert sqlite_database.run_read(open_sendings) == []


def test_a_killed_one_is_finished_on_postgresql_too(
    postgres_url: str,
    keyring: Keyring,
    universe: FrozenUniverse,
    host: SftpHost,
    make_sender: MakeSender,
) -> None:
    with Database.open(postgres_url, keys=keyring, universe=universe) as database:
        answers(database, "0001")
        sender = make_sender(database)
        send_and_die(postgres_url, keyring, universe, sender, "rename 7")
        universe.advance(timedelta(minutes=6))
        assert send(sender) == 0
        assert sorted(picked_up(host.there)) == [[], ["0001"]]


# Somebody hears of it -------------------------------------------------------------------------


async def test_it_is_tried_ever_more_rarely_and_somebody_hears_of_it(
    sqlite_database: Database, universe: FrozenUniverse, host: SftpHost, make_sender: MakeSender
) -> None:
    answers(sqlite_database, "0001")
    sender = make_sender(sqlite_database, sftp_host_key=OTHER)
    waits = []
    with capture_logs() as logs:
        for _ in range(8):
            await asyncio.to_thread(sender.work)
            waited = 0
            while not sender.is_due():
                universe.advance(timedelta(minutes=1))
                waited += 1
            waits.append(waited)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    levels = [entry["log_level"] for entry in logs if entry["event"] == "sftp.failed"]
    assert levels == ["warning"] * (ALARM_AFTER - 1) + ["error"] * (8 - ALARM_AFTER + 1)
    page = (await Metrics().page(sqlite_database)).decode()
    assert 'kakunin_outlet_failures{outlet="sftp"} 8.0' in page
    # A restart knows it; another server, or the right key, begins anew.
    assert make_sender(sqlite_database, "two", sftp_host_key=OTHER).is_due()
    await asyncio.to_thread(make_sender(sqlite_database).work)
    page = (await Metrics().page(sqlite_database)).decode()
    assert 'kakunin_outlet_failures{outlet="sftp"} 0.0' in page
    assert picked_up(host.there) == [["0001"]]
