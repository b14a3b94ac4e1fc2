"""A conversation played again, as the runner of the transcripts plays it: the real engine, fixed words of a bank.

Promise: what is shown here is what the test suite shows for the same lines, so a transcript that was written from it
passes as it is (``tests/conversations``; a test plays one with both).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from bot.channels.limits import LIMITS
from dialogs.conversation import engine, events as ev, inputs as inp, wording
from dialogs.conversation.answering import reader_kind
from dialogs.conversation.events import Event, Form
from dialogs.conversation.prompts import Message, MessageKind, Phrase, Prompt, ShownButton
from dialogs.conversation.state import State, apply
from dialogs.conversation.understanding import Understanding
from dialogs.conversation.wording import Voice
from dialogs.definition.model import Question, Questionnaire
from dialogs.faq.topics import in_voice, load_shipped
from dialogs.guard import find_secret
from locales import SHIPPED_LANGUAGES, language_of, load_catalogue

#: The names of the platforms in a text.
CHANNELS = {"line": "LINE", "telegram": "Telegram"}
_STAFF = "staff-1"


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


@dataclass(frozen=True, kw_only=True)
class Opening:
    """How a transcript begins."""

    definition: Questionnaire
    channel: str
    locale: str
    sensitive_allowed: bool
    start: datetime
    master: Mapping[str, str]


@dataclass
class Stage:
    """One conversation as far as it was played; a copy of ``mark`` takes a step back."""

    opening: Opening
    understanding: Understanding
    now: datetime = field(init=False)
    state: State = field(init=False)
    events: list[Event] = field(default_factory=list)
    shown: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        opening = self.opening
        self.now = opening.start
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

    def mark(self) -> tuple[State, int, int]:
        return self.state, len(self.events), len(self.shown)

    def back_to(self, mark: tuple[State, int, int]) -> None:
        self.state, events, shown = mark
        del self.events[events:], self.shown[shown:]

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
        return self._send(inp.Said(reading=reading, content_id=f"content-{len(self.events)}"))

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

    def claimed(self) -> list[Message]:
        said = self._send(inp.StaffTook(staff_id=_STAFF, epoch=self.state.epoch + 1))
        phrase = Phrase(key="handover.joined", params={"staff_name": words()["staff_name"]})
        return [*said, self._show(Prompt(kind=MessageKind.NOTICE, pieces=(phrase,)))]

    def handed_back(self) -> list[Message]:
        return self._send(inp.HandedBack(staff_id=_STAFF))

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
        lists = LIMITS["line"].lists
        step = engine.step(self.opening.definition, self.state, what, self.now, lists, None)
        self.state = step.state
        self.events += step.events
        return [self._show(prompt) for prompt in step.says]

    def _show(self, prompt: Prompt) -> Message:
        voice = _voice(self.state.locale, self.opening.channel)
        message = wording.render(prompt, self.opening.definition, voice)
        self.shown.append(message)
        return message
