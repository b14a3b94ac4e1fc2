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
from bot.moving import CannotMove, Move, move
from bot.outreach.cadence import next_due, stored_cadence
from bot.problems import SettingsProblem
from bot.settings import Settings
from bot.talk import Rules, Talk
from dialogs.guard import find_secret
from storage.cases import Case, CaseStatus, load_case, set_next_due
from storage.customers import load_customer
from storage.database import Database
from storage.differences import Difference, load_differences
from storage.problems import KeyMissing, SealBroken
from storage.ratings import FIELD, Proposal, decide_proposal, fits, load_proposals, rating_after
from storage.reconciliation.reading import read_value
from storage.reconciliation.review_rules import FILE, ReviewRules, ReviewRulesProblem, load_rules
from storage.reconciliation.severity import (
    FILE as SEVERITY_FILE,
    SeverityTable,
    SeverityTableProblem,
    load_table,
    shipped_table,
)
from storage.reconciliation.verdict import SETTLED as SAME
from storage.reviews import (
    IN_REVIEW,
    SETTLED,
    DecidedMeanwhile,
    Decision,
    Deed,
    NotPossible,
    SamePerson,
    call_back,
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


def severity_table(settings: Settings) -> SeverityTable:
    """How serious differences are, and which a person sees; raises ``SettingsProblem``."""
    try:
        return load_table(settings.content_dir)
    except SeverityTableProblem as problem:
        raise SettingsProblem(f"{SEVERITY_FILE} below KAKUNIN_CONTENT_DIR cannot be used: {problem}.") from None


class StoreReviewDesk:
    """``ReviewDesk`` over the store."""

    def __init__(
        self,
        database: Database,
        live: LiveContent,
        rules: Rules,
        review: ReviewRules,
        on_queued: Callable[[], None] = lambda: None,
        *,
        table: SeverityTable | None = None,
    ) -> None:
        self._database = database
        self._live = live
        self._rules = rules
        self._review = review
        self._on_queued = on_queued
        self._person = frozenset(verdict.value for verdict in (table or shipped_table()).person)

    @property
    def person(self) -> frozenset[str]:
        return self._person

    def reason_of(self, rule: str, locale: str) -> str:
        return self._review.reason(rule, locale)

    def needs_two(self, field: str) -> bool:
        return self._review.needs_two(field)

    async def decide(
        self, case_id: str, staff: StaffMember, deed: Deed, seen: Mapping[str, str], *, whole: bool, note: str
    ) -> None:
        note = _checked(note)
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

    async def move(self, case_id: str, staff: StaffMember, what: Move, note: str) -> None:
        note = _checked(note)
        if not note:
            raise NotDone("no_note")
        vault, uni = self._database.vault, self._database.universe

        def run(conn: Connection) -> None:
            case = move(conn, vault, uni, case_id, what, actor_kind="staff", actor=staff.id, note=note)
            if what is Move.RESTRICTION_LIFTED:
                self._set_next_due(conn, case, load_differences(conn, vault, case_id=case_id), [])

        try:
            await self._database.transact(run)
        except CannotMove:
            raise NotDone("not_possible") from None

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
        rated = {one.id: one for one in load_proposals(conn, case_id)}
        if whole and not fits(deed):
            seen = {one: where for one, where in seen.items() if one not in rated}
        if not seen.keys() <= found.keys() | rated.keys():
            raise DecidedMeanwhile
        chosen = [found[one] for one in seen if one in found]
        ratings = [rated[one] for one in seen if one in rated]
        if ratings and not fits(deed):
            raise NotPossible(deed.value)
        if deed is Deed.ASK_AGAIN and chosen:
            talk = Talk(conn, vault, uni, self._live, self._rules, uni.new_id())
            ask_again(talk, case_id, [one.field for one in chosen], staff_id=staff.id)
        for one in chosen:
            two = self.needs_two(one.field)
            decide(conn, vault, uni, one, deed, seen=seen[one.id], staff_id=staff.id, note=note, two=two)
        for proposal in ratings:
            two, where = self.needs_two(f"{FIELD}.{proposal.rule}"), seen[proposal.id]
            decide_proposal(conn, vault, uni, proposal, deed, seen=where, staff_id=staff.id, note=note, two=two)
        case, ratings_after = load_case(conn, case_id), load_proposals(conn, case_id)
        after = to_review(load_differences(conn, vault, case_id=case_id), self._person)
        stands = [*map(standing, after), *map(standing, ratings_after)]
        if not seen and not self._closes(deed, whole, case, stands):
            raise NotPossible(deed.value)
        to = status_after(stands)
        if deed is Deed.SEND_BACK and Decision.ASKED_AGAIN in seen.values() and to is not CaseStatus.ANSWERING:
            call_back(conn, uni, case_id, actor=staff.id)
        moved = settle(conn, vault, uni, case_id, to, actor=staff.id, reason=deed.value, note=note if whole else "")
        if moved and to is CaseStatus.DONE and case is not None:
            self._set_next_due(conn, case, after, ratings_after)

    @staticmethod
    def _closes(deed: Deed, whole: bool, case: Case | None, stands: list[Decision]) -> bool:
        """Whether somebody says of a case with nothing (more) to decide that it is done."""
        nothing_left = whole and deed is Deed.APPROVE and SETTLED.issuperset(stands)
        return nothing_left and case is not None and case.status in IN_REVIEW

    def _set_next_due(
        self, conn: Connection, case: Case, differences: list[Difference], proposals: list[Proposal]
    ) -> None:
        customer = load_customer(conn, self._database.vault, case.customer_id)
        if customer is None:
            return
        today = self._database.universe.now().astimezone(self._rules.zone).date()
        held = customer.fields.get("residence_expiry", "")
        expiry = next((one.answer for one in differences if one.field == "residence_expiry" and _holds(one)), held)
        rating = rating_after(customer.risk_rating, proposals)
        due = next_due(rating, today, _day(expiry), stored_cadence(conn))
        set_next_due(conn, case.id, due.on)


def _checked(note: str) -> str:
    """The note, where it may be kept; raises ``NotDone``."""
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise NotDone("long_note")
    if find_secret(note, expected=None) is not None:
        raise NotDone("secret")
    return note


def _holds(difference: Difference) -> bool:
    """Whether the answer is what the bank holds from here on."""
    return standing(difference) is Decision.APPROVED or difference.verdict in {verdict.value for verdict in SAME}


def _day(text: str) -> date | None:
    read = read_value("date", text) if text else None
    return date.fromisoformat(read) if read else None
