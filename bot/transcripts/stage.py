"""A conversation played again, as the runner of the transcripts plays it: the real engine, fixed words of a bank.

Promise: what is shown here is what the test suite shows for the same lines, so a transcript that was written from it
passes as it is (``tests/conversations``; a test plays one with both).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from bot.channels.limits import LIMITS
from bot.office_hours import OfficeHours
from bot.waiting_line import OfficeStaffing
from dialogs.conversation import engine, events as ev, inputs as inp, wording
from dialogs.conversation.answering import reader_kind
from dialogs.conversation.entries import read_entry
from dialogs.conversation.events import Event, Form, Key
from dialogs.conversation.form import Position
from dialogs.conversation.prompts import Message, MessageKind, Phrase, Prompt, ShownButton
from dialogs.conversation.state import State, apply
from dialogs.conversation.understanding import Understanding
from dialogs.conversation.wording import Voice
from dialogs.definition.model import Question, Questionnaire
from dialogs.faq.topics import in_voice, load_shipped
from dialogs.guard import find_secret
from dialogs.replies.base import Problem
from locales import SHIPPED_LANGUAGES, language_of, load_catalogue

#: The names of the platforms in a text.
CHANNELS = {"line": "LINE", "telegram": "Telegram"}
_STAFF, _OTHER = "staff-1", "staff-2"


@cache
def words() -> Mapping[str, Any]:
    """The words of transcripts, and the invented people in them."""
    found: Mapping[str, Any] = yaml.safe_load((files("bot.transcripts") / "words.yaml").read_text(encoding="utf-8"))
    return found


@cache
def _voice(locale: str, channel: str) -> Voice:
    topics = {one: {topic.id: topic for topic in load_shipped(one)} for one in {locale, language_of(locale)}}
    facts = {
        "bank_name": words()["bank_name"],
        "bank_phone": words()["bank_phone"],
        "channel_name": CHANNELS[channel],
        "due_on": words()["due_on"][language_of(locale)],
    }
    return Voice(catalogue=load_catalogue(locale), topics=in_voice(locale, topics), facts=facts)


@cache
def shipped_understanding() -> Understanding:
    """The reader of texts with the shipped FAQ, as the suite has it."""
    from dialogs.faq.matcher import matcher_for

    return Understanding({language: matcher_for(load_shipped(language), language) for language in SHIPPED_LANGUAGES})


#: What people and time do without a word of their own: who is named for it in a file, and what the engine hears.
#: The names are those under which it is recorded; of a time-out that tells somebody who waits, of our own.
ACTS: Mapping[str, Callable[[State], inp.Input]] = {
    "claimed": lambda state: inp.StaffTook(staff_id=_STAFF, epoch=state.epoch + 1),
    "transferred": lambda state: inp.StaffTook(staff_id=_OTHER, epoch=state.epoch + 1, reason="transferred"),
    "assigned": lambda state: inp.StaffTook(staff_id=_STAFF, epoch=state.epoch + 1, reason="assigned"),
    "handed_back": lambda _: inp.HandedBack(staff_id=_STAFF),
    "released:staff": lambda _: inp.StaffReleased(staff_id=_STAFF, reason="staff"),
    "released:idle": lambda _: inp.StaffReleased(staff_id=_STAFF, reason="idle"),
    "external": lambda _: inp.HeldElsewhere(),
    "external_left": lambda _: inp.HandedBack(reason="external_left"),
    "customer_silent": lambda _: inp.HandedBack(reason="customer_silent"),
    "waited_long": lambda _: inp.WaitedLong(),
    "nobody_came": lambda _: inp.NobodyCame(),
}


@dataclass(frozen=True, kw_only=True)
class Opening:
    """How a transcript begins."""

    definition: Questionnaire
    channel: str
    locale: str
    sensitive_allowed: bool
    start: datetime
    master: Mapping[str, str]
    #: When staff are there; ``None``: there are none to call, as where a form is only played.
    office: OfficeHours | None = None


@dataclass
class Stage:
    """One conversation as far as it was played; a copy of ``mark`` takes a step back."""

    opening: Opening
    understanding: Understanding
    now: datetime = field(init=False)
    state: State = field(init=False)
    channel: str = field(init=False)
    events: list[Event] = field(default_factory=list)
    shown: list[Message] = field(default_factory=list)
    #: The content rows of what was typed, in order.
    typings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        opening = self.opening
        self.now, self.channel = opening.start, opening.channel
        started = ev.Started(
            at=self.now,
            definition_sha256=opening.definition.sha256,
            locale=opening.locale,
            receipt_no=words()["receipt_no"],
            master=dict(opening.master),
            sensitive_allowed=opening.sensitive_allowed,
        )
        self.events.append(started)
        self.state = apply(State(), started)

    def mark(self) -> tuple[State, int, int, int]:
        return self.state, len(self.events), len(self.shown), len(self.typings)

    def back_to(self, mark: tuple[State, int, int, int]) -> None:
        self.state, events, shown, typings = mark
        del self.events[events:], self.shown[shown:], self.typings[typings:]

    # What people do -------------------------------------------------------------------------------

    def begin(self) -> list[Message]:
        return self._send(inp.Began())

    def typed(self, text: str) -> list[Message]:
        """What the customer types: the guard sees it before anything else."""
        question = self.question
        secret = find_secret(text, expected=None if question is None else reader_kind(question))
        if secret is not None:
            return self._send(inp.SecretWithheld(secret=secret.kind.value))
        reading = self.understanding.read(text, self.state.locale)
        self.typings.append(f"content-{len(self.events)}-{len(self.typings)}")
        return self._send(inp.Said(reading=reading, content_id=self.typings[-1]))

    def takes_back(self, which: int) -> list[Message]:
        """What was typed last, last but one, ...: ``which`` counts from 1."""
        return self._send(inp.TookBack(content_id=self.typings[-which]))

    def button(self, option: str, token: str) -> ShownButton | None:
        """The button that stands for this option, on that prompt or else on the newest that has it."""
        fitting = [
            (message, button)
            for message in reversed(self.shown)
            for button in (*message.buttons, *message.shortcuts)
            if button.option == option
        ]
        same = [button for message, button in fitting if message.token == token]
        return same[0] if same else fitting[0][1] if fitting else None

    def tapped(self, label: str) -> list[Message]:
        """A tap on the newest button with this label."""
        for message in reversed(self.shown):
            for button in (*message.buttons, *message.shortcuts):
                if label in (button.label, button.label.removeprefix("☑ ").removeprefix("☐ ")):
                    content_id = f"content-{len(self.events)}"
                    return self._send(
                        inp.Chose(token=message.token or "-", option=button.option, content_id=content_id)
                    )
        raise LookupError(label)

    def sent(self, media: str) -> list[Message]:
        return self._send(inp.MediaSent(media=media))

    def act(self, name: str) -> list[Message]:
        """What people or time do (``ACTS``)."""
        said = self._send(ACTS[name](self.state))
        if name != "claimed":
            return said
        phrase = Phrase(key="handover.joined", params={"staff_name": words()["staff_name"]})
        return [*said, self._show(Prompt(kind=MessageKind.NOTICE, pieces=(phrase,)))]

    def returned(self) -> list[Message]:
        """The customer is back, and has proved who he is."""
        return self._send(inp.Returned())

    def moved(self, channel: str, *, sensitive_allowed: bool) -> list[Message]:
        """He is back with another account."""
        event = ev.ChannelChanged(at=self.now, sensitive_allowed=sensitive_allowed, channel=channel)
        self.events.append(event)
        self.state, self.channel = apply(self.state, event), channel
        return self._send(inp.Returned())

    def entered(self, key: Key, text: str) -> list[Message]:
        """An answer that staff enter; raises ``LookupError`` where it is none."""
        read = read_entry(Position(self.opening.definition, self.state, self.now), key, text)
        if isinstance(read, Problem):
            raise LookupError(read.code)
        return self._send(inp.StaffEntered(key=key, value=read.value, display=read.display, staff_id=_STAFF))

    def later(self, span: timedelta) -> None:
        self.now += span

    # What came of it ------------------------------------------------------------------------------

    @property
    def question(self) -> Question | None:
        """The question that waits for a typed reply."""
        prompt = self.state.open
        if prompt is None or prompt.key is None or prompt.form is Form.MORE:
            return None
        return self.opening.definition.question(prompt.key.question)

    def _send(self, what: inp.Input) -> list[Message]:
        lists, office = LIMITS["line"].lists, self.opening.office
        staffing = None if office is None else OfficeStaffing(office, self.now)
        step = engine.step(self.opening.definition, self.state, what, self.now, lists, staffing)
        self.state = step.state
        self.events += step.events
        return [self._show(prompt) for prompt in step.says]

    def _show(self, prompt: Prompt) -> Message:
        voice = _voice(self.state.locale, self.channel)
        message = wording.render(prompt, self.opening.definition, voice)
        self.shown.append(message)
        return message
