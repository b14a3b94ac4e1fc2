"""The account link of the LINE stand-in: link tokens, and the page to which the bank sends the customer back.

Promise: a token is one account's, good for ten minutes and once; the webhook says ``ok`` only where whoever
opens the page is the one the token was issued for, and ``failed`` otherwise; a token or a nonce that LINE
refuses leads to a page that says so and to no webhook.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from aiohttp import web

from bot.simulator.people import People

#: Where LINE itself has this page: ``https://access.line.me`` and this path.
PATH = "/dialog/bot/accountLink"
TOKEN_LIFE = timedelta(minutes=10)
_NONCE_LENGTHS = range(10, 256)


class LinkRefused(Exception):
    """LINE shows an error and sends no webhook."""


@dataclass(kw_only=True)
class LinkToken:
    """A right to link one account once."""

    user_id: str
    issued_at: datetime
    used: bool = False


class Platform(Protocol):
    """What is needed of the stand-in."""

    people: People
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    link_tokens: dict[str, LinkToken]
    #: What the browser shows when the link is made; a word of our own where it is empty.
    after_account_link: str

    async def account_linked(self, user_id: str, nonce: str, *, ok: bool) -> None: ...


def issue_link_token(platform: Platform, user_id: str) -> str | None:
    """A token for a friend of the account; nothing for anybody else."""
    person = platform.people.get(user_id)
    if person is None or person.blocked or not person.friend:
        return None
    token = platform.new_id().replace("-", "")
    platform.link_tokens[token] = LinkToken(user_id=user_id, issued_at=platform.now())
    return token


async def open_account_link(platform: Platform, token: str, nonce: str, *, opener: str | None = None) -> bool:
    """The customer follows the bank's redirect; whether LINE vouches.  ``opener`` is whose LINE it happens in."""
    found = platform.link_tokens.get(token)
    if found is None or found.used or platform.now() - found.issued_at > TOKEN_LIFE:
        raise LinkRefused("the link token is unknown, used or too old")
    if len(nonce) not in _NONCE_LENGTHS:
        raise LinkRefused("the nonce has not 10 to 255 signs")
    found.used = True
    ok = opener in (None, found.user_id)
    await platform.account_linked(found.user_id, nonce, ok=ok)
    return ok


def account_link_page(platform: Platform) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The page in a browser, which in the demo is always the phone of whom the token was issued for."""

    async def show(request: web.Request) -> web.StreamResponse:
        try:
            await open_account_link(platform, request.query.get("linkToken", ""), request.query.get("nonce", ""))
        except LinkRefused as refused:
            return web.Response(status=400, text=f"LINE (stand-in): {refused}.")
        # LINE closes its browser here, and the chat is in front again.
        if platform.after_account_link:
            raise web.HTTPFound(platform.after_account_link)
        return web.Response(text="LINE (stand-in): done.")

    return show
