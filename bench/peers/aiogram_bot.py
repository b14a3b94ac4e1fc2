"""A bot on aiogram: its states and data in SQLite, committed before each 200 as surely as kakunin's."""

import json
import os
from pathlib import Path
from typing import Any

import aiosqlite
from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.base import BaseStorage
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web
from form import CHOICES, QUESTIONS, choice_of, text_of

KEYBOARD = InlineKeyboardMarkup(
    inline_keyboard=[[InlineKeyboardButton(text=w, callback_data=f"c{i}")] for i, w in enumerate(CHOICES)]
)


class Form(StatesGroup):
    asking = State()


class SqliteStorage(BaseStorage):
    """States and data by chat and user."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def _write(self, key: Any, column: str, value: str | None) -> None:
        await self._connection.execute(
            f"INSERT INTO fsm (chat, user, {column}) VALUES (?, ?, ?) "
            f"ON CONFLICT (chat, user) DO UPDATE SET {column} = excluded.{column}",
            (key.chat_id, key.user_id, value),
        )
        await self._connection.commit()

    async def _read(self, key: Any, column: str) -> Any:
        query = f"SELECT {column} FROM fsm WHERE chat = ? AND user = ?"
        async with self._connection.execute(query, (key.chat_id, key.user_id)) as cursor:
            row = await cursor.fetchone()
        return None if row is None else row[0]

    async def set_state(self, key: Any, state: Any = None) -> None:
        await self._write(key, "state", state.state if isinstance(state, State) else state)

    async def get_state(self, key: Any) -> Any:
        return await self._read(key, "state")

    async def set_data(self, key: Any, data: Any) -> None:
        await self._write(key, "data", json.dumps(dict(data)))

    async def get_data(self, key: Any) -> Any:
        return json.loads(await self._read(key, "data") or "{}")

    async def close(self) -> None:
        await self._connection.close()


async def make() -> web.Application:
    """The bot behind a webhook."""
    connection = await aiosqlite.connect(Path(os.environ["FOLDER"]) / "fsm.db")
    await connection.execute("PRAGMA journal_mode=WAL")
    await connection.execute("PRAGMA synchronous=FULL")
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS fsm (chat INTEGER, user INTEGER, state TEXT, data TEXT, PRIMARY KEY (chat, user))"
    )
    dispatcher = Dispatcher(storage=SqliteStorage(connection))
    session = AiohttpSession(api=TelegramAPIServer.from_base(os.environ["API_BASE"]), limit=256)
    bot = Bot(os.environ["TOKEN"], session=session)

    @dispatcher.message(CommandStart())
    async def begin(message: Message, state: FSMContext) -> None:
        await state.set_state(Form.asking)
        await state.set_data({"answers": []})
        await bot.send_message(message.chat.id, text_of(1), reply_markup=KEYBOARD)

    async def take(chat_id: int, choice: int | None, state: FSMContext) -> None:
        answers = (await state.get_data())["answers"]
        if choice is not None:
            answers.append(choice)
            await state.set_data({"answers": answers})
        if len(answers) == QUESTIONS:
            await state.set_state(None)
            await bot.send_message(chat_id, "ありがとうございました。")
            return
        await bot.send_message(chat_id, text_of(len(answers) + 1), reply_markup=KEYBOARD)

    @dispatcher.callback_query(Form.asking)
    async def tapped(query: CallbackQuery, state: FSMContext) -> None:
        await query.answer()
        await take(query.from_user.id, int(query.data[1:]), state)

    @dispatcher.message(Form.asking, F.text)
    async def typed(message: Message, state: FSMContext) -> None:
        await take(message.chat.id, choice_of(message.text), state)

    async def ready(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    handler = SimpleRequestHandler(dispatcher, bot, handle_in_background=False, secret_token=os.environ["SECRET"])
    handler.register(app, path="/telegram/webhook")
    setup_application(app, dispatcher, bot=bot)
    app.router.add_get("/health/ready", ready)
    return app


web.run_app(make(), host="127.0.0.1", port=int(os.environ["PORT"]), access_log=None, print=None)
