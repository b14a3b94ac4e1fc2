"""Cases, and every way in which one changes.

Promise: a case moves only along the table of ``case_status``, each move leaves a row with time, actor,
reason and source, and a customer never has two open cases of the same cause.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, insert, select, update

from storage.case_status import ALLOWED, ANSWERABLE, CLOSED, CaseStatus
from storage.direct import Direct, among
from storage.encryption import Vault
from storage.held import held
from storage.link_codes import (
    LinkCode,
    count_code_failure,
    find_link_code,
    link_codes_of_case,
    load_link_code,
    normal_code,
    unlock_link_code,
    use_link_code,
)
from storage.menus import touch_menus_of_case
from storage.problems import IllegalTransition
from storage.tables import (
    CampaignMemberRow,
    CaseRow,
    CaseTransitionRow,
    CustomerRow,
    LinkCodeRow,
    MasterCurrentRow,
    MasterRecordRow,
    table_of,
)
from storage.tables.cases import CLOSED_STATUSES
from storage.universe import CODE_ALPHABET, Universe

__all__ = [
    "ALLOWED",
    "CLOSED",
    "Case",
    "CaseStatus",
    "IllegalTransition",
    "LinkCode",
    "Transition",
    "can_move",
    "cases_of_customer",
    "cases_without_letter",
    "count_code_failure",
    "find_link_code",
    "link_codes_of_case",
    "list_cases",
    "load_case",
    "load_cases",
    "load_link_code",
    "load_stated_reason",
    "lock_case",
    "move_case",
    "normal_code",
    "open_case",
    "seen_case",
    "set_next_due",
    "transitions_of",
    "unlock_link_code",
    "use_link_code",
]

_case = table_of(CaseRow)
_member = table_of(CampaignMemberRow)
_transition = table_of(CaseTransitionRow)
_customer = table_of(CustomerRow)
_record = table_of(MasterRecordRow)
_current = table_of(MasterCurrentRow)
_link_code = table_of(LinkCodeRow)

#: What may stand in clear as a reason: words of a code, never a sentence about a person.
_REASON = re.compile(r"[A-Za-z0-9_.:/ -]{0,64}", re.ASCII)
_STATED = "stated"


def _cases() -> Select[Any]:
    return select(_case, _customer.c.customer_no).join(_customer, _customer.c.id == _case.c.customer_id)


_by_id = _cases().where(_case.c.id == bindparam("wanted"))
_BY_ID = Direct(_by_id)
_BY_IDS = Direct(lambda dialect: _cases().where(among(dialect, _case.c.id, "wanted")).order_by(_case.c.id))
_LOCKED = Direct(_by_id.with_for_update(of=_case, key_share=True))
_MOVE = Direct(
    update(_case)
    .where(_case.c.id == bindparam("wanted"))
    .values(status=bindparam("status"), returns_to=bindparam("returns_to"))
)
_NEXT_DUE = Direct(update(_case).where(_case.c.id == bindparam("wanted")).values(next_due_on=bindparam("next_due_on")))
_APPEND = Direct(insert(_transition))


@dataclass(frozen=True, kw_only=True)
class Case:
    """One review of one customer."""

    id: str
    customer_id: str
    customer_no: str
    #: individual, corporate
    kind: str
    #: periodic, event
    cause: str
    #: A code; ``stated`` where a person gave words (see ``load_stated_reason``).
    reason: str
    status: CaseStatus
    #: Four digits by which the customer recognises us.
    check_number: str
    opened_at: datetime
    due_on: date
    questionnaire_id: str
    next_due_on: date | None
    #: The status to which a handed-over case goes back.
    returns_to: CaseStatus | None


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One change of status."""

    case_id: str
    from_status: CaseStatus | None
    to_status: CaseStatus
    at: datetime
    actor: str
    reason: str
    source: str | None
    #: What a person wrote about it; opened only where a vault is given.
    note: str = field(default="", repr=False)


def open_case(
    conn: Connection,
    uni: Universe,
    customer_id: str,
    *,
    cause: str,
    reason: str,
    due_on: date,
    questionnaire_id: str,
    actor: str = "system",
    vault: Vault | None = None,
) -> Case:
    """Open a case; where one of the same cause is open, that one is returned unchanged.

    A reason that is no code (words of a person) is sealed, which needs ``vault``.
    """
    lock = select(_customer.c.id).where(_customer.c.id == customer_id).with_for_update(key_share=True)
    conn.execute(lock).scalar_one()
    existing = _cases().where(
        _case.c.customer_id == customer_id, _case.c.cause == cause, _case.c.status.not_in(CLOSED_STATUSES)
    )
    found = conn.execute(existing).first()
    if found is not None:
        return _case_of(found)
    case_id = uni.new_id()
    stated = not _REASON.fullmatch(reason)
    if stated and vault is None:
        raise ValueError("a reason in words must be sealed: pass the vault")
    sealed = vault.seal(_case.name, case_id, {"reason": reason}) if stated and vault is not None else None
    counts = select(_current.c.seq).where(_current.c.id == 1).scalar_subquery()
    known = select(_record.c.kind).where(_record.c.customer_id == customer_id, _record.c.seq <= counts)
    newest = known.order_by(_record.c.seq.desc()).limit(1)
    values = {
        "id": case_id,
        "customer_id": customer_id,
        "kind": conn.execute(newest).scalar() or "individual",
        "cause": cause,
        "reason": _STATED if stated else reason,
        "status": CaseStatus.SELECTED.value,
        "returns_to": None,
        "check_number": new_check_number(uni),
        "opened_at": uni.now(),
        "due_on": due_on,
        "questionnaire_id": questionnaire_id,
        "next_due_on": None,
        "sealed": sealed,
    }
    conn.execute(insert(_case), values)
    _append_transition(conn, uni, case_id, None, CaseStatus.SELECTED, actor, str(values["reason"]), None)
    return _required(conn, case_id)


def new_check_number(uni: Universe) -> str:
    """Four digits by which the customer will recognise us."""
    # Eight signs carry 40 bits, so the remainder favours no number noticeably.
    value = 0
    for sign in uni.code(8):
        value = value * len(CODE_ALPHABET) + CODE_ALPHABET.index(sign)
    return f"{value % 10_000:04d}"


def load_case(conn: Connection, case_id: str) -> Case | None:
    """One case."""
    row = _BY_ID.first(conn, {"wanted": case_id})
    return None if row is None else _case_of(row)


def load_cases(conn: Connection, case_ids: Sequence[str]) -> list[Case]:
    """These cases, in the order of their ids."""
    return [_case_of(row) for row in _BY_IDS.rows(conn, {"wanted": list(case_ids)})] if case_ids else []


def seen_case(conn: Connection, case_id: str) -> Case | None:
    """``load_case``, but read once in a transaction: as it stood then, and as this transaction moved it."""
    rows, place = held(conn), (_case.name, case_id)
    if place not in rows:
        rows[place] = load_case(conn, case_id)
    found: Case | None = rows[place]
    return found


def lock_case(conn: Connection, case_id: str) -> Case | None:
    """One case, held until the end of the transaction."""
    row = _LOCKED.first(conn, {"wanted": case_id})
    return None if row is None else _case_of(row)


def load_stated_reason(conn: Connection, vault: Vault, case_id: str) -> str | None:
    """The words that a person gave as the reason, where there are any."""
    blob = conn.execute(select(_case.c.sealed).where(_case.c.id == case_id)).scalar()
    if blob is None:
        return None
    reason: str = vault.open(_case.name, case_id, blob)["reason"]
    return reason


def list_cases(conn: Connection, *, statuses: Sequence[str] | None = None) -> list[Case]:
    """Cases in the order they were opened, all or those in the given statuses."""
    query = _cases().order_by(_case.c.opened_at, _case.c.id)
    if statuses is not None:
        query = query.where(_case.c.status.in_([str(status) for status in statuses]))
    return [_case_of(row) for row in conn.execute(query)]


def cases_of_customer(conn: Connection, customer_id: str, *, open_only: bool = False) -> list[Case]:
    """The cases of one customer, oldest first."""
    query = _cases().where(_case.c.customer_id == customer_id).order_by(_case.c.opened_at, _case.c.id)
    if open_only:
        query = query.where(_case.c.status.not_in(CLOSED_STATUSES))
    return [_case_of(row) for row in conn.execute(query)]


def cases_without_letter(conn: Connection) -> list[Case]:
    """Cases that wait for their letter: selected or announced, in no campaign, and without a code that could be used.

    A campaign decides itself who gets one (``campaign_steps.cases_for_letters``).
    """
    chosen = select(_member.c.case_id).where(_member.c.case_id == _case.c.id, _member.c.left_at.is_(None))
    usable = select(_link_code.c.id).where(_link_code.c.case_id == _case.c.id, _link_code.c.state == "active")
    waiting = (CaseStatus.SELECTED.value, CaseStatus.ANNOUNCED.value)
    query = _cases().where(_case.c.status.in_(waiting), ~usable.exists(), ~chosen.exists())
    query = query.order_by(_case.c.opened_at, _case.c.id)
    return [_case_of(row) for row in conn.execute(query)]


def can_move(case: Case, to: CaseStatus) -> bool:
    """Whether ``move_case`` would accept the move."""
    return to == case.status or to in ALLOWED[case.status] or _goes_back(case, to)


def _goes_back(case: Case, to: CaseStatus) -> bool:
    return case.status is CaseStatus.WITH_STAFF and to == case.returns_to


def move_case(
    conn: Connection,
    uni: Universe,
    case_id: str,
    to: CaseStatus,
    *,
    actor: str,
    reason: str,
    source: str | None = None,
    note: str = "",
    vault: Vault | None = None,
) -> None:
    """Move a case; the same status is a no-op, a move off the table raises ``IllegalTransition``.

    A ``note`` is what a person wrote about it; it is sealed, which needs ``vault``.
    """
    if not _REASON.fullmatch(reason):
        raise ValueError("the reason of a transition is a code, not a sentence")
    case = lock_case(conn, case_id)
    if case is None:
        raise IllegalTransition("There is no such case.")
    if case.status == to:
        return
    if not can_move(case, to):
        raise IllegalTransition(f"A case cannot go from status {case.status.value} to {CaseStatus(to).value}.")
    values: dict[str, Any] = {"status": CaseStatus(to).value, "returns_to": None}
    if to == CaseStatus.WITH_STAFF:
        values["returns_to"] = case.status.value
    _MOVE.run(conn, {"wanted": case_id, **values})
    held(conn).pop((_case.name, case_id), None)
    if (case.status in ANSWERABLE) is not (to in ANSWERABLE):
        touch_menus_of_case(conn, case_id)
    _append_transition(conn, uni, case_id, case.status, to, actor, reason, source, note, vault)


def _append_transition(
    conn: Connection,
    uni: Universe,
    case_id: str,
    from_status: CaseStatus | None,
    to: CaseStatus,
    actor: str,
    reason: str,
    source: str | None,
    note: str = "",
    vault: Vault | None = None,
) -> None:
    transition_id = uni.new_id()
    if note and vault is None:
        raise ValueError("a note must be sealed: pass the vault")
    sealed = vault.seal(_transition.name, transition_id, {"note": note}) if note and vault is not None else None
    values = {
        "id": transition_id,
        "case_id": case_id,
        "from_status": None if from_status is None else from_status.value,
        "to_status": CaseStatus(to).value,
        "at": uni.now(),
        "actor": actor,
        "reason": reason,
        "source": source,
        "sealed": sealed,
    }
    _APPEND.run(conn, values)


def transitions_of(conn: Connection, case_id: str, vault: Vault | None = None) -> list[Transition]:
    """How a case came to its status, oldest first; with ``vault`` also what was written about it."""
    query = select(_transition).where(_transition.c.case_id == case_id).order_by(_transition.c.at, _transition.c.id)
    return [
        Transition(
            case_id=row.case_id,
            from_status=None if row.from_status is None else CaseStatus(row.from_status),
            to_status=CaseStatus(row.to_status),
            at=row.at,
            actor=row.actor,
            reason=row.reason,
            source=row.source,
            note=_note(vault, row),
        )
        for row in conn.execute(query)
    ]


def _note(vault: Vault | None, row: Any) -> str:
    if vault is None or row.sealed is None:
        return ""
    note: str = vault.open(_transition.name, row.id, row.sealed)["note"]
    return note


def set_next_due(conn: Connection, case_id: str, next_due_on: date) -> None:
    """Note when the next review of the customer is due."""
    _NEXT_DUE.run(conn, {"wanted": case_id, "next_due_on": next_due_on})
    held(conn).pop((_case.name, case_id), None)


def _required(conn: Connection, case_id: str) -> Case:
    return _case_of(_BY_ID.first(conn, {"wanted": case_id}))


def _case_of(row: Any) -> Case:
    return Case(
        id=row.id,
        customer_id=row.customer_id,
        customer_no=row.customer_no,
        kind=row.kind,
        cause=row.cause,
        reason=row.reason,
        status=CaseStatus(row.status),
        check_number=row.check_number,
        opened_at=row.opened_at,
        due_on=row.due_on,
        questionnaire_id=row.questionnaire_id,
        next_due_on=row.next_due_on,
        returns_to=None if row.returns_to is None else CaseStatus(row.returns_to),
    )
