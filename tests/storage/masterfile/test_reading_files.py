"""Bytes to records: encodings, headers, quoting; every refusal names its place and no value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from storage.masterfile.columns import read_mapping
from storage.masterfile.decoding import settle_encoding
from storage.masterfile.problems import MasterFileProblem, RowProblem
from storage.masterfile.reader import MasterFile, Record, file_sha256

HEADER = "customer_no,kind,name,address\r\n"


def write(folder: Path, content: bytes) -> Path:
    path = folder / "master.csv"
    path.write_bytes(content)
    return path


def records(path: Path, mapping: Mapping[str, str] | None = None, encoding: str = "auto") -> Sequence[object]:
    return list(MasterFile(path, encoding=settle_encoding(path, encoding), mapping=mapping or {}).records())


@pytest.mark.parametrize(("codec", "settled"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("cp932", "cp932")])
def test_each_encoding_is_found_and_read(tmp_path: Path, codec: str, settled: str) -> None:
    path = write(tmp_path, (HEADER + "0001,individual,髙橋①,㈱ビル\r\n").encode(codec))
    assert settle_encoding(path) == settled
    (record,) = records(path)
    assert isinstance(record, Record)
    assert record.line == 2
    assert record.fields == {"customer_no": "0001", "kind": "individual", "name": "髙橋①", "address": "㈱ビル"}


def test_japanese_far_behind_an_ascii_start_settles_the_encoding(tmp_path: Path) -> None:
    rows = "".join(f"{number:04},individual,A B,C\r\n" for number in range(6000))
    path = write(tmp_path, (HEADER + rows + "9999,individual,山田,東京\r\n").encode("cp932"))
    assert settle_encoding(path) == "cp932"


def test_a_byte_that_does_not_fit_is_named_by_line_and_column(tmp_path: Path) -> None:
    good = (HEADER + '0001,individual,"山田\n太郎",東京\r\n').encode()
    path = write(tmp_path, good + b"0002,individual,\x93\x8c\x8b\x9e,x\r\n")
    with pytest.raises(MasterFileProblem) as caught:
        records(path, encoding="utf-8")
    assert (caught.value.code, caught.value.params["line"], caught.value.params["column"]) == ("undecodable", "4", "3")
    assert "山田" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        ("\ufeff".encode("utf-16"), "utf16"),
        (b"\x81\xff\xfe,\x80", "no_encoding_fits"),
        (b"kind,name\r\n", "column_missing"),
        (b"customer_no,kind,name,,x\r\n", "header_empty"),
        (b"customer_no,kind,name,kind\r\n", "header_twice"),
        (HEADER.encode() + b'0001,individual,"a"b,c\r\n', "broken_csv"),
        (HEADER.encode() + b'0001,individual,"a,c\r\n0002,individual,b,c\r\n', "broken_csv"),
    ],
)
def test_an_unusable_file_is_refused_with_a_code(tmp_path: Path, content: bytes, code: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(MasterFileProblem) as caught:
        records(path)
    assert caught.value.code == code


def test_a_row_of_another_width_is_reported_and_the_rest_read(tmp_path: Path) -> None:
    path = write(tmp_path, (HEADER + "0001,individual,a\r\n\r\n0002,individual,b,c\r\n").encode())
    first, second = records(path)
    assert first == RowProblem(line=2, column="", code="column_count", params={"expected": "4", "found": "3"})
    assert isinstance(second, Record)
    assert (second.line, second.fields["customer_no"]) == (4, "0002")


@pytest.mark.parametrize(
    "text",
    [
        "顧客番号: customer_no\n区分: kind\n",
        "customer_no: 顧客番号\nkind: 区分\n",
        "columns:\n  顧客番号: customer_no\n  区分: kind\n",
    ],
)
def test_a_banks_own_headers_are_renamed_either_way_round(tmp_path: Path, text: str) -> None:
    mapping_path = tmp_path / "mapping.yaml"
    mapping_path.write_text(text, encoding="utf-8")
    path = write(tmp_path, "顧客番号,区分,name,支店メモ\r\n0001,individual,a,b\r\n".encode())
    (record,) = records(path, read_mapping(mapping_path))
    assert isinstance(record, Record)
    assert record.fields == {"customer_no": "0001", "kind": "individual", "name": "a", "支店メモ": "b"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("a: [", "mapping_not_yaml"),
        ("- a\n", "mapping_shape"),
        ("顧客番号: [1]\n", "mapping_shape"),
        ("", "mapping_shape"),
        ("name: 氏名\n氏名: name_kana\n", "mapping_twice"),
    ],
)
def test_an_unusable_mapping_is_refused(tmp_path: Path, content: str, code: str) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(MasterFileProblem) as caught:
        read_mapping(path)
    assert caught.value.code == code


def test_a_mapping_for_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER.encode())
    with pytest.raises(MasterFileProblem) as caught:
        records(path, {"氏名": "name"})
    assert (caught.value.code, caught.value.params["column"]) == ("mapping_unknown_column", "氏名")


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    assert file_sha256(write(tmp_path, b"abc")).startswith("ba7816bf8f01cfea")
