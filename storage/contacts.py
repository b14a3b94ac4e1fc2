"""Tries to reach a customer outside the chat: calls, visits, letters, with the result of each.

Promise: a try is written down once and never altered; which results a channel knows, how often it is tried and for how
long it rests afterwards is decided here (``TryRules``) alone, so that the page, the import and the lists agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, insert, select, update

from storage.counters import insert_of
from storage.direct import Direct
from storage.encryption import Vault
from storage.tables import AnswerPromiseRow, ContactTryRow, table_of
from storage.universe import Universe

_try = table_of(ContactTryRow)
_promise = table_of(AnswerPromiseRow)


def _promise_statement(dialect: str) -> Any:
    put = insert_of(dialect, _promise)
    again = {name: put.excluded[name] for name in ("try_id", "remind_at", "settled_at", "outcome")}
    return put.on_conflict_do_update(index_elements=[_promise.c.case_id], set_=again)


_SAVE, _PROMISE = Direct(insert(_try)), Direct(_promise_statement)

PROMISED, REFUSED, DECEASED = "promised", "refused", "deceased"
#: Results of a letter that the post brought back (the words on its label).
RETURNED = ("returned_moved", "returned_unknown", "returned_refused", "returned_kept", "returned_other")

#: What may come of a try, by channel (domain: result codes of calls).
RESULTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "phone": (
            *(PROMISED, REFUSED, "family", "voicemail", "no_answer", "out_of_service", "wrong_person", "in_care"),
            DECEASED,
        ),
        "visit": (PROMISED, REFUSED, "family", "absent", "moved", "wrong_person", "in_care", DECEASED),
        "post": ("sent", *RETURNED),
    }
)
#: After these a channel leads nowhere any more, and the next one takes over.
NO_MORE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "phone": frozenset({"out_of_service", "wrong_person", "in_care"}),
        "visit": frozenset({"moved", "wrong_person"}),
    }
)
BEST_TIMES = ("morning", "noon", "afternoon", "evening", "weekend", "any")

#: A promise is for a day that people still remember.
LONGEST_PROMISE = timedelta(days=60)


_REST: Mapping[str, int] = MappingProxyType(
    {"no_answer": 1, "voicemail": 2, "family": 3, "absent": 3, "in_care": 30, "sent": 14}
)


@dataclass(frozen=True, kw_only=True)
class TryRules:
    """What a bank decides of its tries."""

    #: So often a channel is tried before the next one takes over.
    most: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({"phone": 3, "visit": 2}))
    #: Days of rest after a result, so that nobody is called twice a day; none where a channel may go on at once.
    rest: Mapping[str, int] = field(default_factory=lambda: _REST)

    def with_rest(self, days: Mapping[str, int]) -> TryRules:
        """With other days for some results; raises ``ValueError`` for what rests by itself, or never."""
        may_rest = {code for codes in RESULTS.values() for code in codes} - {PROMISED, REFUSED, DECEASED, *RETURNED}
        if unknown := sorted(days.keys() - may_rest):
            raise ValueError(f"names {', '.join(unknown)}, which is none of {', '.join(sorted(may_rest))}")
        return replace(self, rest=MappingProxyType({**self.rest, **days}))


SHIPPED_RULES = TryRules()


class BadTry(Exception):
    """The try cannot be written down; ``code`` names the sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        #: channel, result, promised_on, best_time, at
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Try:
    """One try."""

    case_id: str
    channel: str
    result: str
    at: datetime
    by: str
    promised_on: date | None = None
    best_time: str | None = None
    note: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class KeptTry:
    """A try as it was written down."""

    id: str
    channel: str
    result: str
    at: datetime
    by: str
    next_on: date | None
    promised_on: date | None
    best_time: str | None
    note: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Promise:
    """A reminder that a promise has set."""

    case_id: str
    try_id: str
    remind_at: datetime


def check_try(one: Try, *, today: date, now: datetime) -> None:
    """Raise ``BadTry`` where the parts do not fit together."""
    if one.channel not in RESULTS:
        raise BadTry("channel")
    if one.result not in RESULTS[one.channel]:
        raise BadTry("result")
    if one.at > now:
        raise BadTry("at")
    if one.best_time is not None and one.best_time not in BEST_TIMES:
        raise BadTry("best_time")
    promised = one.promised_on
    if (one.result == PROMISED) is not (promised is not None):
        raise BadTry("promised_on")
    if promised is not None and not today <= promised <= today + LONGEST_PROMISE:
        raise BadTry("promised_on")


def save_try(
    conn: Connection, vault: Vault, uni: Universe, one: Try, *, day: date, rules: TryRules = SHIPPED_RULES
) -> str:
    """Write a checked try down; ``day`` is the bank's day of it. Returns its id."""
    try_id = uni.new_id()
    values = {
        "id": try_id,
        **{name: getattr(one, name) for name in ("case_id", "channel", "result", "at", "by", "promised_on")},
        "best_time": one.best_time,
        "entered_at": uni.now(),
        "next_on": next_day(one, day, rules),
        "sealed": vault.seal(_try.name, try_id, {"note": one.note}) if one.note else None,
    }
    _SAVE.run(conn, values)
    return try_id


def next_day(one: Try, day: date, rules: TryRules) -> date | None:
    """From when on the customer may be tried again; nothing where at once, or never by this channel."""
    if one.promised_on is not None:
        return one.promised_on + timedelta(days=1)
    rest = rules.rest.get(one.result, 0)
    return day + timedelta(days=rest) if rest else None


def is_known_try(conn: Connection, one: Try) -> bool:
    """Whether a try by this channel at this moment has been written down."""
    here = (_try.c.case_id == one.case_id) & (_try.c.channel == one.channel) & (_try.c.at == one.at)
    return conn.execute(select(_try.c.id).where(here).limit(1)).first() is not None


def tries_of(conn: Connection, vault: Vault, case_id: str) -> list[KeptTry]:
    """The tries of a case, the latest first."""
    query = select(_try).where(_try.c.case_id == case_id).order_by(_try.c.at.desc(), _try.c.id.desc())
    return [_kept(vault, row) for row in conn.execute(query).mappings()]


def _kept(vault: Vault, row: Any) -> KeptTry:
    note = "" if row["sealed"] is None else str(vault.open(_try.name, row["id"], row["sealed"])["note"])
    names = [name for name in KeptTry.__dataclass_fields__ if name != "note"]
    return KeptTry(**{name: row[name] for name in names}, note=note)


# Promises -------------------------------------------------------------------------------------


def set_promise(conn: Connection, case_id: str, try_id: str, remind_at: datetime) -> None:
    """Remind the customer then; an earlier reminder of the case goes."""
    values = {"case_id": case_id, "try_id": try_id, "remind_at": remind_at, "settled_at": None, "outcome": None}
    _PROMISE.run(conn, values)


def due_promises(conn: Connection, now: datetime, limit: int) -> list[str]:
    """The cases whose reminder is due, the oldest first."""
    query = select(_promise.c.case_id).where(_promise.c.settled_at.is_(None), _promise.c.remind_at <= now)
    return list(conn.execute(query.order_by(_promise.c.remind_at).limit(limit)).scalars())


def load_promise(conn: Connection, case_id: str) -> Promise | None:
    """The reminder of a case that is still to come."""
    here = (_promise.c.case_id == case_id) & _promise.c.settled_at.is_(None)
    row = conn.execute(select(_promise).where(here)).first()
    return None if row is None else Promise(case_id=row.case_id, try_id=row.try_id, remind_at=row.remind_at)


def settle_promise(conn: Connection, uni: Universe, case_id: str, outcome: str) -> bool:
    """The reminder was sent, or is not needed any more; false where it was settled before."""
    here = (_promise.c.case_id == case_id) & _promise.c.settled_at.is_(None)
    return conn.execute(update(_promise).where(here).values(settled_at=uni.now(), outcome=outcome)).rowcount == 1


def put_off_promise(conn: Connection, case_id: str, until: datetime) -> None:
    """Try the reminder again later."""
    here = (_promise.c.case_id == case_id) & _promise.c.settled_at.is_(None)
    conn.execute(update(_promise).where(here).values(remind_at=until))
