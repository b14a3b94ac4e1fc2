"""A form that somebody else fills in for the customer, all of it at once: from paper, or while he is on the phone.

Promise: it is the form of the chat.  What is asked is what is relevant, every text goes through the same readers and
constraints, and what comes out is a state like that of a conversation, so a submission is made of it in the same way.
A text that holds a secret is never read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dialogs.conversation import events as ev
from dialogs.conversation.answering import (
    Several,
    Taken,
    Typed,
    from_master,
    read_as,
    read_reply,
    reader_kind,
    take_choices,
)
from dialogs.conversation.answers import Answer
from dialogs.conversation.events import AnswerState, Key
from dialogs.conversation.form import Position, Slot
from dialogs.conversation.plan import plan_of
from dialogs.conversation.state import State, apply
from dialogs.definition.model import Decline, Questionnaire, QuestionType
from dialogs.guard import find_secret
from dialogs.japanese import fold
from dialogs.records import changed
from dialogs.replies.base import Problem, ReplyContext

#: Typed alone: the bank's own value still holds.
AS_REGISTERED = frozenset("=")
#: Typed alone: the customer left it open, or would rather not say.
LEFT_OPEN = frozenset("-ー―−–—")
#: Between the numbers of several choices.
_SEPARATORS = re.compile(r"[ ,、・./]+")
#: Where yes or no is asked, the first box of the paper is yes.
_BY_NUMBER = {"1": True, "2": False}


@dataclass(frozen=True, kw_only=True)
class Written:
    """What somebody typed at one place."""

    text: str = field(repr=False)
    #: Id of the member of staff.
    by: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Line:
    """One place of the form as it stands."""

    slot: Slot
    text: str = field(default="", repr=False)
    answer: Answer | None = None
    #: Why the text is no answer.
    problem: Problem | None = None
    #: The answer calls for a person, as it would in the chat.
    calls: bool = False

    @property
    def is_missing(self) -> bool:
        """Whether something has to be entered here still."""
        return self.answer is None and self.problem is None


@dataclass(frozen=True, kw_only=True)
class Filled:
    """The form as far as it was entered."""

    position: Position
    lines: tuple[Line, ...]

    @property
    def state(self) -> State:
        return self.position.state

    @property
    def is_complete(self) -> bool:
        return all(line.answer is not None and line.problem is None for line in self.lines)


def key_of(text: str) -> Key | None:
    """The place that a ``Key`` names as text; ``None`` where it is none."""
    question, bracket, rest = text.partition("[")
    number = rest.removesuffix("]")
    if not bracket:
        return Key(question) if question else None
    if not question or not rest.endswith("]") or not (number.isascii() and number.isdecimal()) or number[0] == "0":
        return None
    return Key(question, int(number))


def secret_in(definition: Questionnaire, key: Key, text: str) -> str | None:
    """The kind of secret that a text typed at ``key`` holds, which is then neither read nor kept."""
    question = definition.by_name.get(key.question)
    found = find_secret(text, expected=None if question is None else reader_kind(question))
    return None if found is None else found.kind.value


def fill(
    definition: Questionnaire, started: ev.Started, written: Mapping[Key, Written], now: datetime, *, by: str
) -> Filled:
    """The form after everything that was written, whatever the order in which that was done.

    ``by`` is who stands for what was left empty.
    """
    position = Position(definition, apply(State(), started), now)
    problems: dict[Key, Problem] = {}
    seen: set[Key] = set()
    while (slot := next((one for one in position.asked_slots if one.key not in seen), None)) is not None:
        seen.add(slot.key)
        entry = written.get(slot.key)
        read = _read(position, slot, "" if entry is None else entry.text.strip())
        if isinstance(read, Problem):
            problems[slot.key] = read
        elif read is not None:
            position = _with(position, slot.key, read, entry or Written(text="", by=by, at=started.at))
    position = _settled(position)
    lines = tuple(_line(position, slot, written.get(slot.key), problems) for slot in position.asked_slots)
    marked = [line for line in lines if line.answer is not None and _is_doubted(position, line)]
    state = position.state
    for line in marked:
        assert line.answer is not None
        state = apply(state, _event(line.slot.key, changed(line.answer, marked=True)))
    position = position.after(state)
    return Filled(
        position=position,
        lines=tuple(
            line if line.answer is None else changed(line, answer=state.answers[line.slot.key]) for line in lines
        ),
    )


def moving(definition: Questionnaire) -> frozenset[str]:
    """Questions and repeats on whose answers depends what else is asked, or which choices there are."""
    plan = plan_of(definition)
    named = [question.name for question in definition.questions if question.is_asked]
    repeats = [name for name, group in definition.groups.items() if group.is_repeat and group.repeat_count is None]
    return frozenset([name for name in named if len(plan.touched(name)) > 1] + repeats)


def _read(position: Position, slot: Slot, text: str) -> tuple[Taken, AnswerState] | Problem | None:
    """What was typed at a place; ``None`` where something has to be entered still."""
    question, typed = slot.question, fold(text)
    if question is None:
        # A box that nobody has filled in is no further person.
        if not text:
            return Taken(value="no", display=""), AnswerState.ANSWERED
        yes = _yes_no(position, typed, text)
        if isinstance(yes, Problem):
            return yes
        return Taken(value="yes" if yes else "no", display=text), AnswerState.ANSWERED
    if not text or typed in LEFT_OPEN:
        if question.bot.decline is not Decline.NONE and text:
            return Taken(value="", display=""), AnswerState.DECLINED
        if not position.is_required(slot):
            return Taken(value="", display=""), AnswerState.ANSWERED
        return Problem(code="entry.needed") if text else None
    known = from_master(position, slot)
    if typed in AS_REGISTERED:
        return Problem(code="entry.nothing_registered") if known is None else (known, AnswerState.UNCHANGED)
    read: Taken | Several | Problem
    if question.type is QuestionType.ACKNOWLEDGE and typed in _BY_NUMBER:
        read = Taken(value="OK", display=text) if _BY_NUMBER[typed] else Problem(code="acknowledge.needed")
    else:
        read = _by_number(position, slot, typed) or read_reply(position, slot, Typed(text))
    if isinstance(read, Several):
        return Problem(code="entry.several")
    if isinstance(read, Problem):
        return read
    same = known is not None and known.value == read.value
    return read, AnswerState.UNCHANGED if same else AnswerState.ANSWERED


def _by_number(position: Position, slot: Slot, typed: str) -> Taken | None:
    """The choices whose numbers were typed: on paper they stand beside the boxes, also where they are amounts."""
    question = slot.question
    if question is None or not question.is_select:
        return None
    choices, numbers = position.choices(question, slot.key), _SEPARATORS.split(typed)
    several = question.takes_several
    if not all(one.isascii() and one.isdecimal() and 1 <= int(one) <= len(choices) for one in numbers):
        return None
    if len(numbers) > 1 and not several:
        return None
    return take_choices(position, question, tuple(choices[int(one) - 1].name for one in numbers))


def _yes_no(position: Position, typed: str, text: str) -> bool | Problem:
    if typed in _BY_NUMBER:
        return _BY_NUMBER[typed]
    context = ReplyContext(today=position.now.date(), locale=position.state.locale)
    read = read_as("yes_no", Typed(text), context)
    return read if isinstance(read, Problem) else read.value is True


def _with(position: Position, key: Key, read: tuple[Taken, AnswerState], entry: Written) -> Position:
    taken, state = read
    answer = Answer(
        value=taken.value,
        display=taken.display,
        state=state,
        at=entry.at,
        locale=position.state.locale,
        by=entry.by,
        # What was typed is found by the place again (``key_of``).
        content_id=str(key),
    )
    return position.after(apply(position.state, _event(key, answer)))


def _event(key: Key, answer: Answer) -> ev.Answered:
    return ev.Answered(
        at=answer.at,
        key=key,
        value=answer.value,
        display=answer.display,
        state=answer.state,
        locale=answer.locale,
        by=answer.by,
        content_id=answer.content_id,
        marked=answer.marked,
    )


def _settled(position: Position) -> Position:
    """Without the answers whose questions later answers have made irrelevant."""
    while stray := [key for key in position.state.answers if key not in position.places]:
        state = position.state
        for key in stray:
            state = apply(state, ev.SetAside(at=position.now, key=key))
        position = position.after(state)
    return position


def _line(position: Position, slot: Slot, entry: Written | None, problems: Mapping[Key, Problem]) -> Line:
    text, answer = "" if entry is None else entry.text, position.state.answers.get(slot.key)
    problem = problems.get(slot.key)
    if answer is not None:
        problem = next(_against(position, slot, answer), None)
    calls = slot.question is not None and slot.question.bot.handover is not None and answer is not None
    return Line(
        slot=slot,
        text=text,
        answer=answer,
        problem=problem,
        calls=calls and _holds(position, slot, "handover"),
    )


def _against(position: Position, slot: Slot, answer: Answer) -> Iterator[Problem]:
    """What speaks against an answer in the light of all others."""
    if not position.is_valid(slot, answer):
        yield Problem(code="constraint" if answer.value else "entry.needed")
    if slot.question is not None and slot.question.bot.end is not None and _holds(position, slot, "end"):
        yield Problem(code="entry.ends")


def _holds(position: Position, slot: Slot, name: str) -> bool:
    assert slot.question is not None
    rule = slot.question.bot.end if name == "end" else slot.question.bot.handover
    return rule is not None and position.truth(rule, slot.key)


def _is_doubted(position: Position, line: Line) -> bool:
    """Whether a cross check speaks against the answer: on paper nobody is there to be asked, so a person looks."""
    question, answer = line.slot.question, line.answer
    if question is None or question.bot.check is None or answer is None or not answer.value:
        return False
    return not position.truth(question.bot.check, line.slot.key, answer.value)
