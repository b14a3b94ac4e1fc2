"""``kakunin letters make --customer`` and ``letters unlock``: a customer whose letter is lost or locked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from storage.audit import list_entries
from storage.cases import CaseStatus, list_cases
from storage.link_codes import LinkCode, count_code_failure, find_link_code
from tests.bot.cli.shell import HANAKO, HEADER, TARO, Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    shell("customers", "import", shell.write("m.csv", HEADER, TARO, HANAKO))
    shell("cases", "open", "--due-by", "2030-01-01")
    assert shell("letters", "make", "--out", tmp_path / "first.csv").code == 0
    return shell


def codes(shell: Shell, name: str) -> dict[str, str]:
    return {row["customer_no"]: row["code"] for row in shell.read(name)}


def state(shell: Shell, code: str) -> LinkCode | None:
    with shell.database() as database:
        return database.run_read(lambda conn: find_link_code(conn, database.vault, code))


def lock(shell: Shell, code: str) -> None:
    """Five wrong second factors."""
    link = state(shell, code)
    assert link is not None
    with shell.database() as database:
        for _ in range(5):
            database.run(lambda conn: count_code_failure(conn, link.id))


def test_a_letter_again_revokes_the_code_of_the_one_before(shell: Shell) -> None:
    first = codes(shell, "first.csv")
    done = shell("letters", "make", "--customer", "0001", "--out", shell.folder / "again.csv", "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["letters"] == 1
    again = codes(shell, "again.csv")
    assert again.keys() == {"0001"}
    assert again["0001"] != first["0001"]
    old, new, other = (state(shell, code) for code in (first["0001"], again["0001"], first["0002"]))
    assert old is not None
    assert new is not None
    assert other is not None
    assert [link.state for link in (old, new, other)] == ["revoked", "active", "active"]
    # The customer knows us by the same number on both letters.
    assert old.check_number == new.check_number
    with shell.database() as database:
        cases = database.run_read(list_cases)
    assert {case.status for case in cases} == {CaseStatus.SENT}


def test_a_locked_code_may_be_tried_again_after_a_person_said_so(shell: Shell) -> None:
    code = codes(shell, "first.csv")["0001"]
    assert json.loads(shell("letters", "unlock", "--customer", "0001", "--json").out) == {"unlocked": 0}
    lock(shell, code)
    locked = state(shell, code)
    assert locked is not None
    assert locked.state == "locked"
    done = shell("letters", "unlock", "--customer", "0001")
    assert (done.code, done.err, "1" in done.out) == (0, "", True)
    unlocked = state(shell, code)
    assert unlocked is not None
    assert (unlocked.state, unlocked.tries) == ("active", 0)
    with shell.database() as database:
        deeds = [entry for entry in database.run_read(list_entries) if entry.action == "letter.unlocked"]
    assert [(deed.actor_kind, deed.subjects["link_code"]) for deed in deeds] == [("os_user", unlocked.id)]
    assert shell("audit", "verify").code == 0


def test_a_letter_again_replaces_a_locked_code(shell: Shell) -> None:
    code = codes(shell, "first.csv")["0001"]
    lock(shell, code)
    assert shell("letters", "make", "--customer", "0001", "--out", shell.folder / "again.csv").code == 0
    revoked, fresh = state(shell, code), state(shell, codes(shell, "again.csv")["0001"])
    assert revoked is not None
    assert fresh is not None
    assert (revoked.state, fresh.state) == ("revoked", "active")
    # What was replaced cannot be unlocked.
    assert json.loads(shell("letters", "unlock", "--customer", "0001", "--json").out) == {"unlocked": 0}


@pytest.mark.parametrize("command", [("make", "--out", "{folder}/again.csv"), ("unlock",)])
def test_a_customer_whom_nobody_knows(shell: Shell, command: tuple[str, ...]) -> None:
    arguments = (argument.format(folder=shell.folder) for argument in command)
    assert "0009" in shell.refused("letters", *arguments, "--customer", "0009")
    assert not list(shell.folder.glob("again*"))


def test_one_unknown_customer_among_several_makes_no_letter_at_all(shell: Shell) -> None:
    code = codes(shell, "first.csv")["0001"]
    out = shell.folder / "again.csv"
    assert "0009" in shell.refused("letters", "make", "--out", out, "--customer", "0001", "--customer", "0009")
    assert not out.exists()
    link = state(shell, code)
    assert link is not None
    assert link.state == "active"


def test_codes_stand_in_the_file_and_nowhere_else(shell: Shell) -> None:
    out = shell.folder / "again.csv"
    done = shell("letters", "make", "--customer", "0001", "--out", out)
    code = codes(shell, "again.csv")["0001"]
    assert code not in done.out + done.err
    assert out.stat().st_mode & 0o777 == 0o600
    files = {path.name for path in shell.folder.iterdir() if code.encode() in path.read_bytes()}
    assert files == {"again.csv"}
    # Nor does a second run write over them.
    assert "again.csv" in shell.refused("letters", "make", "--customer", "0001", "--out", out)
    assert codes(shell, "again.csv") == {"0001": code}
