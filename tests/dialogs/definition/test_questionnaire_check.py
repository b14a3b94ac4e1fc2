"""``kakunin questionnaire check``: what it prints and how it ends."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from bot.cli.errors import UserError
from bot.cli.questionnaire_check import check
from dialogs.definition.source_files import read_source, write_source
from dialogs.definition.yaml_format import load_shipped, shipped_names, shipped_source

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
    check(str(file), json_output=True)
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is True
    assert all(issue["severity"] == "warning" for issue in found["issues"])


def test_a_shipped_form_is_checked_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    check("individual", json_output=True)
    found = json.loads(capsys.readouterr().out)
    assert (found["file"], found["ok"]) == ("individual", True)
    assert found["proof"]["questions"] > 50


def test_a_name_that_nothing_is_shipped_by_is_refused_with_the_shipped_ones() -> None:
    with pytest.raises(UserError, match=r"personal: .* one of corporate, individual\."):
        check("personal")


def test_an_error_ends_with_one_and_says_where(wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        check(str(wrong), locale="en")
    assert ended.value.exit_code == 1
    printed = capsys.readouterr().out
    assert "error unknown_name: survey[2] school relevant (line 7)" in printed
    assert 'Did you mean "${age}"?' in printed
    assert "1 error(s), 0 warning(s)." in printed


def test_json_has_code_place_and_both_languages(wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        check(str(wrong), json_output=True)
    (issue,) = json.loads(capsys.readouterr().out)["issues"]
    assert (issue["code"], issue["severity"]) == ("unknown_name", "error")
    assert issue["place"] == {
        "sheet": "survey", "row": 2, "name": "school", "column": "relevant", "language": None, "line": 7,
    }  # fmt: skip
    assert set(issue["message"]) == {"ja", "en"}


# What is proved ---------------------------------------------------------------------------------


def proof_of(file: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """The proof as the command prints it, whatever it ends with."""
    with contextlib.suppress(typer.Exit):
        check(str(file), json_output=True)
    return json.loads(capsys.readouterr().out)["proof"]


@pytest.mark.parametrize("suffix", [".yaml", ".xlsx"])
@pytest.mark.parametrize("name", shipped_names())
def test_of_a_shipped_form_every_path_ends_and_covers_every_required_item(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, suffix: str
) -> None:
    file = tmp_path / f"{name}{suffix}"
    file.write_bytes(write_source(read_source(shipped_source(name), origin=f"{name}.yaml"), suffix))
    form = load_shipped(name)
    assert form.required_items
    longest = sum(question.is_asked for question in form.questions)
    proof = proof_of(file, capsys)
    assert (proof["ends"], tuple(proof["items"])) == (True, form.required_items)
    assert longest <= proof["questions"] <= 130


WRONGLY_RELEVANT = [
    ("name", "${consent} = 'disagree'", "identity"),
    ("address", "${respondent} != 'self'", "address"),
    ("occupation", "${risk} = 'high'", "occupation"),
    ("purposes", "${occupation} != 'student'", "purpose"),
    ("nationality overseas_ties", "selected(${purposes}, 'foreign_exchange')", "nationality_residence"),
    ("foreign_pep", "${nationality} != 'JPN'", "foreign_pep"),
    # Two answers compared, a length, the day: nobody can say that this always holds.
    ("foreign_pep", "${name} != ${address}", "foreign_pep"),
    ("foreign_pep", "string-length(${name}) > 1", "foreign_pep"),
    ("foreign_pep", "today() > '2026-01-01'", "foreign_pep"),
]


@pytest.mark.parametrize(("questions", "relevant", "item"), WRONGLY_RELEVANT)
def test_a_condition_on_a_required_question_takes_the_proof_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], questions: str, relevant: str, item: str
) -> None:
    tree = yaml.load(shipped_source("individual"), Loader=yaml.CBaseLoader)
    for name in questions.split():
        (row,) = (row for row in tree["survey"] if row.get("name") == name)
        row["relevant"] = relevant
    file = tmp_path / "individual.yaml"
    file.write_text(json.dumps(tree), encoding="utf-8")
    proof = proof_of(file, capsys)
    assert item not in proof["items"]
    assert set(proof["items"]) == set(load_shipped("individual").required_items) - {item}


def test_a_proof_is_said_in_words_and_nothing_is_claimed_of_what_is_in_doubt(
    tmp_path: Path, wrong: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "corporate.yaml"
    file.write_bytes(shipped_source("corporate"))
    check(str(file), locale="en")
    printed = capsys.readouterr().out
    assert "Proved: every path ends, after 120 questions at most." in printed
    assert "Proved: every path to a submission collects: identity, address, business," in printed
    with pytest.raises(typer.Exit):
        check(str(wrong), locale="ja")
    assert "証明できたことはありません。" in capsys.readouterr().out


def test_a_form_that_cannot_be_built_has_no_proof(wrong: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong.write_text(WRONG.replace("integer", "geopoint"), encoding="utf-8")
    assert proof_of(wrong, capsys) is None


def test_an_unsupported_type_is_an_error_not_an_unreadable_file(
    wrong: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong.write_text(WRONG.replace("integer", "geopoint"), encoding="utf-8")
    with pytest.raises(typer.Exit) as ended:
        check(str(wrong))
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
        check(str(file), locale="en")
    assert name in str(refused.value)
    assert "\n" not in str(refused.value)
