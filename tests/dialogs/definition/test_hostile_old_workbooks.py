"""Old workbooks that would end the process, or keep it busy for ever, end in an error of ours."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from dialogs.definition.old_excel.container import Container
from dialogs.definition.old_excel.records import look_through
from dialogs.definition.source_files import read_source
from tests.dialogs.definition.test_old_workbooks import BEGIN, OLD, container, look_for, records, refused

STREAM = Container(OLD).stream("Workbook")
DIMENSIONS = 0x0200
#: Reads each file, and says what it ends in.
CHILD = """
import sys
from pathlib import Path
from dialogs.definition.issues import UnreadableSource
from dialogs.definition.source_files import read_source
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        read_source(path.read_bytes(), origin="form.xls")
        print("read", flush=True)
    except UnreadableSource as error:
        print(error.issues[0].code, flush=True)
"""


def with_stream(stream: bytes) -> bytes:
    at = OLD.index(STREAM[:64])
    return OLD[:at] + stream + OLD[at + len(stream) :]


def declaring(*rectangle: int) -> bytes:
    """``old.xls`` whose first sheet says that it is so large: first row, row after the last, the same of columns."""
    stream = bytearray(STREAM)
    struct.pack_into("<IIHH", stream, look_for(stream, DIMENSIONS) + 4, *rectangle)
    return with_stream(bytes(stream))


HUGE = [
    (0, 0xFFFFFFFF, 0, 0xFFFF),
    (0, 0xFFFFFFFF, 0, 2),
    (0, 0x40000000, 0, 0x0100),
    (5, 2, 0, 3),
    (0, 9, 7, 1),
    (0xFFFFFFFF, 1, 0, 3),
    (0, 65_536, 0, 256),
]


def one_byte_off() -> Iterator[bytes]:
    """Every rectangle that one damaged byte makes of the first sheet's."""
    at = look_for(STREAM, DIMENSIONS) + 4
    for place in range(at, at + 14):
        yield from (with_stream(STREAM[:place] + bytes([byte]) + STREAM[place + 1 :]) for byte in (0, 1, 0x7F, 0xFF))


def ends_of(folder: Path, files: Iterable[bytes]) -> list[str]:
    """What reading each of the files ends in; in another process, so that one which is ended fails the test."""
    count = 0
    for count, raw in enumerate(files, 1):
        (folder / f"{count:03}.xls").write_bytes(raw)
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder)], capture_output=True, text=True, timeout=120, check=False
    )
    assert child.returncode == 0, child.stderr[-500:]
    ends = child.stdout.split()
    assert len(ends) == count
    return ends


def test_a_sheet_that_says_it_is_larger_than_memory_does_not_end_the_process(tmp_path: Path) -> None:
    assert set(ends_of(tmp_path, (declaring(*one) for one in HUGE))) == {"too_many_rows", "not_a_workbook"}


def test_no_rectangle_that_one_byte_makes_ends_in_anything_but_our_error(tmp_path: Path) -> None:
    assert set(ends_of(tmp_path, one_byte_off())) == {"read", "too_many_rows", "not_a_workbook"}


@pytest.mark.parametrize("rectangle", [(0, 0, 0, 0), (0, 0, 0, 3), (1, 1, 0, 3), (0, 65_536, 0, 20), (0, 1, 0, 1)])
def test_a_sheet_may_say_that_it_is_empty_or_a_little_larger_than_it_is(rectangle: tuple[int, ...]) -> None:
    assert (
        read_source(declaring(*rectangle), origin="form.xls").canonical()
        == read_source(OLD, origin="o.xls").canonical()
    )


def test_what_is_no_sheet_of_cells_is_measured_as_the_library_reads_it() -> None:
    """A chart in the place of a sheet, and cells of a chart inside one, are laid out as well."""
    chart = bytearray(STREAM)
    place = next(iter(sheet_places()))
    struct.pack_into("<H", chart, place + 6, 0x0020)
    assert look_through(bytes(chart)).sheets[0].area == look_through(STREAM).sheets[0].area > 0
    far = struct.pack("<HHHd", 65_535, 255, 0, 1.0)
    near = struct.pack("<HHHd", 0, 0, 0, 1.0)
    inside = (0x0809, struct.pack("<HH", 0x0600, 0x0020) + bytes(12))
    sheet = (0x0809, struct.pack("<HH", 0x0600, 0x0010) + bytes(12))
    head = len(records(BEGIN, bound(0), (0x000A, b"")))
    stream = records(
        BEGIN, bound(head), (0x000A, b""), sheet, (0x0203, near), inside, (0x0203, far), (0x000A, b""), (0x000A, b"")
    )
    assert refused(container(Workbook=stream)) == "too_many_rows"


def sheet_places() -> Iterator[int]:
    at = 0
    while at + 4 <= len(STREAM):
        kind, length = struct.unpack_from("<HH", STREAM, at)
        if kind == 0x0085:
            yield struct.unpack_from("<I", STREAM, at + 4)[0]
        at += 4 + length


def bound(place: int, name: bytes = b"Survey") -> tuple[int, bytes]:
    return 0x0085, struct.pack("<IHBB", place, 0, len(name), 0) + name


@pytest.mark.parametrize("places", [range(10_000), [900] * 2])
def test_more_sheets_than_there_are_or_two_in_one_place_are_refused(places: range | list[int]) -> None:
    with pytest.raises(ValueError, match="sheets"):
        look_through(records(BEGIN, *map(bound, places), (0x000A, b"")))


def test_sheets_that_overlap_are_not_gone_through_again_and_again() -> None:
    head = len(records(BEGIN, *map(bound, range(200)), (0x000A, b"")))
    sheet = (0x0809, struct.pack("<HH", 0x0600, 0x0010) + bytes(12))
    body = records(*[sheet] * 200, *[(0x0001, b"")] * 200_000)
    places = [head + number * len(records(sheet)) for number in range(200)]
    with pytest.raises(ValueError, match="overlap"):
        look_through(records(BEGIN, *map(bound, places), (0x000A, b"")) + body)
