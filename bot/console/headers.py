"""The headers and the own files of every page we serve: strict, cacheable nowhere, nothing foreign.

The policy allows no inline script and no inline style, so that text a customer planted stays text
even if a template forgot to escape it.  Style sheets and scripts are read once from the package and
served from our own origin, because staff networks often have no internet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files

from aiohttp import web

from bot.headers import add_plain_headers

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    # Not "no-referrer": browsers then send ``Origin: null`` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal handler for ``on_response_prepare``: our headers on everything, errors and streams too."""
    await add_plain_headers(request, response)
    response.headers.update(_HEADERS)


@dataclass(frozen=True, kw_only=True)
class Asset:
    """One style sheet or script."""

    body: bytes
    content_type: str
    etag: str


class Assets:
    """The files of a package's ``static`` folder, in memory."""

    def __init__(self, package: str) -> None:
        self._assets: dict[str, Asset] = {}
        for entry in (files(package) / "static").iterdir():
            suffix = "." + entry.name.rpartition(".")[2]
            if suffix in _TYPES:
                body = entry.read_bytes()
                etag = hashlib.sha256(body).hexdigest()[:32]
                self._assets[entry.name] = Asset(body=body, content_type=_TYPES[suffix], etag=etag)

    def respond(self, request: web.Request, name: str) -> web.Response:
        """The file, or 304 where the browser has it; raises 404 for a name that is not ours."""
        asset = self._assets.get(name)
        if asset is None:
            raise web.HTTPNotFound
        if any(tag.value == asset.etag for tag in request.if_none_match or ()):
            unchanged = web.Response(status=304)
            unchanged.etag = asset.etag
            return unchanged
        response = web.Response(body=asset.body, content_type=asset.content_type, charset="utf-8")
        response.etag = asset.etag
        response.headers["Cache-Control"] = "no-cache"
        return response

    def handler(self) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """A plain handler for ``/static/{name}``."""

        async def serve(request: web.Request) -> web.StreamResponse:
            return self.respond(request, request.match_info["name"])

        return serve
