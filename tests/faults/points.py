"""The moments of a process at which it can be killed: around every statement, every commit and every call.

Promise: the same work passes the same points in the same order, so a loop over their numbers kills a process
between any two things that it does.  What was passed is in a file that outlives the process.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from bot.channels.base import Channel
from storage.database import Database

#: A transaction begins.
BEGIN = "BEGIN"
#: A commit begins, and has ended.
COMMIT, COMMITTED = "COMMIT", "COMMITTED"
#: A platform is called, and has answered; the kinds of the messages stand behind it.
CALL, ANSWERED = "CALL", "ANSWERED"
#: The call takes one message to many people.
MANY = "MANY"


class Points:
    """Counts the points of this process from the moment it is armed."""

    def __init__(self, path: Path, die_at: int | str | None, stop_at: str | None) -> None:
        self.armed = False
        self._number = 0
        self._die_at = die_at
        self._stop_at = stop_at
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def passed(self, what: str) -> None:
        if not self.armed:
            return
        os.write(self._file, what.encode() + b"\n")
        self._number += 1
        if self._number == self._die_at or _is(what, self._die_at):
            os.kill(os.getpid(), signal.SIGKILL)
        if _is(what, self._stop_at):
            # Once: whoever wakes the process up wants to see it go on.
            self._stop_at = None
            os.kill(os.getpid(), signal.SIGSTOP)

    def watch(self, database: Database, channels: Sequence[Channel]) -> None:
        for engine in {database._writer, database._reader}:
            self._watch_engine(engine)
        for channel in channels:
            self._watch_channel(channel)

    def _watch_engine(self, engine: Engine) -> None:
        # First of those who hear of it: SQLite's own BEGIN, which may have to wait, is sent by another listener.
        @event.listens_for(engine, "begin", insert=True)
        def begun(_c: object) -> None:
            self.passed(BEGIN)

        @event.listens_for(engine, "before_cursor_execute")
        def before(_c: object, _cursor: object, statement: str, *_: object) -> None:
            self.passed(" ".join(statement.split())[:90])

        dialect: Any = engine.dialect
        commit = dialect.do_commit

        def do_commit(connection: Any) -> None:
            self.passed(COMMIT)
            commit(connection)
            self.passed(COMMITTED)

        dialect.do_commit = do_commit

    def _watch_channel(self, channel: Any) -> None:
        send = channel.send

        async def watched(recipient: Any, messages: Any, **options: Any) -> Any:
            kinds = " ".join(message.kind.value for message in messages)
            self.passed(f"{CALL} {kinds}")
            sent = await send(recipient, messages, **options)
            self.passed(f"{ANSWERED} {kinds}")
            return sent

        channel.send = watched
        send_to_many = channel.send_to_many

        async def watched_to_many(users: Any, message: Any, **options: Any) -> Any:
            self.passed(f"{CALL} {MANY} {message.kind.value}")
            sent = await send_to_many(users, message, **options)
            self.passed(f"{ANSWERED} {MANY} {message.kind.value}")
            return sent

        channel.send_to_many = watched_to_many


def _is(what: str, wanted: int | str | None) -> bool:
    return isinstance(wanted, str) and set(wanted.split()) <= set(what.split())
