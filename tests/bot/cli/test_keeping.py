"""Holding, erasing and restoring with the commands alone, as the office does it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from tests.bot.cli.shell import HANAKO, HEADER, TARO, Shell

#: Left the bank long ago; the file still names him.
LONG_GONE = "0003,individual,見本 三郎,19500101,03-1111-2222,学生,JPN,low,007,2010-04-01,2012-03-31"


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    rows = [f"{row}," for row in (TARO, HANAKO)]
    file = shell.write("m.csv", f"{HEADER},relationship_end_on", *rows, LONG_GONE)
    assert shell("customers", "import", file).code == 0
    shell.set(ERASURE_FILE=str(tmp_path / "erasures"))
    return shell


def records(shell: Shell) -> dict[str, int]:
    query = (
        "SELECT customer_no, count(r.id) FROM customer c LEFT JOIN master_record r ON r.customer_id = c.id GROUP BY 1"
    )
    with sqlite3.connect(shell.folder / "kakunin.db") as connection:
        found = dict(connection.execute(query).fetchall())
    connection.close()
    return found


def test_the_duty_refuses_and_says_until_when(shell: Shell) -> None:
    assert "--reason" in shell.refused("customers", "erase", "0001")
    assert "--despite-duty" in shell.refused("customers", "erase", "0001", "--reason", "依頼")
    assert "9999" in shell.refused("customers", "erase", "9999", "--reason", "依頼")
    ends = shell.write("n.csv", f"{HEADER},relationship_end_on", f"{TARO},2026-01-31")
    assert shell("customers", "import", ends).code == 0
    assert "2033-01-31" in shell.refused("customers", "erase", "0001", "--reason", "依頼")
    assert records(shell)["0001"] == 2
    done = shell("customers", "erase", "0001", "--reason", "誤登録", "--despite-duty", "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["master_records"] == 2
    assert records(shell)["0001"] == 0


def test_a_hold_refuses_both_ways_of_erasing(shell: Shell) -> None:
    assert shell("customers", "hold", "0003", "--reason", "訴訟").code == 0
    assert "0003" in shell.refused("customers", "hold", "0003", "--reason", "訴訟")
    assert "customers release" in shell.refused("customers", "erase", "0003", "--reason", "依頼")
    assert json.loads(shell("retention", "run", "--json").out) == {
        "customers": 0,
        "held": 1,
        "words": 0,
        "dry_run": False,
    }
    assert shell("customers", "release", "0003", "--reason", "終結").code == 0
    assert "0003" in shell.refused("customers", "release", "0003", "--reason", "終結")
    assert json.loads(shell("retention", "run", "--dry-run", "--json").out)["customers"] == 1
    assert records(shell)["0003"] == 1
    assert shell("retention", "run").code == 0
    assert records(shell) == {"0001": 1, "0002": 1, "0003": 0}
    assert shell("audit", "verify").code == 0


def test_a_backup_is_erased_again_by_the_first_command(shell: Shell) -> None:
    store = shell.folder / "kakunin.db"
    backup = store.read_bytes()
    assert shell("retention", "run").code == 0
    store.write_bytes(backup)
    assert records(shell)["0003"] == 1
    assert shell("export", "worklist", "phone", "--out", shell.folder / "phone.csv").code == 0
    assert records(shell)["0003"] == 0


def test_without_the_record_outside_a_backup_brings_him_back(shell: Shell) -> None:
    """Negative control: it is the file that does it."""
    store = shell.folder / "kakunin.db"
    backup = store.read_bytes()
    shell.set(ERASURE_FILE="")
    assert shell("retention", "run").code == 0
    store.write_bytes(backup)
    assert shell("export", "worklist", "phone", "--out", shell.folder / "phone.csv").code == 0
    assert records(shell)["0003"] == 1
