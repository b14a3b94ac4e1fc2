"""What LINE knows of our account, and what of it has to be put right.

Promise: asks and changes nothing.  Whether LINE delivers webhooks again cannot be asked; it is always said as
something to remember.
"""

from __future__ import annotations

from bot.channels.line.adapter import LineChannel
from bot.channels.line.asking import ask
from bot.channels.line.connecting import say_test, webhook_of
from bot.channels.line.menus import LineMenus
from bot.channels.report import Level, Look

#: Of the monthly quota: from here on somebody has to know.
_QUOTA_ALARM = 0.8


async def look_at_line(
    channel: LineChannel, look: Look, *, expected_url: str, basic_id: str, test: bool, time_out: float
) -> None:
    """Ask LINE everything; raises ``NotDone`` where it does not answer.  ``test`` calls the webhook."""
    await _account(channel, look, basic_id, time_out)
    url = await _webhook(channel, look, expected_url, time_out)
    if test and url:
        await say_test(channel.api, url, look, time_out=time_out)
    look.say(Level.HINT, "redelivery", "channel.line.redelivery")
    await _quota(channel, look, time_out)
    await _menus(channel, look, time_out)


async def _account(channel: LineChannel, look: Look, basic_id: str, time_out: float) -> None:
    info = await ask(channel.api.get_bot_info, time_out=time_out)
    look.facts["account"] = {
        "basic_id": info.basic_id,
        "display_name": info.display_name,
        "chat_mode": info.chat_mode,
    }
    look.say(Level.OK, "account", "channel.account", name=info.display_name, account=info.basic_id)
    if info.chat_mode == "chat":
        look.say(Level.FIX, "chat_mode", "channel.line.chat_mode")
    known = {info.basic_id, info.premium_id}
    if not basic_id:
        look.say(Level.HINT, "basic_id", "channel.line.basic_id_unset", account=info.basic_id)
    elif basic_id not in known:
        look.say(Level.FIX, "basic_id", "channel.line.basic_id_differs", account=info.basic_id, setting=basic_id)


async def _webhook(channel: LineChannel, look: Look, expected: str, time_out: float) -> str:
    url, active = await webhook_of(channel.api, time_out=time_out)
    look.facts["webhook"] = {"url": url, "active": active}
    if not url:
        look.say(Level.FIX, "webhook", "channel.webhook_none")
    elif expected and url != expected:
        look.say(Level.FIX, "webhook", "channel.webhook_differs", url=url, expected=expected)
    elif not expected:
        look.say(Level.HINT, "webhook", "channel.webhook_not_compared", url=url)
    else:
        look.say(Level.OK, "webhook", "channel.webhook_ok", url=url)
    if url and not active:
        look.say(Level.FIX, "webhook_switch", "channel.line.webhook_inactive")
    return url


async def _quota(channel: LineChannel, look: Look, time_out: float) -> None:
    limit, used = await channel.quota(time_out)
    look.facts["quota"] = {"limit": limit, "used": used}
    if limit is None:
        look.say(Level.OK, "quota", "channel.line.quota_none", used=used)
    elif used >= limit * _QUOTA_ALARM:
        look.say(Level.FIX, "quota", "channel.line.quota_high", used=used, limit=limit)
    else:
        look.say(Level.OK, "quota", "channel.line.quota", used=used, limit=limit)


async def _menus(channel: LineChannel, look: Look, time_out: float) -> None:
    menus = LineMenus(channel, time_out=time_out)
    names = [menu.name for menu in await menus.listed()]
    default = await menus.default()
    look.facts["menus"] = {"names": names, "default": default}
    if names:
        look.say(Level.OK, "menus", "channel.menus_ok", count=len(names))
    else:
        look.say(Level.HINT, "menus", "channel.menus_none")
