"""``kakunin audit verify``: a changed, removed or reordered entry is found, and the answer says where."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.bot.cli.shell import HANAKO, HEADER, TARO, Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A store with the deeds of an import, two cases and their letters."""
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    assert shell("customers", "import", shell.write("m.csv", HEADER, TARO, HANAKO)).code == 0
    assert shell("cases", "open", "--due-by", "2030-01-01").code == 0
    assert shell("letters", "make", "--out", tmp_path / "letters.csv").code == 0
    return shell


def tamper(shell: Shell, *statements: str) -> None:
    with sqlite3.connect(shell.folder / "kakunin.db") as connection:
        for statement in statements:
            changed = connection.execute(statement).rowcount
            assert changed, statement
    connection.close()


def entries(shell: Shell) -> int:
    with sqlite3.connect(shell.folder / "kakunin.db") as connection:
        (count,) = connection.execute("SELECT count(*) FROM audit_entry").fetchone()
    connection.close()
    return int(count)


def test_a_record_in_order(shell: Shell) -> None:
    count = entries(shell)
    assert count >= 3
    done = shell("audit", "verify")
    assert (done.code, done.err) == (0, "")
    assert str(count) in done.out
    found = json.loads(shell("audit", "verify", "--json").out)
    assert found == {"ok": True, "entries": count, "first_bad_seq": None, "why": ""}


def test_an_empty_record_is_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = Shell(tmp_path, monkeypatch, capsys)("audit", "verify", "--json")
    assert json.loads(done.out) == {"ok": True, "entries": 0, "first_bad_seq": None, "why": ""}


ENTRY_2 = "(SELECT entry_id FROM audit_chain WHERE seq = 2)"
TAMPERED = [
    ((f"UPDATE audit_entry SET actor_id = 'somebody' WHERE id = {ENTRY_2}",), 2, "changed"),
    ((f"UPDATE audit_entry SET action = 'case.closed' WHERE id = {ENTRY_2}",), 2, "changed"),
    ((f"UPDATE audit_entry SET at = datetime(at, '+1 hour') WHERE id = {ENTRY_2}",), 2, "changed"),
    ((f"DELETE FROM audit_entry WHERE id = {ENTRY_2}",), 2, "removed"),
    (("DELETE FROM audit_chain WHERE seq = 2",), 2, "removed"),
    (
        (
            "UPDATE audit_chain SET seq = 99 WHERE seq = 1",
            "UPDATE audit_chain SET seq = 1 WHERE seq = 2",
            "UPDATE audit_chain SET seq = 2 WHERE seq = 99",
        ),
        1,
        "reordered",
    ),
    (("UPDATE audit_head SET seq = seq + 1",), None, "head_changed"),
    (("UPDATE audit_head SET sealed = x'00'",), None, "head_changed"),
    (("UPDATE audit_head SET sealed = (SELECT sealed FROM store_secret)",), None, "head_changed"),
    (("DELETE FROM audit_head",), None, "head_changed"),
]


@pytest.mark.parametrize(("statements", "place", "why"), TAMPERED)
def test_a_record_that_was_tampered_with(
    shell: Shell, statements: tuple[str, ...], place: int | None, why: str
) -> None:
    seq = place if place is not None else entries(shell) + 1
    tamper(shell, *statements)
    done = shell("audit", "verify")
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert str(seq) in done.err
    assert why in done.err
    again = shell("audit", "verify", "--json")
    assert again.code == 1
    found = json.loads(again.out)
    assert (found["ok"], found["first_bad_seq"], found["why"]) == (False, seq, why)


def test_a_tail_that_was_cut_off(shell: Shell) -> None:
    last = "(SELECT max(seq) FROM audit_chain)"
    tamper(
        shell,
        f"DELETE FROM audit_entry WHERE id = (SELECT entry_id FROM audit_chain WHERE seq = {last})",
        f"DELETE FROM audit_chain WHERE seq = {last}",
    )
    done = shell("audit", "verify", "--json")
    assert done.code == 1
    assert json.loads(done.out)["why"] == "tail_removed"


def test_the_head_is_printed_and_noted(shell: Shell) -> None:
    count = entries(shell)
    assert shell("audit", "head").out.startswith(f"{count} ")
    assert "KAKUNIN_AUDIT_HEAD_FILE" in shell.refused("audit", "head", "--note")
    file = shell.folder / "heads"
    shell.set(AUDIT_HEAD_FILE=str(file))
    noted = json.loads(shell("audit", "head", "--note", "--json").out)
    assert noted["seq"] == count
    assert json.loads(file.read_text())["mac"] == noted["mac"]
    assert shell("audit", "verify").code == 0


def test_an_older_copy_of_the_file_is_noticed(shell: Shell) -> None:
    file, store = shell.folder / "heads", shell.folder / "kakunin.db"
    copy = store.read_bytes()
    assert shell("letters", "make", "--out", shell.folder / "again.csv").code == 0
    assert shell("cases", "open", "--due-by", "2031-01-01").code == 0
    shell.set(AUDIT_HEAD_FILE=str(file))
    assert shell("customers", "import", shell.write("m2.csv", HEADER, TARO.replace("medium", "high"))).code == 0
    assert shell("audit", "head", "--note").code == 0
    store.write_bytes(copy)
    for beside in shell.folder.glob("kakunin.db-*"):
        beside.unlink()
    done = shell("audit", "verify", "--json")
    assert (done.code, json.loads(done.out)["why"]) == (1, "older_than_noted")
    shell.set(AUDIT_HEAD_FILE="")
    assert shell("audit", "verify").code == 0
    assert shell("audit", "verify", "--head", file).code == 1
    assert "m.csv" in shell.refused("audit", "verify", "--head", shell.folder / "m.csv")
    # The restore was meant: said once, and the record goes on.
    shell.set(AUDIT_HEAD_FILE=str(file))
    assert shell("audit", "head", "--restored").code == 0
    assert shell("audit", "verify").code == 0
