"""What people decide about the differences of a case.

Promise: every decision is a row of its own (who, when, from, to, the note sealed) and is never altered; a decision
counts only over the state that was seen, so of two people who decide at once one is told; where two people have to
agree, the first one's decision waits and the same person cannot confirm it.  Comparing again never loses a decision
on what is still the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

from sqlalchemy import Column, ColumnElement, Connection, Table, insert, select, update

from storage import audit
from storage.case_status import CaseStatus
from storage.cases import can_move, lock_case, move_case
from storage.differences import Difference, difference_of, load_differences
from storage.encryption import Vault
from storage.tables import DifferenceDecisionRow, DifferenceRow, table_of
from storage.universe import Universe

_difference, _decision = table_of(DifferenceRow), table_of(DifferenceDecisionRow)


class Decision(StrEnum):
    """Where a difference stands; one without a decision is ``open``."""

    OPEN = "open"
    #: Looked at and left for later.
    HELD = "held"
    ASKED_AGAIN = "asked_again"
    AWAITING_DOCUMENTS = "awaiting_documents"
    #: One person has decided, a second one has to agree.
    APPROVED_FIRST = "approved_first"
    REJECTED_FIRST = "rejected_first"
    #: The second person did not agree.
    SENT_BACK = "sent_back"
    #: The answer holds: the bank takes it over.
    APPROVED = "approved"
    #: The answer does not hold: the bank's own record stays.
    REJECTED = "rejected"


class Deed(StrEnum):
    """What a person can do about a difference."""

    APPROVE = "approve"
    REJECT = "reject"
    ASK_AGAIN = "ask_again"
    AWAIT_DOCUMENTS = "await_documents"
    HOLD = "hold"
    CONFIRM = "confirm"
    SEND_BACK = "send_back"


SETTLED = frozenset({Decision.APPROVED, Decision.REJECTED})
#: Somebody has still to look at it.
TO_DECIDE = frozenset({Decision.OPEN, Decision.HELD, Decision.SENT_BACK})
AWAITS_SECOND = frozenset({Decision.APPROVED_FIRST, Decision.REJECTED_FIRST})
#: Statuses in which a case is with its reviewers.
IN_REVIEW = frozenset({CaseStatus.TO_CHECK, CaseStatus.AWAITING_DOCUMENTS, CaseStatus.AWAITING_APPROVAL})

_AGREED: Mapping[Decision, Decision] = MappingProxyType(
    {Decision.APPROVED_FIRST: Decision.APPROVED, Decision.REJECTED_FIRST: Decision.REJECTED}
)
_FIRST: Mapping[Decision, Decision] = MappingProxyType({last: first for first, last in _AGREED.items()})
_ALONE: Mapping[Deed, Decision] = MappingProxyType(
    {
        Deed.ASK_AGAIN: Decision.ASKED_AGAIN,
        Deed.AWAIT_DOCUMENTS: Decision.AWAITING_DOCUMENTS,
        Deed.HOLD: Decision.HELD,
    }
)
#: ``before`` of a decision that was made on an earlier comparison.
CARRIED = "carried"


class DecidedMeanwhile(Exception):
    """Somebody else decided, or the comparison was made again, since the page was drawn."""


class SamePerson(Exception):
    """Who decided first cannot confirm it himself."""


class NotPossible(Exception):
    """The deed makes no sense where the difference stands."""


@dataclass(frozen=True, kw_only=True)
class Decided:
    """One decision of the history."""

    difference_id: str
    field: str
    before: str
    decision: str
    decided_by: str
    decided_at: datetime
    note: str = dataclasses.field(default="", repr=False)


class Decidable(Protocol):
    """A difference, or whatever else people decide on in the same way."""

    @property
    def id(self) -> str: ...

    @property
    def decision(self) -> str | None: ...

    @property
    def decided_by(self) -> str | None: ...


@dataclass(frozen=True, kw_only=True)
class Register:
    """Where what people decide on is kept, and every decision on it."""

    items: Table
    #: Which items are still to be decided on.
    holds: ColumnElement[bool]
    history: Table
    #: The item of a decision.
    item_id: Column[Any]


_REGISTER = Register(
    items=_difference,
    holds=_difference.c.superseded_at.is_(None),
    history=_decision,
    item_id=_decision.c.difference_id,
)


def standing(one: Decidable) -> Decision:
    """Where a difference stands."""
    return Decision(one.decision or Decision.OPEN)


def possible(now: Decision) -> tuple[Deed, ...]:
    """The deeds that make sense where a difference stands so, whoever does them."""
    if now in AWAITS_SECOND:
        return (Deed.CONFIRM, Deed.SEND_BACK)
    if now in SETTLED or now is Decision.ASKED_AGAIN:
        return (Deed.SEND_BACK,)
    return tuple(deed for deed in Deed if deed not in (Deed.CONFIRM, Deed.SEND_BACK) and _ALONE.get(deed) is not now)


def outcome(one: Decidable, deed: Deed, staff_id: str, *, two: bool) -> Decision:
    """Where a deed leads; raises ``NotPossible`` or ``SamePerson``.

    ``two``: two people have to agree on this difference.  Sending back what is settled opens it again.
    """
    now = standing(one)
    if deed not in possible(now):
        raise NotPossible(deed.value)
    if deed is Deed.SEND_BACK:
        return Decision.SENT_BACK
    if deed is Deed.CONFIRM:
        if one.decided_by == staff_id:
            raise SamePerson
        return _AGREED[now]
    if deed in _ALONE:
        return _ALONE[deed]
    last = Decision.APPROVED if deed is Deed.APPROVE else Decision.REJECTED
    return _FIRST[last] if two else last


def decide(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    difference: Difference,
    deed: Deed,
    *,
    seen: str,
    staff_id: str,
    note: str = "",
    two: bool = False,
) -> Decision:
    """Do a deed over the state that was ``seen``; raises ``DecidedMeanwhile``, ``SamePerson`` or ``NotPossible``.

    The note is sealed; the case is moved by ``settle``.
    """
    to = write_decision(conn, vault, uni, _REGISTER, difference, deed, seen=seen, staff_id=staff_id, note=note, two=two)
    audit.record(
        conn,
        uni,
        "review.decided",
        actor_kind="staff",
        actor_id=staff_id,
        subjects={"case": difference.case_id, "difference": difference.id},
        detail={"field": difference.field, "deed": deed.value, "from": seen, "to": to.value},
    )
    return to


def write_decision(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    register: Register,
    one: Decidable,
    deed: Deed,
    *,
    seen: str,
    staff_id: str,
    note: str,
    two: bool,
) -> Decision:
    """Decide on an item of a register, as ``decide`` does; its audit row is the caller's."""
    if standing(one) != seen:
        raise DecidedMeanwhile
    to = outcome(one, deed, staff_id, two=two)
    latest = {"decision": to.value, "decided_by": staff_id, "decided_at": uni.now()}
    # Decided over what was read, and over nothing newer: of two people at once one meets no row.
    items = register.items
    unchanged = (
        (items.c.id == one.id)
        & register.holds
        & items.c.decision.is_not_distinct_from(one.decision)
        & items.c.decided_by.is_not_distinct_from(one.decided_by)
    )
    if conn.execute(update(items).where(unchanged).values(latest)).rowcount != 1:
        raise DecidedMeanwhile
    _append(conn, vault, uni, register, one.id, before=seen, note=note, latest=latest)
    return to


def _append(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    register: Register,
    item_id: str,
    *,
    before: str,
    note: str,
    latest: Mapping[str, object],
) -> None:
    row_id, history = uni.new_id(), register.history
    sealed = vault.seal(history.name, row_id, {"note": note}) if note else None
    values = {"id": row_id, register.item_id.name: item_id, "before": before, "sealed": sealed, **latest}
    conn.execute(insert(history), values)


def status_after(decisions: Iterable[Decision]) -> CaseStatus:
    """Where a case belongs whose differences stand so."""
    found = frozenset(decisions)
    if Decision.ASKED_AGAIN in found:
        return CaseStatus.ANSWERING
    if found & TO_DECIDE:
        return CaseStatus.TO_CHECK
    if Decision.AWAITING_DOCUMENTS in found:
        return CaseStatus.AWAITING_DOCUMENTS
    return CaseStatus.AWAITING_APPROVAL if found & AWAITS_SECOND else CaseStatus.DONE


def settle(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    case_id: str,
    to: CaseStatus,
    *,
    actor: str,
    reason: str,
    note: str = "",
) -> bool:
    """Move a case that is in review to where its differences put it; false where it is elsewhere by now."""
    case = lock_case(conn, case_id)
    if case is None or case.status not in IN_REVIEW:
        return False
    # What waits for documents or for a second person is looked at again on its way.
    through = (to,) if can_move(case, to) else (CaseStatus.TO_CHECK, to)
    for status in through:
        words = note if status is to else ""
        move_case(conn, uni, case_id, status, actor=actor, reason=reason, source="review", note=words, vault=vault)
    return True


def call_back(conn: Connection, uni: Universe, case_id: str, *, actor: str) -> None:
    """Bring a case back to review whose customer was asked again and does not answer."""
    case = lock_case(conn, case_id)
    if case is None or case.status not in (CaseStatus.ANSWERING, CaseStatus.PAUSED):
        return
    way = (CaseStatus.ANSWERING, CaseStatus.ANSWERED, CaseStatus.RECONCILING, CaseStatus.TO_CHECK)
    for status in way:
        move_case(conn, uni, case_id, status, actor=actor, reason="called_back", source="review")


def to_review(differences: Iterable[Difference], person: frozenset[str]) -> list[Difference]:
    """The differences on which somebody decides; ``person`` are the verdicts that need one."""
    return [one for one in differences if one.verdict in person or one.decision is not None]


def carry_over(conn: Connection, vault: Vault, uni: Universe, case_id: str, submission_id: str) -> dict[str, Decision]:
    """After a comparison: what an earlier one of the case found gives way, its decisions on the same values stay.

    To be called in the transaction of the comparison; returns where those fields stand on which somebody has decided.
    """
    holds = (_difference.c.submission_id == submission_id) & _difference.c.superseded_at.is_(None)
    earlier = (_difference.c.case_id == case_id) & ~holds & (_difference.c.submission_id <= submission_id)
    rows = conn.execute(select(_difference).where(earlier).order_by(_difference.c.id)).all()
    marked = select(_difference.c.field, _difference.c.decision).where(holds, _difference.c.decision.is_not(None))
    stands = {row.field: Decision(row.decision) for row in conn.execute(marked)}
    if not rows:
        return stands
    decided = {row.field: difference_of(vault, row) for row in rows if row.decision is not None}
    for one in load_differences(conn, vault, submission_id=submission_id) if decided else ():
        before = decided.get(one.field)
        # Of what was asked again this is the answer.
        if before is None or one.decision is not None or standing(before) is Decision.ASKED_AGAIN:
            continue
        if (before.verdict, before.master, before.answer) == (one.verdict, one.master, one.answer):
            kept = {"decision": before.decision, "decided_by": before.decided_by, "decided_at": before.decided_at}
            conn.execute(update(_difference).where(_difference.c.id == one.id).values(kept))
            _append(conn, vault, uni, _REGISTER, one.id, before=CARRIED, note="", latest=kept)
            stands[one.field] = standing(before)
    gone = earlier & _difference.c.superseded_at.is_(None)
    conn.execute(update(_difference).where(gone).values(superseded_at=uni.now()))
    return stands


def history_of(conn: Connection, vault: Vault, case_id: str) -> list[Decided]:
    """Every decision on the differences of a case, oldest first."""
    return read_decisions(conn, vault, _REGISTER, case_id, _difference.c.field)


def read_decisions(
    conn: Connection, vault: Vault, register: Register, case_id: str, field: ColumnElement[str]
) -> list[Decided]:
    """Every decision on the items of a case, oldest first; ``field`` is what an item is about."""
    history, items = register.history, register.items
    query = (
        select(history, register.item_id.label("item_id"), field.label("field"))
        .join(items, items.c.id == register.item_id)
        .where(items.c.case_id == case_id)
        .order_by(history.c.decided_at, history.c.id)
    )
    return [
        Decided(
            difference_id=row.item_id,
            field=row.field,
            before=row.before or Decision.OPEN.value,
            decision=row.decision,
            decided_by=row.decided_by,
            decided_at=row.decided_at,
            note="" if row.sealed is None else vault.open(history.name, row.id, row.sealed)["note"],
        )
        for row in conn.execute(query)
    ]
