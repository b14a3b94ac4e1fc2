"""Bytes of a bank's file to text, strictly.

Promise: no character is ever replaced or dropped silently.  ``auto`` settles the encoding on the
first stretch that is not plain ASCII and then holds the whole file to it; the first byte that does
not fit stops the import and names its line and column.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

from storage.masterfile.problems import MasterFileProblem

#: What ``--encoding`` takes, and the codec behind it.  ``shift_jis`` cannot read 髙 or ①, cp932 can.
ENCODINGS = {"utf-8": "utf-8-sig", "cp932": "cp932"}
AUTO = "auto"

_CHUNK = 64 * 1024
#: How much text after the first non-ASCII byte must decode before an encoding is believed.
_SAMPLE = 1024 * 1024


def settle_encoding(path: Path, wanted: str = AUTO) -> str:
    """The encoding of the file: the one asked for, or the first of UTF-8 and CP932 that fits its start."""
    if wanted in ENCODINGS:
        return wanted
    if wanted != AUTO:
        raise MasterFileProblem("unknown_encoding", encoding=wanted)
    if _starts_as_utf16(path):
        raise MasterFileProblem("utf16")
    for name, codec in ENCODINGS.items():
        if _start_decodes(path, codec):
            return name
    raise MasterFileProblem("no_encoding_fits")


def read_lines(path: Path, encoding: str) -> Iterator[str]:
    """The file's lines as text, each with its line end; neither encoding has a line feed inside a character."""
    codec = ENCODINGS[encoding]
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            try:
                yield raw.decode(codec if number == 1 else encoding)
            except UnicodeDecodeError as problem:
                raise MasterFileProblem(
                    "undecodable",
                    line=str(number),
                    column=str(_column_of(raw[: problem.start], encoding)),
                    encoding=encoding,
                ) from None


def _column_of(before: bytes, encoding: str) -> int:
    """The number of the CSV column in which the bytes end (1 = first)."""
    text = before.decode(encoding, errors="replace")
    fields = next(csv.reader([text]), [""]) if text else [""]
    return len(fields)


def _starts_as_utf16(path: Path) -> bool:
    """Excel's "Unicode text" is UTF-16; CP932 would read it as rubbish without complaint."""
    with path.open("rb") as file:
        return file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def _start_decodes(path: Path, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)(errors="strict")
    seen = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return False
            if seen or not chunk.isascii():
                seen += len(chunk)
            if seen >= _SAMPLE:
                return True
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
