"""Telegram's flood limits, as far as they are known: one call a second to a chat, thirty to all, with short bursts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.simulator.platform_telegram_rules import Refused

_EACH_IN_CHAT, _CHAT_BURST = timedelta(seconds=1), 6
_EACH, _BURST = timedelta(seconds=1) / 30, 20


class Flood:
    """Counts the calls by the clock that is given in, and refuses what comes too fast."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._filled: dict[str, datetime] = {}
        #: How many calls were refused.
        self.refused = 0

    def check(self, chat: str) -> None:
        """Count a call to ``chat``; raises ``Refused`` with the seconds to wait."""
        now = self._now()
        limits = {chat: (_EACH_IN_CHAT, _CHAT_BURST), "": (_EACH, _BURST)}
        for key, (each, burst) in limits.items():
            ahead = max(self._filled.get(key, now), now) - now
            if ahead + each > burst * each:
                self.refused += 1
                seconds = -(-(ahead + each - burst * each) // timedelta(seconds=1))
                raise Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        for key, (each, _) in limits.items():
            self._filled[key] = max(self._filled.get(key, now), now) + each
