"""CSV on the disk, byte by byte."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from storage.exports.files import OutputFile, OutputSet
from storage.exports.spelling import Unmappable
from storage.exports.writers import CsvOutput, formula_safe


def write(path: Path, encoding: str, *rows: tuple[str, str]) -> list[Unmappable]:
    """Write the rows and return what could not be written."""
    lost: list[Unmappable] = []
    output = CsvOutput(path, ("name", "code"), typed=(True, False), encoding=encoding, losses=lost.append)
    for row in rows:
        output.write(list(row))
    output.finish()
    output.output.publish()
    return lost


def test_every_cell_is_quoted_and_lines_end_in_crlf(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "utf-8-sig", ('山"田', "001"), ("a\nb", ""))
    assert (tmp_path / "a.csv").read_bytes() == (
        b"\xef\xbb\xbf" + '"name","code"\r\n"山""田","001"\r\n"a\nb",""\r\n'.encode()
    )
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-a", "@x", "\tx", "\r=1", "\n=1", "＝1+1", "＋x", "－x", "＠x"])
def test_what_begins_like_a_formula_is_made_text(text: str) -> None:
    assert formula_safe(text) == "'" + text


@pytest.mark.parametrize("text", ["", "-5", "+819012345678", "-1.5", "山田", "a=b", "001"])
def test_numbers_phones_and_plain_text_stay(text: str) -> None:
    assert formula_safe(text) == text


def test_only_typed_columns_are_touched(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "utf-8", ("=1", "=1"))
    assert (tmp_path / "a.csv").read_text().splitlines()[1] == '''"'=1","=1"'''


def test_cp932_keeps_what_it_can_and_lists_the_rest(tmp_path: Path) -> None:
    lost = write(tmp_path / "a.csv", "cp932", ("髙﨑①㈱", "〜−—"), ("𠮷田", "か\u3099é"), ("辻\U000e0100", "ok"))
    assert (tmp_path / "a.csv").read_bytes().decode("cp932") == (
        '"name","code"\r\n"髙﨑①㈱","～－―"\r\n"〓田","が〓"\r\n"辻","ok"\r\n'
    )
    assert [(one.file, one.row, one.column, one.code_point, one.reason.value) for one in lost] == [
        ("a.csv", 3, "name", "U+20BB7", "no_code"),
        ("a.csv", 3, "code", "U+00E9", "no_code"),
        ("a.csv", 4, "name", "U+E0100", "mark_lost"),
    ]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=20))
def test_no_text_breaks_the_cp932_writer_and_nothing_is_lost_silently(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("cp932") / "a.csv"
    text = text.encode("utf-8", "ignore").decode("utf-8")
    lost = write(path, "cp932", (text, "x"))
    written = path.read_bytes().decode("cp932")
    assert written.count("〓") == text.count("〓") + sum(1 for one in lost if not _is_mark(one.code_point))


def _is_mark(code_point: str) -> bool:
    import unicodedata

    return unicodedata.category(chr(int(code_point[2:], 16))) == "Mn"


def test_the_manifest_facts_are_those_of_the_file(tmp_path: Path) -> None:
    output = CsvOutput(tmp_path / "a.csv", ("name",), typed=(True,), encoding="utf-8", losses=print)
    output.write(["山田"])
    facts = output.finish()
    assert not (tmp_path / "a.csv").exists()
    output.output.publish()
    content = (tmp_path / "a.csv").read_bytes()
    assert (facts.rows, facts.bytes, facts.sha256) == (1, len(content), hashlib.sha256(content).hexdigest())


def test_a_set_of_files_leaves_nothing_after_a_failure(tmp_path: Path) -> None:
    outputs = OutputSet()
    for name in ("a", "b"):
        output = OutputFile(tmp_path / name)
        output.write(b"x")
        outputs.add(output)
    outputs.__exit__(OSError, OSError("stop"), None)
    assert list(tmp_path.iterdir()) == []


def test_a_row_of_another_width_is_a_mistake(tmp_path: Path) -> None:
    output = CsvOutput(tmp_path / "a.csv", ("name", "code"), typed=(True, False), encoding="utf-8", losses=print)
    with pytest.raises(ValueError):
        output.write(["only one"])
    output.output.discard()


@pytest.mark.parametrize("dies_at", range(4))
def test_a_manifest_never_vouches_for_files_that_are_being_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    def publish(text: bytes) -> None:
        outputs = OutputSet()
        for name in ("table", "codebook", "manifest"):
            output = OutputFile(tmp_path / name)
            output.write(text)
            output.finish(1)
            outputs.add(output)
        outputs.publish()

    class Killed(BaseException):
        pass

    publish(b"old")
    renamed, real = [], OutputFile.publish

    def rename(self: OutputFile) -> None:
        if len(renamed) == dies_at:
            raise Killed
        renamed.append(self.path.name)
        real(self)

    with monkeypatch.context() as patch:
        patch.setattr(OutputFile, "publish", rename)
        if dies_at < 3:
            with pytest.raises(Killed):
                publish(b"new")
        else:
            publish(b"new")
    there = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.suffix != ".part"}
    assert ("manifest" in there) is (dies_at == 3)
    assert dies_at < 3 or set(there.values()) == {b"new"}
    publish(b"newer")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == dict.fromkeys(
        ("table", "codebook", "manifest"), b"newer"
    )
