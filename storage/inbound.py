"""Events that came in and are to be worked off.

Promise: an event of a platform is stored once however often it is delivered, and what was stored and not
done is found again, in the order in which it happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from storage.conversations import Conversation
from storage.counters import insert_of
from storage.direct import Direct
from storage.encryption import Vault
from storage.problems import KeyMissing, SealBroken
from storage.tables import ContentRow, InboundRow as _InboundTable, table_of
from storage.universe import Universe

_inbound = table_of(_InboundTable)
_content = table_of(ContentRow)

#: Nobody records an older one.
_TAPS = 20


@dataclass(frozen=True, kw_only=True)
class InboundRow:
    """A stored event."""

    id: str
    #: The platform's own key of the event, unique in its channel.
    event_key: str
    #: text, choice, follow, ...
    kind: str
    #: By the platform's clock.
    occurred_at: datetime
    received_at: datetime
    #: The words, where there are any.
    content_id: str | None
    #: The platform's id of the message.
    message_id: str | None
    #: Tap, reply token and the like.
    payload: dict[str, Any] = field(repr=False)
    attempts: int


@dataclass(frozen=True, kw_only=True)
class FoundMessage:
    """Where a message of a platform was put."""

    id: str
    conversation_id: str
    content_id: str | None


@dataclass(frozen=True, kw_only=True)
class Tapped:
    """A button that was tapped."""

    #: The prompt that it belongs to.
    token: str
    option: str


def _insert_once(dialect: str) -> Any:
    keys = [_inbound.c.channel, _inbound.c.event_key]
    return insert_of(dialect, _inbound).on_conflict_do_nothing(index_elements=keys).returning(_inbound.c.id)


_INSERT = Direct(_insert_once)


def insert_inbound(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    *,
    channel: str,
    event_key: str,
    account_id: str,
    conversation_id: str,
    kind: str,
    occurred_at: datetime,
    content_id: str | None,
    message_id: str | None,
    payload: Mapping[str, Any],
) -> str | None:
    """Store an event; ``None`` where it was stored before (done or not).

    The words are saved afterwards under ``content_id``, and only where this returned an id: the words of a
    second delivery must not be kept.
    """
    inbound_id = uni.new_id()
    values = {
        "id": inbound_id,
        "channel": channel,
        "event_key": event_key,
        "account_id": account_id,
        "conversation_id": conversation_id,
        "kind": kind,
        "occurred_at": occurred_at,
        "received_at": uni.now(),
        "content_id": content_id,
        "message_id": message_id,
        "attempts": 0,
        "problem": None,
        "done_at": None,
        "sealed": vault.seal(_inbound.name, inbound_id, payload),
    }
    inserted = _INSERT.first(conn, values)
    return None if inserted is None else inbound_id


_UNDONE = Direct(
    select(_inbound)
    .where(
        _inbound.c.conversation_id == bindparam("conversation"), _inbound.c.done_at.is_(None), _inbound.c.attempts == 0
    )
    .order_by(_inbound.c.occurred_at, _inbound.c.id)
)
_DONE = Direct(
    update(_inbound)
    .where(_inbound.c.id == bindparam("inbound"), _inbound.c.done_at.is_(None))
    .values(done_at=bindparam("now"), problem=None)
)


def undone_inbound(conn: Connection, vault: Vault, conversation_id: str) -> list[InboundRow]:
    """The conversation's undone events in the order in which they happened; one that raised is with a person."""
    return [_row_of(vault, row) for row in _UNDONE.rows(conn, {"conversation": conversation_id})]


def mark_done(conn: Connection, uni: Universe, inbound_id: str) -> bool:
    """Note that the event was worked off; false where it was before."""
    return _DONE.run(conn, {"inbound": inbound_id, "now": uni.now()}) == 1


def count_attempt(conn: Connection, inbound_id: str, problem: str) -> int:
    """Count a failed attempt and return the count; ``problem`` is a code or the name of an error's class."""
    statement = update(_inbound).where(_inbound.c.id == inbound_id)
    counted: int = conn.execute(
        statement.values(attempts=_inbound.c.attempts + 1, problem=problem[:128]).returning(_inbound.c.attempts)
    ).scalar_one()
    return counted


def set_aside(conn: Connection, conversation_id: str, problem: str) -> int:
    """Leave the conversation's undone events to a person; returns how many there were."""
    undone = (_inbound.c.conversation_id == conversation_id) & _inbound.c.done_at.is_(None) & (_inbound.c.attempts == 0)
    values = {"attempts": _inbound.c.attempts + 1, "problem": problem[:128]}
    return conn.execute(update(_inbound).where(undone).values(values)).rowcount


def stale_undone(conn: Connection, older_than: datetime) -> list[str]:
    """The conversations with untried events received before ``older_than``; one that raised is with a person."""
    left = (_inbound.c.done_at.is_(None), _inbound.c.attempts == 0, _inbound.c.received_at < older_than)
    query = select(_inbound.c.conversation_id).where(*left)
    return list(conn.execute(query.distinct().order_by(_inbound.c.conversation_id)).scalars())


def came_before(
    conn: Connection, inbound_id: str, account_id: str, conversation_id: str, kind: str, since: datetime
) -> bool:
    """Whether another event of that kind came into the conversation since then."""
    others = (
        _inbound.c.account_id == account_id,
        _inbound.c.conversation_id == conversation_id,
        _inbound.c.kind == kind,
        _inbound.c.received_at > since,
        _inbound.c.id != inbound_id,
    )
    return conn.execute(select(_inbound.c.id).where(*others).limit(1)).first() is not None


_UNSENT = Direct(
    select(_inbound.c.id)
    .where(
        _inbound.c.account_id == bindparam("account"),
        _inbound.c.message_id == bindparam("message"),
        _inbound.c.kind == "unsend",
    )
    .limit(1)
)


def is_taken_back(conn: Connection, account_id: str, message_id: str | None) -> bool:
    """Whether the customer took that message back: LINE may say so before it brings the message itself."""
    if message_id is None:
        return False
    return _UNSENT.first(conn, {"account": account_id, "message": message_id}) is not None


def find_inbound_message(conn: Connection, account_id: str, message_id: str) -> FoundMessage | None:
    """The event behind a platform's message id, for a message that was taken back."""
    query = select(_inbound.c.id, _inbound.c.conversation_id, _inbound.c.content_id).where(
        _inbound.c.account_id == account_id, _inbound.c.message_id == message_id
    )
    # The taking back may be stored under the same message id: the message itself has words.
    row = conn.execute(query.order_by(_inbound.c.content_id.is_(None), _inbound.c.id).limit(1)).first()
    return None if row is None else FoundMessage(**row._mapping)


def taps_since(conn: Connection, vault: Vault, conversation: Conversation, since: datetime) -> dict[str, Tapped]:
    """Buttons of this conversation that were tapped from then on, by their content rows, newest first."""
    query = (
        select(_inbound.c.id, _inbound.c.content_id, _inbound.c.sealed)
        .select_from(_content.join(_inbound, _inbound.c.content_id == _content.c.id))
        .where(_content.c.conversation_id == conversation.id, _content.c.at >= since, _inbound.c.kind == "choice")
        .order_by(_content.c.at.desc(), _content.c.id.desc())
        .limit(_TAPS)
    )
    found: dict[str, Tapped] = {}
    for row in conn.execute(query):
        try:
            tap = vault.open(_inbound.name, row.id, row.sealed).get("tap")
        except (SealBroken, KeyMissing):
            continue  # one that does not open must not hide the others
        # The token counts within the conversation whose button it is; an old one may lie in another.
        if tap is not None and tap[0] == conversation.ref:
            found[row.content_id] = Tapped(token=tap[1], option=tap[2])
    return found


def _row_of(vault: Vault, row: Any) -> InboundRow:
    return InboundRow(
        id=row.id,
        event_key=row.event_key,
        kind=row.kind,
        occurred_at=row.occurred_at,
        received_at=row.received_at,
        content_id=row.content_id,
        message_id=row.message_id,
        payload=vault.open(_inbound.name, row.id, row.sealed),
        attempts=row.attempts,
    )
