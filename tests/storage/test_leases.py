"""A leased job runs once at a time, is taken over when its holder is gone, and a late holder writes nothing."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from storage.database import Database
from storage.leases import Lease, fence, give_back_lease, renew_lease, take_lease
from storage.problems import LeaseLost
from storage.staff import add_staff, list_staff
from storage.universe import FrozenUniverse
from tests.conftest import OpenDatabase

LONG = timedelta(seconds=30)


def take(database: Database, owner: str, name: str = "job") -> Lease | None:
    return database.run(lambda conn: take_lease(conn, database.universe, name, owner=owner, duration=LONG))


def taken(database: Database, owner: str) -> Lease:
    lease = take(database, owner)
    assert lease is not None
    return lease


def write_under(database: Database, lease: Lease, login: str) -> None:
    def write(conn: Connection) -> None:
        fence(conn, lease)
        add_staff(conn, database.universe, login, "admin", None, "h")

    database.run(write)


def test_only_one_holds_a_job_and_jobs_do_not_touch_each_other(database: Database) -> None:
    first = taken(database, "one")
    assert (first.term, first.until) == (1, database.universe.now() + LONG)
    assert take(database, "two") is None
    assert take(database, "one") is None, "a second task of the same process is another holder"
    assert take(database, "two", "another job") is not None


def test_a_job_given_back_is_free_at_once_and_terms_rise(database: Database) -> None:
    first = taken(database, "one")
    database.run(lambda conn: give_back_lease(conn, database.universe, first))
    second = taken(database, "two")
    assert second.term == 2
    # Giving back twice, or late, takes nothing from the next one.
    database.run(lambda conn: give_back_lease(conn, database.universe, first))
    assert take(database, "three") is None


def test_a_renewed_lease_lasts(database: Database, universe: FrozenUniverse) -> None:
    lease = taken(database, "one")
    universe.advance(LONG - timedelta(seconds=1))
    lease = database.run(lambda conn: renew_lease(conn, universe, lease, duration=LONG))
    universe.advance(LONG - timedelta(seconds=1))
    assert take(database, "two") is None
    write_under(database, lease, "sato")


def test_the_work_of_a_paused_holder_is_taken_over_and_its_late_write_refused(
    database: Database, universe: FrozenUniverse
) -> None:
    late = taken(database, "one")
    universe.advance(LONG)
    write_under(database, late, "nobody.took.over.yet")
    present = taken(database, "two")
    with pytest.raises(LeaseLost, match="job"):
        write_under(database, late, "late")
    with pytest.raises(LeaseLost):
        database.run(lambda conn: renew_lease(conn, universe, late, duration=LONG))
    write_under(database, present, "present")
    assert {one.login for one in database.run_read(list_staff)} == {"nobody.took.over.yet", "present"}


def test_the_same_owner_in_a_later_term_does_not_admit_its_earlier_self(
    database: Database, universe: FrozenUniverse
) -> None:
    late = taken(database, "one")
    universe.advance(LONG)
    taken(database, "one")
    with pytest.raises(LeaseLost):
        write_under(database, late, "late")


def test_of_several_that_come_together_one_gets_it(open_database: OpenDatabase) -> None:
    stores = [open_database() for _ in range(4)]
    start, got = threading.Barrier(len(stores)), []

    def run(store: Database, owner: str) -> None:
        start.wait()
        got.append(take(store, owner))

    threads = [threading.Thread(target=run, args=(store, str(place))) for place, store in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(lease is None for lease in got) == [False, True, True, True]


def test_nobody_takes_over_between_the_fence_and_the_commit(
    open_database: OpenDatabase, universe: FrozenUniverse
) -> None:
    """The lease runs out while its holder is in the middle of a write: whoever takes over comes after it."""
    one, two = open_database(), open_database()
    lease = taken(one, "one")
    universe.advance(LONG)
    fenced, order = threading.Event(), []

    def take_over() -> None:
        fenced.wait()
        taken(two, "two")
        order.append("taken over")

    def write(conn: Connection) -> None:
        fence(conn, lease)
        fenced.set()
        thread.join(0.2)
        order.append("written")

    thread = threading.Thread(target=take_over)
    thread.start()
    one.run(write)
    thread.join()
    assert order == ["written", "taken over"]
