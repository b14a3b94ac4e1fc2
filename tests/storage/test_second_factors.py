"""Second factors in the store: sealed, counted from the first code on, and each code taken once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from storage import second_factors, staff
from storage.database import Database
from storage.problems import SealBroken
from storage.tables import StaffFactorRow, table_of

SECRET = b"s" * 20


@pytest.fixture
def member(database: Database) -> str:
    return add(database, "sato")


def add(database: Database, login: str) -> str:
    return database.run(lambda conn: staff.add_staff(conn, database.universe, login, "admin", None, "h").id)


def begin(database: Database, member: str, secret: bytes = SECRET) -> bool:
    uni = database.universe
    return database.run(lambda conn: second_factors.begin_factor(conn, database.vault, uni, member, secret))


def confirm(database: Database, member: str, step: int) -> bool:
    return database.run(lambda conn: second_factors.confirm_factor(conn, database.universe, member, step))


def load(database: Database, member: str) -> second_factors.Factor | None:
    return database.run_read(lambda conn: second_factors.load_factor(conn, database.vault, member))


def test_an_app_counts_from_its_first_code_and_is_then_kept(database: Database, member: str) -> None:
    assert begin(database, member, b"1" * 20)
    assert begin(database, member)
    assert load(database, member) == second_factors.Factor(secret=SECRET, confirmed=False)
    assert not database.run(lambda conn: second_factors.spend_step(conn, member, 50)), "it does not count yet"
    assert confirm(database, member, 50)
    assert not confirm(database, member, 51)
    assert not begin(database, member, b"2" * 20)
    assert load(database, member) == second_factors.Factor(secret=SECRET, confirmed=True)
    assert database.run_read(second_factors.members_with_factor) == {member}


def test_a_code_is_taken_once_and_no_earlier_one_after_it(database: Database, member: str) -> None:
    begin(database, member)
    confirm(database, member, 50)
    taken = [
        database.run(lambda conn, step=step: second_factors.spend_step(conn, member, step))  # type: ignore[misc]
        for step in (50, 49, 51, 51, 50, 53, 52)
    ]
    assert taken == [False, False, True, False, False, True, False]


def test_of_many_who_give_one_code_at_once_one_is_let_in(database: Database, member: str) -> None:
    begin(database, member)
    confirm(database, member, 50)
    with ThreadPoolExecutor(8) as threads:
        spent = threads.map(lambda _: database.run(lambda conn: second_factors.spend_step(conn, member, 51)), range(16))
        assert sorted(spent) == [False] * 15 + [True]


def test_the_secret_is_sealed_and_bound_to_its_owner(database: Database, member: str) -> None:
    begin(database, member)
    other = add(database, "suzuki")
    begin(database, other, b"o" * 20)
    table = table_of(StaffFactorRow)
    rows = database.run_read(lambda conn: {row.staff_id: row.sealed for row in conn.execute(table.select())})
    assert all(SECRET not in bytes(sealed) and SECRET.hex().encode() not in bytes(sealed) for sealed in rows.values())
    swap = table.update().where(table.c.staff_id == member).values(sealed=rows[other])
    database.run(lambda conn: conn.execute(swap))
    with pytest.raises(SealBroken):
        load(database, member)


def test_a_removed_app_is_gone(database: Database, member: str) -> None:
    begin(database, member)
    confirm(database, member, 50)
    assert database.run(lambda conn: second_factors.remove_factor(conn, member))
    assert load(database, member) is None
    assert not database.run(lambda conn: second_factors.remove_factor(conn, member))
