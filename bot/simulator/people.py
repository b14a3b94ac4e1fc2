"""What a stand-in remembers of each simulated person: the chat as this person sees it on the phone.

Shared by both platforms, the phone page and the tests.  Everything lives in memory; the people are
invented, so nothing here is personal data of anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Speaker(StrEnum):
    """Whose side of the chat a bubble is on."""

    PERSON = "person"
    ACCOUNT = "account"


@dataclass(frozen=True, kw_only=True)
class Tappable:
    """A button as it is shown, with what a tap sends and what the tap then says in the chat."""

    label: str
    data: str
    said: str = ""
    #: The address of the page that a tap opens, instead of sending something.
    opens: str = field(default="", repr=False)
    #: Of a calendar: the day on which it opens, the first and the last that can be picked.
    days: tuple[str, str, str] | None = None


@dataclass(kw_only=True)
class Bubble:
    """One bubble of the chat."""

    message_id: str
    speaker: Speaker
    at: datetime
    text: str = ""
    #: What notifications and the chat list show; empty where the text itself is shown.
    alt: str = ""
    #: Buttons that stay: Flex, inline keyboard; in rows.
    rows: tuple[tuple[Tappable, ...], ...] = ()
    #: LINE's quick replies, which vanish with the next bubble of the account.
    quick_replies: tuple[Tappable, ...] = ()
    #: The name above the bubble when it is not the account's.
    sender: str | None = None
    #: photo, sticker, contact: what a person sent instead of text.
    media: str | None = None
    unsent: bool = False
    edited: bool = False

    @property
    def buttons(self) -> tuple[Tappable, ...]:
        """All lasting buttons, row by row."""
        return tuple(button for row in self.rows for button in row)


@dataclass(kw_only=True)
class Person:
    """Somebody with a phone."""

    user_id: str
    name: str
    language: str = "ja"
    #: Has added the account and has not blocked it.
    friend: bool = False
    blocked: bool = False
    #: The label of the button below the chat that sends this person's own contact (Telegram); empty without one.
    share: str = ""
    bubbles: list[Bubble] = field(default_factory=list)

    def received(self) -> list[Bubble]:
        """The bubbles of the account, oldest first."""
        return [bubble for bubble in self.bubbles if bubble.speaker is Speaker.ACCOUNT]

    def last(self) -> Bubble:
        """The newest bubble of the account; raises ``LookupError`` before the first."""
        for bubble in reversed(self.bubbles):
            if bubble.speaker is Speaker.ACCOUNT:
                return bubble
        raise LookupError("the account has not said anything yet")

    def bubble(self, message_id: str) -> Bubble:
        """The bubble with this id."""
        for bubble in self.bubbles:
            if bubble.message_id == message_id:
                return bubble
        raise LookupError("no such bubble in this chat")

    def tappables(self, message_id: str) -> tuple[Tappable, ...]:
        """What can be tapped on a bubble now: its buttons, and quick replies while it is the newest."""
        bubble = self.bubble(message_id)
        newest = bool(self.received()) and self.last() is bubble
        return bubble.buttons + (bubble.quick_replies if newest else ())

    def find(self, message_id: str, choice: int | str) -> Tappable:
        """The button at a place (from 0), or with this data or label."""
        tappables = self.tappables(message_id)
        if isinstance(choice, int):
            if not 0 <= choice < len(tappables):
                raise LookupError(f"the bubble has {len(tappables)} things to tap")
            return tappables[choice]
        for tappable in tappables:
            if choice in {tappable.data, tappable.label, tappable.said}:
                return tappable
        raise LookupError("the bubble has no such button (any more)")


class People:
    """Everybody on one platform."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}

    def add(self, person: Person) -> Person:
        """Put ``person`` on the platform."""
        self._people[person.user_id] = person
        return person

    def get(self, user_id: str) -> Person | None:
        """The person with this id, if any."""
        return self._people.get(user_id)

    def __getitem__(self, user_id: str) -> Person:
        return self._people[user_id]

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people.values())

    def __len__(self) -> int:
        return len(self._people)
