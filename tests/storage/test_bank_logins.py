"""Logins at the bank: the nonce is not in the store, links once, and does not come too late."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlalchemy import Connection, text

from dialogs.personal import Personal
from storage import bank_logins, customers
from storage.accounts import upsert_account
from storage.bank_logins import KEPT, LIFE, Claim, Claimed
from storage.database import Database
from storage.universe import FrozenUniverse
from tests.conftest import OpenDatabase

NONCE = "kXq0mZ4Tn2R7w1bL8sVd"


@pytest.fixture
def customer_id(database: Database) -> str:
    def make(conn: Connection) -> str:
        uni = database.universe
        seq = customers.begin_master_version(conn, uni, "0" * 64)
        row = {"customer_no": "0000124", "kind": "individual", "last_confirmed_on": date(2026, 1, 1).isoformat()}
        customers.stage_master_rows(conn, database.vault, uni, seq, [row])
        customers.finish_master_version(conn, uni, seq)
        found = customers.find_customer_no(conn, "0000124")
        assert found is not None
        return found

    return database.run(make)


def account(database: Database, user: str = "U1") -> str:
    made = database.run(
        lambda conn: upsert_account(conn, database.vault, database.universe, "line", Personal(user), "ja")
    )
    return made.id


def digest(database: Database, nonce: str = NONCE) -> bytes:
    return bank_logins.nonce_digest(database.vault, nonce)


def register(database: Database, customer_id: str, nonce: str = NONCE) -> bool:
    code = digest(database, nonce)
    return database.run(lambda conn: bank_logins.register_login(conn, database.universe, code, customer_id))


def claim(database: Database, account_id: str, nonce: str = NONCE, **late: float) -> Claimed:
    at = database.universe.now() + timedelta(**late)
    code = digest(database, nonce)
    return database.run(lambda conn: bank_logins.claim_login(conn, database.universe, code, account_id, at=at))


def test_a_login_is_claimed_once(database: Database, customer_id: str) -> None:
    first, second = account(database), account(database, "U2")
    assert register(database, customer_id)
    assert not register(database, customer_id)
    assert claim(database, first) == Claimed(claim=Claim.TAKEN, customer_id=customer_id)
    assert claim(database, first).claim is Claim.USED
    assert claim(database, second).claim is Claim.USED


def test_it_ends_with_its_ten_minutes(database: Database, customer_id: str) -> None:
    assert register(database, customer_id)
    last = LIFE.total_seconds()
    assert claim(database, account(database), seconds=last + 1).claim is Claim.EXPIRED
    assert claim(database, account(database), seconds=last).claim is Claim.TAKEN


def test_the_platforms_word_first(database: Database, customer_id: str, universe: FrozenUniverse) -> None:
    first, second = account(database), account(database, "U2")
    for _ in range(2):
        assert claim(database, first).claim is Claim.EARLY
    assert claim(database, second).claim is Claim.USED, "it is somebody else's"
    assert not register(database, customer_id)
    code = digest(database)
    assert database.run(lambda conn: bank_logins.early_account(conn, universe, code)) == first
    assert database.run(lambda conn: bank_logins.take_early(conn, code, customer_id))
    assert not database.run(lambda conn: bank_logins.take_early(conn, code, customer_id))
    assert database.run(lambda conn: bank_logins.early_account(conn, universe, code)) is None


def test_the_platforms_word_does_not_wait_for_ever(database: Database, universe: FrozenUniverse) -> None:
    claim(database, account(database))
    universe.advance(LIFE + timedelta(seconds=1))
    code = digest(database)
    assert database.run(lambda conn: bank_logins.early_account(conn, universe, code)) is None


@pytest.mark.parametrize("registered", [True, False])
def test_what_is_not_vouched_for_links_nobody(database: Database, customer_id: str, registered: bool) -> None:
    mine = account(database)
    if registered:
        assert register(database, customer_id)
    code = digest(database)
    database.run(lambda conn: bank_logins.spend_login(conn, database.universe, code, mine))
    assert not register(database, customer_id)
    assert claim(database, mine).claim is Claim.USED


def test_what_is_over_is_forgotten_a_day_later(database: Database, customer_id: str, universe: FrozenUniverse) -> None:
    assert register(database, customer_id)
    universe.advance(LIFE + KEPT)
    assert database.run(lambda conn: bank_logins.forget_logins(conn, universe)) == 0
    universe.advance(timedelta(seconds=1))
    assert database.run(lambda conn: bank_logins.forget_logins(conn, universe)) == 1


def test_the_store_does_not_know_the_nonce(database: Database, customer_id: str) -> None:
    assert register(database, customer_id)
    (row,) = database.run_read(lambda conn: list(conn.execute(text("SELECT * FROM bank_login"))))
    assert NONCE not in str(row)
    assert NONCE.encode() not in bytes(row.nonce_digest)
    assert len(bytes(row.nonce_digest)) == 32


def test_of_two_at_the_same_moment_one_is_linked(
    open_database: OpenDatabase, database: Database, customer_id: str
) -> None:
    """Two processes take two accounts' events for one nonce, and in the same moment the bank registers it."""
    other = open_database()
    mine, theirs = account(database), account(database, "U2")
    for round_ in range(5):
        nonce, barrier = f"{NONCE}-{round_}", Barrier(3)

        def run(store: Database, what: str, nonce: str = nonce, barrier: Barrier = barrier) -> object:
            barrier.wait(10)
            return register(store, customer_id, nonce) if what == "bank" else claim(store, what, nonce)

        with ThreadPoolExecutor(3) as threads:
            jobs = [threads.submit(run, *job) for job in ((database, mine), (other, theirs), (database, "bank"))]
            first, second, kept = (job.result(20) for job in jobs)
        claims = [one.claim for one in (first, second) if isinstance(one, Claimed)]
        if kept:
            assert sorted(claims) == [Claim.TAKEN, Claim.USED]
        else:
            assert sorted(claims) == [Claim.EARLY, Claim.USED]
