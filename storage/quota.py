"""The monthly allowance of a platform, as it was last heard of: for gauges, ``doctor`` and the alarm.

Promise: whichever process heard it, an alarm is due exactly once for each threshold and month.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from storage.counters import insert_or
from storage.direct import Direct
from storage.tables import ChannelQuotaRow, table_of
from storage.universe import Universe

_quota = table_of(ChannelQuotaRow)

#: Per cent of the allowance at which somebody has to hear of it.
ALARMS = (80, 100)


@dataclass(frozen=True, kw_only=True)
class Quota:
    """One platform's allowance."""

    channel: str
    #: Messages a month; ``None`` where there is no limit.
    allowed: int | None
    used: int
    asked_at: datetime
    #: Since when messages are refused for it.
    refused_at: datetime | None

    @property
    def is_used_up(self) -> bool:
        return self.refused_at is not None or (self.allowed is not None and self.used >= self.allowed)


_HEARD = Direct(select(*(_quota.c[name] for name in Quota.__dataclass_fields__)).order_by(_quota.c.channel))


def load_quotas(conn: Connection) -> list[Quota]:
    """What was last heard, by channel."""
    return [Quota(**row._asdict()) for row in _HEARD.rows(conn, {})]


def note_quota(conn: Connection, uni: Universe, channel: str, *, allowed: int | None, used: int) -> int:
    """Keep what the platform says; returns the alarm that is now due (80, 100), or 0."""
    before = conn.execute(select(_quota.c.alarm).where(_quota.c.channel == channel).with_for_update()).scalar()
    reached = max((level for level in ALARMS if allowed is not None and used * 100 >= allowed * level), default=0)
    values = {"allowed": allowed, "used": used, "alarm": reached, "asked_at": uni.now()}
    if reached < max(ALARMS):
        values["refused_at"] = None  # a new month, or a larger plan
    _save(conn, channel, values)
    return reached if reached > (before or 0) else 0


def note_refusal(conn: Connection, uni: Universe, channel: str) -> bool:
    """A message was refused for the allowance; true the first time."""
    first = (_quota.c.channel == channel) & _quota.c.refused_at.is_(None)
    if conn.execute(update(_quota).where(first).values(refused_at=uni.now(), alarm=max(ALARMS))).rowcount:
        return True
    if conn.execute(select(_quota.c.channel).where(_quota.c.channel == channel)).first() is not None:
        return False
    values = {"allowed": None, "used": 0, "alarm": max(ALARMS), "asked_at": uni.now(), "refused_at": uni.now()}
    _save(conn, channel, values)
    return True


def _save(conn: Connection, channel: str, values: Mapping[str, object]) -> None:
    first = insert_or(conn, _quota).values({"refused_at": None, **values, "channel": channel})
    conn.execute(first.on_conflict_do_update(index_elements=[_quota.c.channel], set_=values))
