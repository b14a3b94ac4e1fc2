"""The demo's clock, which can be moved ahead: by some minutes, an hour, a day, to the evening, to the next morning.

Promise: bot, console and platforms live by the one clock of the demo's universe.  What falls due on the way happens
at its own moment and in its order, as if the time had passed: the clock goes from one such moment to the next, and at
each what is due is done and sent before it goes on.  It never goes back, as no time of a store does.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, select, update

from bot.office_hours import OfficeHours
from bot.simulator.stage.mortal import MortalBot
from storage.tables import (
    AnswerPromiseRow,
    CampaignMemberRow,
    ConversationSnoozeRow,
    HandOverRow,
    NotificationRow,
    OutgoingRow,
    StaffSessionRow,
    table_of,
)
from storage.tables.messages import OPEN_STATES
from storage.universe import ShiftedUniverse

_outgoing, _session = table_of(OutgoingRow), table_of(StaffSessionRow)
#: What is done at a moment that stands in the store.
_MOMENTS = (
    table_of(HandOverRow).c.due_at,
    _outgoing.c.due_at,
    _outgoing.c.lease_until,
    table_of(CampaignMemberRow).c.due_at,
    table_of(AnswerPromiseRow).c.remind_at,
    table_of(ConversationSnoozeRow).c.until,
    table_of(NotificationRow).c.due_at,
)
#: So many moments are stopped at; a message that is put off again and again would make it hundreds.
_MOST_STOPS = 120
#: Rounds of chores at one moment.
_MOST_ROUNDS = 20
#: Seconds that a moment waits for the platforms, and all moments of a jump together.
_PATIENCE, _PATIENCE_IN_ALL = 1.0, 8.0
_LOOK_EVERY = 0.02
#: For so long somebody is there when the demo begins; a while after they came.
_AT_LEAST, _AFTER_OPENING = timedelta(hours=3), timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


class Jump(StrEnum):
    """How far the clock is moved."""

    MINUTES = "minutes"
    HOUR = "hour"
    DAY = "day"
    #: To the next moment at which nobody is there.
    CLOSED = "closed"
    #: To the next moment at which somebody is.
    OPEN = "open"


_LENGTHS = {Jump.MINUTES: timedelta(minutes=5), Jump.HOUR: timedelta(hours=1), Jump.DAY: timedelta(days=1)}


def begin_in_office_hours(universe: ShiftedUniverse, office: OfficeHours) -> None:
    """Let a demo begin while somebody is there for a while, whenever it is started."""
    now = universe.now()
    if not (office.is_open(now) and office.is_open(now + _AT_LEAST)):
        universe.advance_to(office.day_promised(now) + _AFTER_OPENING)


@dataclass(frozen=True)
class Time:
    """What the clock shows."""

    now: datetime
    ahead: timedelta
    is_open: bool


class Clock:
    """The buttons of the clock."""

    def __init__(self, universe: ShiftedUniverse, bot: MortalBot) -> None:
        self._universe = universe
        self._bot = bot
        self._database = bot.database
        self._office = bot.settings.office
        self._moving = asyncio.Lock()

    @property
    def time(self) -> Time:
        now = self._universe.now()
        return Time(now, self._universe.ahead, self._office.is_open(now))

    async def jump(self, jump: Jump) -> None:
        """Move the clock and let happen what happens until then."""
        async with self._moving:
            begin = self._universe.now()
            target = self._target(jump, begin)
            # Who is signed in did not sit there all the while: it is the clock that moves.
            await self._database.transact(lambda conn: _stay_signed_in(conn, target - begin))
            patience = _PATIENCE_IN_ALL
            for _ in range(_MOST_STOPS):
                patience -= await self._do_what_is_due(min(patience, _PATIENCE))
                now = self._universe.now()
                moment = await self._database.read(lambda conn: self._next_moment(conn, now, target))  # noqa: B023
                if moment is None:
                    break
                self._universe.advance_to(moment)
            self._universe.advance_to(target)
            await self._do_what_is_due(_PATIENCE)

    def _target(self, jump: Jump, now: datetime) -> datetime:
        if jump in _LENGTHS:
            return now + _LENGTHS[jump]
        if jump is Jump.OPEN:
            return self._office.next_opening(now)
        return now if not self._office.is_open(now) else self._closing(now) + _MINUTE

    def _closing(self, now: datetime) -> datetime:
        hours = self._office.hours
        assert hours is not None, "somebody is always there"
        return datetime.combine(now.astimezone(self._office.zone).date(), hours[1], self._office.zone)

    def _next_moment(self, conn: Connection, now: datetime, target: datetime) -> datetime | None:
        found: list[datetime] = []
        for column in _MOMENTS:
            soon = (column > now) & (column < target)
            if column.table is _outgoing:
                soon &= _outgoing.c.state.in_(OPEN_STATES)
            moment = conn.execute(select(column).where(soon).order_by(column).limit(1)).scalar()
            found += [] if moment is None else [moment]
        return min(found, default=None)

    async def _do_what_is_due(self, patience: float) -> float:
        """The chores of this moment, and the messages that they lead to; how long these were waited for."""
        if not self._bot.is_alive:
            return 0.0
        for _ in range(_MOST_ROUNDS):
            if not await asyncio.to_thread(self._bot.service.chores.tick):
                break
        if self._bot.service.notifier is not None:
            await self._bot.service.notifier.send_due()
        self._bot.service.sender.wake()
        waited = 0.0
        while waited < patience and await self._database.read(self._is_to_be_sent):
            await asyncio.sleep(_LOOK_EVERY)
            waited += _LOOK_EVERY
        return waited

    def _is_to_be_sent(self, conn: Connection) -> bool:
        due = _outgoing.c.state.in_(OPEN_STATES) & (_outgoing.c.due_at <= self._universe.now())
        return conn.execute(select(_outgoing.c.id).where(due).limit(1)).first() is not None


def _stay_signed_in(conn: Connection, by: timedelta) -> None:
    for row in conn.execute(select(_session.c.id, _session.c.idle_until, _session.c.absolute_until)).all():
        later = {"idle_until": row.idle_until + by, "absolute_until": row.absolute_until + by}
        conn.execute(update(_session).where(_session.c.id == row.id).values(later))
