"""The demo's trouble switches: what a platform, a network or a machine does to a bot sooner or later.

Promise: each switch is a trouble of the stand-ins that the tests use, or the death of the bot itself; it holds until
it is switched off, and nothing but the demo's own page can throw it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from enum import StrEnum

from bot.simulator.faults import Fault, Faults, Trouble
from bot.simulator.phones import Delivered
from bot.simulator.platform_line import LinePlatform
from bot.simulator.platform_telegram import TelegramPlatform
from bot.simulator.stage.mortal import MortalBot


class Switch(StrEnum):
    """The switches, in the order in which they stand on the page."""

    #: Both platforms answer 500, 429 (too fast), or late: one of the three at a time.
    SERVER_ERROR = "server_error"
    RATE = "rate"
    SLOW = "slow"
    #: LINE's month is used up.
    QUOTA = "quota"
    #: The bot is dead.
    KILLED = "killed"


_STANDING = {
    Switch.SERVER_ERROR: Fault(trouble=Trouble.SERVER_ERROR),
    Switch.RATE: Fault(trouble=Trouble.RATE),
    Switch.SLOW: Fault(trouble=Trouble.SLOW),
}


class Troubles:
    """What is switched on."""

    def __init__(self, line: LinePlatform, telegram: TelegramPlatform, bot: MortalBot) -> None:
        self._line = line
        self._telegram = telegram
        self._bot = bot
        self._standing: Switch | None = None
        self._taken = {"line": 0, "telegram": 0}
        self._tries = (line.redeliveries, telegram.redeliveries)
        self._switching = asyncio.Lock()
        #: How many events the platforms delivered again after the last death of the bot.
        self.redelivered = 0

    @property
    def is_bot_away(self) -> bool:
        """Whether what a customer sends stays with the platform for the time being."""
        return not self._bot.is_alive

    def on(self) -> list[Switch]:
        """What is switched on."""
        state = {
            Switch.QUOTA: self._line.quota is not None,
            Switch.KILLED: self.is_bot_away,
        }
        return [switch for switch in Switch if state.get(switch, switch is self._standing)]

    async def turn(self, switch: Switch, *, on: bool) -> None:
        """Throw a switch."""
        async with self._switching:
            if switch is Switch.KILLED:
                await (self._kill() if on else self._restart())
            elif switch is Switch.QUOTA:
                # What was sent this month is all that may be sent; replies are free.
                self._line.quota = self._line.pushed if on else None
            elif on or switch is self._standing:
                self._standing = switch if on else None
                for faults in self._faults():
                    faults.standing = _STANDING[switch] if on else None

    def _faults(self) -> Iterator[Faults]:
        yield from (self._line.faults, self._telegram.faults, self._telegram.edit_faults)

    async def _kill(self) -> None:
        if not self._bot.is_alive:
            return
        self._taken = {"line": _taken(self._line.deliveries), "telegram": _taken(self._telegram.deliveries)}
        self._line.redeliveries = self._telegram.redeliveries = 0
        await self._bot.kill()

    async def _restart(self) -> None:
        if self._bot.is_alive:
            return
        await self._bot.restart()
        self._line.redeliveries, self._telegram.redeliveries = self._tries
        self.redelivered = await self._line.redeliver(self._taken["line"])
        self.redelivered += await self._telegram.redeliver(self._taken["telegram"])


def _taken(deliveries: Sequence[Delivered]) -> int:
    """How many a bot that dies now has taken for certain: that it took the last one may get lost with it."""
    untaken = next((place for place, delivery in enumerate(deliveries) if not delivery.ok), len(deliveries))
    return max(min(untaken, len(deliveries) - 1), 0)
