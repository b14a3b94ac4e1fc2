"""``POST /line/account-link``: the bank registers who logged in at its page, and under which nonce.

Promise: nothing is read of a body that is not signed with the shared secret, within five minutes of now by
our clock; 200 only after commit; and no answer says anything about a customer beyond whether his number is
known to us, which only the bank can ask.  The sequence for the bank's engineers is in docs/account-link.md.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter

import structlog
from aiohttp import web
from sqlalchemy import Connection

from bot.bank_login import Registered, register
from bot.service import Service
from bot.talk import Talk
from dialogs.personal import Personal

log = structlog.get_logger("kakunin.account_link")

TIMESTAMP = "X-Kakunin-Timestamp"
SIGNATURE = "X-Kakunin-Signature"
#: How far the bank's clock and ours may be apart, and how long a request could be replayed (in vain: the nonce
#: is known).
WINDOW = timedelta(minutes=5)
MAX_BODY = 4096
_BODY_WITHIN = 10.0
#: LINE takes nonces of 10 to 255 signs.
_NONCE_LENGTHS = range(10, 256)
_LONGEST_NUMBER = 64
#: A customer number of so many signs does not stand in a random nonce by chance.
_TELLING = 6
_STATUS = {Registered.KNOWN: 409, Registered.NO_CUSTOMER: 404}


class Refused(Exception):
    """A request that is answered with a status and a code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Registration:
    """What the bank says."""

    nonce: Personal = field(repr=False)
    customer_no: Personal = field(repr=False)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The value of the signature header: HMAC-SHA256 over the timestamp, a dot and the body as it is sent."""
    return "v1=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def check_signed(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Raise ``Refused`` unless the bank signed this body just now."""
    timestamp, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
    expected = sign(secret, timestamp, body).encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(expected, given.encode("utf-8", "surrogatepass")):
        raise Refused(401, "signature_wrong")
    # Only what is signed is read as a number, and no more than ten digits are a time.
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 10):
        raise Refused(401, "timestamp_wrong")
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        raise Refused(401, "timestamp_wrong")


def parse(body: bytes) -> Registration:
    """What a signed body says; raises ``Refused``."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "body_unreadable") from None
    said = said if isinstance(said, dict) else {}
    nonce, number = said.get("nonce"), said.get("customer_no")
    if not isinstance(nonce, str) or not isinstance(number, str):
        raise Refused(400, "body_unreadable")
    if not 1 <= len(number) <= _LONGEST_NUMBER or not number.isprintable():
        raise Refused(400, "customer_no_unreadable")
    if len(nonce) not in _NONCE_LENGTHS or not nonce.isascii() or not nonce.isprintable() or " " in nonce:
        raise Refused(400, "nonce_unusable")
    if len(number) >= _TELLING and number in nonce:
        raise Refused(400, "nonce_predictable")
    return Registration(nonce=Personal(nonce), customer_no=Personal(number))


class AccountLink:
    """The route."""

    def __init__(self, service: Service) -> None:
        secret = service.settings.line_account_link_secret
        assert secret is not None
        self._secret = secret.get_secret_value()
        self._service = service

    async def receive(self, request: web.Request) -> web.Response:
        began = perf_counter()
        status = 200
        answer: dict[str, object] = {"registered": True}
        try:
            await self._register(request)
        except Refused as refused:
            log.warning("account_link.refused", status=refused.status, why=refused.code)
            status, answer = refused.status, {"error": refused.code}
        except Exception as error:
            log.exception("account_link.not_stored", error=type(error).__name__)
            status, answer = 503, {"error": "try_again"}
        # Beside the webhooks: many a 401 here is a clock that went wrong, or somebody who tries.
        self._service.metrics.webhooks.labels("account_link", str(status)).observe(perf_counter() - began)
        return web.json_response(answer, status=status)

    async def _register(self, request: web.Request) -> None:
        """Keep what the bank says; raises ``Refused`` where it is not kept."""
        service = self._service
        body = await _read(request)
        uni = service.database.universe
        check_signed(self._secret, request.headers, body, uni.now())
        said = parse(body)

        def run(conn: Connection) -> Registered:
            talk = Talk(conn, service.database.vault, uni, service.live, service.rules, uni.new_id())
            return register(talk, said.nonce.reveal(), said.customer_no.reveal())

        outcome = await service.database.transact(run)
        if outcome is not Registered.KEPT:
            raise Refused(_STATUS[outcome], outcome.value)
        # Where the customer was back before the bank's word, he is answered by now.
        service.sender.wake()


async def _read(request: web.Request) -> bytes:
    body = b""
    try:
        async with asyncio.timeout(_BODY_WITHIN):
            async for part in request.content.iter_any():
                body += part
                if len(body) > MAX_BODY:
                    raise Refused(413, "body_too_large")
    except TimeoutError:
        raise Refused(408, "body_too_slow") from None
    return body
