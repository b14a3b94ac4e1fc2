"""What the LINE stand-in knows of the account itself: bot info, quota, and the webhook with its test.

Promise: the webhook test really calls the webhook, as LINE does, and says how that went in LINE's words.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web

from bot.simulator.platform_line_menu_calls import Guard
from bot.simulator.platform_line_menus import RATE_WORDS

#: Webhook tests an hour.
_TESTS_AN_HOUR = 60


class Server(Protocol):
    """What the whole stand-in remembers, as far as it is needed here."""

    webhook_url: str
    #: Pushes a month; ``None`` is an account without a limit.
    quota: int | None
    pushed: int
    bot_user_id: str
    account_name: str
    now: Callable[[], datetime]

    async def post_webhook(self, url: str, events: list[dict[str, Any]]) -> int: ...


class LineAccount:
    """The account's own settings, of which some can be changed only in LINE's console."""

    def __init__(self, state: Server) -> None:
        self._state = state
        self.basic_id = "@000demo"
        #: ``chat`` where staff answer in LINE's own console.
        self.chat_mode = "bot"
        #: The switch "Use webhook" of the console.
        self.webhook_active = True
        self._tests: deque[datetime] = deque()

    def add_routes(self, app: web.Application, api: Guard) -> None:
        """The calls about the account that kakunin makes."""
        for method, path, handler in (
            ("GET", "/v2/bot/info", self._info),
            ("GET", "/v2/bot/message/quota", self._quota),
            ("GET", "/v2/bot/message/quota/consumption", self._consumption),
            ("GET", "/v2/bot/channel/webhook/endpoint", self._webhook),
            ("PUT", "/v2/bot/channel/webhook/endpoint", self._set_webhook),
            ("POST", "/v2/bot/channel/webhook/test", self._test_webhook),
        ):
            app.router.add_route(method, path, api.guarded(handler))

    async def _info(self, request: web.Request, body: Any) -> web.StreamResponse:
        chat = self.chat_mode == "chat"
        return web.json_response(
            {
                "userId": self._state.bot_user_id,
                "basicId": self.basic_id,
                "displayName": self._state.account_name,
                "chatMode": self.chat_mode,
                "markAsReadMode": "manual" if chat else "auto",
            }
        )

    async def _quota(self, request: web.Request, body: Any) -> web.StreamResponse:
        limit = self._state.quota
        return web.json_response({"type": "none"} if limit is None else {"type": "limited", "value": limit})

    async def _consumption(self, request: web.Request, body: Any) -> web.StreamResponse:
        return web.json_response({"totalUsage": self._state.pushed})

    async def _webhook(self, request: web.Request, body: Any) -> web.StreamResponse:
        if not self._state.webhook_url:
            return web.json_response({"message": "Webhook endpoint is not set"}, status=404)
        return web.json_response({"endpoint": self._state.webhook_url, "active": self.webhook_active})

    async def _set_webhook(self, request: web.Request, body: Any) -> web.StreamResponse:
        endpoint = body.get("endpoint") if isinstance(body, dict) else None
        if not isinstance(endpoint, str) or len(endpoint) > 500 or not _is_public(endpoint):
            return web.json_response({"message": "Invalid webhook endpoint URL"}, status=400)
        self._state.webhook_url = endpoint
        return web.json_response({})

    async def _test_webhook(self, request: web.Request, body: Any) -> web.StreamResponse:
        now = self._state.now()
        while self._tests and now - self._tests[0] >= timedelta(hours=1):
            self._tests.popleft()
        self._tests.append(now)
        if len(self._tests) > _TESTS_AN_HOUR:
            return web.json_response({"message": RATE_WORDS}, status=429)
        given = body.get("endpoint") if isinstance(body, dict) else None
        success, status, reason, detail = await self._call(given or self._state.webhook_url)
        return web.json_response(
            {
                "success": success,
                "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
                "statusCode": status,
                "reason": reason,
                "detail": detail,
            }
        )

    async def _call(self, url: str) -> tuple[bool, int, str, str]:
        try:
            status = await self._state.post_webhook(url, [])
        except aiohttp.ClientError:
            return False, 0, "COULD_NOT_CONNECT", "Connection failed"
        except TimeoutError:
            return False, 0, "REQUEST_TIMEOUT", "Request timeout"
        if 200 <= status < 300:
            return True, status, "OK", str(status)
        return False, status, "ERROR_STATUS_CODE", str(status)


def _is_public(url: str) -> bool:
    """LINE takes https alone; this stand-in also this machine's own addresses, where it has to live itself."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"})
