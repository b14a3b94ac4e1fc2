"""Which messages a sender may send now: the heads of conversations, leased, within the pace of their platform.

Promise: no two senders hold the same message, messages of one conversation are claimed in order, and a message
that waits for another one or for its platform costs nobody else a turn.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from dialogs.personal import Personal
from storage.content import open_content
from storage.direct import Direct, among
from storage.encryption import Vault
from storage.outgoing import OutgoingBatch, OutgoingRow
from storage.pacing import Pace, exhausted, grant
from storage.problems import KeyProblem
from storage.sending.alike import (
    LEASED,
    NOBODY_SHARES,
    Batch,
    companions,
    in_calls,
    is_shared,
    lease_call,
    to_many,
    wish_of,
)
from storage.sending.crowd import ADDRESSED, hold_crowd
from storage.sending.order import is_first
from storage.tables import AccountRow, ContentRow, ConversationRow, OutgoingRow as _OutgoingTable, table_of
from storage.tables.messages import OPEN_STATES, UNASKED
from storage.universe import Universe
from storage.unreadable import give_up_unreadable

#: Messages that one call to a platform carries.
BATCH = 5

_outgoing = table_of(_OutgoingTable)
_conversation = table_of(ConversationRow)
_account = table_of(AccountRow)
_content = table_of(ContentRow)

#: No channel has a pace.
_UNHURRIED: Mapping[str, Pace] = MappingProxyType({})


def _heads_statement(dialect: str, *, but: bool, answers: bool) -> Any:
    """Due heads of conversations: the first open message, if no live lease holds it.

    All of them, or all ``but`` those of some channels and those that nobody waits for of some others; or those alone
    that somebody may be waiting for.
    """
    free = (_outgoing.c.state == "pending") | (_outgoing.c.lease_until <= bindparam("now"))
    heads = select(_outgoing.c.conversation_id, _outgoing.c.kind)
    if answers:
        heads = heads.where(_outgoing.c.kind != UNASKED)
    if but:
        there = _conversation.join(_account, _account.c.id == _conversation.c.account_id)
        unasked = (_outgoing.c.kind == UNASKED) & among(dialect, _account.c.channel, "unasked")
        held = among(dialect, _account.c.channel, "channels") | unasked
        its_own = _conversation.c.id == _outgoing.c.conversation_id
        heads = heads.where(~select(_conversation.c.id).select_from(there).where(its_own, held).exists())
    return (
        heads.where(_outgoing.c.state.in_(OPEN_STATES), _outgoing.c.due_at <= bindparam("now"), free)
        .where(is_first(dialect))
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
            *ADDRESSED,
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
_HEADS = tuple(Direct(partial(_heads_statement, but=False, answers=answers)) for answers in (False, True))
_OTHERS = tuple(Direct(partial(_heads_statement, but=True, answers=answers)) for answers in (False, True))
_FOLLOWERS = Direct(_followers_statement)
_LEASE = Direct(
    update(_outgoing)
    # Only what is still open: a hand-over may have cancelled a follower meanwhile.
    .where(_outgoing.c.id == bindparam("wanted"), _outgoing.c.state.in_(OPEN_STATES))
    .values(LEASED)
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
    people_per_call: Mapping[str, int] = NOBODY_SHARES,
    apart: Collection[str] = (),
    crowd: int = 0,
    answers_only: bool = False,
) -> list[OutgoingBatch]:
    """Lease up to ``limit`` batches: the head of each due conversation and what follows it, up to ``BATCH``.

    No more than the platforms take at this moment (storage.pacing); the rest waits without a lease.  Where a call takes
    several people those of the same message share one (storage.sending.alike), but for the accounts ``apart``; up to
    ``crowd`` people in such calls come on top of the limit.  ``answers_only``: what somebody may be waiting for.
    """
    now = uni.now()
    heads, full = _due_heads(conn, now, limit, paces, answers_only=answers_only)
    if not heads:
        return []
    together: list[Batch] = []
    if any(row.kind == UNASKED for row in heads):
        sharing = [name for name in people_per_call if name not in full and to_many(name) not in full]
        together = [[row] for row in hold_crowd(conn, sharing, now, crowd)]
    in_crowd = {row.conversation_id for (row,) in together}
    heads = [row.conversation_id for row in heads if row.conversation_id not in in_crowd]
    chosen = _chosen(conn, list(dict.fromkeys(heads)), now)
    others, taken = companions(conn, chosen, now)
    if taken:
        chosen = [rows for rows in chosen if rows[0].batch_key not in taken]
    if others:
        chosen += _chosen(conn, others, now)
    _drop_erased(conn, [row.id for rows in chosen for row in rows if row.words is None], now)
    kept = [[row for row in rows if row.words is not None] for rows in chosen]
    calls = in_calls(vault, [rows for rows in (*kept, *together) if rows], people_per_call, apart)
    batches: list[OutgoingBatch] = []
    for call in _in_pace(conn, now, paces, _few(calls, limit, in_crowd)):
        if is_shared(call):
            key = lease_call(conn, uni, call, owner=owner, until=now + lease)
            batches += _opened_call(conn, vault, uni, [rows[0] for rows in call], key)
            continue
        (rows,) = call
        key = rows[0].batch_key or rows[0].retry_key
        held = {"owner": owner, "until": now + lease, "key": key}
        batches += _opened(conn, vault, uni, [row for row in rows if _LEASE.run(conn, {"wanted": row.id, **held})], key)
    return batches


def _few(calls: Sequence[list[Batch]], limit: int, in_crowd: Collection[str]) -> list[list[Batch]]:
    """The calls without those of a crowd that take one person each after all, where these are too many."""
    room = limit - sum(call[0][0].conversation_id not in in_crowd for call in calls if not is_shared(call))
    few = []
    for call in calls:
        if not is_shared(call) and call[0][0].conversation_id in in_crowd:
            room -= 1
            if room < 0:
                continue
        few.append(call)
    return few


def _chosen(conn: Connection, conversations: Sequence[str], now: datetime) -> list[Batch]:
    """The batch of each conversation that has one."""
    waiting: dict[str, list[Any]] = {}
    for row in _FOLLOWERS.rows(conn, {"conversations": list(conversations)}):
        waiting.setdefault(row.conversation_id, []).append(row)
    batches = (_batch_of(waiting.get(conversation_id, []), now) for conversation_id in conversations)
    return [rows for rows in batches if rows]


def _opened(conn: Connection, vault: Vault, uni: Universe, rows: Sequence[Any], key: str) -> list[OutgoingBatch]:
    """Leased rows as a batch; where they do not open, the others are not held up."""
    try:
        return [_batch(vault, rows[0], key, [_open_message(vault, row) for row in rows])] if rows else []
    except KeyProblem as problem:
        give_up_unreadable(conn, uni, rows, problem)
        return []


def _opened_call(conn: Connection, vault: Vault, uni: Universe, rows: Sequence[Any], key: str) -> list[OutgoingBatch]:
    """The leased messages of a call, each as a batch; all have the words of the first that opens."""
    batches: list[OutgoingBatch] = []
    body: dict[str, Any] | None = None
    for row in rows:
        try:
            body = open_content(vault, row.content_id, row.words) if body is None else body
            batches.append(_batch(vault, row, key, [_message(row, None, body)], shared=True))
        except KeyProblem as problem:
            give_up_unreadable(conn, uni, [row], problem)
    return batches


def _due_heads(
    conn: Connection, now: datetime, limit: int, paces: Mapping[str, Pace], *, answers_only: bool
) -> tuple[list[Any], list[str]]:
    """The conversations whose next message may go now, those of a channel that takes no call left out; and these."""
    wanted = {"now": now, "heads": limit}
    found = _look(conn, wanted, answers=answers_only)
    full = exhausted(conn, now, paces) if found else []
    if full:
        found = _look(conn, wanted, full, answers=answers_only)
    if len(found) == limit and any(row.kind == UNASKED for row in found):
        # More wait than can go now: who has asked for something comes before all who have not.
        found = [*_look(conn, wanted, full, answers=True), *found]
    return list({row.conversation_id: row for row in found}.values())[:limit], full


def _look(
    conn: Connection, wanted: Mapping[str, Any], full: Sequence[str] = (), *, answers: bool = False
) -> Sequence[Any]:
    if full:
        unasked = [name.removesuffix(to_many("")) for name in full if name.endswith(to_many(""))]
        return _OTHERS[answers].rows(conn, {**wanted, "channels": list(full), "unasked": unasked})
    return _HEADS[answers].rows(conn, wanted)


def _in_pace(
    conn: Connection, now: datetime, paces: Mapping[str, Pace], calls: Sequence[list[Batch]]
) -> list[list[Batch]]:
    """What of the calls may go now; a chat that takes nothing yet is looked at again when it does."""
    if not paces:
        return list(calls)
    grants = grant(conn, now, paces, [wish_of(call) for call in calls])
    held = [(call[0][0].id, one.chat_free_at) for call, one in zip(calls, grants, strict=True) if one.chat_free_at]
    if held:
        conn.execute(_HOLD, [{"wanted": head, "at": at} for head, at in held])
    may_go = [(call, one.messages) for call, one in zip(calls, grants, strict=True) if one.messages]
    return [call if is_shared(call) else [call[0][:messages]] for call, messages in may_go]


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


def _batch(
    vault: Vault, head: Any, key: str, messages: Sequence[OutgoingRow], *, shared: bool = False
) -> OutgoingBatch:
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
        is_shared=shared,
        messages=tuple(messages),
    )


def _open_message(vault: Vault, row: Any) -> OutgoingRow:
    token = None if row.sealed is None else Personal(vault.open(_outgoing.name, row.id, row.sealed)["reply_token"])
    return _message(row, token, open_content(vault, row.content_id, row.words))


def _message(row: Any, token: Personal | None, body: dict[str, Any]) -> OutgoingRow:
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
        body=body,
    )
