"""What is said in the place of a customer's words, at a question of any kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from types import SimpleNamespace
from typing import cast

from bot.transcripts.fiction import Fiction
from bot.transcripts.stage import Opening, Stage, shipped_understanding
from dialogs.conversation.answering import reader_kind
from dialogs.definition.model import Question
from dialogs.definition.yaml_format import load_shipped
from dialogs.replies import READERS

TODAY = date(2026, 11, 28)
FORMS = tuple(load_shipped(name) for name in ("individual", "corporate"))
_TYPED = next(question for question in FORMS[0].questions if reader_kind(question) == "phone")
#: One typed question of each kind.
ASKED = {kind: replace(_TYPED, bot=replace(_TYPED.bot, kind=kind)) for kind in READERS}


@cache
def stage() -> Stage:
    opening = Opening(
        definition=FORMS[0],
        channel="line",
        locale="ja",
        sensitive_allowed=True,
        start=datetime(2026, 11, 28, 10, tzinfo=UTC),
        master={},
    )
    stage = Stage(opening, shipped_understanding())
    stage.begin()
    return stage


def in_place_of(fiction: Fiction, question: Question, text: str, value: str) -> Iterator[str]:
    """What may stand for the text, the likeliest first, where ``value`` came of it."""
    at_question = SimpleNamespace(shown=stage().shown, state=stage().state, opening=stage().opening, question=question)
    recorded = [{"kind": "answered", "value": value}] if value else []
    return fiction.candidates(text, cast(Stage, at_question), recorded)


def said_instead(question: Question, text: str, value: str = "", salt: str = "pepper") -> list[str]:
    return list(in_place_of(Fiction(salt, TODAY), question, text, value))
