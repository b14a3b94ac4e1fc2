"""An older copy of the whole store proves itself; the heads noted outside give it away."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from storage.audit import Verified
from storage.audit_heads import follows, note_head, verify_with_heads
from storage.database import Database
from storage.outside import OutsideProblem, append_lines, read_lines
from tests.storage.test_audit import add_entries, check, seal, tamper


def note(database: Database, file: Path, *, restored: bool = False) -> bool:
    uni, vault = database.universe, database.vault
    return database.run_read(lambda conn: note_head(conn, vault, uni, file, restored=restored))


def check_with(database: Database, file: Path) -> Verified:
    return database.run_read(lambda conn: verify_with_heads(conn, database.vault, file))


def chain(database: Database, count: int) -> None:
    add_entries(database, count)
    seal(database)


def put_back_to(database: Database, seq: int) -> None:
    """As if the copy had been made when the chain ended there: entries, chain and sealed head."""
    database.run(lambda conn: conn.exec_driver_sql("DELETE FROM audit_head"))
    tamper(
        database,
        f"DELETE FROM audit_chain WHERE seq > {seq}",
        f"DELETE FROM audit_entry WHERE id NOT IN (SELECT entry_id FROM audit_chain WHERE seq <= {seq})",
        "UPDATE audit_chain SET seq = seq",
    )
    import storage.audit as audit

    def seal_head(conn: object) -> None:
        row = conn.exec_driver_sql(f"SELECT mac FROM audit_chain WHERE seq = {seq}").one()  # type: ignore[attr-defined]
        sealed = audit._sealed_head(database.vault, seq, bytes(row.mac))
        values = {"id": 1, "seq": seq, "sealed_at": database.universe.now(), "sealed": sealed}
        conn.execute(audit._head.insert().values(values))  # type: ignore[attr-defined]

    database.run(seal_head)


def test_a_head_is_noted_once_and_kept_from_others(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "heads"
    chain(database, 3)
    assert note(database, file)
    assert not note(database, file), "nothing new"
    chain(database, 1)
    assert note(database, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    lines = read_lines(file)
    assert [line["seq"] for line in lines] == [3, 4]
    assert {line["store"] for line in lines} == {database.vault.store_id}
    assert check_with(database, file).ok


def test_an_older_copy_put_back_is_noticed_only_from_outside(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "heads"
    chain(database, 3)
    note(database, file)
    chain(database, 2)
    note(database, file)
    put_back_to(database, 3)
    assert check(database).ok, "the copy is in order in itself"
    found = check_with(database, file)
    assert (found.ok, found.first_bad_seq, found.why) == (False, 4, "older_than_noted")
    assert not database.run_read(lambda conn: follows(conn, database.vault, file))
    # Entries of afterwards do not hide it: the chain has that length again, and another mac.
    chain(database, 4)
    found = check_with(database, file)
    assert (found.ok, found.first_bad_seq, found.why) == (False, 5, "not_as_noted")


def test_a_restore_that_was_meant_is_marked_and_what_comes_after_is_checked(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "heads"
    chain(database, 3)
    note(database, file)
    chain(database, 2)
    note(database, file)
    put_back_to(database, 3)
    note(database, file, restored=True)
    assert check_with(database, file).ok
    assert database.run_read(lambda conn: follows(conn, database.vault, file))
    chain(database, 4)
    note(database, file)
    put_back_to(database, 5)
    assert check_with(database, file).why == "older_than_noted"


def test_a_fault_inside_is_named_first(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "heads"
    chain(database, 3)
    note(database, file)
    tamper(database, "UPDATE audit_chain SET mac = prev_mac WHERE seq = 2")
    assert (check_with(database, file).first_bad_seq, check_with(database, file).why) == (2, "changed")


def test_heads_of_another_store_say_nothing(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "heads"
    chain(database, 1)
    append_lines(file, [{"store": "0" * 16, "seq": 9, "mac": "00", "at": "x"}])
    assert check_with(database, file).ok


def test_a_line_cut_short_swallows_none(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    append_lines(file, [{"n": 1}])
    with file.open("ab") as stream:
        stream.write(b'{"n": 2, "cut')
    append_lines(file, [{"n": 3}, {"n": 4}])
    assert [line["n"] for line in read_lines(file)] == [1, 3, 4]
    assert json.loads(file.read_text().splitlines()[0]) == {"n": 1}


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutsideProblem, match="cannot be written"):
        append_lines(tmp_path / "nowhere" / "lines", [{"n": 1}])
    with pytest.raises(OutsideProblem, match="cannot be read"):
        read_lines(tmp_path)
