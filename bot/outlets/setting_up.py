"""Bringing the outlets of the store into step with the settings, when a process starts.

Promise: an outlet is switched on by whoever has its address, and off only by a process whose work it is: one that
merely lacks the settings of others (another role, a command) changes nothing for them.  The kinds of events
are those of the process whose work it is, whatever the settings of others say.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import structlog
from sqlalchemy import Connection

from bot.outlets.sending import SFTP
from bot.settings import Settings
from storage import audit
from storage.database import Database
from storage.outlets.faring import is_set_up, load_outlet, set_up
from storage.outlets.hooks import HOOKS, give_up_all

log = structlog.get_logger("kakunin.hooks")

#: The roles whose work they are.
_ROLES = {SFTP: "timers", HOOKS: "sender"}


async def set_up_outlets(database: Database, settings: Settings, roles: Iterable[str]) -> None:
    """From now on events are told where the settings say so; writes only where something is new."""
    roles = frozenset(roles)
    names = [name for name, role in _ROLES.items() if _address(settings, name) or role in roles]
    if not await database.read(lambda conn: _are_done(conn, settings, names, roles)):
        await database.transact(lambda conn: _do(conn, database, settings, names, roles))


def set_up_now(database: Database, settings: Settings, name: str) -> None:
    """The same for a command that uses one of them."""
    if not database.run_read(lambda conn: _are_done(conn, settings, [name])):
        database.run(lambda conn: _do(conn, database, settings, [name]))


def _address(settings: Settings, name: str) -> str:
    return settings.hook_url if name == HOOKS else settings.sftp_url


def _kinds(conn: Connection, settings: Settings, name: str, roles: Collection[str]) -> Sequence[str]:
    """The kinds of events that are told; of a hook that is on, whose work it is not leaves them as they are."""
    outlet = None if name != HOOKS or _ROLES[name] in roles else load_outlet(conn, name)
    if outlet is not None and outlet.state != "off":
        return outlet.kinds.split(",")
    return settings.hook_kinds if name == HOOKS else ()


def _are_done(conn: Connection, settings: Settings, names: Sequence[str], roles: Collection[str] = ()) -> bool:
    return all(is_set_up(conn, name, _address(settings, name), _kinds(conn, settings, name, roles)) for name in names)


def _do(
    conn: Connection, database: Database, settings: Settings, names: Sequence[str], roles: Collection[str] = ()
) -> None:
    for name in names:
        set_up(conn, name, _address(settings, name), _kinds(conn, settings, name, roles))
    if HOOKS in names and not settings.hook_url:
        count = give_up_all(conn, database.universe, "off")
        if count:
            log.error("hooks.off", messages=count, advice="kakunin hooks resend --given-up")
            waiting = {"messages": str(count)}
            audit.record(conn, database.universe, "hooks.off", actor_kind="system", actor_id=HOOKS, detail=waiting)
