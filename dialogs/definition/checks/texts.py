"""Checks on wording: there in every language, short enough for both platforms, never mistakable."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from dialogs.definition.cells import nearest
from dialogs.definition.checks.subject import Subject, check, question_place
from dialogs.definition.issues import Issue, Place
from dialogs.definition.model import NO_TEXT, Choice, QuestionType, Text

_NAME_IN_TEXT = re.compile(r"\$\{\s*([^{}]*?)\s*\}")
_PLACEHOLDER = re.compile(r"\$?\{[^{}]*\}")
_KANJI_NUMBERS = {character: number for number, character in enumerate("一二三四五六七八九十", 1)}


@check
def wording_is_complete(subject: Subject) -> Iterator[Issue]:
    languages = subject.questionnaire.languages
    for place, text, needed in _texts(subject):
        if not text:
            if needed:
                yield Issue(code="missing_text", place=place, params={"column": place.column})
            continue
        for language in languages:
            if language not in text:
                yield _at(place, language, "missing_language", language=language)
        for language in sorted(set(text) - set(languages)):
            yield _at(place, language, "extra_language", language=language)


@check
def wording_has_the_same_placeholders(subject: Subject) -> Iterator[Issue]:
    home = subject.questionnaire.default_language
    for place, text, _ in _texts(subject):
        wanted = sorted(_PLACEHOLDER.findall(text.get(home, "")))
        for language, wording in text.items():
            if home in text and sorted(_PLACEHOLDER.findall(wording)) != wanted:
                yield _at(place, language, "placeholder_differs", language=language, home=home)
            for name in _NAME_IN_TEXT.findall(wording):
                if name not in subject.questions:
                    near = nearest(name, subject.questions)
                    suggestion = f"${{{near}}}" if near else ""
                    yield _at(place, language, "unknown_name", name=name, suggestion=suggestion)
                else:
                    # Nothing would fill it in: the customer would see the name of the question.
                    yield _at(place, language, "answer_in_text", reference=f"${{{name}}}")


@check
def wording_fits_the_platforms(subject: Subject) -> Iterator[Issue]:
    limits = subject.limits
    for place, text, _ in _texts(subject):
        is_button = place.column in ("bot.button", "button")
        limit, code = (limits.label, "button_too_long") if is_button else (limits.text, "text_too_long")
        for language, wording in text.items():
            if _length(wording) > limit:
                yield _at(place, language, code, length=str(_length(wording)), limit=str(limit))
    for list_name, choices in _lists_in_use(subject):
        for row, choice in enumerate(choices, 1):
            place = Place(sheet="choices", row=row, name=f"{list_name}/{choice.name}")
            for language, label in choice.label.items():
                if language not in choice.button and _length(label) > limits.label:
                    params = {"length": str(_length(label)), "limit": str(limits.label)}
                    yield _at(place, language, "button_too_long", "label", **params)


@check
def choices_cannot_be_confused(subject: Subject) -> Iterator[Issue]:
    for list_name, choices in subject.questionnaire.choices.items():
        for language in subject.questionnaire.languages:
            seen: dict[str, Choice] = {}
            for row, choice in enumerate(choices, 1):
                place = Place(sheet="choices", row=row, name=f"{list_name}/{choice.name}")
                for words in {_folded(text[language]) for text in (choice.label, choice.button) if language in text}:
                    other = seen.setdefault(words, choice)
                    if other is not choice:
                        yield _at(place, language, "labels_collide", "label", other=other.name)


@check
def labels_are_not_the_number_of_another(subject: Subject) -> Iterator[Issue]:
    for list_name, choices in _lists_in_use(subject):
        filtered = any(
            question.list_name == list_name and question.choice_filter is not None
            for question in subject.questionnaire.questions
        )
        for row, choice in enumerate(choices, 1):
            place = Place(sheet="choices", row=row, name=f"{list_name}/{choice.name}")
            for language in sorted({*choice.label, *choice.button}):
                labels = (choice.label.get(language, ""), choice.button.get(language, ""))
                numbers = {_number(label) for label in labels} - {None}
                # With a filter the numbers shift, so no number is safe as a label.
                if any(n is not None and 1 <= n <= len(choices) and (n != row or filtered) for n in numbers):
                    yield _at(place, language, "label_is_other_number", "label", row=str(row))


def _texts(subject: Subject) -> Iterator[tuple[Place, Text, bool]]:
    """Every wording of the form with its place and whether it must be there."""
    yield Place(sheet="settings", column="title"), subject.questionnaire.title, True
    for group in subject.groups.values():
        yield Place(sheet="survey", row=group.row, name=group.name, column="label"), group.label, False
    for question in subject.questionnaire.questions:
        spoken = question.is_asked or question.type is QuestionType.NOTE
        columns = {
            "label": question.label,
            "hint": question.hint,
            "required_message": question.required_message,
            "constraint_message": question.constraint_message,
            "bot.button": question.bot.button,
            "bot.check_message": question.bot.check_message,
            "bot.example": question.bot.example,
            "bot.why": question.bot.why,
        }
        for column, text in columns.items():
            yield question_place(question, column), text, spoken and column == "label"
    for list_name, choices in subject.questionnaire.choices.items():
        for row, choice in enumerate(choices, 1):
            for column, text in (("label", choice.label), ("button", choice.button or NO_TEXT)):
                place = Place(sheet="choices", row=row, name=f"{list_name}/{choice.name}", column=column)
                yield place, text, column == "label"


def _lists_in_use(subject: Subject) -> Iterator[tuple[str, Sequence[Choice]]]:
    used = {q.list_name for q in subject.questionnaire.questions if q.is_select}
    return ((name, choices) for name, choices in subject.questionnaire.choices.items() if name in used)


def _at(place: Place, spoken: str, code: str, column: str = "", **params: str) -> Issue:
    """An issue about one language of a text."""
    where = Place(sheet=place.sheet, row=place.row, name=place.name, column=column or place.column, language=spoken)
    return Issue(code=code, place=where, params=params)


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _folded(label: str) -> str:
    """What remains of a label when width, case, kana and spacing are set aside."""
    plain = unicodedata.normalize("NFKC", label).casefold()
    hiragana = "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in plain)
    return "".join(c for c in hiragana if not c.isspace())


def _number(label: str) -> int | None:
    plain = _folded(label).rstrip("番.")
    if plain in _KANJI_NUMBERS:
        return _KANJI_NUMBERS[plain]
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 4 else None
