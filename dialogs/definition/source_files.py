"""A questionnaire's file, whatever its format: YAML or an XLSForm workbook, told apart by what is in it.

Both give the same source tree; this module hides the one difference that is left, how a place in
the file is named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dialogs.definition.builder import build, row_lines
from dialogs.definition.issues import DefinitionError, Issue, Severity, UnreadableSource
from dialogs.definition.model import Questionnaire
from dialogs.definition.source_tree import Tree, canonical_json
from dialogs.definition.yaml_source import read_yaml_tree

YAML_SUFFIXES = (".yaml", ".yml")
WORKBOOK_SUFFIX = ".xlsx"
#: Formats that are read and not written: Excel until 2003, and with macros (which nobody runs).
OLD_SUFFIXES = (".xls", ".xlsm")
WRITTEN_SUFFIXES = (*YAML_SUFFIXES, WORKBOOK_SUFFIX)
SUFFIXES = (*WRITTEN_SUFFIXES, *OLD_SUFFIXES)

#: More than any of the formats takes: a file need not be read further to be refused.
MAX_BYTES = 10_000_001


@dataclass(frozen=True)
class SourceFile:
    """A file that could be taken apart."""

    tree: Tree
    origin: str
    #: What reading alone has found.
    issues: tuple[Issue, ...]
    #: Names the place of an issue as the author sees it.
    placed: Callable[[Issue], Issue]

    @property
    def warnings(self) -> tuple[Issue, ...]:
        return tuple(issue for issue in self.issues if issue.severity is Severity.WARNING)

    def questionnaire(self) -> Questionnaire:
        """What the file says; raises ``DefinitionError`` with everything that is wrong."""
        errors = [issue for issue in self.issues if issue.severity is Severity.ERROR]
        try:
            form = build(self.tree, origin=self.origin)
        except DefinitionError as error:
            raise DefinitionError([*errors, *map(self.placed, error.issues)], origin=self.origin) from error
        if errors:
            raise DefinitionError(errors, origin=self.origin)
        return form

    def canonical(self) -> str:
        """The body that gets published; refuses what is no questionnaire."""
        self.questionnaire()
        return canonical_json(self.tree)


def read_source(raw: bytes, *, origin: str) -> SourceFile:
    """A file by its content; raises ``UnreadableSource``, and ``LookupError`` for a suffix that no form has.

    Workbooks are told apart by their bytes: an old one is often called ``.xlsx``, and the other way round.
    """
    suffix = "." + origin.rpartition(".")[2].lower()
    if suffix not in SUFFIXES:
        raise LookupError(f"no questionnaire has the suffix {suffix}")
    if suffix in YAML_SUFFIXES:
        tree = read_yaml_tree(raw, origin=origin)
        lines = row_lines(tree)
        return SourceFile(tree, origin, (), lambda issue: _with_line(issue, lines.get(issue.place.row, 0)))
    from dialogs.definition.workbook_format import read_workbook

    book = read_workbook(raw, origin=origin)
    return SourceFile(book.tree, origin, tuple(book.issues), book.placed)


def write_source(file: SourceFile, suffix: str) -> bytes:
    """The same questionnaire in the format of ``suffix``; raises ``DefinitionError``."""
    form = file.questionnaire()
    if suffix == WORKBOOK_SUFFIX:
        from dialogs.definition.workbook_writing import to_workbook

        try:
            return to_workbook(file.tree, form)
        except DefinitionError as error:
            raise DefinitionError([file.placed(issue) for issue in error.issues], origin=file.origin) from error
    from dialogs.definition.yaml_writing import to_yaml

    return to_yaml(file.tree).encode()


def _with_line(issue: Issue, line: int) -> Issue:
    if issue.place.sheet != "survey" or issue.place.line:
        return issue
    return replace(issue, place=replace(issue.place, line=line))


__all__ = [
    "MAX_BYTES",
    "SUFFIXES",
    "WORKBOOK_SUFFIX",
    "WRITTEN_SUFFIXES",
    "YAML_SUFFIXES",
    "SourceFile",
    "UnreadableSource",
    "read_source",
    "write_source",
]
