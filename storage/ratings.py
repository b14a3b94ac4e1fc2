"""Proposed changes of a customer's risk rating: made by rules, decided by people.

Promise: a proposal changes nothing by itself, the bank's own record least of all, and no customer ever hears of it.
It is decided like a difference: over what was seen, by two people where the bank wants two, with a history that only
grows.  A rule proposes once a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, literal, select, update

from storage import audit
from storage.counters import insert_of
from storage.direct import Direct
from storage.encryption import Vault
from storage.reviews import Decided, Decision, Deed, Register, read_decisions, standing, write_decision
from storage.tables import RatingDecisionRow, RatingProposalRow, table_of
from storage.universe import Universe

_proposal, _decision = table_of(RatingProposalRow), table_of(RatingDecisionRow)
_REGISTER = Register(
    items=_proposal,
    holds=_proposal.c.withdrawn_at.is_(None),
    history=_decision,
    item_id=_decision.c.proposal_id,
)

_OF_CASE = Direct(select(_proposal).where(_proposal.c.case_id == bindparam("case")).order_by(_proposal.c.id))


def _again(dialect: str) -> Any:
    key = (_proposal.c.case_id, _proposal.c.rule)
    return insert_of(dialect, _proposal).on_conflict_do_update(index_elements=key, set_={"withdrawn_at": None})


_AGAIN = Direct(_again)

#: From the mildest to the strictest.
RATINGS = ("low", "medium", "high")
#: Before the rule's name, where a proposal stands beside differences.
FIELD = "rating"
#: What has no meaning for a rating.
_OF_ANSWERS = frozenset({Deed.ASK_AGAIN, Deed.AWAIT_DOCUMENTS})


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What a rule proposes for the customer of a case."""

    id: str
    case_id: str
    rule: str
    before: str
    after: str
    created_at: datetime
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None


def fits(deed: Deed) -> bool:
    """Whether a deed has a meaning for a rating."""
    return deed not in _OF_ANSWERS


def propose(
    conn: Connection, uni: Universe, case_id: str, rating: str, fired: Mapping[str, str], judged: Iterable[str]
) -> None:
    """Keep what the rules propose (rule -> rating); of ``judged`` rules that no longer say so it is withdrawn.

    What somebody has decided stays as it was decided.
    """
    gone = {one.rule for one in load_proposals(conn, case_id)} & set(judged) - fired.keys()
    if gone:
        undecided = (_proposal.c.case_id == case_id) & _proposal.c.decision.is_(None)
        withdrawn = update(_proposal).where(undecided, _proposal.c.rule.in_(gone), _proposal.c.withdrawn_at.is_(None))
        conn.execute(withdrawn.values(withdrawn_at=uni.now()))
    for rule, after in fired.items():
        if after == rating:
            continue
        values = {"id": uni.new_id(), "case_id": case_id, "rule": rule, "before": rating, "after": after}
        _AGAIN.run(conn, values | {"created_at": uni.now()})


def load_proposals(conn: Connection, case_id: str) -> list[Proposal]:
    """What is proposed for the customer of a case."""
    rows = _OF_CASE.rows(conn, {"case": case_id})
    names = Proposal.__dataclass_fields__
    return [Proposal(**{name: getattr(row, name) for name in names}) for row in rows if row.withdrawn_at is None]


def all_proposals(conn: Connection) -> list[Proposal]:
    """Everything that was proposed and holds, in the order in which it was proposed."""
    query = select(_proposal).where(_proposal.c.withdrawn_at.is_(None)).order_by(_proposal.c.id)
    names = Proposal.__dataclass_fields__
    return [Proposal(**{name: row[name] for name in names}) for row in conn.execute(query).mappings()]


def decide_proposal(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    proposal: Proposal,
    deed: Deed,
    *,
    seen: str,
    staff_id: str,
    note: str = "",
    two: bool = False,
) -> Decision:
    """As ``reviews.decide``."""
    to = write_decision(conn, vault, uni, _REGISTER, proposal, deed, seen=seen, staff_id=staff_id, note=note, two=two)
    audit.record(
        conn,
        uni,
        "review.rating_decided",
        actor_kind="staff",
        actor_id=staff_id,
        subjects={"case": proposal.case_id, "proposal": proposal.id},
        detail={"rule": proposal.rule, "deed": deed.value, "from": seen, "to": to.value},
    )
    return to


def rating_after(rating: str, proposals: Iterable[Proposal]) -> str:
    """The rating by which the next review is due: the strictest that was agreed on, else the bank's own."""
    agreed = [one.after for one in proposals if standing(one) is Decision.APPROVED and one.after in RATINGS]
    return max(agreed, key=RATINGS.index) if agreed else rating


def rating_history(conn: Connection, vault: Vault, case_id: str) -> list[Decided]:
    """Every decision on the proposals of a case, oldest first."""
    return read_decisions(conn, vault, _REGISTER, case_id, literal(f"{FIELD}.") + _proposal.c.rule)
