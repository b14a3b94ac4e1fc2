"""A bank with a month behind it: cases in every state, at three branches, some of them few."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Connection, insert

from storage import cases, customers
from storage.case_status import CaseStatus
from storage.database import Database
from storage.tables import DifferenceDecisionRow, DifferenceRow, SubmissionRow, table_of
from storage.universe import FrozenUniverse

#: Branch, rating, how many, how far each goes, and the channel of an answer.
GROUPS = (
    ("100", "low", 12, ("15", "20", "40", "60"), "line"),
    ("100", "low", 7, ("15", "20"), ""),
    ("100", "high", 6, (), ""),
    ("200", "medium", 9, ("15", "20", "40", "60"), "telegram"),
    ("200", "medium", 2, ("15", "20", "40", "60"), "paper"),
    ("200", "high", 3, ("15", "20", "30"), ""),
    ("300", "low", 8, ("15", "20", "50", "80"), ""),
)


def live_a_month(database: Database, universe: FrozenUniverse) -> None:
    """November: invited on the 2nd, answered a week later; it is the 3rd of December afterwards."""
    members = _customers(database, universe)
    opened = [(case_id, group) for group, ids in zip(GROUPS, members, strict=True) for case_id in ids]
    for step in range(4):
        for case_id, (_, _, _, way, channel) in opened:
            if step < len(way):
                database.run(lambda conn, one=case_id, to=way[step]: _move(conn, universe, one, to))  # type: ignore[misc]
                if way[step] == "60":
                    database.run(lambda conn, one=case_id, by=channel: _submit(conn, universe, one, by))  # type: ignore[misc]
        universe.advance(timedelta(days=3, hours=1))
    universe.advance(timedelta(days=31) - 4 * timedelta(days=3, hours=1))
    # After the month is over the ones go on, which is none of its report.
    for case_id, (_, _, _, way, _) in opened[:3]:
        if way:
            database.run(lambda conn, one=case_id: _move(conn, universe, one, "65"))  # type: ignore[misc]


def open_due(database: Database, universe: FrozenUniverse, days: Sequence[date]) -> None:
    """A case for each of these days, none of them begun."""

    def make(conn: Connection) -> None:
        numbers = [f"{place:03d}" for place in range(len(days))]
        _stage(conn, database, universe, [_row(number, "100", "low") for number in numbers])
        for number, day in zip(numbers, days, strict=True):
            _open(conn, universe, number, day)

    database.run(make)


def _customers(database: Database, universe: FrozenUniverse) -> list[list[str]]:
    def make(conn: Connection) -> list[list[str]]:
        numbers: list[list[str]] = []
        rows: list[dict[str, str]] = []
        for branch, rating, count, _, _ in GROUPS:
            ours = [f"{branch}-{rating}-{len(rows) + place:03d}" for place in range(count)]
            rows += [_row(number, branch, rating) for number in ours]
            numbers.append(ours)
        _stage(conn, database, universe, rows)
        return [[_open(conn, universe, number) for number in ours] for ours in numbers]

    return database.run(make)


def _row(number: str, branch: str, rating: str) -> dict[str, str]:
    row = {"customer_no": number, "kind": "individual", "name": "見本", "branch_no": branch, "locale": "ja"}
    return row | {"risk_rating": rating}


def _stage(conn: Connection, database: Database, universe: FrozenUniverse, rows: Sequence[dict[str, str]]) -> None:
    seq = customers.begin_master_version(conn, universe, "0" * 64)
    customers.stage_master_rows(conn, database.vault, universe, seq, rows)
    customers.finish_master_version(conn, universe, seq)


def _open(conn: Connection, universe: FrozenUniverse, number: str, due_on: date = date(2026, 11, 28)) -> str:
    customer_id = customers.find_customer_no(conn, number)
    assert customer_id is not None
    return cases.open_case(
        conn,
        universe,
        customer_id,
        cause="periodic",
        reason="cadence",
        due_on=due_on,
        questionnaire_id="individual",
    ).id


def _move(conn: Connection, universe: FrozenUniverse, case_id: str, to: str) -> None:
    cases.move_case(conn, universe, case_id, CaseStatus(to), actor="system", reason="test")


def _submit(conn: Connection, universe: FrozenUniverse, case_id: str, channel: str) -> None:
    case = cases.load_case(conn, case_id)
    assert case is not None
    values = {
        "id": universe.new_id(),
        "case_id": case_id,
        "customer_id": case.customer_id,
        "conversation_id": None,
        "receipt_digest": case_id.encode()[-32:],
        "started_at": universe.now(),
        "submitted_at": universe.now(),
        "answered_by": "customer",
        "channel": channel,
        "locale": "ja",
        "questionnaire_id": "individual",
        "questionnaire_version": "1",
        "questionnaire_sha256": "0" * 64,
        "sealed": b"",
    }
    conn.execute(insert(table_of(SubmissionRow)), values)
    if channel == "line":
        for field, verdict, decision in (("address", "changed", "accepted"), ("phone", "same", None)):
            _compare(conn, universe, case_id, str(values["id"]), field, verdict, decision)


def _compare(
    conn: Connection,
    universe: FrozenUniverse,
    case_id: str,
    submission_id: str,
    field: str,
    verdict: str,
    decision: str | None,
) -> None:
    row = {
        "id": universe.new_id(),
        "case_id": case_id,
        "submission_id": submission_id,
        "field": field,
        "verdict": verdict,
        "severity": "low",
        "reason": "test",
        "rules": "",
        "master_digest": bytes(32),
        "comparator_version": "1",
        "created_at": universe.now(),
        "sealed": b"",
    }
    conn.execute(insert(table_of(DifferenceRow)), row)
    if decision is not None:
        decided = {"id": universe.new_id(), "difference_id": row["id"], "decision": decision, "decided_by": "staff:x"}
        conn.execute(insert(table_of(DifferenceDecisionRow)), decided | {"decided_at": universe.now()})
