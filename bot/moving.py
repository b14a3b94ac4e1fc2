"""What people of the bank do to a case as a whole: letters that came back, restrictions, deaths, refusals, duplicates.

Promise: each is a move along the status machine with its actor, its reason as a code and the words of the person
sealed; where the machine has no such way, or a role may not go it, nothing happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from sqlalchemy import Connection

from storage import audit
from storage.case_status import CaseStatus
from storage.cases import Case, can_move, lock_case, move_case
from storage.encryption import Vault
from storage.flags import FlagKind, lift_flag, place_flag
from storage.universe import Universe


class Move(StrEnum):
    """Why a person moves a case; the code is the reason of the transition."""

    RETURNED_MAIL = "returned_mail"
    FOLLOW_UP = "follow_up"
    REFUSED = "refused"
    RESTRICTION_CONSIDERED = "restriction_considered"
    RESTRICTED = "restricted"
    RESTRICTION_LIFTED = "restriction_lifted"
    EXEMPT = "exempt"
    DUE_AGAIN = "due_again"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


TARGETS: Mapping[Move, CaseStatus] = MappingProxyType(
    {
        Move.RETURNED_MAIL: CaseStatus.UNDELIVERABLE,
        Move.FOLLOW_UP: CaseStatus.PHONE_AND_VISITS,
        Move.REFUSED: CaseStatus.REFUSED,
        Move.RESTRICTION_CONSIDERED: CaseStatus.RESTRICTION_CONSIDERED,
        Move.RESTRICTED: CaseStatus.RESTRICTED,
        Move.RESTRICTION_LIFTED: CaseStatus.DONE,
        Move.EXEMPT: CaseStatus.EXEMPT,
        Move.DUE_AGAIN: CaseStatus.SELECTED,
        Move.STOPPED: CaseStatus.STOPPED,
        Move.CANCELLED: CaseStatus.CANCELLED,
    }
)
#: What takes a superior: a restriction, and every end of a case without an answer.
OF_SUPERIORS = frozenset(
    {Move.RESTRICTED, Move.RESTRICTION_LIFTED, Move.EXEMPT, Move.DUE_AGAIN, Move.STOPPED, Move.CANCELLED}
)


class CannotMove(Exception):
    """The status machine has no such way from where the case is."""


def moves_of(case: Case) -> tuple[Move, ...]:
    """What can be done to a case where it stands."""
    return tuple(move for move in Move if _fits(case, move))


def _fits(case: Case, move: Move) -> bool:
    # Done is what a review makes of a case; by this way only a restriction ends in it.
    if move is Move.RESTRICTION_LIFTED:
        return case.status is CaseStatus.RESTRICTED
    if move is Move.DUE_AGAIN:
        return case.status is CaseStatus.EXEMPT
    return TARGETS[move] is not case.status and can_move(case, TARGETS[move])


def move(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    case_id: str,
    what: Move,
    *,
    actor_kind: audit.ActorKind,
    actor: str,
    note: str,
) -> Case:
    """Move a case; raises ``CannotMove``.  Returns it as it was."""
    case = lock_case(conn, case_id)
    if case is None or not _fits(case, what):
        raise CannotMove
    who = actor if actor_kind == "staff" else f"{actor_kind}:{actor}"
    move_case(conn, uni, case_id, TARGETS[what], actor=who, reason=what.value, source="person", note=note, vault=vault)
    _flag(conn, vault, uni, case.customer_id, what, note=note, who=who)
    audit.record(
        conn,
        uni,
        "case.moved",
        actor_kind=actor_kind,
        actor_id=actor,
        subjects={"case": case_id},
        detail={"why": what.value, "from": case.status.value, "to": TARGETS[what].value},
    )
    return case


def _flag(conn: Connection, vault: Vault, uni: Universe, customer_id: str, what: Move, *, note: str, who: str) -> None:
    """What a person says of the case holds for the customer: else the next search would open the same case again."""
    if what is Move.DUE_AGAIN:
        lift_flag(conn, vault, uni, customer_id, FlagKind.SDD, reason=note, by=who)
    elif what in (Move.STOPPED, Move.EXEMPT):
        kind = FlagKind.STOPPED if what is Move.STOPPED else FlagKind.SDD
        place_flag(conn, vault, uni, customer_id, kind, reason=note, by=who)
