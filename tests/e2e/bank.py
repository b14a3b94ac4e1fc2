"""The bank's side of the account link: it registers who logged in, signed, and sends him on to LINE."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.account_link import SIGNATURE, TIMESTAMP, sign
from bot.simulator.people import Bubble, Tappable
from bot.simulator.platform_line_account_link import open_account_link
from tests.e2e.house import Customer, House, post

PAGE = "https://bank.example/login?lang=ja#form"
SECRET = "e2e-account-link-secret-of-the-bank"
#: The settings with which a house offers the login.
WITH_LOGIN = {"line_account_link_url": PAGE, "line_account_link_secret": SECRET}


def body_of(nonce: str, number: str) -> bytes:
    return json.dumps({"nonce": nonce, "customer_no": number}).encode()


def headers_for(house: House, body: bytes, *, secret: str = SECRET, seconds: int = 0) -> dict[str, str]:
    timestamp = str(int(house.universe.now().timestamp()) + seconds)
    return {"Content-Type": "application/json", TIMESTAMP: timestamp, SIGNATURE: sign(secret, timestamp, body)}


async def register(house: House, nonce: str, number: str, **more: Any) -> int:
    """The bank's word; the status of the answer."""
    body = body_of(nonce, number)
    return await post(f"{house.webhooks_url}/line/account-link", body, headers_for(house, body, **more))


def login_button(customer: Customer) -> tuple[Bubble, Tappable]:
    """The newest button that leads to the bank."""
    for bubble in reversed(customer.person.received()):
        for tappable in bubble.buttons:
            if tappable.opens:
                return bubble, tappable
    raise LookupError("no button leads to the bank")


def link_token(customer: Customer) -> str:
    (token,) = parse_qs(urlsplit(login_button(customer)[1].opens).query)["linkToken"]
    return token


async def logs_in(customer: Customer, number: str, nonce: str = "nonce-of-this-one-login") -> list[Bubble]:
    """From the button to what the bot says after the login."""
    house = customer.house
    token = link_token(customer)
    assert await register(house, nonce, number) == 200
    return await comes_back(customer, token, nonce)


async def comes_back(customer: Customer, token: str, nonce: str, opener: str | None = None) -> list[Bubble]:
    """The browser follows the bank's redirect."""
    customer._read = len(customer.person.received())
    await open_account_link(customer.house.line, token, nonce, opener=opener)
    await customer.house.settle()
    assert customer.house.line.deliveries[-1].ok
    return customer.heard
