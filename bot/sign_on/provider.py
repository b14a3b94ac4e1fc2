"""The bank's identity provider as it is talked to: discovery, keys, the way there, and the code that comes back.

Sources: OpenID Connect Discovery 1.0, RFC 7636 (PKCE, S256), RFC 6749 4.1.  Promise: what the provider says about
itself is kept for an hour and its keys too; an unknown key makes them be fetched again, and no more often than every
half minute; an answer is read up to 256 KB and for ten seconds, and no redirect is followed; tokens are read and
forgotten, and stand in no log.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import aiohttp
import structlog
from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from authlib.oidc.discovery import get_well_known_url
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, import_key

from bot.sign_on.refusals import SignOnRefused
from bot.sign_on.settings import SignOn, is_safe
from bot.sign_on.tokens import LogoutToken, key_id, read_id_token, read_logout_token

log = structlog.get_logger("kakunin.sign_on")

#: How long what the provider says of itself counts.
KEPT = timedelta(hours=1)
#: Tokens under made-up keys must not make us ask the provider again and again.
REST = timedelta(seconds=30)
#: How long a provider that did not answer is not asked again.
DOWN = timedelta(seconds=5)
#: Bytes of one answer, and seconds until it is there.
MOST = 256 * 1024
PATIENCE = 10.0
_MOST_KEYS = 100


@dataclass(frozen=True, kw_only=True)
class Metadata:
    """What the provider says of itself, as far as we use it."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    #: Whether each answer names its issuer (RFC 9207).
    names_issuer: bool
    #: How we say who we are.
    client_auth: str


class Provider:
    """The provider of one deployment; ``close`` ends its connections."""

    def __init__(self, how: SignOn, now: Callable[[], datetime]) -> None:
        self.how = how
        self._now = now
        self._http: aiohttp.ClientSession | None = None
        self._fetching = asyncio.Lock()
        self._metadata: tuple[Metadata, datetime] | None = None
        self._keys: tuple[KeySet, datetime] | None = None
        #: Why nothing could be learned of it, and when: a crowd must not wait for it one after the other.
        self._down: tuple[str, datetime] | None = None

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def metadata(self) -> Metadata:
        """What the provider says of itself; raises ``SignOnRefused``."""
        async with self._fetching:
            if self._metadata is None or self._now() >= self._metadata[1] + KEPT:
                if self._down is not None and self._now() < self._down[1] + DOWN:
                    raise SignOnRefused(self._down[0])
                try:
                    found = await self._fetch_json("GET", get_well_known_url(self.how.issuer, external=True))
                    self._metadata = (_read_metadata(found, self.how.issuer), self._now())
                except SignOnRefused as refusal:
                    self._down = (refusal.code, self._now())
                    raise
            return self._metadata[0]

    async def way_there(self, *, state: str, nonce: str, verifier: str) -> str:
        """Where the browser is sent; raises ``SignOnRefused``."""
        endpoint = (await self.metadata()).authorization_endpoint
        more = {"acr_values": " ".join(self.how.acr_values)} if self.how.acr_values else {}
        url, _ = self._client("").create_authorization_url(
            endpoint, state=state, code_verifier=verifier, nonce=nonce, **more
        )
        return str(url)

    async def who_came(self, *, code: str, verifier: str, nonce: str) -> Mapping[str, Any]:
        """The claims about who signed in, for the code that the browser brought; raises ``SignOnRefused``."""
        metadata = await self.metadata()
        body = prepare_token_request(
            "authorization_code", code=code, redirect_uri=self.how.redirect_uri, code_verifier=verifier
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        auth = self._client(metadata.client_auth).client_auth(metadata.client_auth)
        url, headers, body = auth.prepare("POST", metadata.token_endpoint, headers, body)
        answer = await self._fetch_json("POST", url, data=body, headers=headers, refused=_refused_code)
        token, access_token = answer.get("id_token"), answer.get("access_token")
        if not isinstance(token, str):
            raise SignOnRefused("provider_answer")
        return read_id_token(
            token,
            await self._keys_for(token),
            issuer=self.how.issuer,
            client_id=self.how.client_id,
            nonce=nonce,
            access_token=access_token if isinstance(access_token, str) else None,
            now=self._now(),
        )

    async def who_left(self, token: str) -> LogoutToken:
        """Whose sessions the provider ended; raises ``SignOnRefused``."""
        keys = await self._keys_for(token)
        return read_logout_token(token, keys, issuer=self.how.issuer, client_id=self.how.client_id, now=self._now())

    async def way_out(self) -> str | None:
        """Where somebody ends the provider's own session too; ``None`` where it cannot be said now.

        Without a token of the provider's, which we do not keep: it asks the person itself.
        """
        try:
            endpoint = (await self.metadata()).end_session_endpoint
        except SignOnRefused:
            return None
        return None if endpoint is None else _with(endpoint, {"client_id": self.how.client_id})

    async def _keys_for(self, token: str) -> KeySet:
        """The provider's keys, fetched again where they are old or do not hold the one that the token names."""
        kid, uri = key_id(token), (await self.metadata()).jwks_uri
        async with self._fetching:
            now = self._now()
            known = self._keys
            old = known is None or now >= known[1] + KEPT
            strange = known is not None and kid is not None and kid not in {key.kid for key in known[0]}
            if old or (strange and known is not None and now >= known[1] + REST):
                known = self._keys = (_read_keys(await self._fetch_json("GET", uri)), now)
            assert known is not None
            return known[0]

    def _client(self, auth: str) -> OAuth2Client:
        return OAuth2Client(
            None,
            client_id=self.how.client_id,
            client_secret=self.how.client_secret,
            token_endpoint_auth_method=auth or None,
            scope=self.how.scope,
            redirect_uri=self.how.redirect_uri,
            code_challenge_method="S256",
        )

    async def _fetch_json(
        self,
        method: str,
        url: str,
        *,
        refused: Callable[[int, Mapping[str, Any]], str] | None = None,
        data: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        if self._http is None:
            # A bank's server often reaches the outside through a proxy only, which the environment names.
            self._http = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=PATIENCE), trust_env=True, cookie_jar=aiohttp.DummyCookieJar()
            )
        try:
            async with self._http.request(method, url, data=data, headers=headers, allow_redirects=False) as answer:
                status, body = answer.status, await _read(answer.content)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as problem:
            log.warning("sign_on.unreachable", why=type(problem).__name__)
            raise SignOnRefused("provider_unreachable") from None
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = None
        if refused is not None and status in (400, 401, 403):
            raise SignOnRefused(refused(status, found if isinstance(found, dict) else {}))
        if status != 200 or not isinstance(found, dict):
            log.warning("sign_on.answer", status=status)
            raise SignOnRefused("provider_unreachable" if status >= 500 else "provider_answer")
        return found


async def look_at(how: SignOn, now: Callable[[], datetime]) -> None:
    """Whether it can be used as it is set; raises ``SignOnRefused``."""
    provider = Provider(how, now)
    try:
        await provider.metadata()
    finally:
        await provider.close()


async def _read(stream: aiohttp.StreamReader) -> bytes:
    body = b""
    async for chunk in stream.iter_any():
        body += chunk
        if len(body) > MOST:
            raise ValueError("too large")
    return body


def _refused_code(status: int, answer: Mapping[str, Any]) -> str:
    ours = status == 401 or answer.get("error") in ("invalid_client", "unauthorized_client")
    return "client_refused" if ours else "code_refused"


def _read_metadata(found: Mapping[str, Any], issuer: str) -> Metadata:
    # To the letter (Discovery 4.3): else one provider's tokens could be had for another's.
    if found.get("issuer") != issuer:
        raise SignOnRefused("provider_other_issuer")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    places = {name: found.get(name) for name in names}
    if not all(isinstance(place, str) and _is_place(place) for place in places.values()):
        raise SignOnRefused("provider_answer")
    out, methods = found.get("end_session_endpoint"), found.get("token_endpoint_auth_methods_supported")
    by_post = isinstance(methods, list) and "client_secret_basic" not in methods and "client_secret_post" in methods
    return Metadata(
        **{name: str(place) for name, place in places.items()},
        end_session_endpoint=out if isinstance(out, str) and _is_place(out) else None,
        names_issuer=found.get("authorization_response_iss_parameter_supported") is True,
        client_auth="client_secret_post" if by_post else "client_secret_basic",
    )


def _is_place(address: str) -> bool:
    try:
        return is_safe(address.partition("?")[0])
    except ValueError:
        return False


def _read_keys(found: Mapping[str, Any]) -> KeySet:
    """Public keys for signatures; what we cannot read is left out, as a provider may use keys of many kinds."""
    keys, given = [], found.get("keys")
    for one in given[:_MOST_KEYS] if isinstance(given, list) else ():
        if not isinstance(one, dict) or one.get("use", "sig") != "sig" or one.get("kty") not in ("RSA", "EC", "OKP"):
            continue
        try:
            keys.append(import_key(one))
        except (JoseError, ValueError, TypeError):
            continue
    if not keys:
        raise SignOnRefused("provider_answer")
    return KeySet(keys)


def _with(address: str, more: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(more)}"
