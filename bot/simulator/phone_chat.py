"""A person's chat as the demo's page is told of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.simulator.people import Bubble, Person, Speaker


def chat_of(person: Person, zone: ZoneInfo) -> dict[str, Any]:
    """All bubbles and what can be tapped on them."""
    received = person.received()
    newest = received[-1] if received else None
    return {
        "friend": person.friend,
        "blocked": person.blocked,
        "share": person.share,
        "bubbles": [_bubble(bubble, bubble is newest, zone) for bubble in person.bubbles],
    }


def _bubble(bubble: Bubble, newest: bool, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": bubble.message_id,
        "mine": bubble.speaker is Speaker.PERSON,
        "time": _clock(bubble.at, zone),
        "text": bubble.text,
        "rows": [[button.label for button in row] for row in bubble.rows],
        # By place: the addresses of those that open a page.
        "opens": {place: button.opens for place, button in enumerate(bubble.buttons) if button.opens},
        # By place: the first, the earliest and the latest day of those that show a calendar.
        "days": {place: button.days for place, button in enumerate(bubble.buttons) if button.days},
        # Quick replies vanish with the next bubble of the account.
        "quick": [button.label for button in bubble.quick_replies] if newest else [],
        "sender": bubble.sender,
        "media": bubble.media,
        "unsent": bubble.unsent,
        "edited": bubble.edited,
    }


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%H:%M")


def as_contact(phone: str) -> str:
    """A Japanese number as a phone shares it: digits only, with the country in front."""
    digits = "".join(sign for sign in phone if sign.isdecimal())
    return f"81{digits[1:]}" if digits.startswith("0") else digits
