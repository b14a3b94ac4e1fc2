"""Bringing the outlets of the store into step with the settings, when a process starts.

Promise: an outlet is switched on by whoever has its address, and off only by a process whose work it is: one that
merely lacks the settings of others (another role, a command) changes nothing for them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import structlog
from sqlalchemy import Connection

from bot.outlets.sending import SFTP
from bot.settings import Settings
from storage import audit
from storage.database import Database
from storage.outlets.faring import is_set_up, set_up
from storage.outlets.hooks import HOOKS, give_up_all

log = structlog.get_logger("kakunin.hooks")

#: The roles whose work they are.
_ROLES = {SFTP: "timers", HOOKS: "sender"}


async def set_up_outlets(database: Database, settings: Settings, roles: Iterable[str]) -> None:
    """From now on events are told where the settings say so; writes only where something is new."""
    names = [name for name, role in _ROLES.items() if _wanted(settings, name)[0] or role in roles]
    if not await database.read(lambda conn: _are_done(conn, settings, names)):
        await database.transact(lambda conn: _do(conn, database, settings, names))


def set_up_now(database: Database, settings: Settings, name: str) -> None:
    """The same for a command that uses one of them."""
    if not database.run_read(lambda conn: _are_done(conn, settings, [name])):
        database.run(lambda conn: _do(conn, database, settings, [name]))


def _wanted(settings: Settings, name: str) -> tuple[str, tuple[str, ...]]:
    """The address and the kinds of events."""
    return (settings.hook_url, settings.hook_kinds) if name == HOOKS else (settings.sftp_url, ())


def _are_done(conn: Connection, settings: Settings, names: Sequence[str]) -> bool:
    return all(is_set_up(conn, name, *_wanted(settings, name)) for name in names)


def _do(conn: Connection, database: Database, settings: Settings, names: Sequence[str]) -> None:
    for name in names:
        set_up(conn, name, *_wanted(settings, name))
    if HOOKS in names and not settings.hook_url:
        count = give_up_all(conn, database.universe, "off")
        if count:
            log.error("hooks.off", messages=count, advice="kakunin hooks resend --given-up")
            waiting = {"messages": str(count)}
            audit.record(conn, database.universe, "hooks.off", actor_kind="system", actor_id=HOOKS, detail=waiting)
