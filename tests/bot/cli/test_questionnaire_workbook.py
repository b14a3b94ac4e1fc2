"""Workbooks on the command line: converting both ways, checking, playing, and publishing from the bank's folder."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from bot.cli import run
from dialogs.definition.source_files import read_source
from dialogs.definition.yaml_format import canonical_source, shipped_source
from tests.bot.cli.test_play import FORM, FRUIT, played


@pytest.fixture
def yaml(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(FORM, encoding="utf-8")
    return path


@pytest.fixture
def book(yaml: Path) -> Path:
    path = yaml.with_suffix(".xlsx")
    assert run(["questionnaire", "convert", str(yaml), str(path)]) == 0
    return path


def edited(path: Path, sheet: str, cell: str, value: object) -> Path:
    made = load_workbook(path)
    made[sheet][cell] = value  # type: ignore[index]
    made.save(path)
    return path


def test_there_and_back_is_the_same_form(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    again = book.with_name("again.yaml")
    assert run(["questionnaire", "convert", str(book), str(again)]) == 0
    out = capsys.readouterr().out
    assert "again.yaml" in out
    assert canonical_source(again.read_bytes(), origin="a") == canonical_source(FORM, origin="b")


def test_the_shipped_form_as_a_workbook_is_as_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "individual.yaml", tmp_path / "individual.xlsx"
    source.write_bytes(shipped_source("individual"))
    found: list[Any] = []
    assert run(["questionnaire", "convert", str(source), str(target)]) == 0
    for path in (source, target):
        capsys.readouterr()
        assert run(["questionnaire", "check", str(path), "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        found.append([(issue["code"], issue["place"]["name"], issue["message"]) for issue in report["issues"]])
    assert found[0] == found[1]


def test_a_workbook_is_played_like_its_yaml(yaml: Path, book: Path) -> None:
    replies: list[dict[str, Any]] = [
        {"choice": "apple"}, {"text": "2"}, {"text": "なべ"}, {"text": "かま"}, {"choices": ["apple", "lemon"]},
        {"text": "1.5"}, {"text": "昨日"}, {"choice": "yes"}, {"command": "confirm"},
    ]  # fmt: skip
    lines = played(book, *replies)
    assert lines == played(yaml, *replies)
    assert lines[0]["choices"] == FRUIT
    assert lines[-1]["answers"]["thing__2"] == "かま"


def test_a_mistake_in_a_workbook_is_named_with_its_cell(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edited(book, "survey", "A3", "geopoint")
    capsys.readouterr()
    assert run(["questionnaire", "check", str(book), "--json"]) == 1
    (issue,) = json.loads(capsys.readouterr().out)["issues"]
    assert (issue["code"], issue["place"]["sheet"], issue["place"]["row"], issue["place"]["cell"]) == (
        "unsupported_type", "survey", 3, "A3",
    )  # fmt: skip
    assert "geopoint" in issue["message"]["ja"]
    assert "geopoint" in issue["message"]["en"]
    for command in (["play", str(book)], ["convert", str(book), str(book.with_name("x.yaml"))]):
        assert run(["questionnaire", *command]) == 2
        err = capsys.readouterr().err
        assert "survey!A3" in err
        assert "\n" not in err.strip()
    assert not book.with_name("x.yaml").exists()


def test_a_sheet_of_notes_is_a_warning(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = load_workbook(book)
    made.create_sheet("メモ")["A1"] = "type"
    made.save(book)
    capsys.readouterr()
    assert run(["questionnaire", "check", str(book), "--json"]) == 0
    issues = json.loads(capsys.readouterr().out)["issues"]
    assert ("sheet_not_read", "warning") in {(issue["code"], issue["severity"]) for issue in issues}
    assert run(["questionnaire", "convert", str(book), str(book.with_suffix(".yml"))]) == 0
    assert "メモ" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("source", "target", "content"),
    [
        ("missing.xlsx", "out.yaml", None),
        ("a.xlsx", "out.yaml", b"no workbook"),
        ("a.xlsx", "out.yaml", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)),
        ("a.yaml", "out.pdf", FORM.encode()),
        ("a.csv", "out.yaml", FORM.encode()),
        ("a.yaml", "a.yaml", FORM.encode()),
        ("a.yaml", "nowhere/out.xlsx", FORM.encode()),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_two(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, target: str, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / source).write_bytes(content)
    before = sorted(path.name for path in tmp_path.iterdir())
    assert run(["questionnaire", "convert", str(tmp_path / source), str(tmp_path / target)]) == 2
    err = capsys.readouterr().err.strip()
    assert err
    assert "\n" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_target_that_stands_is_replaced_whole(yaml: Path, book: Path) -> None:
    first = book.read_bytes()
    yaml.write_text(FORM.replace("こんにちは", "こんばんは"), encoding="utf-8")
    assert run(["questionnaire", "convert", str(yaml), str(book)]) == 0
    assert book.read_bytes() != first
    hello = read_source(book.read_bytes(), origin=book.name).questionnaire().question("hello")
    assert hello.label["ja"] == "こんばんは。"
    assert load_workbook(io.BytesIO(first)).sheetnames == ["survey", "choices", "settings"]
