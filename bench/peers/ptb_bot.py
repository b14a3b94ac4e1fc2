"""A bot on python-telegram-bot: its conversation handler, its own persistence, written before each 200."""

import os
from pathlib import Path

from aiohttp import web
from form import CHOICES, QUESTIONS, choice_of, text_of
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    MessageHandler,
    PicklePersistence,
    filters,
)

ASKING = 1
KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton(w, callback_data=f"c{i}")] for i, w in enumerate(CHOICES)])


async def begin(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    """The first question."""
    context.user_data["answers"] = []
    await update.effective_chat.send_message(text_of(1), reply_markup=KEYBOARD)
    return ASKING


async def answer(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    """An answer, tapped or typed, and the next question."""
    query = update.callback_query
    if query is not None:
        await query.answer()
        choice = int(query.data[1:])
    else:
        choice = choice_of(update.message.text)
    answers = context.user_data["answers"]
    if choice is not None:
        answers.append(choice)
    if len(answers) == QUESTIONS:
        await update.effective_chat.send_message("ありがとうございました。")
        return ConversationHandler.END
    await update.effective_chat.send_message(text_of(len(answers) + 1), reply_markup=KEYBOARD)
    return ASKING


async def make() -> web.Application:
    """The bot behind a webhook."""
    base = os.environ["API_BASE"]
    application = (
        Application.builder()
        .token(os.environ["TOKEN"])
        .base_url(f"{base}/bot")
        .base_file_url(f"{base}/file/bot")
        .persistence(PicklePersistence(Path(os.environ["FOLDER"]) / "state.pickle"))
        .connection_pool_size(256)
        .updater(None)
        .build()
    )
    states = {ASKING: [CallbackQueryHandler(answer), MessageHandler(filters.TEXT & ~filters.COMMAND, answer)]}
    start = CommandHandler("start", begin)
    handler = ConversationHandler([start], states, [start], name="form", persistent=True)
    application.add_handler(handler)
    await application.initialize()

    async def receive(request: web.Request) -> web.Response:
        if request.headers.get("X-Telegram-Bot-Api-Secret-Token") != os.environ["SECRET"]:
            return web.Response(status=401)
        await application.process_update(Update.de_json(await request.json(), application.bot))
        await application.update_persistence()
        return web.Response()

    async def ready(_: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.router.add_post("/telegram/webhook", receive)
    app.router.add_get("/health/ready", ready)
    return app


web.run_app(make(), host="127.0.0.1", port=int(os.environ["PORT"]), access_log=None, print=None)
