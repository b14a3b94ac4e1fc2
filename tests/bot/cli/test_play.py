"""``kakunin questionnaire play --json`` prints the contract's lines."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import run
from bot.cli.errors import UserError
from bot.cli.questionnaire import app

RUN = CliRunner()
KEYS = ["asked", "phase", "problem", "faq", "text", "choices", "answers"]

FORM = """
settings: {id: small, version: "1", title: {ja: 質問票, en: Form}, default_language: ja}
survey:
  - {type: note, name: hello, label: {ja: こんにちは。, en: Hello.}}
  - {type: select_one fruit, name: one, label: {ja: どれ, en: Which}, required: "true()", bot: {handover: ". = 'none'"}}
  - {type: integer, name: count, label: {ja: いくつ, en: How many}, required: "true()", constraint: ". <= 2"}
  - {type: begin_repeat, name: things, label: {ja: もの, en: Things}, repeat_count: "${count}", bot: {max_repeats: "2"}}
  - {type: text, name: thing, label: {ja: なに, en: What}, required: "true()"}
  - {type: end_repeat, name: things}
  - {type: select_multiple fruit, name: many, label: {ja: すき, en: Like}, required: "true()", bot: {decline: refuse}}
  - {type: decimal, name: weight, label: {ja: 重さ, en: Weight}}
  - {type: date, name: day, label: {ja: いつ, en: When}, required: "true()", constraint: ". <= today()"}
  - {type: acknowledge, name: read, label: {ja: お読みください。, en: Please read.}, required: "true()"}
choices:
  fruit:
    - {name: apple, label: {ja: りんご, en: Apple}}
    - {name: lemon, label: {ja: レモン, en: Lemon}}
    - {name: none, label: {ja: なし, en: None}}
"""
FRUIT = [{"name": "apple", "label": "りんご"}, {"name": "lemon", "label": "レモン"}, {"name": "none", "label": "なし"}]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(FORM, encoding="utf-8")
    return path


def played(file: Path | str, *replies: dict[str, Any], args: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    lines = "".join(json.dumps(reply, ensure_ascii=False) + "\n" for reply in replies)
    done = RUN.invoke(app, ["play", str(file), "--json", "--today", "2026-11-24", *args], input=lines)
    assert done.exit_code == 0, done.output
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == 1 + len(replies), "one line before any input, then one a turn"
    for line in found:
        assert list(line) == KEYS
    return found


def test_the_first_line_comes_before_any_input(file: Path) -> None:
    (first,) = played(file)
    assert first["asked"] == "one"
    assert first["phase"] == "asking"
    assert (first["problem"], first["faq"]) == (None, None)
    assert first["text"][0] == "こんにちは。"
    assert "どれ" in first["text"][1]
    assert first["choices"] == FRUIT
    assert first["answers"] == {}


def test_a_whole_form_by_names_and_texts(file: Path) -> None:
    lines = played(
        file,
        {"choice": "lemon"},
        {"text": "2"},
        {"text": "なべ"},
        {"text": "かま"},
        {"choices": ["none", "apple"]},
        {"text": "1.5"},
        {"text": "2026年11月24日"},
        {"text": "はい"},
        {"command": "confirm"},
    )
    assert [line["asked"] for line in lines] == [
        *("one", "count", "thing", "thing", "many", "weight", "day", "read"),
        *(None, None),
    ]
    assert [line["phase"] for line in lines[-2:]] == ["review", "completed"]
    assert lines[-1]["answers"] == {
        "one": "lemon",
        "count": 2,
        "thing__1": "なべ",
        "thing__2": "かま",
        "many": ["apple", "none"],
        "weight": 1.5,
        "day": "2026-11-24",
        "read": "OK",
    }
    assert isinstance(lines[2]["answers"]["count"], int)
    assert "PLAY-0001" in lines[-1]["text"][0]


def test_problems_have_codes_and_change_no_position(file: Path) -> None:
    lines = played(
        file,
        {"choice": "pear"},
        {"choices": []},
        {"choices": ["apple", "lemon"]},
        {"choice": "apple"},
        {"text": "たくさん"},
        {"text": "9"},
    )
    assert [line["problem"] for line in lines] == [
        None,
        *("choice.unreadable",) * 3,
        None,
        "integer.unreadable",
        "constraint",
    ]
    assert [line["asked"] for line in lines[4:]] == ["count", "count", "count"]


def test_a_question_names_its_topic_and_is_asked_again(file: Path) -> None:
    _, line = played(file, {"text": "いつまでに答えればいいですか"})
    assert (line["asked"], line["faq"], line["problem"]) == ("one", "F14", None)
    assert len(line["text"]) == 2


def test_back(file: Path) -> None:
    lines = played(file, {"choice": "apple"}, {"command": "back"}, {"choice": "lemon"})
    assert [line["asked"] for line in lines] == ["one", "count", "one", "count"]
    assert lines[-1]["answers"] == {"one": "lemon"}


def test_pause_and_any_reply_resumes(file: Path) -> None:
    for reply in ({"text": "こんにちは"}, {"command": "resume"}):
        lines = played(file, {"choice": "apple"}, {"command": "pause"}, reply, {"text": "0"})
        assert [line["phase"] for line in lines] == ["asking", "asking", "paused", "asking", "asking"]
        assert lines[2]["asked"] is None
        assert lines[2]["choices"] == []
        assert [line["asked"] for line in lines[3:]] == ["count", "many"]


def test_a_choice_resumes_a_paused_form_and_is_taken(file: Path) -> None:
    lines = played(file, {"command": "pause"}, {"choice": "apple"})
    assert (lines[-1]["phase"], lines[-1]["asked"]) == ("asking", "count")


def test_staff_is_silent_until_resume(file: Path) -> None:
    lines = played(file, {"command": "staff"}, {"choice": "apple"}, {"text": "もしもし"}, {"command": "resume"})
    assert [line["phase"] for line in lines] == ["asking", "staff", "staff", "staff", "asking"]
    assert [line["asked"] for line in lines[1:]] == [None, None, None, "one"]
    assert lines[3]["text"] == []
    assert lines[-1]["answers"] == {}


def test_an_answer_may_call_for_a_person(file: Path) -> None:
    lines = played(file, {"choice": "none"})
    assert lines[-1]["phase"] == "staff"
    assert lines[-1]["answers"] == {"one": "none"}


TO_REVIEW = (
    {"choice": "apple"},
    {"text": "0"},
    {"text": "りんご"},
    {"text": "スキップ"},
    {"text": "2026-11-01"},
    {"command": "confirm"},
)


def test_correct_comes_straight_back_to_the_review(file: Path) -> None:
    lines = played(file, *TO_REVIEW, {"command": "correct", "question": "one"}, {"choice": "lemon"})
    assert [line["phase"] for line in lines[-3:]] == ["review", "asking", "review"]
    assert lines[-2]["asked"] == "one"
    assert lines[-1]["answers"]["one"] == "lemon"
    assert lines[-1]["answers"]["weight"] == ""


def test_correcting_inside_a_repeat_is_by_the_name_in_the_answers(file: Path) -> None:
    begun = ({"choice": "apple"}, {"text": "2"}, {"text": "なべ"}, {"text": "かま"})
    for question, place in (("thing__2", "thing__2"), ("thing__1", "thing__1"), ("thing", "thing__1")):
        lines = played(file, *begun, {"command": "correct", "question": question}, {"text": "さら"})
        assert [line["asked"] for line in lines[-3:]] == ["many", "thing", "many"]
        assert lines[-1]["answers"] == lines[-2]["answers"] | {place: "さら"}
    for question in ("thing__3", "thing__x", "thing__", "__1"):
        lines = played(file, *begun, {"command": "correct", "question": question})
        assert lines[-1]["asked"] == "many"


@pytest.mark.parametrize(
    "reply",
    [
        {"text": "2"},
        {"choice": "2"},
        {"choices": ["2"]},
        {"command": "back"},
        {"command": "confirm"},
        {"command": "resume"},
        {"command": "correct", "question": "one"},
    ],
)
def test_any_reply_resumes_a_paused_form(file: Path, reply: dict[str, Any]) -> None:
    lines = played(file, {"choice": "apple"}, {"command": "pause"}, reply)
    assert [line["phase"] for line in lines[-2:]] == ["paused", "asking"]
    assert lines[-1]["asked"] is not None


@pytest.mark.parametrize(
    "reply",
    [{"text": "2"}, {"choice": "apple"}, {"choices": ["apple"]}, {"command": "back"}, {"command": "pause"},
     {"command": "confirm"}, {"command": "staff"}, {"command": "correct", "question": "one"}],
)  # fmt: skip
def test_with_staff_only_resume_goes_on(file: Path, reply: dict[str, Any]) -> None:
    lines = played(file, {"choice": "apple"}, {"command": "staff"}, reply, {"command": "resume"})
    assert [line["phase"] for line in lines[-3:]] == ["staff", "staff", "asking"]
    assert [line["asked"] for line in lines[-3:]] == [None, None, "count"]
    assert lines[-2]["answers"] == {"one": "apple"}


def test_the_phases_are_those_of_the_contract(file: Path) -> None:
    """asking, review, paused, staff, ended, completed: and nothing is asked but in the first."""
    whole = ({"choice": "lemon"}, {"text": "0"}, {"choices": ["apple"]}, {"text": "1"}, {"text": "2026-11-24"})
    lines = [
        *played(file, *whole, {"text": "はい"}, {"command": "confirm"}),
        *played(file, {"command": "pause"}),
        *played(file, {"command": "staff"}),
        *played(file, {"text": "回答しません"}, {"text": "はい"}),
    ]
    assert {line["phase"] for line in lines} == {"asking", "review", "paused", "staff", "ended", "completed"}
    for line in lines:
        assert line["phase"] == "asking" or (line["asked"] is None and line["choices"] == [])
        assert all(isinstance(text, str) for text in line["text"])
        assert all(set(choice) == {"name", "label"} for choice in line["choices"])


def test_correcting_what_is_not_there_asks_what_is_due(file: Path) -> None:
    lines = played(file, {"command": "correct", "question": "nothing"})
    assert (lines[-1]["asked"], lines[-1]["phase"]) == ("one", "asking")


def test_a_declined_answer_is_no_answer(file: Path) -> None:
    lines = played(file, {"choice": "apple"}, {"text": "0"}, {"text": "答えたくない"})
    assert lines[-1]["asked"] == "weight"
    assert "many" not in lines[-1]["answers"]


def test_confirm_never_submits_before_the_review(file: Path) -> None:
    lines = played(file, {"command": "confirm"}, {"choice": "apple"}, {"command": "confirm"})
    assert [line["phase"] for line in lines] == ["asking"] * 4
    assert lines[-1]["asked"] == "count"


def test_after_the_receipt_nothing_changes(file: Path) -> None:
    lines = played(file, *TO_REVIEW, {"command": "confirm"}, {"command": "back"}, {"text": "はい"}, {"choice": "lemon"})
    assert [line["phase"] for line in lines[-4:]] == ["completed"] * 4
    assert lines[-1]["answers"] == lines[-4]["answers"]


def test_today_is_the_customers_day(file: Path) -> None:
    until_day = TO_REVIEW[:4]
    assert played(file, *until_day, {"text": "2026-11-24"})[-1]["problem"] is None
    assert played(file, *until_day, {"text": "2026-11-25"})[-1]["problem"] == "constraint"


def test_the_language(file: Path) -> None:
    first, then = played(file, {"text": "日本語で"}, args=("--locale", "en"))
    assert first["text"][0] == "Hello."
    assert first["choices"][0] == {"name": "apple", "label": "Apple"}
    assert then["choices"] == FRUIT


def test_the_shipped_form_plays_by_name() -> None:
    lines = played("individual", {"choice": "agree"}, {"choice": "self"}, {"text": "山田 花子"}, {"choice": "yes"})
    assert [line["asked"] for line in lines] == ["consent", "respondent", "name", "name", "name_kana"]
    assert lines[3]["answers"] == {"consent": "agree", "respondent": "self"}, "a name is kept once it is confirmed"


def test_what_can_be_chosen_is_listed_while_a_value_is_confirmed() -> None:
    lines = played("individual", {"choice": "agree"}, {"choice": "self"}, {"text": "山田 花子"}, {"choice": "no"})
    assert [choice["name"] for choice in lines[3]["choices"]] == ["yes", "no"]
    assert lines[4]["asked"] == "name"
    assert lines[4]["choices"] == []


def test_a_default_is_taken_or_replaced_by_name(tmp_path: Path) -> None:
    path = tmp_path / "default.yaml"
    path.write_text(FORM.replace("name: one, ", "name: one, default: lemon, "), encoding="utf-8")
    assert played(path, {"choice": "apple"})[-1]["answers"] == {"one": "apple"}
    assert played(path, {"command": "confirm"})[-1]["answers"] == {"one": "lemon"}
    assert played(path, {"choice": "same"})[-1]["answers"] == {"one": "lemon"}
    assert played(path)[0]["choices"] == FRUIT


def test_an_acknowledgement_by_name(file: Path) -> None:
    lines = played(file, *TO_REVIEW[:5], {"choice": "yes"})
    assert lines[-2]["asked"] == "read"
    assert lines[-1]["phase"] == "review"


# Plain lines ----------------------------------------------------------------------------------


def test_replies_as_plain_lines(file: Path) -> None:
    done = RUN.invoke(
        app, ["play", str(file), "--today", "2026-11-24"], input="りんご\n0\n1,2\nスキップ\n昨日\nはい\nはい\n"
    )
    assert done.exit_code == 0, done.output
    assert "[1] りんご" in done.stdout
    assert "PLAY-0001" in done.stdout


# Bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "yes", "[]", "1", '"text"', "{}", '{"text": 1}', '{"choice": null}', '{"choices": "apple"}',
        '{"choices": [1]}', '{"command": "fly"}', '{"command": "correct"}', '{"command": 1}', '{"text": "a"',
    ],
)  # fmt: skip
def test_a_bad_line_ends_with_one_sentence(file: Path, line: str) -> None:
    done = RUN.invoke(app, ["play", str(file), "--json"], input='{"choice": "apple"}\n' + line + "\n")
    assert isinstance(done.exception, UserError)
    assert "line 2" in str(done.exception)
    assert "\n" not in str(done.exception)
    assert len(done.stdout.splitlines()) == 2, "what was played before stands"


def test_an_empty_line_between_is_nothing(file: Path) -> None:
    done = RUN.invoke(app, ["play", str(file), "--json"], input='\n\n{"choice": "apple"}\n')
    assert len(done.stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("nothing.yaml", []),
        ("form.txt", []),
        ("individual", ["--today", "yesterday"]),
        ("individual", ["--locale", "xx"]),
    ],
)
def test_bad_usage_is_one_sentence(name: str, args: list[str]) -> None:
    done = RUN.invoke(app, ["play", name, "--json", *args], input="")
    assert isinstance(done.exception, UserError)
    assert "\n" not in str(done.exception)
    assert not done.stdout


def test_a_form_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    for text in ("survey: [", "a: b", FORM.replace("type: date", "type: geopoint"), "\x00"):
        path.write_text(text, encoding="utf-8")
        done = RUN.invoke(app, ["play", str(path), "--json"], input="")
        assert isinstance(done.exception, UserError), text
        assert not done.stdout


def test_bad_input_leaves_with_two(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"text": "a"}\nno\n'))
    assert run(["questionnaire", "play", str(file), "--json"]) == 2
    printed = capsys.readouterr()
    assert len(printed.out.splitlines()) == 2
    assert len(printed.err.splitlines()) == 1


def test_a_company_is_played_to_its_end_by_a_file_of_replies() -> None:
    file = Path(__file__).parents[2] / "corporate_replies.jsonl"
    replies = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    lines = played("corporate", *replies)
    assert [line["problem"] for line in lines if line["problem"]] == ["constraint"]
    last = lines[-1]
    assert (last["phase"], last["answers"]["business_lines"]) == ("completed", ["wholesale"])
    assert [last["answers"][f"owner_share__{number}"] for number in (1, 2)] == [50, 50]
    # 50 % and 60 % are more than there is; the second one is asked once more.
    refused = next(number for number, line in enumerate(lines) if line["problem"])
    assert lines[refused]["asked"] == "owner_share"
