"""A message of the gallery, what it is known by, and the engine in the state in which it says it.

Promise: what is shown is what the engine and the channels make; left out are only the count of questions, which would
change every message of a form with each question more (it is shown once by itself), and the numbers of prompts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.channels.limits import LINE
from bot.office_hours import OfficeHours, parse_hours
from bot.waiting_line import OfficeStaffing
from dialogs.conversation import commands, engine, events as ev, inputs as inp
from dialogs.conversation.events import AnswerState, Event
from dialogs.conversation.form import Position, Slot
from dialogs.conversation.prompts import (
    Button,
    FaqText,
    Line,
    Literal,
    Phrase,
    Piece,
    Prompt,
    Wording,
)
from dialogs.conversation.state import State, apply
from dialogs.conversation.turn import Turn
from dialogs.conversation.understanding import Reading
from dialogs.conversation.wording import Voice
from dialogs.definition.model import Questionnaire
from dialogs.faq.matcher import Action, Match, Reason
from dialogs.japanese import fold

ZONE = ZoneInfo("Asia/Tokyo")
#: A Tuesday, at an hour when somebody is there, and one when nobody is.
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=ZONE)
NIGHT = datetime(2026, 11, 24, 22, 0, tzinfo=ZONE)
OFFICE = OfficeHours(zone=ZONE, hours=parse_hours("09:00-17:00"))
RECEIPT = "A1B2-C3D4"
_TOKEN = "p1"  # noqa: S105 - in the place of the running number of a prompt
_COUNTS = frozenset({"engine.progress", "engine.progress_end"})
_NOTHING = Match(action=Action.NONE, ranked=(), version="", reason=Reason.NO_QUESTION)


@dataclass(frozen=True)
class Said:
    """What is posed, before it is put into words."""

    id: str
    prompt: Prompt = field(repr=False)


def neutral(prompt: Prompt, *, counted: bool = False) -> Prompt:
    """The prompt without what would move when a form gets a question more; ``counted`` leaves the count in."""
    if not counted:
        pieces = tuple(p for p in prompt.pieces if not (isinstance(p, Phrase) and p.key in _COUNTS))
        prompt = replace(prompt, pieces=pieces)
    return prompt if prompt.token is None else replace(prompt, token=_TOKEN)


def sources_of(prompt: Prompt, definition: Questionnaire | None) -> tuple[str, ...]:
    """Where the words of a prompt come from."""
    name = "" if definition is None else definition.id
    return tuple(dict.fromkeys(source for piece in _pieces(prompt) for source in _sources(piece, name)))


def _pieces(prompt: Prompt) -> Iterator[Piece]:
    yield from prompt.pieces
    for button in (*prompt.buttons, *prompt.shortcuts):
        yield button.label
    for link in prompt.links:
        yield from (link.label, link.words, link.otherwise)
    if prompt.days is not None:
        yield prompt.days.label
    if prompt.alt is not None:
        yield prompt.alt


def _sources(piece: Piece, form: str) -> Iterator[str]:
    match piece:
        case Phrase():
            yield piece.key
        case FaqText():
            yield f"faq:{piece.topic}"
        case Line():
            yield from _sources(piece.name, form)
            yield from _sources(piece.value, form)
        case Wording(choice=None):
            if piece.field == "example":
                yield "engine.example"
            if piece.instance:
                yield "engine.numbered"
            yield f"{form}.{piece.question}.{piece.field}"
        case Wording():
            yield f"{form}.{piece.question}={piece.choice}"
        case Literal():
            return


def heard(text: str, locale: str, match: Match = _NOTHING, *, is_question: bool = False) -> Reading:
    """A typed text as the engine is handed it, with what was found in the FAQ."""
    folded = fold(text)
    return Reading(
        text=text,
        folded=folded,
        locale=locale,
        exact=commands.exact(folded, locale),
        is_question=is_question,
        find=lambda: match,
    )


class Stage:
    """One conversation, brought into a state without the way there."""

    def __init__(
        self,
        definition: Questionnaire,
        voice: Voice,
        *,
        master: dict[str, str] | None = None,
        now: datetime = NOW,
        sensitive_allowed: bool = True,
    ) -> None:
        self.definition = definition
        self.locale = voice.locale
        self.now = now
        self.office = OFFICE
        started = ev.Started(
            at=now,
            definition_sha256=definition.sha256,
            locale=voice.locale,
            receipt_no=RECEIPT,
            master=master or {},
            sensitive_allowed=sensitive_allowed,
        )
        self.state = apply(State(), started)
        self._position = Position(definition, self.state, now)

    @property
    def position(self) -> Position:
        """The form as it stands now."""
        if self._position.state is not self.state:
            self._position = self._position.after(self.state)
        return self._position

    def record(self, *events: Event) -> Stage:
        """Facts that lie before what is posed."""
        for event in events:
            self.state = apply(self.state, event)
        return self

    def answer(self, slot: Slot, value: str, display: str = "", state: AnswerState = AnswerState.ANSWERED) -> Stage:
        """An answer that was given before."""
        return self.record(
            ev.Answered(
                at=self.now, key=slot.key, value=value, display=display or value, state=state, locale=self.locale
            )
        )

    def until(self, name: str) -> Stage:
        """All before the question left open, and the question asked."""
        while (slot := self.position.current) is not None and slot.key.question != name:
            self.answer(slot, "", state=AnswerState.DECLINED)
        if slot is None:
            raise LookupError(f"{self.definition.id} never asks {name}")
        self.do(inp.Began())
        return self

    def to_review(self) -> Stage:
        """All that is still open left open, and the review shown."""
        while (slot := self.position.current) is not None:
            value = "no" if slot.question is None else ""
            state = AnswerState.ANSWERED if slot.question is None else AnswerState.DECLINED
            self.answer(slot, value, state=state)
        self.do(inp.Began())
        return self

    def turn(self) -> Turn:
        """A turn from here, for what the engine does in the midst of one."""
        return Turn(self.definition, self.state, self.now, LINE.lists, OfficeStaffing(self.office, self.now))

    def do(self, what: inp.Input) -> tuple[Prompt, ...]:
        """What the engine says to it."""
        staffing = OfficeStaffing(self.office, self.now)
        step = engine.step(self.definition, self.state, what, self.now, LINE.lists, staffing)
        self.state = step.state
        return step.says

    def type(
        self, text: str, match: Match = _NOTHING, *, unseen: bool = False, asks: bool = False
    ) -> tuple[Prompt, ...]:
        """What the engine says to a typed text."""
        reading = heard(text, self.locale, match, is_question=asks)
        return self.do(inp.Said(reading=reading, content_id="c1", unseen=unseen))

    def tap(self, option: str, token: str | None = None) -> tuple[Prompt, ...]:
        """What the engine says to a tap on the newest prompt."""
        newest = self.state.open.tokens[-1] if self.state.open is not None else "-"
        return self.do(inp.Chose(token=newest if token is None else token, option=option, content_id="c1"))


def twin(stage: Stage, locale: str = "") -> Stage:
    """The same conversation once more, perhaps in another voice, to go another way from here."""
    other = copy(stage)
    if locale:
        other.locale, other.state = locale, replace(stage.state, locale=locale)
    return other


def first(says: Sequence[Prompt]) -> Prompt:
    """What is said before the same question is asked again."""
    return says[0]


def last(says: Sequence[Prompt]) -> Prompt:
    """The question with what is said before it."""
    return says[-1]


def with_buttons(prompt: Prompt, *buttons: Button) -> Prompt:
    """A notice with the buttons that hold anywhere."""
    return replace(prompt, buttons=buttons, token=_TOKEN)
