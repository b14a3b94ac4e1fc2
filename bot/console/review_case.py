"""What the page of a case shows: the differences, why, how such ones were decided before, and the history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field as hidden
from datetime import datetime

from sqlalchemy import Connection, select

from bot.console.comparing import Piece, mark, normalised, owners_of
from bot.console.rendering import name_of
from bot.console.review_desk import ReviewDesk
from bot.console.review_queue import Past, past_of
from dialogs.definition.model import Question, Questionnaire, pick
from dialogs.definition.yaml_format import read_canonical
from dialogs.replies import READERS
from dialogs.replies.base import Parsed, ReplyContext
from locales import Catalogue
from storage.cases import transitions_of
from storage.differences import Difference, load_differences
from storage.encryption import Vault
from storage.publishing import load_published
from storage.ratings import FIELD, RATINGS, Proposal, fits, load_proposals, rating_history
from storage.reviews import CARRIED, Deed, history_of, possible, standing, to_review
from storage.staff import StaffMember
from storage.submissions import Submission, submissions_of_case
from storage.tables import ConversationRow, table_of

_conversation = table_of(ConversationRow)
_CHECKED = ".check"


@dataclass(frozen=True, kw_only=True)
class Card:
    """One difference."""

    id: str
    name: str
    verdict: str
    severity: str
    #: In words.
    reason: str
    master: tuple[Piece, ...] = hidden(repr=False)
    answer: tuple[Piece, ...] = hidden(repr=False)
    #: Both as the comparison sees them; empty where that says no more.
    seen_master: tuple[Piece, ...] = hidden(repr=False)
    seen_answer: tuple[Piece, ...] = hidden(repr=False)
    standing: str
    decided_by: str
    decided_at: datetime | None
    #: Whether two people have to agree, and whether this member was the first.
    two: bool
    mine: bool
    deeds: tuple[str, ...]
    past: Past
    #: difference, or rating (a proposed change of it)
    kind: str = "difference"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the history."""

    at: datetime
    #: Login, or empty where the program did it.
    who: str
    #: move, decision
    kind: str
    before: str
    after: str
    field: str = ""
    reason: str = ""
    note: str = hidden(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class CaseView:
    """Everything beside the ticket."""

    cards: tuple[Card, ...]
    #: What nobody has to decide: name, verdict in words, the value.
    settled: tuple[tuple[str, str, str], ...] = hidden(repr=False)
    history: tuple[Entry, ...]
    submission: Submission | None
    conversation_ref: str | None


class Words:
    """Values and fields as people read them, with the questionnaire that was answered."""

    def __init__(self, catalogue: Catalogue, definition: Questionnaire | None, on: datetime) -> None:
        self._catalogue, self._definition, self._on = catalogue, definition, on

    def name(self, column: str) -> str:
        """What a field is called."""
        base = column.removesuffix(_CHECKED).partition(".")[0]
        key = f"console.review.field.{base}"
        question = self._question(base)
        if key in self._catalogue:
            name = self._catalogue.text(key)
        elif question is not None and self._definition is not None:
            name = pick(question.label, self._catalogue.locale, self._definition.default_language)
        else:
            name = base
        return self._catalogue.text("console.review.checked", name=name) if column.endswith(_CHECKED) else name

    def value(self, column: str, value: str) -> str:
        """A value; codes in the words of the form, countries by name, owners one a line."""
        question = self._question(column.removesuffix(_CHECKED))
        if column == "owners":
            return "\n".join(self._owner(one) for one in owners_of(value)) or value
        if question is not None and question.is_select and self._definition is not None:
            codes = value.replace(";", " ").split()
            return "、".join(self._choice(self._definition, question, code) for code in codes)
        if column == "nationality" and value:
            parsed = READERS["country"](value, ReplyContext(today=self._on.date(), locale=self._catalogue.locale))
            return parsed.display if isinstance(parsed, Parsed) else value
        return value

    def reason(self, difference: Difference) -> str:
        """Why the comparison says so."""
        # An earlier comparator may have had reasons and rules that have no words any more.
        text = name_of(self._catalogue, "reconcile.reason")(difference.reason)
        rules = [name_of(self._catalogue, "reconcile.rule")(rule) for rule in difference.rules]
        return f"{text} ({'、'.join(rules)})" if rules else text

    @property
    def locale(self) -> str:
        return self._catalogue.locale

    def rating(self, code: str) -> str:
        """A rating in words."""
        return name_of(self._catalogue, "console.review.rating")(code)

    def line(self, difference: Difference) -> tuple[str, str, str]:
        """Name, reason and answer of what nobody decides on."""
        answer = self.value(difference.field, str(difference.answer or ""))
        return self.name(difference.field), self.reason(difference), answer

    def _question(self, column: str) -> Question | None:
        questions = () if self._definition is None else self._definition.questions
        asked = (one for one in questions if column in (one.name, one.bot.compare))
        return next((one for one in asked if one.is_asked), None)

    def _choice(self, definition: Questionnaire, question: Question, code: str) -> str:
        found = definition.choice(question, code)
        return code if found is None else pick(found.label, self._catalogue.locale, definition.default_language)

    def _owner(self, owner: Mapping[str, object]) -> str:
        return " / ".join(str(value) for value in owner.values() if value)


def load_view(
    conn: Connection,
    vault: Vault,
    staff: StaffMember,
    case_id: str,
    *,
    desk: ReviewDesk,
    catalogue: Catalogue,
    logins: Mapping[str, str],
    now: datetime,
) -> CaseView:
    """The case as this member may see it."""
    found = load_differences(conn, vault, case_id=case_id)
    submission = next(reversed(submissions_of_case(conn, vault, case_id)), None)
    words = Words(catalogue, _definition(conn, submission), now)
    to_decide = to_review(found, desk.person)
    order = ("high", "medium", "low", "none")
    to_decide.sort(key=lambda one: order.index(one.severity))
    settled = [one for one in found if one not in to_decide]
    return CaseView(
        cards=(
            *(_card(conn, staff, one, words, logins, desk) for one in to_decide),
            *(_rating(staff, one, words, logins, desk) for one in load_proposals(conn, case_id)),
        ),
        settled=tuple(words.line(one) for one in settled),
        history=_history(conn, vault, case_id, words, logins),
        submission=submission,
        conversation_ref=conn.execute(select(_conversation.c.ref).where(_conversation.c.case_id == case_id)).scalar(),
    )


def _definition(conn: Connection, submission: Submission | None) -> Questionnaire | None:
    published = None if submission is None else load_published(conn, submission.questionnaire_sha256)
    return None if published is None else read_canonical(published.body)


def _card(
    conn: Connection,
    staff: StaffMember,
    one: Difference,
    words: Words,
    logins: Mapping[str, str],
    desk: ReviewDesk,
) -> Card:
    now = standing(one)
    raw = (str(one.master or ""), str(one.answer or ""))
    master, answer = mark(words.value(one.field, raw[0]), words.value(one.field, raw[1]))
    seen = tuple(words.value(one.field, normalised(one.field, value) or "") for value in raw)
    seen_master, seen_answer = mark(*seen)
    mine = one.decided_by == staff.id
    deeds = [deed for deed in possible(now) if not (deed is Deed.CONFIRM and mine)]
    return Card(
        id=one.id,
        name=words.name(one.field),
        verdict=one.verdict,
        severity=one.severity,
        reason=words.reason(one),
        master=master,
        answer=answer,
        seen_master=seen_master,
        seen_answer=seen_answer,
        standing=now.value,
        decided_by=logins.get(one.decided_by or "", one.decided_by or ""),
        decided_at=one.decided_at,
        two=desk.needs_two(one.field),
        mine=mine,
        deeds=tuple(deed.value for deed in deeds),
        past=past_of(conn, staff, one),
    )


def _rating(staff: StaffMember, one: Proposal, words: Words, logins: Mapping[str, str], desk: ReviewDesk) -> Card:
    now, mine = standing(one), one.decided_by == staff.id
    before, after = (words.rating(code) for code in (one.before, one.after))
    return Card(
        id=one.id,
        name=words.name(FIELD),
        verdict="proposed",
        severity="high" if one.after == RATINGS[-1] else "medium",
        reason=desk.reason_of(one.rule, words.locale),
        master=(Piece(before, differs=False),),
        answer=(Piece(after, differs=False),),
        seen_master=(),
        seen_answer=(),
        standing=now.value,
        decided_by=logins.get(one.decided_by or "", one.decided_by or ""),
        decided_at=one.decided_at,
        two=desk.needs_two(f"{FIELD}.{one.rule}"),
        mine=mine,
        deeds=tuple(deed.value for deed in possible(now) if fits(deed) and not (deed is Deed.CONFIRM and mine)),
        past=Past(),
        kind="rating",
    )


def _history(
    conn: Connection, vault: Vault, case_id: str, words: Words, logins: Mapping[str, str]
) -> tuple[Entry, ...]:
    """Moves of the case and decisions, newest first."""
    moves = [
        Entry(
            at=move.at,
            who=logins.get(move.actor, ""),
            kind="move",
            before="" if move.from_status is None else move.from_status.value,
            after=move.to_status.value,
            reason=move.reason,
            note=move.note,
        )
        for move in transitions_of(conn, case_id, vault)
    ]
    decisions = [
        Entry(
            at=one.decided_at,
            who=logins.get(one.decided_by, one.decided_by),
            kind="decision",
            before=one.before,
            after=one.decision,
            field=words.name(one.field),
            note=one.note,
        )
        for one in (*history_of(conn, vault, case_id), *rating_history(conn, vault, case_id))
        if one.before != CARRIED  # the decision itself stands above
    ]
    return tuple(sorted((*moves, *decisions), key=lambda entry: entry.at))[::-1]
