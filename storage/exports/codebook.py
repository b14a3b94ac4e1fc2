"""What the columns of an export mean: one row per column, with the codes and their labels.

A column that two forms fill in two meanings (other wording, other choices) has a row for each.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from dialogs.definition.model import Questionnaire, pick
from storage.exports.columns import FIXED_COLUMNS, TIME_COLUMNS, Column, Part

CODEBOOK_COLUMNS = ("column", "questionnaire_id", "questionnaire_version", "type", "label", "choices")


def codebook_rows(
    questionnaires: Sequence[Questionnaire], columns: Iterable[Column], word: Callable[[str], str]
) -> Iterator[tuple[str, ...]]:
    """The codebook of an export; ``word`` gives the label of a fixed column and of a part."""
    for name in FIXED_COLUMNS:
        yield name, "", "", "text", word(f"export.column.{name}"), ""
    for column in columns:
        told: set[tuple[str, ...]] = set()
        for questionnaire in questionnaires:
            meaning = _meaning(questionnaire, column)
            if meaning is not None and meaning not in told:
                told.add(meaning)
                yield column.name, questionnaire.id, questionnaire.version, *meaning


def about_file(
    program: str, batch_id: str, questionnaires: Iterable[Questionnaire], codebook: Iterable[Sequence[str]]
) -> dict[str, str]:
    """What a file can carry within itself: who wrote it, by which definitions, and what its columns mean."""
    forms = [{"id": form.id, "version": form.version, "sha256": form.sha256} for form in questionnaires]
    book = [dict(zip(CODEBOOK_COLUMNS, row, strict=True)) for row in codebook]
    return {
        "kakunin.program": program,
        "kakunin.batch_id": batch_id,
        "kakunin.questionnaires": json.dumps(forms, ensure_ascii=False),
        "kakunin.codebook": json.dumps(book, ensure_ascii=False),
    }


def titles_of(
    questionnaires: Sequence[Questionnaire], columns: Iterable[Column], word: Callable[[str], str], zone: ZoneInfo
) -> list[str]:
    """What stands above each column where people read it: the words of the first form that has it."""
    titles = [
        f"{word(f'export.column.{name}')} ({word_of_zone(word, zone)})"
        if name in TIME_COLUMNS
        else word(f"export.column.{name}")
        for name in FIXED_COLUMNS
    ]
    for column in columns:
        form = next(form for form in questionnaires if column.question.name in form.by_name)
        title = pick(column.question.label, form.default_language, form.default_language)
        if column.instance:
            title += f" [{column.instance}]"
        if column.part is Part.CHOICE:
            choice = form.choice(column.question, column.choice)
            title += "" if choice is None else f": {pick(choice.label, form.default_language, form.default_language)}"
        elif column.part is not Part.VALUE:
            title += f" ({word(f'export.part.{column.part.value}')})"
        titles.append(title)
    return titles


def word_of_zone(word: Callable[[str], str], zone: ZoneInfo) -> str:
    """Whose time it is."""
    return word("export.japan_time") if zone.key == "Asia/Tokyo" else zone.key


def _meaning(questionnaire: Questionnaire, column: Column) -> tuple[str, str, str] | None:
    """Type, label and choices of a column in one form; ``None`` where the form has nothing to put there."""
    question = questionnaire.by_name.get(column.question.name)
    if question is None:
        return None
    language = questionnaire.default_language
    label = pick(question.label, language, language)
    choices = questionnaire.choices.get(question.list_name or "", ())
    listed = ";".join(f"{choice.name}={pick(choice.label, language, language)}" for choice in choices)
    if column.part is Part.CHOICE:
        choice = questionnaire.choice(question, column.choice)
        if choice is None:
            return None
        label, listed = pick(choice.label, language, language), "1;0"
    elif column.part is Part.STATE:
        listed = "answered;unchanged;declined;not_applicable;other_channel"
    elif column.part is Part.LABEL:
        listed = ""
    return question.type.value if column.part is Part.VALUE else column.part.value, label, listed
