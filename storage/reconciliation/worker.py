"""The worker that compares new submissions with the master record and moves their cases on.

Promise: a submission is compared once, whatever stops in between (verdicts, the mark "reconciled" and the
move of the case are one transaction), and comparing again writes the same rows.  Several workers may run
on PostgreSQL: each takes submissions that no other one holds.

    60 answered -> 65 reconciling -> 66 no difference for a person -> 75 done, next review set
                                  \\-> 70 to be checked -> 40 the customer is asked once more what looks like a slip
                                                           \\-> 60 again, or after some days 70 for a person
    70, 71, 72 --a newer record of the customer or newer comparators--> compared again
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from dialogs.definition.model import Questionnaire
from dialogs.definition.yaml_format import read_canonical
from storage import audit
from storage.cases import CaseStatus, can_move, load_case, move_case, set_next_due, transitions_of
from storage.conversations import lock_conversation
from storage.customers import Customer, load_customer
from storage.database import Database
from storage.encryption import Vault
from storage.outlets.hooks import tell
from storage.problems import KeyMissing, SealBroken
from storage.publishing import load_published
from storage.ratings import Proposal, load_proposals, propose, rating_after
from storage.reconciliation.claims import (
    claim_asked_in_vain,
    claim_outdated,
    count_waiting,
    current_master,
    has_asked_in_vain,
    has_earlier,
    has_outdated,
    note_asked,
    note_comparison,
)
from storage.reconciliation.comparators import compare
from storage.reconciliation.finding import Finding
from storage.reconciliation.findings import find
from storage.reconciliation.rating import facts_of, fired, reassess
from storage.reconciliation.reading import read_value
from storage.reconciliation.review_rules import ReviewRules, load_rules
from storage.reconciliation.severity import SeverityTable, shipped_table
from storage.reconciliation.verdict import SETTLED, VerdictCode
from storage.reviews import SETTLED as SETTLED_BY_PERSON, Decision, carry_over, settle, standing, status_after
from storage.submissions import (
    Submission,
    case_of_submission,
    claim_unreconciled,
    has_unreconciled,
    load_submission,
    mark_reconciled,
    save_differences,
)
from storage.universe import Universe
from storage.unreadable import is_damage, record_unreadable

#: Submissions per transaction: on SQLite the service waits for the writer meanwhile.
BATCH = 50
_ACTOR = "system:reconcile"
_SAVEPOINT = "before_submission"
#: Reason of the move by which a case goes back to its customer.
ASKED_AGAIN = "asked_again"

#: Rating, day of confirmation and residence expiry -> day of the next review.
NextDue = Callable[[str, date, date | None], date]
#: Takes some submissions until the end of the transaction.
Claim = Callable[[Connection, int], list[str]]


#: Ask the customer of a submission once more about these fields, in the same transaction; false where he cannot be.
Ask = Callable[[Connection, Submission, tuple[str, ...]], bool]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Reconciled:
    """What one pass did."""

    submissions: int = 0
    #: Without a difference that needs a person.
    matched: int = 0
    to_check: int = 0
    #: The customer is asked once more before a person looks.
    asked: int = 0

    def __add__(self, other: Reconciled) -> Reconciled:
        return Reconciled(
            submissions=self.submissions + other.submissions,
            matched=self.matched + other.matched,
            to_check=self.to_check + other.to_check,
            asked=self.asked + other.asked,
        )


class Outcome(Enum):
    """What came of one submission; named as it is counted."""

    MATCHED = "matched"
    TO_CHECK = "to_check"
    ASKED = "asked"


@dataclass(frozen=True, kw_only=True)
class _Compared:
    """A submission with what the comparison found."""

    submission: Submission
    #: Whether it was compared for the first time.
    first: bool
    #: None where the bank has no record of the customer.
    customer: Customer | None
    findings: tuple[Finding, ...]
    proposals: tuple[Proposal, ...]
    #: Where what needs a person stands.
    stands: tuple[Decision, ...]
    on: date

    def expiry(self) -> date | None:
        """Until when the customer may stay, as far as it is known for certain."""
        assert self.customer is not None
        answered = [
            finding.answer
            for finding in self.findings
            if finding.field == "residence_expiry" and finding.verdict.verdict in SETTLED
        ]
        text = (answered or [self.customer.fields.get("residence_expiry", "")])[0]
        read = read_value("date", text) if text else None
        return date.fromisoformat(read) if read else None


class Reconciler:
    """Holds what every submission needs: the severities, the calendar and the questionnaires read so far."""

    def __init__(
        self,
        *,
        next_due: NextDue,
        zone: ZoneInfo,
        table: SeverityTable | None = None,
        review: ReviewRules | None = None,
        ask: Ask | None = None,
        ask_for: timedelta = timedelta(days=3),
        refresh: Callable[[Connection], NextDue] | None = None,
    ) -> None:
        self._next_due = next_due
        #: Where the cadence may be decided anew while the worker runs: what counts by the store.
        self._refresh = refresh
        self._zone = zone
        self._review = review or load_rules()
        self._table = table or shipped_table()
        self._ask = ask
        self._ask_for = ask_for
        self._questionnaires: dict[str, Questionnaire] = {}
        #: The master file with which nothing was left to compare again.
        self._settled_with: int | None = None

    def is_due(self, conn: Connection, now: datetime) -> bool:
        """A look without a write: whether there is anything to do."""
        return has_unreconciled(conn) or has_asked_in_vain(conn, now) or self._is_outdated(conn)

    def _is_outdated(self, conn: Connection) -> bool:
        # Only a newer master file can make anything outdated, so that is looked for once for each.
        seq = current_master(conn)
        if self._settled_with == seq:
            return False
        if has_outdated(conn):
            return True
        self._settled_with = seq
        return False

    def run(self, database: Database, *, limit: int | None = None, progress: Progress | None = None) -> Reconciled:
        """Reconcile what waits, in small transactions; up to ``limit`` submissions."""
        # The tables of character variants take a moment to load: not inside a transaction.
        compare("name", "髙", "高")
        uni, vault = database.universe, database.vault
        waiting = 0 if progress is None else database.run_read(count_waiting)
        total = Reconciled()
        for claim in (claim_unreconciled, claim_outdated):
            while limit is None or total.submissions < limit:
                size = BATCH if limit is None else min(BATCH, limit - total.submissions)

                def once(conn: Connection, claim: Claim = claim, size: int = size) -> Reconciled:
                    return self.reconcile_once(conn, vault, uni, claim=claim, limit=size)

                done = database.run_piece(once)
                if not done.submissions:
                    break
                total += done
                if progress is not None:
                    progress(total.submissions, max(waiting, total.submissions))
        while database.run_piece(lambda conn: self._give_up(conn, uni)):
            pass
        reassess(database, self._review, self._zone)
        return total

    def reconcile_once(
        self, conn: Connection, vault: Vault, uni: Universe, *, claim: Claim = claim_unreconciled, limit: int = BATCH
    ) -> Reconciled:
        """One transaction's worth: claim, compare, keep the verdicts, move the cases."""
        if self._refresh is not None:
            self._next_due = self._refresh(conn)
        done = Reconciled()
        for submission_id in claim(conn, limit):
            outcome = self._reconcile_or_leave(conn, vault, uni, submission_id)
            done += Reconciled(submissions=1, **{outcome.value: 1})
        return done

    def _give_up(self, conn: Connection, uni: Universe) -> bool:
        """Who does not answer the second time is for a person; false when nobody is left."""
        found = claim_asked_in_vain(conn, uni.now(), BATCH)
        for submission_id, case_id in found:
            note_asked(conn, submission_id, None)
            case = load_case(conn, case_id)
            if case is None or case.status not in (CaseStatus.ANSWERING, CaseStatus.PAUSED):
                continue
            for status in (CaseStatus.ANSWERING, CaseStatus.ANSWERED, CaseStatus.RECONCILING, CaseStatus.TO_CHECK):
                move_case(conn, uni, case_id, status, actor=_ACTOR, reason="asked_in_vain", source=submission_id)
        return bool(found)

    def _reconcile_or_leave(self, conn: Connection, vault: Vault, uni: Universe, submission_id: str) -> Outcome:
        """What came of it; at what does not open a person has to look, and the others go on."""
        conn.exec_driver_sql(f"SAVEPOINT {_SAVEPOINT}")
        try:
            submission = load_submission(conn, vault, submission_id)
            assert submission is not None
            outcome = self._reconcile(conn, vault, uni, submission)
        except (SealBroken, KeyMissing) as problem:
            conn.exec_driver_sql(f"ROLLBACK TO {_SAVEPOINT}")
            if not is_damage(problem, conn):
                raise
            record_unreadable(conn, uni, problem)
            mark_reconciled(conn, uni, submission_id)
            note_comparison(conn, submission_id, current_master(conn))
            self._to_check(conn, uni, case_of_submission(conn, submission_id), "unreadable", submission_id)
            outcome = Outcome.TO_CHECK
        conn.exec_driver_sql(f"RELEASE {_SAVEPOINT}")
        return outcome

    @staticmethod
    def _to_check(conn: Connection, uni: Universe, case_id: str, reason: str, source: str) -> None:
        for status in (CaseStatus.RECONCILING, CaseStatus.TO_CHECK):
            case = load_case(conn, case_id)
            if case is not None and can_move(case, status):
                move_case(conn, uni, case_id, status, actor=_ACTOR, reason=reason, source=source)

    def _reconcile(self, conn: Connection, vault: Vault, uni: Universe, submission: Submission) -> Outcome:
        customer = load_customer(conn, vault, submission.customer_id)
        questionnaire = self._questionnaire(conn, submission.questionnaire_sha256)
        on = submission.submitted_at.astimezone(self._zone).date()
        findings = find(questionnaire, submission.answers, None if customer is None else customer.fields, on)
        rows = [finding.as_row(self._severity(finding)) for finding in findings]
        slips = tuple(one.field for one in findings if one.verdict.verdict is VerdictCode.SUSPECTED_SLIP)
        if slips and self._ask is not None and submission.conversation_id is not None:
            # Before the case, as in a turn of its own.
            lock_conversation(conn, vault, submission.conversation_id)
        first = submission.completed_seq is None
        save_differences(conn, vault, uni, submission, rows)
        note_comparison(conn, submission.id, current_master(conn) if customer is None else customer.master_seq)
        # A customer who was asked again answers for the second time: what was decided on the rest stays so.
        decided: dict[str, Decision] = {}
        if not first or has_earlier(conn, submission.case_id, submission.id):
            decided = carry_over(conn, vault, uni, submission.case_id, submission.id)
        for_person = [one.field for one in findings if self._table.needs_person(one.verdict.verdict)]
        # What the rules propose for the rating waits for a person like a difference.
        proposals = self._propose(conn, uni, submission, customer, findings)
        stands = (*(decided.get(field, Decision.OPEN) for field in for_person), *map(standing, proposals))
        compared = _Compared(
            submission=submission,
            first=first,
            customer=customer,
            findings=findings,
            proposals=proposals,
            stands=stands,
            on=on,
        )
        (self._move if first else self._move_again)(conn, vault, uni, compared)
        asked = first and self._asks(conn, uni, submission, slips)
        counts = Counter(finding.verdict.verdict.value for finding in findings)
        audit.record(
            conn,
            uni,
            "submission.reconciled",
            actor_kind="system",
            actor_id="reconcile",
            subjects={"submission": submission.id, "case": submission.case_id},
            detail={verdict: str(count) for verdict, count in sorted(counts.items())},
        )
        if first and stands:
            told = {"submission_id": submission.id}
            tell(conn, uni, "difference", case_id=submission.case_id, facts=told, counts=dict(sorted(counts.items())))
        if asked:
            return Outcome.ASKED
        needs_person = any(decision not in SETTLED_BY_PERSON for decision in stands)
        return Outcome.TO_CHECK if needs_person else Outcome.MATCHED

    def _severity(self, finding: Finding) -> str:
        return self._table.severity(finding.field, finding.verdict.verdict, finding.master, finding.answer)

    def _asks(self, conn: Connection, uni: Universe, submission: Submission, slips: tuple[str, ...]) -> bool:
        """Whether the customer is asked once more about what looks like a slip: once in a case, and then no more."""
        case = load_case(conn, submission.case_id) if slips and self._ask is not None else None
        if case is None or self._ask is None or case.status is not CaseStatus.TO_CHECK:
            return False
        if submission.conversation_id is None:
            # Entered from paper or the telephone: the slip may be the clerk's, and a person looks.
            return False
        if any(one.reason == ASKED_AGAIN for one in transitions_of(conn, case.id)):
            return False
        if not self._ask(conn, submission, slips):
            return False
        note_asked(conn, submission.id, uni.now() + self._ask_for)
        return True

    def _move_again(self, conn: Connection, vault: Vault, uni: Universe, compared: _Compared) -> None:
        """Compared with a newer record: what nobody needs to look at any more is done."""
        case_id, to = compared.submission.case_id, status_after(compared.stands)
        moved = settle(conn, vault, uni, case_id, to, actor=_ACTOR, reason="compared_again")
        if moved and to is CaseStatus.DONE:
            self._set_next_due(conn, compared)

    def _propose(
        self,
        conn: Connection,
        uni: Universe,
        submission: Submission,
        customer: Customer | None,
        findings: tuple[Finding, ...],
    ) -> tuple[Proposal, ...]:
        """What is proposed for the customer's rating."""
        if customer is None:
            return ()
        rules = [rule for rule in self._review.ratings if rule.is_of_answers]
        verdicts = {one.field: one.verdict.verdict.value for one in findings}
        values = facts_of(submission.answers, customer.fields, verdicts)
        found = fired(rules, values, submission.submitted_at.astimezone(self._zone))
        propose(conn, uni, submission.case_id, customer.risk_rating, found, [rule.id for rule in rules])
        return tuple(load_proposals(conn, submission.case_id))

    def _move(self, conn: Connection, vault: Vault, uni: Universe, compared: _Compared) -> None:
        """Move the case on, unless a person or an event has taken it elsewhere since it was answered."""
        submission = compared.submission
        case = load_case(conn, submission.case_id)
        if case is None or case.status not in (CaseStatus.ANSWERED, CaseStatus.RECONCILING):
            return

        def move(to: CaseStatus, reason: str) -> None:
            move_case(conn, uni, submission.case_id, to, actor=_ACTOR, reason=reason, source=submission.id)

        move(CaseStatus.RECONCILING, "reconcile")
        if compared.stands or compared.customer is None:
            move(CaseStatus.TO_CHECK, "differences")
            to = status_after(compared.stands)
            settle(conn, vault, uni, case.id, to, actor=_ACTOR, reason="decided_before")
            if to is not CaseStatus.DONE:
                return
        else:
            move(CaseStatus.RECONCILED, "no_difference")
            move(CaseStatus.DONE, "no_difference")
        self._set_next_due(conn, compared)

    def _set_next_due(self, conn: Connection, compared: _Compared) -> None:
        """When the customer is asked next, where the bank knows him."""
        if compared.customer is None:
            return
        rating = rating_after(compared.customer.risk_rating, compared.proposals)
        due = self._next_due(rating, compared.on, compared.expiry())
        set_next_due(conn, compared.submission.case_id, due)

    def _questionnaire(self, conn: Connection, sha256: str) -> Questionnaire:
        if sha256 not in self._questionnaires:
            published = load_published(conn, sha256)
            if published is None:
                raise LookupError(f"questionnaire {sha256} is not in the store")
            self._questionnaires[sha256] = read_canonical(published.body)
        return self._questionnaires[sha256]
