"""A visitor of the demo, over HTTP as the page's scripts are, and what he sees on the phone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from bot.simulator.demo import Demo
from bot.simulator.people import Bubble, Person
from bot.simulator.seed import SeededLetter
from bot.simulator.stage.inspector import Inspector


@dataclass(repr=False)
class Visitor:
    """One browser on the demo's pages."""

    demo: Demo
    session: aiohttp.ClientSession

    async def ask(self, path: str, **wish: Any) -> dict[str, Any]:
        async with self.session.post(f"{self.demo.url}/demo/api/{path}", json=wish) as answer:
            return {**await answer.json(), "status": answer.status}

    async def jump(self, name: str) -> None:
        assert (await self.ask("clock", jump=name))["ok"]

    async def switch(self, name: str, *, on: bool) -> None:
        assert (await self.ask("trouble", switch=name, on=on))["ok"]

    async def begins(self, persona: str, *, platform: str = "line", anew: bool = False) -> Phone:
        """Pick up the phone of one of the five."""
        answer = await self.ask("persona", persona=persona, platform=platform, anew=anew)
        assert answer["ok"], answer
        letter = next(letter for letter in self.demo.letters if letter.case_id == answer["letter"])
        people = self.demo.line.people if platform == "line" else self.demo.telegram.people
        person = [person for person in people if person.name == letter.master["name"]][-1]
        return Phone(self, platform, letter, person)


@dataclass(repr=False)
class Phone:
    """A phone in the visitor's hand."""

    visitor: Visitor
    platform: str
    letter: SeededLetter
    person: Person

    async def act(self, what: str, **wish: Any) -> dict[str, Any]:
        return await self.visitor.ask("act", letter=self.letter.case_id, platform=self.platform, do=what, **wish)

    async def says(self, text: str) -> dict[str, Any]:
        return await self.act("text", text=text)

    def heard(self, words: str) -> Sequence[Bubble]:
        """The bank's bubbles with these words."""
        return [bubble for bubble in self.person.received() if words in bubble.text]

    async def hears(self, words: str, times: int = 1) -> Sequence[Bubble]:
        """Wait until the bank has said this so many times."""
        await until(lambda: len(self.heard(words)) >= times)
        return self.heard(words)

    async def view(self) -> Any:
        """What the inspector sees of it."""
        return await Inspector(self.visitor.demo.bot).look(self.person, self.platform)

    async def has_all(self) -> bool:
        """Whether everything that the bot had to say is on the phone, or with staff where nobody can know."""
        return {one.state for one in (await self.view()).sent} <= {"delivered", "unknown"}


async def until(condition: Callable[[], bool | Awaitable[bool]], patience: float = 15.0) -> None:
    """Wait for something that another task does."""
    for _ in range(round(patience / 0.05)):
        found = condition()
        if found if isinstance(found, bool) else await found:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come about")
