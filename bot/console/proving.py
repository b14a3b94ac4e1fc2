"""How somebody proves who he is: the password, what failures cost, and the session that is begun for it.

Promise: every failure is counted, by account and by address, before it is answered; a failure of either kind gets
one answer after one time; and what was counted is forgotten only once all that is asked for was shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from bot.buckets import Buckets
from bot.console.context import MOUNT, Visit
from bot.console.door import ABSOLUTE, IDLE
from bot.console.visitors import network_of
from storage import audit, staff
from storage.staff import StaffMember

log = structlog.get_logger("kakunin.console")

#: After so many failures the account rests for so long.
FAILURES = 5
LOCK = timedelta(minutes=15)
#: Failures of one network address: a branch behind one address mistypes, a machine that guesses goes on and on.
FAILURES_OF_ADDRESS = 20
_ADDRESS_RESTS = timedelta(minutes=1)


def departures_by_address(now: Callable[[], datetime]) -> Buckets:
    """How often one address may set out for the provider: a branch at nine o'clock, then one a second."""
    return Buckets(burst=60, refill=timedelta(seconds=1), now=now)


def strays_by_address(now: Callable[[], datetime]) -> Buckets:
    """How much that nobody here began may come from one address before it is written down no more."""
    return Buckets(burst=60, refill=timedelta(seconds=1), now=now)


def failures_by_address(now: Callable[[], datetime]) -> Buckets:
    """How much may fail from one address: so many at once, then one a minute."""
    return Buckets(burst=FAILURES_OF_ADDRESS, refill=_ADDRESS_RESTS, now=now)


def address_rests(visit: Visit) -> bool:
    """Whether nothing from this address is looked at now, right or wrong: an answer would let the guessing go on."""
    return not visit.console.failures.has(_address(visit))


def count_against_address(visit: Visit) -> None:
    """One more failure from here."""
    visit.console.failures.take(_address(visit))
    if address_rests(visit):
        log.warning("console.address_rests", address=_address(visit))


def _address(visit: Visit) -> str:
    return network_of(visit.request, visit.console.settings.trusted_proxies)


async def prove(visit: Visit, login: str, password: str) -> StaffMember | None:
    """Whose name and password these are, while the account does not rest; may be ``TooBusy``."""
    console = visit.console
    found = await console.database.read(lambda conn: staff.find_staff(conn, login))
    member, password_hash, locked_until = None, None, None
    if found is not None:
        member, password_hash, _, locked_until = found
    fits = await console.passwords.fits(password_hash, password)
    locked = is_locked(locked_until, console.universe.now())
    if member is not None and fits and not locked and member.state == "active":
        return member
    if member is not None and not locked:
        member_id = member.id
        await console.database.transact(lambda conn: count_failure(conn, visit, member_id, "console.sign_in_failed"))
    count_against_address(visit)
    return None


async def proves_again(visit: Visit, password: str) -> bool:
    """Whether who is signed in knows the password: a session that was left open must not be enough."""
    return not address_rests(visit) and await prove(visit, visit.staff.login, password) is not None


def is_locked(locked_until: datetime | None, now: datetime) -> bool:
    """Whether the account rests after too many failures."""
    return locked_until is not None and locked_until > now


def count_failure(conn: Connection, visit: Visit, staff_id: str, action: str) -> None:
    """One more failure of this account; from some number on each one locks it."""
    record_own(conn, visit, action, staff_id)
    staff.count_login_failure(conn, visit.console.universe, staff_id, limit=FAILURES, lock_for=LOCK)


def begin_session(
    conn: Connection, visit: Visit, staff_id: str, *, factor_given: bool, elsewhere: bytes | None = None
) -> str:
    """The session of who has shown all that is asked of him; its token."""
    staff.reset_login_failures(conn, staff_id)
    elsewhere = _elsewhere(visit, staff_id, elsewhere)
    record_own(conn, visit, "console.signed_in", staff_id, {} if elsewhere is None else {"by": "provider"})
    return create_session(conn, visit, staff_id, factor_given=factor_given, elsewhere=elsewhere)


def create_session(
    conn: Connection,
    visit: Visit,
    staff_id: str,
    *,
    idle: timedelta = IDLE,
    absolute: timedelta = ABSOLUTE,
    factor_given: bool = False,
    elsewhere: bytes | None = None,
) -> str:
    """A session of the console; its token."""
    return staff.create_session(
        conn,
        visit.console.universe,
        visit.console.database.vault,
        staff_id,
        idle=idle,
        absolute=absolute,
        factor_given=factor_given,
        elsewhere=_elsewhere(visit, staff_id, elsewhere),
    )


def _elsewhere(visit: Visit, staff_id: str, given: bytes | None) -> bytes | None:
    """Under which session of the provider's a new one stands: that of his own before it, where nothing is said."""
    before = visit.session
    return before.elsewhere if given is None and before is not None and before.staff.id == staff_id else given


def record_own(
    conn: Connection, visit: Visit, action: str, staff_id: str, detail: Mapping[str, str] | None = None
) -> None:
    """What somebody did with the own account."""
    audit.record(
        conn,
        visit.console.universe,
        action,
        actor_kind="staff",
        actor_id=staff_id,
        subjects={"staff": staff_id},
        detail=detail,
    )


def inside(path: str) -> str:
    """A place within the console: a form must not send people elsewhere."""
    plain = path.startswith(f"{MOUNT}/") and "//" not in path and "\\" not in path and path.isprintable()
    return path if plain else f"{MOUNT}/"
