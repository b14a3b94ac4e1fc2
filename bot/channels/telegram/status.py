"""What Telegram knows of our bot, and what of it has to be put right.  Asks and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from telegram import WebhookInfo

from bot.channels.report import Level, Look
from bot.channels.telegram.adapter import TelegramChannel
from bot.channels.telegram.asking import ask
from bot.channels.telegram.connecting import Commands, commands_at
from bot.channels.telegram.inbound import ALLOWED_UPDATES

#: More updates than this wait only where nobody takes them.
_MANY = 100
#: An older error says nothing about the present.
_RECENT = timedelta(hours=1)


async def look_at_telegram(
    channel: TelegramChannel,
    look: Look,
    *,
    expected_url: str,
    username: str,
    polling: bool,
    commands: Mapping[str | None, Commands],
    time_out: float,
) -> None:
    """Ask Telegram everything; raises ``NotDone`` where it does not answer."""
    me = await ask(channel, channel.bot.get_me, time_out=time_out)
    look.facts["account"] = {"username": me.username, "name": me.first_name}
    look.say(Level.OK, "account", "channel.account", name=me.first_name, account=f"@{me.username}")
    if not username:
        look.say(Level.HINT, "username", "channel.telegram.username_unset", account=me.username)
    elif username.casefold() != (me.username or "").casefold():
        look.say(Level.FIX, "username", "channel.telegram.username_differs", account=me.username, setting=username)
    info = await ask(channel, channel.bot.get_webhook_info, time_out=time_out)
    _webhook(look, info, expected_url, polling)
    _traffic(channel, look, info)
    missing = [
        language or "*"
        for language, wanted in commands.items()
        if list(await commands_at(channel, language, time_out=time_out)) != list(wanted)
    ]
    look.facts["commands_missing"] = missing
    if missing:
        look.say(Level.HINT, "commands", "channel.telegram.commands_missing", languages=", ".join(missing))
    else:
        look.say(Level.OK, "commands", "channel.telegram.commands_ok")


def _webhook(look: Look, info: WebhookInfo, expected: str, polling: bool) -> None:
    allowed = list(info.allowed_updates or ())
    look.facts["webhook"] = {
        "url": info.url,
        "pending_updates": info.pending_update_count,
        "last_error": info.last_error_message,
        "last_error_at": info.last_error_date and info.last_error_date.isoformat(),
        "allowed_updates": allowed,
        "max_connections": info.max_connections,
    }
    if polling and info.url:
        look.say(Level.FIX, "webhook", "channel.telegram.polling_with_webhook", url=info.url)
    elif polling:
        look.say(Level.OK, "webhook", "channel.telegram.polling_ok")
    elif not info.url:
        look.say(Level.FIX, "webhook", "channel.webhook_none")
    elif expected and info.url != expected:
        look.say(Level.FIX, "webhook", "channel.webhook_differs", url=info.url, expected=expected)
    elif not expected:
        look.say(Level.HINT, "webhook", "channel.webhook_not_compared", url=info.url)
    else:
        look.say(Level.OK, "webhook", "channel.webhook_ok", url=info.url)
    # Without a list Telegram sends nearly everything, and all that is needed.
    missing = set(ALLOWED_UPDATES) - set(allowed) if allowed and not polling else set()
    if missing:
        look.say(Level.FIX, "allowed_updates", "channel.telegram.updates_missing", names=", ".join(sorted(missing)))


def _traffic(channel: TelegramChannel, look: Look, info: WebhookInfo) -> None:
    many = info.pending_update_count > _MANY
    key = "channel.telegram.pending_many" if many else "channel.telegram.pending"
    look.say(Level.FIX if many else Level.OK, "pending_updates", key, count=info.pending_update_count)
    at = info.last_error_date
    if info.last_error_message and at is not None and channel.now() - at < _RECENT:
        look.say(Level.FIX, "last_error", "channel.telegram.last_error", detail=info.last_error_message)
