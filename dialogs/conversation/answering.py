"""How a reply becomes the value of one question: the readers, seen from the questionnaire."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Protocol

from dialogs.conversation.answers import Answer
from dialogs.conversation.events import AnswerState
from dialogs.conversation.form import Position, Slot
from dialogs.conversation.pairs import reply_context
from dialogs.definition.model import Choice, Question, QuestionType, pick
from dialogs.japanese.romaji import from_romaji
from dialogs.records import maker, quick
from dialogs.replies import READERS
from dialogs.replies.acknowledgement import says_that_it_is_read
from dialogs.replies.base import Parsed, Problem, ReplyContext, Value
from dialogs.replies.choices import Ambiguous, ParsedMany, read_choice, read_choices
from dialogs.replies.masking import mask

_BARE_NUMBER = re.compile("0|[1-9][0-9]{0,8}")
#: The kind of reader by the type of the question, where that says it.
_KINDS = {
    QuestionType.INTEGER: "integer",
    QuestionType.DECIMAL: "decimal",
    QuestionType.DATE: "date",
    QuestionType.ACKNOWLEDGE: "yes_no",
}


@quick
@dataclass(frozen=True, kw_only=True)
class Taken:
    """A reply that was understood, as canonical text, with how it is read back."""

    value: str = field(repr=False)
    display: str = field(repr=False)


_taken = maker(Taken)


@dataclass(frozen=True, kw_only=True)
class Several:
    """A reply that fits more than one choice."""

    names: tuple[str, ...]


def reader_kind(question: Question) -> str:
    """The kind of reader for the typed replies of a question; ``choice`` for selects."""
    if question.is_select:
        return "choice"
    return question.bot.kind or _KINDS.get(question.type, "text")


def is_free_text(question: Question | None) -> bool:
    """Whether nearly any text would be an answer, so that a question in it must be noticed first."""
    return question is not None and reader_kind(question) in ("text", "name", "address")


class Words(Protocol):
    """A typed text, with what readers made of it so far; ``understanding.Reading`` is one."""

    @property
    def text(self) -> str: ...
    @property
    def replies(self) -> dict[object, Any]: ...


@dataclass(frozen=True)
class Typed:
    """A text of which nothing but an answer is wanted."""

    text: str = field(repr=False)
    replies: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)


def read_reply(position: Position, slot: Slot, reading: Words, only: tuple[str, ...] = ()) -> Taken | Several | Problem:
    """What the text means as an answer at ``slot``, where perhaps ``only`` some of the choices are shown."""
    question = slot.question
    assert question is not None
    if question.is_select:
        context = reply_context(position, slot)
        shown = tuple(c for c in position.choices(question, slot.key) if c.name in only)
        narrowed = read_select(position, question, shown, reading, context) if shown else None
        if isinstance(narrowed, Taken):
            return narrowed
        return read_select(position, question, position.choices(question, slot.key), reading, context)
    text = reading.text
    if question.type is QuestionType.INTEGER and _BARE_NUMBER.fullmatch(text) and question.bot.kind is None:
        # As most people type it: what the reader would make of it, without looking for words.
        return _taken(value=text, display=f"{int(text):,}")
    if question.type is QuestionType.ACKNOWLEDGE and says_that_it_is_read(text):
        return Taken(value="OK", display=text.strip())
    parsed = read_as(reader_kind(question), reading, reply_context(position, slot))
    if isinstance(parsed, Problem):
        return parsed
    if question.type is QuestionType.ACKNOWLEDGE:
        if parsed.value is not True:
            return Problem(code="acknowledge.needed")
        return Taken(value="OK", display=parsed.display)
    return Taken(value=to_text(parsed.value), display=parsed.display)


def read_as(kind: str, reading: Words, context: ReplyContext) -> Parsed | Problem:
    """What a reader makes of the text; it looks at it once for all who ask the same."""
    place = (kind, context)
    found: Parsed | Problem | None = reading.replies.get(place)
    if found is None:
        found = reading.replies[place] = READERS[kind](reading.text, context)
    return found


def read_select(
    position: Position, question: Question, choices: tuple[Choice, ...], reading: Words, context: ReplyContext
) -> Taken | Several | Problem:
    """What the text means among ``choices``; it is looked at once for all who ask the same."""
    language = position.definition.default_language
    several = question.takes_several
    place = (position.definition.sha256, question.name, tuple([choice.name for choice in choices]), context)
    found: ParsedMany | Parsed | Ambiguous | Problem | None = reading.replies.get(place)
    if found is None:
        kind = question.bot.kind

        def read(text: str) -> ParsedMany | Parsed | Ambiguous | Problem:
            if several:
                return read_choices(text, choices, context, language)
            return read_choice(text, choices, context, language, kind=kind)

        found = read(reading.text)
        if isinstance(found, Problem) and (kana := from_romaji(reading.text)):
            again = read(kana)
            found = found if isinstance(again, Problem) else again
        reading.replies[place] = found
    match found:
        case ParsedMany():
            return take_choices(position, question, found.values)
        case Parsed():
            return take_choices(position, question, (str(found.value),))
        case Ambiguous():
            return Several(names=found.candidates)
    return found


def take_choices(position: Position, question: Question, names: tuple[str, ...]) -> Taken:
    """Choices by name, in the order of the list."""
    if len(names) == 1:
        return _taken(value=names[0], display=position.label(question, names[0]))
    order = position.definition.codes[question.list_name or ""]
    names = tuple(sorted(set(names), key=order.__getitem__))
    separator = "、" if position.state.locale.startswith("ja") else ", "
    return Taken(value=" ".join(names), display=separator.join(position.label(question, name) for name in names))


def from_master(position: Position, slot: Slot) -> Taken | None:
    """The master record's value for a question, masked for showing; ``None`` where there is none that fits."""
    question = slot.question
    if question is None or question.bot.prefill is None:
        return None
    value = position.state.master.get(question.bot.prefill, "").strip()
    if not value:
        return None
    if question.is_select:
        names = tuple(value.replace(";", " ").split())
        known = {choice.name for choice in position.choices(question, slot.key)}
        return take_choices(position, question, names) if names and set(names) <= known else None
    kind = "owners" if question.bot.prefill == "owners" else reader_kind(question)
    return Taken(value=value, display=_shown(kind, value, position))


def _shown(kind: str, value: str, position: Position) -> str:
    """A master value as it may stand in a chat: masked, or in words where it names nobody."""
    if kind in ("country", "residence_status"):
        parsed = READERS[kind](value, ReplyContext(today=position.now.date(), locale=position.state.locale))
        return parsed.display if isinstance(parsed, Parsed) else value
    return mask("expiry" if kind == "date" else kind, value)


def from_default(position: Position, slot: Slot) -> Taken | None:
    """The author's default for a question, where it is an answer that would be taken."""
    question = slot.question
    if question is None or question.default is None:
        return None
    value = position.default_value(question, slot.key)
    if not value:
        return None
    if question.is_select:
        known = {choice.name for choice in position.choices(question, slot.key)}
        names = tuple(value.split()) if question.takes_several else (value,)
        taken = take_choices(position, question, names) if names and set(names) <= known else None
    else:
        context = ReplyContext(today=position.now.date(), locale=position.state.locale)
        parsed = READERS[reader_kind(question)](value, context)
        taken = None if isinstance(parsed, Problem) else Taken(value=to_text(parsed.value), display=parsed.display)
    return taken if taken is None or position.is_allowed(slot, taken.value) else None


def offered_value(position: Position, slot: Slot) -> tuple[str, Taken] | None:
    """A value that the customer need only confirm: an answer given before, the bank's, the author's."""
    state, key = position.state, slot.key
    if (slot.is_bare and not state.set_aside) or key in state.changes or key in state.answers:
        return None
    earlier = state.set_aside.get(key)
    if earlier is not None and earlier.state is AnswerState.ANSWERED and _still_fits(position, slot, earlier):
        return "previous", Taken(value=earlier.value, display=read_back(position, slot.question, earlier))
    known = from_master(position, slot)
    if known is not None:
        return "master", known
    default = from_default(position, slot)
    return None if default is None else ("default", default)


def _still_fits(position: Position, slot: Slot, earlier: Answer) -> bool:
    """Whether an answer given before would be taken now; a postal code must belong to the address of today.

    What was left open is asked again, and what is to be read is read again.
    """
    if not earlier.value or not position.is_valid(slot, earlier):
        return False
    if slot.question is None or slot.question.type is QuestionType.ACKNOWLEDGE:
        return False
    if slot.question.bot.kind != "postal_code":
        return True
    return isinstance(READERS["postal_code"](earlier.value, reply_context(position, slot)), Parsed)


def read_back(position: Position, question: Question | None, answer: Answer) -> str:
    """An answer as it is shown again: choices, countries and dates in the language that is spoken now."""
    if question is None or not answer.value:
        return answer.display
    if question.is_select:
        if not question.takes_several:
            return position.label(question, answer.value)
        return take_choices(position, question, answer.codes).display
    kind = reader_kind(question)
    # A date of the bank's stays masked, as it was offered.
    if kind != "country" and (kind != "date" or answer.state is AnswerState.UNCHANGED):
        return answer.display
    parsed = READERS[kind](answer.value, ReplyContext(today=position.now.date(), locale=position.state.locale))
    return parsed.display if isinstance(parsed, Parsed) else answer.display


def to_text(value: Value) -> str:
    """A reader's value as the canonical text that expressions, store and export use."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return format(value, "f").rstrip("0").rstrip(".")
    return str(value)


def wording(position: Position, question: Question, locale: str) -> str:
    """The question as it was asked in ``locale``, for the evidence of a submission."""
    return pick(question.label, locale, position.definition.default_language)
