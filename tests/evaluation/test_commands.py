"""The level that the commands and answers of ``commands_ja.jsonl`` are understood at, on both tiers.

Nothing is tuned on these texts (README.md); the floors lie a little below what was measured.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from dialogs.conversation.evaluation import Outcome, judge, judge_reply, read_rows, report
from dialogs.conversation.understanding import Understanding
from dialogs.definition.yaml_format import load_shipped as load_form
from dialogs.faq.encoder import Mode
from dialogs.faq.matcher import matcher_for
from dialogs.faq.topics import load_shipped
from dialogs.faq.words import load_words
from dialogs.japanese import fold

FILE = Path(__file__).with_name("commands_ja.jsonl")


@cache
def judged(mode: Mode) -> tuple[list[Outcome], list[Outcome]]:
    """The rows as the bot reads them, answers at their question; and the commands at a question for words."""
    understanding = Understanding({"ja": matcher_for(load_shipped("ja"), "ja", mode)})
    form = load_form("individual")
    read, at_question = [], []
    for row in read_rows(FILE.read_text(encoding="utf-8").splitlines(), name=FILE.name):
        reading = understanding.read(row.text, "ja")
        read.append(judge(row, reading) if row.expect == "command" else judge_reply(row, reading, form, "ja"))
        if row.expect == "command" and row.question is not None:
            at_question.append(judge_reply(row, reading, form, "ja"))
    return read, at_question


def stored(mode: Mode) -> float:
    """The share of the commands that become the answer to a question for words."""
    _, at_question = judged(mode)
    return sum(one.stored for one in at_question) / len(at_question)


def test_the_rows_are_there() -> None:
    read, at_question = judged("off")
    assert (len(read), len(at_question)) == (363, 77)


def test_no_text_stands_twice_or_was_taught() -> None:
    texts = [fold(outcome.row.text) for outcome in judged("off")[0]]
    assert len(set(texts)) == len(texts)
    commands = yaml.safe_load((files("locales") / "ja" / "commands.yaml").read_text(encoding="utf-8"))
    taught = {
        fold(text) for words in commands.values() if "said" in words for text in (*words["said"], *words["exact"])
    }
    taught |= {fold(text) for text in load_words("ja").answers}
    assert taught.isdisjoint(texts)


@pytest.mark.parametrize(
    ("mode", "least"),
    [
        ("on", {"staff": 0.94, "stop": 0.93, "later": 0.89, "back": 0.92, "correct": 0.95, "resume": 0.84}),
        ("off", {"staff": 0.97, "stop": 0.93, "later": 0.89, "back": 0.92, "correct": 0.95, "resume": 0.94}),
    ],
)
def test_commands_are_understood(mode: Mode, least: dict[str, float]) -> None:
    found = report(judged(mode)[0])["by_command"]
    assert {name: found[name] for name, share in least.items() if found[name] < share} == {}


@pytest.mark.parametrize("mode", ["on", "off"])
def test_answers_are_not_taken_for_something_else(mode: Mode) -> None:
    assert report(judged(mode)[0])["replies_taken"] <= 0.025


@pytest.mark.parametrize("mode", ["on", "off"])
def test_few_commands_are_stored_as_an_answer(mode: Mode) -> None:
    assert stored(mode) <= 0.15
