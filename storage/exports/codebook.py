"""What the columns of an export mean: one row per column, with the codes and their labels.

A column that two forms fill in two meanings (other wording, other choices) has a row for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from dialogs.definition.model import Questionnaire, pick
from storage.exports.columns import FIXED_COLUMNS, Column, Part

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
