"""Workbooks of the old Excel: told by their content, the same cells as the newer format, or refused with the cell.

``old.xls`` holds the sheets of ``SHEETS`` below, ``formulas.xls`` the formulas of the last test; both were written with
xlwt, and their formulas were never calculated.
"""

from __future__ import annotations

import io
import struct
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from dialogs.definition import workbook_cells
from dialogs.definition.issues import DefinitionError, UnreadableSource
from dialogs.definition.old_excel.container import MAGIC, Container
from dialogs.definition.old_excel.reading import read_old_grids
from dialogs.definition.old_excel.records import look_through
from dialogs.definition.source_files import read_source, write_source
from dialogs.definition.workbook_cells import read_grids
from tests.dialogs.definition.workbooks import Sheet, workbook

FOLDER = Path(__file__).parent
OLD = (FOLDER / "old.xls").read_bytes()
FORMULAS = (FOLDER / "formulas.xls").read_bytes()

SHEETS: dict[str, Sheet] = {
    "Survey": [
        ["type", "name", "label::Japanese (ja)", "label::English (en)", "required", "default", "relevant"],
        ["select_one  jobs", "job", "ご職業は何ですか。", "What do you do?", True],
        ["integer", "years", "何年お勤めですか。", "For how many years?", "yes", 7, "${job} != '02'"],
        ["text", "branch", "店番\u00a0", "Branch", None, 7],
        ["date", "since", "いつからですか。", "Since when?", None, date(2026, 11, 28)],
        ["text", "seen", "時刻", "Time", None, datetime(2026, 11, 28, 10, 30)],
        ["decimal", "rate", "割合", "Rate", None, 0.1 + 0.2],
        [],
        ["note", "end", "以上です。", "That is all."],
    ],
    "choices": [
        ["list_name", "name", "label::ja", "label::en", None],
        ["jobs", "01", "会社員", "Employee"],
        ["jobs", 2.0, "退職した", "Retired"],
    ],
    "settings": [["form_id", "form_title", "version", "default_language"], ["old", "確認", 1.0, "ja"]],
    "Notes": [["nobody reads this"]],
}
#: Cells whose number is shown with leading zeros.
ZEROS = {("Survey", "F4"): "000", ("choices", "B3"): "00"}
WANTED = ("survey", "choices", "settings")


def newer() -> bytes:
    book = load_workbook(io.BytesIO(workbook(**SHEETS)))
    for (sheet, cell), number_format in ZEROS.items():
        book[sheet][cell].number_format = number_format
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def refused(raw: bytes) -> str:
    with pytest.raises(UnreadableSource) as caught:
        read_source(raw, origin="form.xls")
    (issue,) = caught.value.issues
    return issue.code


def test_every_cell_is_the_one_of_the_newer_format() -> None:
    old, titles = read_old_grids(OLD, WANTED, origin="old.xls")
    new, others = read_grids(newer(), WANTED, origin="new.xlsx")
    assert titles == others == tuple(SHEETS)
    assert old == new
    assert old["survey"][3] == (4, {1: "text", 2: "branch", 3: "店番", 4: "Branch", 6: "007"})


@pytest.mark.parametrize(("raw", "origin"), [(OLD, "form.xls"), (OLD, "form.xlsx"), (newer(), "form.xls")])
def test_the_content_says_what_a_file_is_and_never_its_name(raw: bytes, origin: str) -> None:
    file = read_source(raw, origin=origin)
    yaml = read_source(write_source(file, ".yaml"), origin="form.yaml")
    again = read_source(write_source(file, ".xlsx"), origin="again.xlsx")
    assert file.canonical() == yaml.canonical() == again.canonical() == read_source(OLD, origin="o.xls").canonical()
    assert [issue.code for issue in file.warnings] == ["sheet_not_read"]
    form = file.questionnaire()
    assert [choice.name for choice in form.choices["jobs"]] == ["01", "02"]
    assert form.question("since").default is not None


def test_an_error_and_a_formula_without_a_value_are_said_with_their_cell() -> None:
    with pytest.raises(DefinitionError) as caught:
        read_source(FORMULAS, origin="form.xls").questionnaire()
    assert [(issue.code, str(issue.place)) for issue in caught.value.issues] == [
        ("error_in_cell", "survey!C2 label.ja"),
        ("formula_without_value", "survey!C3 label.ja"),
    ]


# Files that nobody should open -----------------------------------------------------------------------


def container(**streams: bytes) -> bytes:
    """A container with these streams, each in sectors of its own."""
    sectors: list[bytes] = []
    chains: list[int] = []
    entries = [_entry("Root Entry", 5, 0xFFFFFFFE, 0)]
    for name, content in streams.items():
        parts = [content[at : at + 512].ljust(512, b"\0") for at in range(0, max(4096, len(content)), 512)]
        entries.append(_entry(name, 2, len(sectors), max(4096, len(content))))
        chains += [*range(len(sectors) + 1, len(sectors) + len(parts)), 0xFFFFFFFE]
        sectors += parts
    directory = len(sectors)
    sectors.append(b"".join(entries).ljust(512, b"\0"))
    fat = len(sectors)
    table = struct.pack(f"<{fat + 1}I", *chains, 0xFFFFFFFE, 0xFFFFFFFD).ljust(512, b"\xff")
    assert len(table) == 512
    head = MAGIC + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<9I", 0, 1, directory, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    return (head + struct.pack("<I", fat)).ljust(512, b"\xff") + b"".join(sectors) + table


def _entry(name: str, kind: int, start: int, size: int) -> bytes:
    written = name.encode("utf-16-le") + b"\0\0"
    return (
        written.ljust(64, b"\0") + struct.pack("<HB", len(written), kind) + bytes(49) + struct.pack("<IQ", start, size)
    )


def records(*parts: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack("<HH", kind, len(body)) + body for kind, body in parts)


BEGIN = (0x0809, struct.pack("<HH", 0x0600, 0x0005) + bytes(12))


def test_an_encrypted_workbook_is_said_to_be_one_in_either_format() -> None:
    assert refused(container(EncryptedPackage=b"x", EncryptionInfo=b"y")) == "encrypted_workbook"
    assert refused(container(Workbook=records(BEGIN, (0x002F, bytes(6))))) == "encrypted_workbook"


def test_another_file_of_the_old_office_is_no_workbook() -> None:
    assert refused(container(WordDocument=b"x")) == "not_a_workbook"
    assert refused(MAGIC + bytes(2000)) == "not_a_workbook"
    assert refused(b"<html><table/></html>") == "not_a_workbook"


def test_one_far_cell_is_refused_before_anything_is_laid_out() -> None:
    stream = bytearray(Container(OLD).stream("Workbook"))
    place = look_for(stream, 0x00FD)
    struct.pack_into("<HH", stream, place + 4, 65_535, 255)
    assert look_through(bytes(stream)).sheets[0].area > workbook_cells.MAX_CELLS
    at = OLD.index(bytes(Container(OLD).stream("Workbook")[:64]))
    assert refused(OLD[:at] + bytes(stream) + OLD[at + len(stream) :]) == "too_many_rows"


def look_for(stream: bytes | bytearray, wanted: int) -> int:
    at = 0
    while True:
        kind, length = struct.unpack_from("<HH", stream, at)
        if kind == wanted:
            return at
        at += 4 + length


def test_more_rows_than_anybody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    from dialogs.definition.old_excel import reading

    monkeypatch.setattr(reading, "MAX_ROWS", 5)
    assert refused(OLD) == "too_many_rows"
    monkeypatch.setattr(reading, "MAX_MEGABYTES", 0)
    assert refused(OLD) == "workbook_too_large"


def test_many_damaged_workbooks_are_read_or_end_in_one_of_our_errors() -> None:
    codes: set[Any] = set()
    for at in range(8, len(OLD), 41):
        damaged = OLD[:at] + bytes([OLD[at] ^ 0x5A]) + OLD[at + 1 :]
        try:
            codes.add(type(read_source(damaged, origin="form.xls")).__name__)
        except UnreadableSource as error:
            codes |= {issue.code for issue in error.issues}
    assert codes <= {"SourceFile", "not_a_workbook", "encrypted_workbook", "too_many_rows"}
    assert {"SourceFile", "not_a_workbook"} <= codes
