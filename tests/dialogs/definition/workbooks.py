"""Workbooks as authors make them: sheets of values, written by the library that spreadsheets are made with."""

from __future__ import annotations

import io
from collections.abc import Sequence

from openpyxl import Workbook

from dialogs.definition.issues import DefinitionError, Issue
from dialogs.definition.model import Questionnaire
from dialogs.definition.source_files import SourceFile, read_source

Sheet = Sequence[Sequence[object]]

SETTINGS: Sheet = [["form_id", "version", "form_title"], ["form", "1", "確認"]]
SURVEY: Sheet = [["type", "name", "label"], ["text", "a", "あ"]]


def workbook(**sheets: Sheet) -> bytes:
    """The bytes of a workbook with these sheets; it has the settings of every form here unless it has its own."""
    book = Workbook()
    book.remove(book.worksheets[0])
    own = any(title.strip().lower() == "settings" for title in sheets)
    for title, rows in (sheets if own else {"settings": SETTINGS, **sheets}).items():
        sheet = book.create_sheet(title)
        for number, row in enumerate(rows, 1):
            for column, value in enumerate(row, 1):
                if value is not None:
                    sheet.cell(number, column, value)  # type: ignore[arg-type]
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def source(**sheets: Sheet) -> SourceFile:
    return read_source(workbook(**sheets), origin="form.xlsx")


def read(**sheets: Sheet) -> Questionnaire:
    return source(**sheets).questionnaire()


def issues_of(**sheets: Sheet) -> list[Issue]:
    """Everything that is wrong with a workbook that can be taken apart."""
    try:
        read(**sheets)
    except DefinitionError as error:
        return error.issues
    return []


def found(**sheets: Sheet) -> list[tuple[str, str]]:
    """The code of every issue, with its place as it is shown."""
    return [(issue.code, str(issue.place)) for issue in issues_of(**sheets)]
