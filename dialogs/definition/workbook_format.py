"""Questionnaires from XLSForm workbooks: the sheets survey, choices and settings as a source tree.

Promise: the tree is the one that YAML with the same content gives.  Names of sheets and columns are
read in any case and with blanks around them; whatever is not supported is an issue with its cell.
Sheets of other names are the author's notes: they are not read, and a warning says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from dialogs.definition.cells import LANGUAGE, nearest
from dialogs.definition.issues import Issue, Place, UnreadableSource
from dialogs.definition.model import QuestionType
from dialogs.definition.source_tree import Cell, Rows, Table, Tree, cell
from dialogs.definition.vocabulary import (
    BOT_COLUMNS,
    BOT_TEXTS,
    BOUNDARIES,
    CHOICE_ORDER,
    SETTINGS_COLUMNS,
    SURVEY_COLUMNS,
    SURVEY_TEXTS,
)
from dialogs.definition.workbook_cells import Broken, Content, Grid, folded, read_grids

_SHEETS = ("survey", "choices", "settings")
#: Sheets that change what a form means, in words that we do not have.
_UNSUPPORTED_SHEETS = ("external_choices", "entities", "osm")

#: XLSForm's other spellings of columns, and where a workbook says ``bot`` for no column of the survey.
_ALIASES: Mapping[str, Mapping[str, str]] = {
    "survey": {
        "caption": "label",
        "relevance": "relevant",
        "readonly": "read_only",
        "calculate": "calculation",
        "count": "repeat_count",
        "jr:count": "repeat_count",
        "requiredmsg": "required_message",
    },
    "choices": {"caption": "label", "value": "name", "bot::button": "button"},
    "settings": {
        "form_id": "id",
        "id_string": "id",
        "form_title": "title",
        "bot::title": "title",
        "bot::required_items": "required_items",
        "bot::upgrade": "upgrade",
    },
}
_KNOWN = {
    "survey": SURVEY_COLUMNS | {f"bot::{name}" for name in BOT_COLUMNS},
    "choices": frozenset({"list_name", *CHOICE_ORDER}),
    "settings": SETTINGS_COLUMNS,
}
_TEXTS = {
    "survey": SURVEY_TEXTS | {f"bot::{name}" for name in BOT_TEXTS},
    "choices": frozenset({"label", "button"}),
    "settings": frozenset({"title"}),
}
#: Columns in which Excel's TRUE is a condition, not a word.
_CONDITIONS = frozenset({
    "required", "relevant", "constraint", "calculation", "choice_filter", "read_only", "bot.confirm", "bot.sensitive",
    "bot.handover", "bot.end", "bot.proxy", "bot.check",
})  # fmt: skip
#: Choices may have columns of any name, but these are pictures and sounds to XLSForm.
_MEDIA = frozenset({"image", "big-image", "audio", "video"})
_SELECT = re.compile(r"select(?: one from| one|1|( all that apply from| all that apply)) +(?=\S)", re.IGNORECASE)
_TYPES = {*QuestionType, *BOUNDARIES}
_LANGUAGE_NAMES = {"japanese": "ja", "english": "en", "plain japanese": "ja_easy"}
_NAMED_LANGUAGE = re.compile(r".*\(\s*([^()]+?)\s*\)")
_DEFAULT_LANGUAGE = "ja"
#: The language of a column that names one which is none.
_NO_LANGUAGE = "?"

#: Where a value stands: sheet, list, number within it, column, language.
Address = tuple[str, str, int, str, str]


@dataclass(frozen=True)
class Workbook:
    """A workbook that could be taken apart."""

    tree: Table
    #: What is wrong with it beside what the tree shows.
    issues: list[Issue]
    #: The cell or the row of everything in the tree.
    addresses: Mapping[Address, str]

    def placed(self, issue: Issue) -> Issue:
        """An issue of the tree with its cell, and with the row of the sheet."""
        place = issue.place
        if place.cell:
            return issue
        group = place.name.partition("/")[0] if place.sheet == "choices" else ""
        number = place.row if place.sheet != "settings" else 1
        for column, language in ((place.column, place.language), (place.column, ""), ("", "")):
            found = self.addresses.get((place.sheet, group, number, column, language))
            if found is not None:
                row = int(found.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
                return replace(issue, place=replace(place, row=row, cell=found))
        return issue


def read_workbook(raw: bytes, *, origin: str) -> Workbook:
    """The source tree of a workbook, with its issues; raises ``UnreadableSource``."""
    grids, sheets = read_grids(raw, (*_SHEETS, *_UNSUPPORTED_SHEETS), origin=origin)
    return _Reader(grids, sheets).read()


def language_of(written: str) -> str:
    """The code of a language: ``Japanese (ja)``, ``ja`` or ``Japanese``; empty where there is none."""
    named = _NAMED_LANGUAGE.fullmatch(written)
    code = named[1] if named else _LANGUAGE_NAMES.get(folded(written), written)
    code = re.sub(r"^[A-Za-z]+", lambda head: head[0].lower(), code)
    return code if LANGUAGE.fullmatch(code) else ""


@dataclass(frozen=True)
class _Column:
    number: int
    #: In our spelling; as the author wrote it, where it is none of ours.
    name: str
    #: Whether it is one of our own columns, under ``bot``.
    own: bool = False
    language: str = ""

    @property
    def path(self) -> str:
        return f"bot.{self.name}" if self.own else self.name


class _Reader:
    def __init__(self, grids: Mapping[str, Grid], sheets: tuple[str, ...]) -> None:
        self._grids = grids
        self._sheets = sheets
        self._issues: list[Issue] = []
        self._addresses: dict[Address, str] = {}
        self._default_language = language_of(self._spoken()) or _DEFAULT_LANGUAGE

    def read(self) -> Workbook:
        self._judge_sheets()
        tree: dict[str, Tree] = {}
        if "settings" in self._grids:
            tree["settings"] = self._settings()
        if "survey" in self._grids:
            rows = enumerate(self._rows("survey"), 1)
            tree["survey"] = Rows(tuple(Table(self._entries("survey", "", index, *row)) for index, row in rows))
        if "choices" in self._grids:
            tree["choices"] = self._choices()
        return Workbook(Table(tree), self._issues, self._addresses)

    def _spoken(self) -> str:
        """The default language as it is written: it is needed to read any header."""
        (_, header), *rows = self._grids.get("settings") or [(0, {})]
        for number, content in header.items():
            if rows and isinstance(content, str) and _column_name(content) == "default_language":
                return str(rows[0][1].get(number, ""))
        return ""

    def _judge_sheets(self) -> None:
        seen: set[str] = set()
        for title in self._sheets:
            name = folded(title)
            if name in seen:
                self._note("duplicate_key", Place(sheet=title), key=title)
            elif name in _UNSUPPORTED_SHEETS:
                if len(self._grids.get(name, ())) > 1:
                    self._note("unsupported_sheet", Place(sheet=title), sheet=title, suggestion="")
            elif name not in _SHEETS:
                meant = nearest(name, _SHEETS)
                missed = meant if meant not in self._grids else ""
                code = "unsupported_sheet" if missed else "sheet_not_read"
                self._note(code, Place(sheet=title), sheet=title, suggestion=missed)
            seen.add(name)

    def _note(self, code: str, place: Place, **params: str) -> None:
        self._issues.append(Issue(code=code, place=place, params=params))

    def _rows(self, sheet: str) -> list[tuple[int, Mapping[int, Content], list[_Column]]]:
        """The rows under the header, each with its number and with the columns that there are."""
        grid = self._grids[sheet]
        if not grid:
            return []
        (top, header), *rows = grid
        columns = self._header(sheet, top, header)
        named = {column.number for column in columns}
        found: list[tuple[int, Mapping[int, Content], list[_Column]]] = []
        for number, row in rows:
            for column in sorted(row.keys() - header.keys()):
                self._note("column_without_name", _at(sheet, number, column))
            if row.keys() & named:
                found.append((number, row, columns))
        return found

    def _header(self, sheet: str, top: int, header: Mapping[int, Content]) -> list[_Column]:
        columns: dict[tuple[str, str], _Column] = {}
        for number, content in sorted(header.items()):
            if isinstance(content, Broken):
                self._note(content.code, _at(sheet, top, number), value=content.written[:64])
                continue
            written = str(content)
            column = _column_of(sheet, number, written, self._default_language)
            place = _at(sheet, top, number, column.path)
            if column.language == _NO_LANGUAGE:
                self._note("bad_language", place, language=written.rpartition("::")[2].strip()[:64])
            elif (column.path, column.language) in columns:
                self._note("duplicate_key", place, key=written[:64])
            elif column.path == "bot":
                self._note("unsupported_column", place, column="bot", suggestion="")
            else:
                columns[column.path, column.language] = column
        return list(columns.values())

    def _entries(
        self, sheet: str, group: str, index: int, number: int, row: Mapping[int, Content], columns: list[_Column]
    ) -> dict[str, Tree]:
        """One row of the tree; remembers where everything in it stands."""
        entries: dict[str, Tree] = {}
        own: dict[str, Tree] = {}
        texts: dict[tuple[bool, str], dict[str, Tree]] = {}
        self._addresses[sheet, group, index, "", ""] = str(number)
        for column in columns:
            content = row.get(column.number)
            if content is None:
                continue
            place = _at(sheet, number, column.number, column.path, column.language)
            for language in ("", column.language):
                self._addresses.setdefault((sheet, group, index, column.path, language), place.cell)
            value = self._value(place, content)
            if value is None:
                continue
            if column.language:
                texts.setdefault((column.own, column.name), {})[column.language] = value
            else:
                (own if column.own else entries)[column.name] = value
        for (is_own, name), wording in texts.items():
            (own if is_own else entries)[name] = Table(wording)
        if own:
            entries["bot"] = Table(own)
        return entries

    def _value(self, place: Place, content: Content) -> Cell | None:
        if isinstance(content, Broken):
            self._note(content.code, place, value=content.written[:64])
            return None
        if isinstance(content, bool):
            written = str(content).lower() + "()" if place.column in _CONDITIONS else str(content).upper()
        else:
            written = content
        if (place.sheet, place.column) == ("survey", "type"):
            written = _type_of(_SELECT.sub(lambda s: "select_multiple " if s[1] else "select_one ", written, count=1))
        try:
            return cell(written)
        except UnreadableSource as error:
            self._note(error.issues[0].code, place)
            return None

    def _settings(self) -> Table:
        rows = self._rows("settings")
        for number, _, _ in rows[1:]:
            self._note("several_settings", Place(sheet="settings", row=number, cell=str(number)))
        if not rows:
            return Table()
        entries = self._entries("settings", "", 1, *rows[0])
        spoken = entries.get("default_language")
        if isinstance(spoken, Cell):
            entries["default_language"] = Cell(language_of(spoken.text) or spoken.text)
        # The column alone says that nothing is required.
        for name in {column.name for column in rows[0][2]} & {"required_items", "upgrade"}:
            items = entries.get(name)
            words = re.split(r"[\s,;]+", items.text) if isinstance(items, Cell) else []
            entries[name] = Rows(tuple(Cell(word) for word in words if word))
        return Table(entries)

    def _choices(self) -> Table:
        lists: dict[str, list[dict[str, Tree]]] = {}
        for number, row, columns in self._rows("choices"):
            named = next((column.number for column in columns if column.name == "list_name"), 0)
            group = row.get(named)
            if not isinstance(group, str):
                place = _at("choices", number, named, "list_name")
                self._note("missing_column", place, column="list_name")
                continue
            rows = lists.setdefault(group, [])
            entries = self._entries("choices", group, len(rows) + 1, number, row, columns)
            entries.pop("list_name", None)
            for column in columns:
                if column.name in entries and ("::" in column.name or column.name.lower() in _MEDIA):
                    del entries[column.name]
                    place = replace(_at("choices", number, column.number, column.name), name=group)
                    self._note("unsupported_column", place, column=column.name[:64], suggestion="")
            rows.append(entries)
        # A list that is named and nothing more is an empty one.
        return Table({name: Rows(tuple(map(Table, rows)) if rows != [{}] else ()) for name, rows in lists.items()})


def _column_of(sheet: str, number: int, written: str, default_language: str) -> _Column:
    name = _column_name(written)
    known = _ALIASES[sheet].get(name, name)
    language = default_language if known in _TEXTS[sheet] else ""
    if known not in _KNOWN[sheet] and "::" in written:
        before, _, last = written.rpartition("::")
        text = _column_name(before)
        text = _ALIASES[sheet].get(text, text)
        if text in _TEXTS[sheet]:
            # Only the last part, the language, keeps its case.
            known, language = text, language_of(last.strip()) or _NO_LANGUAGE
    own = known.removeprefix("bot::")
    if sheet == "survey" and own != known and "::" not in own:
        return _Column(number, own, own=True, language=language)
    return _Column(number, known if known in _KNOWN[sheet] else written, language=language)


def is_plain_column(sheet: str, name: str) -> bool:
    """Whether a column of this name, spelt as it is, means nothing but itself in a workbook."""
    found = _column_of(sheet, 0, name, _DEFAULT_LANGUAGE)
    return found.name == name and found.name not in _KNOWN[sheet] and name.lower() not in _MEDIA


def _type_of(written: str) -> str:
    """A type in any case; the name of a list keeps its own."""
    head, blank, rest = written.partition(" ")
    if head.lower() in ("begin", "end"):
        return written.lower()
    return f"{head.lower()}{blank}{rest}" if head.lower() in _TYPES else written


def _column_name(written: str) -> str:
    """A header without case and blanks: ``Required Message`` is ``required_message``."""
    return "::".join(re.sub(r"\s+", "_", part.strip()).lower() for part in written.split("::"))


def _at(sheet: str, row: int, column: int, name: str = "", language: str = "") -> Place:
    return Place(sheet=sheet, row=row, column=name, language=language, cell=f"{letters_of(column)}{row}")


def letters_of(column: int) -> str:
    """The letters of a column, counted from 1."""
    found = ""
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(ord("A") + rest) + found
    return found
