"""Passing a conversation on to a colleague, by whoever has it or by a supervisor.

Promise: one conditional update moves it, under the epoch that whoever decided has seen; in the same transaction the
member who had it loses sight of it.  He sees it again as soon as the owner changes once more: what he may not see is
what the other one is told, not the customer for ever.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, delete, insert, literal_column, select, update

from storage.held import held
from storage.tables import ConversationBarRow, ConversationRow, table_of

_conversation = table_of(ConversationRow)
_bar = table_of(ConversationBarRow)


def pass_on(conn: Connection, conversation_id: str, *, to: str, seen_epoch: int) -> int | None:
    """Give the conversation to a member of staff: the new epoch, or ``None`` where somebody changed it meanwhile."""
    query = select(_conversation.c.owner, _conversation.c.owner_staff_id).where(_conversation.c.id == conversation_id)
    before = conn.execute(query).one()
    movable = (
        (_conversation.c.id == conversation_id)
        & (_conversation.c.epoch == seen_epoch)
        & _conversation.c.owner.in_(("waiting", "bot", "staff"))
        & _conversation.c.owner_staff_id.is_distinct_from(to)
    )
    values = {
        "owner": "staff",
        "owner_staff_id": to,
        "epoch": _conversation.c.epoch + 1,
        "version": _conversation.c.version + 1,
        "waiting_since": None,
    }
    statement = update(_conversation).where(movable).values(values).returning(_conversation.c.epoch)
    epoch: int | None = conn.execute(statement).scalar()
    held(conn).pop((_conversation.name, conversation_id), None)
    if epoch is None:
        return None
    # Whoever was shut out by the epoch before stays so: it is still the same takeover.
    same = (_bar.c.conversation_id == conversation_id) & (_bar.c.epoch == seen_epoch)
    conn.execute(update(_bar).where(same).values(epoch=epoch))
    left = {to} if before.owner_staff_id is None else {to, before.owner_staff_id}
    stale = (_bar.c.conversation_id == conversation_id) & (_bar.c.staff_id.in_(left) | (_bar.c.epoch != epoch))
    conn.execute(delete(_bar).where(stale))
    if before.owner_staff_id is not None:
        shut_out = {"conversation_id": conversation_id, "staff_id": before.owner_staff_id, "epoch": epoch}
        conn.execute(insert(_bar), shut_out)
    return epoch


def is_barred(staff_id: str) -> ColumnElement[bool]:
    """Of a row of the conversation in the surrounding query: whether that member may not see it now."""
    return (
        select(literal_column("1"))
        .where(
            _bar.c.conversation_id == _conversation.c.id,
            _bar.c.staff_id == staff_id,
            _bar.c.epoch == _conversation.c.epoch,
            _conversation.c.owner == "staff",
        )
        .correlate(_conversation)
        .exists()
    )
