"""The stand-in's desk for channel access tokens v2.1: assertions come in, tokens that end go out.

Promise: it refuses what LINE refuses: a signature that does not fit, a key that is not registered, an
assertion that is over, is good for too long or is about another channel, and more than thirty tokens at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import jwt
from aiohttp import web

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_MOST_ACTIVE = 30
_MOST_SECONDS = 30 * 24 * 60 * 60

#: Called with method, path and the fields of each form.
FormObserver = Callable[[str, str, Any], None]


class TokenDesk:
    """Who may call the API: the holder of the long-lived token, and of a token that was issued and still lives."""

    def __init__(
        self,
        long_lived: str,
        channel_secret: str,
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        observer: FormObserver | None = None,
    ) -> None:
        self.long_lived = long_lived
        self.channel_id = "1000000001"
        self.channel_secret = channel_secret
        #: Public halves of assertion signing keys (JWK), by key id.
        self.keys: dict[str, dict[str, Any]] = {}
        #: Issued tokens and when they end.
        self.issued: dict[str, datetime] = {}
        #: How many of the next requests for a token fail with 500.
        self.out_of_order = 0
        self._now = now
        self._new_id = new_id
        self._observer = observer

    def accepts(self, token: str) -> bool:
        """Whether LINE would take a call with this token."""
        ends_at = self.issued.get(token)
        return token == self.long_lived or (ends_at is not None and self._now() < ends_at)

    @property
    def active(self) -> list[str]:
        """The issued tokens that have not ended."""
        return [token for token, ends_at in self.issued.items() if self._now() < ends_at]

    def add_routes(self, app: web.Application) -> None:
        """The calls of the channel access token API that kakunin makes."""
        app.router.add_post("/oauth2/v2.1/token", self._issue)
        app.router.add_post("/oauth2/v2.1/revoke", self._revoke)

    async def _form(self, request: web.Request) -> dict[str, str]:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if self._observer is not None:
            self._observer(request.method, request.path[request.path.find("/oauth2/") :], form)
        return form

    async def _issue(self, request: web.Request) -> web.Response:
        form = await self._form(request)
        if self.out_of_order:
            self.out_of_order -= 1
            return web.json_response({"message": "Internal server error"}, status=500)
        if form.get("grant_type") != "client_credentials" or form.get("client_assertion_type") != _ASSERTION_TYPE:
            return _refused("invalid_request", "some parameters missed or invalid")
        seconds, problem = self._read(form.get("client_assertion", ""))
        if problem:
            return _refused("invalid_client", problem)
        if len(self.active) >= _MOST_ACTIVE:
            return _refused("invalid_request", "too many active channel access tokens")
        token = f"issued-{self._new_id()}"
        self.issued[token] = self._now() + timedelta(seconds=seconds)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": seconds, "key_id": self._new_id()}
        return web.json_response(answer)

    def _read(self, assertion: str) -> tuple[int, str]:
        """For how many seconds a token is wanted, or what is wrong with the assertion."""
        try:
            kid = jwt.get_unverified_header(assertion).get("kid")
            if kid not in self.keys:
                return 0, "Invalid kid"
            # The clock is the stand-in's, so the end is looked at below.
            claims = jwt.decode(
                assertion,
                jwt.PyJWK.from_dict({**self.keys[kid], "alg": "RS256"}),
                algorithms=["RS256"],
                audience="https://api.line.me/",
                options={"verify_exp": False, "require": ["exp", "iss", "sub", "aud"]},
            )
        except jwt.PyJWTError as problem:
            return 0, f"Invalid assertion: {type(problem).__name__}"
        left = claims["exp"] - self._now().timestamp()
        if not 0 < left <= 30 * 60:
            return 0, "Invalid exp"
        if {claims["iss"], claims["sub"]} != {self.channel_id}:
            return 0, "Invalid iss or sub"
        seconds = claims.get("token_exp")
        if not isinstance(seconds, int) or not 0 < seconds <= _MOST_SECONDS:
            return 0, "Invalid token_exp"
        return seconds, ""

    async def _revoke(self, request: web.Request) -> web.Response:
        form = await self._form(request)
        if (form.get("client_id"), form.get("client_secret")) != (self.channel_id, self.channel_secret):
            return _refused("invalid_client", "client_id or client_secret is invalid")
        self.issued.pop(form.get("access_token", ""), None)
        return web.Response()


def _refused(error: str, description: str) -> web.Response:
    return web.json_response({"error": error, "error_description": description}, status=400)
