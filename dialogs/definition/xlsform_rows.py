"""Rows of an XLSForm survey in the words of our own format: what ODK's tools do with a row, done before we judge it.

Promise: a row becomes rows that mean the same in a chat, or stays as it is and is refused in its own words;
whatever is left out is said with its cell.  A row that our own format takes and that says something is not touched,
so that a form of ours reads back from its workbook as it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from dialogs.definition.cells import looks_computed
from dialogs.definition.issues import Place
from dialogs.definition.source_tree import Cell, Rows, Table, Tree
from dialogs.definition.vocabulary import ANSWER_COLUMNS, BOUNDARIES
from dialogs.definition.xlsform_words import type_of
from locales import SHIPPED_LANGUAGES, load_catalogue

Note = Callable[..., None]

#: The code of "other", as ODK's converter has it.
_OTHER = "other"
_TRUE = frozenset({"yes", "true", "true()", "1"})
#: Columns without a meaning on rows of these types; ODK's tools pass over them.
_MEANINGLESS: Mapping[str, frozenset[str]] = {
    "note": (ANSWER_COLUMNS - {"hint"}) | {"calculation", "repeat_count"},
    "calculate": ANSWER_COLUMNS | {"repeat_count"},
    "group": ANSWER_COLUMNS | {"calculation", "repeat_count"},
    "repeat": ANSWER_COLUMNS | {"calculation"},
}
_PARAMETER = re.compile(r"(start|end|step)\s*=\s*(-?[0-9]+(?:\.[0-9]+)?)", re.IGNORECASE)
_COUNTED = re.compile(r"[1-9][0-9]?")

Entries = dict[str, Tree]


@dataclass
class RowRules:
    """What is done to the rows of one survey."""

    note: Note
    #: The languages in which the form speaks.
    languages: tuple[str, ...]
    #: Lists that some select offers with "other": name -> the name of the list with it.
    with_other: dict[str, str]
    #: The groups that have begun and not ended.
    open: list[str] = field(default_factory=list)

    def rows(self, entries: Entries, number: int, at: Callable[[str], Place], parameters: str) -> Iterator[Entries]:
        """The rows that one row of the sheet stands for."""
        written = _text(entries, "type")
        kind, other = type_of(written)
        if kind != written:
            entries["type"] = Cell(kind)
        head = kind.replace(" ", "_") if kind.startswith(("begin ", "end ")) else kind.partition(" ")[0]
        if head in ("end_group", "end_repeat"):
            opened = self.open.pop() if self.open else ""
            # Whatever else stands there is the author's remark, as is a name that is not the group's.
            named = "name" in entries and _text(entries, "name") == opened
            yield {column: entries[column] for column in (("type", "name") if named else ("type",))}
            return
        if "name" not in entries and (head in ("note", "begin_group") and len(entries) > 1):
            entries["name"] = Cell(f"row_{number}")
        if parameters and head != "range":
            self.note("cell_not_used", at("parameters"), column="parameters", type=head)
        match head:
            case "range":
                self._range(entries, parameters)
            case "percentage":
                self._bounded(entries, "integer", "0", "100")
            case "phone_number":
                entries["type"] = Cell("text")
                own = entries.get("bot")
                entries["bot"] = Table({"kind": Cell("phone"), **(own.entries if isinstance(own, Table) else {})})
            case "hidden":
                self._hidden(entries)
            case "today":
                entries["type"], entries["calculation"] = Cell("calculate"), Cell("today()")
            case "text" if _says_yes(entries, "read_only") and not entries.keys() & {"calculation", "default", "bot"}:
                # How notes were written before there were any.
                entries["type"] = Cell("note")
        if head in BOUNDARIES:
            self.open.append(_text(entries, "name"))
        self._without_meaning(entries, at)
        self._computed(entries)
        self._bound(entries)
        if other and (list_name := kind.partition(" ")[2]):
            own_list = self.with_other.setdefault(list_name, f"{list_name}.or_other")
            entries["type"] = Cell(f"{head} {own_list}")
            yield entries
            yield self._which(entries)
        else:
            yield entries

    def _without_meaning(self, entries: Entries, at: Callable[[str], Place]) -> None:
        kind = _text(entries, "type").replace(" ", "_")
        group = {"begin_group": "group", "begin_repeat": "repeat"}.get(kind, kind)
        for column in sorted(_MEANINGLESS.get(group, frozenset()) & entries.keys()):
            del entries[column]
            self.note("cell_not_used", at(column), column=column, type=kind)
        if kind in ("text", "integer", "decimal", "date", "acknowledge") and "choice_filter" in entries:
            del entries["choice_filter"]
            self.note("cell_not_used", at("choice_filter"), column="choice_filter", type=kind)

    @staticmethod
    def _computed(entries: Entries) -> None:
        """A value that is computed and may be changed is one that is offered."""
        kind = _text(entries, "type").partition(" ")[0]
        offered = kind in ("text", "integer", "decimal", "date", "select_one", "select_multiple")
        if offered and not _says_yes(entries, "read_only") and "default" not in entries:
            found = entries.get("calculation")
            if isinstance(found, Cell) and looks_computed(found.text):
                entries["default"] = entries.pop("calculation")

    @staticmethod
    def _bound(entries: Entries) -> None:
        """A repeat that is counted by a plain number has its bound."""
        count = _text(entries, "repeat_count")
        own = entries.get("bot")
        if _text(entries, "type").replace(" ", "_") != "begin_repeat" or not _COUNTED.fullmatch(count):
            return
        if own is None:
            entries["bot"] = Table({"max_repeats": Cell(count)})

    def _range(self, entries: Entries, parameters: str) -> None:
        given = {name.lower(): value for name, value in _PARAMETER.findall(parameters)}
        least, most, step = given.get("start", "1"), given.get("end", "10"), given.get("step", "1")
        whole = not any("." in value for value in (least, most, step))
        self._bounded(entries, "integer" if whole else "decimal", least, most)
        if step != "1":
            fits = Cell(f"({_text(entries, 'constraint')}) and (. - {least}) mod {step} = 0")
            entries["constraint"] = fits

    @staticmethod
    def _bounded(entries: Entries, kind: str, least: str, most: str) -> None:
        entries["type"] = Cell(kind)
        own, bounds = _text(entries, "constraint"), f". >= {least} and . <= {most}"
        entries["constraint"] = Cell(f"({own}) and {bounds}" if own else bounds)

    @staticmethod
    def _hidden(entries: Entries) -> None:
        """A value that nobody sees: computed, or always the same."""
        entries["type"] = Cell("calculate")
        if "calculation" not in entries and "default" in entries:
            written = _text(entries, "default")
            quote = '"' if "'" in written else "'"
            entries["calculation"] = Cell(written if looks_computed(written) else f"{quote}{written}{quote}")

    def _which(self, entries: Entries) -> Entries:
        """The question after "other", as ODK's converter adds it."""
        name = _text(entries, "name")
        return {
            "type": Cell("text"),
            "name": Cell(f"{name}_{_OTHER}"),
            "label": said("form.specify_other", self.languages),
            "relevant": Cell(f"selected(${{{name}}}, '{_OTHER}')"),
        }


def add_other(lists: Mapping[str, Tree], with_other: Mapping[str, str], languages: tuple[str, ...]) -> dict[str, Tree]:
    """The choice lists, and beside them those that have "other" as their last choice."""
    found = dict(lists)
    for name, own in with_other.items():
        rows = lists.get(name)
        if not isinstance(rows, Rows):
            continue
        named = {_text(dict(row.entries), "name") for row in rows.items if isinstance(row, Table)}
        other = Table({"name": Cell(_OTHER), "label": said("form.other", languages)})
        found[own] = rows if _OTHER in named else Rows((*rows.items, other))
    return found


def said(key: str, languages: tuple[str, ...]) -> Table:
    """A text of our own in the form's languages; in English where we do not speak one."""
    spoken = {one: one if one in SHIPPED_LANGUAGES else "en" for one in languages}
    return Table({one: Cell(load_catalogue(voice).text(key)) for one, voice in spoken.items()})


def _text(entries: Mapping[str, Tree], column: str) -> str:
    found = entries.get(column)
    return found.text if isinstance(found, Cell) else ""


def _says_yes(entries: Mapping[str, Tree], column: str) -> bool:
    return _text(entries, column).lower() in _TRUE
