"""The level that commands, and answers which are none, are understood at, on both tiers.

Nothing is learned from these texts (README.md); the floors lie a little below what was measured.
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

HERE = Path(__file__).resolve().parent
#: What the sets are called, and how many rows they have.
SETS = {"commands_ja": 363, "strangers_ja": 917, "strangers_en": 300}


@cache
def judged(name: str, mode: Mode) -> tuple[list[Outcome], list[Outcome]]:
    """The rows as the bot reads them, answers at their question; and the commands at a question for words."""
    file, language = HERE / f"{name}.jsonl", name.rpartition("_")[2]
    understanding = Understanding({language: matcher_for(load_shipped(language), language, mode)})
    form = load_form("individual")
    read, at_question = [], []
    for row in read_rows(file.read_text(encoding="utf-8").splitlines(), name=file.name):
        reading = understanding.read(row.text, language)
        answers = row.expect == "reply"
        read.append(judge_reply(row, reading, form, language) if answers else judge(row, reading))
        if row.expect == "command" and row.question is not None:
            at_question.append(judge_reply(row, reading, form, language))
    return read, at_question


def stored(name: str, mode: Mode) -> float:
    """The share of the commands that become the answer to a question for words."""
    _, at_question = judged(name, mode)
    return sum(one.stored for one in at_question) / len(at_question)


def test_the_rows_are_there() -> None:
    assert {name: len(judged(name, "off")[0]) for name in SETS} == SETS


@pytest.mark.parametrize("name", SETS)
def test_no_text_stands_twice(name: str) -> None:
    texts = [outcome.row.text for outcome in judged(name, "off")[0]]
    assert len(set(texts)) == len(texts)


def test_no_text_was_taught() -> None:
    """Strangers may type by chance what stands in a list; the authors of this set were asked for other texts."""
    texts = {fold(outcome.row.text) for outcome in judged("commands_ja", "off")[0]}
    commands = yaml.safe_load((files("locales") / "ja" / "commands.yaml").read_text(encoding="utf-8"))
    taught = {fold(text) for words in commands.values() if "exact" in words for text in words["exact"]}
    taught |= {fold(text) for text in load_words("ja").answers}
    assert taught.isdisjoint(texts)


@pytest.mark.parametrize("mode", ["on", "off"])
@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("commands_ja", {"staff": 0.97, "stop": 0.97, "later": 0.97, "back": 0.97, "correct": 0.95, "resume": 0.94}),
        ("strangers_ja", {"staff": 0.98, "stop": 0.96, "later": 0.96, "back": 0.95, "correct": 0.98}),
        ("strangers_en", {"staff": 0.95, "stop": 0.97, "later": 0.95, "back": 0.97, "correct": 0.97}),
    ],
)
def test_commands_are_understood(name: str, least: dict[str, float], mode: Mode) -> None:
    found = report(judged(name, mode)[0])["by_command"]
    assert {name: found[name] for name, share in least.items() if found[name] < share} == {}


@pytest.mark.parametrize("mode", ["on", "off"])
@pytest.mark.parametrize(("name", "most"), [("commands_ja", 0.025), ("strangers_ja", 0.01), ("strangers_en", 0.015)])
def test_answers_are_not_taken_for_something_else(name: str, most: float, mode: Mode) -> None:
    assert report(judged(name, mode)[0])["replies_taken"] <= most


@pytest.mark.parametrize("mode", ["on", "off"])
@pytest.mark.parametrize("name", SETS)
def test_few_commands_are_stored_as_an_answer(name: str, mode: Mode) -> None:
    assert stored(name, mode) <= 0.1
