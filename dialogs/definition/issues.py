"""What is wrong with a questionnaire: a code, how bad, where, and what the sentence needs.

The wording of a code is ``check.<code>`` in the catalogue ``definition``, in every language of the
staff.  The table below is the closed list of codes; a test demands wording for each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from dialogs.definition.expressions import EXPRESSION_ERROR_CODES, ExpressionError


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


_ERRORS = (
    # reading
    "not_utf8",
    "syntax",
    "too_large",
    "too_deep",
    "alias",
    "tag",
    "several_documents",
    "not_a_questionnaire",
    "not_a_workbook",
    "encrypted_workbook",
    "workbook_too_large",
    "too_many_rows",
    "too_many_columns",
    "unsupported_sheet",
    "error_in_cell",
    "formula_without_value",
    "several_settings",
    "not_for_workbook",
    "bad_character",
    "duplicate_key",
    "wrong_shape",
    "unsupported_type",
    "unsupported_column",
    "appearance_not_supported",
    "missing_column",
    "column_not_for_type",
    "bad_name",
    "bad_language",
    "bad_boolean",
    "bad_number",
    "bad_value",
    "list_not_given",
    "list_not_expected",
    "group_not_closed",
    "group_not_opened",
    "repeat_without_bound",
    "repeat_in_repeat",
    "calculate_without_value",
    # names and order
    "duplicate_name",
    "duplicate_choice",
    "unknown_name",
    "unknown_column",
    "bare_name",
    "used_before_asked",
    "cycle",
    "position_outside_repeat",
    "not_in_repeat",
    "unknown_list",
    "empty_list",
    # types
    "unknown_choice",
    "arithmetic_on_text",
    "order_on_text",
    "text_for_number",
    "not_a_selection",
    "never_equal",
    "default_breaks_constraint",
    "default_wrong_type",
    # texts
    "missing_text",
    "missing_language",
    "placeholder_differs",
    "answer_in_text",
    "text_too_long",
    "button_too_long",
    "labels_collide",
    "label_is_other_number",
    # paths
    "never_relevant",
    "item_not_asked",
    "item_not_covered",
    "dead_end",
    "no_question",
    "no_submission",
    "unreachable",
    *(f"expression.{code}" for code in sorted(EXPRESSION_ERROR_CODES)),
)
_WARNINGS = (
    "sheet_not_read",
    "column_without_name",
    "column_not_used",
    "row_not_used",
    "cell_not_used",
    "setting_assumed",
    "language_assumed",
    "unused_list",
    "equals_on_multiple",
    "date_against_number",
    "text_as_condition",
    "extra_language",
    "always_relevant",
    "constant_condition",
    "reads_unanswered",
    "item_not_proved",
    "end_not_proved",
    "not_proved",
)

#: Every code and how bad it is.
ISSUE_CODES: Mapping[str, Severity] = MappingProxyType(
    dict.fromkeys(_ERRORS, Severity.ERROR) | dict.fromkeys(_WARNINGS, Severity.WARNING)
)


@dataclass(frozen=True, kw_only=True, order=True)
class Place:
    """Where an issue stands, in the words of the author: sheet, row, question, column."""

    #: ``settings``, ``survey`` or ``choices``; empty for the file as a whole.
    sheet: str = ""
    #: Counted from 1 within its list; 0 where there is none.
    row: int = 0
    #: Question, group or choice (``list/choice``).
    name: str = ""
    column: str = ""
    language: str = ""
    #: Line of the source file, where it is known.
    line: int = 0
    #: In a workbook the cell (``D7``) or the row (``7``); ``row`` is then the row of the sheet.
    cell: str = ""

    def __str__(self) -> str:
        row = f"!{self.cell}" if self.cell else f"[{self.row}]" if self.row else ""
        column = ".".join(part for part in (self.column, self.language) if part)
        place = " ".join(part for part in (f"{self.sheet}{row}", self.name, column) if part)
        return f"{place} (line {self.line})".strip() if self.line else place


@dataclass(frozen=True, kw_only=True)
class Issue:
    """One finding."""

    code: str
    place: Place
    params: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.code not in ISSUE_CODES:
            raise LookupError(f"unknown issue code {self.code!r}")

    @property
    def severity(self) -> Severity:
        return ISSUE_CODES[self.code]

    def message(self, text: Callable[..., str]) -> str:
        """The sentence, by a catalogue's ``text``; with a suggestion where there is one."""
        params = dict(self.params)
        if "expected" in params:
            params["expected"] = text(f"check.shape.{params['expected']}")
        if "reason" in params:
            params["reason"] = text(f"check.reason.{params['reason']}")
        sentence = text(f"check.{self.code}", **params)
        if self.params.get("instead"):
            sentence = f"{sentence} {text('check.instead.' + self.params['instead'])}"
        suggestion = self.params.get("suggestion")
        return f"{sentence} {text('check.did_you_mean', suggestion=suggestion)}" if suggestion else sentence


def issue_of(error: ExpressionError, place: Place) -> Issue:
    """The issue of an expression that could not be read."""
    return Issue(
        code=f"expression.{error.code}", place=place, params={**error.params, "position": str(error.position + 1)}
    )


class DefinitionError(Exception):
    """The source is no questionnaire; says everything that is wrong with it at once."""

    def __init__(self, issues: list[Issue], *, origin: str = "") -> None:
        first = f"{issues[0].code} at {issues[0].place}" if issues else "no issue"
        super().__init__(f"{origin or 'questionnaire'}: {len(issues)} issue(s), first: {first}")
        self.issues = issues
        self.origin = origin


class UnreadableSource(DefinitionError):
    """The source could not even be taken apart: not text, not YAML, not JSON."""
