"""``kakunin channels``: what the platforms are told about us, and what they say."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.errors import Failed, UserError

if TYPE_CHECKING:
    from bot.channels.base import Channel
    from bot.channels.report import Look, Remark
    from bot.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Webhook, menus and commands on LINE and Telegram.")

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("connect")
def connect(as_json: _Json = False) -> None:
    """Set webhook, menus and commands on the platforms; doing it again changes nothing."""
    from bot import connecting
    from bot.cli.store import open_database

    settings = _settings()
    base = connecting.public_base(settings)
    if not base and connecting.needs_public_url(settings):
        raise UserError("Set KAKUNIN_PUBLIC_URL to the public https address at which the platforms reach this service.")
    database = open_database(settings)
    try:
        looks = with_channels(settings, lambda all_: connecting.connect(all_, settings, database, base))
    finally:
        database.close()
    _print(looks, settings, as_json)


@app.command("status")
def status(as_json: _Json = False) -> None:
    """Ask the platforms what they know, and say what to put right."""
    from bot import connecting

    settings = _settings()
    _print(with_channels(settings, lambda all_: connecting.status(all_, settings, test=True)), settings, as_json)


def _settings() -> Settings:
    from bot.settings import load_settings

    settings = load_settings()
    if not (settings.line_is_on or settings.telegram_is_on):
        raise UserError("No channel is on: kakunin doctor says which settings are missing.")
    return settings


def with_channels(settings: Settings, work: Callable[[Mapping[str, Channel]], Awaitable[list[Look]]]) -> list[Look]:
    """Open the channels, do the work, close them."""
    import asyncio

    from bot.service import make_channels
    from storage.universe import Universe

    async def run() -> list[Look]:
        channels = make_channels(settings, Universe.real().now)
        try:
            for channel in channels.values():
                await channel.start()
            return await work(channels)
        finally:
            for channel in channels.values():
                await channel.close()

    return asyncio.run(run())


def sentence(remark: Remark, settings: Settings) -> str:
    """A remark in the language of the commands."""
    from locales import load_catalogue

    return load_catalogue(settings.default_locale).text(remark.key, **remark.params)


def _print(looks: list[Look], settings: Settings, as_json: bool) -> None:
    ok = all(look.ok for look in looks)
    if as_json:
        said: dict[str, Any] = {
            look.channel: {
                "ok": look.ok,
                **look.facts,
                "findings": [
                    {"part": remark.part, "level": remark.level.value, "text": sentence(remark, settings)}
                    for remark in look.remarks
                ],
            }
            for look in looks
        }
        typer.echo(json.dumps({"ok": ok, "channels": said}, ensure_ascii=False))
    else:
        for look in looks:
            for remark in look.remarks:
                typer.echo(f"{_MARKS[remark.level]} {look.channel}.{remark.part}: {sentence(remark, settings)}")
    if not ok:
        raise Failed("Something has to be put right, see above.")


_MARKS = {"ok": "ok  ", "changed": "set ", "hint": "note", "fix": "FIX "}
