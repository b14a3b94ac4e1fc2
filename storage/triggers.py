"""Events that make a review due before its time, and what came of each; once per customer, kind and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Connection, func, insert, select, update

from storage.case_status import CaseStatus
from storage.counters import insert_or
from storage.tables import CaseRow, CaseTransitionRow, CounterRow, CustomerRow, TriggerEventRow, table_of
from storage.tables.cases import CLOSED_STATUSES
from storage.transitions import went_to
from storage.universe import Universe

_event, _customer, _counter = table_of(TriggerEventRow), table_of(CustomerRow), table_of(CounterRow)
_case, _transition = table_of(CaseRow), table_of(CaseTransitionRow)

#: Up to which version of the master file changes were looked for.
_SCANNED = "trigger.master"


class Trigger(StrEnum):
    """What may happen to a customer (reference: trigger events for an extra case); the code is the case's reason."""

    RISK_RAISED = "risk_raised"
    ADDRESS_CHANGED = "address_changed"
    RETURNED_MAIL = "returned_mail"
    NAME_CHANGED = "name_changed"
    JOB_CHANGED = "job_changed"
    RESIDENCE_CHANGED = "residence_changed"
    OWNER_CHANGED = "owner_changed"
    LARGE_CASH = "large_cash"
    FOREIGN_REMITTANCE = "foreign_remittance"
    DORMANT_ACTIVE = "dormant_active"
    ALERT = "alert"
    LIST_HIT = "list_hit"
    AUTHORITY_REQUEST = "authority_request"


@dataclass(frozen=True, kw_only=True)
class TriggerEvent:
    """One event as it was noted."""

    customer_id: str
    kind: Trigger
    happened_on: date
    source: str
    noted_at: datetime
    outcome: str
    case_id: str | None


def lock_customer(conn: Connection, customer_id: str) -> None:
    """Nobody else notes an event of this customer until the end of the transaction."""
    conn.execute(select(_customer.c.id).where(_customer.c.id == customer_id).with_for_update(key_share=True)).all()


def is_noted(conn: Connection, customer_id: str, kind: Trigger, happened_on: date) -> bool:
    """Whether the event is known."""
    here = (_event.c.customer_id == customer_id) & (_event.c.kind == kind.value)
    return conn.execute(select(_event.c.id).where(here, _event.c.happened_on == happened_on)).first() is not None


def note_event(
    conn: Connection,
    uni: Universe,
    customer_id: str,
    kind: Trigger,
    *,
    happened_on: date,
    source: str,
    by: str,
    outcome: str,
    case_id: str | None,
) -> None:
    """Note an event and what came of it."""
    values = {
        "id": uni.new_id(),
        "customer_id": customer_id,
        "kind": kind.value,
        "happened_on": happened_on,
        "source": source,
        "noted_at": uni.now(),
        "noted_by": by,
        "outcome": outcome,
        "case_id": case_id,
    }
    conn.execute(insert(_event), values)


def events_of(conn: Connection, customer_id: str) -> list[TriggerEvent]:
    """What was noted of a customer, oldest first."""
    rows = conn.execute(select(_event).where(_event.c.customer_id == customer_id).order_by(_event.c.id))
    return [
        TriggerEvent(
            customer_id=row.customer_id,
            kind=Trigger(row.kind),
            happened_on=row.happened_on,
            source=row.source,
            noted_at=row.noted_at,
            outcome=row.outcome,
            case_id=row.case_id,
        )
        for row in rows
    ]


def open_case_id(conn: Connection, customer_id: str) -> str | None:
    """An open case that covers what happens, the periodic one first."""
    here = (_case.c.customer_id == customer_id) & _case.c.status.not_in(CLOSED_STATUSES)
    found: str | None = conn.execute(select(_case.c.id).where(here).order_by(_case.c.cause.desc())).scalar()
    return found


def last_completed(conn: Connection, customer_id: str) -> datetime | None:
    """When a review of the customer was last completed here."""
    query = (
        select(func.max(_transition.c.at))
        .join(_case, _case.c.id == _transition.c.case_id)
        .where(_case.c.customer_id == customer_id, went_to(CaseStatus.DONE))
    )
    found: datetime | None = conn.execute(query).scalar()
    return found


def scanned_version(conn: Connection) -> int:
    """The last version of the master file whose changes were looked at."""
    return conn.execute(select(_counter.c.value).where(_counter.c.name == _SCANNED)).scalar() or 0


def note_scanned(conn: Connection, seq: int) -> None:
    """The changes of this version have been looked at; an older one changes nothing."""
    conn.execute(insert_or(conn, _counter).values(name=_SCANNED, value=0).on_conflict_do_nothing())
    conn.execute(update(_counter).where(_counter.c.name == _SCANNED, _counter.c.value < seq).values(value=seq))
