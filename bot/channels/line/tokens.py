"""The channel access token with which LINE is called: a long-lived one, or short-lived ones that we issue.

Promise: whoever calls LINE is given a token that has not ended; a short-lived one (v2.1) is renewed well
before its end and once more when LINE refuses it, is given back when the process stops, and is nowhere
written down.  Each process has its own: LINE allows thirty at a time, so one that died with its process
must end by itself before a crashing service has used them up.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import jwt
import structlog
from linebot.v3.oauth import ApiException, AsyncApiClient, AsyncChannelAccessToken, Configuration
from pydantic.v1 import ValidationError

from bot.problems import SettingsProblem

log = structlog.get_logger(__name__)

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_AUDIENCE = "https://api.line.me/"
#: LINE takes no assertion that is good for more than thirty minutes.
_ASSERTION_LIFE = timedelta(minutes=10)
_LIFE = timedelta(hours=6)
#: A renewal may fail for so long before nothing can be sent any more.
_RENEW_BEFORE = timedelta(hours=2)
_PAUSE_AFTER_FAILURE = timedelta(seconds=30)
_TIME_OUT = aiohttp.ClientTimeout(total=10.0, connect=3.0)
_KID_LINE = re.compile(r"^\s*kid\s*[:=]\s*(\S+)\s*$", re.IGNORECASE | re.MULTILINE)


class NoAccessToken(Exception):
    """There is no token to call LINE with at the moment; nothing was sent."""


class AccessTokens(Protocol):
    """Where the channel gets its token from."""

    async def current(self) -> str:
        """A token that has not ended; raises ``NoAccessToken``."""

    async def after_refusal(self, refused: str) -> str | None:
        """Another token after LINE said 401 to this one; ``None`` where there is no other."""

    async def give_back(self) -> None:
        """The process stops: the token is not needed any more."""


class LongLivedToken:
    """The token that the bank copied from LINE's console."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def current(self) -> str:
        return self._token

    async def after_refusal(self, refused: str) -> str | None:
        return None

    async def give_back(self) -> None:
        """It belongs to the channel, not to this process."""


@dataclass(frozen=True)
class AssertionKey:
    """The private half of the key whose public half is registered with the channel."""

    kid: str
    key: Any = field(repr=False)


def read_assertion_key(path: Path) -> AssertionKey:
    """The key of a JWK file, or of a PEM file with a line ``kid: ...`` above it; raises ``SettingsProblem``."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise _problem("names a file that cannot be read") from None
    try:
        return _from_jwk(text) if text.lstrip().startswith("{") else _from_pem(text)
    except SettingsProblem:
        raise
    except Exception:
        # Whatever the library says about a key may quote it.
        raise _problem("holds no private RSA key, as JWK or PEM") from None


def _from_jwk(text: str) -> AssertionKey:
    data = json.loads(text)
    # LINE's own example wraps the pair into one object.
    data = data.get("privateKey", data)
    if not data.get("kid"):
        raise _problem("holds a JWK without its kid, the key id that LINE showed when the key was registered")
    return AssertionKey(str(data["kid"]), _private(jwt.PyJWK.from_dict({"alg": "RS256", **data}).key))


def _from_pem(text: str) -> AssertionKey:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    named = _KID_LINE.search(text)
    if named is None:
        raise _problem("holds a PEM key without a line above it that says 'kid: ...', the key id that LINE showed")
    return AssertionKey(named[1], _private(load_pem_private_key(text.encode(), password=None)))


def _private(key: Any) -> Any:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if not isinstance(key, RSAPrivateKey):
        raise _problem("holds no private RSA key")
    return key


def _problem(words: str) -> SettingsProblem:
    return SettingsProblem(f"KAKUNIN_LINE_ASSERTION_KEY_FILE {words}.")


class IssuedTokens:
    """Channel access tokens v2.1, issued against a signed assertion."""

    def __init__(
        self, channel_id: str, channel_secret: str, key: AssertionKey, api_base: str, *, now: Callable[[], datetime]
    ) -> None:
        self._channel_id = channel_id
        self._channel_secret = channel_secret
        self._key = key
        self._api_base = api_base.rstrip("/")
        self._now = now
        self._token: str | None = None
        self._ends_at = now()
        #: After a failure nobody asks again before this moment.
        self._not_before: datetime | None = None
        self._lock = asyncio.Lock()

    async def current(self) -> str:
        if self._token is None or self._now() >= self._ends_at - _RENEW_BEFORE:
            async with self._lock:
                if self._token is None or self._now() >= self._ends_at - _RENEW_BEFORE:
                    await self._issue()
        if self._token is None or self._now() >= self._ends_at:
            raise NoAccessToken("no channel access token could be issued")
        return self._token

    async def after_refusal(self, refused: str) -> str | None:
        async with self._lock:
            if self._token == refused:
                self._token = None
                await self._issue()
        return self._token

    async def give_back(self) -> None:
        token, self._token = self._token, None
        if token is None:
            return
        try:
            async with _client(self._api_base) as client:
                await AsyncChannelAccessToken(client).revoke_channel_token_by_jwt(
                    self._channel_id, self._channel_secret, token, _request_timeout=_TIME_OUT
                )
        except (ApiException, aiohttp.ClientError, TimeoutError) as problem:
            log.warning("line.token_not_given_back", problem=type(problem).__name__)

    async def _issue(self) -> None:
        """A new token in place of the old one, which stays where this fails."""
        now = self._now()
        if self._not_before is not None and now < self._not_before:
            return
        try:
            async with _client(self._api_base) as client:
                issued = await AsyncChannelAccessToken(client).issue_channel_token_by_jwt(
                    "client_credentials", _ASSERTION_TYPE, self._assertion(now), _request_timeout=_TIME_OUT
                )
        except (ApiException, aiohttp.ClientError, TimeoutError, ValidationError, UnicodeDecodeError) as problem:
            self._not_before = now + _PAUSE_AFTER_FAILURE
            # LINE's answer may name the channel; its status says enough.
            log.error("line.token_not_issued", problem=type(problem).__name__, status=getattr(problem, "status", None))
            return
        self._not_before = None
        self._token = issued.access_token
        self._ends_at = now + timedelta(seconds=issued.expires_in)
        log.info("line.token_issued", ends_at=self._ends_at.isoformat())

    def _assertion(self, now: datetime) -> str:
        claims = {
            "iss": self._channel_id,
            "sub": self._channel_id,
            "aud": _AUDIENCE,
            "exp": int((now + _ASSERTION_LIFE).timestamp()),
            "token_exp": int(_LIFE.total_seconds()),
        }
        return jwt.encode(claims, self._key.key, algorithm="RS256", headers={"kid": self._key.kid})


def _client(api_base: str) -> AsyncApiClient:
    # At DEBUG the SDK writes whole answers, hence tokens, into the log.
    logging.getLogger("linebot.v3.oauth").setLevel(logging.WARNING)
    return AsyncApiClient(Configuration(host=api_base))
