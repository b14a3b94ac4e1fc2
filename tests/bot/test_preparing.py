"""What is done for an event before its transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

import bot.preparing
from bot.channels.base import Inbound, InboundKind
from bot.live_content import LiveContent
from bot.preparing import Look, Preparer
from bot.talk import Rules
from dialogs.definition.yaml_format import load_shipped
from dialogs.faq.matcher import Matcher
from dialogs.personal import Personal
from storage.database import Database
from storage.universe import Universe
from tests.dialogs.conversation.talking import NOW, understanding


class _Store:
    """A store in which the customer stands at one question."""

    universe = Universe.frozen(NOW, seed=1)

    def __init__(self, expected: str) -> None:
        self.look = Look("ja", expected)

    async def read(self, look: Callable[[Any], Look]) -> Look:
        return self.look


@pytest.mark.parametrize(("expected", "asked"), [("address", True), ("postal_code", True), ("name", False)])
async def test_the_list_of_municipalities_is_read_where_no_transaction_waits(
    expected: str, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    monkeypatch.setattr(bot.preparing, "make_ready", lambda: threads.append(threading.get_ident()))
    event = Inbound(
        channel="line",
        event_key="1",
        kind=InboundKind.TEXT,
        user_id=Personal("U1"),
        occurred_at=NOW,
        text=Personal("100-0001"),
    )
    preparer = Preparer(cast("Database", _Store(expected)), LiveContent({}), cast("Rules", None))
    await preparer.prepare(event)
    assert [thread != threading.get_ident() for thread in threads] == ([True] if asked else [])


@pytest.mark.parametrize(
    ("question", "text", "looked"),
    [
        ("residence_expiry", "令和10年3月31日", False),
        ("residence_expiry", "これは何のために必要なんですか", True),
        ("occupation", "会社員", False),
        ("occupation", "係の者", False),
        # Nearly any text is words, so what it asks must be known.
        ("occupation_other", "占い師", True),
    ],
)
async def test_topics_are_looked_for_only_where_the_text_is_no_answer(
    question: str, text: str, looked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    match = Matcher.match
    monkeypatch.setattr(
        Matcher, "match", lambda self, text, **options: (found.append(text), match(self, text, **options))[1]
    )
    form = load_shipped("individual")
    store = _Store("")
    store.look = Look("ja", None, asked=(form, form.question(question)))
    live = SimpleNamespace(can_understand=True, understanding=understanding())
    preparer = Preparer(cast("Database", store), cast("LiveContent", live), Rules(zone=ZoneInfo("Asia/Tokyo")))
    event = Inbound(
        channel="line",
        event_key="1",
        kind=InboundKind.TEXT,
        user_id=Personal("U1"),
        occurred_at=NOW,
        text=Personal(text),
    )
    prepared = await preparer.prepare(event)
    assert found == ([text] if looked else [])
    assert prepared.reading is not None
    assert prepared.reading.match == match(understanding()._matcher("ja"), text)
