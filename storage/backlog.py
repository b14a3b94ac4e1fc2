"""What waits in the store at this moment, in counts and times: for the operator's gauges, never about a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, literal_column, select

from storage.audit import unchained
from storage.outlets.hooks import count_given_up, count_waiting
from storage.tables import ConversationRow, ImageRow, InboundRow, OutgoingRow, SubmissionRow, table_of
from storage.tables.messages import OPEN_STATES
from storage.undelivered import count_undelivered, oldest_undelivered

_outgoing = table_of(OutgoingRow)
_inbound = table_of(InboundRow)
_conversation = table_of(ConversationRow)
_image = table_of(ImageRow)
_submission = table_of(SubmissionRow)


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """What is not done yet."""

    #: Messages that wait to be sent or are on their way, and since when the oldest of them is due.
    open_messages: int
    oldest_due_at: datetime | None
    #: Messages that did not or may not have arrived: somebody has to look after them; since when the first does.
    undelivered: int
    oldest_undelivered_at: datetime | None
    #: Events that were stored and not worked off, and since when.
    undone_events: int
    oldest_undone_at: datetime | None
    #: Customers who wait for a person, and since when.
    waiting: int
    oldest_waiting_since: datetime | None
    #: Pictures that are not fetched yet, and since when.
    images: int
    oldest_image_at: datetime | None
    #: Submissions that were not compared yet, and since when.
    unreconciled: int
    oldest_submitted_at: datetime | None
    #: Entries of the audit record that are not chained yet, and since when.
    unchained: int
    oldest_unchained_at: datetime | None
    #: Messages of the web hook on their way, since when the oldest of them is, and those that were given up.
    hook_messages: int
    oldest_hook_message_at: datetime | None
    hooks_given_up: int


def backlog(conn: Connection) -> Backlog:
    """Count what waits; each count reads an index over just that."""
    open_now = select(func.count(), func.min(_outgoing.c.due_at)).where(_outgoing.c.state.in_(OPEN_STATES))
    undone = select(func.count(), func.min(_inbound.c.received_at)).where(_inbound.c.done_at.is_(None))
    waiting = select(func.count(), func.min(_conversation.c.waiting_since)).where(_conversation.c.owner == "waiting")
    images = select(func.count(), func.min(_image.c.received_at)).where(_image.c.state == literal_column("'waiting'"))
    new = (_submission.c.reconciled_at.is_(None), _submission.c.erased_at.is_(None))
    compared = select(func.count(), func.min(_submission.c.submitted_at)).where(*new)
    open_messages, oldest_due_at = conn.execute(open_now).one()
    undone_events, oldest_undone_at = conn.execute(undone).one()
    people, oldest_waiting_since = conn.execute(waiting).one()
    pictures, oldest_image_at = conn.execute(images).one()
    unreconciled, oldest_submitted_at = conn.execute(compared).one()
    entries, oldest_unchained_at = unchained(conn)
    hook_messages, oldest_hook_message_at = count_waiting(conn)
    return Backlog(
        open_messages=open_messages,
        oldest_due_at=oldest_due_at,
        undelivered=count_undelivered(conn),
        oldest_undelivered_at=oldest_undelivered(conn),
        undone_events=undone_events,
        oldest_undone_at=oldest_undone_at,
        waiting=people,
        oldest_waiting_since=oldest_waiting_since,
        images=pictures,
        oldest_image_at=oldest_image_at,
        unreconciled=unreconciled,
        oldest_submitted_at=oldest_submitted_at,
        unchained=entries,
        oldest_unchained_at=oldest_unchained_at,
        hook_messages=hook_messages,
        oldest_hook_message_at=oldest_hook_message_at,
        hooks_given_up=count_given_up(conn),
    )
