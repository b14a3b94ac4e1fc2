"""Sign-in at a provider in the store: ways back and tokens count once, a person is one member."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import select

from storage import staff
from storage.database import Database
from storage.sign_on.identities import (
    end_sessions_elsewhere,
    find_by_identity,
    link_identity,
    members_linked,
    session_elsewhere,
    unlink_identity,
)
from storage.sign_on.requests import LIFE, begin_request, proofs, spend_request, spend_token
from storage.tables import SignOnRequestRow, table_of
from storage.universe import FrozenUniverse

ISSUER = "https://id.example.co.jp"


def add(database: Database, login: str) -> str:
    uni = database.universe
    return database.run(lambda conn: staff.add_staff(conn, uni, login, "operator", None, staff.NO_PASSWORD)).id


def set_out(database: Database, state: str, browser: str = "b", after: str = "/console/") -> None:
    vault, uni = database.vault, database.universe
    database.run(lambda conn: begin_request(conn, vault, uni, state=state, browser=browser, after=after))


def come_back(database: Database, state: str, browser: str = "b") -> str | None:
    vault, uni = database.vault, database.universe
    return database.run(lambda conn: spend_request(conn, vault, uni, state=state, browser=browser))


def test_a_way_back_counts_once_and_in_its_own_browser(database: Database, universe: FrozenUniverse) -> None:
    set_out(database, "s", after="/console/worklists")
    assert come_back(database, "s", "another") is None
    assert come_back(database, "s") == "/console/worklists"
    assert come_back(database, "s") is None
    set_out(database, "late")
    universe.advance(LIFE)
    assert come_back(database, "late") is None
    set_out(database, "new")
    table = table_of(SignOnRequestRow)
    assert len(database.run_read(lambda conn: conn.execute(select(table)).all())) == 1, "what is over is removed"


def test_of_many_who_bring_one_state_one_is_taken(database: Database) -> None:
    set_out(database, "s")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: come_back(database, "s"), range(8)))
    assert sorted(found, key=str).count("/console/") == 1


def test_proofs_are_of_one_way(database: Database) -> None:
    own = proofs(database.vault, "s", "b")
    assert own == proofs(database.vault, "s", "b")
    others = [proofs(database.vault, "s", "c"), proofs(database.vault, "t", "b")]
    assert len({own.nonce, own.verifier, *(one.nonce for one in others), *(one.verifier for one in others)}) == 6
    assert 43 <= len(own.verifier) <= 128
    assert own.verifier not in repr(own)


def test_a_token_is_taken_once_until_it_is_over(database: Database, universe: FrozenUniverse) -> None:
    def take() -> bool:
        until = universe.now() + timedelta(minutes=2)
        return database.run(lambda conn: spend_token(conn, database.vault, universe, "j", until))

    assert (take(), take()) == (True, False)
    universe.advance(timedelta(minutes=2))
    assert take()


def test_a_person_is_one_member(database: Database) -> None:
    vault, uni = database.vault, database.universe
    one, two = add(database, "one"), add(database, "two")

    def link(staff_id: str, subject: str) -> bool:
        return database.run(lambda conn: link_identity(conn, vault, uni, staff_id, ISSUER, subject))

    assert (link(one, "u"), link(one, "v"), link(two, "u"), link(two, "v")) == (True, False, False, True)

    def who(issuer: str, subject: str) -> str | None:
        found = database.run_read(lambda conn: find_by_identity(conn, vault, issuer, subject))
        return None if found is None else found.id

    assert (who(ISSUER, "u"), who(ISSUER, "v"), who("https://other.example", "u")) == (one, two, None)
    assert database.run_read(members_linked) == {one, two}
    assert database.run(lambda conn: unlink_identity(conn, one))
    assert not database.run(lambda conn: unlink_identity(conn, one))
    assert who(ISSUER, "u") is None


def test_only_what_the_provider_let_begin_is_its_to_end(database: Database) -> None:
    vault, uni = database.vault, database.universe
    one, two = add(database, "one"), add(database, "two")

    def begin(staff_id: str, sid: str | None) -> str:
        elsewhere = None if sid is None else session_elsewhere(vault, ISSUER, sid)
        long = timedelta(hours=1)
        return database.run(
            lambda conn: staff.create_session(conn, uni, vault, staff_id, idle=long, absolute=long, elsewhere=elsewhere)
        )

    def stands(token: str) -> bool:
        return database.run(lambda conn: staff.load_session(conn, uni, vault, token)) is not None

    local, first, second, other = begin(one, None), begin(one, "s-1"), begin(one, "s-2"), begin(two, "s-3")
    elsewhere = session_elsewhere(vault, ISSUER, "s-1")
    assert database.run(lambda conn: end_sessions_elsewhere(conn, staff_id=None, elsewhere=[])) == []
    assert database.run(lambda conn: end_sessions_elsewhere(conn, staff_id=two, elsewhere=[elsewhere])) == []
    assert database.run(lambda conn: end_sessions_elsewhere(conn, staff_id=None, elsewhere=[elsewhere])) == [one]
    assert [stands(token) for token in (local, first, second, other)] == [True, False, True, True]
    assert database.run(lambda conn: end_sessions_elsewhere(conn, staff_id=one, elsewhere=[])) == [one]
    assert [stands(token) for token in (local, second, other)] == [True, False, True]


def test_who_came_from_the_provider_has_no_password_to_change(database: Database) -> None:
    vault, uni, one, long = database.vault, database.universe, add(database, "one"), timedelta(hours=1)
    found = {}
    for elsewhere in (None, session_elsewhere(vault, ISSUER, "")):
        token = database.run(
            lambda conn, at=elsewhere: staff.create_session(  # type: ignore[misc]
                conn, uni, vault, one, idle=long, absolute=long, factor_given=True, elsewhere=at
            )
        )
        session = database.run(lambda conn, token=token: staff.load_session(conn, uni, vault, token))  # type: ignore[misc]
        assert session is not None
        found[elsewhere] = (session.staff.must_change, session.factor)
    assert list(found.values()) == [(True, "given"), (False, "given")]
