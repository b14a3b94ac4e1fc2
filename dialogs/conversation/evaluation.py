"""How well a labelled file of texts is understood: the figures behind ``kakunin faq eval``.

Each row says what a text is (a topic, a command, a case for staff, chit-chat, a real answer, nothing of
ours); what the bot makes of it is judged as a customer would meet it.  A row with an open question goes
through the real engine at that question, since a valid answer is read before anything else.

Every third row is *open*: whoever tunes rules may look at it.  The others are only counted, so that the
difference between the two parts shows what was learned by heart.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from typing import Any

from dialogs.conversation import engine, events as ev, inputs as inp
from dialogs.conversation.commanding import TOPICS_OF_COMMANDS
from dialogs.conversation.commands import Command
from dialogs.conversation.events import Form
from dialogs.conversation.state import State, apply
from dialogs.conversation.understanding import Reading
from dialogs.definition.expressions import parse
from dialogs.definition.model import Question, Questionnaire
from dialogs.faq.calibration import OFFER_FOR_FAILED_ANSWER
from dialogs.faq.intents import SETTLES
from dialogs.faq.matcher import Action, Reason

#: What a command says, or does: who asks for the topic is served by it.
_SERVED_BY = MappingProxyType({Command(name): topic for name, topic in SETTLES.items()})

EXPECTED = ("topic", "command", "staff", "none", "reply", "unknown")
#: Row 0, 3, 6, ... may be looked at.
OPEN_EVERY = 3
_KEYS = frozenset({"text", "expect", "topic", "command", "also", "question", "style", "today"})


class EvaluationError(ValueError):
    """A labelled file that cannot be used as it is."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A text and what it is."""

    number: int
    text: str
    expect: str
    #: Topics that a bank officer would accept, the best first.
    topics: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()
    #: The question that is open, by name.
    question: str | None = None
    #: The day on which it was written.
    today: date = date(2026, 11, 28)

    @property
    def is_open(self) -> bool:
        """Whether this row may be looked at."""
        return self.number % OPEN_EVERY == 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the bot made of a row."""

    row: Row
    action: Action
    command: Command | None
    #: Topics by score, as the customer would meet them: a command that says a topic puts it first.
    ranked: tuple[str, ...]
    #: The topics that are said or offered.
    shown: tuple[str, ...]
    right: bool
    #: The text of a topic that is not the one asked about was said.
    wrong_answer: bool
    #: It became the value of the open question, or is read back as that.
    stored: bool = False
    milliseconds: float = 0.0


def read_rows(lines: Iterable[str], *, name: str) -> tuple[Row, ...]:
    """The rows of a file (JSON Lines); raises ``EvaluationError`` naming the line."""
    rows: list[Row] = []
    for line, source in enumerate(lines, start=1):
        if source.strip():
            try:
                rows.append(_row(len(rows), json.loads(source)))
            except (ValueError, TypeError) as error:
                raise EvaluationError(f"{name}, line {line}: {error}") from error
    if not rows:
        raise EvaluationError(f"{name}: there is no row.")
    return tuple(rows)


def _row(number: int, data: Any) -> Row:
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        raise ValueError('an object with "text" and "expect" is expected.')
    if unknown := sorted(data.keys() - _KEYS):
        raise ValueError(f"{unknown[0]} is not a key of a row.")
    expect = data.get("expect")
    if expect not in EXPECTED:
        raise ValueError(f"expect is one of {', '.join(EXPECTED)}.")
    also = data.get("also", [])
    if not isinstance(also, list) or not all(isinstance(one, str) for one in also):
        raise ValueError("also must be a list of texts.")
    if expect in ("topic", "command") and not isinstance(data.get(expect), str):
        raise ValueError(f"{expect} is missing.")
    named = [data[expect], *also] if expect == "command" else []
    topics = [data["topic"], *also] if "topic" in data else []
    if named and not all(one in set(Command) for one in named):
        raise ValueError(f"{', '.join(named)}: not all are commands.")
    return Row(
        number=number,
        text=data["text"],
        expect=expect,
        topics=tuple(topics),
        commands=tuple(Command(one) for one in named),
        question=data.get("question"),
        **({"today": date.fromisoformat(data["today"])} if "today" in data else {}),
    )


def judge(row: Row, reading: Reading) -> Outcome:
    """What a customer who writes this with no question open would meet."""
    command = reading.exact or reading.command
    match = reading.match
    told = _SERVED_BY.get(command) if command is not None else None
    ranked = tuple(scored.topic for scored in match.ranked)
    shown = match.offered
    if command is not None:
        ranked = (told, *(name for name in ranked if name != told)) if told else ranked
        shown = (told,) if told else ()
    says = command in TOPICS_OF_COMMANDS if command is not None else match.action is not Action.OFFER
    said = shown[:1] if says else ()
    wrong = bool(said) and said[0] not in row.topics and not _is_for_staff(row, command, reading)
    wrong = wrong and not (command is not None and command in row.commands)
    outcome = Outcome(
        row=row,
        action=reading.action,
        command=command,
        ranked=ranked,
        shown=shown,
        right=False,
        wrong_answer=wrong,
    )
    return replace(outcome, right=_is_right(outcome, reading))


def _is_for_staff(row: Row, command: Command | None, reading: Reading) -> bool:
    """A person was wanted and comes; the words beside it are wrong only where the row names another topic."""
    return row.expect == "staff" and not row.topics and _reaches_staff(command, reading)


def _reaches_staff(command: Command | None, reading: Reading) -> bool:
    return command is Command.STAFF if command is not None else reading.match.action is Action.STAFF


def _is_right(outcome: Outcome, reading: Reading) -> bool:
    row, command = outcome.row, outcome.command
    match row.expect:
        case "topic":
            return outcome.ranked[:1] != () and outcome.ranked[0] in row.topics
        case "command":
            return command in row.commands or bool(
                command is None and outcome.shown[:1] and outcome.shown[0] in _topics_of(row.commands)
            )
        case "staff":
            return _reaches_staff(command, reading) and not outcome.wrong_answer
        case "none":
            return outcome.action is Action.NONE
        case "unknown":
            return command is None and outcome.action is not Action.ANSWER and not outcome.wrong_answer
        case _:
            return not _taken_without_question(command, reading)


def _topics_of(commands: Sequence[Command]) -> set[str]:
    return {_SERVED_BY[command] for command in commands if command in _SERVED_BY}


#: Commands that are themselves a way of answering.
_ANSWERS = frozenset({Command.UNCHANGED, Command.DONT_KNOW, Command.REFUSE, Command.SKIP, Command.DONE})


def _taken_without_question(command: Command | None, reading: Reading) -> bool:
    """Whether an answer would pass for something else where its question is not known."""
    match = reading.match
    if command in _ANSWERS:
        return False
    if command is not None or match.action is Action.ANSWER:
        return True
    best = match.ranked[0].score if match.ranked else 0.0
    if match.action is Action.OFFER:
        return reading.is_question or best >= OFFER_FOR_FAILED_ANSWER
    return match.action is Action.STAFF and (match.reason is not Reason.UNKNOWN or reading.is_question)


def judge_reply(row: Row, reading: Reading, definition: Questionnaire, locale: str) -> Outcome:
    """What becomes of an answer at its open question, in the real engine."""
    outcome = judge(row, reading)
    name = row.question or ""
    if name not in definition.by_name:
        raise EvaluationError(f"row {row.number}: the questionnaire has no question {name}.")
    form = _form_of_one(definition, name)
    now = datetime.combine(row.today, time(12), tzinfo=UTC)
    state = apply(State(), ev.Started(at=now, definition_sha256=form.sha256, locale=locale, receipt_no="EVAL"))
    state = engine.step(form, state, inp.Began(), now).state
    events = engine.step(form, state, inp.Said(reading=reading), now).events
    right = any(_is_of_an_answer(event) for event in events)
    stored = any(isinstance(one, ev.Answered) or (isinstance(one, ev.Asked) and one.form in _ECHOED) for one in events)
    shown = next((event.topics for event in events if isinstance(event, ev.FaqShown)), ())
    action = Action.NONE if right else Action.OFFER if len(shown) > 1 else outcome.action
    answered = not right and outcome.wrong_answer
    return replace(outcome, right=right, action=action, shown=shown, wrong_answer=answered, stored=stored)


#: Where a value that was read is shown again.
_ECHOED = (Form.CONFIRM, Form.CHECK)


def _is_of_an_answer(event: ev.Event) -> bool:
    """Taken, read back, asked back, or refused as an answer with its own problem."""
    if isinstance(event, ev.Asked):
        return event.form in _ECHOED or bool(event.only)
    if isinstance(event, ev.Refused):
        return event.problem != "needed"  # taken for "I do not know"
    return isinstance(event, (ev.Answered, ev.Toggled, ev.ChangeAnnounced))


def _form_of_one(definition: Questionnaire, name: str) -> Questionnaire:
    """A form of that question alone, always asked, with all its choices."""
    question = definition.question(name)
    bot = replace(question.bot, handover=None, end=None, check=None, prefill=None, sensitive=False)
    alone: Question = replace(
        question, relevant=None, constraint=None, choice_filter=None, default=None, groups=(), bot=bot,
        required=parse("true()"),
    )  # fmt: skip
    return replace(definition, questions=(alone,), groups={})


def report(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """All figures of some rows; a share of nothing is ``None``."""
    topics = [one for one in outcomes if one.row.expect == "topic"]
    commands = [one for one in outcomes if one.row.expect == "command"]
    named = sorted({one.row.commands[0].value for one in commands})
    times = sorted(one.milliseconds for one in outcomes)
    return {
        "rows": len(outcomes),
        "first": _share(topics, lambda one: one.right),
        "in_three": _share(topics, lambda one: bool(set(one.ranked[:3]) & set(one.row.topics))),
        "coverage": _share(topics, lambda one: one.right and _is_answered(one)),
        "offered": _share(topics, lambda one: bool(set(one.shown) & set(one.row.topics))),
        "wrong_answers": _share(outcomes, lambda one: one.wrong_answer),
        "commands": _share(commands, lambda one: one.right),
        "by_command": {
            name: _share([one for one in commands if one.row.commands[0] == name], lambda one: one.right)
            for name in named
        },
        "wrong_commands": _share(outcomes, _is_wrong_command),
        "staff": _share_right(outcomes, "staff"),
        "none": _share_right(outcomes, "none"),
        "unknown": _share_right(outcomes, "unknown"),
        "replies_taken": _share([one for one in outcomes if one.row.expect == "reply"], lambda one: not one.right),
        "actions": _counts(outcomes),
        "ms_p50": _percentile(times, 0.50),
        "ms_p99": _percentile(times, 0.99),
    }


def _is_answered(outcome: Outcome) -> bool:
    """At once: in words, by a command that says the topic, or by the person whose topic it is."""
    told = bool(outcome.shown[:1]) and outcome.shown[0] in outcome.row.topics
    return told and outcome.action is not Action.OFFER


def _is_wrong_command(outcome: Outcome) -> bool:
    row = outcome.row
    if outcome.command is None or (row.expect == "reply" and outcome.right):
        return False
    return not outcome.right or row.expect == "unknown"


def _share_right(outcomes: Sequence[Outcome], expect: str) -> float | None:
    return _share([one for one in outcomes if one.row.expect == expect], lambda one: one.right)


def _share(outcomes: Sequence[Outcome], holds: Callable[[Outcome], bool]) -> float | None:
    return round(sum(holds(one) for one in outcomes) / len(outcomes), 4) if outcomes else None


def _counts(outcomes: Sequence[Outcome]) -> Mapping[str, Mapping[str, int]]:
    """What the bot does, by what was expected."""
    counts: dict[str, dict[str, int]] = {}
    for one in outcomes:
        of = counts.setdefault(one.row.expect, {})
        of[one.action.value] = of.get(one.action.value, 0) + 1
    return {expect: dict(sorted(of.items())) for expect, of in sorted(counts.items())}


def _percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest rank."""
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 3) if ordered else 0.0
