"""What the pages of the demo share: their templates, what their scripts ask for, and what they are told live."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

#: Seconds between two looks at a chat; it lies in memory.
EVERY = 0.15
#: A comment after so many quiet looks keeps the stream open.
KEEP_ALIVE = 100

STOPPING = web.AppKey("phone_stopping", asyncio.Event)


@cache
def environment() -> Environment:
    """The templates of the demo."""
    return Environment(
        loader=PackageLoader("bot.simulator"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


async def read_wish(request: web.Request) -> dict[str, Any]:
    """What a script of our own page asks for."""
    # JSON from our own page only: another site's form can neither send this type nor these headers.
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise web.HTTPForbidden
    try:
        wish = await request.json()
    except ValueError:
        raise web.HTTPBadRequest from None
    if not isinstance(wish, dict):
        raise web.HTTPBadRequest
    return wish


@dataclass(frozen=True)
class Part:
    """One part of a page that changes."""

    #: The name of its event.
    name: str
    look: Callable[[], Awaitable[Any]]
    #: How many rounds lie between two looks.
    each: int = 1


async def stream(request: web.Request, parts: Sequence[Part]) -> web.StreamResponse:
    """Tell a page of its parts, each when it has changed."""
    stopping = request.app[STOPPING]
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    shown: dict[str, str] = {}
    quiet = turn = 0
    try:
        while not stopping.is_set():
            quiet += 1
            for part in parts:
                if turn % part.each:
                    continue
                data = json.dumps(await part.look(), ensure_ascii=False)
                fingerprint = hashlib.sha256(data.encode()).hexdigest()[:16]
                if fingerprint != shown.get(part.name):
                    await response.write(f"id: {fingerprint}\nevent: {part.name}\ndata: {data}\n\n".encode())
                    shown[part.name], quiet = fingerprint, 0
            if quiet >= KEEP_ALIVE:
                await response.write(b": still here\n\n")
                quiet = 0
            turn += 1
            try:
                await asyncio.wait_for(stopping.wait(), EVERY)
            except TimeoutError:
                continue
    except ConnectionResetError:
        # The browser has gone; there is nobody to tell.
        return response
    return response


async def stop_streams(app: web.Application) -> None:
    """When the application ends: nobody waits for another word."""
    app[STOPPING].set()
