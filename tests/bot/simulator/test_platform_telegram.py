"""The stand-in of Telegram behaves as Telegram does where it matters, and refuses what Telegram refuses."""

from typing import Any

import aiohttp
import pytest
from telegram import BotCommand, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, Conflict, Forbidden

from bot.channels.base import InboundKind
from bot.simulator.platform_telegram_rules import Refused, check_commands, check_keyboard, check_text, parameters_of
from tests.bot.simulator.stands import BOT_TOKEN, KEY, question, telegram_stand, to


@pytest.mark.parametrize("text", ["", " \n", "\u200b", "\x00", "x" * 4097, "𠮷" * 2049, None])
def test_refused_texts(text: Any) -> None:
    with pytest.raises(Refused):
        check_text(text)


@pytest.mark.parametrize(
    "button",
    [
        {"text": "", "callback_data": "x"},
        {"text": "x", "callback_data": ""},
        {"text": "x", "callback_data": "あ" * 22},
        {"text": "x"},
        "x",
    ],
)
def test_refused_buttons(button: Any) -> None:
    with pytest.raises(Refused):
        check_keyboard({"inline_keyboard": [[button]]})


def test_the_size_of_a_keyboard() -> None:
    row = [{"text": "x", "callback_data": "x" * 64}]
    assert len(check_keyboard({"inline_keyboard": [row] * 100})) == 100
    for rows in ([row] * 101, [row * 9], "x", [row, "x"]):
        with pytest.raises(Refused):
            check_keyboard({"inline_keyboard": rows})


def test_parameters_and_commands() -> None:
    form = {"chat_id": "5", "protect_content": "true", "commands": '[{"command": "help", "description": "x"}]'}
    read = parameters_of(form)
    assert (read["chat_id"], read["protect_content"]) == (5, True)
    assert check_commands(read["commands"])
    for bad in ([{"command": "Help", "description": "x"}], [{"command": "help", "description": ""}], "help"):
        with pytest.raises(Refused):
            check_commands(bad)
    with pytest.raises(Refused):
        parameters_of({"chat_id": "x"})


async def test_methods_and_tokens_that_telegram_does_not_know() -> None:
    async with telegram_stand() as stand, aiohttp.ClientSession() as session:
        async with session.post(f"{stand.api_base}/bot{BOT_TOKEN}/shout") as answer:
            assert answer.status == 404
        async with session.post(f"{stand.api_base}/bot123:wrong/getMe") as answer:
            assert (answer.status, (await answer.json())["ok"]) == (401, False)
        stand.calls.violations.clear()


async def test_editing() -> None:
    async with telegram_stand() as stand:
        person = stand.platform.add_person(friend=True)
        await stand.channel.send(to(person.user_id), [question("はい")], reply_token=None, retry_key=KEY)
        bubble = person.last()
        bot, chat, number = stand.channel.bot, int(person.user_id), int(bubble.message_id)
        await bot.edit_message_reply_markup(chat_id=chat, message_id=number)
        assert (bubble.rows, bubble.edited) == ((), True)
        with pytest.raises(BadRequest, match="not modified"):
            await bot.edit_message_reply_markup(chat_id=chat, message_id=number)
        keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("つぎへ", callback_data="1.a.b.c")]])
        await bot.edit_message_text("選びました", chat_id=chat, message_id=number, reply_markup=keyboard)
        assert (bubble.text, [b.label for b in bubble.buttons]) == ("選びました", ["つぎへ"])
        with pytest.raises(BadRequest, match="not found"):
            await bot.edit_message_text("x", chat_id=chat, message_id=999)


async def test_what_the_bot_asks_and_sets() -> None:
    async with telegram_stand() as stand:
        person = stand.platform.add_person(friend=True)
        bot = stand.channel.bot
        assert (await bot.get_me()).username == "kakunin_bot"
        await bot.set_webhook("https://bank.example/telegram/webhook", secret_token="abc")
        info = await bot.get_webhook_info()
        assert (info.url, info.pending_update_count) == ("https://bank.example/telegram/webhook", 0)
        assert stand.platform.webhook.secret == "abc"
        with pytest.raises(Conflict):
            await bot.get_updates()
        await bot.delete_webhook()
        await bot.set_my_commands([BotCommand("help", "使い方")], language_code="ja")
        assert stand.platform.desk.menu_for("ja")[0]["command"] == "help"
        assert stand.platform.desk.menu_for("en") == []
        with pytest.raises(BadRequest, match="anguage_code_invalid"):
            await bot.set_my_commands([BotCommand("help", "使い方")], language_code="japanese")
        with pytest.raises(BadRequest, match="ot_command_invalid"):
            await bot.set_my_commands([BotCommand("Help me", "使い方")])
        with pytest.raises(BadRequest, match="ports 80"):
            await bot.set_webhook("https://bank.example:8080/")
        await bot.send_chat_action(int(person.user_id), "typing")
        assert stand.platform.actions == [(int(person.user_id), "typing")]
        await stand.platform.type_text(person.user_id, "はい")
        (update,) = await bot.get_updates()
        assert await bot.get_updates(offset=update.update_id + 1) == ()


async def test_an_update_is_repeated_until_it_is_taken() -> None:
    async with telegram_stand() as stand:
        person = stand.platform.add_person(friend=True)
        stand.bot.refuse = [503, 500]
        delivery = await stand.platform.type_text(person.user_id, "はい")
        assert delivery.statuses == [503, 500, 200]
        assert len({inbound.event_key for inbound in stand.bot.received}) == 1
        assert stand.platform.pending == []
        stand.bot.refuse = [503] * 4
        assert not (await stand.platform.type_text(person.user_id, "はい")).ok
        assert len(stand.platform.pending) == 1
        assert "503" in stand.platform.webhook.last_error


async def test_people_who_have_not_started_the_bot_cannot_be_written_to() -> None:
    async with telegram_stand() as stand:
        person = stand.platform.add_person()
        with pytest.raises(BadRequest, match="Chat not found"):
            await stand.channel.bot.send_message(int(person.user_id), "x")
        await stand.platform.begin(person.user_id)
        assert stand.bot.last().kind is InboundKind.FOLLOW
        await stand.channel.bot.send_message(int(person.user_id), "x")
        await stand.platform.block(person.user_id)
        with pytest.raises(Forbidden, match="blocked"):
            await stand.channel.bot.send_message(int(person.user_id), "x")


async def test_a_tap_needs_its_button() -> None:
    async with telegram_stand() as stand:
        person = stand.platform.add_person(friend=True)
        await stand.channel.send(to(person.user_id), [question("はい")], reply_token=None, retry_key=KEY)
        with pytest.raises(LookupError):
            await stand.platform.tap(person.user_id, person.last().message_id, "いいえ")
        await stand.platform.tap(person.user_id, person.last().message_id, "はい")
        assert stand.bot.last().callback_id == "query-1"
