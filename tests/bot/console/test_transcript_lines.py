"""Lines of a transcript that no customer's word stands behind: the way to the bank's login and back."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from bot.console.transcript import draw_lines
from dialogs.conversation.prompts import BANK_LOGIN, Message, MessageKind, ShownLink
from dialogs.conversation.wording import to_json
from locales import SHIPPED_LANGUAGES, load_catalogue
from storage.content import TranscriptLine
from tests.conftest import START


def entry(direction: str, kind: str, body: dict[str, Any]) -> TranscriptLine:
    return TranscriptLine(
        at=START, direction=direction, kind=kind, content_id=kind, body=body, delivery_state=None, staff_id=None
    )


def test_staff_see_that_the_login_was_offered_and_that_the_customer_came_back() -> None:
    link = ShownLink(page=BANK_LOGIN, label="ログイン", words="w", otherwise="o")
    asked = Message(kind=MessageKind.QUESTION, text="コードをどうぞ。", links=(link,), token="l1")
    offered, back = draw_lines([entry("out", "question", to_json(asked)), entry("in", "bank_login", {})], [], {}, UTC)
    assert offered.buttons == ("ログイン",)
    assert (back.who, back.kind, back.text) == ("customer", "event", "bank_login")
    for language in SHIPPED_LANGUAGES:
        assert load_catalogue(language).text(f"console.line.event.{back.text}")
