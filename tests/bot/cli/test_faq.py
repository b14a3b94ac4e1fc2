"""``kakunin faq``: ask, match and check, and the one sentence when something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli.errors import UserError
from bot.cli.faq import app

TOPICS = [
    {"topic": "deadline", "question": "期限はいつですか", "variants": ["いつまで?", "締切は"]},
    {"topic": "paper", "question": "紙で答えたい", "variants": ["郵送で返したい"], "note": "left alone"},
]
SHIPPED_DRAFT = """
- id: A1
  question: 期限はいつですか
  variants: [いつまで]
  answer: 期限は {due_on} です。
  source: letter
  status: draft
"""


def run(*args: str, stdin: str | None = None) -> str:
    result = CliRunner().invoke(app, list(args), input=stdin)
    if result.exception is not None:
        raise result.exception
    return result.stdout


@pytest.fixture
def topics(tmp_path: Path) -> Path:
    file = tmp_path / "topics.jsonl"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in TOPICS) + "\n", encoding="utf-8")
    return file


def test_ask_says_the_answer_and_the_scores() -> None:
    report = json.loads(run("ask", "暗証番号いる?", "--json"))
    assert (report["action"], report["topics"], report["reason"]) == ("answer", ["F09"], "near")
    assert report["ranked"][0]["topic"] == "F09"
    assert report["ranked"][0]["score"] >= report["threshold"] > 0
    assert "暗証番号" in report["text"][0]
    assert len(report["version"]) == 64


def test_ask_for_people_to_read() -> None:
    shown = run("ask", "do you need my PIN", "--locale", "en")
    assert shown.startswith("answer (near; encoder tier)\n")
    assert "never ask for your PIN" in shown


def test_ask_tells_of_a_command() -> None:
    report = json.loads(run("ask", "人と話したい", "--json"))
    assert (report["action"], report["command"], report["text"]) == ("command", "staff", [])


def test_ask_reads_another_file(tmp_path: Path) -> None:
    file = tmp_path / "our.yaml"
    file.write_text(SHIPPED_DRAFT, encoding="utf-8")
    report = json.loads(run("ask", "いつまで", "--file", str(file), "--json"))
    assert report["ranked"][0]["topic"] == "A1"


def test_match_answers_each_query_with_one_line(topics: Path) -> None:
    queries = ["締切はいつ?", "郵送で返したい", "残高を教えて", "ありがとう", "戻る"]
    stdin = "\n".join(json.dumps({"text": text}) for text in queries)
    rows = [json.loads(line) for line in run("match", "--topics", str(topics), stdin=stdin).splitlines()]
    assert [set(row) for row in rows] == [{"ranked", "action"}] * 5
    assert rows[0]["ranked"][0]["topic"] == "deadline"
    assert rows[1]["ranked"][0]["topic"] == "paper"
    assert [row["action"] for row in rows[2:]] == ["staff", "none", "command"]


def test_check_of_what_ships_finds_no_error() -> None:
    for locale in ("ja", "en"):
        report = json.loads(run("check", "--locale", locale, "--json"))
        assert (report["topics"], report["drafts"], report["errors"]) == (52, 52, [])
    assert "52 topics, 52 drafts, 0 errors" in run("check")


def test_check_fails_on_a_phrasing_of_two_topics(tmp_path: Path) -> None:
    file = tmp_path / "our.yaml"
    file.write_text(
        SHIPPED_DRAFT + SHIPPED_DRAFT.replace("A1", "A2").replace("期限はいつですか", "締切"), encoding="utf-8"
    )
    result = CliRunner().invoke(app, ["check", str(file)])
    assert result.exit_code == 1
    assert 'error: "いつまで" stands under A1 and A2.' in result.stdout


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("not json", "topics.jsonl, line 3: this is not JSON"),
        ("[1]", "line 3: a JSON object is expected"),
        ('{"topic": "x"}', 'line 3: "topic", "question" and a list "variants" are expected'),
        ('{"topic": "x", "question": "y", "variants": "z"}', "line 3"),
        ('{"topic": "paper", "question": "y", "variants": []}', "topic paper is there twice"),
    ],
)
def test_a_bad_topics_file_is_named_with_its_line(topics: Path, line: str, said: str) -> None:
    topics.write_text(topics.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        run("match", "--topics", str(topics), stdin="")
    assert said in str(caught.value)


@pytest.mark.parametrize("line", ["{", '{"txt": "x"}', '{"text": 1}'])
def test_a_bad_query_is_named_with_its_line(topics: Path, line: str) -> None:
    with pytest.raises(UserError, match="stdin, line 1"):
        run("match", "--topics", str(topics), stdin=line)


def test_unreadable_files_and_languages_are_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        run("ask", "x", "--file", str(tmp_path / "none.yaml"))
    cp932 = tmp_path / "cp932.yaml"
    cp932.write_bytes("- id: 口座".encode("cp932"))
    with pytest.raises(UserError, match="not UTF-8"):
        run("check", str(cp932))
    empty = tmp_path / "empty.jsonl"
    empty.write_text("", encoding="utf-8")
    with pytest.raises(UserError, match="there is no topic"):
        run("match", "--topics", str(empty), stdin="")
    with pytest.raises(UserError, match="no FAQ in the language"):
        run("ask", "x", "--locale", "fr")


def test_eval_measures_a_labelled_file(tmp_path: Path) -> None:
    file = tmp_path / "labelled.jsonl"
    rows = [
        {"text": "暗証番号いる?", "expect": "topic", "topic": "F14"},
        {"text": "暗証番号いる?", "expect": "topic", "topic": "F14"},
        {"text": "会社員です", "expect": "reply", "question": "occupation"},
    ]
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    report = json.loads(run("eval", str(file), "--json", "--failures"))
    assert (report["all"]["first"], report["kept"]["replies_taken"]) == (0.0, 0.0)
    # Only rows that may be looked at are shown.
    assert [row["row"] for row in report["failures"]] == [0]
    shown = run("eval", str(file))
    assert "wrong_answers: all 0.6667  open 1.0  kept 0.5" in shown
    file.write_text("[]", encoding="utf-8")
    with pytest.raises(UserError, match=r"labelled\.jsonl, line 1"):
        run("eval", str(file))
