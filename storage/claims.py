"""Which messages a sender may send now: the heads of conversations, leased, within the pace of their platform.

Promise: no two senders hold the same message, messages of one conversation are claimed in order, and a message
that waits for another one or for its platform costs nobody else a turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from dialogs.personal import Personal
from storage.content import open_content
from storage.direct import Direct, among
from storage.encryption import Vault
from storage.outgoing import OutgoingBatch, OutgoingRow
from storage.pacing import Pace, Wish, exhausted, grant
from storage.problems import KeyProblem
from storage.tables import AccountRow, ContentRow, ConversationRow, OutgoingRow as _OutgoingTable, table_of
from storage.tables.messages import OPEN_STATES
from storage.universe import Universe
from storage.unreadable import give_up_unreadable

#: Messages that one call to a platform carries.
BATCH = 5

_outgoing = table_of(_OutgoingTable)
_conversation = table_of(ConversationRow)
_account = table_of(AccountRow)
_content = table_of(ContentRow)

#: The kind of message that nobody waits for: an invitation, of which there may be thousands.
_UNASKED = "invitation"

#: No channel has a pace.
_UNHURRIED: Mapping[str, Pace] = MappingProxyType({})


def _heads_statement(*, but: bool = False, answers: bool = False) -> Any:
    """Due heads of conversations: the first open message, if no live lease holds it.

    All of them, or all ``but`` those of some channels; or those alone that somebody may be waiting for.
    """
    earlier = _outgoing.alias("earlier")
    blocked = select(earlier.c.id).where(
        earlier.c.conversation_id == _outgoing.c.conversation_id,
        earlier.c.seq < _outgoing.c.seq,
        earlier.c.state.in_(OPEN_STATES),
    )
    free = (_outgoing.c.state == "pending") | (_outgoing.c.lease_until <= bindparam("now"))
    heads = select(_outgoing.c.conversation_id, _outgoing.c.kind)
    if answers:
        heads = heads.where(_outgoing.c.kind != _UNASKED)
    if but:
        there = _conversation.join(_account, _account.c.id == _conversation.c.account_id)
        held = _account.c.channel.in_(bindparam("channels", expanding=True))
        its_own = _conversation.c.id == _outgoing.c.conversation_id
        heads = heads.where(~select(_conversation.c.id).select_from(there).where(its_own, held).exists())
    return (
        heads.where(_outgoing.c.state.in_(OPEN_STATES), _outgoing.c.due_at <= bindparam("now"), free, ~blocked.exists())
        .order_by(_outgoing.c.due_at, _outgoing.c.id)
        .limit(bindparam("heads"))
        # Another sender's heads are passed over instead of waited for.
        .with_for_update(skip_locked=True, key_share=True)
    )


def _followers_statement(dialect: str) -> Any:
    """The open messages of some conversations, with all that sending them needs."""
    # From where each conversation goes on; with a long backlog no more of it is read than one batch can hold.
    first = (
        select(_outgoing.c.conversation_id.label("conversation_id"), func.min(_outgoing.c.seq).label("seq"))
        .where(among(dialect, _outgoing.c.conversation_id, "conversations"), _outgoing.c.state.in_(OPEN_STATES))
        .group_by(_outgoing.c.conversation_id)
        .subquery("first")
    )
    replaced = _outgoing.alias("replaced")
    return (
        select(
            _outgoing,
            replaced.c.provider_id.label("replaced_id"),
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
        .outerjoin(replaced, replaced.c.id == _outgoing.c.replaces)
        .join(first, first.c.conversation_id == _outgoing.c.conversation_id)
        .where(_outgoing.c.seq.between(first.c.seq, first.c.seq + (BATCH - 1)), _outgoing.c.state.in_(OPEN_STATES))
        .order_by(_outgoing.c.conversation_id, _outgoing.c.seq)
    )


#: All of them, and those alone that somebody may be waiting for.
_HEADS = tuple(Direct(_heads_statement(answers=answers)) for answers in (False, True))
_OTHERS = tuple(_heads_statement(answers=answers, but=True) for answers in (False, True))
_FOLLOWERS = Direct(_followers_statement)
_LEASE = Direct(
    update(_outgoing)
    # Only what is still open: a hand-over may have cancelled a follower meanwhile.
    .where(_outgoing.c.id == bindparam("wanted"), _outgoing.c.state.in_(OPEN_STATES))
    .values(
        state="leased",
        lease_owner=bindparam("owner"),
        lease_until=bindparam("until"),
        attempts=_outgoing.c.attempts + 1,
        batch_key=bindparam("key"),
    )
)
_HOLD = (
    update(_outgoing)
    .where(_outgoing.c.id == bindparam("wanted"), _outgoing.c.state == "pending")
    .values(due_at=bindparam("at"), detail="paced")
)


def claim_outgoing(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    *,
    owner: str,
    lease: timedelta,
    limit: int,
    paces: Mapping[str, Pace] = _UNHURRIED,
) -> list[OutgoingBatch]:
    """Lease up to ``limit`` batches: the head of each due conversation and what follows it, up to ``BATCH``.

    No more than the platforms take at this moment (storage.pacing); the rest waits without a lease.
    """
    now = uni.now()
    heads = _due_heads(conn, now, limit, paces)
    if not heads:
        return []
    waiting: dict[str, list[Any]] = {}
    for row in _FOLLOWERS.rows(conn, {"conversations": heads}):
        waiting.setdefault(row.conversation_id, []).append(row)
    chosen = [_batch_of(waiting.get(conversation_id, []), now) for conversation_id in heads]
    _drop_erased(conn, [row.id for rows in chosen for row in rows if row.words is None], now)
    kept = [[row for row in rows if row.words is not None] for rows in chosen]
    kept = _in_pace(conn, now, paces, [rows for rows in kept if rows])
    batches: list[OutgoingBatch] = []
    for rows in filter(None, kept):
        key = rows[0].batch_key or rows[0].retry_key
        held = {"owner": owner, "until": now + lease, "key": key}
        mine = [row for row in rows if _LEASE.run(conn, {"wanted": row.id, **held})]
        try:
            batches += [_open_batch(vault, mine, key)] if mine else []
        except KeyProblem as problem:
            # The others are not held up.
            give_up_unreadable(conn, uni, mine, problem)
    return batches


def _due_heads(conn: Connection, now: datetime, limit: int, paces: Mapping[str, Pace]) -> list[str]:
    """The conversations whose next message may go now, those of a channel that takes no call left out."""
    wanted = {"now": now, "heads": limit}
    found = _look(conn, wanted)
    if channels := exhausted(conn, now, paces) if found else []:
        found = _look(conn, wanted, channels)
    if len(found) == limit and any(row.kind == _UNASKED for row in found):
        # More wait than can go now: who has asked for something comes before all who have not.
        found = [*_look(conn, wanted, channels, answers=True), *found]
    return list(dict.fromkeys(row.conversation_id for row in found))[:limit]


def _look(
    conn: Connection, wanted: Mapping[str, Any], but: Sequence[str] = (), *, answers: bool = False
) -> Sequence[Any]:
    if but:
        return conn.execute(_OTHERS[answers], {**wanted, "channels": but}).all()
    return _HEADS[answers].rows(conn, wanted)


def _in_pace(conn: Connection, now: datetime, paces: Mapping[str, Pace], batches: list[list[Any]]) -> list[list[Any]]:
    """What of the batches may go now; a chat that takes nothing yet is looked at again when it does."""
    if not paces:
        return batches
    wishes = [Wish(channel=rows[0].channel, account_id=rows[0].account_id, messages=len(rows)) for rows in batches]
    grants = grant(conn, now, paces, wishes)
    held = [(rows[0].id, one.chat_free_at) for rows, one in zip(batches, grants, strict=True) if one.chat_free_at]
    if held:
        conn.execute(_HOLD, [{"wanted": head, "at": at} for head, at in held])
    return [rows[: one.messages] for rows, one in zip(batches, grants, strict=True)]


def _drop_erased(conn: Connection, ids: list[str], now: datetime) -> None:
    """A message whose words were erased is not sent."""
    if ids:
        values = {"state": "dropped", "detail": "erased", "settled_at": now, "sealed": None}
        conn.execute(update(_outgoing).where(_outgoing.c.id.in_(ids)).values(values))


def _batch_of(rows: Sequence[Any], now: datetime) -> list[Any]:
    """The head and its followers: those of its first try again, or only such as were never tried.

    When a follower was due is not asked: the messages of one turn were written one after another, and a claim that
    took its time between two of them would part the turn, and with it the one free reply that all of them share.
    """
    if not rows:
        return []
    key = rows[0].batch_key
    batch: list[Any] = []
    for row in rows[:BATCH]:
        leased = row.state == "leased" and row.lease_until > now
        if leased or row.batch_key != key:
            break
        batch.append(row)
    return batch


def _open_batch(vault: Vault, rows: Sequence[Any], key: str) -> OutgoingBatch:
    head = rows[0]
    return OutgoingBatch(
        conversation_id=head.conversation_id,
        ref=head.ref,
        channel=head.channel,
        account_id=head.account_id,
        user_id=Personal(vault.open(_account.name, head.account_id, head.user)["user_id"]),
        epoch_now=head.epoch_now,
        owner_now=head.owner_now,
        account_state=head.account_state,
        retry_key=key,
        messages=tuple(_open_message(vault, row) for row in rows),
    )


def _open_message(vault: Vault, row: Any) -> OutgoingRow:
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
