"""What the report of a month counts that no chart shows, within the branches of who reads it.

Promise: everything here is counted from what is only ever added and by its own time, so that the report of a month
is the same whenever it is made; nothing that identifies a person leaves the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy import Connection, func, select

from storage.case_status import CaseStatus
from storage.charts import Span, scoped
from storage.tables import (
    AccountRow,
    CaseRow,
    CaseTransitionRow,
    ContactTryRow,
    ConversationRow,
    DifferenceDecisionRow,
    DifferenceRow,
    LinkCodeRow,
    NotificationRow,
    OutgoingRow,
    SubmissionRow,
    table_of,
)

_case, _transition, _submission = table_of(CaseRow), table_of(CaseTransitionRow), table_of(SubmissionRow)
_difference, _decision = table_of(DifferenceRow), table_of(DifferenceDecisionRow)
_code, _try = table_of(LinkCodeRow), table_of(ContactTryRow)
_notified = table_of(NotificationRow)
_outgoing, _conversation, _account = table_of(OutgoingRow), table_of(ConversationRow), table_of(AccountRow)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How long answers took."""

    #: Forms that came after an invitation, and days from that to them for half of these; nothing without any.
    answers: int
    days: float | None


def answered_by_channel(conn: Connection, span: Span) -> dict[str, int]:
    """Forms that came in the span, by the way they came."""
    query = select(_submission.c.channel, func.count()).where(span.holds(_submission.c.submitted_at))
    query = scoped(query, span, _submission.c.customer_id).group_by(_submission.c.channel)
    return {row[0]: row[1] for row in conn.execute(query)}


def pace(conn: Connection, span: Span) -> Pace:
    """From the first invitation of a case to the form that came in the span."""
    invited = (
        select(func.min(_transition.c.at))
        .where(_transition.c.case_id == _submission.c.case_id, _transition.c.to_status == CaseStatus.SENT.value)
        .scalar_subquery()
    )
    query = select(_submission.c.submitted_at, invited).where(span.holds(_submission.c.submitted_at))
    rows = conn.execute(scoped(query, span, _submission.c.customer_id)).all()
    days = [(came - sent).total_seconds() / 86400 for came, sent in rows if sent is not None and came >= sent]
    return Pace(answers=len(days), days=median(days) if days else None)


def moved_to(conn: Connection, span: Span, statuses: Sequence[CaseStatus]) -> dict[CaseStatus, int]:
    """Cases that came to each of these statuses in the span."""
    cases = func.count(_transition.c.case_id.distinct())
    query = (
        select(_transition.c.to_status, cases)
        .join(_case, _case.c.id == _transition.c.case_id)
        .where(_transition.c.to_status.in_([status.value for status in statuses]), span.holds(_transition.c.at))
    )
    query = scoped(query, span, _case.c.customer_id).group_by(_transition.c.to_status)
    found = {row[0]: row[1] for row in conn.execute(query)}
    return {status: found.get(status.value, 0) for status in statuses}


def decisions(conn: Connection, span: Span) -> dict[str, int]:
    """What people decided about differences in the span."""
    query = (
        select(_decision.c.decision, func.count())
        .join(_difference, _difference.c.id == _decision.c.difference_id)
        .join(_case, _case.c.id == _difference.c.case_id)
        .where(span.holds(_decision.c.decided_at))
    )
    query = scoped(query, span, _case.c.customer_id).group_by(_decision.c.decision)
    return {row[0]: row[1] for row in conn.execute(query)}


def sent_outside(conn: Connection, span: Span) -> dict[str, int]:
    """What costs money in the span, by kind: calls to LINE that no reply token made free, letters, calls, visits.

    LINE counts the people whom a call goes to, however many bubbles it carries (Messaging API, counting of messages).
    """
    letters = select(func.count()).select_from(_code.join(_case, _case.c.id == _code.c.case_id))
    letters = scoped(letters.where(span.holds(_code.c.created_at)), span, _case.c.customer_id)
    found = {"letter": int(conn.execute(letters).scalar_one())}
    tries = select(_try.c.channel, func.count()).join(_case, _case.c.id == _try.c.case_id)
    tries = scoped(tries.where(span.holds(_try.c.at)), span, _case.c.customer_id).group_by(_try.c.channel)
    found |= {row[0]: row[1] for row in conn.execute(tries) if row[0] in ("phone", "visit")}
    # What the platform did not deliver is not paid for.
    notified = select(func.count()).select_from(_notified.join(_case, _case.c.id == _notified.c.case_id))
    notified = scoped(notified.where(span.holds(_notified.c.delivered_at)), span, _case.c.customer_id)
    found["line_notification"] = int(conn.execute(notified).scalar_one())
    messages = _outgoing.join(_conversation, _conversation.c.id == _outgoing.c.conversation_id)
    messages = messages.join(_account, _account.c.id == _conversation.c.account_id)
    if not span.branches.is_whole_bank:
        messages = messages.join(_case, _case.c.id == _conversation.c.case_id)
    # What went in one call bears one key, that to several people too.
    pushed = select(_account.c.id, _outgoing.c.batch_key).distinct().select_from(messages)
    pushed = pushed.where(span.holds(_outgoing.c.settled_at))
    pushed = pushed.where(_account.c.channel == "line", _outgoing.c.state == "sent", _outgoing.c.reply_until.is_(None))
    pushed = scoped(pushed, span, _case.c.customer_id)
    calls = select(func.count()).select_from(pushed.subquery())
    return found | {"line": int(conn.execute(calls).scalar_one())}
