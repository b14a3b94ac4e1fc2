"""Questionnaires from XLSForm workbooks: the sheets survey, choices and settings as a source tree.

Promise: the tree is the one that YAML with the same content gives.  Names of sheets and columns are
read in any case and with blanks around them; what means nothing in a chat is left out with a warning, and
whatever else is not supported is an issue with its cell.
Sheets of other names are the author's notes: they are not read, and a warning says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from dialogs.definition.cells import NAME, looks_computed, nearest
from dialogs.definition.issues import Issue, Place, UnreadableSource
from dialogs.definition.old_excel.reading import is_old, read_old_grids
from dialogs.definition.source_tree import Cell, Rows, Table, Tree, cell
from dialogs.definition.workbook_cells import Broken, Content, Grid, folded, read_grids
from dialogs.definition.workbook_columns import (
    DEFAULT_LANGUAGE,
    KNOWN,
    NO_LANGUAGE,
    TEXTS,
    Column,
    column_name,
    column_of,
    language_of,
)
from dialogs.definition.xlsform_rows import RowRules, add_other
from dialogs.definition.xlsform_words import BINDING_APPEARANCE, COLUMNS, METADATA, is_unused, type_of

_SHEETS = ("survey", "choices", "settings")
#: Sheets that change what a form means, in words that we do not have.
_UNSUPPORTED_SHEETS = ("external_choices", "entities", "osm", "cascades")

#: Columns in which Excel's TRUE is a condition, not a word.
_CONDITIONS = frozenset({
    "required", "relevant", "constraint", "calculation", "choice_filter", "read_only", "bot.confirm", "bot.sensitive",
    "bot.handover", "bot.end", "bot.proxy", "bot.check",
})  # fmt: skip
#: Columns that hold expressions or names, in which Excel's own quotes and blanks are slips of the keyboard.
_PLAIN = _CONDITIONS | {"type", "name", "list_name", "repeat_count"}
_SLIPS = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " ", "\u3000": " ",
                        "\u200b": None, "\ufeff": None})  # fmt: skip
_LITERAL_OR_SLIP = re.compile(f"'[^']*'|\"[^\"]*\"|[{''.join(map(chr, _SLIPS))}]")
_YES = frozenset({"yes", "true", "true()", "1"})
#: Columns outside of our vocabulary that a row may need.
_USED_BY_ROW = frozenset({"disabled", "parameters"})
_JAPANESE = re.compile("[\u3041-\u30ff\u4e00-\u9fff]")

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
    read = read_old_grids if is_old(raw) else read_grids
    grids, sheets = read(raw, (*_SHEETS, *_UNSUPPORTED_SHEETS), origin=origin)
    return _Reader(grids, sheets, origin).read()


@dataclass(frozen=True)
class _Row:
    """One row under a header that holds something."""

    number: int
    cells: Mapping[int, Content]
    columns: list[Column]
    #: Columns without a meaning in a chat: name -> number.
    unused: Mapping[str, int]

    def written(self, name: str) -> str:
        """What stands in an unused column."""
        found = self.cells.get(self.unused.get(name, 0), "")
        return found if isinstance(found, str) else str(found).lower() if isinstance(found, bool) else ""

    def cell_of(self, sheet: str, name: str, language: str = "") -> Place:
        """The place of one of our columns in this row."""
        at = next((one.number for one in self.columns if one.path == name), 0)
        return _at(sheet, self.number, at, name, language) if at else _row_at(sheet, self.number, name)


class _Reader:
    def __init__(self, grids: Mapping[str, Grid], sheets: tuple[str, ...], origin: str) -> None:
        self._grids = grids
        self._sheets = sheets
        self._origin = origin
        self._issues: list[Issue] = []
        self._addresses: dict[Address, str] = {}
        #: Selects that take "or other": list -> the list with it.
        self._with_other: dict[str, str] = {}
        self._languages = _Languages(grids)
        self._default_language = self._languages.default

    def read(self) -> Workbook:
        self._judge_sheets()
        tree: dict[str, Tree] = {}
        if "survey" in self._grids:
            tree["survey"] = self._survey()
        if "choices" in self._grids:
            tree["choices"] = self._choices()
        if "settings" in self._grids or not any(issue.params.get("suggestion") == "settings" for issue in self._issues):
            tree["settings"] = self._settings()
        if self._languages.assumed:
            self._note("language_assumed", Place(sheet="settings"), language=self._default_language)
        return Workbook(Table(tree), self._issues, self._addresses)

    def _judge_sheets(self) -> None:
        seen: set[str] = set()
        for title in self._sheets:
            name = folded(title)
            if name in seen:
                self._note("duplicate_key", Place(sheet=title), written=title)
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

    # Rows and columns -----------------------------------------------------------------------------

    def _rows(self, sheet: str) -> Iterator[_Row]:
        """The rows under the header that hold something in a column of ours."""
        (top, header), *rows = self._grids[sheet] or [(0, {})]
        columns, unused = self._header(sheet, top, header)
        named = {column.number for column in columns}
        told: set[int] = set()
        for number, cells in rows:
            for column in sorted(cells.keys() - told - named):
                told.add(column)
                name = next((name for name, at in unused.items() if at == column), "")
                if column not in header:
                    self._note("column_without_name", _at(sheet, number, column))
                elif name and name not in _USED_BY_ROW:
                    self._note("column_not_used", _at(sheet, top, column, name), column=name[:64])
            if cells.keys() & named:
                yield _Row(number, cells, columns, unused)

    def _header(self, sheet: str, top: int, header: Mapping[int, Content]) -> tuple[list[Column], dict[str, int]]:
        columns: dict[tuple[str, str], Column] = {}
        unused: dict[str, int] = {}
        for number, content in sorted(header.items()):
            if isinstance(content, Broken):
                self._note(content.code, _at(sheet, top, number), value=content.written[:64])
                continue
            written = str(content)
            column = column_of(sheet, number, written, self._default_language)
            place, name = _at(sheet, top, number, column.path), column_name(written)
            if column.language == NO_LANGUAGE:
                self._note("bad_language", place, language=written.rpartition(":")[2].strip()[:64])
            elif (column.path, column.language) in columns:
                self._note("duplicate_key", place, written=written[:64])
            elif column.path == "bot":
                self._note("unsupported_column", place, column="bot", suggestion="")
            elif not column.own and column.name not in KNOWN[sheet] and self._is_unused(sheet, name, written):
                unused.setdefault(COLUMNS[sheet].get(name, name), number)
            else:
                columns[column.path, column.language] = column
        return list(columns.values()), unused

    @staticmethod
    def _is_unused(sheet: str, name: str, written: str) -> bool:
        # No filter can name such a column of the choices: it is the author's remark.
        remark = sheet == "choices" and not NAME.fullmatch(written) and "::" not in written
        return remark or (sheet == "survey" and name == "disabled") or is_unused(sheet, COLUMNS[sheet].get(name, name))

    def _entries(self, sheet: str, group: str, index: int, row: _Row) -> dict[str, Tree]:
        """One row of the tree; remembers where everything in it stands."""
        entries: dict[str, Tree] = {}
        own: dict[str, Tree] = {}
        texts: dict[tuple[bool, str], dict[str, Tree]] = {}
        self._addresses[sheet, group, index, "", ""] = str(row.number)
        for column in row.columns:
            content = row.cells.get(column.number)
            if content is None:
                continue
            place = _at(sheet, row.number, column.number, column.path, column.language)
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
        if place.column in _PLAIN or (place.column == "default" and looks_computed(written)):
            # A text that one kind of quote opens and another closes has no end but by making them the same.
            torn = any(written.count(quote) % 2 for quote in "'\"")
            written = written.translate(_SLIPS) if torn else _LITERAL_OR_SLIP.sub(_without_slip, written)
        try:
            return cell(written)
        except UnreadableSource as error:
            self._note(error.issues[0].code, place)
            return None

    # The sheets -----------------------------------------------------------------------------------

    def _survey(self) -> Rows:
        rules = RowRules(self._note, self._languages.spoken, self._with_other)
        found: list[Table] = []
        for row in self._rows("survey"):
            if self._is_left_out(row):
                continue
            self._refuse_binding_appearance(row)
            entries = self._entries("survey", "", len(found) + 1, row)
            for made in rules.rows(entries, row.number, partial(row.cell_of, "survey"), row.written("parameters")):
                found.append(Table(made))
                self._addresses.setdefault(("survey", "", len(found), "", ""), str(row.number))
        return Rows(tuple(found))

    def _is_left_out(self, row: _Row) -> bool:
        """Rows that are no part of the form: switched off, the author's remark, or what a device notes by itself."""
        if row.written("disabled").lower() in _YES:
            self._note("row_not_used", _row_at("survey", row.number), type="disabled")
            return True
        place = row.cell_of("survey", "type")
        written = next((row.cells.get(one.number) for one in row.columns if one.path == "type"), None)
        if not isinstance(written, str):
            return False
        kind = type_of(written)[0]
        if kind.startswith("#") or kind in METADATA:
            self._note("row_not_used", place, type=written[:64])
            return True
        return False

    def _refuse_binding_appearance(self, row: _Row) -> None:
        found = row.written("appearance")
        if BINDING_APPEARANCE.search(found):
            place = _at("survey", row.number, row.unused["appearance"], "appearance")
            self._note("appearance_not_supported", place, value=found[:64])

    def _settings(self) -> Table:
        rows = list(self._rows("settings")) if "settings" in self._grids else []
        for row in rows[1:]:
            self._note("several_settings", _row_at("settings", row.number))
        entries = self._entries("settings", "", 1, rows[0]) if rows else {}
        spoken = entries.get("default_language")
        if isinstance(spoken, Cell) and spoken.text == DEFAULT_LANGUAGE:
            del entries["default_language"]
        elif isinstance(spoken, Cell):
            entries["default_language"] = Cell(language_of(spoken.text) or spoken.text)
        elif self._default_language != DEFAULT_LANGUAGE:
            entries["default_language"] = Cell(self._default_language)
        # The column alone says that nothing is required.
        for name in {column.name for row in rows[:1] for column in row.columns} & {"required_items", "upgrade"}:
            items = entries.get(name)
            words = re.split(r"[\s,;]+", items.text) if isinstance(items, Cell) else []
            entries[name] = Rows(tuple(Cell(word) for word in words if word))
        self._fill_in(entries)
        return Table(entries)

    def _fill_in(self, entries: dict[str, Tree]) -> None:
        """What ODK's tools take from the file's name; a form of ours would say it itself."""
        stem = re.sub(r"[^A-Za-z0-9_.-]+", "_", self._origin.rpartition(".")[0]) or "form"
        known = entries.get("id")
        form_id = known.text if isinstance(known, Cell) else stem if NAME.fullmatch(stem) else f"_{stem}"
        title = Table({self._default_language: Cell(form_id)})
        for column, value in (("id", Cell(form_id)), ("title", title), ("version", Cell("1"))):
            if column not in entries:
                entries[column] = value
                shown = form_id if column != "version" else "1"
                self._note("setting_assumed", Place(sheet="settings", column=column), column=column, value=shown[:64])

    def _choices(self) -> Table:
        lists: dict[str, list[dict[str, Tree]]] = {}
        for row in self._rows("choices"):
            named = next((column.number for column in row.columns if column.name == "list_name"), 0)
            group = row.cells.get(named)
            if not isinstance(group, str):
                place = _at("choices", row.number, named, "list_name")
                self._note("missing_column", place, column="list_name")
                continue
            rows = lists.setdefault(group, [])
            entries = self._entries("choices", group, len(rows) + 1, row)
            entries.pop("list_name", None)
            for column in row.columns:
                if column.name in entries and "::" in column.name:
                    del entries[column.name]
                    place = replace(_at("choices", row.number, column.number, column.name), name=group)
                    self._note("unsupported_column", place, column=column.name[:64], suggestion="")
            rows.append(entries)
        # A list that is named and nothing more is an empty one.
        found = {name: Rows(tuple(map(Table, rows)) if rows != [{}] else ()) for name, rows in lists.items()}
        return Table(add_other(found, self._with_other, self._languages.spoken))


class _Languages:
    """The languages of a form, which must be known before any header can be read."""

    def __init__(self, grids: Mapping[str, Grid]) -> None:
        plain: dict[str, list[str]] = {}
        named: list[str] = []
        for sheet in _SHEETS:
            (_, header), *rows = grids.get(sheet) or [(0, {})]
            for number, content in header.items():
                column = column_of(sheet, number, content, "") if isinstance(content, str) else Column(number, "")
                if column.language and column.language != NO_LANGUAGE:
                    named += [column.language] if column.name == "label" else []
                elif column.path in TEXTS[sheet] and not column.language:
                    texts = plain.setdefault(f"{sheet} {column.name}", [])
                    texts += [value for _, row in rows if isinstance(value := row.get(number), str)]
        self.assumed = False
        self.default = language_of(_spoken(grids.get("settings"))) or self._judged(plain, named)
        rest = dict.fromkeys((self.default, *named))
        self.spoken: tuple[str, ...] = tuple(rest)

    def _judged(self, plain: Mapping[str, list[str]], named: list[str]) -> str:
        """The language of a form that does not say it: as its labels name or show it."""
        labels = plain.get("survey label", [])
        if named and not labels:
            return DEFAULT_LANGUAGE if DEFAULT_LANGUAGE in named else named[0]
        texts = labels if named else [text for found in plain.values() for text in found]
        if any(map(_JAPANESE.search, texts)):
            return DEFAULT_LANGUAGE
        self.assumed = bool(labels)
        return "en" if self.assumed else DEFAULT_LANGUAGE


def _spoken(settings: Grid | None) -> str:
    """The default language as it is written."""
    (_, header), *rows = settings or [(0, {})]
    for number, content in header.items():
        if rows and isinstance(content, str) and column_name(content) == "default_language":
            return str(rows[0][1].get(number, ""))
    return ""


def _without_slip(found: re.Match[str]) -> str:
    return found[0] if found[0][0] in "'\"" else found[0].translate(_SLIPS)


def _row_at(sheet: str, number: int, column: str = "") -> Place:
    return Place(sheet=sheet, row=number, column=column, cell=str(number))


def _at(sheet: str, row: int, column: int, name: str = "", language: str = "") -> Place:
    return Place(sheet=sheet, row=row, column=name, language=language, cell=f"{letters_of(column)}{row}")


def letters_of(column: int) -> str:
    """The letters of a column, counted from 1."""
    found = ""
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(ord("A") + rest) + found
    return found
