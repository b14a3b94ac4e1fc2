"""Bringing the outlets of the store into step with the settings, when a process starts."""

from __future__ import annotations

from sqlalchemy import Connection

from bot.outlets.sending import SFTP
from bot.settings import Settings
from storage.database import Database
from storage.outlets.faring import is_set_up, set_up
from storage.outlets.hooks import HOOKS, give_up_all


async def set_up_outlets(database: Database, settings: Settings) -> None:
    """From now on events are told where the settings say so; writes only where something is new."""
    if not await database.read(lambda conn: _is_done(conn, settings)):
        await database.transact(lambda conn: _do(conn, database, settings))


def set_up_now(database: Database, settings: Settings) -> None:
    """The same for commands."""
    if not database.run_read(lambda conn: _is_done(conn, settings)):
        database.run(lambda conn: _do(conn, database, settings))


def _is_done(conn: Connection, settings: Settings) -> bool:
    hooks = is_set_up(conn, HOOKS, settings.hook_url, settings.hook_kinds)
    return hooks and is_set_up(conn, SFTP, settings.sftp_url)


def _do(conn: Connection, database: Database, settings: Settings) -> None:
    set_up(conn, SFTP, settings.sftp_url)
    set_up(conn, HOOKS, settings.hook_url, settings.hook_kinds)
    if not settings.hook_url:
        give_up_all(conn, database.universe, "off")
