"""``POST /line/account-link``: what the bank may say, what a forged or replayed request gets, and the shown example."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy.exc import OperationalError

from bot.account_link import MAX_BODY, SIGNATURE, TIMESTAMP, sign
from tests.e2e.bank import SECRET, WITH_LOGIN, body_of, headers_for, register
from tests.e2e.conftest import on_both
from tests.e2e.house import House, post

MORI = "0000124"
NONCE = "nonce-of-this-one-login"
DOCS = Path(__file__).resolve().parents[2] / "docs" / "account-link.md"


@pytest.fixture
def overrides() -> dict[str, object]:
    return dict(WITH_LOGIN)


async def say(house: House, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """Status and answer."""
    url = f"{house.webhooks_url}/line/account-link"
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status, await answer.json()


def kept(house: House) -> int:
    return int(house.rows("SELECT count(*) AS n FROM bank_login")[0].n)


@on_both
async def test_a_login_is_registered_once(house: House) -> None:
    body = body_of(NONCE, MORI)
    assert await say(house, body, headers_for(house, body)) == (200, {"registered": True})
    assert kept(house) == 1
    # The same request again, caught on the way, and another customer under the same nonce.
    assert await say(house, body, headers_for(house, body)) == (409, {"error": "nonce_known"})
    assert await register(house, NONCE, "0000100") == 409
    page = (await house.service.metrics.page(house.database)).decode()
    assert 'kakunin_webhook_seconds_count{channel="account_link",status="200"} 1.0' in page
    assert 'kakunin_webhook_seconds_count{channel="account_link",status="409"} 2.0' in page
    (row,) = house.rows("SELECT state, customer_id, account_id FROM bank_login")
    assert (row.state, row.account_id) == ("registered", None)
    assert row.customer_id == house.case(MORI).customer_id


async def test_fifty_at_the_same_moment_are_one(house: House) -> None:
    statuses = await asyncio.gather(*(register(house, NONCE, MORI) for _ in range(50)))
    assert sorted(statuses) == [200] + [409] * 49


def wrong_headers(**changes: str | None) -> Callable[[dict[str, str]], dict[str, str]]:
    def change(headers: dict[str, str]) -> dict[str, str]:
        changed = {**headers, **{name.replace("_", "-"): value for name, value in changes.items() if value is not None}}
        return {name: value for name, value in changed.items() if changes.get(name.replace("-", "_"), "") is not None}

    return change


@pytest.mark.parametrize(
    "spoil",
    [
        wrong_headers(X_Kakunin_Signature=None),
        wrong_headers(X_Kakunin_Timestamp=None),
        wrong_headers(X_Kakunin_Signature=""),
        wrong_headers(X_Kakunin_Signature="v1="),
        wrong_headers(X_Kakunin_Signature="v1=" + "0" * 64),
        wrong_headers(X_Kakunin_Signature="é" * 67),
        lambda headers: {**headers, SIGNATURE: headers[SIGNATURE].removeprefix("v1=")},
        lambda headers: {**headers, SIGNATURE: headers[SIGNATURE].upper()},
        lambda headers: {**headers, SIGNATURE: headers[SIGNATURE] + "0"},
        lambda headers: {**headers, TIMESTAMP: str(int(headers[TIMESTAMP]) + 1)},
        lambda headers: {**headers, TIMESTAMP: "0" + headers[TIMESTAMP]},
    ],
)
async def test_a_signature_that_does_not_fit(house: House, spoil: Callable[[dict[str, str]], dict[str, str]]) -> None:
    body = body_of(NONCE, MORI)
    answer = await say(house, body, spoil(headers_for(house, body)))
    assert answer == (401, {"error": "signature_wrong"})
    assert kept(house) == 0


@pytest.mark.parametrize(
    ("secret", "change"),
    [("another-secret-of-thirty-two-signs", b""), (SECRET, b" "), ("", b"")],
    ids=["other secret", "other body", "no secret"],
)
async def test_signed_by_somebody_else_or_something_else(house: House, secret: str, change: bytes) -> None:
    body = body_of(NONCE, MORI)
    assert (await say(house, body + change, headers_for(house, body, secret=secret)))[0] == 401


async def test_line_s_own_signature_is_none_of_the_banks(house: House) -> None:
    """Whoever knows the channel secret is not the bank."""
    from bot.channels.line.inbound import signature_of
    from tests.e2e.house import LINE_SECRET

    body = body_of(NONCE, MORI)
    headers = {**headers_for(house, body, secret=LINE_SECRET), "x-line-signature": signature_of(LINE_SECRET, body)}
    assert (await say(house, body, headers))[0] == 401


@pytest.mark.parametrize(
    ("seconds", "status"), [(0, 200), (300, 200), (-300, 200), (301, 401), (-301, 401), (10**9, 401), (-(10**9), 401)]
)
async def test_a_request_is_good_for_five_minutes(house: House, seconds: int, status: int) -> None:
    assert await register(house, NONCE, MORI, seconds=seconds) == status


@pytest.mark.parametrize("timestamp", ["", "now", "-5", "1e9", "１７６２０４５２００", "9" * 11, "1762045200.0"])
async def test_a_timestamp_that_is_none(house: House, timestamp: str) -> None:
    body = body_of(NONCE, MORI)
    headers = {TIMESTAMP: timestamp, SIGNATURE: sign(SECRET, timestamp, body)}
    assert (await say(house, body, headers))[0] == 401


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "body_unreadable"),
        (b"{", "body_unreadable"),
        (b"[]", "body_unreadable"),
        (b"[" * 2000, "body_unreadable"),
        (b"\xff\xfe", "body_unreadable"),
        (b'{"nonce": "nonce-of-this-one-login"}', "body_unreadable"),
        (b'{"nonce": 12345678901, "customer_no": "0000124"}', "body_unreadable"),
        (b'{"nonce": "nonce-of-this-one-login", "customer_no": 124}', "body_unreadable"),
        (body_of(NONCE, ""), "customer_no_unreadable"),
        (body_of(NONCE, "0" * 65), "customer_no_unreadable"),
        (body_of(NONCE, "0000\x00124"), "customer_no_unreadable"),
        (body_of(NONCE, "\ud800"), "customer_no_unreadable"),
        (body_of("n" * 9, MORI), "nonce_unusable"),
        (body_of("n" * 256, MORI), "nonce_unusable"),
        (body_of("nonce of this login", MORI), "nonce_unusable"),
        (body_of("この番号は一回だけです", MORI), "nonce_unusable"),
        (body_of("nonce\n1234567890", MORI), "nonce_unusable"),
        (body_of(f"login-{MORI}-1", MORI), "nonce_predictable"),
    ],
)
async def test_what_cannot_be_read_is_said_without_quoting_it(house: House, body: bytes, why: str) -> None:
    assert await say(house, body, headers_for(house, body)) == (400, {"error": why})
    assert kept(house) == 0


@pytest.mark.parametrize("nonce", ["n" * 10, "n" * 255, "aB3-_.~+/=" * 3])
async def test_what_line_takes_is_taken(house: House, nonce: str) -> None:
    assert await register(house, nonce, MORI) == 200


async def test_an_unknown_customer_is_said_to_the_bank_alone(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    body = body_of(NONCE, "9999999")
    # Who cannot sign learns the same about every number.
    for number in (MORI, "9999999"):
        other = body_of(NONCE, number)
        assert await say(house, other, headers_for(house, other, secret="x" * 32)) == (
            401,
            {"error": "signature_wrong"},
        )
    assert await say(house, body, headers_for(house, body)) == (404, {"error": "customer_unknown"})
    assert kept(house) == 0
    captured = capsys.readouterr()
    assert "9999999" not in captured.out + captured.err
    assert NONCE not in captured.out + captured.err
    # The nonce is still free for the right number.
    assert await register(house, NONCE, MORI) == 200


async def test_a_body_that_is_too_large(house: House) -> None:
    body = body_of(NONCE, MORI) + b" " * MAX_BODY
    assert await say(house, body, headers_for(house, body)) == (413, {"error": "body_too_large"})


async def test_a_body_that_does_not_come(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.account_link._BODY_WITHIN", 0.05)
    over = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"{"
        await over.wait()

    url = f"{house.webhooks_url}/line/account-link"
    async with aiohttp.ClientSession() as session, session.post(url, data=slowly()) as answer:
        assert (answer.status, await answer.json()) == (408, {"error": "body_too_slow"})
        over.set()


async def test_what_could_not_be_stored_is_not_called_registered(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:

        def stumble(*_: object) -> None:
            raise OperationalError("INSERT", {}, Exception("disk full"))

        broken.setattr("storage.bank_logins.register_login", stumble)
        body = body_of(NONCE, MORI)
        assert await say(house, body, headers_for(house, body)) == (503, {"error": "try_again"})
    assert kept(house) == 0
    assert await register(house, NONCE, MORI) == 200


async def test_only_posts(house: House) -> None:
    async with aiohttp.ClientSession() as session, session.get(f"{house.webhooks_url}/line/account-link") as answer:
        assert answer.status == 405


async def test_the_example_for_the_banks_engineers_works(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands on the page, with the machine's own curl and openssl and by its own clock."""
    example = re.search(r"```sh\n(body=.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    house.advance(seconds=max(0.0, (datetime.fromtimestamp(time.time(), UTC) - house.universe.now()).total_seconds()))
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET": SECRET,
        "CUSTOMER_NO": MORI,
        "KAKUNIN": house.webhooks_url,
    }
    for expected in ({"registered": True}, {"error": "signature_wrong"}):
        process = await asyncio.create_subprocess_exec(
            "sh", "-euc", example[1], env=environment, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        assert process.returncode == 0
        assert json.loads(out) == expected
        environment["SECRET"] = "x" * 32
    assert kept(house) == 1


async def test_a_used_nonce_is_not_taken_again_while_a_request_could_be_replayed(house: House) -> None:
    from storage import bank_logins

    body = body_of(NONCE, MORI)
    headers = headers_for(house, body)
    assert (await say(house, body, headers))[0] == 200
    for minutes in (4, 1):
        house.advance(minutes=minutes)
        house.database.run(lambda conn: bank_logins.forget_logins(conn, house.universe))
        assert (await say(house, body, headers))[0] == 409
    house.advance(seconds=1)
    assert (await say(house, body, headers))[0] == 401
    assert timedelta(minutes=10) < bank_logins.KEPT


async def test_it_is_no_way_around_the_webhook(house: House) -> None:
    """A registration is no event of LINE, and an event of LINE is no registration."""
    body = body_of(NONCE, MORI)
    assert await post(f"{house.webhooks_url}/line/webhook", body, headers_for(house, body)) == 401
