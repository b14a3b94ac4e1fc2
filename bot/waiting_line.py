"""The waiting line: every change of who speaks is followed here, with its timer, and customers hear their place in it.

Promise: one place follows the owner of a conversation (``Talk.save``), so no way of changing it leaves a timer behind
or a request that nobody sees.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bot.office_hours import OfficeHours
from dialogs.conversation.events import Owner
from dialogs.conversation.prompts import Phrase, Piece, Prompt
from dialogs.definition.model import Questionnaire
from storage import hand_overs
from storage.conversations import Conversation
from storage.hand_overs import State, Timer
from storage.universe import Universe

#: What a customer hears who waits: his place follows it.
_PLACE_AFTER = ("handover.waiting", "handover.still_waiting", "handover.other_staff")


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long what may last, before something is done about it."""

    #: After this a customer who waits hears that he is not forgotten; after that, that nobody could come.
    told: timedelta = timedelta(minutes=5)
    most: timedelta = timedelta(minutes=15)
    #: For so long a member of staff may leave a customer without an answer.
    idle: timedelta = timedelta(minutes=15)


@dataclass(frozen=True)
class OfficeStaffing:
    """``dialogs.conversation.people.Staffing`` at one moment."""

    office: OfficeHours
    now: datetime

    @property
    def is_open(self) -> bool:
        return self.office.is_open(self.now)

    def hours(self, locale: str) -> str:
        return self.office.words(locale)

    def next_day(self, locale: str) -> str:
        office = self.office
        return "" if office.hours is None else office.day_words(office.day_promised(self.now), locale)


def follow(
    conn: Connection,
    uni: Universe,
    conversation: Conversation,
    events: Sequence[Mapping[str, Any]],
    definition: Questionnaire | None,
    office: OfficeHours,
    patience: Patience,
) -> None:
    """Keep the hand-over in step with what was just recorded of a conversation."""
    for event in events:
        if event["kind"] == "owner_changed":
            _owner_changed(
                conn, uni, conversation, event, _topic(event, events, conversation, definition), office, patience
            )
        elif event["kind"] == "person_asked":
            topic = _topic(event, events, conversation, definition)
            _later(conn, uni, conversation, event["reason"], topic)


def _owner_changed(
    conn: Connection,
    uni: Universe,
    conversation: Conversation,
    event: Mapping[str, Any],
    topic: str | None,
    office: OfficeHours,
    patience: Patience,
) -> None:
    reason, epoch, now = str(event["reason"]), int(event["epoch"]), uni.now()
    match Owner(event["owner"]):
        case Owner.WAITING:
            waits = hand_overs.begin(conn, uni, conversation.id, reason=reason, topic=topic, epoch=epoch)
            hand_overs.move(conn, waits, State.WAITING, epoch, Timer.TOLD, office.after(now, patience.told))
        case Owner.STAFF:
            found = hand_overs.open_hand_over(conn, conversation.id)
            taken = found or hand_overs.begin(conn, uni, conversation.id, reason=reason, topic=topic, epoch=epoch)
            # Where another system holds the chat, nothing here can tell whether somebody answers there.
            ours = event.get("staff_id") is not None
            hand_overs.move(
                conn, taken, State.STAFF, epoch, Timer.IDLE if ours else None, now + patience.idle if ours else None
            )
            if ours:
                hand_overs.claimed(conn, uni, taken)
        case Owner.BOT if reason == "nobody_came" or (reason == "customer_returned" and not office.is_open(now)):
            # Who was promised a reply has it coming, whatever he does meanwhile.
            _later(conn, uni, conversation, None, None)
        case _:
            hand_overs.end(conn, uni, conversation.id, reason)


def _later(conn: Connection, uni: Universe, conversation: Conversation, reason: str | None, topic: str | None) -> None:
    """The bot goes on, staff reply on a working day."""
    found = hand_overs.open_hand_over(conn, conversation.id)
    if found is None or reason is not None:
        found = hand_overs.begin(
            conn, uni, conversation.id, reason=reason or "customer_asked", topic=topic, epoch=conversation.epoch
        )
    hand_overs.put_off(conn, uni, hand_overs.move(conn, found, State.LATER, conversation.epoch, None, None))


def _topic(
    event: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    conversation: Conversation,
    definition: Questionnaire | None,
) -> str | None:
    """The FAQ topic that may help whoever takes over."""
    kind, _, named = str(event["reason"]).partition(":")
    if kind == "faq":
        return named
    for other in reversed(events):
        if other["kind"] == "not_understood" and other["topics"]:
            return str(other["topics"][0])
    question = None if definition is None else definition.by_name.get(named or conversation.open_question or "")
    return None if question is None else question.bot.faq


# What the customer hears --------------------------------------------------------------------


def with_place(conn: Connection, conversation: Conversation, now: datetime, says: Sequence[Prompt]) -> list[Prompt]:
    """The same, with the customer's place in the line where he is told that somebody is coming."""
    if conversation.owner != Owner.WAITING.value:
        return list(says)
    return [
        replace(prompt, pieces=tuple(_placed(conn, conversation, now, prompt.pieces)))
        if any(isinstance(piece, Phrase) and piece.key in _PLACE_AFTER for piece in prompt.pieces)
        else prompt
        for prompt in says
    ]


def _placed(conn: Connection, conversation: Conversation, now: datetime, pieces: Sequence[Piece]) -> list[Piece]:
    placed: list[Piece] = []
    for piece in pieces:
        placed.append(piece)
        if isinstance(piece, Phrase) and piece.key in _PLACE_AFTER:
            placed += _place(conn, conversation, now)
    return placed


def _place(conn: Connection, conversation: Conversation, now: datetime) -> list[Phrase]:
    """How many are before him, and how long that takes as a rule, as far as it is known."""
    since = conversation.waiting_since or now
    ahead = hand_overs.ahead_of(conn, conversation.id, since)
    usual = hand_overs.usual_wait(conn, now)
    left = None if usual is None else usual - (now - since)
    params = {"ahead": str(ahead)}
    if left is not None and left > timedelta(0):
        params["minutes"] = str(math.ceil(left / timedelta(minutes=1)))
    if not ahead:
        # Who is next and whose time is over is told nothing that would be untrue.
        return [Phrase(key="handover.next_minutes", params=params)] if "minutes" in params else []
    return [Phrase(key="handover.place_minutes" if "minutes" in params else "handover.place", params=params)]
