"""Messages that wait because somebody else holds the customer's chat (LINE's standby).

Promise: waiting costs a message none of its tries, and all that waited may go as soon as the chat is ours again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select, update

from storage.tables import ConversationRow, OutgoingRow, table_of
from storage.universe import Universe

_outgoing = table_of(OutgoingRow)
_conversation = table_of(ConversationRow)


def hold_outgoing(conn: Connection, ids: Sequence[str], *, owner: str, until: datetime) -> int:
    """Put leased messages back untried, to be looked at again at ``until``; returns how many were ours."""
    mine = (_outgoing.c.state == "leased") & (_outgoing.c.lease_owner == owner) & _outgoing.c.id.in_(list(ids))
    values = {
        "state": "pending",
        "due_at": until,
        "lease_owner": None,
        "lease_until": None,
        "attempts": _outgoing.c.attempts - 1,
        "detail": "standby",
    }
    return conn.execute(update(_outgoing).where(mine).values(values)).rowcount


def release_outgoing(conn: Connection, uni: Universe, account_id: str) -> int:
    """What an account's conversations kept waiting may go now; returns how many messages."""
    its = select(_conversation.c.id).where(_conversation.c.account_id == account_id)
    held = _outgoing.c.conversation_id.in_(its) & (_outgoing.c.state == "pending") & (_outgoing.c.detail == "standby")
    return conn.execute(update(_outgoing).where(held).values(due_at=uni.now(), detail="")).rowcount
