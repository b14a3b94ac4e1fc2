"""The login page of the demo's made-up bank: what a real bank has to do for the account link, and no more.

Promise: whoever knows the number and password of a customer of this bank leaves with a nonce that the bot
knows, on the way to the messenger's page (docs/account-link.md).  The page says that it is a stand-in; it runs
no script, and asks nothing that a real customer would know.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.account_link import SIGNATURE, TIMESTAMP, sign
from bot.settings import Settings
from locales import load_catalogue
from storage.encryption import canonical_json

#: Signs of a nonce; each carries five bits.
_NONCE = 32


@dataclass(frozen=True, kw_only=True)
class Bank:
    """What the made-up bank knows and reaches."""

    settings: Settings
    #: Passwords by customer number.
    passwords: Mapping[str, str] = field(repr=False)
    #: Where the bot registers logins.
    register_url: str
    #: The messenger's page that ends the account link.
    link_url: str
    now: Callable[[], datetime]
    code: Callable[[int], str]


def add_bank_page(app: web.Application, bank: Bank) -> None:
    """Mount the bank's pages into the demo's application, which is under ``/demo/``."""
    words = load_catalogue(bank.settings.default_locale)
    templates = Environment(loader=PackageLoader("bot.simulator"), autoescape=True, undefined=StrictUndefined)

    def page(step: str, link_token: str = "", problem: str = "", status: int = 200) -> web.Response:
        body = templates.get_template("bank.html").render(
            t=words.text,
            locale=words.locale,
            bank=bank.settings.bank_name,
            step=step,
            link_token=link_token,
            problem=problem,
        )
        return web.Response(text=body, content_type="text/html", charset="utf-8", status=status)

    async def login(request: web.Request) -> web.StreamResponse:
        token = request.query.get("linkToken", "")
        return page("login", token) if token else page("lost", status=400)

    async def logged_in(request: web.Request) -> web.StreamResponse:
        form = await request.post()
        number, password = str(form.get("number", "")).strip(), str(form.get("password", ""))
        token = str(form.get("linkToken", ""))
        known = bank.passwords.get(number, "")
        if not known or not hmac.compare_digest(known.encode(), password.strip().encode()):
            return page("login", token, problem=words.text("demo.bank.wrong"), status=403)
        nonce = bank.code(_NONCE)
        if await _register(bank, nonce, number) != 200:
            return page("login", token, problem=words.text("demo.bank.trouble"), status=502)
        raise web.HTTPSeeOther(f"{bank.link_url}?{urlencode({'linkToken': token, 'nonce': nonce})}")

    async def back(_: web.Request) -> web.StreamResponse:
        return page("back")

    app.router.add_get("/bank", login)
    app.router.add_post("/bank", logged_in)
    app.router.add_get("/bank/back", back)


async def _register(bank: Bank, nonce: str, number: str) -> int:
    """Tell the bot who logged in, before the customer is sent on; the status of its answer."""
    secret = bank.settings.line_account_link_secret
    assert secret is not None
    body = canonical_json({"nonce": nonce, "customer_no": number})
    timestamp = str(int(bank.now().timestamp()))
    headers = {
        "Content-Type": "application/json",
        TIMESTAMP: timestamp,
        SIGNATURE: sign(secret.get_secret_value(), timestamp, body),
    }
    try:
        async with (
            aiohttp.ClientSession() as session,
            session.post(bank.register_url, data=body, headers=headers) as answer,
        ):
            return answer.status
    except (aiohttp.ClientError, TimeoutError):
        return 0
