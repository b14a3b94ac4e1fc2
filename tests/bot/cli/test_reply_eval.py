"""``kakunin reply --eval`` counts every row once, and names the ones that were not right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bot.cli.shell import Shell


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys)
    shell.clear()
    return shell


def rows(*given: dict[str, object]) -> list[str]:
    return [json.dumps(row, ensure_ascii=False) for row in given]


def test_values_of_a_kind(shell: Shell) -> None:
    file = shell.write(
        "date.jsonl",
        *rows(
            {"text": "昭和39年10月10日", "value": "1964-10-10"},
            {"text": "明日", "value": "2026-11-29"},
            {"text": "明日", "value": "2024-02-29", "today": "2024-02-28"},
            {"text": "39.10.10", "value": None},
            {"text": "10/12/1964", "value": "1964-10-12", "also": [None]},
            {"text": "昭和39年10月11日", "value": "1964-10-10"},
            {"text": "昭和39年10月11日", "value": None},
            {"text": "昨日の昨日の昨日あたり", "value": "2026-11-25"},
        ),
    )
    done = json.loads(shell("reply", "--eval", file, "--json", "--failures").out)
    assert done["kinds"] == {"date": {"rows": 8, "right": 5, "wrongly_taken": 2, "wrongly_refused": 1}}
    assert [(row["where"], row["judgement"]) for row in done["failures"]] == [
        ("date.jsonl, line 6", "wrongly_taken"),
        ("date.jsonl, line 7", "wrongly_taken"),
        ("date.jsonl, line 8", "wrongly_refused"),
    ]
    assert done["failures"][0] == {
        "where": "date.jsonl, line 6",
        "kind": "date",
        "judgement": "wrongly_taken",
        "text": "昭和39年10月11日",
        "expected": [{"value": "1964-10-10"}],
        "found": {"value": "1964-10-11"},
    }


def test_numbers_are_compared_as_numbers_and_truths_as_truths(shell: Shell) -> None:
    file = shell.write(
        "mixed.jsonl",
        *rows(
            {"kind": "percentage", "text": "25%", "value": 25.0},
            {"kind": "yes_no", "text": "はい", "value": 1},
            {"kind": "yes_no", "text": "いいえ", "value": False},
            {"kind": "integer", "text": "一つ", "value": True},
        ),
    )
    done = json.loads(shell("reply", "--eval", file, "--json").out)
    assert done == {
        "kinds": {
            "percentage": {"rows": 1, "right": 1, "wrongly_taken": 0, "wrongly_refused": 0},
            "yes_no": {"rows": 2, "right": 1, "wrongly_taken": 1, "wrongly_refused": 0},
            "integer": {"rows": 1, "right": 0, "wrongly_taken": 1, "wrongly_refused": 0},
        }
    }


def test_choices_are_read_by_the_questions_of_the_form(shell: Shell) -> None:
    file = shell.write(
        "choices.jsonl",
        *rows(
            {"question": "occupation", "text": "公務員", "choices": ["public_official"]},
            {"question": "purposes", "text": "1と2", "choices": ["salary", "living_expenses"]},
            {"question": "monthly_amount", "text": "40〜60万", "offered": ["from_500k", "from_100k"]},
            {"question": "monthly_amount", "text": "30", "choices": None},
            {"question": "occupation", "text": "公務員", "choices": ["student"]},
            {"question": "monthly_amount", "text": "40〜60万", "choices": ["from_500k"]},
            {"question": "occupation", "text": "会社員ではない", "offered": ["student"], "also": [{"choices": None}]},
        ),
    )
    done = json.loads(shell("reply", "--eval", file, "--json", "--failures").out)
    assert done["kinds"]["choices"] == {"rows": 7, "right": 5, "wrongly_taken": 1, "wrongly_refused": 1}
    assert [row["found"] for row in done["failures"]] == [
        {"choices": ["public_official"]},
        {"offered": ["from_100k", "from_500k"]},
    ]


def test_several_files_make_one_table(shell: Shell) -> None:
    days = shell.write("date.jsonl", *rows({"text": "今日", "value": "2026-11-28"}, {"text": "今日", "value": None}))
    answers = shell.write("yes_no.jsonl", *rows({"text": "うん", "value": True}))
    done = shell("reply", "--eval", days, answers, "--failures")
    assert done.code == 0
    title, date, yes_no, failure = done.out.splitlines()
    assert title.endswith(" wrongly refused")
    assert date.split() == ["date", "2", "1", "(50.0%)", "1", "0"]
    assert yes_no.split() == ["yes_no", "1", "1", "(100.0%)", "0", "0"]
    assert json.loads(failure)["where"] == "date.jsonl, line 2"


@pytest.mark.parametrize(
    ("name", "line", "says"),
    [
        ("colour.jsonl", '{"text": "red", "value": "red"}', "unknown kind 'colour'"),
        ("date.jsonl", '{"value": null}', '"text"'),
        ("date.jsonl", '{"text": "x"}', '"value"'),
        ("date.jsonl", '{"text": "x", "value": []}', "a value must be"),
        ("date.jsonl", '{"text": "x", "value": null, "today": "soon"}', '"today"'),
        ("date.jsonl", '{"text": "x", "value": null, "also": "y"}', '"also"'),
        ("date.jsonl", "[1]", "not a JSON object"),
        ("date.jsonl", "not json", "not a JSON object"),
        ("choices.jsonl", '{"question": "name", "text": "x", "choices": null}', "no choices"),
        ("choices.jsonl", '{"question": "purposes", "text": "x"}', '"choices" or "offered"'),
        ("choices.jsonl", '{"question": "purposes", "text": "x", "choices": ["nothing"]}', "list of names"),
        ("choices.jsonl", '{"question": "purposes", "text": "x", "offered": []}', "list of names"),
        ("choices.jsonl", '{"text": "x", "choices": null}', "unknown kind 'choices'"),
    ],
)
def test_a_row_that_cannot_be_judged_is_named(shell: Shell, name: str, line: str, says: str) -> None:
    refused = shell.refused("reply", "--eval", shell.write(name, "", line))
    assert refused.startswith(f"{name}, line 2: ")
    assert says in refused


def test_bad_usage(shell: Shell) -> None:
    assert "--eval" in shell.refused("reply", "--eval")
    assert "--batch" in shell.refused("reply", "--eval", "--batch", "date.jsonl")
    assert "--failures" in shell.refused("reply", "date", "今日", "--failures")
    assert "cannot be read" in shell.refused("reply", "--eval", shell.folder / "nothing.jsonl")
    (shell.folder / "date.jsonl").write_bytes(b"\xff\xfe")
    assert "UTF-8" in shell.refused("reply", "--eval", shell.folder / "date.jsonl")
