"""Who is due: the bank's own cadence, flags with their reasons, events, and the report that leaves nobody out."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.moving import Move, move
from bot.outreach.cadence import stored_cadence
from bot.outreach.coverage import count_coverage, iter_coverage
from bot.outreach.flagging import flag, unflag
from bot.outreach.opening import Opened, open_case_of, open_due_cases
from bot.outreach.triggers import Happened, note_events, scan_master
from storage.audit import list_entries
from storage.cadences import cadence_decisions, decide_cadence
from storage.cases import CaseStatus, list_cases
from storage.customers import find_customer_no
from storage.database import Database
from storage.flags import FlagKind, flags_in_force, flags_of
from storage.triggers import Trigger, events_of
from storage.universe import FrozenUniverse
from tests.storage.reconciliation.seeding import TARO, add_case, add_customers, move as walk, status_of

TOKYO = ZoneInfo("Asia/Tokyo")
TODAY = date(2026, 11, 2)


def customer(number: str, **fields: str) -> dict[str, str]:
    return TARO | {"customer_no": number, "last_confirmed_on": "2020-01-01"} | fields


def open_due(database: Database) -> Opened:
    return open_due_cases(database, due_by=TODAY, today=TODAY, actor="clerk", zone=TOKYO)


def id_of(database: Database, number: str) -> str:
    found = database.run_read(lambda conn: find_customer_no(conn, number))
    assert found is not None
    return found


def set_flag(database: Database, number: str, kind: FlagKind, reason: str = "相続の連絡") -> int | None:
    customer_id = id_of(database, number)
    return database.run(
        lambda conn: flag(conn, database.vault, database.universe, customer_id, kind, reason=reason, actor="clerk")
    )


def lift(database: Database, number: str, kind: FlagKind) -> bool:
    customer_id = id_of(database, number)
    return database.run(
        lambda conn: unflag(conn, database.vault, database.universe, customer_id, kind, reason="誤り", actor="clerk")
    )


def happened(database: Database, number: str, kind: Trigger, on: date = TODAY) -> dict[str, int]:
    events = [Happened(customer_id=id_of(database, number), kind=kind, on=on)]
    return dict(note_events(database, events, source="command", actor="clerk", today=TODAY))


def coverage(database: Database) -> dict[str, tuple[str, str]]:
    found = database.run_read(lambda conn: list(iter_coverage(conn, database.vault, today=TODAY, zone=TOKYO)))
    return {one.customer_no: (one.state, one.reason) for one in found}


# The cadence ------------------------------------------------------------------------------------


def test_the_cadence_is_decided_with_a_reason_and_counts_from_then_on(database: Database) -> None:
    add_customers(database, customer("0001", last_confirmed_on="2025-05-02", risk_rating="high"))
    assert open_due(database).opened == 1
    add_customers(database, customer("0002", last_confirmed_on="2025-12-02", risk_rating="high"))
    assert open_due(database) == Opened(already_open=1, not_due=1)
    for months, reason in ((11, "当局の指摘"), (6, "検査の結果")):
        database.run(
            lambda conn, months=months, reason=reason: decide_cadence(  # type: ignore[misc]
                conn,
                database.vault,
                database.universe,
                high=months,
                medium=24,
                low=36,
                before_expiry=3,
                reason=reason,
                by="clerk",
            )
        )
    assert database.run_read(stored_cadence).months["high"] == 6
    assert open_due(database) == Opened(opened=1, already_open=1)
    decided = database.run_read(lambda conn: cadence_decisions(conn, database.vault))
    assert [(one.high, one.reason) for one in decided] == [(11, "当局の指摘"), (6, "検査の結果")]


# Flags ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [FlagKind.DECEASED, FlagKind.GUARDIANSHIP, FlagKind.STOPPED])
def test_death_and_guardianship_end_the_open_case_and_open_no_other(database: Database, kind: FlagKind) -> None:
    add_customers(database, customer("0001"))
    case = add_case(database, "0001")
    walk(database, case, CaseStatus.SENT, CaseStatus.LINKED, CaseStatus.ANSWERING)
    assert set_flag(database, "0001", kind) == 1
    assert set_flag(database, "0001", kind) is None
    assert status_of(database, case) is CaseStatus.STOPPED
    assert open_due(database) == Opened(stopped=1)
    assert happened(database, "0001", Trigger.RISK_RAISED) == {"stopped": 1}
    asked = open_case_of(database, "0001", cause="event", reason="x", due=TODAY, today=TODAY, actor="clerk")
    assert asked == Opened(stopped=1)
    assert lift(database, "0001", kind)
    assert not lift(database, "0001", kind)
    assert open_due(database).opened == 1


def test_a_dispute_holds_the_case_and_its_reasons_are_sealed(database: Database) -> None:
    add_customers(database, customer("0001"))
    case = add_case(database, "0001")
    assert set_flag(database, "0001", FlagKind.DISPUTE, "訴訟中") == 0
    assert status_of(database, case) is CaseStatus.SELECTED
    lift(database, "0001", FlagKind.DISPUTE)
    (one,) = database.run_read(lambda conn: flags_of(conn, database.vault, id_of(database, "0001")))
    assert (one.kind, one.reason, one.lifted_because) == (FlagKind.DISPUTE, "訴訟中", "誤り")
    assert "訴訟中" not in repr(one)
    entries = database.run_read(lambda conn: list(list_entries(conn)))
    assert {e.action for e in entries} == {"customer.flagged", "customer.unflagged"}
    assert "訴訟中" not in str(entries)


def test_simplified_due_diligence_spares_the_cycle_but_neither_events_nor_a_permit_that_ends(
    database: Database,
) -> None:
    add_customers(
        database, customer("0001"), customer("0002"), customer("0003", residence_expiry="2026-12-01"), customer("0004")
    )
    unsent = add_case(database, "0001")
    sent = add_case(database, "0004")
    walk(database, sent, CaseStatus.SENT)
    assert set_flag(database, "0001", FlagKind.SDD) == 1
    for number in ("0002", "0003", "0004"):
        assert set_flag(database, number, FlagKind.SDD) == 0
    assert status_of(database, unsent) is CaseStatus.EXEMPT
    # What has been sent is in the customer's hands: it goes on.
    assert status_of(database, sent) is CaseStatus.SENT
    assert open_due(database) == Opened(opened=1, exempt=3)
    assert happened(database, "0002", Trigger.LARGE_CASH) == {"opened": 1}


def test_what_a_person_says_of_a_case_holds_for_the_customer(database: Database) -> None:
    add_customers(database, customer("0001"), customer("0002"))
    cases = {number: add_case(database, number) for number in ("0001", "0002")}
    vault, uni = database.vault, database.universe

    def say(number: str, what: Move) -> None:
        database.run(
            lambda conn: move(
                conn, vault, uni, cases[number].id, what, actor_kind="os_user", actor="clerk", note="連絡あり"
            )
        )

    say("0001", Move.STOPPED)
    say("0002", Move.EXEMPT)
    assert open_due(database) == Opened(stopped=1, exempt=1)
    say("0002", Move.DUE_AGAIN)
    assert not database.run_read(lambda conn: flags_in_force(conn, id_of(database, "0002")))
    assert open_due(database) == Opened(stopped=1, already_open=1)


# Events -----------------------------------------------------------------------------------------


def test_an_event_opens_one_case_and_is_noted_once(database: Database) -> None:
    add_customers(database, customer("0001"), customer("0002", relationship_end_on="2026-01-01"))
    assert happened(database, "0001", Trigger.LIST_HIT) == {"opened": 1}
    assert happened(database, "0001", Trigger.LIST_HIT) == {"known": 1}
    # The same again another day, and something else: the open case covers it.
    assert happened(database, "0001", Trigger.LIST_HIT, TODAY - timedelta(days=1)) == {"covered": 1}
    assert happened(database, "0002", Trigger.LIST_HIT) == {"ended": 1}
    (case,) = database.run_read(list_cases)
    assert (case.cause, case.reason, case.due_on) == ("event", "list_hit", TODAY)
    events = database.run_read(lambda conn: events_of(conn, case.customer_id))
    assert [(one.outcome, one.case_id) for one in events] == [("opened", case.id), ("covered", case.id)]


def test_a_letter_that_came_back_makes_its_case_undeliverable(database: Database) -> None:
    add_customers(database, customer("0001"), customer("0002"))
    sent, answering = (add_case(database, number) for number in ("0001", "0002"))
    walk(database, sent, CaseStatus.SENT)
    walk(database, answering, CaseStatus.SENT, CaseStatus.LINKED, CaseStatus.ANSWERING)
    assert happened(database, "0001", Trigger.RETURNED_MAIL) == {"covered": 1}
    assert happened(database, "0002", Trigger.RETURNED_MAIL) == {"covered": 1}
    assert status_of(database, sent) is CaseStatus.UNDELIVERABLE
    assert status_of(database, answering) is CaseStatus.ANSWERING


def test_the_master_file_tells_what_happened(database: Database) -> None:
    rows = [customer(f"000{number}", last_confirmed_on="2026-01-01") for number in range(1, 7)]
    add_customers(database, *rows)
    assert scan_master(database, actor="clerk", today=TODAY) == {}
    add_customers(
        database,
        rows[0] | {"risk_rating": "high"},
        rows[1] | {"risk_rating": "low"},
        rows[2] | {"address": "大阪府大阪市北区1-2-3"},
        rows[3] | {"returned_mail_on": "2026-10-30"},
        rows[4] | {"phone": "03-0000-0000"},
        # A blank is no news: the bank has lost it, the customer has not moved.
        rows[5] | {"address": ""},
    )
    assert scan_master(database, actor="clerk", today=TODAY) == {"opened": 3}
    assert scan_master(database, actor="clerk", today=TODAY) == {}
    reasons = {case.customer_no: case.reason for case in database.run_read(list_cases)}
    assert reasons == {"0001": "risk_raised", "0003": "address_changed", "0004": "returned_mail"}


def test_what_the_bank_learned_from_a_review_opens_no_new_one(database: Database, universe: FrozenUniverse) -> None:
    row = customer("0001")
    add_customers(database, row)
    case = add_case(database, "0001")
    path = (CaseStatus.SENT, CaseStatus.LINKED, CaseStatus.ANSWERING, CaseStatus.ANSWERED, CaseStatus.RECONCILING)
    walk(database, case, *path, CaseStatus.RECONCILED, CaseStatus.DONE)
    add_customers(database, row | {"address": "大阪府大阪市北区1-2-3"})
    assert scan_master(database, actor="clerk", today=TODAY) == {"recent": 1}
    universe.advance(timedelta(days=91))
    add_customers(database, row | {"address": "京都府京都市南区4-5-6"})
    assert scan_master(database, actor="clerk", today=date(2027, 2, 1)) == {"opened": 1}


# Coverage ---------------------------------------------------------------------------------------


def test_every_customer_has_a_case_or_a_reason(database: Database) -> None:
    add_customers(
        database,
        customer("0001"),
        customer("0002", last_confirmed_on="2026-10-01"),
        customer("0003", relationship_end_on="2026-10-01"),
        customer("0004"),
        customer("0005"),
        customer("0006", last_confirmed_on=""),
        customer("0007", last_confirmed_on="2026-10-01", residence_expiry="2027-03-31"),
    )
    add_case(database, "0001", cause="event")
    set_flag(database, "0004", FlagKind.DECEASED)
    set_flag(database, "0005", FlagKind.SDD)
    assert coverage(database) == {
        "0001": ("open", ""),
        "0002": ("not_due", "cycle"),
        "0003": ("ended", ""),
        "0004": ("stopped", "deceased"),
        "0005": ("exempt", "sdd"),
        "0006": ("uncovered", "never_confirmed"),
        "0007": ("not_due", "residence_expiry"),
    }
    totals = database.run_read(
        lambda conn: count_coverage(conn, iter_coverage(conn, database.vault, today=TODAY, zone=TOKYO))
    )
    assert totals.customers == 7
    assert totals.by_risk["medium", "not_due"] == 2
    assert totals.by_branch["007", "uncovered"] == 1
    open_due(database)
    assert all(state != "uncovered" for state, _ in coverage(database).values())
