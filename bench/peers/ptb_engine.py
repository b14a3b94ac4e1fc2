"""python-telegram-bot's ConversationHandler by itself: no network, all in memory; ``bare`` or ``whole``."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from typing import Any

from conversations import ACTS, OLDEST, QUESTIONS, YOUNGEST, measured
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    filters,
)
from telegram.request import BaseRequest

_ME = {"id": 1, "is_bot": True, "first_name": "b", "username": "b"}
_NOW = int(datetime(2026, 11, 24, 10, tzinfo=UTC).timestamp())
WHOLE = sys.argv[1] == "whole"
_SENT = {"message_id": 9, "date": _NOW, "chat": {"id": 1, "type": "private"}, "text": "-"}
KEYBOARDS = [
    InlineKeyboardMarkup([[InlineKeyboardButton(w, callback_data=f"c{i}")] for i, w in enumerate(choices)])
    for _, _, choices in QUESTIONS
]
#: What would be said, where nothing is sent.
SAID: list[str] = []


class NoNetwork(BaseRequest):
    """Says to every call what Telegram would."""

    async def initialize(self) -> None: ...
    async def shutdown(self) -> None: ...

    @property
    def read_timeout(self) -> float | None:
        return None

    async def do_request(self, url: str, *_: Any, **__: Any) -> tuple[int, bytes]:
        return 200, json.dumps({"ok": True, "result": _ME if url.endswith("getMe") else _SENT}).encode()


async def say(update: Update, text: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
    if WHOLE:
        await update.effective_chat.send_message(text, reply_markup=keyboard)
    else:
        SAID.append(text)


async def ask(update: Update, state: int, lead: str = "") -> int:
    """The words of the question that comes now."""
    await say(update, lead + QUESTIONS[state][1], KEYBOARDS[state] if QUESTIONS[state][2] else None)
    return state


async def begin(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    context.user_data["answers"] = {}
    return await ask(update, 0)


def handler_of(state: int) -> CallbackQueryHandler | MessageHandler:
    name, _, choices = QUESTIONS[state]

    async def typed(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
        text = update.message.text
        if name == "age" and not (text.isdecimal() and YOUNGEST <= int(text) <= OLDEST):
            return await ask(update, state, f"{YOUNGEST}から{OLDEST}までの数でお願いします。")
        context.user_data["answers"][name] = text
        return await ask(update, state + 1)

    async def tapped(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
        context.user_data["answers"][name] = choices[int(update.callback_query.data[1:])]
        if state + 1 < len(QUESTIONS):
            return await ask(update, state + 1)
        await say(update, "ありがとうございました。")
        return ConversationHandler.END

    if choices:
        return CallbackQueryHandler(tapped, pattern="^c")
    return MessageHandler(filters.TEXT & ~filters.COMMAND, typed)


def update_of(customer: int, turn: int) -> dict[str, Any]:
    """The customer's act as Telegram would bring it."""
    who = {"id": customer, "is_bot": False, "first_name": "花子"}
    message = {"message_id": turn + 1, "date": _NOW, "chat": {"id": customer, "type": "private"}, "from": who}
    act = "/start" if turn == 0 else ACTS[turn - 1]
    if isinstance(act, int):
        query = {"id": "1", "from": who, "chat_instance": "1", "data": f"c{act}", "message": message}
        return {"update_id": turn, "callback_query": query}
    command = {"entities": [{"type": "bot_command", "offset": 0, "length": 6}]} if turn == 0 else {}
    return {"update_id": turn, "message": {**message, "text": act, **command}}


async def main() -> None:
    builder = Application.builder().token("1:a").updater(None).request(NoNetwork()).get_updates_request(NoNetwork())
    application = builder.build()
    states = {state: [handler_of(state)] for state in range(len(QUESTIONS))}
    conversation = ConversationHandler([CommandHandler("start", begin)], states, [], name="form")
    application.add_handler(conversation)
    await application.initialize()

    def made(number: int) -> tuple[int, list[Any]]:
        SAID.clear()
        updates = [update_of(number + 1, turn) for turn in range(len(ACTS) + 1)]
        return number + 1, updates if WHOLE else [Update.de_json(update, application.bot) for update in updates]

    def turn(one: tuple[int, list[Any]], number: int) -> Any:
        update = one[1][number]
        return application.process_update(Update.de_json(update, application.bot) if WHOLE else update)

    def stored(one: tuple[int, list[Any]]) -> Any:
        return [conversation._conversations[one[0], one[0]], application.user_data[one[0]]]

    print(json.dumps(await measured(made, turn, stored)))


asyncio.run(main())
