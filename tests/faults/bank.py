"""The bank of the fault tests: processes that die, platforms and a store that outlive them.

Promise: a process is the real service in a process of its own; what happened to the customer is read from the
platforms' stand-ins, which nobody kills, and from the store.
"""

from __future__ import annotations

import asyncio
import copy
import multiprocessing
import os
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from bot.simulator.people import Person
from storage.database import Database
from storage.encryption import Keyring
from tests.e2e.house import Customer, House, until
from tests.faults.child import Plan, run
from tests.faults.clock import SharedUniverse

if TYPE_CHECKING:
    from tests.faults.moments import Stores

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload(["tests.faults.nursery"])
_numbers = count(1)


@dataclass
class Process:
    """One process of the service."""

    process: BaseProcess
    plan: Plan
    port: int
    #: Keeps the port for the process that comes after this one.
    place: socket.socket = field(repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_alive(self) -> bool:
        return self.process.is_alive()

    def send(self, number: signal.Signals) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def is_stopped(self) -> bool:
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "T"

    async def ended(self, patience: float = 20.0) -> int:
        """Its exit code; a killed process has a negative one."""
        await asyncio.to_thread(self.process.join, patience)
        code = self.process.exitcode
        assert code is not None, f"the process does not end:\n{self.log()}"
        return code

    def passed(self) -> list[str]:
        """The points that it passed, in order."""
        return self.plan.points.read_text(encoding="utf-8").splitlines()

    def log(self) -> str:
        return self.plan.log.read_text(encoding="utf-8", errors="replace")[-6000:]


@dataclass(repr=False)
class Moment:
    """A store and the platforms' memory at one moment, from which a story can be told again and again."""

    store: str
    line_people: dict[str, Person]
    telegram_people: dict[str, Person]
    #: LINE's last message, Telegram's last message and next update.
    numbers: tuple[int, int, int]
    who: tuple[str, str]
    #: What the clock showed: it never goes back in a store.
    at: datetime


@dataclass(repr=False)
class Bank:
    """Processes around one store."""

    house: House
    universe: SharedUniverse
    folder: Path
    keys: str
    clock: Path
    session: aiohttp.ClientSession
    processes: list[Process] = field(default_factory=list)
    _stores: Stores = field(init=False)
    _store: str = field(init=False)

    # -- processes ------------------------------------------------------------------------------

    async def start(self, *, channel: str = "", **plan: Any) -> Process:
        """Start a process and wait until it serves; with ``channel`` the other platform is off, which saves time."""
        number = next(_numbers)
        place = socket.socket()
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind(("127.0.0.1", 0))
        port = place.getsockname()[1]
        given = self.house.settings.model_dump(exclude_unset=True)
        settings = {name: _plain(value) for name, value in given.items()} | {"port": port}
        if channel:
            settings["telegram_bot_token" if channel == "line" else "line_channel_secret"] = ""
        planned = Plan(
            database_url=self.url,
            keys=self.keys,
            clock=self.clock,
            seed=1000 + number,
            settings=settings,
            points=self.folder / f"points-{number}",
            log=self.folder / f"log-{number}",
            **plan,
        )
        started = Process(_forking.Process(target=run, args=(planned,)), planned, port, place)
        started.process.start()
        self.processes.append(started)
        await self._serves(started)
        self.point_to(started)
        return started

    async def _serves(self, process: Process) -> None:
        for _ in range(3000):
            try:
                async with self.session.get(f"{process.url}/health/live") as answer:
                    assert answer.status == 200
                    return
            except aiohttp.ClientError:
                assert process.is_alive, f"the process ended by itself:\n{process.log()}"
                await asyncio.sleep(0.01)
        raise AssertionError(f"the process does not serve:\n{process.log()}")

    def point_to(self, process: Process) -> None:
        """Both platforms deliver to this process from here on."""
        self.house.line.webhook_url = f"{process.url}/line/webhook"
        self.house.telegram.webhook.url = f"{process.url}/telegram/webhook"

    async def kill(self, process: Process) -> None:
        # One that dies by itself may be gone before multiprocessing hears of it.
        with suppress(ProcessLookupError):
            if process.is_alive:
                process.send(signal.SIGKILL)
        await process.ended()
        process.place.close()
        self.processes.remove(process)

    async def stops(self, process: Process) -> None:
        """Wait until it stands still at its point."""
        await until(process.is_stopped, 20)

    async def passes(self, process: Process, point: str) -> None:
        """Wait until it has passed a point."""
        await until(lambda: any(point in name for name in process.passed()), 20)

    async def logs(self, process: Process, event: str) -> None:
        """Wait until its log says so."""
        await until(lambda: event in process.log(), 20)

    async def close(self) -> None:
        for process in list(self.processes):
            await self.kill(process)

    # -- the store ------------------------------------------------------------------------------

    def open(self, stores: Stores, store: str) -> None:
        """The store in which the bank begins; it is open already."""
        self._stores, self._store = stores, store

    def enter(self, store: str) -> None:
        """Go on in another store."""
        self._store = store
        keys = Keyring.parse(self.keys)
        self.house.database = Database.open(self.url, keys=keys, universe=self.universe, sqlite_synchronous="normal")

    def leave(self) -> None:
        """Give the store up."""
        self.house.database.close()
        self._stores.drop(self._store)

    @property
    def url(self) -> str:
        return self._stores.url(self._store)

    # -- stepping -------------------------------------------------------------------------------

    async def step(self, process: Process, what: str, asked: Any = None) -> Any:
        """One step of a process; ``None`` where it died over it."""
        try:
            async with self.session.post(f"{process.url}/step/{what}", json=asked) as answer:
                return await answer.json() if answer.status == 200 else None
        except aiohttp.ClientError:
            return None

    async def send_all(self, process: Process, most: int = 30) -> bool:
        """Let it send until nothing is due; false where it died over it."""
        for _ in range(most):
            claimed = await self.step(process, "send")
            if not claimed:
                return claimed is not None
        raise AssertionError("the sender does not come to rest")

    async def let_pass(self, process: Process, *, rounds: int = 3) -> None:
        """Time goes by: leases end, what is put off becomes due, the sweeper goes round."""
        for _ in range(rounds):
            self.universe.advance(timedelta(seconds=61))
            assert await self.step(process, "tick") is None
            assert await self.send_all(process), process.log()

    # -- moments --------------------------------------------------------------------------------

    def restore(self, moment: Moment) -> Customer:
        """Put the platforms back to a moment; the customer in it."""
        house = self.house
        house.line.people._people = copy.deepcopy(moment.line_people)
        house.telegram.people._people = copy.deepcopy(moment.telegram_people)
        house.line._message_number, house.telegram._message_number, house.telegram.next_update_id = moment.numbers
        house.line.accepted_keys.clear()
        self.universe.advance(max(moment.at - self.universe.now(), timedelta(0)))
        for platform in (house.line, house.telegram):
            platform.faults._queue.clear()
        channel, user_id = moment.who
        platform = house.line if channel == "line" else house.telegram
        return Customer(house, channel, platform, platform.people[user_id])


def _plain(value: Any) -> Any:
    reveal = getattr(value, "get_secret_value", None)
    return value if reveal is None else reveal()


def remember(house: House, store: str, customer: Customer) -> Moment:
    return Moment(
        store=store,
        line_people=copy.deepcopy(house.line.people._people),
        telegram_people=copy.deepcopy(house.telegram.people._people),
        numbers=(house.line._message_number, house.telegram._message_number, house.telegram.next_update_id),
        who=(customer.channel, customer.user_id),
        at=house.universe.now(),
    )


def named(passed: Sequence[str], *parts: str) -> list[int]:
    """The numbers of the points whose name contains one of the parts."""
    return [at for at, name in enumerate(passed, 1) if any(part in name for part in parts)]
