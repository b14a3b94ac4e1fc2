"""Where the audit record cannot be written, the deed is refused: nothing changes and no file comes into being."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path

import pytest

from tests.bot.cli.shell import HANAKO, HEADER, TARO, Shell

#: What an import stages is invisible until the version is made current, which is the deed.
_INVISIBLE = {"master_version", "counter", "customer", "master_record"}
DEEDS = {
    "import": ("customers", "import", "m2.csv"),
    "cases": ("cases", "open", "--due-by", "2031-01-01"),
    "letters": ("letters", "make", "--out", "letters.csv"),
    "export": ("export", "responses", "--out", "out"),
    "differences": ("export", "differences", "--out", "differences.csv"),
    "worklist": ("export", "worklist", "phone", "--out", "phone.csv"),
    "staff": ("staff", "add", "sato", "--role", "admin"),
    "publish": ("content", "publish"),
    "unmatched": ("faq", "unmatched"),
}


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything that the store holds."""
    with sqlite3.connect(path) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {name: sorted(connection.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in names}
    connection.close()
    return found


def run(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize("deed", sorted(DEEDS))
def test_a_command_does_nothing_without_its_entry(
    deed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    assert shell("customers", "import", shell.write("m.csv", HEADER, TARO)).code == 0
    if deed == "letters":
        assert shell("cases", "open", "--due-by", "2031-01-01").code == 0
    if deed == "export":
        assert shell("content", "publish").code == 0
    shell.write("m2.csv", HEADER, TARO, HANAKO)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO("a good long password\n"))
    store = tmp_path / "kakunin.db"
    run(store, "CREATE TRIGGER no_audit BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'no room'); END")
    before, files = rows(store), {path.name for path in tmp_path.iterdir()}
    done = shell(*DEEDS[deed])
    assert done.code == 1, done
    after = rows(store)
    # What an export stages has numbers of its own, which nobody sees.
    after["counter"] = [row for row in after["counter"] if row[0] != "export_batch.staged"]
    changed = {name for name in after if after[name] != before[name]}
    assert changed - (_INVISIBLE if deed == "import" else set()) == set()
    left = {path.name for path in tmp_path.iterdir()} - files
    assert [name for name in left if not name.startswith("kakunin.db") and any((tmp_path / name).rglob("*"))] == []
    assert not (tmp_path / DEEDS[deed][-1]).is_file() or deed == "import"
    # With room again the same command works.
    run(store, "DROP TRIGGER no_audit")
    monkeypatch.setattr("sys.stdin", io.StringIO("a good long password\n"))
    assert shell(*DEEDS[deed]).code == 0
    assert rows(store)["audit_entry"] != before["audit_entry"]
