"""The level that the commands and answers of ``commands_ja.jsonl`` are understood at, on both tiers.

Nothing is tuned on these texts (README.md); the floors lie a little below what was measured.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from dialogs.conversation.evaluation import Outcome, judge, judge_reply, read_rows
from dialogs.conversation.understanding import Understanding
from dialogs.definition.yaml_format import load_shipped as load_form
from dialogs.faq.encoder import Mode
from dialogs.faq.matcher import matcher_for
from dialogs.faq.topics import load_shipped

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
    return sum(one.right for one in at_question) / len(at_question)


def test_nothing_here_fails_to_be_measured() -> None:
    read, at_question = judged("off")
    assert (len(read), len(at_question)) == (363, 77)
