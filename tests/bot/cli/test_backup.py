"""``kakunin backup``, ``restore``, ``db verify`` and ``db downgrade``, as who runs them sees them."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from storage.migrations import HEAD, REVISIONS
from tests.bot.cli.shell import HANAKO, HEADER, KEYS, TARO, Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """A store with the deeds of an import and two cases, in English."""
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    shell.set(DEFAULT_LOCALE="en")
    assert shell("customers", "import", shell.write("m.csv", HEADER, TARO, HANAKO)).code == 0
    assert shell("cases", "open", "--due-by", "2030-01-01").code == 0
    return shell


def elsewhere(shell: Shell) -> Path:
    """From here on commands mean another store, which is not there yet."""
    other = shell.folder / "other.db"
    shell.set(DATABASE_URL=f"sqlite:///{other}")
    return other


def test_from_backup_to_restore(shell: Shell) -> None:
    done = shell("backup", "--out", shell.folder / "copy")
    assert done.code == 0
    assert "KAKUNIN_ENCRYPTION_KEYS" in done.err
    assert KEYS.partition(":")[2] not in (shell.folder / "copy").read_bytes().decode("latin-1")
    head = json.loads(shell("audit", "head", "--json").out)
    other = elsewhere(shell)
    assert shell("restore", shell.folder / "copy").code == 0
    assert oct(other.stat().st_mode)[-3:] == "600"
    assert json.loads(shell("audit", "head", "--json").out) == head
    same = shell("db", "verify", "--against", shell.folder / "copy.json", "--json")
    assert (same.code, json.loads(same.out)["problems"]) == (0, [])
    assert "already" in shell.refused("backup", "--out", shell.folder / "copy")
    assert "in the way" in shell.refused("restore", shell.folder / "copy")


def test_the_key_beside_the_store_is_named_and_needed(shell: Shell) -> None:
    shell.set(ENCRYPTION_KEYS="", DATABASE_URL=f"sqlite:///{shell.folder}/one/kakunin.db")
    (shell.folder / "one").mkdir()
    (shell.folder / "two").mkdir()
    done = shell("backup", "--out", shell.folder / "copy")
    assert "kakunin.key" in done.err
    shell.set(DATABASE_URL=f"sqlite:///{shell.folder}/two/kakunin.db")
    assert "kakunin.key" in shell.refused("restore", shell.folder / "copy")
    assert sorted(path.name for path in (shell.folder / "two").iterdir()) == ["kakunin.db.serving"]
    (shell.folder / "one" / "kakunin.key").rename(shell.folder / "two" / "kakunin.key")
    assert shell("restore", shell.folder / "copy").code == 0


def test_a_store_in_order_is_counted(shell: Shell) -> None:
    done = shell("db", "verify")
    assert (done.code, done.err) == (0, "")
    assert HEAD in done.out
    found = json.loads(shell("db", "verify", "--json").out)["inventory"]
    assert (found["rows"]["customer"], found["rows"]["review_case"]) == (2, 2)


def test_what_is_not_in_order_is_named(shell: Shell) -> None:
    assert shell("backup", "--out", shell.folder / "copy").code == 0
    with sqlite3.connect(shell.folder / "kakunin.db") as connection:
        connection.execute("DELETE FROM customer WHERE customer_no = '0002'")
        connection.execute("UPDATE audit_entry SET action = 'a.b' WHERE id = (SELECT min(id) FROM audit_entry)")
    connection.close()
    done = shell("db", "verify", "--against", shell.folder / "copy.json")
    assert done.code == 1
    for part in ("audit: changed at 1", "review_case refers to a missing customer", "not as in the copy: customer"):
        assert part in done.err


def test_an_upgrade_is_taken_back(shell: Shell) -> None:
    earlier = REVISIONS[-2]
    done = shell("db", "downgrade", earlier, "--despite-loss")
    assert (done.code, done.out) == (0, f"{earlier}\n")
    assert shell("db", "current").out == f"{earlier} outdated\n"
    assert shell("db", "upgrade").code == 0
    assert shell("db", "verify").code == 0
    assert "no earlier revision" in shell.refused("db", "downgrade", HEAD)


def test_a_loss_is_refused_while_nobody_agreed_to_it(shell: Shell) -> None:
    said = shell.refused("db", "downgrade", "0001")
    assert "audit_subject" in said
    assert "--despite-loss" in said
    done = shell("db", "downgrade", "0001", "--despite-loss")
    assert (done.code, done.out) == (0, "0001\n")
    assert "audit_subject" in done.err


def test_nothing_is_taken_back_beneath_the_service(shell: Shell) -> None:
    with shell.database() as database, database.serve_lock():
        assert "serve" in shell.refused("db", "downgrade", REVISIONS[-2], "--despite-loss")
    assert shell("db", "current").out == f"{HEAD} current\n"
