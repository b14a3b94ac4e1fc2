"""A provider that does what a real one never does: whatever a test asks it to."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from aiohttp.test_utils import TestServer
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "kakunin-console"
SECRET = "a secret of the client"
LOGOUT = "http://schemas.openid.net/event/backchannel-logout"

Claims = dict[str, Any]


def unsigned(header: Mapping[str, Any], claims: Claims) -> str:
    """A token that nobody signed."""
    return _signing_input({**header, "alg": "none"}, claims) + "."


def _signing_input(header: Mapping[str, Any], claims: Claims) -> str:
    return ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


@cache
def a_key(kid: str) -> RSAKey:
    """A key of that name; making one takes a while."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@dataclass
class Hostile:
    """Answers like a provider, spoiled as told; a test plays its sign-in page."""

    now: Callable[[], datetime]
    keys: list[RSAKey] = field(default_factory=lambda: [a_key("first")])
    #: Changes to what it says of itself, to the claims, and how a token is signed.
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: Claims = field(default_factory=dict)
    sign: Callable[[Hostile, dict[str, str], Claims], str] | None = None
    #: A body in place of the answer of a path, and seconds before it.
    bodies: dict[str, bytes] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    token_status: int = 200
    #: Codes that were spent, and all forms that came to the token endpoint.
    forms: list[dict[str, str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    issuer: str = ""
    #: What the console asked for when it sent the browser.
    wanted: dict[str, str] = field(default_factory=dict)

    async def start(self) -> TestServer:
        app = web.Application()
        app.router.add_get("/.well-known/openid-configuration", self._say_what_it_is)
        app.router.add_get("/keys", self._give_keys)
        app.router.add_post("/token", self._give_token)
        server = TestServer(app, host="127.0.0.1")
        await server.start_server()
        self.issuer = str(server.make_url("")).rstrip("/")
        return server

    def note(self, location: str) -> None:
        """The browser was sent here."""
        self.wanted = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    def rotate(self, kid: str) -> None:
        """Sign with a new key from now on."""
        self.keys = [a_key(kid)]

    def token(self, claims: Claims, header: Mapping[str, str] | None = None) -> str:
        """A token as it signs them."""
        head = {"alg": "RS256", "kid": self.keys[0].kid or "", **(header or {})}
        if self.sign is not None:
            return self.sign(self, head, claims)
        return jwt.encode(head, claims, self.keys[0])

    def id_claims(self) -> Claims:
        """What an honest provider would say now."""
        now = int(self.now().timestamp())
        claims = {"iss": self.issuer, "sub": "u-1", "aud": CLIENT, "iat": now, "exp": now + 300, "sid": "s-1"}
        changed = claims | {"nonce": self.wanted.get("nonce", "")} | self.claims
        return {name: value for name, value in changed.items() if value is not None}

    def logout_token(self, **changes: Any) -> str:
        """What it sends when it ends a session."""
        now = int(self.now().timestamp())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 120, "jti": f"j-{len(self.asked)}"}
        claims |= {"sub": "u-1", "sid": "s-1", "events": {LOGOUT: {}}} | changes
        return self.token({name: value for name, value in claims.items() if value is not None})

    async def _answer(self, request: web.Request, body: Any) -> web.Response:
        self.asked.append(request.path)
        if request.path in self.slow:
            await asyncio.sleep(self.slow[request.path])
        if request.path in self.bodies:
            return web.Response(body=self.bodies[request.path], content_type="application/json")
        return web.json_response(body)

    async def _say_what_it_is(self, request: web.Request) -> web.Response:
        metadata = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/logout",
            "authorization_response_iss_parameter_supported": True,
        }
        return await self._answer(request, metadata | self.metadata)

    async def _give_keys(self, request: web.Request) -> web.Response:
        return await self._answer(request, {"keys": [key.as_dict(private=False) for key in self.keys]})

    async def _give_token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        used = form.get("code") in [earlier.get("code") for earlier in self.forms]
        self.forms.append(form)
        if used or self.token_status != 200:
            error = "invalid_grant" if self.token_status in (200, 400) else "invalid_client"
            return web.json_response({"error": error}, status=400 if used else self.token_status)
        return await self._answer(request, {"token_type": "Bearer", "access_token": "at", "id_token": self._id_token()})

    def _id_token(self) -> str:
        return self.token(self.id_claims())


def with_public_key(hostile: Hostile, header: dict[str, str], claims: Claims) -> str:
    """HS256, the provider's public key as if it were a shared secret."""
    signing_input = _signing_input({**header, "alg": "HS256"}, claims)
    mac = hmac.digest(hostile.keys[0].as_pem(private=False), signing_input.encode(), "sha256")
    return f"{signing_input}.{_encoded(mac)}"


def with_other_key(hostile: Hostile, header: dict[str, str], claims: Claims) -> str:
    """Under the name of the provider's key, and signed with somebody else's."""
    return jwt.encode(header, claims, a_key("another"))
