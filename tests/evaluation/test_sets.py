"""The evaluation sets can be measured, name only what exists, and were not copied from what they measure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from dialogs.conversation.evaluation import Row, read_rows
from dialogs.definition.yaml_format import load_shipped
from dialogs.japanese import fold
from dialogs.replies.measuring import read_row

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
REPLIES = sorted((HERE / "replies").glob("*.jsonl"))
SECOND = sorted((HERE / "second").glob("*.jsonl"))

#: At least so many texts a set, and of each kind.
QUESTIONS = {
    "ja": {"topic": 320, "command": 110, "staff": 70, "none": 40, "reply": 60, "unknown": 30},
    "en": {"topic": 80, "command": 27, "staff": 17, "none": 10, "reply": 15, "unknown": 7},
}
SIZES = {"ja": 640, "en": 160}
COMMANDS = {"staff": 25, "back": 15}
REPLIES_A_FILE = {"replies": 200, "second": 30}
STYLES = {"short", "kana", "dialect", "typo", "rude", "long", "polite"}

FORM = load_shipped("individual")
Data = dict[str, Any]


def lines(file: Path) -> list[Data]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def questions(language: str) -> Path:
    return HERE / f"questions_{language}.jsonl"


@cache
def typed(language: str) -> tuple[Row, ...]:
    file = questions(language)
    return read_rows(file.read_text(encoding="utf-8").splitlines(), name=file.name)


@cache
def topics(language: str) -> dict[str, Data]:
    listed = yaml.safe_load((ROOT / "locales" / language / "faq.yaml").read_text(encoding="utf-8"))
    return {topic["id"]: topic for topic in (listed["topics"] if isinstance(listed, dict) else listed)}


def strings(data: object) -> Iterator[str]:
    """Every text in some YAML, wherever it stands."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for value in data.values():
            yield from strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from strings(value)


def twice(keys: list[Any]) -> list[Any]:
    return [key for key, count in Counter(keys).items() if count > 1]


@pytest.mark.parametrize("language", QUESTIONS)
def test_the_sets_are_as_large_as_promised(language: str) -> None:
    rows = typed(language)
    counts = Counter(row.expect for row in rows)
    assert len(rows) >= SIZES[language]
    assert {kind: counts[kind] for kind, least in QUESTIONS[language].items() if counts[kind] < least} == {}


def test_the_commands_that_matter_most_are_well_measured() -> None:
    commands = Counter(row.commands[0].value for row in typed("ja") if row.commands)
    assert {name: commands[name] for name, least in COMMANDS.items() if commands[name] < least} == {}
    assert commands["later"] + commands["stop"] >= 15


@pytest.mark.parametrize("language", QUESTIONS)
def test_every_topic_is_asked_for_in_several_ways(language: str) -> None:
    asked = Counter(row.topics[0] for row in typed(language) if row.topics)
    known = topics(language)
    assert asked.keys() <= known.keys()
    least = 4 if language == "ja" else 1
    assert [topic for topic in known if asked[topic] < least] == []


@pytest.mark.parametrize("language", QUESTIONS)
def test_rows_name_what_exists_and_only_what_belongs_to_their_kind(language: str) -> None:
    known = topics(language)
    for number, data in enumerate(lines(questions(language)), start=1):
        expect, where = data["expect"], f"row {number}"
        allowed = {
            "topic": {"topic", "also"},
            "command": {"command", "also"},
            "staff": {"topic"},
            "reply": {"question"},
        }.get(expect, set())
        assert data.keys() - {"text", "expect", "style", "today"} <= allowed, where
        assert data["text"].strip() == data["text"] != "", where
        assert data.get("style", "short") in STYLES, where
        assert data.get("question", "name") in FORM.by_name, where
        if expect == "topic":
            assert {data["topic"], *data.get("also", [])} <= known.keys(), where
            assert not known[data["topic"]].get("handover"), f"{where}: a topic for people only is for staff"
        if expect == "staff" and "topic" in data:
            assert known[data["topic"]].get("handover"), where


@pytest.mark.parametrize("language", QUESTIONS)
def test_no_question_stands_twice(language: str) -> None:
    assert twice([fold(row.text) for row in typed(language)]) == []


@pytest.mark.parametrize("language", QUESTIONS)
def test_no_question_is_one_of_the_phrasings(language: str) -> None:
    phrasings = {
        fold(text) for topic in topics(language).values() for text in (topic["question"], *topic.get("variants", ()))
    }
    for file in sorted((ROOT / "tests" / "dialogs" / "faq").glob("*.yaml")):
        phrasings |= {fold(text) for text in strings(yaml.safe_load(file.read_text(encoding="utf-8")))}
    assert [row.text for row in typed(language) if fold(row.text) in phrasings] == []


def test_replies_can_be_measured() -> None:
    for file in (*REPLIES, *SECOND):
        rows = lines(file)
        for number, data in enumerate(rows, start=1):
            try:
                read_row(file.stem, data, FORM)
            except ValueError as problem:
                pytest.fail(f"{file.name}, row {number}: {problem}")
        assert len(rows) >= REPLIES_A_FILE[file.parent.name], file


def test_no_reply_stands_twice() -> None:
    for file in (*REPLIES, *SECOND):
        assert twice([(row["text"], row.get("today"), row.get("question")) for row in lines(file)]) == [], file.name
