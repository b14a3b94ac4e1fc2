"""Whose LINE is found by which telephone number, and word of what arrived there: notification messages in the demo.

Promise: each customer of the made-up bank with a mobile number has LINE, and what is sent to the number appears on
that phone, linked or not; the platform tells of the delivery at once, as it does where somebody has his phone at hand.
"""

from __future__ import annotations

import asyncio

from bot.outreach.notifying import hashed_number, mobile_number
from bot.simulator.phones import Letter, Phones
from bot.simulator.platform_line import LinePlatform


class NumbersOfPhones:
    """The numbers of the phones that a demo has."""

    def __init__(self, line: LinePlatform, phones: Phones) -> None:
        self._line = line
        self._phones = phones
        self._telling: set[asyncio.Task[object]] = set()
        line.numbers.after = self._arrived

    def add(self, letter: Letter) -> None:
        """Let a customer be found by his number; of those who share one the last."""
        number = mobile_number(letter.phone)
        if number is not None:
            user_id = self._phones.person(letter, "line").user_id
            self._line.numbers.known[hashed_number(number).reveal()] = user_id

    def _arrived(self, tag: str) -> None:
        telling = asyncio.create_task(self._line.arrived_by_number(tag))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)
