"""The button to the bank's login page: LINE's link token, issued for one person just before sending.

Promise: a token lives in the address of the button alone and is in no log; where LINE issues none, the
message goes out all the same, without the button (``ShownLink.otherwise``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote, urlsplit, urlunsplit

import aiohttp
import structlog
from linebot.v3.messaging import ApiException, AsyncMessagingApi
from pydantic.v1 import ValidationError

from bot.channels.line.tokens import NoAccessToken
from dialogs.conversation.prompts import BANK_LOGIN, Message, ShownLink
from dialogs.personal import Personal

log = structlog.get_logger(__name__)

#: Seconds: short, because the message itself waits behind it and has to go out while its lease lasts.
_TIME_OUT = 5.0


def page_address(page: str, link_token: str) -> str:
    """The bank's page with LINE's token as one more parameter, before a fragment and behind what is there."""
    parts = urlsplit(page)
    token = f"linkToken={quote(link_token, safe='')}"
    query = f"{parts.query}&{token}" if parts.query else token
    return urlunsplit(parts._replace(query=query))


async def make_addresses(
    api: AsyncMessagingApi, page: str, user_id: Personal, messages: Sequence[Message], time_out: float
) -> list[Message]:
    """The messages with the addresses of their login buttons; each button has a token of its own, good once."""

    async def make(link: ShownLink) -> str:
        token = await _issue(api, user_id) if page and link.page == BANK_LOGIN else ""
        return page_address(page, token) if token else ""

    links = [link for message in messages for link in message.links]
    made = [""] * len(links)
    try:
        # All at once and however slow the client is: the call that sends has to end while its lease lasts.
        async with asyncio.timeout(min(_TIME_OUT, time_out)):
            made = await asyncio.gather(*map(make, links))
    except TimeoutError:
        log.warning("line.link_token_failed", problem="TimeoutError")
    addresses = iter(made)
    return [
        replace(message, links=tuple(replace(link, address=next(addresses)) for link in message.links))
        for message in messages
    ]


async def _issue(api: AsyncMessagingApi, user_id: Personal) -> str:
    try:
        answer = await api.issue_link_token(user_id.reveal())
    except ApiException as problem:
        log.warning("line.link_token_refused", status=problem.status)
        return ""
    except (NoAccessToken, aiohttp.ClientError, ValidationError, UnicodeDecodeError) as problem:
        log.warning("line.link_token_failed", problem=type(problem).__name__)
        return ""
    token = getattr(answer, "link_token", None)
    return token if isinstance(token, str) else ""
