"""A conversation of the demo as a test: its people are invented, so every word stays what it was."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.simulator.stage.mortal import MortalBot
from bot.transcripts.deeds import NoForm, load_stored
from bot.transcripts.reproducing import NoVersion, reproduce
from locales import load_catalogue
from storage.conversations import find_conversation_ref


async def transcript_of(bot: MortalBot, ref: str) -> web.Response:
    """The file of the conversation with this short name; 404 where there is none about a form."""
    database, service = bot.database, bot.service

    def make() -> str:
        conversation_id = database.run_read(lambda conn: find_conversation_ref(conn, ref))
        stored = database.run_read(lambda conn: load_stored(conn, database, conversation_id or ""))
        return reproduce(
            database,
            stored,
            understanding=service.live.understanding,
            zone=service.rules.zone,
            catalogue=load_catalogue("ja"),
            salt=None,
            office=service.rules.office,
        ).text

    try:
        text = await asyncio.to_thread(make)
    except (LookupError, NoForm, NoVersion):
        raise web.HTTPNotFound from None
    file = f'attachment; filename="conversation_{ref}.yaml"'
    headers = {"Content-Disposition": file}
    return web.Response(text=text, content_type="application/yaml", charset="utf-8", headers=headers)
