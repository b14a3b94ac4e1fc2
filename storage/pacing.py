"""How fast messages may go out: one budget a platform and one a chat, shared by all processes.

Promise: however many senders there are, together they make no more calls than the platform takes, and not fewer;
a refusal ("too many requests") to one holds them all back, the chat it spoke of or, where a second chat is
refused as well, the whole channel.  It costs two or three statements in the transaction of a claim, never a
transaction of its own.

A budget is one time, up to which calls are paid for: a call moves it on by what it costs, and it may lie ahead of
the clock by as much as a burst costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, select, update

from storage.counters import insert_of
from storage.direct import Direct, among
from storage.tables import SendingPaceRow, table_of

_pace = table_of(SendingPaceRow)


def _paid_statement(dialect: str) -> Any:
    new: Any = insert_of(dialect, _pace)
    return new.on_conflict_do_update(index_elements=[_pace.c.key], set_={"paid_until": new.excluded.paid_until})


def _of_keys(dialect: str) -> Select[Any]:
    return select(_pace).where(among(dialect, _pace.c.key, "keys")).order_by(_pace.c.key)


_READ = Direct(_of_keys)
_LOCK = Direct(lambda dialect: _of_keys(dialect).with_for_update())
_MAKE = Direct(lambda dialect: insert_of(dialect, _pace).on_conflict_do_nothing())
_PAY = Direct(_paid_statement)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """The calls that a platform takes."""

    #: Of all chats together: the time of one call in the long run, and how many may come at once.
    each: timedelta
    burst: int
    #: Of one chat; ``None`` where the platform counts no chats.
    chat_each: timedelta | None
    chat_burst: int
    messages_per_call: int


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Messages that one chat waits for."""

    channel: str
    account_id: str
    messages: int


@dataclass(frozen=True, kw_only=True)
class Grant:
    """How many of the wished messages may go now; where the chat allows none, when it will."""

    messages: int
    chat_free_at: datetime | None = None


def exhausted(conn: Connection, now: datetime, paces: Mapping[str, Pace]) -> list[str]:
    """The channels that take no call at this moment."""
    if not paces:
        return []
    paid = _read(conn, list(paces))
    return [name for name, until in paid.items() if free_calls(until, now, paces[name].each, paces[name].burst) == 0]


def grant(conn: Connection, now: datetime, paces: Mapping[str, Pace], wishes: Sequence[Wish]) -> list[Grant]:
    """Take from the budgets what the wishes need, in their order, as far as it goes."""
    channels = sorted({wish.channel for wish in wishes if wish.channel in paces})
    chats = sorted({wish.account_id for wish in wishes if wish.channel in paces and paces[wish.channel].chat_each})
    # The channel's row is the lock over its chats as well: nobody else grants meanwhile.
    locked = _locked(conn, now, channels)
    paid = {**{key: row.paid_until for key, row in locked.items()}, **_read(conn, chats)}
    before = dict(paid)
    grants = []
    for wish in wishes:
        pace = paces.get(wish.channel)
        grants.append(Grant(messages=wish.messages) if pace is None else _grant(wish, pace, paid, now))
    _keep(conn, {key: until for key, until in paid.items() if before.get(key) != until})
    return grants


def _grant(wish: Wish, pace: Pace, paid: dict[str, datetime], now: datetime) -> Grant:
    calls = _calls(wish.messages, pace)
    all_free = free_calls(paid.get(wish.channel, now), now, pace.each, pace.burst)
    if pace.chat_each is not None:
        until = paid.get(wish.account_id, now)
        in_chat = free_calls(until, now, pace.chat_each, pace.chat_burst)
        if in_chat == 0:
            return Grant(messages=0, chat_free_at=until - (pace.chat_burst - 1) * pace.chat_each)
        calls = min(calls, in_chat, all_free)
        if calls:
            paid[wish.account_id] = max(until, now) + calls * pace.chat_each
    calls = min(calls, all_free)
    if calls:
        paid[wish.channel] = max(paid.get(wish.channel, now), now) + calls * pace.each
    return Grant(messages=min(wish.messages, calls * pace.messages_per_call))


def hold_back(conn: Connection, now: datetime, channel: str, account_id: str, pace: Pace, wait: timedelta) -> None:
    """The platform refused a call for being too fast: nobody calls before ``wait`` is over."""
    row = _locked(conn, now, [channel])[channel]
    until = now + wait
    second = row.refused not in (None, account_id) and row.refused_until is not None and row.refused_until > now
    keep = {channel: max(row.paid_until, until + (pace.burst - 1) * pace.each)} if second or not pace.chat_each else {}
    if pace.chat_each is not None:
        keep[account_id] = until + (pace.chat_burst - 1) * pace.chat_each
    _keep(conn, keep)
    refused = {"refused": account_id, "refused_until": until}
    conn.execute(update(_pace).where(_pace.c.key == channel).values(refused))


def _calls(messages: int, pace: Pace) -> int:
    return -(-messages // pace.messages_per_call)


def free_calls(paid_until: datetime, now: datetime, each: timedelta, burst: int) -> int:
    """How many calls may be made now."""
    return max(0, (now + burst * each - max(paid_until, now)) // each)


def _locked(conn: Connection, now: datetime, keys: Sequence[str]) -> dict[str, Any]:
    """The rows of ``keys``, made where there are none, held until the commit."""
    found = _LOCK.rows(conn, {"keys": list(keys)}) if keys else []
    if len(found) < len(keys):
        for key in keys:
            _MAKE.run(conn, {"key": key, "paid_until": now, "refused": None, "refused_until": None})
        found = _LOCK.rows(conn, {"keys": list(keys)})
    return {row.key: row for row in found}


def _read(conn: Connection, keys: Sequence[str]) -> dict[str, datetime]:
    return {row.key: row.paid_until for row in _READ.rows(conn, {"keys": list(keys)})} if keys else {}


def _keep(conn: Connection, paid: Mapping[str, datetime]) -> None:
    for key in sorted(paid):
        _PAY.run(conn, {"key": key, "paid_until": paid[key], "refused": None, "refused_until": None})
