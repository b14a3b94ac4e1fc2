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
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Row, bindparam, func, insert, literal_column, select, update

from dialogs.personal import Personal
from storage.content import open_content, save_content
from storage.encryption import Vault
from storage.problems import KeyProblem
from storage.tables import AccountRow, ContentRow, ConversationRow, OutgoingRow as _OutgoingTable, table_of
from storage.universe import Universe
from storage.unreadable import give_up_unreadable

#: Messages that one call to a platform carries.
BATCH = 5

_outgoing = table_of(_OutgoingTable)
_conversation = table_of(ConversationRow)
_account = table_of(AccountRow)
_content = table_of(ContentRow)
_insert = insert(_outgoing)

#: Written out: SQLite uses the index over open messages only where it can read the states in the statement.
_OPEN: tuple[ColumnElement[str], ...] = (literal_column("'pending'"), literal_column("'leased'"))


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
    #: Epoch and owner of the conversation at this moment.
    epoch_now: int
    owner_now: str
    #: active, blocked or standby, as far as we have heard.
    account_state: str
    #: The same for every try of these messages.
    retry_key: str
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
    now = uni.now()
    sealed = None
    if reply_token is not None:
        sealed = vault.seal(_outgoing.name, outgoing_id, {"reply_token": reply_token.reveal()})
    values = {
        "id": outgoing_id,
        "conversation_id": conversation.id,
        "seq": conversation.out_seq,
        "kind": str(kind),
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
        "token": token,
        "replaces": replaces,
        "detail": "",
        "reply_until": reply_until,
        "created_at": now,
        "settled_at": None,
        "sealed": sealed,
    }
    conn.execute(_insert, values)
    return outgoing_id


def _heads_statement() -> Any:
    """Due heads of conversations: the first open message, if no live lease holds it."""
    earlier = _outgoing.alias("earlier")
    blocked = select(earlier.c.id).where(
        earlier.c.conversation_id == _outgoing.c.conversation_id,
        earlier.c.seq < _outgoing.c.seq,
        earlier.c.state.in_(_OPEN),
    )
    free = (_outgoing.c.state == "pending") | (_outgoing.c.lease_until <= bindparam("now"))
    return (
        select(_outgoing.c.conversation_id)
        .where(_outgoing.c.state.in_(_OPEN), _outgoing.c.due_at <= bindparam("now"), free, ~blocked.exists())
        .order_by(_outgoing.c.due_at, _outgoing.c.id)
        .limit(bindparam("heads"))
        # Another sender's heads are passed over instead of waited for.
        .with_for_update(skip_locked=True, key_share=True)
    )


_HEADS = _heads_statement()
#: From where each conversation goes on; with a long backlog no more of it is read than one batch can hold.
_FIRST = (
    select(_outgoing.c.conversation_id.label("conversation_id"), func.min(_outgoing.c.seq).label("seq"))
    .where(
        _outgoing.c.conversation_id.in_(bindparam("conversations", expanding=True)),
        _outgoing.c.state.in_(_OPEN),
    )
    .group_by(_outgoing.c.conversation_id)
    .subquery("first")
)
_replaced = _outgoing.alias("replaced")
_FOLLOWERS = (
    select(
        _outgoing,
        _replaced.c.provider_id.label("replaced_id"),
        _content.c.sealed.label("words"),
        _conversation.c.ref,
        _conversation.c.epoch.label("epoch_now"),
        _conversation.c.owner.label("owner_now"),
        _conversation.c.account_id,
        _account.c.channel,
        _account.c.state.label("account_state"),
        _account.c.sealed.label("user"),
    )
    .join(_content, _content.c.id == _outgoing.c.content_id)
    .join(_conversation, _conversation.c.id == _outgoing.c.conversation_id)
    .join(_account, _account.c.id == _conversation.c.account_id)
    .outerjoin(_replaced, _replaced.c.id == _outgoing.c.replaces)
    .join(_FIRST, _FIRST.c.conversation_id == _outgoing.c.conversation_id)
    .where(_outgoing.c.seq.between(_FIRST.c.seq, _FIRST.c.seq + BATCH - 1), _outgoing.c.state.in_(_OPEN))
    .order_by(_outgoing.c.conversation_id, _outgoing.c.seq)
)
_LEASE = (
    update(_outgoing)
    .where(_outgoing.c.id.in_(bindparam("ids", expanding=True)), _outgoing.c.state.in_(_OPEN))
    .values(
        state="leased",
        lease_owner=bindparam("owner"),
        lease_until=bindparam("until"),
        attempts=_outgoing.c.attempts + 1,
    )
    .returning(_outgoing.c.id)
)
_KEEP_KEY = update(_outgoing).where(_outgoing.c.id == bindparam("wanted")).values(batch_key=bindparam("key"))


def claim_outgoing(
    conn: Connection, vault: Vault, uni: Universe, *, owner: str, lease: timedelta, limit: int
) -> list[OutgoingBatch]:
    """Lease up to ``limit`` batches: the head of each due conversation and what follows it, up to ``BATCH``."""
    now = uni.now()
    heads = list(conn.execute(_HEADS, {"now": now, "heads": limit}).scalars())
    if not heads:
        return []
    waiting: dict[str, list[Row[Any]]] = {}
    for row in conn.execute(_FOLLOWERS, {"conversations": heads}):
        waiting.setdefault(row.conversation_id, []).append(row)
    chosen = [_batch_of(waiting.get(conversation_id, []), now) for conversation_id in heads]
    _drop_erased(conn, [row.id for rows in chosen for row in rows if row.words is None], now)
    kept = [[row for row in rows if row.words is not None] for rows in chosen]
    ids = [row.id for rows in kept for row in rows]
    # Only what is still open: a hand-over may have cancelled a follower meanwhile.
    held = set(conn.execute(_LEASE, {"ids": ids, "owner": owner, "until": now + lease}).scalars())
    mine = [[row for row in rows if row.id in held] for rows in kept]
    keyed = [(rows, rows[0].batch_key or rows[0].retry_key) for rows in mine if rows]
    first_tries = [{"wanted": row.id, "key": key} for rows, key in keyed for row in rows if row.batch_key is None]
    if first_tries:
        conn.execute(_KEEP_KEY, first_tries)
    batches: list[OutgoingBatch] = []
    for rows, key in keyed:
        try:
            batches.append(_open_batch(vault, rows, key))
        except KeyProblem as problem:
            # The others are not held up.
            give_up_unreadable(conn, uni, rows, problem)
    return batches


def _drop_erased(conn: Connection, ids: list[str], now: datetime) -> None:
    """A message whose words were erased is not sent."""
    if ids:
        values = {"state": "dropped", "detail": "erased", "settled_at": now, "sealed": None}
        conn.execute(update(_outgoing).where(_outgoing.c.id.in_(ids)).values(values))


def _batch_of(rows: Sequence[Row[Any]], now: datetime) -> list[Row[Any]]:
    """The head and its followers: those of its first try again, or only such as were never tried."""
    if not rows:
        return []
    key = rows[0].batch_key
    batch: list[Row[Any]] = []
    for row in rows[:BATCH]:
        leased = row.state == "leased" and row.lease_until > now
        if leased or row.batch_key != key or (key is None and row.due_at > now):
            break
        batch.append(row)
    return batch


def _open_batch(vault: Vault, rows: Sequence[Row[Any]], key: str) -> OutgoingBatch:
    head = rows[0]
    return OutgoingBatch(
        conversation_id=head.conversation_id,
        ref=head.ref,
        channel=head.channel,
        user_id=Personal(vault.open(_account.name, head.account_id, head.user)["user_id"]),
        epoch_now=head.epoch_now,
        owner_now=head.owner_now,
        account_state=head.account_state,
        retry_key=key,
        messages=tuple(_open_message(vault, row) for row in rows),
    )


def _open_message(vault: Vault, row: Row[Any]) -> OutgoingRow:
    token = None if row.sealed is None else Personal(vault.open(_outgoing.name, row.id, row.sealed)["reply_token"])
    return OutgoingRow(
        id=row.id,
        seq=row.seq,
        kind=row.kind,
        epoch=row.epoch,
        turn_id=row.turn_id,
        retry_key=row.retry_key,
        attempts=row.attempts + 1,
        reply_token=token,
        reply_until=row.reply_until,
        interrupted_lease=row.lease_until if row.state == "leased" else None,
        replaces=row.replaces,
        replaced_id=row.replaced_id,
        body=open_content(vault, row.content_id, row.words),
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
) -> int:
    """Settle messages (sent, unknown, failed, dropped) and return how many were still leased by ``owner``."""
    settled = 0
    now = uni.now()
    for place, outgoing_id in enumerate(ids):
        values = {
            "state": state,
            "settled_at": now,
            "provider_id": provider_ids[place] if place < len(provider_ids) else None,
            "detail": detail[:500],
            "lease_owner": None,
            "lease_until": None,
            # A settled message needs no right to answer any more.
            "sealed": None,
        }
        mine = (_outgoing.c.id == outgoing_id) & _held_by(owner)
        settled += conn.execute(update(_outgoing).where(mine).values(values)).rowcount
    return settled


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
    return conn.execute(select(_outgoing.c.id).where(_outgoing.c.state.in_(_OPEN)).limit(1)).first() is None
