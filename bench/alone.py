"""The transaction of a turn by itself: no HTTP, no platform, no second thread.

Promise: the time is that of the transactions alone, begun to committed; the reading before them is timed
apart, and what the customer needs to see for his next reply is read between two of them.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from sqlalchemy import Connection, event, text

from bench.bank import Letter
from bench.script import Act, Customer, Form, Shown, bare
from bot.channels.base import Inbound, InboundKind, Tap
from bot.service import make_service
from bot.settings import Settings
from bot.turns import Turns
from dialogs.personal import Personal
from storage.content import load_content
from storage.database import Database

T = TypeVar("T")


@dataclass
class Alone:
    """What was measured."""

    turns: int = 0
    #: Seconds, and seconds of processor time, by part: transaction, reading.
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    cpu: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    statements: int = 0
    latencies: list[float] = field(default_factory=list)


def run_alone(
    database: Database, settings: Settings, letters: list[Letter], *, skip: int, turns: int, warm_up: int
) -> Alone:
    """Play customers one after another through ``Turns`` until so many turns were timed."""
    service = make_service(database, settings, name="bench")
    database.run_read(lambda conn: service.live.refresh(conn, database.universe.now()))
    found = Alone()

    def count(*_: object) -> None:
        found.statements += 1

    event.listen(database._writer, "before_cursor_execute", count)
    player = _Player(database, service.turns, found, warm_up)
    form = Form.shipped()
    for at, letter in enumerate(letters[skip:], skip):
        customer = Customer(f"U{at:032x}", letter, form)
        while not customer.is_done and found.turns < turns:
            player.play(customer)
        if found.turns >= turns:
            break
    event.remove(database._writer, "before_cursor_execute", count)
    return found


class _Player:
    def __init__(self, database: Database, turns: Turns, found: Alone, warm_up: int) -> None:
        self._database = database
        self._turns = turns
        self._found = found
        self._numbers = itertools.count()
        self._warm_up = warm_up
        self._newest = database.universe.new_id()

    def play(self, customer: Customer) -> None:
        """One act and the turn that it leads to."""
        inbound = self._event(customer.user_id, customer.next_act())
        prepared = self._timed("reading", lambda: asyncio.run(self._turns._prepare(inbound)))
        self._timed("transaction", lambda: self._database.run(lambda conn: self._turns._turn(conn, prepared, {})))
        for words, buttons in self._database.run_read(lambda conn: list(self._shown(conn))):
            customer.sees(words, buttons)

    def _timed(self, part: str, deed: Callable[[], T]) -> T:
        found = self._found
        statements = found.statements
        began, cpu = time.perf_counter(), time.process_time()
        done = deed()
        took, used = time.perf_counter() - began, time.process_time() - cpu
        if self._warm_up > 0:
            found.statements = statements
            self._warm_up -= part == "transaction"
            return done
        found.seconds[part] += took
        found.cpu[part] += used
        if part == "transaction":
            found.turns += 1
            found.latencies.append(took)
        return done

    def _event(self, user_id: str, act: Act) -> Inbound:
        number = next(self._numbers)
        now = self._database.universe.now()
        return Inbound(
            channel="line",
            event_key=f"{user_id}{number:010d}",
            kind=InboundKind.TEXT if act.data is None else InboundKind.CHOICE,
            user_id=Personal(user_id),
            occurred_at=now - timedelta(milliseconds=5),
            text=None if act.text is None else Personal(act.text),
            tap=None if act.data is None else Tap.decode(act.data),
            message_id=f"5{number:017d}",
            reply_token=Personal(f"{number:032x}"),
        )

    def _shown(self, conn: Connection) -> Iterator[tuple[str, list[Shown]]]:
        vault = self._database.vault
        rows = conn.execute(
            text(
                "SELECT o.id, o.content_id, c.ref FROM outgoing_message o "
                "JOIN conversation c ON c.id = o.conversation_id WHERE o.id > :after ORDER BY o.id"
            ),
            {"after": self._newest},
        ).all()
        for row in rows:
            self._newest = row.id
            body = load_content(conn, vault, row.content_id)
            assert body is not None
            start = f"1.{row.ref}.{body['token']}."
            drawn = [*body["buttons"], *body["shortcuts"]]
            yield body["text"], [Shown(option, start + option, bare(label)) for option, label in drawn]
