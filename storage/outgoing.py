"""Messages to customers, from the turn that decided on them to the platform's answer.

Promise: messages of one conversation leave in order and one at a time, a message that was settled or
became uncertain never blocks the next, only the holder of the lease can settle a message, and a second
try carries exactly the messages of the first under the same retry key.

    pending -> leased -> sent | unknown | failed | dropped      leased -> pending (try again, or the lease ran out)
    pending -> cancelled (the conversation changed hands)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, insert, select, update

from dialogs.personal import Personal
from storage.content import save_content
from storage.direct import Direct
from storage.encryption import Vault
from storage.tables import AccountRow, ContentRow, ConversationRow, OutgoingRow as _OutgoingTable, table_of
from storage.tables.messages import OPEN_STATES
from storage.universe import Universe

_outgoing = table_of(_OutgoingTable)
_conversation = table_of(ConversationRow)
_account = table_of(AccountRow)
_content = table_of(ContentRow)
_INSERT = Direct(insert(_outgoing))


class _HasOutSeq(Protocol):
    """A conversation (storage.conversations), as far as a message needs it."""

    @property
    def id(self) -> str: ...
    @property
    def out_seq(self) -> int: ...


@dataclass(frozen=True, kw_only=True)
class OutgoingRow:
    """One message to send."""

    id: str
    seq: int
    #: question, notice, receipt, staff
    kind: str
    #: The ownership epoch under which it was written.
    epoch: int
    turn_id: str
    retry_key: str
    #: Tries, this one included.
    attempts: int
    reply_token: Personal | None
    reply_until: datetime | None
    #: Set where its last holder died between sending and recording, so that it may have gone out: how long
    #: that lease ran.
    interrupted_lease: datetime | None
    #: The message in whose place this one comes, and its id on the platform if it got there.
    replaces: str | None
    replaced_id: str | None
    #: The message as JSON.
    body: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class OutgoingBatch:
    """The messages of one conversation that go out in one call."""

    conversation_id: str
    ref: str
    channel: str
    user_id: Personal
    account_id: str
    #: Epoch and owner of the conversation at this moment.
    epoch_now: int
    owner_now: str
    #: active, blocked or standby, as far as we have heard.
    account_state: str
    #: The same for every try of these messages.
    retry_key: str
    #: Whether other people's batches have the same key, and leave in the same call.
    is_shared: bool
    messages: tuple[OutgoingRow, ...]


def insert_outgoing(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    *,
    conversation: _HasOutSeq,
    kind: str,
    body: Mapping[str, Any],
    turn_id: str,
    epoch: int,
    reply_token: Personal | None,
    reply_until: datetime | None,
    staff_id: str | None = None,
    token: str | None = None,
    replaces: str | None = None,
) -> str:
    """Store a message to send; its place is ``conversation.out_seq``.

    The caller raises ``out_seq`` by one before each call and saves the conversation in the same transaction.
    ``token`` and ``replaces`` belong to channels that can change a message (storage.keyboards).
    """
    content_id = save_content(conn, vault, uni, conversation.id, direction="out", body=body, staff_id=staff_id)
    outgoing_id = uni.new_id()
    values = new_row(
        uni,
        outgoing_id,
        conversation.id,
        seq=conversation.out_seq,
        kind=str(kind),
        content_id=content_id,
        turn_id=turn_id,
        epoch=epoch,
    )
    values |= {"token": token, "replaces": replaces, "reply_until": reply_until}
    if reply_token is not None:
        values["sealed"] = vault.seal(_outgoing.name, outgoing_id, {"reply_token": reply_token.reveal()})
    _INSERT.run(conn, values)
    return outgoing_id


def new_row(
    uni: Universe,
    outgoing_id: str,
    conversation_id: str,
    *,
    seq: int,
    kind: str,
    content_id: str,
    turn_id: str,
    epoch: int,
) -> dict[str, Any]:
    """The row of a new message that leaves as a push and takes nobody's place."""
    now = uni.now()
    return {
        "id": outgoing_id,
        "conversation_id": conversation_id,
        "seq": seq,
        "kind": kind,
        "state": "pending",
        "epoch": epoch,
        "turn_id": turn_id,
        "retry_key": uni.new_id(),
        "batch_key": None,
        "content_id": content_id,
        "due_at": now,
        "lease_owner": None,
        "lease_until": None,
        "attempts": 0,
        "provider_id": None,
        "token": None,
        "replaces": None,
        "detail": "",
        "reply_until": None,
        "created_at": now,
        "settled_at": None,
        "sealed": None,
    }


_SETTLE = Direct(
    update(_outgoing)
    .where(
        _outgoing.c.id == bindparam("wanted"),
        _outgoing.c.state == "leased",
        _outgoing.c.lease_owner == bindparam("holder"),
    )
    .values(
        state=bindparam("new_state"),
        settled_at=bindparam("now"),
        provider_id=bindparam("provider"),
        detail=bindparam("words"),
        lease_owner=None,
        lease_until=None,
        # A settled message needs no right to answer any more; that it left without one is what is paid for.
        sealed=None,
        reply_until=bindparam("free_until"),
    )
)


def ack_outgoing(
    conn: Connection,
    uni: Universe,
    ids: Sequence[str],
    *,
    owner: str,
    state: str,
    provider_ids: Sequence[str] = (),
    detail: str = "",
    free_until: datetime | None = None,
) -> int:
    """Settle messages (sent, unknown, failed, dropped) and return how many were still leased by ``owner``.

    ``free_until`` is the end of the reply token under which they left; without one they were pushed.
    """
    settled = 0
    now = uni.now()
    for place, outgoing_id in enumerate(ids):
        values = {
            "wanted": outgoing_id,
            "holder": owner,
            "new_state": state,
            "now": now,
            "provider": provider_ids[place] if place < len(provider_ids) else None,
            "words": detail[:500],
            "free_until": free_until,
        }
        settled += _SETTLE.run(conn, values)
    return settled


_AFTER = Direct(
    select(
        _conversation.c.epoch,
        select(_outgoing.c.id)
        .where(
            _outgoing.c.conversation_id == _conversation.c.id,
            _outgoing.c.state.in_(OPEN_STATES),
            _outgoing.c.state == "pending",
            _outgoing.c.due_at <= bindparam("now"),
        )
        .exists()
        .label("waits"),
    ).where(_conversation.c.id == bindparam("wanted"))
)


def epoch_and_waiting(conn: Connection, conversation_id: str, now: datetime) -> tuple[int, bool]:
    """The epoch of a conversation, and whether a message of it can be claimed, now that those before are settled."""
    found = _AFTER.first(conn, {"wanted": conversation_id, "now": now})
    return found.epoch, bool(found.waits)


def retry_outgoing(
    conn: Connection,
    ids: Sequence[str],
    *,
    owner: str,
    due_at: datetime,
    clear_reply: bool = False,
    detail: str = "",
) -> int:
    """Put leased messages back to be tried at ``due_at``; with ``clear_reply`` as a push, without the reply token."""
    values: dict[str, Any] = {"state": "pending", "due_at": due_at, "lease_owner": None, "lease_until": None}
    values["detail"] = detail[:500]
    if clear_reply:
        values |= {"sealed": None, "reply_until": None}
    mine = _outgoing.c.id.in_(list(ids)) & _held_by(owner)
    return conn.execute(update(_outgoing).where(mine).values(values)).rowcount


def _held_by(owner: str) -> Any:
    return (_outgoing.c.state == "leased") & (_outgoing.c.lease_owner == owner)


def cancel_outgoing(conn: Connection, conversation_id: str, epoch_below: int) -> int:
    """Cancel what was written under an older epoch and is not on its way yet; return how many."""
    old = (
        (_outgoing.c.conversation_id == conversation_id)
        & (_outgoing.c.epoch < epoch_below)
        & (_outgoing.c.state == "pending")
    )
    return conn.execute(update(_outgoing).where(old).values(state="cancelled", sealed=None)).rowcount


def next_due(conn: Connection) -> datetime | None:
    """When the next message is due, so that a sender knows how long it may sleep."""
    query = select(_outgoing.c.due_at).where(_outgoing.c.state == "pending").order_by(_outgoing.c.due_at).limit(1)
    due: datetime | None = conn.execute(query).scalar()
    return due


def all_settled(conn: Connection) -> bool:
    """Whether nothing waits to be sent and nothing is on its way."""
    return conn.execute(select(_outgoing.c.id).where(_outgoing.c.state.in_(OPEN_STATES)).limit(1)).first() is None
