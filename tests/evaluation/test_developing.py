"""The commands and answers that the grammar of wishes was written with.

``developing_*.jsonl`` teach, so these floors only say that nothing learned was lost; how well new wordings are
understood is for the sets that are kept apart to say (README.md).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from dialogs.conversation.evaluation import Outcome, judge, judge_reply, read_rows, report
from dialogs.conversation.understanding import Understanding
from dialogs.definition.yaml_format import load_shipped as load_form
from dialogs.faq.encoder import Mode
from dialogs.faq.matcher import matcher_for
from dialogs.faq.topics import load_shipped
from dialogs.japanese import fold

HERE = Path(__file__).resolve().parent


@cache
def judged(language: str, mode: Mode) -> list[Outcome]:
    file = HERE / f"developing_{language}.jsonl"
    understanding = Understanding({language: matcher_for(load_shipped(language), language, mode)})
    form = load_form("individual")
    read = []
    for row in read_rows(file.read_text(encoding="utf-8").splitlines(), name=file.name):
        reading = understanding.read(row.text, language)
        read.append(judge_reply(row, reading, form, language) if row.expect == "reply" else judge(row, reading))
    return read


def texts(name: str) -> set[str]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return {fold(json.loads(line)["text"]) for line in lines}


@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_develops_is_no_part_of_what_measures(language: str) -> None:
    kept = texts(f"questions_{language}.jsonl") | (texts("commands_ja.jsonl") if language == "ja" else set())
    assert texts(f"developing_{language}.jsonl").isdisjoint(kept)


@pytest.mark.parametrize("mode", ["on", "off"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_what_was_learned_is_kept(language: str, mode: Mode) -> None:
    found = report(judged(language, mode))
    least = {"staff": 0.97, "back": 0.97, "stop": 0.9, "correct": 0.88, "later": 0.9}
    assert {name: found["by_command"][name] for name, share in least.items() if found["by_command"][name] < share} == {}
    assert found["commands"] >= 0.92
    assert found["replies_taken"] <= 0.06
