"""Decisions on differences: who may decide, over what was seen, with a history that only grows."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, text

from storage import audit
from storage.cases import CaseStatus, load_case, transitions_of
from storage.database import Database
from storage.differences import Difference, load_differences
from storage.reconciliation.worker import Reconciler
from storage.reviews import (
    DecidedMeanwhile,
    Decision,
    Deed,
    NotPossible,
    SamePerson,
    decide,
    history_of,
    outcome,
    possible,
    settle,
    standing,
    status_after,
)
from tests.storage.reconciliation.seeding import (
    SAME_ANSWERS,
    TARO,
    add_case,
    add_customers,
    answer,
    move,
    publish_form,
    status_of,
    submit,
)

MOVED = [one for one in SAME_ANSWERS if one["name"] not in ("address", "phone")] + [
    answer("address", "大阪市北区梅田1-2-3"),
    answer("phone", "0312345678"),
]
NOTE = "運転免許証で見た"


def yearly(rating: str, confirmed: date, expiry: date | None) -> date:
    return confirmed.replace(year=confirmed.year + 1)


@pytest.fixture
def reconciler() -> Reconciler:
    return Reconciler(next_due=yearly, zone=ZoneInfo("Asia/Tokyo"))


def differing(database: Database) -> dict[str, Difference]:
    found = database.run_read(lambda conn: load_differences(conn, database.vault))
    return {one.field: one for one in found if one.severity != "none"}


def do(
    database: Database,
    one: Difference,
    deed: Deed,
    staff_id: str = "staff-1",
    *,
    seen: str | None = None,
    two: bool = False,
    note: str = "",
) -> Decision:
    return database.run(
        lambda conn: decide(
            conn,
            database.vault,
            database.universe,
            one,
            deed,
            seen=standing(one) if seen is None else seen,
            staff_id=staff_id,
            two=two,
            note=note,
        )
    )


@pytest.fixture
def reviewed(database: Database, reconciler: Reconciler) -> Database:
    """A case whose address and phone have changed."""
    add_customers(database, TARO)
    submit(database, publish_form(database), add_case(database, "0001"), MOVED)
    reconciler.run(database)
    assert set(differing(database)) == {"address", "phone"}
    return database


def test_a_decision_is_kept_with_its_history_and_a_sealed_note(reviewed: Database) -> None:
    phone = differing(reviewed)["phone"]
    assert do(reviewed, phone, Deed.HOLD) is Decision.HELD
    assert do(reviewed, differing(reviewed)["phone"], Deed.APPROVE, note=NOTE) is Decision.APPROVED
    history = reviewed.run_read(lambda conn: history_of(conn, reviewed.vault, phone.case_id))
    assert [(one.field, one.before, one.decision, one.decided_by, one.note) for one in history] == [
        ("phone", "open", "held", "staff-1", ""),
        ("phone", "held", "approved", "staff-1", NOTE),
    ]
    rows = reviewed.run_read(lambda conn: conn.execute(text("SELECT sealed FROM difference_decision")).scalars().all())
    assert all(NOTE.encode() not in bytes(row or b"") for row in rows)
    entries = reviewed.run_read(audit.list_entries)
    assert sorted(one.detail["to"] for one in entries if one.action == "review.decided") == ["approved", "held"]


def test_of_two_people_who_decide_at_once_one_is_told(reviewed: Database) -> None:
    address = differing(reviewed)["address"]
    do(reviewed, address, Deed.APPROVE, "staff-1")
    # The second one read the difference before the first one's deed.
    with pytest.raises(DecidedMeanwhile):
        do(reviewed, address, Deed.REJECT, "staff-2")
    with pytest.raises(DecidedMeanwhile):
        do(reviewed, differing(reviewed)["address"], Deed.SEND_BACK, "staff-2", seen="open")
    assert differing(reviewed)["address"].decision == "approved"
    assert len(reviewed.run_read(lambda conn: history_of(conn, reviewed.vault, address.case_id))) == 1


@pytest.mark.parametrize(("deed", "last"), [(Deed.APPROVE, Decision.APPROVED), (Deed.REJECT, Decision.REJECTED)])
def test_the_first_persons_decision_waits_for_a_second_one(reviewed: Database, deed: Deed, last: Decision) -> None:
    first = do(reviewed, differing(reviewed)["address"], deed, "staff-1", two=True)
    assert first.value == f"{last.value}_first"
    with pytest.raises(SamePerson):
        do(reviewed, differing(reviewed)["address"], Deed.CONFIRM, "staff-1", two=True)
    assert do(reviewed, differing(reviewed)["address"], Deed.CONFIRM, "staff-2", two=True) is last


def test_the_second_person_may_send_it_back(reviewed: Database) -> None:
    do(reviewed, differing(reviewed)["address"], Deed.APPROVE, "staff-1", two=True)
    do(reviewed, differing(reviewed)["address"], Deed.SEND_BACK, "staff-2", two=True)
    again = differing(reviewed)["address"]
    assert standing(again) is Decision.SENT_BACK
    assert Deed.APPROVE in possible(standing(again))
    with pytest.raises(NotPossible):
        outcome(again, Deed.CONFIRM, "staff-3", two=True)


@pytest.mark.parametrize(
    ("decisions", "status"),
    [
        ((), "75"),
        ((Decision.APPROVED, Decision.REJECTED), "75"),
        ((Decision.APPROVED, Decision.APPROVED_FIRST), "72"),
        ((Decision.APPROVED_FIRST, Decision.AWAITING_DOCUMENTS), "71"),
        ((Decision.AWAITING_DOCUMENTS, Decision.OPEN), "70"),
        ((Decision.HELD, Decision.APPROVED), "70"),
        ((Decision.SENT_BACK,), "70"),
        ((Decision.ASKED_AGAIN, Decision.OPEN), "40"),
    ],
)
def test_where_a_case_belongs(decisions: tuple[Decision, ...], status: str) -> None:
    assert status_after(decisions).value == status


def settled(database: Database, case_id: str, to: CaseStatus, note: str = "") -> bool:
    def run(conn: Connection) -> bool:
        vault, uni = database.vault, database.universe
        return settle(conn, vault, uni, case_id, to, actor="staff-1", reason="review", note=note)

    return database.run(run)


def test_a_case_is_moved_with_actor_reason_source_and_note(reviewed: Database) -> None:
    case_id = differing(reviewed)["address"].case_id
    path = (CaseStatus.AWAITING_DOCUMENTS, CaseStatus.AWAITING_APPROVAL, CaseStatus.TO_CHECK, CaseStatus.DONE)
    for status in path:
        assert settled(reviewed, case_id, status, NOTE)
    moves = reviewed.run_read(lambda conn: transitions_of(conn, case_id, reviewed.vault))
    assert [move.to_status.value for move in moves][-6:] == ["70", "71", "70", "72", "70", "75"]
    last = moves[-1]
    assert (last.actor, last.reason, last.source, last.note) == ("staff-1", "review", "review", NOTE)
    assert not settled(reviewed, case_id, CaseStatus.TO_CHECK), "what is done is not in review any more"


def test_a_second_answer_is_compared_and_what_was_decided_stays(reviewed: Database, reconciler: Reconciler) -> None:
    do(reviewed, differing(reviewed)["address"], Deed.APPROVE, "staff-1", two=True)
    do(reviewed, differing(reviewed)["phone"], Deed.ASK_AGAIN, "staff-1")
    case_id = differing(reviewed)["phone"].case_id
    case = reviewed.run_read(lambda conn: load_case(conn, case_id))
    assert case is not None
    move(reviewed, case, CaseStatus.ANSWERING, CaseStatus.ANSWERED)
    second = [one for one in MOVED if one["name"] != "phone"] + [answer("phone", "09012345678")]
    case = reviewed.run_read(lambda conn: load_case(conn, case_id))
    assert case is not None
    submit(reviewed, publish_form(reviewed), case, second)
    reconciler.run(reviewed)
    found = differing(reviewed)
    assert set(found) == {"address"}, "the phone is right now, and the first answer to it is not shown any more"
    assert (standing(found["address"]), found["address"].decided_by) == (Decision.APPROVED_FIRST, "staff-1")
    assert status_of(reviewed, case) is CaseStatus.AWAITING_APPROVAL
    with pytest.raises(SamePerson):
        do(reviewed, found["address"], Deed.CONFIRM, "staff-1", two=True)
    history = reviewed.run_read(lambda conn: history_of(conn, reviewed.vault, case_id))
    assert [(one.field, one.before, one.decision) for one in history if one.before == "carried"] == [
        ("address", "carried", "approved_first")
    ]


def test_another_second_answer_is_decided_anew(reviewed: Database, reconciler: Reconciler) -> None:
    do(reviewed, differing(reviewed)["address"], Deed.APPROVE)
    do(reviewed, differing(reviewed)["phone"], Deed.ASK_AGAIN)
    case = reviewed.run_read(lambda conn: load_case(conn, differing(reviewed)["phone"].case_id))
    assert case is not None
    move(reviewed, case, CaseStatus.ANSWERING, CaseStatus.ANSWERED)
    case = reviewed.run_read(lambda conn: load_case(conn, case.id))
    assert case is not None
    submit(reviewed, publish_form(reviewed), case, MOVED)
    reconciler.run(reviewed)
    found = differing(reviewed)
    assert standing(found["address"]) is Decision.APPROVED
    assert standing(found["phone"]) is Decision.OPEN, "the same answer again is looked at again"
    assert status_of(reviewed, case) is CaseStatus.TO_CHECK


def test_a_case_whose_second_answer_leaves_nothing_open_is_done(reviewed: Database, reconciler: Reconciler) -> None:
    do(reviewed, differing(reviewed)["address"], Deed.APPROVE)
    do(reviewed, differing(reviewed)["phone"], Deed.ASK_AGAIN)
    case = reviewed.run_read(lambda conn: load_case(conn, differing(reviewed)["phone"].case_id))
    assert case is not None
    move(reviewed, case, CaseStatus.ANSWERING, CaseStatus.ANSWERED)
    case = reviewed.run_read(lambda conn: load_case(conn, case.id))
    assert case is not None
    second = [one for one in MOVED if one["name"] != "phone"] + [answer("phone", "090-1234-5678")]
    submit(reviewed, publish_form(reviewed), case, second)
    reconciler.run(reviewed)
    done = reviewed.run_read(lambda conn: load_case(conn, case.id))
    assert done is not None
    assert (done.status, done.next_due_on) == (CaseStatus.DONE, date(2027, 11, 2))
