"""Messages that nobody has asked for and nobody has tried yet, by the hundred, for calls that take many people.

Promise: what is found is the whole of what waits in its conversation, so nobody's order is changed by it, and it is
held until the end of the transaction; what others hold is passed over.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, null, select

from storage.direct import Direct, among
from storage.sending.order import is_alone
from storage.tables import AccountRow, ContentRow, ConversationRow, OutgoingRow, table_of
from storage.tables.messages import OPEN_STATES, UNASKED

_outgoing, _content = table_of(OutgoingRow), table_of(ContentRow)
_conversation, _account = table_of(ConversationRow), table_of(AccountRow)

#: What sending needs besides the message itself: its words, and how things stand with whom it is for.
ADDRESSED = (
    _content.c.sealed.label("words"),
    _conversation.c.ref,
    _conversation.c.epoch.label("epoch_now"),
    _conversation.c.owner.label("owner_now"),
    _conversation.c.account_id,
    _account.c.channel,
    _account.c.state.label("account_state"),
    _account.c.sealed.label("user"),
)
#: What sending needs of a message that was never tried and takes nobody's place.
_OF_MESSAGE = ("id", "conversation_id", "seq", "kind", "state", "epoch", "turn_id", "retry_key", "batch_key")
_OF_ITS_TRIES = ("content_id", "attempts", "replaces", "reply_until", "lease_until", "sealed")


def _crowd_statement(dialect: str) -> Any:
    fresh = (_outgoing.c.state == "pending") & (_outgoing.c.attempts == 0) & _outgoing.c.batch_key.is_(None)
    plain = (_outgoing.c.kind == UNASKED) & _outgoing.c.sealed.is_(None) & _outgoing.c.replaces.is_(None)
    there = _conversation.join(_account, _account.c.id == _conversation.c.account_id)
    its_own = (_conversation.c.id == _outgoing.c.conversation_id) & (_account.c.state == "active")
    reached = (
        select(_conversation.c.id).select_from(there).where(its_own, among(dialect, _account.c.channel, "channels"))
    )
    held = (
        select(_outgoing.c.id)
        .where(_outgoing.c.state.in_(OPEN_STATES), _outgoing.c.due_at <= bindparam("now"), fresh, plain)
        .where(is_alone(dialect), reached.exists())
        .order_by(_outgoing.c.due_at, _outgoing.c.id)
        .limit(bindparam("most"))
        # Another sender's are passed over, so each takes the next ones.
        .with_for_update(of=_outgoing, skip_locked=True, key_share=True)
        .subquery("held")
    )
    # By itself, in this order: a database that is free to choose begins with all accounts there are.
    return (
        select(
            *(_outgoing.c[name] for name in (*_OF_MESSAGE, *_OF_ITS_TRIES)),
            null().label("replaced_id"),
            *ADDRESSED,
        )
        .select_from(held)
        .join(_outgoing, _outgoing.c.id == held.c.id)
        .join(_content, _content.c.id == _outgoing.c.content_id)
        .join(_conversation, _conversation.c.id == _outgoing.c.conversation_id)
        .join(_account, _account.c.id == _conversation.c.account_id)
        .where(_content.c.sealed.is_not(None))
        .order_by(_outgoing.c.due_at, _outgoing.c.id)
    )


_CROWD = Direct(_crowd_statement)


def hold_crowd(conn: Connection, channels: Collection[str], now: datetime, most: int) -> list[Any]:
    """Up to so many of them on these platforms, who waits longest ahead: each is all of his conversation's batch."""
    if not channels or most <= 0:
        return []
    return _CROWD.rows(conn, {"channels": sorted(channels), "now": now, "most": most})
