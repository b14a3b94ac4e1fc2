"""Webhook and commands menu at Telegram.

Promise: what waits at Telegram is never thrown away (``drop_pending_updates`` is never said).  The secret
cannot be read back, so a webhook that is right is set once more: that changes nothing but the secret.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from telegram import BotCommand, BotCommandScopeAllPrivateChats

from bot.channels.report import Level, Look
from bot.channels.telegram.adapter import TelegramChannel
from bot.channels.telegram.asking import ask
from bot.channels.telegram.inbound import ALLOWED_UPDATES

#: Name and description, in order.
Commands = Sequence[tuple[str, str]]
#: A bank's bot speaks to nobody in groups.
_SCOPE = BotCommandScopeAllPrivateChats()


async def connect_webhook(channel: TelegramChannel, url: str, secret: str, look: Look, *, time_out: float) -> None:
    """Have Telegram send updates to ``url``; raises ``NotDone``."""
    known = await ask(channel, channel.bot.get_webhook_info, time_out=time_out)
    await ask(
        channel,
        channel.bot.set_webhook,
        url,
        secret_token=secret,
        allowed_updates=list(ALLOWED_UPDATES),
        time_out=time_out,
    )
    if known.url == url and set(known.allowed_updates or ()) == set(ALLOWED_UPDATES):
        look.say(Level.OK, "webhook", "connect.webhook_kept", url=url)
    else:
        look.say(Level.CHANGED, "webhook", "connect.webhook_set", url=url)


async def disconnect_webhook(channel: TelegramChannel, look: Look, *, time_out: float) -> None:
    """Have Telegram keep updates until they are fetched; raises ``NotDone``."""
    known = await ask(channel, channel.bot.get_webhook_info, time_out=time_out)
    if not known.url:
        look.say(Level.OK, "webhook", "connect.polling_kept")
        return
    await ask(channel, channel.bot.delete_webhook, time_out=time_out)
    look.say(Level.CHANGED, "webhook", "connect.webhook_deleted", url=known.url)


async def commands_at(channel: TelegramChannel, language: str | None, *, time_out: float) -> Commands:
    """The commands menu that Telegram shows in a language; ``None`` is every other language."""
    known = await ask(channel, channel.bot.get_my_commands, scope=_SCOPE, language_code=language, time_out=time_out)
    return [(command.command, command.description) for command in known]


async def connect_commands(
    channel: TelegramChannel, wanted: Mapping[str | None, Commands], look: Look, *, time_out: float
) -> None:
    """Set the commands menu of each language where it is another one; raises ``NotDone``."""
    changed = []
    for language, commands in wanted.items():
        if list(await commands_at(channel, language, time_out=time_out)) == list(commands):
            continue
        menu = [BotCommand(name, description) for name, description in commands]
        await ask(channel, channel.bot.set_my_commands, menu, scope=_SCOPE, language_code=language, time_out=time_out)
        changed.append(language or "*")
    if changed:
        look.say(Level.CHANGED, "commands", "connect.commands_set", languages=", ".join(changed))
    else:
        look.say(Level.OK, "commands", "connect.commands_kept")
