"""The customers of a run, in a process of their own: ``python -m bench.load`` with its orders as JSON on stdin.

Closed: so many customers at a time, each acts as soon as the answer to his last act has been delivered.
Open: acts arrive at a rate, whether or not earlier ones were answered, and a wait counts from the planned
moment, so that a server that stalls cannot hide it by slowing the customers down.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.bank import read_letters
from bench.phones import PLATFORMS, Platform, Refused, Seen
from bench.script import Customer, Form, PeerCustomer
from bench.wire import Client, Served

_PATIENCE = 30.0

Person = Customer | PeerCustomer


@dataclass
class Results:
    """Seconds of each act: until the webhook was answered, until its answer was delivered."""

    answered: list[tuple[float, float]] = field(default_factory=list)
    delivered: list[tuple[float, float]] = field(default_factory=list)
    failed: dict[str, int] = field(default_factory=dict)

    def fail(self, why: str) -> None:
        self.failed[why] = self.failed.get(why, 0) + 1


class Load:
    """The platform's side: sends webhooks, takes deliveries."""

    def __init__(self, platform: Platform, ports: Sequence[int], people: Iterator[Person]) -> None:
        self._platform = platform
        self._clients = itertools.cycle([Client("127.0.0.1", port) for port in ports])
        self._people = people
        self._waiting: dict[str, asyncio.Future[float]] = {}
        self._by_id: dict[str, Person] = {}
        self.results = Results()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """A call of the bot's sender."""
        try:
            said, seen = self._platform.take(method, path, body)
        except Refused as refusal:
            self.results.fail(refusal.why)
            return 400, refusal.said
        for one in seen:
            self._show(one)
        return 200, said

    def _show(self, seen: Seen) -> None:
        person = self._by_id.get(seen.user_id)
        if person is None:
            return
        person.sees(seen.text, seen.buttons)
        waiting = self._waiting.get(seen.user_id)
        if waiting is not None and not waiting.done() and (seen.buttons or person.expects_no_button):
            waiting.set_result(time.perf_counter())

    async def act(self, person: Person, planned: float | None = None) -> bool:
        """One act, from the webhook to the delivery of what answers it; false where it failed."""
        self._by_id[person.user_id] = person
        headers, body = self._platform.webhook(person.user_id, person.next_act())
        waiting = self._waiting[person.user_id] = asyncio.get_running_loop().create_future()
        began = time.perf_counter() if planned is None else planned
        status = await next(self._clients).post(self._platform.path, headers, body)
        answered = time.perf_counter()
        if status != 200:
            self.results.fail(f"status {status}")
            return False
        self.results.answered.append((answered, answered - began))
        try:
            arrived = await asyncio.wait_for(waiting, _PATIENCE)
        except TimeoutError:
            self.results.fail("not delivered")
            return False
        self.results.delivered.append((arrived, arrived - began))
        return True

    async def closed(self, customers: int, seconds: float) -> None:
        """So many customers at a time."""
        ends = time.perf_counter() + seconds

        async def one_place() -> None:
            for person in self._people:
                while not person.is_done:
                    if time.perf_counter() > ends or not await self.act(person):
                        break
                if time.perf_counter() > ends:
                    return
            self.results.fail("no customers left")

        await asyncio.gather(*(one_place() for _ in range(customers)))

    async def open(self, rate: float, seconds: float) -> None:
        """Acts at a rate, at moments that depend on nothing."""
        ready: deque[Person] = deque()
        chance = random.Random(1)
        acts: set[asyncio.Task[None]] = set()

        async def one_act(person: Person, planned: float) -> None:
            if await self.act(person, planned) and not person.is_done:
                ready.append(person)

        planned = time.perf_counter()
        ends = planned + seconds
        while planned < ends:
            planned += chance.expovariate(rate)
            pause = planned - time.perf_counter()
            if pause > 0:
                await asyncio.sleep(pause)
            # Half of the acts by people in the middle of their form, the oldest first; the others begin.
            person = ready.popleft() if ready else next(self._people, None)
            if person is None:
                self.results.fail("no customers left")
                continue
            task = asyncio.create_task(one_act(person, planned))
            acts.add(task)
            task.add_done_callback(acts.discard)
        if acts:
            await asyncio.wait(acts, timeout=_PATIENCE)


def _people(order: dict[str, Any], platform: Platform) -> Iterator[Person]:
    if order["kind"] == "peer":
        for number in range(order["people"]):
            yield PeerCustomer(platform.user_id(number))
        return
    form = Form.shipped()
    for number, letter in enumerate(read_letters(Path(order["letters"]))[order["skip"] :]):
        yield Customer(platform.user_id(order["skip"] + number), letter, form)


async def _run(order: dict[str, Any]) -> dict[str, Any]:
    platform = PLATFORMS[order["platform"]]()
    # A person's place in the crowd is by number, so that a second run of one store meets new people.
    load = Load(platform, order["ports"], _people(order, platform))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Served(load.answer), "127.0.0.1", order["platform_port"], backlog=1024)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.readline)
    used = time.process_time()
    began = time.perf_counter()
    if order["rate"]:
        await load.open(order["rate"], order["seconds"])
    else:
        await load.closed(order["customers"], order["seconds"])
    took, used = time.perf_counter() - began, time.process_time() - used
    server.close()
    results, from_here = load.results, began + order["warm_up"]
    counted = [seconds for at, seconds in results.answered if at >= from_here and at <= began + order["seconds"]]
    delivered = [seconds for at, seconds in results.delivered if at >= from_here]
    return {
        "turns": len(counted),
        "seconds": min(took, order["seconds"]) - order["warm_up"],
        "all_turns": len(results.answered),
        "answered": counted,
        "delivered": delivered,
        "failed": results.failed,
        "generator_cpu": used,
    }


def main() -> None:
    """Read the order, wait for the word, play, print what came of it."""
    order = json.loads(sys.stdin.readline())
    with contextlib.suppress(KeyboardInterrupt):
        found = asyncio.run(_run(order))
        sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
