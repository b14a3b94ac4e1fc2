"""The rewritten description of LINE refuses what the published one lets pass."""

from copy import deepcopy
from typing import Any

import pytest

from tests.specs import LineSpec, SpecViolation, line_spec


@pytest.fixture
def spec() -> LineSpec:
    return line_spec()


ACTION = {"type": "postback", "label": "はい", "data": "1.abcd.t.yes", "displayText": "はい"}
FLEX = {
    "type": "flex",
    "altText": "質問です",
    "contents": {
        "type": "bubble",
        "body": {
            "type": "box",
            "layout": "vertical",
            "contents": [
                {"type": "text", "text": "質問", "wrap": True},
                {"type": "button", "action": ACTION, "height": "md"},
            ],
        },
    },
}


def test_good_messages_pass(spec: LineSpec) -> None:
    spec.check_messages([{"type": "text", "text": "こんにちは"}, FLEX])


@pytest.mark.parametrize(
    "message",
    [
        {"type": "telegram", "text": "x"},
        {"type": "text"},
        {"type": "text", "text": 123},
        {"type": "text", "text": "x", "txet": "x"},
        {"text": "x"},
        {"type": "flex", "altText": "x"},
        {"type": "text", "text": "x", "quickReply": {"items": [{"type": "action", "action": {"type": "jump"}}]}},
        {"type": "text", "text": "x", "sender": {"name": "a" * 21}},
    ],
)
def test_bad_messages_are_refused(spec: LineSpec, message: dict[str, Any]) -> None:
    with pytest.raises(SpecViolation):
        spec.check_messages([message])


def _flex(path: list[Any], value: Any) -> dict[str, Any]:
    message: Any = deepcopy(FLEX)
    part = message
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return message  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["contents", "body", "contents", 1, "action", "data"], "x" * 301),
        (["contents", "body", "layout"], "diagonal"),
        (["contents", "body", "contents", 0, "type"], "words"),
        (["contents", "body", "contents", 0, "wrap"], "yes"),
        (["contents", "body", "contents", 1, "height"], "xl"),
        (["contents", "body", "contents", 1, "action", "typo"], "x"),
        (["contents", "type"], "balloon"),
    ],
)
def test_bad_flex_is_refused(spec: LineSpec, path: list[Any], value: Any) -> None:
    with pytest.raises(SpecViolation):
        spec.check_messages([_flex(path, value)])


def test_calls_are_looked_up(spec: LineSpec) -> None:
    to = "U" + "0" * 32
    spec.observe("POST", "/v2/bot/message/push", {"to": to, "messages": [FLEX]})
    spec.observe("GET", f"/v2/bot/profile/{to}", None)
    with pytest.raises(SpecViolation, match="LINE has no"):
        spec.observe("POST", "/v2/bot/message/shout", {})
    with pytest.raises(SpecViolation):
        spec.observe("POST", "/v2/bot/message/push", {"to": to, "messages": [FLEX] * 6})
    with pytest.raises(SpecViolation):
        spec.observe("POST", "/v2/bot/message/reply", {"messages": [FLEX]})
    with pytest.raises(SpecViolation, match="wants a body"):
        spec.observe("POST", "/v2/bot/message/reply", None)


EVENT = {
    "type": "message",
    "timestamp": 1,
    "mode": "active",
    "webhookEventId": "01FZ74A0TDDPYRVKNK77XKC3ZR",
    "deliveryContext": {"isRedelivery": False},
    "source": {"type": "user", "userId": "U" + "0" * 32},
    "message": {"type": "text", "id": "1", "text": "x", "quoteToken": "q"},
}


def _webhook(**changes: Any) -> dict[str, Any]:
    event = {name: value for name, value in {**EVENT, **changes}.items() if value is not None}
    return {"destination": "U" + "0" * 32, "events": [event]}


def test_webhooks(spec: LineSpec) -> None:
    spec.observe_webhook("POST", "/", _webhook())
    for changes in (
        {"mode": None},
        {"mode": "asleep"},
        {"deliveryContext": None},
        {"type": "messages"},
        {"message": {"type": "text", "id": "1", "text": "x"}},
        {"source": {"type": "planet"}},
    ):
        with pytest.raises(SpecViolation):
            spec.observe_webhook("POST", "/", _webhook(**changes))
