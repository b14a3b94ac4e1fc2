"""What a platform knows of us and what was done there, in neutral words for ``connect``, ``status`` and ``doctor``.

A ``Remark`` carries the key of its sentence, never the sentence: who asks hears it in his language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.channels.base import Sent


class Level(StrEnum):
    """What a remark means for who reads it."""

    OK = "ok"
    #: Connecting changed something.
    CHANGED = "changed"
    #: Cannot be asked or done from here: to remember.
    HINT = "hint"
    #: To be put right.
    FIX = "fix"


@dataclass(frozen=True, kw_only=True)
class Remark:
    """One thing that was looked at or done."""

    level: Level
    #: webhook, quota, menus, ...
    part: str
    #: Of the sentence.
    key: str
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Look:
    """What one platform says: facts as they are, and what they mean."""

    channel: str
    facts: dict[str, Any] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)

    def say(self, level: Level, part: str, key: str, **params: object) -> None:
        """Add a remark."""
        words = {name: str(value) for name, value in params.items()}
        self.remarks.append(Remark(level=level, part=part, key=key, params=words))

    @property
    def ok(self) -> bool:
        """Whether nothing has to be put right."""
        return all(remark.level is not Level.FIX for remark in self.remarks)


class NotDone(Exception):
    """A call to a platform that was not a message did not succeed."""

    def __init__(self, sent: Sent) -> None:
        super().__init__(sent.detail or sent.outcome.value)
        self.sent = sent


class Unreachable(NotDone):
    """The platform gave no answer that could be read."""


class Unauthorized(NotDone):
    """The platform does not take our token."""
