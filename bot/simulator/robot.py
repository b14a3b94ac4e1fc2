"""A customer who answers by tapping: plays one conversation to its receipt over the stand-in of a platform."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date

from bot.channels.base import Tap
from bot.simulator.people import Bubble, Person, Speaker
from bot.simulator.phones import Delivered, Phone
from dialogs.definition.model import Questionnaire

#: What this customer answers where something is asked outright; all else is "not changed" or "no".
_ANSWERS = {
    "consent": "agree",
    "respondent": "self",
    "own_use": "yes",
    "antisocial": "declared",
    "monthly_amount": "under_100k",
    "foreign_pep": "none",
}
_MOST_TURNS = 80
_WAIT = 0.01
_PATIENCE = 10.0


class RobotStuck(Exception):
    """The conversation did not go on as expected."""


class Robot:
    """Plays one person on one phone."""

    def __init__(
        self,
        phone: Phone,
        person: Person,
        definition: Questionnaire,
        *,
        asked: Callable[[], str | None],
        answered: Callable[[], bool],
    ) -> None:
        self._phone = phone
        self._person = person
        self._definition = definition
        #: The name of the open question, as the store has it.
        self._asked = asked
        #: Whether the bot has sent all it had to say.
        self._answered = answered

    async def link(self, begin: Callable[[], Awaitable[Delivered]], birth_date: date, phone: str) -> None:
        """From the letter's code to the confirmed identity."""
        await self.does(begin())
        await self._tap("same")
        await self.say(birth_date.isoformat())
        await self.say(phone[-4:])

    async def say(self, text: str) -> None:
        """Type something."""
        await self.does(self._phone.type_text(self._person.user_id, text))

    async def answer_all(self) -> Bubble:
        """Tap through the questionnaire; returns the receipt."""
        for _ in range(_MOST_TURNS):
            options = self._options()
            if "submit" in options:
                await self._tap("submit")
                return self._person.last()
            await self._tap(self._choice(options))
        raise RobotStuck("The questionnaire did not come to its end.")

    def _choice(self, options: Mapping[str, str]) -> str:
        for known in ("same", "skip", "yes"):
            if known in options and not any(option.startswith("c") for option in options):
                return known
        name = self._asked()
        question = self._definition.question(name or "")
        choices = [choice.name for choice in self._definition.choices[question.list_name or ""]]
        wanted = _ANSWERS.get(question.name, "no" if "no" in choices else choices[0])
        if wanted not in choices:
            raise RobotStuck(f"The question {question.name} has no choice {wanted}.")
        return f"c{choices.index(wanted)}"

    def _options(self) -> dict[str, str]:
        """Option -> button data of the newest question."""
        for bubble in reversed(self._person.bubbles):
            if bubble.speaker is Speaker.PERSON:
                continue
            found = {}
            for tappable in (*bubble.buttons, *bubble.quick_replies):
                tap = Tap.decode(tappable.data)
                if tap is not None:
                    found[tap.option] = tappable.data
            if found:
                return found
        raise RobotStuck("There is nothing to tap.")

    async def _tap(self, option: str) -> None:
        data = self._options().get(option)
        if data is None:
            raise RobotStuck(f"There is no button {option} to tap.")
        bubble = next(
            b for b in reversed(self._person.bubbles) if any(t.data == data for t in (*b.buttons, *b.quick_replies))
        )
        await self.does(self._phone.tap(self._person.user_id, bubble.message_id, data))

    async def does(self, deed: Awaitable[Delivered]) -> None:
        """Act, then wait until the bot has answered."""
        delivered = await deed
        if not delivered.ok:
            raise RobotStuck("The bot did not take the message.")
        # The webhook was answered after the commit, so what the bot says is queued already.
        waited = 0.0
        while not self._answered():
            await asyncio.sleep(_WAIT)
            waited += _WAIT
            if waited > _PATIENCE:
                raise RobotStuck("The bot did not answer in time.")
