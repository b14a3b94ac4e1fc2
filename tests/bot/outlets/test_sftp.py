"""Exports sent to a real server: whole, once, in their time, to the right one and by whoever may."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as parquet
import pytest

from bot.outlets import sftp
from bot.outlets.sending import last_time
from bot.outlets.sftp import ServerProblem
from bot.outlets.wording import problem_in_words
from bot.problems import SettingsProblem
from bot.settings import load_settings
from locales import load_catalogue
from storage.audit import list_entries
from storage.database import Database
from storage.exports.drop import DropBusy, alone
from storage.exports.sendings import list_sendings
from storage.outlets.faring import load_outlet
from storage.universe import FrozenUniverse
from tests.bot.outlets.conftest import MakeSender, answers
from tests.bot.outlets.server import PASSWORD, SftpHost
from tests.storage.exports.test_drop import picked_up


def send(database: Database, make_sender: MakeSender, **settings: str) -> int:
    done = make_sender(database, **settings).send(actor="clerk", actor_kind="os_user")
    return done.exported.rows


def test_each_sending_is_what_came_since_the_last_one(
    database: Database, host: SftpHost, make_sender: MakeSender, temporary: Path
) -> None:
    answers(database, "0001")
    assert send(database, make_sender) == 1
    names = sorted(path.name for path in host.there.iterdir())
    assert len([name for name in names if name.endswith(".done")]) == 1
    assert len(names) == 7
    assert send(database, make_sender) == 0, "nothing new still makes its files"
    answers(database, "0002")
    assert send(database, make_sender) == 1
    assert sorted(picked_up(host.there)) == [[], ["0001"], ["0002"]]
    assert list(host.there.glob("*.part")) == []
    assert list(temporary.iterdir()) == [], "nothing in clear stays here"
    entries = [one for one in database.run_read(list_entries) if one.action.startswith("export.")]
    assert [one.action for one in reversed(entries)] == ["export.responses", "export.sent"] * 3
    assert {one.detail["to"] for one in entries if one.action == "export.responses"} == {"sftp"}
    assert {one.state for one, _ in database.run_read(list_sendings)} == {"sent"}


def test_in_its_time_whichever_process_does_it(
    sqlite_database: Database, host: SftpHost, make_sender: MakeSender, universe: FrozenUniverse
) -> None:
    answers(sqlite_database, "0001")
    # It is ten in the morning: the time of the night was missed, so it is due at once.
    first, second = (make_sender(sqlite_database, name, sftp_at="02:00,14:00") for name in ("one", "two"))
    for sender in (first, second, first):
        sender.work()
    assert len(list(host.there.glob("*.done"))) == 1
    universe.advance(timedelta(hours=3, minutes=59))
    assert not second.is_due()
    universe.advance(timedelta(minutes=1))
    assert second.is_due()
    second.work()
    assert not first.is_due()
    assert len(list(host.there.glob("*.done"))) == 2


def test_the_last_time_of_day_that_is_over() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    night = datetime(2026, 11, 1, 16, 0, tzinfo=UTC)  # one in the morning
    assert last_time(("02:00", "14:00"), night, tokyo) == datetime(2026, 11, 1, 14, 0, tzinfo=tokyo)
    assert last_time(("02:00", "14:00"), night + timedelta(hours=1), tokyo) == datetime(2026, 11, 2, 2, 0, tzinfo=tokyo)


def test_other_formats_and_who_was_exported_elsewhere(
    sqlite_database: Database, host: SftpHost, make_sender: MakeSender
) -> None:
    answers(sqlite_database, "0001")
    # Only approved cases are another row of exports: the first one carries everything.
    assert send(sqlite_database, make_sender, sftp_format="parquet") == 1
    (path,) = host.there.glob("*.parquet")
    assert parquet.read_table(path)["customer_no"].to_pylist() == ["0001"]
    assert send(sqlite_database, make_sender, sftp_status="approved") == 1
    assert send(sqlite_database, make_sender) == 0


def test_with_a_key_of_our_own(
    sqlite_database: Database, host: SftpHost, make_sender: MakeSender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(sqlite_database, "0001")
    secret = tmp_path / "key"
    secret.write_bytes(host.client_key.export_private_key("pkcs8-pem", passphrase="open sesame"))
    monkeypatch.setenv("KAKUNIN_SFTP_KEY_FILE", str(secret))
    with pytest.raises(ServerProblem) as refused:
        send(sqlite_database, make_sender, sftp_password="", sftp_key_passphrase="close sesame")
    assert refused.value.code == "own_key"
    assert send(sqlite_database, make_sender, sftp_password="", sftp_key_passphrase="open sesame") == 1


def _openssh_key_with_passphrase() -> str:
    """Its outside alone: what is locked inside is never looked at without a key."""

    def part(content: bytes) -> bytes:
        return len(content).to_bytes(4) + content

    options = part(bytes(16)) + (16).to_bytes(4)
    head = part(b"aes256-ctr") + part(b"bcrypt") + part(options) + (1).to_bytes(4)
    blob = base64.b64encode(b"openssh-key-v1\0" + head + part(bytes(51)) + part(bytes(144))).decode()
    return f"-----BEGIN OPENSSH {'PRIVATE'} KEY-----\n{blob}\n-----END OPENSSH {'PRIVATE'} KEY-----\n"


@pytest.mark.parametrize(("unlocks", "code"), [(False, "no_bcrypt"), (True, "own_key")])
def test_a_key_that_takes_one_package_more_says_which(
    sqlite_database: Database,
    make_sender: MakeSender,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    unlocks: bool,
    code: str,
) -> None:
    secret = tmp_path / "key"
    secret.write_text(_openssh_key_with_passphrase(), encoding="ascii")
    monkeypatch.setenv("KAKUNIN_SFTP_KEY_FILE", str(secret))
    monkeypatch.setattr(sftp, "can_unlock", lambda: unlocks)
    with pytest.raises(ServerProblem) as refused:
        send(sqlite_database, make_sender, sftp_password="", sftp_key_passphrase="open sesame")
    assert refused.value.code == code
    assert ("pip install bcrypt" in problem_in_words(load_catalogue("ja").text, code)) is not unlocks


def test_who_is_refused_hears_so(sqlite_database: Database, host: SftpHost, make_sender: MakeSender) -> None:
    with pytest.raises(ServerProblem) as refused:
        send(sqlite_database, make_sender, sftp_password="wrong")
    assert refused.value.code == "refused"
    with pytest.raises(ServerProblem) as nowhere:
        send(sqlite_database, make_sender, sftp_url=host.url.replace("/in", "/out"))
    assert nowhere.value.code == "no_folder"
    assert sqlite_database.run_read(list_sendings) == [], "a server that is away costs no export"


def test_one_process_at_a_time(sqlite_database: Database, host: SftpHost, make_sender: MakeSender) -> None:
    with alone(sqlite_database, "exports.sftp", "another"):
        with pytest.raises(DropBusy):
            send(sqlite_database, make_sender)
        assert not make_sender(sqlite_database).work()
    outlet = sqlite_database.run_read(lambda conn: load_outlet(conn, "sftp"))
    assert outlet is not None
    assert outlet.failures == 0, "that another one is at it is no failure"
    assert host.connections == 0


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"sftp_url": "sftp://kakunin:secret@files.example/in"}, "setting of its own"),
        ({"sftp_url": "ftp://kakunin@files.example/in"}, "SFTP_URL"),
        ({"sftp_url": "sftp://files.example/in"}, "SFTP_URL"),
        ({"sftp_url": "sftp://k@files.example/in", "sftp_password": PASSWORD}, "SFTP_HOST_KEY"),
        ({"sftp_url": "sftp://k@files.example/in", "sftp_host_key": "SHA256:" + "A" * 43}, "SFTP_KEY"),
        ({"sftp_host_key": "MD5:00:11"}, "SFTP_HOST_KEY"),
        ({"sftp_known_hosts": "/nowhere"}, "SFTP_KNOWN_HOSTS"),
        ({"sftp_at": "2 o'clock"}, "SFTP_AT"),
    ],
)
def test_settings_that_would_not_do_stop_the_start(settings: dict[str, str], word: str) -> None:
    with pytest.raises(SettingsProblem) as refused:
        load_settings(**settings)
    assert word in str(refused.value)
    assert "secret@" not in str(refused.value)
