"""How each outlet fares: its tries in a row that failed, and when the next one may be.

Promise: it stands in the store, so that several processes and restarts count together, and that the console, the
metrics and ``doctor`` say the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from storage.counters import insert_or
from storage.tables import OutletRow, table_of
from storage.universe import Universe

_outlet = table_of(OutletRow)

#: From so many failures in a row on a person has to look.
ALARM_AFTER = 5
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)
#: Of tries that are made at once or shortly after one another, those that fail within this time count as one: while the
#: other side starts anew, all of them do.
_TOGETHER = timedelta(seconds=15)


@dataclass(frozen=True, kw_only=True)
class Outlet:
    """One outlet."""

    name: str
    #: on, off, gone
    state: str
    #: Kinds of events, with commas between them.
    kinds: str
    failures: int
    not_before: datetime | None
    #: Why the last try failed: a code; empty where it went well.
    detail: str
    done_at: datetime | None

    @property
    def is_alarming(self) -> bool:
        """Whether a person has to look."""
        return self.state == "gone" or (self.state == "on" and self.failures >= ALARM_AFTER)


def load_outlet(conn: Connection, name: str) -> Outlet | None:
    """One outlet; ``None`` where it was never set up."""
    return next((one for one in list_outlets(conn) if one.name == name), None)


def list_outlets(conn: Connection) -> list[Outlet]:
    """All that were ever set up."""
    columns = [_outlet.c[name] for name in Outlet.__dataclass_fields__]
    return [Outlet(**row._mapping) for row in conn.execute(select(*columns).order_by(_outlet.c.name))]


def is_set_up(conn: Connection, name: str, address: str, kinds: Sequence[str] = ()) -> bool:
    """Whether ``set_up`` would change nothing."""
    row = conn.execute(select(_outlet).where(_outlet.c.name == name)).first()
    if row is None or not address:
        return not address and (row is None or row.state == "off")
    return row.state != "off" and (row.kinds, row.address_sha256) == (",".join(kinds), address_digest(address))


def set_up(conn: Connection, name: str, address: str, kinds: Sequence[str] = ()) -> None:
    """Bring an outlet into step with the settings; without an address it is off.

    What was learned of an address (that it fails, that it is gone) holds until there is another one.
    """
    if is_set_up(conn, name, address, kinds):
        return
    digest = address_digest(address)
    before = conn.execute(select(_outlet).where(_outlet.c.name == name)).first()
    values = {"state": "on" if address else "off", "kinds": ",".join(kinds), "address_sha256": digest}
    if before is not None and before.address_sha256 == digest and before.state == "gone":
        values["state"] = "gone"
    if before is None or before.address_sha256 != digest:
        values |= {"failures": 0, "not_before": None, "detail": ""}  # type: ignore[dict-item]
    first = insert_or(conn, _outlet).values({"failures": 0, "detail": "", **values, "name": name})
    conn.execute(first.on_conflict_do_update(index_elements=[_outlet.c.name], set_=values))


def address_digest(address: str) -> str:
    """By which an address is known again; user names stay out of the tables."""
    return hashlib.sha256(address.encode()).hexdigest()


def note_success(conn: Connection, uni: Universe, name: str, *, turn_on: bool = False) -> bool:
    """It worked, with ``turn_on`` also where it was gone; whether a person had to look until now."""
    query = select(_outlet.c.failures).where(_outlet.c.name == name).with_for_update()
    failures = int(conn.execute(query).scalar() or 0)
    values = {"state": "on", "failures": 0, "not_before": None, "detail": "", "done_at": uni.now()}
    # What was on its way when the other side closed does not open it again.
    here = (_outlet.c.name == name) & (_outlet.c.state.in_(("on", "gone") if turn_on else ("on",)))
    conn.execute(update(_outlet).where(here).values(values))
    return failures >= ALARM_AFTER


def note_failure(conn: Connection, uni: Universe, name: str, detail: str) -> Outlet:
    """It failed, for the reason with this code; the next try waits twice as long as the last one did."""
    query = select(_outlet.c.failures).where(_outlet.c.name == name).with_for_update()
    failures = int(conn.execute(query).scalar() or 0) + 1
    values = {"failures": failures, "not_before": uni.now() + _wait_after(failures), "detail": detail}
    conn.execute(update(_outlet).where(_outlet.c.name == name, _outlet.c.state == "on").values(values))
    found = load_outlet(conn, name)
    assert found is not None
    return found


def note_failure_of_many(conn: Connection, uni: Universe, name: str, detail: str) -> Outlet | None:
    """The same where many tries are made at once; ``None`` where it counts as one with a failure just before."""
    query = select(_outlet.c.failures, _outlet.c.not_before).where(_outlet.c.name == name).with_for_update()
    before = conn.execute(query).first()
    if before is not None and before.failures and before.not_before is not None:
        counted_at = before.not_before - _wait_after(before.failures)
        if uni.now() < counted_at + _TOGETHER:
            return None
    return note_failure(conn, uni, name, detail)


def _wait_after(failures: int) -> timedelta:
    times: int = 2 ** min(failures - 1, 10)
    return min(_FIRST_WAIT * times, _LONGEST_WAIT)


def note_gone(conn: Connection, name: str) -> bool:
    """The other side said that it is to be left alone; true the first time."""
    here = (_outlet.c.name == name) & (_outlet.c.state == "on")
    return conn.execute(update(_outlet).where(here).values(state="gone", detail="gone")).rowcount == 1
