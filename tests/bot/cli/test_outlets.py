"""``kakunin export send`` and ``sendings``, ``kakunin hooks``, and what ``doctor`` says of them."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import asyncssh
import pytest

from storage.audit import list_entries
from storage.outlets.faring import list_outlets, note_gone, set_up
from storage.outlets.hooks import HOOKS, KINDS, claim_messages, settle_message, write_message
from tests.bot.cli.shell import HANAKO, HEADER, TARO, Shell
from tests.bot.outlets.receiver import Receiver, receiving
from tests.bot.outlets.server import PASSWORD, SftpHost, sftp_host
from tests.storage.exports.test_drop import picked_up
from tests.storage.reconciliation.seeding import add_case, answer, publish_form, submit

KEY = bytes(range(32))
OTHER = "SHA256:" + "A" * 43


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    shell.set(DEFAULT_LOCALE="en")
    shell("customers", "import", shell.write("m.csv", HEADER, TARO, HANAKO))
    with shell.database() as database:
        submit(database, publish_form(database), add_case(database, "0001"), [answer("name", "髙橋 太郎")])
    shell("reconcile", "run")
    return shell


@pytest.fixture
def host(tmp_path: Path, shell: Shell) -> Iterator[SftpHost]:
    with sftp_host(tmp_path / "server") as started:
        shell.set(SFTP_URL=started.url, SFTP_HOST_KEY=started.fingerprint, SFTP_PASSWORD=PASSWORD)
        yield started


@pytest.fixture
def receiver(shell: Shell) -> Iterator[Receiver]:
    """The bank's system, in a thread of its own: commands have a loop of theirs."""
    found = Receiver(KEY, now=int(datetime.now(UTC).timestamp()))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    running = receiving(found)
    asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result(10)
    shell.set(HOOK_URL=found.url, HOOK_SECRET="whsec_" + base64.b64encode(KEY).decode())
    yield found
    asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def test_sending_now_and_when_it_is_time(shell: Shell, host: SftpHost) -> None:
    first = json.loads(shell("export", "send", "--json").out)
    assert (first["sent"], first["rows"], first["recovered"]) == (True, 1, 0)
    assert picked_up(host.there) == [["0001"]]
    assert json.loads(shell("export", "send", "--json").out) == {"sent": False}
    assert "--now" in shell("export", "send").out
    assert "Sent 0 rows" in shell("export", "send", "--now").out
    listed = [json.loads(line) for line in shell("export", "sendings", "--json").out.splitlines()]
    assert [(row["state"], row["rows"]) for row in listed] == [("sent", 0), ("sent", 1)]
    assert first["done"] in shell("export", "sendings").out
    with shell.database() as database:
        entries = database.run_read(list_entries)
    assert {one.actor_kind for one in entries if one.action == "export.responses"} == {"os_user"}


def test_a_server_with_another_key_is_named_and_nothing_is_sent(shell: Shell, host: SftpHost) -> None:
    shell.set(SFTP_HOST_KEY=OTHER)
    done = shell("export", "send", "--now")
    assert (done.code, done.out) == (1, "")
    assert "nothing was sent" in done.err
    assert "Failed 1 times in a row" in shell("export", "sendings").err
    findings = {one["part"]: one for one in json.loads(shell("doctor", "--json").out)["findings"]}
    assert not findings["sftp"]["ok"]
    assert host.fingerprint in findings["sftp"]["detail"]
    shell.set(SFTP_HOST_KEY=host.fingerprint)
    findings = {one["part"]: one for one in json.loads(shell("doctor", "--json").out)["findings"]}
    assert findings["sftp"]["ok"]
    assert list(host.there.iterdir()) == []


def test_doctor_tries_all_that_a_sending_does(shell: Shell, host: SftpHost) -> None:
    for deed in ("open", "rename"):
        host.refuses[deed] = asyncssh.SFTPPermissionDenied("no")
        findings = {one["part"]: one for one in json.loads(shell("doctor", "--json").out)["findings"]}
        assert not findings["sftp"]["ok"], deed
        host.refuses.clear()
    assert list(host.there.glob("*check")) == []
    (host.there / ".kakunin-check").touch()
    findings = {one["part"]: one for one in json.loads(shell("doctor", "--json").out)["findings"]}
    assert findings["sftp"]["ok"], "what a check left that was cut off is in nobody's way"
    assert list(host.there.iterdir()) == []


def test_a_message_is_tried_and_a_hook_is_switched_on_again(shell: Shell, receiver: Receiver) -> None:
    receiver.answers = [503]
    done = shell("hooks", "test")
    assert (done.code, "503" in done.err) == (1, True)
    with shell.database() as database:
        database.run(lambda conn: note_gone(conn, HOOKS))
    assert "410" in shell("hooks", "list").err
    tried = json.loads(shell("hooks", "test", "--json").out)
    assert (tried["arrived"], receiver.ids[-1]) == (True, tried["id"])
    assert receiver.told()[-1]["type"] == "test"
    assert shell("hooks", "list").err == ""


def test_a_command_leaves_the_outlets_of_others_as_they_are(
    shell: Shell, host: SftpHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shell.database() as database:
        database.run(lambda conn: set_up(conn, HOOKS, "https://bank.example/hook", KINDS))
        database.run(lambda conn: write_message(conn, database.universe, "submission", {}))
    assert json.loads(shell("export", "send", "--json").out)["sent"]
    listed = [json.loads(line) for line in shell("hooks", "list", "--json").out.splitlines()]
    assert [row["state"] for row in listed] == ["open"]
    monkeypatch.delenv("KAKUNIN_SFTP_URL")
    shell.set(HOOK_URL="http://127.0.0.1:9/hook", HOOK_SECRET="whsec_" + base64.b64encode(KEY).decode())
    assert shell("hooks", "test").code == 1
    with shell.database() as database:
        states = {one.name: one.state for one in database.run_read(list_outlets)}
    assert states == {"hooks": "on", "sftp": "on"}


def test_messages_are_listed_and_sent_again(shell: Shell, receiver: Receiver) -> None:
    with shell.database() as database:
        uni = database.universe
        ids = [database.run(lambda conn: write_message(conn, uni, "submission", {"x": 1})).id for _ in range(2)]
        database.run(lambda conn: claim_messages(conn, uni, owner="o", lease=uni.now() - uni.now(), limit=9))
        database.run(lambda conn: settle_message(conn, uni, ids[0], owner="o", outcome="given_up", detail="silent"))
    listed = [json.loads(line) for line in shell("hooks", "list", "--json").out.splitlines()]
    assert [(row["id"], row["state"]) for row in listed] == [(ids[1], "open"), (ids[0], "given_up")]
    assert listed[0]["body"]["data"] == {"x": 1}
    assert shell("hooks", "list", "--state", "given_up").out.startswith(ids[0])
    assert json.loads(shell("hooks", "resend", "--given-up", "--json").out) == {"messages": 1}
    assert json.loads(shell("hooks", "resend", ids[0], "--json").out) == {"messages": 0}
    assert shell("hooks", "list", "--state", "given_up").out == ""


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("export", "send"), "KAKUNIN_SFTP_URL"),
        (("hooks", "test"), "KAKUNIN_HOOK_URL"),
        (("hooks", "resend"), "--given-up"),
        (("hooks", "resend", "--since", "yesterday"), "--since"),
        (("hooks", "list", "--state", "lost"), "given_up"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(shell: Shell, arguments: tuple[str, ...], word: str) -> None:
    assert word in shell.refused(*arguments)
