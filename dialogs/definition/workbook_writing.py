"""A questionnaire as an XLSForm workbook that people can work in.

Promise: reading it gives the same source; the same source gives the same bytes.  Every cell is text,
also the empty ones of a column, so that Excel turns no ``01`` into 1 and no ``=`` into a formula.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dialogs.definition.issues import DefinitionError, Issue, Place
from dialogs.definition.model import Questionnaire
from dialogs.definition.source_tree import Plain, Tree, plain_of
from dialogs.definition.vocabulary import (
    BOT_ORDER,
    BOT_TEXTS,
    CHOICE_ORDER,
    SETTINGS_ORDER,
    SURVEY_ORDER,
    SURVEY_TEXTS,
)
from dialogs.definition.workbook_cells import escaped
from dialogs.definition.workbook_columns import is_plain_column

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

#: The longest text that a cell of Excel holds.
MAX_CELL = 32_767

_LANGUAGE_NAMES = {"ja": "Japanese", "en": "English", "ja_easy": "Plain Japanese"}
#: Files of the same content are the same: no time of making is kept.
_MADE = datetime(2000, 1, 1, tzinfo=UTC)
_PART_MADE = (1980, 1, 1, 0, 0, 0)
_WIDE, _MIDDLE, _NARROW = 48, 24, 14
_NARROW_COLUMNS = frozenset({"required", "read_only", "version", "repeat_count"})

#: Header -> text of one row.
_Row = Mapping[str, str]


def to_workbook(source_tree: Tree, form: Questionnaire) -> bytes:
    """The workbook of a source that is known to be ``form``; raises ``DefinitionError`` for what no cell can hold."""
    plain = plain_of(source_tree)
    assert isinstance(plain, dict)
    sheets = {
        "survey": _survey(plain["survey"], form),
        "choices": _choices(plain.get("choices", {}), form),
        "settings": _settings(plain["settings"], form),
    }
    _refuse_what_does_not_fit(sheets)
    return _bytes_of(sheets)


def _survey(rows: Plain, form: Questionnaire) -> list[_Row]:
    assert isinstance(rows, list)
    found = []
    for row in rows:
        assert isinstance(row, dict)
        own = row.get("bot", {})
        assert isinstance(own, dict)
        found.append(
            {
                **_flat(row, (name for name in SURVEY_ORDER if name != "bot"), form),
                **{f"bot::{header}": text for header, text in _flat(own, BOT_ORDER, form).items()},
            }
        )
    titles = ["type", "name", *_headers(SURVEY_ORDER[2:-1], SURVEY_TEXTS, found, form)]
    titles += [f"bot::{header}" for header in _headers(BOT_ORDER, BOT_TEXTS, found, form, prefix="bot::")]
    return [dict.fromkeys(titles, ""), *found]


def _choices(lists: Plain, form: Questionnaire) -> list[_Row]:
    assert isinstance(lists, dict)
    found: list[dict[str, str]] = []
    extras: dict[str, None] = {}
    for list_name, rows in lists.items():
        assert isinstance(rows, list)
        if found:
            # A blank row between two lists.
            found.append({})
        for number, row in enumerate(rows or [{}], 1):
            assert isinstance(row, dict)
            further = [column for column in row if column not in CHOICE_ORDER]
            for column in further:
                if not is_plain_column("choices", column):
                    place = Place(sheet="choices", row=number, name=f"{list_name}/{row['name']}", column=column)
                    raise DefinitionError([Issue(code="not_for_workbook", place=place)])
            extras |= dict.fromkeys(further)
            texts = _flat(row, ("name", "label", *further), form)
            button = {f"bot::{header}": text for header, text in _flat(row, ("button",), form).items()}
            found.append({"list_name": list_name, **texts, **button})
    titles = ["list_name", "name", *_headers(("label",), {"label"}, found, form)]
    titles += [f"bot::{header}" for header in _headers(("button",), {"button"}, found, form, prefix="bot::")]
    return [dict.fromkeys([*titles, *extras], ""), *found]


def _settings(row: Plain, form: Questionnaire) -> list[_Row]:
    assert isinstance(row, dict)
    texts = _flat(row, SETTINGS_ORDER, form)
    # To ODK's own tools a title has no language; the others are a column of ours.
    own_title = f"title::{_spoken(form.default_language)}"
    names = {
        "id": "form_id",
        own_title: "form_title",
        "required_items": "bot::required_items",
        "upgrade": "bot::upgrade",
    }
    found = {names.get(header, header).replace("title::", "bot::title::"): text for header, text in texts.items()}
    # A form that names no language would be judged by its texts; the bare code says no more than the source does.
    stated = "default_language" in found
    found["default_language"] = _spoken(form.default_language) if stated else form.default_language
    return [dict.fromkeys(found, ""), found]


def _flat(row: dict[str, Plain], columns: Iterable[str], form: Questionnaire) -> dict[str, str]:
    flat: dict[str, str] = {}
    for column in columns:
        match row.get(column):
            case str(text):
                flat[column] = text
            case list(words):
                flat[column] = " ".join(map(str, words))
            case dict(wording):
                for language in _languages(wording, form):
                    flat[f"{column}::{_spoken(language)}"] = str(wording[language])
    return flat


def _headers(
    columns: Iterable[str], texts: Iterable[str], rows: list[dict[str, str]], form: Questionnaire, prefix: str = ""
) -> Iterator[str]:
    """The headers that some row needs; of wording, the languages stand side by side."""
    used = {header for row in rows for header in row}
    spoken = {header.rpartition("::")[2] for header in used if "(" in header}
    codes = sorted(spoken, key=lambda name: (f"({form.default_language})" not in name, name))
    for column in columns:
        for header in [f"{column}::{name}" for name in codes] if column in texts else [column]:
            if f"{prefix}{header}" in used:
                yield header


def _languages(wording: Mapping[str, Plain], form: Questionnaire) -> list[str]:
    return sorted(wording, key=lambda language: (language != form.default_language, language))


def _spoken(language: str) -> str:
    return f"{_LANGUAGE_NAMES.get(language, language)} ({language})"


def _refuse_what_does_not_fit(sheets: Mapping[str, list[_Row]]) -> None:
    issues = [
        Issue(code="not_for_workbook", place=Place(sheet=sheet, row=number, name=row.get("name", ""), column=header))
        for sheet, rows in sheets.items()
        for number, row in enumerate(rows)
        for header, text in row.items()
        if len(escaped(text)) > MAX_CELL
    ]
    if issues:
        raise DefinitionError(issues)


# The file -----------------------------------------------------------------------------------------


def _bytes_of(sheets: Mapping[str, list[_Row]]) -> bytes:
    from openpyxl import Workbook as Book
    from openpyxl.writer.excel import ExcelWriter

    book = Book()
    book.remove(book.worksheets[0])
    for title, (header, *rows) in sheets.items():
        _fill(book.create_sheet(title), list(header), rows)
    book.properties.creator = "kakunin"
    book.properties.created = book.properties.modified = _MADE
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        ExcelWriter(book, archive).save()
    return _without_times(made)


def _fill(sheet: Worksheet, titles: list[str], rows: list[_Row]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "C2"
    wrapped = Alignment(vertical="top", wrap_text=True)
    for number, title in enumerate(titles, 1):
        column = sheet.column_dimensions[get_column_letter(number)]
        column.width = _width(title)
        column.number_format = "@"
        for at, text in enumerate([title, *(row.get(title, "") for row in rows)], 1):
            if not text:
                continue
            cell = sheet.cell(at, number)
            cell.value = escaped(text)
            # Whatever the library took it for (a formula, an error): it is text.
            cell.data_type = "s"
            cell.number_format = "@"
            cell.alignment = wrapped
            if at == 1:
                cell.font = Font(bold=True)
                cell.fill = PatternFill("solid", fgColor="DDE5F0")


def _width(title: str) -> int:
    if "::" in title.removeprefix("bot::") or title == "form_title":
        return _WIDE
    own = title.startswith("bot::") and title.removeprefix("bot::") not in ("handover", "end", "proxy", "check")
    return _NARROW if own or title in _NARROW_COLUMNS else _MIDDLE


def _without_times(made: io.BytesIO) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(made) as archive, zipfile.ZipFile(packed, "w") as again:
        for part in archive.infolist():
            fixed = zipfile.ZipInfo(part.filename, _PART_MADE)
            fixed.compress_type = zipfile.ZIP_DEFLATED
            again.writestr(fixed, archive.read(part))
    return packed.getvalue()
