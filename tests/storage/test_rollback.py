"""An upgrade can be taken back: with nothing lost where that is possible, and never unnoticed where it is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection, select

from storage import audit, migrations
from storage.database import Database
from storage.inventory import take_inventory
from storage.leases import take_lease
from storage.migrations import HEAD, REVISIONS, current_revision
from storage.problems import StoreOutdated
from storage.rollback import RollbackProblem, losses, roll_back
from storage.tables import AuditEntryRow, table_of
from storage.universe import FrozenUniverse

_entry = table_of(AuditEntryRow)


def back(database: Database, revision: str, *, despite_loss: bool = False) -> dict[str, int]:
    uni = database.universe
    return database.run(lambda conn: roll_back(conn, uni, revision, actor="root", despite_loss=despite_loss))


@pytest.mark.parametrize("revision", ["0003", pytest.param("0012", marks=pytest.mark.slow), REVISIONS[-2]])
def test_an_empty_store_goes_back_and_forth(database: Database, revision: str) -> None:
    """The deed is recorded."""
    # Before 0004 a store did not know which keys it needs; everything else is empty here.
    lost = back(database, revision, despite_loss=revision < "0004")
    assert lost.keys() == ({"encryption_key"} if revision < "0004" else set())
    assert database.run_read(current_revision) == revision
    database.run(migrations.upgrade)
    assert database.run_read(current_revision) == HEAD
    query = select(_entry.c.detail).where(_entry.c.action == "store.rolled_back")
    assert f'"to":"{revision}"' in database.run_read(lambda conn: conn.execute(query).scalar_one())


def test_what_stays_is_as_it_was(
    database: Database, open_database: Callable[[], Database], universe: FrozenUniverse
) -> None:
    """Down by one and up again: every table that both know holds the same."""
    database.run(lambda conn: audit.record(conn, universe, "case.opened", actor_kind="system", actor_id=None))
    database.run(lambda conn: audit.seal_chain(conn, database.vault, universe))
    before = database.run_read(take_inventory)
    back(database, REVISIONS[-2], despite_loss=True)
    with pytest.raises(StoreOutdated):
        open_database()
    database.run(migrations.upgrade)
    after = open_database().run_read(take_inventory)
    assert after.rows == before.rows | {"audit_entry": 2}
    assert after.audit_mac == before.audit_mac


def test_a_loss_is_named_and_refused(database: Database, universe: FrozenUniverse) -> None:
    day = timedelta(days=1)
    database.run(lambda conn: take_lease(conn, universe, "job", owner="a", duration=day))
    with pytest.raises(RollbackProblem, match=r"encryption_key \(1\), job_lease \(1\)"):
        back(database, "0001")
    assert database.run_read(current_revision) == HEAD, "nothing was changed"
    assert database.run_read(lambda conn: losses(conn, "0001")) == {"encryption_key": 1, "job_lease": 1}
    assert back(database, "0001", despite_loss=True) == {"encryption_key": 1, "job_lease": 1}
    assert database.run_read(current_revision) == "0001"


@pytest.mark.parametrize("revision", [HEAD, "9999", "base", "-1", ""])
def test_only_an_earlier_revision_is_taken(database: Database, revision: str) -> None:
    def refused(conn: Connection) -> None:
        with pytest.raises(RollbackProblem, match="no earlier revision"):
            roll_back(conn, database.universe, revision, actor="root", despite_loss=True)

    database.run(refused)
