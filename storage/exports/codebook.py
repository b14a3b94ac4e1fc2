"""What the columns of an export mean: one row per column, with the codes and their labels."""

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
        questionnaire = _home(questionnaires, column)
        language = questionnaire.default_language
        label = pick(column.question.label, language, language)
        choices = questionnaire.choices.get(column.question.list_name or "", ())
        listed = ";".join(f"{choice.name}={pick(choice.label, language, language)}" for choice in choices)
        if column.part is Part.CHOICE:
            listed = "1;0"
            choice = questionnaire.choice(column.question, column.choice)
            label = pick(choice.label, language, language) if choice else column.choice
        elif column.part is Part.STATE:
            listed = "answered;unchanged;declined;not_applicable;other_channel"
        elif column.part is Part.LABEL:
            listed = ""
        kind = column.question.type.value if column.part is Part.VALUE else column.part.value
        yield column.name, questionnaire.id, questionnaire.version, kind, label, listed


def _home(questionnaires: Sequence[Questionnaire], column: Column) -> Questionnaire:
    """The questionnaire from which a column was taken."""
    for questionnaire in questionnaires:
        if any(question is column.question for question in questionnaire.questions):
            return questionnaire
    raise KeyError(column.name)
