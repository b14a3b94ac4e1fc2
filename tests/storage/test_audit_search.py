"""Finding entries: by deed, person, time and case, newest first, a page at a time, along an index."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection

from storage import audit
from storage.audit_search import Wanted, find_entries, refs_of, related
from storage.database import Database
from storage.universe import FrozenUniverse
from tests.conftest import START
from tests.storage.conftest import Scene
from tests.storage.plans import plan_of
from tests.storage.test_migrations import config_for

#: Deed, person, and what it is about; one a minute.
DEEDS = (
    ("case.opened", "sato", {"case": "c1"}),
    ("console.say", "sato", {"case": "c1", "conversation": "v1"}),
    ("console.say", "suzuki", {"case": "c2", "conversation": "v2"}),
    ("case.opened", "suzuki", {"case": "c2"}),
    ("console.say", "sato", {"conversation": "v1"}),
)


@pytest.fixture
def record(database: Database, universe: FrozenUniverse) -> Database:
    for action, actor, subjects in DEEDS:
        database.run(
            lambda conn, a=action, w=actor, s=subjects: audit.record(  # type: ignore[misc]
                conn, universe, a, actor_kind="staff", actor_id=w, subjects=s
            )
        )
        universe.advance(timedelta(minutes=1))
    return database


def numbers(database: Database, wanted: Wanted, **how: Any) -> list[int]:
    """Which of ``DEEDS`` are found, in the order in which they come."""
    entries = database.run_read(lambda conn: find_entries(conn, wanted, **{"limit": 100, **how}))
    return [int((entry.at - START).total_seconds() // 60) for entry in entries]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), [4, 3, 2, 1, 0]),
        (Wanted(actions=("case.opened",)), [3, 0]),
        (Wanted(actions=("case.opened", "console.say"), actor_id="suzuki"), [3, 2]),
        (Wanted(actor_id="sato"), [4, 1, 0]),
        (Wanted(actor_id="nobody"), []),
        (Wanted(since=START + timedelta(minutes=1), until=START + timedelta(minutes=3)), [2, 1]),
        (Wanted(about=("c1",)), [1, 0]),
        (Wanted(about=("c1", "v1")), [4, 1, 0]),
        (Wanted(about=("c1", "v1"), actions=("console.say",), since=START + timedelta(minutes=2)), [4]),
    ],
)
def test_each_way_to_look_finds_its_entries_newest_first(record: Database, wanted: Wanted, found: list[int]) -> None:
    assert numbers(record, wanted) == found


def test_pages_follow_each_other_without_a_gap(record: Database) -> None:
    seen: list[str] = []
    while True:
        before = seen[-1] if seen else None
        page = record.run_read(lambda conn, at=before: find_entries(conn, Wanted(), limit=2, before_id=at))  # type: ignore[misc]
        if not page:
            break
        seen += [entry.id for entry in page]
    assert len(seen) == len(set(seen)) == len(DEEDS)
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Wanted(actions=("console.say",)), "ix_audit_entry_action"),
        (Wanted(actor_id="sato"), "ix_audit_entry_actor"),
        (Wanted(about=("c1", "v1")), "audit_subject"),
        (Wanted(since=START, until=START + timedelta(days=1)), "audit_entry"),
    ],
)
def test_no_way_to_look_reads_the_whole_record(record: Database, wanted: Wanted, index: str) -> None:
    plan = plan_of(record, lambda conn: find_entries(conn, wanted, limit=50))
    assert index in plan
    assert "Seq Scan" not in plan
    assert "SCAN audit_entry" not in plan
    if not wanted.about:
        assert "Sort" not in plan, "newest first is how the index lies"
        assert "TEMP B-TREE" not in plan


def test_the_plan_of_a_careless_question_is_told(record: Database) -> None:
    """The negative control."""
    careless: Callable[[Connection], Any] = lambda conn: conn.exec_driver_sql(  # noqa: E731
        "SELECT * FROM audit_entry WHERE detail = '{}' ORDER BY at"
    ).all()
    plan = plan_of(record, careless)
    assert "SCAN audit_entry" in plan or "Filter" in plan


def test_a_case_leads_to_its_conversation_and_back(database: Database, scene: Scene) -> None:
    case, conversation = scene.case.id, scene.conversation.id
    for start in (case, conversation):
        assert database.run_read(lambda conn, one=start: related(conn, one)) == tuple(sorted((case, conversation)))  # type: ignore[misc]
    whole = database.run_read(lambda conn: related(conn, scene.customer_id))
    assert set(whole) == {scene.customer_id, case, conversation}
    assert database.run_read(lambda conn: related(conn, "unknown")) == ("unknown",)
    assert database.run_read(lambda conn: refs_of(conn, [case, conversation])) == {conversation: scene.conversation.ref}


def test_older_entries_are_found_after_an_upgrade(record: Database) -> None:
    def again(conn: Connection) -> None:
        command.downgrade(config_for(conn), "0016")
        command.upgrade(config_for(conn), "head")

    record.run(again)
    assert numbers(record, Wanted(about=("v1",))) == [4, 1]
