"""Events that make a review due before its time: by command, from a file, or because the master file changed.

Promise: an event is noted once, with what came of it; where a case is open already it covers the event, so that
nobody is asked twice, and what the bank's file learned from a review just completed opens no new one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from bot.outreach.opening import has_ended
from storage import audit
from storage.cases import CaseStatus, can_move, lock_case, move_case
from storage.database import Database
from storage.flags import STOPS, flags_in_force
from storage.masterfile.changes import changes_of, versions_after
from storage.opening_cases import NewCase, open_cases
from storage.standing import standing_of
from storage.triggers import (
    Trigger,
    is_noted,
    last_completed,
    lock_customer,
    note_event,
    note_scanned,
    open_case_id,
    scanned_version,
)

#: Events of one transaction.
BATCH = 20
#: A master record that changes so soon after a review changes because of it.
RECENTLY = timedelta(days=90)
#: What a review itself makes the bank change.
_LEARNED = frozenset(
    {
        Trigger.ADDRESS_CHANGED,
        Trigger.NAME_CHANGED,
        Trigger.JOB_CHANGED,
        Trigger.RESIDENCE_CHANGED,
        Trigger.OWNER_CHANGED,
    }
)


@dataclass(frozen=True, kw_only=True)
class Happened:
    """An event of one customer."""

    customer_id: str
    kind: Trigger
    on: date


def note_events(
    database: Database, events: Sequence[Happened], *, source: str, actor: str, today: date
) -> Counter[str]:
    """Note events and open cases; counts opened, covered, recent, ended, stopped and known."""
    counts: Counter[str] = Counter()
    for start in range(0, len(events), BATCH):
        batch = sorted(events[start : start + BATCH], key=lambda event: event.customer_id)

        def run(conn: Connection, batch: Sequence[Happened] = batch) -> Counter[str]:
            return Counter(_note(conn, database, event, source, actor, today) for event in batch)

        counts.update(database.run_piece(run))
    return counts


def scan_master(database: Database, *, actor: str, today: date) -> Counter[str]:
    """Note what the versions of the master file changed that nobody has looked at; a killed scan begins again."""
    counts: Counter[str] = Counter()
    for seq in database.run_read(lambda conn: versions_after(conn, scanned_version(conn))):

        def find(conn: Connection, seq: int = seq) -> list[Happened]:
            return [
                Happened(customer_id=change.customer_id, kind=kind, on=today)
                for change in changes_of(conn, database.vault, seq)
                for kind in change.kinds
            ]

        counts += note_events(database, database.run_read(find), source=f"master:{seq}", actor=actor, today=today)
        database.run(lambda conn, seq=seq: note_scanned(conn, seq))  # type: ignore[misc]
    return counts


def _note(conn: Connection, database: Database, event: Happened, source: str, actor: str, today: date) -> str:
    uni = database.universe
    lock_customer(conn, event.customer_id)
    if is_noted(conn, event.customer_id, event.kind, event.on):
        return "known"
    outcome, case_id = _outcome(conn, database, event, actor, today)
    note_event(
        conn,
        uni,
        event.customer_id,
        event.kind,
        happened_on=event.on,
        source=source,
        by=f"os_user:{actor}",
        outcome=outcome,
        case_id=case_id,
    )
    subjects = {"customer": event.customer_id} | ({} if case_id is None else {"case": case_id})
    audit.record(
        conn,
        uni,
        "case.event_noted",
        actor_kind="os_user",
        actor_id=actor,
        subjects=subjects,
        detail={"kind": event.kind.value, "source": source, "outcome": outcome},
    )
    return outcome


def _outcome(conn: Connection, database: Database, event: Happened, actor: str, today: date) -> tuple[str, str | None]:
    """What comes of an event, and the case that it opens or that covers it."""
    uni, customer_id = database.universe, event.customer_id
    one = standing_of(conn, customer_id)
    if one is None or has_ended(one, today):
        return "ended", None
    if flags_in_force(conn, customer_id) & STOPS:
        return "stopped", None
    covering = open_case_id(conn, customer_id)
    if covering is not None:
        if event.kind is Trigger.RETURNED_MAIL:
            _came_back(conn, database, covering, actor)
        return "covered", covering
    done = last_completed(conn, customer_id)
    if event.kind in _LEARNED and done is not None and uni.now() - done < RECENTLY:
        return "recent", None
    new = NewCase(customer_id=customer_id, kind=one.kind, reason=event.kind.value, due_on=today)
    open_cases(conn, uni, [new], cause="event", actor=actor)
    return "opened", open_case_id(conn, customer_id)


def _came_back(conn: Connection, database: Database, case_id: str, actor: str) -> None:
    """The letter of an open case came back: the case is undeliverable, unless the customer is at it by another way."""
    case = lock_case(conn, case_id)
    waits = case is not None and case.status in (CaseStatus.SENT, *_REMINDED)
    if case is not None and waits and can_move(case, CaseStatus.UNDELIVERABLE):
        move_case(
            conn,
            database.universe,
            case_id,
            CaseStatus.UNDELIVERABLE,
            actor=f"os_user:{actor}",
            reason=Trigger.RETURNED_MAIL.value,
        )


_REMINDED = (CaseStatus.REMINDED_1, CaseStatus.REMINDED_2, CaseStatus.REMINDED_3)
