"""Which rules of the bank call for another risk rating, given answers, verdicts and how the case stands.

Pure but for ``reassess``, which looks at the cases whose customers were not reached.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from storage.cases import CaseStatus, list_cases, transitions_of
from storage.customers import load_customer
from storage.database import Database
from storage.ratings import load_proposals, propose
from storage.reconciliation.review_rules import RatingRule, ReviewRules

#: The reason of the move by which a letter came back (``bot.moving``).
RETURNED_MAIL = "returned_mail"
#: Cases per transaction.
_BATCH = 20
#: Where a case is whose customer did not answer, or was not reached.
_UNREACHED = (CaseStatus.UNDELIVERABLE, CaseStatus.PHONE_AND_VISITS, CaseStatus.RESTRICTION_CONSIDERED)


@dataclass(frozen=True)
class _Facts:
    """What a condition reads; an answer of a repeat is all its instances, with a blank between."""

    values: Mapping[str, Sequence[str]]
    at: datetime

    def value(self, name: str) -> str:
        return " ".join(self.values.get(name, ()))

    def own(self) -> str:
        return ""

    def today(self) -> date:
        return self.at.date()

    def now(self) -> datetime:
        return self.at

    def label(self, question: str, choice: str) -> str:
        return ""

    def column(self, name: str) -> str:
        return ""

    def series(self, name: str) -> Sequence[str]:
        return self.values.get(name, ())

    def instance(self) -> int:
        return 0

    def of_instance(self, name: str, instance: int) -> str:
        return next(iter(self.values.get(name, ())[instance - 1 : instance]), "")


def facts_of(
    answers: Iterable[Mapping[str, Any]], master: Mapping[str, str], verdicts: Mapping[str, str]
) -> dict[str, list[str]]:
    """Answers by the name of their question, the columns of the master file, and the verdicts on them."""
    found: dict[str, list[str]] = {}
    for answer in answers:
        if answer["value"] and answer["state"] in ("answered", "unchanged"):
            found.setdefault(str(answer["name"]), []).append(str(answer["value"]))
    found |= {f"master_{column}": [value] for column, value in master.items() if value}
    return found | {f"verdict_{field}": [verdict] for field, verdict in verdicts.items()}


def fired(rules: Iterable[RatingRule], values: Mapping[str, Sequence[str]], at: datetime) -> dict[str, str]:
    """What the rules propose, by the rule's id; ``at`` is in the bank's time zone."""
    facts = _Facts(values, at)
    return {rule.id: rule.propose for rule in rules if rule.when.truth(facts)}


def reassess(database: Database, rules: ReviewRules, zone: ZoneInfo) -> int:
    """Propose ratings for customers who did not answer or whose letter came back; for how many cases it did."""
    of_cases = [rule for rule in rules.ratings if not rule.is_of_answers]
    found = database.run_read(lambda conn: _unreached(conn, database, of_cases, zone)) if of_cases else []
    for start in range(0, len(found), _BATCH):
        batch = found[start : start + _BATCH]

        def write(conn: Connection, batch: list[tuple[str, str, dict[str, str]]] = batch) -> None:
            for case_id, rating, proposals in batch:
                propose(conn, database.universe, case_id, rating, proposals, ())

        database.run_piece(write)
    return len(found)


def _unreached(
    conn: Connection, database: Database, rules: Sequence[RatingRule], zone: ZoneInfo
) -> list[tuple[str, str, dict[str, str]]]:
    """Case, rating and what is proposed for it, of the cases of which no such rule has spoken yet."""
    at = database.universe.now().astimezone(zone)
    found: list[tuple[str, str, dict[str, str]]] = []
    for case in list_cases(conn, statuses=_UNREACHED):
        known = {proposal.rule for proposal in load_proposals(conn, case.id)}
        waiting = [rule for rule in rules if rule.id not in known]
        customer = load_customer(conn, database.vault, case.customer_id) if waiting else None
        if customer is None:
            continue
        returned = any(move.reason == RETURNED_MAIL for move in transitions_of(conn, case.id))
        values = {"case_status": [case.status.value], "returned_mail": ["yes" if returned else "no"]}
        fits = fired(waiting, facts_of((), customer.fields, {}) | values, at)
        proposals = {rule: after for rule, after in fits.items() if after != customer.risk_rating}
        if proposals:
            found.append((case.id, customer.risk_rating, proposals))
    return found
