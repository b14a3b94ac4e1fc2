"""The validator made from Telegram's description refuses what Telegram would."""

from typing import Any

import pytest

from tests.specs import SpecViolation, TelegramSpec, telegram_spec


@pytest.fixture
def spec() -> TelegramSpec:
    return telegram_spec()


def keyboard(**button: Any) -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": "はい", "callback_data": "1.a.b.c", **button}]]}


def test_good_calls_pass(spec: TelegramSpec) -> None:
    spec.observe("POST", "/sendMessage", {"chat_id": 1, "text": "x", "reply_markup": keyboard()})
    spec.observe("POST", "/getMe", {})
    spec.observe("POST", "/editMessageReplyMarkup", {"chat_id": 1, "message_id": 2})


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("shout", {}),
        ("sendMessage", {"chat_id": 1}),
        ("sendMessage", {"chat_id": 1, "text": ""}),
        ("sendMessage", {"chat_id": 1, "text": "x" * 4097}),
        ("sendMessage", {"chat_id": 1.5, "text": "x"}),
        ("sendMessage", {"chat_id": 1, "text": "x", "protect_content": "true"}),
        ("sendMessage", {"chat_id": 1, "text": "x", "colour": "red"}),
        ("sendMessage", {"chat_id": 1, "text": "x", "reply_markup": keyboard(callback_data="あ" * 22)}),
        ("sendMessage", {"chat_id": 1, "text": "x", "reply_markup": keyboard(callback_data="")}),
        ("sendMessage", {"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [{"text": "x"}]}}),
        ("setMyCommands", {"commands": [{"command": "x" * 33, "description": "x"}]}),
        ("answerCallbackQuery", {}),
    ],
)
def test_bad_calls_are_refused(spec: TelegramSpec, method: str, body: dict[str, Any]) -> None:
    with pytest.raises(SpecViolation):
        spec.observe("POST", f"/{method}", body)


def test_updates(spec: TelegramSpec) -> None:
    chat = {"id": 1, "type": "private"}
    good = {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": chat, "text": "x"}}
    spec.observe_webhook("POST", "/", good)
    for bad in (
        {"message": good["message"]},
        {"update_id": "1"},
        {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": 1}}},
        {"update_id": 1, "massage": {}},
    ):
        with pytest.raises(SpecViolation):
            spec.observe_webhook("POST", "/", bad)
