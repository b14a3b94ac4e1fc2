"""What the Telegram stand-in knows of the bot itself: its webhook, and its commands menus by scope and language.

Promise: what Telegram refuses is refused in its words, and ``menu_for`` is the list that a person's app shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from bot.simulator.platform_telegram_rules import SECRET, Refused, check_commands

Parameters = dict[str, Any]
_LANGUAGE = re.compile(r"[a-z]{2}")
PRIVATE_CHATS = "all_private_chats"
_SCOPES = frozenset(
    {
        "default",
        PRIVATE_CHATS,
        "all_group_chats",
        "all_chat_administrators",
        "chat",
        "chat_administrators",
        "chat_member",
    }
)
_PORTS = frozenset({None, 443, 80, 88, 8443})
#: What Telegram sends where nobody says otherwise.
_MOST_CONNECTIONS = 40


@dataclass
class Webhook:
    """What setWebhook was told, and how deliveries fare."""

    url: str = ""
    secret: str = field(default="", repr=False)
    allowed_updates: list[str] | None = None
    max_connections: int = _MOST_CONNECTIONS
    last_error: str = ""
    last_error_at: datetime | None = None


class BotDesk:
    """The methods about the bot itself."""

    def __init__(self, webhook: Webhook, pending: list[dict[str, Any]], *, now: Callable[[], datetime]) -> None:
        self.webhook = webhook
        self._pending = pending
        self._now = now
        #: By scope and language; "" is every other language.
        self.menus: dict[tuple[str, str], list[dict[str, str]]] = {}

    def menu_for(self, language: str) -> list[dict[str, str]]:
        """What the app of a person with this language shows in a private chat."""
        for scope in (PRIVATE_CHATS, "default"):
            for spoken in (language[:2], ""):
                if found := self.menus.get((scope, spoken)):
                    return found
        return []

    # Methods --------------------------------------------------------------------------------------

    async def setmycommands(self, parameters: Parameters) -> Any:
        self.menus[_place(parameters)] = check_commands(parameters.get("commands"))
        return True

    async def getmycommands(self, parameters: Parameters) -> Any:
        return self.menus.get(_place(parameters), [])

    async def deletemycommands(self, parameters: Parameters) -> Any:
        self.menus.pop(_place(parameters), None)
        return True

    async def setwebhook(self, parameters: Parameters) -> Any:
        url, secret = str(parameters.get("url", "")), str(parameters.get("secret_token", ""))
        if url and not _is_public(url):
            raise Refused(400, "Bad Request: bad webhook: An HTTPS URL must be provided for webhook")
        if url.startswith("https://") and urlsplit(url).port not in _PORTS:
            raise Refused(400, "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        if secret and not SECRET.fullmatch(secret):
            raise Refused(400, "Bad Request: secret token contains unallowed characters")
        connections = int(parameters.get("max_connections", _MOST_CONNECTIONS))
        if not 1 <= connections <= 100:
            raise Refused(400, "Bad Request: max_connections must be between 1 and 100")
        allowed = parameters.get("allowed_updates")
        if allowed is not None and not isinstance(allowed, list):
            raise Refused(400, "Bad Request: can't parse allowed_updates")
        self.webhook.url, self.webhook.secret = url, secret
        # Left out, the list of before stays.
        self.webhook.allowed_updates = self.webhook.allowed_updates if allowed is None else allowed
        self.webhook.max_connections = connections
        if parameters.get("drop_pending_updates"):
            self._pending.clear()
        return True

    async def deletewebhook(self, parameters: Parameters) -> Any:
        self.webhook.url = ""
        if parameters.get("drop_pending_updates"):
            self._pending.clear()
        return True

    async def getwebhookinfo(self, parameters: Parameters) -> Any:
        webhook = self.webhook
        info: dict[str, Any] = {
            "url": webhook.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._pending),
        }
        if webhook.url:
            info["max_connections"] = webhook.max_connections
        if webhook.allowed_updates:
            info["allowed_updates"] = webhook.allowed_updates
        if webhook.last_error:
            at = webhook.last_error_at or self._now()
            info |= {"last_error_date": int(at.timestamp()), "last_error_message": webhook.last_error}
        return info


def _place(parameters: Parameters) -> tuple[str, str]:
    scope = (parameters.get("scope") or {"type": "default"}).get("type")
    if scope not in _SCOPES:
        raise Refused(400, "Bad Request: can't parse BotCommandScope: Unsupported type specified")
    language = str(parameters.get("language_code", ""))
    if language and not _LANGUAGE.fullmatch(language):
        raise Refused(400, "Bad Request: LANGUAGE_CODE_INVALID")
    return scope, language


def _is_public(url: str) -> bool:
    """Telegram takes https alone; this stand-in also this machine's own addresses, where it has to live itself."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"})
