"""aiogram's states by themselves: no network, states and answers in its memory storage; ``bare`` or ``whole``."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from typing import Any

from aiogram import Bot, Dispatcher
from aiogram.client.session.base import BaseSession
from aiogram.filters import CommandStart
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.base import StorageKey
from aiogram.fsm.storage.memory import MemoryStorage
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from conversations import ACTS, OLDEST, QUESTIONS, YOUNGEST, measured

_NOW = int(datetime(2026, 11, 24, 10, tzinfo=UTC).timestamp())
WHOLE = sys.argv[1] == "whole"
_SENT = json.dumps(
    {"ok": True, "result": {"message_id": 9, "date": _NOW, "chat": {"id": 1, "type": "private"}, "text": "-"}}
)
KEYBOARDS = [
    InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text=w, callback_data=f"c{i}")] for i, w in enumerate(choices)]
    )
    for _, _, choices in QUESTIONS
]
#: What would be said, where nothing is sent.
SAID: list[str] = []


class NoNetwork(BaseSession):
    """Says to every call what Telegram would."""

    async def close(self) -> None: ...

    async def make_request(self, bot: Bot, method: Any, timeout: int | None = None) -> Any:
        for name, value in method.model_dump(warnings=False).items():
            self.prepare_value(value, bot=bot, files={}) if name else None
        return self.check_response(bot=bot, method=method, status_code=200, content=_SENT).result

    async def stream_content(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError
        yield b""


class Form(StatesGroup):
    name = State()
    age = State()
    income = State()
    savings = State()
    travel = State()
    employed = State()
    retired = State()
    confirmed = State()


STATES = [getattr(Form, name) for name, _, _ in QUESTIONS]


async def say(chat: Bot, customer: int, text: str, keyboard: InlineKeyboardMarkup | None = None) -> None:
    if WHOLE:
        await chat.send_message(customer, text, reply_markup=keyboard)
    else:
        SAID.append(text)


async def ask(bot: Bot, number: int, state: FSMContext, lead: str = "") -> None:
    """The words of the question that comes now."""
    await state.set_state(STATES[number])
    await say(bot, state.key.chat_id, lead + QUESTIONS[number][1], KEYBOARDS[number] if QUESTIONS[number][2] else None)


def add_question(dispatcher: Dispatcher, number: int) -> None:
    name, _, choices = QUESTIONS[number]

    async def typed(message: Message, state: FSMContext, bot: Bot) -> None:
        text = message.text or ""
        if name == "age" and not (text.isdecimal() and YOUNGEST <= int(text) <= OLDEST):
            await ask(bot, number, state, f"{YOUNGEST}から{OLDEST}までの数でお願いします。")
            return
        await state.update_data({name: text})
        await ask(bot, number + 1, state)

    async def tapped(query: CallbackQuery, state: FSMContext, bot: Bot) -> None:
        await state.update_data({name: choices[int(query.data[1:])]})
        if number + 1 < len(QUESTIONS):
            await ask(bot, number + 1, state)
            return
        await state.set_state(None)
        await say(bot, query.from_user.id, "ありがとうございました。")

    if choices:
        dispatcher.callback_query.register(tapped, STATES[number])
    else:
        dispatcher.message.register(typed, STATES[number])


def update_of(customer: int, turn: int) -> dict[str, Any]:
    """The customer's act as Telegram would bring it."""
    who = {"id": customer, "is_bot": False, "first_name": "花子"}
    message = {"message_id": turn + 1, "date": _NOW, "chat": {"id": customer, "type": "private"}, "from": who}
    act = "/start" if turn == 0 else ACTS[turn - 1]
    if isinstance(act, int):
        query = {"id": "1", "from": who, "chat_instance": "1", "data": f"c{act}", "message": message}
        return {"update_id": turn, "callback_query": query}
    return {"update_id": turn, "message": {**message, "text": act}}


async def main() -> None:
    storage = MemoryStorage()
    bot, dispatcher = Bot("1:a", session=NoNetwork()), Dispatcher(storage=storage)

    @dispatcher.message(CommandStart())
    async def begin(message: Message, state: FSMContext) -> None:
        await state.set_data({})
        await ask(bot, 0, state)

    for number in range(len(QUESTIONS)):
        add_question(dispatcher, number)

    def read(update: dict[str, Any]) -> Update:
        return Update.model_validate(update, context={"bot": bot})

    def made(number: int) -> tuple[int, list[Any]]:
        SAID.clear()
        updates = [update_of(number + 1, turn) for turn in range(len(ACTS) + 1)]
        return number + 1, updates if WHOLE else [read(update) for update in updates]

    def turn(one: tuple[int, list[Any]], number: int) -> Any:
        update = one[1][number]
        return dispatcher.feed_update(bot, read(update) if WHOLE else update)

    def stored(one: tuple[int, list[Any]]) -> Any:
        record = storage.storage[StorageKey(bot.id, one[0], one[0])]
        return [getattr(record.state, "state", record.state), dict(record.data)]

    print(json.dumps(await measured(made, turn, stored)))


asyncio.run(main())
