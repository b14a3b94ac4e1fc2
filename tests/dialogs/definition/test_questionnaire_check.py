"""``kakunin questionnaire check``: what it prints and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from bot.cli.errors import UserError
from bot.cli.questionnaire_check import check
from dialogs.definition.yaml_format import shipped_source

WRONG = """\
settings: {id: form, version: 1, title: {ja: 確認}}
survey:
  - type: integer
    name: age
    label: {ja: 年齢}

  - type: text
    name: school
    label: {ja: 学校}
    relevant: ${agee} < 20
"""


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    file = tmp_path / "form.yaml"
    file.write_text(WRONG, encoding="utf-8")
    return file


def test_a_clean_form_ends_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "individual.yaml"
    file.write_bytes(shipped_source("individual"))
    check(file, json_output=True)
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is True
    assert all(issue["severity"] == "warning" for issue in found["issues"])


def test_an_error_ends_with_one_and_says_where(wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        check(wrong, locale="en")
    assert ended.value.exit_code == 1
    printed = capsys.readouterr().out
    assert "error unknown_name: survey[2] school relevant (line 7)" in printed
    assert 'Did you mean "${age}"?' in printed
    assert "1 error(s), 0 warning(s)." in printed


def test_json_has_code_place_and_both_languages(wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        check(wrong, json_output=True)
    (issue,) = json.loads(capsys.readouterr().out)["issues"]
    assert (issue["code"], issue["severity"]) == ("unknown_name", "error")
    assert issue["place"] == {
        "sheet": "survey", "row": 2, "name": "school", "column": "relevant", "language": None, "line": 7,
    }  # fmt: skip
    assert set(issue["message"]) == {"ja", "en"}


def test_an_unsupported_type_is_an_error_not_an_unreadable_file(
    wrong: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong.write_text(WRONG.replace("integer", "geopoint"), encoding="utf-8")
    with pytest.raises(typer.Exit) as ended:
        check(wrong)
    assert ended.value.exit_code == 1
    assert "unsupported_type" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content"),
    [("missing.yaml", None), ("form.xlsx", b"PK"), ("form.yaml", b"\xff\xfe"), ("form.yaml", b"a: [1\n")],
)
def test_an_unreadable_file_is_one_sentence(tmp_path: Path, name: str, content: bytes | None) -> None:
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UserError) as refused:
        check(file, locale="en")
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)
