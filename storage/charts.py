"""What the charts of the console show: counts from what is only ever added, within the branches of who looks.

Promise: each chart is a few statements that count in the database, whatever the number of customers; the long ones look
at the newest conversations or messages only and say how many; nothing that identifies a person leaves the database.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any, Literal, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, String, case, func, select, type_coerce

from storage.branches import Branches
from storage.case_status import CaseStatus
from storage.customers import current_seq
from storage.tables import (
    AccountRow,
    CampaignDeliveryRow,
    CaseRow,
    CaseTransitionRow,
    ConversationEventRow,
    ConversationRow,
    DifferenceRow,
    HandOverRow,
    LinkCodeRow,
    MasterCurrentRow,
    MasterRecordRow,
    OutgoingRow,
    SubmissionRow,
    table_of,
)

_account, _case, _record = table_of(AccountRow), table_of(CaseRow), table_of(MasterRecordRow)
_ours = _record.alias("ours")
_transition, _event = table_of(CaseTransitionRow), table_of(ConversationEventRow)
_conversation, _difference = table_of(ConversationRow), table_of(DifferenceRow)
_current, _delivery, _code = table_of(MasterCurrentRow), table_of(CampaignDeliveryRow), table_of(LinkCodeRow)
_hand_over, _outgoing, _submission = table_of(HandOverRow), table_of(OutgoingRow), table_of(SubmissionRow)

_CURRENT = select(_current.c.seq).where(_current.c.id == 1).scalar_subquery()
#: A message that went says nothing any more of the tries before.
_REFUSED = case(
    (_outgoing.c.state == "sent", ""),
    (_outgoing.c.detail.like("429%"), "429"),
    (_outgoing.c.detail.like("4__ %"), "4xx"),
    (_outgoing.c.detail.like("5__ %"), "5xx"),
    else_="",
)
_Query = TypeVar("_Query", bound=Select[*tuple[Any, ...]])
#: Conversations in which questions are looked at, and of them those whose seconds are taken; messages that are counted.
COHORT, TIMED, MESSAGES = 5000, 1000, 20_000
#: Who has said nothing for so long has left.
LEFT_AFTER = timedelta(days=1)
#: The steps of the funnel; who reached a later one has passed the earlier ones.
STEPS = (CaseStatus.SENT, CaseStatus.LINKED, CaseStatus.ANSWERING, CaseStatus.ANSWERED, CaseStatus.DONE)


#: First and last.
Days = tuple[date, date]


@dataclass(frozen=True, kw_only=True)
class Span:
    """From when on, and whose customers; ``until`` asks for what stood at that moment instead of what stands now."""

    since: datetime
    now: datetime
    branches: Branches
    until: datetime | None = None

    def holds(self, at: ColumnElement[Any]) -> ColumnElement[bool]:
        """In a query: whether something happened in it."""
        return at >= self.since if self.until is None else (at >= self.since) & (at < self.until)


@dataclass(frozen=True, kw_only=True)
class Question:
    """How one question went among the newest conversations."""

    name: str
    saw: int
    left: int
    #: From the last time it was asked to the answer, half of them; nothing where nobody answered.
    seconds: float | None
    #: Answers of which that is half.
    timed: int


@dataclass(frozen=True, kw_only=True)
class Sending:
    """What became of the newest messages on one channel."""

    channel: str
    state: str
    #: 429, 4xx or 5xx, where the platform's last answer was a refusal; else empty.
    answer: str
    messages: int
    people: int


def scoped(query: _Query, span: Span, customer: ColumnElement[Any]) -> _Query:
    """The query for the customers of the branches alone, who are found first and once."""
    if span.branches.is_whole_bank:
        return query
    of_branch = select(_ours.c.customer_id).where(
        span.branches.are_of(_ours.c.branch_no), _ours.c.seq == current_seq(_ours.c.customer_id)
    )
    return query.where(customer.in_(of_branch))


def _of_record(value: ColumnElement[Any], customer: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column of the record that counts for the customer of the row."""
    return (
        select(value)
        .where(_record.c.customer_id == customer, _record.c.seq <= _CURRENT)
        .order_by(_record.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )


def statuses(
    conn: Connection, span: Span, *, by: Literal["risk_rating", "branch_no"] = "risk_rating", due: Days | None = None
) -> dict[tuple[str, str], int]:
    """Cases that were opened in the span, or were due on one of some days, by what the record says and by status."""
    of_record = _of_record(_record.c[by], _case.c.customer_id).label("of_record")
    opened = span.holds(_case.c.opened_at)
    if due is not None:
        opened = _case.c.due_on.between(*due)
        if span.until is not None:
            opened &= _case.c.opened_at < span.until
    cases = select(of_record, _status_then(span).label("status")).where(opened)
    found = scoped(cases, span, _case.c.customer_id).subquery()
    query = select(found.c.of_record, found.c.status, func.count()).group_by(found.c.of_record, found.c.status)
    return {(row[0] or "", row[1]): row[2] for row in conn.execute(query)}


def _status_then(span: Span) -> ColumnElement[Any]:
    """Where a case stood at the end of the span: its last move before it."""
    if span.until is None:
        return _case.c.status
    last = (
        select(_transition.c.to_status)
        .where(_transition.c.case_id == _case.c.id, _transition.c.at < span.until)
        .order_by(_transition.c.at.desc(), _transition.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(last, CaseStatus.SELECTED.value)


def funnel(conn: Connection, span: Span) -> list[int]:
    """How many of the cases that were opened in the span reached each of ``STEPS``, or a later one."""
    reached = case({step.value: place for place, step in enumerate(STEPS, 1)}, value=_transition.c.to_status)
    furthest = (
        select(func.max(reached).label("place"))
        .join(_case, _case.c.id == _transition.c.case_id)
        .where(span.holds(_case.c.opened_at), _transition.c.to_status.in_([step.value for step in STEPS]))
        .group_by(_transition.c.case_id)
    )
    if span.until is not None:
        furthest = furthest.where(_transition.c.at < span.until)
    found = scoped(furthest, span, _case.c.customer_id).subquery()
    query = select(found.c.place, func.count()).group_by(found.c.place)
    counts = {row[0]: row[1] for row in conn.execute(query)}
    return [sum(count for place, count in counts.items() if place >= step) for step in range(1, len(STEPS) + 1)]


def submitted_hours(conn: Connection, span: Span) -> dict[datetime, int]:
    """Forms that were submitted, by the hour of UTC."""
    hour = _hour(conn, _submission.c.submitted_at)
    query = select(hour, func.count()).where(span.holds(_submission.c.submitted_at))
    return _by_hour(conn, scoped(query, span, _submission.c.customer_id).group_by(hour))


def delivered_hours(conn: Connection, span: Span) -> dict[tuple[str, str], dict[datetime, int]]:
    """What campaigns sent to customers and what left the house, by campaign and step, and by the hour of UTC.

    A message at the moment when a platform took it, a letter when its code was made.
    """
    rung = (_delivery.c.campaign_id, _delivery.c.step)
    taken = _hour(conn, func.coalesce(_outgoing.c.settled_at, _delivery.c.at))
    messages = select(*rung, taken, func.count()).join(_outgoing, _outgoing.c.id == _delivery.c.outgoing_id)
    messages = messages.where(span.holds(_delivery.c.at), _outgoing.c.state.in_(("sent", "unknown")))
    messages = scoped(messages, span, _delivery.c.customer_id).group_by(*rung, taken)
    code = (_code.c.case_id == _delivery.c.case_id) & (_code.c.created_at >= _delivery.c.at)
    made = select(func.min(_code.c.created_at)).where(code).scalar_subquery().label("made_at")
    letters = select(*rung, made).where(_delivery.c.at >= span.since, _delivery.c.channel == "letter")
    listed = scoped(letters, span, _delivery.c.customer_id).subquery()
    printed = _hour(conn, listed.c.made_at)
    by_letter = select(listed.c.campaign_id, listed.c.step, printed, func.count()).where(span.holds(listed.c.made_at))
    found: dict[tuple[str, str], Counter[datetime]] = defaultdict(Counter)
    for query in (messages, by_letter.group_by(listed.c.campaign_id, listed.c.step, printed)):
        for campaign_id, step, hour, count in conn.execute(query):
            found[campaign_id, step][_moment(hour)] += count
    return dict(found)


def letter_hours(conn: Connection, span: Span) -> dict[datetime, int]:
    """Invitations by a letter that no campaign asked for, by the hour of UTC."""
    hour = _hour(conn, _transition.c.at)
    of_campaign = select(_delivery.c.case_id).where(
        _delivery.c.case_id == _transition.c.case_id,
        _delivery.c.channel == "letter",
        _delivery.c.at <= _transition.c.at,
    )
    query = select(hour, func.count()).where(
        _transition.c.to_status == CaseStatus.SENT.value,
        span.holds(_transition.c.at),
        _transition.c.reason == "letter",
        ~of_campaign.exists(),
    )
    if not span.branches.is_whole_bank:
        joined = query.join(_case, _case.c.id == _transition.c.case_id)
        query = scoped(joined, span, _case.c.customer_id)
    return _by_hour(conn, query.group_by(hour))


def _hour(conn: Connection, at: ColumnElement[Any]) -> ColumnElement[str]:
    """The hour of a time in UTC, as both databases write it."""
    if conn.dialect.name == "sqlite":
        return func.substr(type_coerce(at, String), 1, 13)
    return func.to_char(func.timezone("UTC", at), "YYYY-MM-DD HH24")


def _by_hour(conn: Connection, query: Select[*tuple[Any, ...]]) -> dict[datetime, int]:
    return {_moment(row[0]): row[1] for row in conn.execute(query)}


def _moment(hour: str) -> datetime:
    return datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=UTC)


def questions(conn: Connection, span: Span) -> list[Question]:
    """The questions of the newest ``COHORT`` conversations, in the order in which they come."""
    newest = (
        select(_conversation.c.id, _conversation.c.open_question, _conversation.c.owner)
        .add_columns(_conversation.c.closed_at, _conversation.c.last_inbound_at)
        .join(_case, _case.c.id == _conversation.c.case_id)
        .where(span.holds(_conversation.c.created_at))
        .order_by(_conversation.c.id.desc())
        .limit(COHORT)
    )
    cohort = scoped(newest, span, _case.c.customer_id).cte("cohort")
    asked = (
        select(_event.c.question, func.count(_event.c.conversation_id.distinct()), func.avg(_event.c.seq))
        .select_from(cohort.join(_event, _event.c.conversation_id == cohort.c.id))
        .where(_event.c.kind == "asked", _event.c.question.is_not(None))
        .group_by(_event.c.question)
    )
    left = (
        select(cohort.c.open_question, func.count())
        .where(cohort.c.owner == "bot", cohort.c.closed_at.is_(None), cohort.c.open_question.is_not(None))
        .where(cohort.c.last_inbound_at < span.now - LEFT_AFTER)
        .group_by(cohort.c.open_question)
    )
    gone: dict[str, int] = {row[0]: row[1] for row in conn.execute(left)}
    seconds = _seconds(conn, select(cohort.c.id).order_by(cohort.c.id.desc()).limit(TIMED))
    rows = sorted((tuple(row) for row in conn.execute(asked)), key=lambda row: (float(row[2]), row[0]))
    return [
        Question(
            name=name,
            saw=saw,
            left=gone.get(name, 0),
            seconds=median(seconds[name]) if name in seconds else None,
            timed=len(seconds.get(name, ())),
        )
        for name, saw, _ in rows
    ]


def _seconds(conn: Connection, timed: Select[tuple[str]]) -> Mapping[str, Sequence[float]]:
    """How long each answer of these conversations took, by question."""
    earlier = _event.alias("earlier")
    asked_at = (
        select(func.max(earlier.c.at))
        .where(earlier.c.conversation_id == _event.c.conversation_id, earlier.c.seq < _event.c.seq)
        .where(earlier.c.kind == "asked", earlier.c.question == _event.c.question)
        .scalar_subquery()
    )
    query = select(_event.c.question, _event.c.at, asked_at).where(
        _event.c.conversation_id.in_(timed), _event.c.kind == "answered", _event.c.question.is_not(None)
    )
    found: dict[str, list[float]] = defaultdict(list)
    for question, answered, asked in conn.execute(query):
        if asked is not None:
            found[question].append((answered - asked).total_seconds())
    return found


def outcomes(conn: Connection, span: Span) -> dict[str, int]:
    """How the hand-overs that began in the span ended; those that are not over yet under ``open``."""
    over: ColumnElement[Any] = _hand_over.c.outcome
    if span.until is not None:
        over = case((_hand_over.c.ended_at < span.until, over))
    how = func.coalesce(over, "open").label("how")
    query = select(how, func.count()).where(span.holds(_hand_over.c.asked_at))
    query = span.branches.narrow(query, _hand_over.c.branch_no).group_by(how)
    return {row[0]: row[1] for row in conn.execute(query)}


def verdicts(conn: Connection, span: Span) -> dict[tuple[str, str], int]:
    """What the comparisons found that count now, by field and verdict."""
    counts: ColumnElement[bool] = _difference.c.superseded_at.is_(None)
    if span.until is not None:
        counts |= _difference.c.superseded_at >= span.until
    query = (
        select(_difference.c.field, _difference.c.verdict, func.count())
        .where(span.holds(_difference.c.created_at), counts)
        .group_by(_difference.c.field, _difference.c.verdict)
    )
    if not span.branches.is_whole_bank:
        joined = query.join(_case, _case.c.id == _difference.c.case_id)
        query = scoped(joined, span, _case.c.customer_id)
    return {(row[0], row[1]): row[2] for row in conn.execute(query)}


def sendings(conn: Connection, span: Span) -> list[Sending]:
    """What became of the newest ``MESSAGES`` messages, by channel."""
    newest = (
        select(_outgoing.c.conversation_id, _outgoing.c.state, _REFUSED.label("answer"))
        .where(span.holds(_outgoing.c.created_at))
        .order_by(_outgoing.c.id.desc())
        .limit(MESSAGES)
    )
    if not span.branches.is_whole_bank:
        joined = newest.join(_conversation, _conversation.c.id == _outgoing.c.conversation_id).join(
            _case, _case.c.id == _conversation.c.case_id
        )
        newest = scoped(joined, span, _case.c.customer_id)
    found = newest.subquery()
    query = (
        select(_account.c.channel, found.c.state, found.c.answer)
        .add_columns(func.count(), func.count(found.c.conversation_id.distinct()))
        .select_from(
            found.join(_conversation, _conversation.c.id == found.c.conversation_id).join(
                _account, _account.c.id == _conversation.c.account_id
            )
        )
        .group_by(_account.c.channel, found.c.state, found.c.answer)
        .order_by(_account.c.channel, found.c.state, found.c.answer)
    )
    return [Sending(**dict(zip(_OF_SENDING, row, strict=True))) for row in conn.execute(query)]


_OF_SENDING = tuple(Sending.__dataclass_fields__)


def blocked(conn: Connection) -> dict[str, int]:
    """Accounts that have blocked the bank, by channel; of the whole bank, for an account has no branch."""
    query = select(_account.c.channel, func.count()).where(_account.c.state == "blocked").group_by(_account.c.channel)
    return {row[0]: row[1] for row in conn.execute(query)}
