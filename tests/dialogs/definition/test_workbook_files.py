"""Files that are no workbook, or one that nobody should open: refused with a clear reason, in bounded memory."""

from __future__ import annotations

import io
import re
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings, strategies as st
from openpyxl import Workbook

from dialogs.definition import workbook_cells
from dialogs.definition.issues import DefinitionError, UnreadableSource
from dialogs.definition.source_files import read_source
from dialogs.definition.yaml_format import read_canonical
from tests.dialogs.definition.workbooks import SURVEY, Sheet, workbook


def refused(raw: bytes) -> tuple[str, str]:
    with pytest.raises(UnreadableSource) as caught:
        read_source(raw, origin="form.xlsx")
    (issue,) = caught.value.issues
    return issue.code, str(issue.place)


def part_of(raw: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return archive.read(name).decode()


def parts_of(raw: bytes, **changed: bytes) -> bytes:
    """The workbook with some of its parts changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as archive, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as again:
        for name in archive.namelist():
            again.writestr(name, changed.get(name.rpartition("/")[2].partition(".")[0], archive.read(name)))
    return made.getvalue()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "not_a_workbook"),
        (b"PK", "not_a_workbook"),
        (b"settings: {id: a}\n", "not_a_workbook"),
        (workbook(survey=SURVEY)[:-200], "not_a_workbook"),
        (parts_of(workbook(survey=SURVEY), sheet2=b"<worksheet><oops"), "not_a_workbook"),
        (parts_of(workbook(survey=SURVEY), workbook=b"<html/>"), "not_a_workbook"),
        (b"P" * 10_000_001, "workbook_too_large"),
        (parts_of(workbook(survey=SURVEY), styles=b"<xf/>" * 500_000), "workbook_too_large"),
    ],
)
def test_what_is_no_workbook_is_said_to_be_none(raw: bytes, code: str) -> None:
    assert refused(raw)[0] == code


def test_a_zip_of_something_else_is_no_workbook() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("letter.txt", "hello")
    assert refused(made.getvalue())[0] == "not_a_workbook"


def test_a_locked_part_is_a_password() -> None:
    raw = workbook(survey=SURVEY)
    # The bit of every entry of the directory that says: encrypted.
    locked = re.sub(rb"(PK\x01\x02.{4})(.)", lambda entry: entry[1] + bytes([entry[2][0] | 1]), raw, flags=re.DOTALL)
    assert refused(locked)[0] == "encrypted_workbook"


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    raw = parts_of(workbook(survey=SURVEY), sheet2=b" " * 80_000_000)
    assert len(raw) < 200_000
    tracemalloc.start()
    try:
        assert refused(raw)[0] == "workbook_too_large"
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_more_rows_than_anybody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook_cells, "MAX_ROWS", 20)
    rows = [["type", "name"], *(["note", f"n{number}"] for number in range(20))]
    assert refused(workbook(survey=rows)) == ("too_many_rows", "survey!21")


def test_far_blank_cells_are_nothing_and_far_values_too_much() -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in {"settings": [["form_id", "version", "form_title"], ["f", "1", "x"]], "survey": SURVEY}.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book["survey"].cell(1_048_576, 3).number_format = "@"
    book["survey"].cell(2, 16_384).number_format = "@"
    made = io.BytesIO()
    book.save(made)
    assert [q.name for q in read_source(made.getvalue(), origin="form.xlsx").questionnaire().questions] == ["a"]
    book["survey"].cell(2, 16_384).value = "x"
    made = io.BytesIO()
    book.save(made)
    assert refused(made.getvalue()) == ("too_many_columns", "survey!2")


def test_rows_that_name_one_far_cell_each_do_not_fill_the_memory() -> None:
    cells = "".join(f'<row r="{number}"><c r="XFD{number}"/></row>' for number in range(1, 20_000))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    far = f'<worksheet xmlns="{main}"><dimension ref="A1:XFD1048576"/><sheetData>{cells}</sheetData></worksheet>'
    assert refused(parts_of(workbook(survey=SURVEY), sheet2=far.encode()))[0] == "too_many_rows"


def test_a_wrong_size_in_the_file_hides_nothing() -> None:
    raw = workbook(survey=SURVEY)
    sheet = part_of(raw, "xl/worksheets/sheet2.xml").encode()
    lied = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:A1"', sheet)
    assert lied != sheet
    form = read_source(parts_of(raw, sheet2=lied), origin="form.xlsx").questionnaire()
    assert form.question("a").label == {"ja": "あ"}


def test_a_formula_gives_the_value_that_excel_last_saw() -> None:
    raw = workbook(survey=[["type", "name", "default"], ["text", "a", "=1+1"]])
    sheet = part_of(raw, "xl/worksheets/sheet2.xml").encode()
    computed = re.sub(rb"<f>1\+1</f><v ?/?>(</v>)?", b"<f>1+1</f><v>2</v>", sheet)
    assert computed != sheet
    default = read_source(parts_of(raw, sheet2=computed), origin="form.xlsx").questionnaire().question("a").default
    assert default is not None
    assert default.constant == "2"


def test_many_damaged_workbooks_end_in_one_of_our_errors() -> None:
    raw = workbook(survey=SURVEY, choices=[["list_name", "name"], ["l", "x"]])
    codes = set()
    for at in range(0, len(raw), 97):
        try:
            read_source(raw[:at] + bytes([raw[at] ^ 0x5A]) + raw[at + 1 :], origin="form.xlsx")
        except UnreadableSource as error:
            codes |= {issue.code for issue in error.issues}
    assert "not_a_workbook" in codes
    assert codes <= {"not_a_workbook", "encrypted_workbook", "workbook_too_large"}


READING = '<rPh sb="0" eb="2"><t>カクニン</t></rPh><phoneticPr fontId="1"/>'


def test_readings_that_japanese_excel_keeps_beside_a_text_are_no_text() -> None:
    raw = workbook(survey=SURVEY)
    sheet, types = (part_of(raw, name) for name in ("xl/worksheets/sheet1.xml", "[Content_Types].xml"))
    title = "<is><t>確認</t></is>"
    assert title in sheet
    inline = sheet.replace(title, f"<is><t>確認</t>{READING}</is>")
    # As Excel itself keeps texts: in a part of their own, here one with a bold character.
    shared = sheet.replace(f' t="inlineStr">{title}', ' t="s"><v>0</v>')
    main, kind = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "application/vnd.openxmlformats-"
    runs = f"<si><r><rPr><b/></rPr><t>確</t></r><r><t>認</t></r>{READING}</si>"
    override = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}officedocument.spreadsheetml.'
    parts = {
        "sheet1": shared.encode(),
        "[Content_Types]": types.replace("</Types>", f'{override}sharedStrings+xml"/></Types>').encode(),
    }
    made = io.BytesIO(parts_of(raw, **parts))
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{main}" count="1" uniqueCount="1">{runs}</sst>')
    for book in (parts_of(raw, sheet1=inline.encode()), made.getvalue()):
        assert read_source(book, origin="form.xlsx").questionnaire().title == {"ja": "確認"}


HEADERS = st.sampled_from(
    ["type", "name", "label", "label::en", "bot::kind", "bot::why", "bot", "list_name", "form_id", "version",
     "form_title", "default_language", "bot::required_items", "relevant", "x", "::", "label::", "bot::"]
)  # fmt: skip
CELLS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.floats(-1e300, 1e300)
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.sampled_from(["text", "select_one l", "begin group", "end_group", "a", "l", "=1", "#N/A", "_xD800_", "yes"])
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6)
)
SHEETS = st.lists(st.lists(CELLS, max_size=5), max_size=4).flatmap(
    lambda rows: st.lists(HEADERS, max_size=6).map(lambda header: [header, *rows])
)


@given(survey=SHEETS, choices=SHEETS, settings_rows=SHEETS)
@settings(max_examples=80, deadline=None)
def test_any_workbook_is_read_or_refused(survey: Sheet, choices: Sheet, settings_rows: Sheet) -> None:
    file = read_source(workbook(survey=survey, choices=choices, settings=settings_rows), origin="form.xlsx")
    try:
        form = file.questionnaire()
    except DefinitionError as error:
        refused = error
        assert refused.issues
    else:
        assert read_canonical(file.canonical()) == form
