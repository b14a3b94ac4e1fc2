"""A store with a row for every sealed column, and the keys between which it moves."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from storage.database import Database
from storage.encryption import Keyring
from storage.key_rotation import LEASE, Step, rotate_step
from storage.leases import Lease, give_back_lease, take_lease
from storage.universe import FrozenUniverse
from tests.conftest import TEST_KEYS
from tests.storage.test_canaries import Canaries, plant

NEW = "new:" + base64.b64encode(bytes(range(1, 33))).decode("ascii")
OTHER_TEST = "test:" + base64.b64encode(bytes(range(2, 34))).decode("ascii")

#: Opens the test's store with these keys.
OpenWith = Callable[[str], Database]


@pytest.fixture
def open_with(database_url: str, universe: FrozenUniverse) -> Iterator[OpenWith]:
    opened: list[Database] = []

    def open_one(keys: str) -> Database:
        keyring = Keyring.parse(keys)
        opened.append(Database.open(database_url, keys=keyring, universe=universe, sqlite_synchronous="normal"))
        return opened[-1]

    yield open_one
    for database in opened:
        database.close()


@pytest.fixture
def planted(open_with: OpenWith) -> Database:
    """Every kind of sealed value under the key ``test``."""
    database = open_with(TEST_KEYS)
    plant(database, Canaries())
    return database


def lease_of(database: Database, owner: str = "one") -> Lease:
    uni, minute = database.universe, timedelta(minutes=1)
    lease = database.run(lambda conn: take_lease(conn, uni, LEASE, owner=owner, duration=minute))
    assert lease is not None
    return lease


def rotate(database: Database) -> list[Step]:
    """Steps until nothing is under another key."""
    lease, steps = lease_of(database), []
    while not steps or not steps[-1].settled:
        steps.append(rotate_step(database, lease))
        assert len(steps) < 200, "the rotation does not come to its end"
    database.run(lambda conn: give_back_lease(conn, database.universe, lease))
    return steps
