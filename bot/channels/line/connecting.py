"""Setting the webhook at LINE and having LINE try it."""

from __future__ import annotations

from linebot.v3.messaging import AsyncMessagingApi, SetWebhookEndpointRequest, TestWebhookEndpointRequest

from bot.channels.base import Outcome
from bot.channels.line.adapter import LineChannel
from bot.channels.line.asking import ask
from bot.channels.report import Level, Look, NotDone, Unauthorized, Unreachable

_NO_WEBHOOK = "404"


async def webhook_of(api: AsyncMessagingApi, *, time_out: float) -> tuple[str, bool]:
    """The webhook that LINE knows and whether it is switched on; empty where there is none."""
    try:
        answer = await ask(api.get_webhook_endpoint, time_out=time_out)
    except NotDone as problem:
        if problem.sent.detail.startswith(_NO_WEBHOOK):
            return "", False
        raise
    return str(answer.endpoint), bool(answer.active)


async def connect_webhook(channel: LineChannel, url: str, look: Look, *, time_out: float) -> None:
    """Point LINE to ``url`` where it points elsewhere, and let it try; raises ``NotDone``."""
    known, _ = await webhook_of(channel.api, time_out=time_out)
    if known == url:
        look.say(Level.OK, "webhook", "connect.webhook_kept", url=url)
    else:
        await ask(channel.api.set_webhook_endpoint, SetWebhookEndpointRequest(endpoint=url), time_out=time_out)
        look.say(Level.CHANGED, "webhook", "connect.webhook_set", url=url)
    _, active = await webhook_of(channel.api, time_out=time_out)
    if not active:
        look.say(Level.FIX, "webhook_switch", "channel.line.webhook_inactive")
    await say_test(channel.api, url, look, time_out=time_out)


async def say_test(api: AsyncMessagingApi, url: str, look: Look, *, time_out: float) -> None:
    """Let LINE call the webhook and say how that went; LINE allows it sixty times an hour."""
    try:
        test = await ask(api.test_webhook_endpoint, TestWebhookEndpointRequest(endpoint=url), time_out=time_out)
    except (Unauthorized, Unreachable):
        raise
    except NotDone as problem:
        if problem.sent.outcome is not Outcome.RETRY:
            raise
        look.say(Level.HINT, "webhook_test", "channel.line.test_later", detail=problem.sent.detail)
        return
    look.facts.setdefault("webhook", {})["test"] = {
        "success": test.success,
        "status": test.status_code,
        "reason": test.reason,
    }
    if test.success:
        look.say(Level.OK, "webhook_test", "channel.line.test_ok")
    else:
        reason = f"{test.reason} {test.detail}".strip()
        look.say(Level.FIX, "webhook_test", "channel.line.test_failed", url=url, reason=reason)
