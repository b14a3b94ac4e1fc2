"""What a questionnaire is, once it has been read and checked.

A questionnaire is a list of questions in order, each with conditions, and never a graph with
jumps: therefore the position in a conversation can always be computed from the answers.
The vocabulary is XLSForm's (type, name, label, relevant, constraint, ...); our own columns stand
under ``bot``.  Everything here is immutable, so one definition serves all threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeVar

from dialogs.definition.expressions import Expression
from locales import language_of

T = TypeVar("T")

#: A text in several languages: language code -> wording.
Text = Mapping[str, str]

NO_TEXT: Text = MappingProxyType({})


def no_text() -> Text:
    """The empty text, as a factory: Python 3.11 takes a mapping proxy for a mutable default."""
    return NO_TEXT


def in_languages(text: Text) -> tuple[str, ...]:
    """The wordings in languages; that of a voice (``ja_easy``) explains with words that may well be another's name."""
    return tuple(wording for locale, wording in text.items() if language_of(locale) == locale)


def in_voices(text: Text) -> tuple[str, ...]:
    """The wordings in voices of a language."""
    return tuple(wording for locale, wording in text.items() if language_of(locale) != locale)


def pick(text: Text, locale: str, default_language: str) -> str:
    """The wording in ``locale``, else in the questionnaire's own language, else empty."""
    return text.get(locale) or text.get(default_language) or ""


class QuestionType(StrEnum):
    """The types that a survey row may have; groups and repeats are kept apart (see ``Group``)."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    SELECT_ONE = "select_one"
    SELECT_MULTIPLE = "select_multiple"
    NOTE = "note"
    CALCULATE = "calculate"
    ACKNOWLEDGE = "acknowledge"


class Decline(StrEnum):
    """Whether a customer may leave a question open, and in which words."""

    NONE = "none"
    REFUSE = "refuse"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One row of a choice list."""

    #: The code that is stored and exported.
    name: str
    label: Text
    #: A shorter label for a button; empty where the label is short enough.
    button: Text = field(default_factory=no_text)
    #: Further columns: filter columns, and ``from``/``above``/``to``/``below`` of an amount band (yen).
    extra: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True)
class BotColumns:
    """Our own columns of a question; ODK's tools ignore them."""

    #: The reader of a typed reply where the type alone does not say it: name, kana, phone, ...
    kind: str | None = None
    #: A short name of the question, for the review list and "which one?" buttons.
    button: Text = field(default_factory=no_text)
    #: Echo the value that was read and ask whether it is right.
    confirm: bool = False
    decline: Decline = Decline.NONE
    #: Column of the master record that is offered as "unchanged".
    prefill: str | None = None
    #: Column of the master record that the answer is compared with.
    compare: str | None = None
    #: Only for channels that the bank has listed (``SENSITIVE_CHANNELS``).
    sensitive: bool = False
    #: After the answer: true hands the conversation to a person.
    handover: Expression | None = None
    #: After the answer: true closes the conversation without a submission.
    end: Expression | None = None
    #: After the answer: true says that somebody else answers for the customer.
    proxy: Expression | None = None
    #: Soft check: false asks once more, then the answer is taken and marked.
    check: Expression | None = None
    check_message: Text = field(default_factory=no_text)
    #: The regulatory item that this question covers.
    kyc_item: str | None = None
    example: Text = field(default_factory=no_text)
    #: One line: why we ask.
    why: Text = field(default_factory=no_text)
    #: FAQ topic that explains the question.
    faq: str | None = None


@dataclass(frozen=True, kw_only=True)
class Question:
    """One row of the survey that is not a group."""

    type: QuestionType
    name: str
    #: Name of the choice list of a select.
    list_name: str | None = None
    label: Text = field(default_factory=no_text)
    hint: Text = field(default_factory=no_text)
    required: Expression | None = None
    required_message: Text = field(default_factory=no_text)
    relevant: Expression | None = None
    constraint: Expression | None = None
    constraint_message: Text = field(default_factory=no_text)
    calculation: Expression | None = None
    choice_filter: Expression | None = None
    default: Expression | None = None
    read_only: bool = False
    bot: BotColumns = field(default_factory=BotColumns)
    #: Names of the groups and repeats around the question, outermost first.
    groups: tuple[str, ...] = ()
    #: Row in the source, for messages to the author (1 = first survey row).
    row: int = 0

    @cached_property
    def is_select(self) -> bool:
        return self.type in (QuestionType.SELECT_ONE, QuestionType.SELECT_MULTIPLE)

    @cached_property
    def takes_several(self) -> bool:
        return self.type is QuestionType.SELECT_MULTIPLE

    @cached_property
    def is_asked(self) -> bool:
        """Whether a customer is ever expected to answer this row."""
        return self.type not in (QuestionType.NOTE, QuestionType.CALCULATE) and not self.read_only


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group, or a repeat when ``max_repeats`` is set."""

    name: str
    label: Text = field(default_factory=no_text)
    relevant: Expression | None = None
    #: Bound of a repeat; ``None`` makes this a plain group.
    max_repeats: int | None = None
    #: How many instances there are; without it the customer is asked "another one?".
    repeat_count: Expression | None = None
    groups: tuple[str, ...] = ()
    row: int = 0

    @property
    def is_repeat(self) -> bool:
        return self.max_repeats is not None


@dataclass(frozen=True, kw_only=True)
class Questionnaire:
    """A whole form."""

    id: str
    version: str
    title: Text
    default_language: str
    #: ``kyc_item`` values that every path to a submission must cover.
    required_items: tuple[str, ...]
    questions: tuple[Question, ...]
    groups: Mapping[str, Group]
    choices: Mapping[str, tuple[Choice, ...]]
    #: What happens to open conversations when this version comes, by the class of a change (``versions.Policy``).
    upgrade: Mapping[str, str] = field(default_factory=no_text)
    #: SHA-256 (hex) of the canonical JSON of the source: the identity of this version.
    sha256: str

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which the form speaks, its own first."""
        rest = sorted(set(self.title) - {self.default_language})
        return (self.default_language, *rest)

    def question(self, name: str) -> Question:
        """The question of that name; ``KeyError`` where there is none."""
        return self.by_name[name]

    @cached_property
    def by_name(self) -> Mapping[str, Question]:
        """The questions by name."""
        return {question.name: question for question in self.questions}

    @cached_property
    def repeats(self) -> Mapping[str, Group]:
        """The repeat around each question that is in one, by the question's name."""
        return {
            question.name: self.groups[name]
            for question in self.questions
            for name in reversed(question.groups)
            if self.groups[name].is_repeat
        }

    @cached_property
    def codes(self) -> Mapping[str, Mapping[str, int]]:
        """Of each choice list: the place of every choice in it, from 0, by its code."""
        return {name: {choice.name: place for place, choice in enumerate(rows)} for name, rows in self.choices.items()}

    def choice(self, question: Question, name: str) -> Choice | None:
        """The choice of a select by its code."""
        if question.list_name is None:
            return None
        place = self.codes.get(question.list_name, {}).get(name)
        return None if place is None else self.choices[question.list_name][place]

    def once(self, key: object, make: Callable[[], T]) -> T:
        """What follows from this form alone, worked out once and kept as long as the form; threads may race for it."""
        found: T | None = self._worked_out.get(key)
        if found is None:
            found = self._worked_out[key] = make()
        return found

    @cached_property
    def _worked_out(self) -> dict[object, Any]:
        return {}
