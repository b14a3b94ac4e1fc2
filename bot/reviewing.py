"""Deciding on a case: ``bot.console.review_desk.ReviewDesk`` over the store.

Promise: a deed is one transaction.  It counts only over what the reviewer saw, moves the case to where its
differences then put it, and sets the next review once nothing is left to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from sqlalchemy import Connection

from bot.asking_again import CannotAsk, ask_again
from bot.console.review_desk import NotDone
from bot.live_content import LiveContent
from bot.outreach.cadence import next_due
from bot.problems import SettingsProblem
from bot.settings import Settings
from bot.talk import Rules, Talk
from dialogs.guard import find_secret
from storage.cases import Case, CaseStatus, load_case, set_next_due
from storage.customers import load_customer
from storage.database import Database
from storage.differences import Difference, load_differences
from storage.problems import KeyMissing, SealBroken
from storage.reconciliation.reading import read_value
from storage.reconciliation.review_rules import FILE, ReviewRules, ReviewRulesProblem, load_rules
from storage.reconciliation.severity import shipped_table
from storage.reconciliation.verdict import SETTLED as SAME
from storage.reviews import (
    IN_REVIEW,
    DecidedMeanwhile,
    Decision,
    Deed,
    NotPossible,
    SamePerson,
    decide,
    settle,
    standing,
    status_after,
    to_review,
)
from storage.staff import StaffMember

LONGEST_NOTE = 500


def review_rules(settings: Settings) -> ReviewRules:
    """The rules of the bank; raises ``SettingsProblem``."""
    try:
        return load_rules(settings.content_dir)
    except ReviewRulesProblem as problem:
        raise SettingsProblem(f"{FILE} below KAKUNIN_CONTENT_DIR cannot be used: {problem}.") from None


class StoreReviewDesk:
    """``ReviewDesk`` over the store."""

    def __init__(
        self,
        database: Database,
        live: LiveContent,
        rules: Rules,
        review: ReviewRules,
        on_queued: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._live = live
        self._rules = rules
        self._review = review
        self._on_queued = on_queued
        self._person = frozenset(verdict.value for verdict in shipped_table().person)

    @property
    def person(self) -> frozenset[str]:
        return self._person

    def needs_two(self, field: str) -> bool:
        return self._review.needs_two(field)

    async def decide(
        self, case_id: str, staff: StaffMember, deed: Deed, seen: Mapping[str, str], *, whole: bool, note: str
    ) -> None:
        note = note.strip()
        if len(note) > LONGEST_NOTE:
            raise NotDone("long_note")
        if find_secret(note, expected=None) is not None:
            raise NotDone("secret")
        try:
            await self._database.transact(lambda conn: self._decide(conn, case_id, staff, deed, seen, whole, note))
        except DecidedMeanwhile:
            raise NotDone("meanwhile") from None
        except SamePerson:
            raise NotDone("same_person") from None
        except NotPossible:
            raise NotDone("not_possible") from None
        except CannotAsk as problem:
            raise NotDone(problem.code) from None
        except (SealBroken, KeyMissing) as problem:
            raise NotDone("damaged") from problem
        self._on_queued()

    def _decide(
        self,
        conn: Connection,
        case_id: str,
        staff: StaffMember,
        deed: Deed,
        seen: Mapping[str, str],
        whole: bool,
        note: str,
    ) -> None:
        vault, uni = self._database.vault, self._database.universe
        found = {one.id: one for one in load_differences(conn, vault, case_id=case_id)}
        if not seen.keys() <= found.keys():
            raise DecidedMeanwhile
        chosen = [found[difference_id] for difference_id in seen]
        if deed is Deed.ASK_AGAIN and chosen:
            talk = Talk(conn, vault, uni, self._live, self._rules, uni.new_id())
            ask_again(talk, case_id, [one.field for one in chosen], staff_id=staff.id)
        for one in chosen:
            two = self.needs_two(one.field)
            decide(conn, vault, uni, one, deed, seen=seen[one.id], staff_id=staff.id, note=note, two=two)
        case = load_case(conn, case_id)
        after = to_review(load_differences(conn, vault, case_id=case_id), self._person)
        if not chosen and not (whole and deed is Deed.APPROVE and case is not None and case.status in IN_REVIEW):
            raise NotPossible(deed.value)
        if not chosen and any(standing(one) is not Decision.APPROVED for one in after):
            raise NotPossible(deed.value)
        to = status_after(standing(one) for one in after)
        moved = settle(conn, vault, uni, case_id, to, actor=staff.id, reason=deed.value, note=note if whole else "")
        if moved and to is CaseStatus.DONE and case is not None:
            self._set_next_due(conn, case, after)

    def _set_next_due(self, conn: Connection, case: Case, differences: list[Difference]) -> None:
        customer = load_customer(conn, self._database.vault, case.customer_id)
        if customer is None:
            return
        today = self._database.universe.now().astimezone(self._rules.zone).date()
        held = customer.fields.get("residence_expiry", "")
        expiry = next((one.answer for one in differences if one.field == "residence_expiry" and _holds(one)), held)
        due = next_due(customer.risk_rating, today, _day(expiry))
        set_next_due(conn, case.id, due.on)


def _holds(difference: Difference) -> bool:
    """Whether the answer is what the bank holds from here on."""
    return standing(difference) is Decision.APPROVED or difference.verdict in {verdict.value for verdict in SAME}


def _day(text: str) -> date | None:
    read = read_value("date", text) if text else None
    return date.fromisoformat(read) if read else None
