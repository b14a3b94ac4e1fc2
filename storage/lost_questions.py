"""Questions that never arrived: the customer cannot have meant to answer them.

Promise: a question that failed is found as long as it is the newest of its conversation, and leaves the staff's
list once it has been asked again.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, select, update

from storage.direct import Direct
from storage.tables import OutgoingRow, table_of

_outgoing = table_of(OutgoingRow)
_QUESTION = "question"
_NEWEST = Direct(
    select(_outgoing.c.state)
    .where(_outgoing.c.conversation_id == bindparam("conversation"), _outgoing.c.kind == _QUESTION)
    .order_by(_outgoing.c.seq.desc())
    .limit(1)
)


def newest_is_lost(conn: Connection, conversation_id: str) -> bool:
    """Whether the platform refused the newest question of the conversation for good."""
    newest = _NEWEST.first(conn, {"conversation": conversation_id})
    return newest is not None and newest.state == "failed"


def settle_lost(conn: Connection, conversation_id: str) -> int:
    """The customer is here and is asked again: nobody has to look after what did not arrive."""
    lost = (
        (_outgoing.c.conversation_id == conversation_id)
        & (_outgoing.c.kind == _QUESTION)
        & (_outgoing.c.state == "failed")
    )
    return conn.execute(update(_outgoing).where(lost).values(state="dropped", detail="asked_again")).rowcount
