"""The figures of ``faq eval``: each kind of row judged as a customer would meet it."""

from __future__ import annotations

import json

import pytest

from dialogs.conversation.evaluation import EvaluationError, Outcome, Row, judge, judge_reply, read_rows, report
from dialogs.definition.yaml_format import load_shipped
from dialogs.faq.matcher import Action
from tests.dialogs.conversation.talking import understanding


def rows(*data: dict[str, object]) -> tuple[Row, ...]:
    return read_rows([json.dumps(row, ensure_ascii=False) for row in data], name="small.jsonl")


def judged(**data: object) -> Outcome:
    (row,) = rows(data)
    return judge(row, understanding().read(row.text, "ja"))


@pytest.mark.parametrize(
    ("text", "expect", "more", "right"),
    [
        ("暗証番号いる?", "topic", {"topic": "F09"}, True),
        ("暗証番号いる?", "topic", {"topic": "F14"}, False),
        ("暗証番号いる?", "topic", {"topic": "F14", "also": ["F09"]}, True),
        ("紙で答える", "topic", {"topic": "F13"}, True),
        ("人と話したい", "command", {"command": "staff"}, True),
        ("人と話したい", "command", {"command": "back"}, False),
        ("人と話したい", "command", {"command": "back", "also": ["staff"]}, True),
        ("残高を教えて", "staff", {}, True),
        ("父は亡くなりました", "staff", {"topic": "F43"}, True),
        ("父は亡くなりました", "staff", {"topic": "F39"}, False),
        ("暗証番号いる?", "staff", {}, False),
        ("ありがとう", "none", {}, True),
        ("暗証番号いる?", "none", {}, False),
        ("マンモスの体重は何トンですか", "unknown", {}, True),
        ("暗証番号いる?", "unknown", {}, False),
        ("山田太郎", "reply", {}, True),
        ("変わってません", "reply", {}, True),
        ("後にします", "reply", {}, False),
    ],
)
def test_a_row_is_judged(text: str, expect: str, more: dict[str, object], right: bool) -> None:
    assert judged(text=text, expect=expect, **more).right is right


def test_an_answer_about_something_else_is_wrong_whatever_was_expected() -> None:
    for expect in ("staff", "none", "unknown", "reply"):
        assert judged(text="暗証番号いる?", expect=expect).wrong_answer, expect
    assert judged(text="暗証番号いる?", expect="topic", topic="F14").wrong_answer
    assert not judged(text="暗証番号いる?", expect="topic", topic="F09").wrong_answer


def test_condolences_are_wrong_where_nobody_died() -> None:
    assert judged(text="父は亡くなりました", expect="topic", topic="F41").wrong_answer
    assert not judged(text="父は亡くなりました", expect="staff").wrong_answer


@pytest.mark.parametrize(
    ("question", "text", "right"),
    [
        ("occupation", "会社員です", True),
        ("occupation", "宇宙飛行士", True),
        ("occupation_other", "なぜ聞くの", False),
        ("phone", "090-1234-5678", True),
        ("phone", "人と話したい", False),
        ("employer", "人材サポートの会社です", True),
    ],
)
def test_an_answer_is_judged_at_its_question_by_the_engine(question: str, text: str, right: bool) -> None:
    (row,) = rows({"text": text, "expect": "reply", "question": question})
    outcome = judge_reply(row, understanding().read(text, "ja"), load_shipped("individual"), "ja")
    assert outcome.right is right


def test_a_question_that_is_not_in_the_form_is_named() -> None:
    (row,) = rows({"text": "はい", "expect": "reply", "question": "no_such"})
    with pytest.raises(EvaluationError, match="no question no_such"):
        judge_reply(row, understanding().read("はい", "ja"), load_shipped("individual"), "ja")


def test_the_figures_add_up() -> None:
    figures = report(
        [
            judged(text="暗証番号いる?", expect="topic", topic="F09"),
            judged(text="暗証番号いる?", expect="topic", topic="F14"),
            judged(text="人と話したい", expect="command", command="staff"),
            judged(text="人と話したい", expect="command", command="later"),
        ]
    )
    assert (figures["rows"], figures["first"], figures["coverage"]) == (4, 0.5, 0.5)
    assert figures["wrong_answers"] == 0.25
    assert figures["by_command"] == {"later": 0.0, "staff": 1.0}
    assert figures["wrong_commands"] == 0.25
    assert figures["staff"] is None
    assert figures["actions"]["topic"] == {Action.ANSWER.value: 2}


def test_every_third_row_is_open() -> None:
    read = rows(*({"text": str(number), "expect": "none"} for number in range(7)))
    assert [row.number for row in read if row.is_open] == [0, 3, 6]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2"),
        ('{"text": "a"}', "expect is one of"),
        ('{"text": "a", "expect": "maybe"}', "expect is one of"),
        ('{"expect": "none"}', '"text" and "expect"'),
        ('{"text": "a", "expect": "topic"}', "topic is missing"),
        ('{"text": "a", "expect": "command", "command": "fly"}', "not all are commands"),
        ('{"text": "a", "expect": "none", "topci": "F01"}', "topci is not a key"),
        ('{"text": "a", "expect": "none", "also": "F01"}', "also must be a list"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(line: str, said: str) -> None:
    with pytest.raises(EvaluationError, match=said):
        read_rows(['{"text": "a", "expect": "none"}', line], name="small.jsonl")
