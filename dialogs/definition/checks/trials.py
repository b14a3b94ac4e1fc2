"""Answers to try at a question: few, and drawn from what its own constraint mentions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal
from itertools import combinations

from dialogs.definition.checks.acceptable import A_DAY
from dialogs.definition.checks.subject import Subject
from dialogs.definition.expressions.syntax import Literal, walk
from dialogs.definition.expressions.values import number_of, read_day, text_of
from dialogs.definition.model import Question, QuestionType

_FEW = 12
_LONGEST = 300
_MOST_DAYS = 40_000
_STEPS = (Decimal(-1), Decimal(0), Decimal(1))
_YEARS = (0, 1, 5, 20, 40, 60)

#: Values of the readers that take more than any text.
_SAMPLES: Mapping[str, tuple[str, ...]] = {
    "postal_code": ("1000001", "5300001"),
    "phone": ("0312345678", "09012345678"),
    "email": ("a@example.jp", "hanako.yamada@example.co.jp"),
    "country": ("USA", "FRA", "GBR", "CHN", "JPN"),
    "corporate_number": ("7000012050002",),
    "residence_card": ("AB12345678CD",),
    "yes_no": ("true", "false"),
}
_NUMERIC = frozenset({"amount", "percentage"})


def trials(subject: Subject, question: Question) -> tuple[tuple[str, ...], bool]:
    """Answers to try, and whether they are all that there are."""
    match question.type:
        case QuestionType.SELECT_ONE:
            return _codes(subject, question), True
        case QuestionType.SELECT_MULTIPLE:
            codes = _codes(subject, question)
            pairs = [" ".join(pair) for pair in combinations(codes, 2)] if len(codes) <= _FEW else []
            return tuple(dict.fromkeys((*codes, *pairs, " ".join(codes)))), len(codes) <= 2
        case QuestionType.DATE:
            return tuple(dict.fromkeys(_days(question))), False
        case QuestionType.INTEGER | QuestionType.DECIMAL:
            return _numbers(question), False
        case _:
            return tuple(dict.fromkeys(_texts(question))), False


def _codes(subject: Subject, question: Question) -> tuple[str, ...]:
    return tuple(choice.name for choice in subject.questionnaire.choices.get(question.list_name or "", ()))


def _mentioned(question: Question) -> Iterator[str | Decimal]:
    if question.constraint is not None:
        for node in walk(question.constraint.tree):
            if isinstance(node, Literal):
                yield node.value


def _bounds(question: Question) -> set[Decimal]:
    numbers = {number_of(value) for value in _mentioned(question) if value != ""}
    return {number for number in numbers if isinstance(number, Decimal) and number.is_finite()} | {Decimal(0)}


def _numbers(question: Question) -> tuple[str, ...]:
    near = {bound + step for bound in _bounds(question) for step in _STEPS}
    if question.type is QuestionType.INTEGER:
        near = {number.to_integral_value(ROUND_FLOOR) for number in near}
    else:
        near |= {number + Decimal("0.5") for number in near}
    return tuple(map(text_of, sorted(near)))


def _days(question: Question) -> Iterator[str]:
    for value in _mentioned(question):
        day = read_day(value) if isinstance(value, str) else None
        if day is not None:
            yield from ((day + timedelta(days=step)).isoformat() for step in (-1, 0, 1))
    spans = {int(bound) for bound in _bounds(question) if abs(bound) <= _MOST_DAYS} | {365 * years for years in _YEARS}
    for span in sorted(spans):
        for days in (span - 1, span, span + 1):
            yield (A_DAY - timedelta(days=days)).isoformat()
            yield (A_DAY + timedelta(days=days)).isoformat()


def _texts(question: Question) -> Iterator[str]:
    kind = question.bot.kind or ""
    if kind in _SAMPLES:
        yield from _SAMPLES[kind]
        return
    if kind in _NUMERIC:
        yield from _numbers(question)
        return
    words = [value for value in _mentioned(question) if isinstance(value, str) and value]
    yield from words
    yield from (f"a{word}b" for word in words)
    yield from question.bot.example.values()
    letter = "\N{KATAKANA LETTER A}" if kind == "kana" else "a"
    for length in sorted(
        {int(bound) + step for bound in _bounds(question) if bound <= _LONGEST for step in (-1, 0, 1, 2)}
    ):
        if length > 0:
            yield letter * length
            if not kind:
                yield "1" * length
