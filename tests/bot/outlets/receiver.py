"""A system of the bank: a real server that verifies each message by the specification, with code of its own."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Receiver:
    """What it took, and what it answers."""

    secret: bytes
    #: Seconds since 1970, by its own clock.
    now: int = 0
    url: str = ""
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    #: Ids in the order of their arrival, with repetitions; and what was told, by id.
    ids: list[str] = field(default_factory=list)
    bodies: dict[str, bytes] = field(default_factory=dict)
    #: Signatures that did not prove anything.
    forged: int = 0
    followed: int = 0
    #: Released once for each message.
    taken: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    #: Answers only when this is set.
    held: asyncio.Event | None = None

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(self.bodies[one]) for one in dict.fromkeys(self.ids)]

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not self._is_genuine(request, body):
            self.forged += 1
            return web.Response(status=401)
        message_id = request.headers["webhook-id"]
        status = self.answers.pop(0) if self.answers else 204
        self.ids.append(message_id)
        self.taken.release()
        assert self.bodies.setdefault(message_id, body) == body, "another body under the same id"
        if self.held is not None:
            await self.held.wait()
        return web.Response(status=status, headers=self.headers)

    def _is_genuine(self, request: web.Request, body: bytes) -> bool:
        """Verification as the specification words it, written without a look at the sender."""
        stamp = request.headers["webhook-timestamp"]
        if abs(int(stamp) - self.now) > 300 or request.headers["Content-Type"] != "application/json":
            return False
        content = b".".join([request.headers["webhook-id"].encode(), stamp.encode(), body])
        expected = base64.b64encode(hmac.new(self.secret, content, hashlib.sha256).digest()).decode()
        offered = [one.split(",", 1) for one in request.headers["webhook-signature"].split(" ")]
        return any(version == "v1" and hmac.compare_digest(value, expected) for version, value in offered)

    async def elsewhere(self, request: web.Request) -> web.Response:
        self.followed += 1
        return web.Response(status=204)


@asynccontextmanager
async def receiving(receiver: Receiver) -> AsyncIterator[Receiver]:
    """The server while it runs."""
    app = web.Application()
    app.router.add_post("/hook", receiver.take)
    app.router.add_route("*", "/elsewhere", receiver.elsewhere)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    receiver.url = f"http://127.0.0.1:{port}/hook"
    try:
        yield receiver
    finally:
        if receiver.held is not None:
            receiver.held.set()
        await runner.cleanup()
