"""Drafts of what is entered: over the version that was seen, once a case and once a sheet of paper."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Connection, text

from storage.case_status import ALLOWED, BEING_COMPARED, CLOSED, CaseStatus, way_to_answered
from storage.database import Database
from storage.entries import AlreadyEntered, Entry, StaleEntry, entries_of_case, load_entry, open_entry, save_entry
from storage.erasing import erase_customer, hold_traffic
from storage.staff import add_staff
from storage.submissions import load_submission, save_submission, was_entered
from tests.storage.conftest import Scene, set_scene

TYPED = {"first": {"phone": {"text": "03-5555-0111", "by": "x", "at": "2026-11-02T10:00:00+09:00"}}}


@pytest.fixture
def scene(database: Database) -> Scene:
    return set_scene(database)


@pytest.fixture
def clerk(database: Database) -> str:
    return database.run(lambda conn: add_staff(conn, database.universe, "kato", "back_office", None, "x")).id


def begin(database: Database, scene: Scene, clerk: str, **other: Any) -> Entry:
    wanted: dict[str, Any] = {
        "case_id": scene.case.id,
        "medium": "paper",
        "scan_no": "S-0001",
        "said_by": "customer",
        "locale": "ja",
        "questionnaire_sha256": "0" * 64,
        "doubled": False,
        "staff_id": clerk,
    }
    return database.run(lambda conn: open_entry(conn, database.vault, database.universe, **wanted | other))


def save(database: Database, entry: Entry, clerk: str, **what: Any) -> int:
    return database.run(lambda conn: save_entry(conn, database.vault, database.universe, entry, staff_id=clerk, **what))


def load(database: Database, entry_id: str) -> Entry:
    found = database.run_read(lambda conn: load_entry(conn, database.vault, entry_id))
    assert found is not None
    return found


def test_a_draft_is_saved_over_what_was_seen_and_nothing_newer(database: Database, scene: Scene, clerk: str) -> None:
    entry = begin(database, scene, clerk)
    assert save(database, entry, clerk, passes=TYPED) == 1
    assert load(database, entry.id).passes == TYPED
    with pytest.raises(StaleEntry):
        save(database, entry, clerk, passes={})
    seen = load(database, entry.id)
    assert (seen.version, seen.typists) == (1, frozenset("x"))
    save(database, seen, clerk, state="discarded")
    ended = load(database, entry.id)
    assert (ended.is_open, ended.ended_by, ended.passes) == (False, clerk, TYPED)
    with pytest.raises(StaleEntry):
        save(database, ended, clerk, passes={})


def test_a_case_is_entered_once_at_a_time_and_a_sheet_once_at_all(database: Database, scene: Scene, clerk: str) -> None:
    entry = begin(database, scene, clerk)
    with pytest.raises(AlreadyEntered) as again:
        begin(database, scene, clerk, scan_no="S-0002")
    assert (again.value.what, again.value.entry_id) == ("case", entry.id)
    save(database, entry, clerk, state="submitted")
    with pytest.raises(AlreadyEntered) as scanned:
        begin(database, scene, clerk)
    assert (scanned.value.what, scanned.value.entry_id) == ("scan_no", entry.id)
    begin(database, scene, clerk, scan_no=None, medium="phone")
    assert [one.medium for one in database.run_read(lambda c: entries_of_case(c, database.vault, scene.case.id))] == [
        "paper",
        "phone",
    ]


def test_the_store_itself_takes_no_second_one(database: Database, scene: Scene, clerk: str) -> None:
    """What two clerks begin at one moment, past the look that comes first."""
    entry = begin(database, scene, clerk)
    copy = (
        "INSERT INTO data_entry SELECT :id, case_id, medium, {scan}, said_by, locale, questionnaire_sha256, {state}, "
        "doubled, version, opened_by, opened_at, saved_by, saved_at, second_by, ended_by, ended_at, submission_id, "
        "sealed FROM data_entry WHERE id = :of"
    )

    def again(conn: Connection, scan: str, state: str) -> None:
        conn.execute(text(copy.format(scan=scan, state=state)), {"id": database.universe.new_id(), "of": entry.id})

    for scan, state in (("'S-0002'", "state"), ("scan_no", "'submitted'")):
        with pytest.raises(Exception, match=r"uq_data_entry|UNIQUE|unique"):
            database.run(lambda conn, a=scan, b=state: again(conn, a, b))  # type: ignore[misc]
    database.run(lambda conn: again(conn, "scan_no", "'discarded'"))


def test_a_draft_of_an_erased_customer_is_gone_and_takes_nothing_more(
    database: Database, scene: Scene, clerk: str
) -> None:
    vault, uni = database.vault, database.universe
    save(database, begin(database, scene, clerk), clerk, passes=TYPED)
    (seen,) = database.run_read(lambda conn: entries_of_case(conn, vault, scene.case.id))

    def forget(conn: Connection) -> None:
        hold_traffic(conn, scene.customer_id)
        erase_customer(conn, vault, uni, scene.customer_id)

    database.run(forget)
    gone = load(database, seen.id)
    assert (gone.state, gone.passes, gone.scan_no) == ("discarded", {}, "S-0001")
    with pytest.raises(StaleEntry):
        save(database, seen, clerk, passes=TYPED)
    assert load(database, seen.id).passes == {}


@pytest.mark.parametrize("status", CaseStatus)
def test_every_case_that_is_not_over_has_a_way_to_its_answers(status: CaseStatus) -> None:
    way = way_to_answered(status)
    if status in CLOSED or status in BEING_COMPARED:
        assert way == ()
        return
    assert way[-1] is CaseStatus.ANSWERED
    assert all(to in ALLOWED[here] for here, to in pairwise((status, *way)))
    # No reminder, no restriction and no end lies on the way.
    assert set(way) <= {CaseStatus.SENT, CaseStatus.ANSWERING, CaseStatus.TO_CHECK, CaseStatus.ANSWERED}


def test_a_submission_needs_no_conversation(database: Database, scene: Scene) -> None:
    vault, uni = database.vault, database.universe
    at: datetime = uni.now()
    values: dict[str, Any] = {
        "case_id": scene.case.id,
        "customer_id": scene.customer_id,
        "answered_by": "family",
        "locale": "ja",
        "questionnaire_id": "individual",
        "questionnaire_version": "1",
        "questionnaire_sha256": "0" * 64,
        "answers": [{"name": "phone", "value": "0355550111"}],
        "started_at": at - timedelta(minutes=5),
    }

    def submit(conn: Connection, receipt: str, conversation: str | None, channel: str) -> str:
        kept = save_submission(
            conn, vault, uni, receipt_no=receipt, conversation_id=conversation, channel=channel, **values
        )
        return kept.id

    database.run(lambda conn: submit(conn, "ABCDE-23456", scene.conversation.id, "line"))
    assert not database.run_read(lambda conn: was_entered(conn, scene.case.id))
    entered = database.run(lambda conn: submit(conn, "ABCDE-23457", None, "paper"))
    assert database.run_read(lambda conn: was_entered(conn, scene.case.id))
    found = database.run_read(lambda conn: load_submission(conn, vault, entered))
    assert found is not None
    assert (found.conversation_id, found.channel, found.answered_by) == (None, "paper", "family")
