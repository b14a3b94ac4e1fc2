"""What is let in: signatures, bodies, sizes, and a store that is away."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.channels.line.inbound import signature_of
from tests.e2e.house import BOT_SECRET, LINE_SECRET, House, post, post_line, post_telegram

MORI = "0000124"


async def test_wrong_signatures_are_refused_and_leave_nothing(house: House) -> None:
    customer = house.on_line()
    event = house.line.text_event(customer.user_id, "こんにちは")
    assert await post_line(house, event, secret="another channel's secret") == 401
    body = json.dumps({"events": [event]}).encode()
    url = f"{house.webhooks_url}/line/webhook"
    assert await post(url, body, {}) == 401
    assert await post(url, body, {"x-line-signature": signature_of(LINE_SECRET, body + b" ")}) == 401
    update = house.telegram.update(message={})
    assert await post_telegram(house, update, secret="wrong") == 401
    assert await post(f"{house.webhooks_url}/telegram/webhook", b"{}", {}) == 401
    assert house.rows("SELECT id FROM inbound_event") == house.rows("SELECT id FROM channel_account") == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"events": 1}', b"\xff\xfe", b"[" * 100_000])
async def test_unreadable_bodies(house: House, body: bytes) -> None:
    line = {"x-line-signature": signature_of(LINE_SECRET, body)}
    telegram = {"X-Telegram-Bot-Api-Secret-Token": BOT_SECRET}
    assert await post(f"{house.webhooks_url}/line/webhook", body, line) == 400
    assert await post(f"{house.webhooks_url}/telegram/webhook", body, telegram) == 400


async def test_too_large_a_body(house: House) -> None:
    for channel in ("line", "telegram"):
        body = BytesIO(b" " * (1024 * 1024 + 1))
        assert await post(f"{house.webhooks_url}/{channel}/webhook", body, {}) == 413


async def test_without_its_store_the_service_takes_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = house.on_line()

    async def fail(*_: Any) -> None:
        raise OperationalError("BEGIN", {}, Exception("no connection"))

    event = house.line.text_event(customer.user_id, house.letter(MORI).code)
    with monkeypatch.context() as patch:
        patch.setattr(house.database, "transact", fail)
        assert await post_line(house, event) == 503
    assert await post_line(house, event) == 200
    await house.settle()
    assert house.letter(MORI).check_number in customer.everything()
