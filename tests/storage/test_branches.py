"""Whose customers something is about: one place asks, and a store of earlier keeps what it said."""

from __future__ import annotations

import ast
from datetime import timedelta
from pathlib import Path

from alembic import command
from sqlalchemy import Connection, text

from storage.branches import WHOLE_BANK, Branches
from storage.database import Database
from storage.staff import Session, add_staff, create_session, find_staff, is_alive, load_session, move_staff
from storage.universe import FrozenUniverse
from tests.storage.test_migrations import config_for

ROOT = Path(__file__).resolve().parents[2]
HOUR = timedelta(hours=1)


def test_some_branches_include_their_customers_and_nobody_elses() -> None:
    two = Branches.of("100", "200")
    assert [two.include(one) for one in ("100", "200", "300", "", None)] == [True, True, False, False, False]
    assert all(WHOLE_BANK.include(one) for one in ("100", "", None))
    assert Branches.read(str(two)) == two
    assert Branches.read(None) == Branches.read("") == WHOLE_BANK


def test_what_was_made_for_others_is_not_covered() -> None:
    two = Branches.of("100", "200")
    assert WHOLE_BANK.cover(two)
    assert two.cover(Branches.read("200 100"))
    assert not any(two.cover(one) for one in (WHOLE_BANK, Branches.of("300"), Branches.of("100", "200", "300")))


def comparisons(source: str) -> list[str]:
    """Where a module itself compares a branch's number."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("in_", "is_"):
            parts = [node.func.value]
        else:
            continue
        if any(getattr(part, "attr", getattr(part, "id", "")) == "branch_no" for part in parts):
            found.append(ast.unparse(node))
    return found


def test_nothing_else_compares_branches() -> None:
    assert len(comparisons("staff.branch_no == row.c.branch_no\nrow.c.branch_no.in_(x)\nbranch_no in y")) == 3
    paths = [path for folder in ("bot", "storage") for path in sorted((ROOT / folder).rglob("*.py"))]
    found = {path.name: comparisons(path.read_text(encoding="utf-8")) for path in paths}
    assert {name for name, lines in found.items() if lines} == {"branches.py"}


def test_who_is_moved_is_signed_out_and_sees_the_others_from_then_on(
    database: Database, universe: FrozenUniverse
) -> None:
    vault, two = database.vault, Branches.of("100", "200")
    member = database.run(lambda conn: add_staff(conn, universe, "mori", "operator", two, "h"))

    def sign_in(conn: Connection) -> Session:
        token = create_session(conn, universe, vault, member.id, idle=HOUR, absolute=HOUR)
        session = load_session(conn, universe, vault, token)
        assert session is not None
        return session

    session = database.run(sign_in)
    assert session.staff == member
    assert database.run_read(lambda conn: is_alive(conn, session, universe.now()))
    database.run(lambda conn: move_staff(conn, member.id, Branches.of("200", "300")))
    assert not database.run_read(lambda conn: is_alive(conn, session, universe.now()))
    assert database.run(sign_in).staff.branches == Branches.of("200", "300")
    database.run(lambda conn: move_staff(conn, member.id, WHOLE_BANK))
    assert database.run(sign_in).staff.branches.is_whole_bank


def test_a_session_whose_branches_changed_beside_it_is_no_longer_alive(
    database: Database, universe: FrozenUniverse
) -> None:
    member = database.run(lambda conn: add_staff(conn, universe, "mori", "operator", Branches.of("100"), "h"))

    def sign_in(conn: Connection) -> Session | None:
        token = create_session(conn, universe, database.vault, member.id, idle=HOUR, absolute=HOUR)
        return load_session(conn, universe, database.vault, token)

    session = database.run(sign_in)
    assert session is not None
    add = "INSERT INTO staff_branch (staff_id, branch_no) VALUES (:id, '200')"
    database.run(lambda conn: conn.execute(text(add), {"id": member.id}))
    assert not database.run_read(lambda conn: is_alive(conn, session, universe.now()))


def test_a_store_of_one_branch_a_member_keeps_it_on_the_way_and_back(
    database: Database, universe: FrozenUniverse
) -> None:
    for login, numbers in (("mori", ["100"]), ("sato", []), ("ono", ["300", "200"])):
        branches = Branches.of(*numbers)
        database.run(lambda conn, n=login, b=branches: add_staff(conn, universe, n, "operator", b, "h"))  # type: ignore[misc]

    def there_and_back(conn: Connection) -> dict[str, str | None]:
        command.downgrade(config_for(conn), "0025")
        found = conn.execute(text("SELECT login, branch_no FROM staff"))
        before: dict[str, str | None] = {row.login: row.branch_no for row in found}
        command.upgrade(config_for(conn), "head")
        return before

    # Of several the first is kept: nobody sees more than before.
    assert database.run(there_and_back) == {"mori": "100", "sato": None, "ono": "200"}
    for login, text_of in (("mori", "100"), ("sato", ""), ("ono", "200")):
        found = database.run_read(lambda conn, n=login: find_staff(conn, n))  # type: ignore[misc]
        assert found is not None
        assert str(found[0].branches) == text_of
