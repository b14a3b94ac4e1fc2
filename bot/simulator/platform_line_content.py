"""The stand-in's store of what people sent: the pictures that LINE hands out while it has them.

Promise: it answers as LINE does, with 202 while a picture is being prepared, 410 after its sender took it back
and 404 for what it never had.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from bot.simulator.faults import Faults, Trouble

_STATUSES = {Trouble.RATE: 429, Trouble.QUOTA: 429, Trouble.UNAUTHORIZED: 401, Trouble.BAD_GATEWAY: 502}


class LineContents:
    """What was sent, by the id of its message."""

    def __init__(self) -> None:
        #: Troubles of the next calls, one each.
        self.faults = Faults()
        #: How many of the next calls for a message find it not ready.
        self.not_ready: dict[str, int] = {}
        #: The messages that were asked for, in order.
        self.asked: list[str] = []
        self._bodies: dict[str, bytes] = {}
        self._taken_back: set[str] = set()

    def put(self, message_id: str, body: bytes) -> None:
        """Somebody sent this."""
        self._bodies[message_id] = body

    def remove(self, message_id: str) -> None:
        """Its sender took it back."""
        if self._bodies.pop(message_id, None) is not None:
            self._taken_back.add(message_id)

    async def hand_out(self, request: web.Request, _: Any) -> web.StreamResponse:
        """``GET /v2/bot/message/{message}/content``."""
        message_id = request.match_info["message"]
        self.asked.append(message_id)
        body = self._bodies.get(message_id)
        if (fault := self.faults.next()) is not None:
            return await self._spoilt(request, fault.trouble, body or b"")
        if message_id in self._taken_back:
            return web.json_response({"message": "Gone"}, status=410)
        if body is None:
            return web.json_response({"message": "Not found"}, status=404)
        if self.not_ready.get(message_id, 0) > 0:
            self.not_ready[message_id] -= 1
            return web.Response(status=202)
        # The name of the type is the sender's word, as everywhere.
        return web.Response(body=body, content_type="image/jpeg")

    async def _spoilt(self, request: web.Request, trouble: Trouble, body: bytes) -> web.StreamResponse:
        if trouble is not Trouble.DISCONNECT_AFTER:
            return web.json_response({"message": "Trouble"}, status=_STATUSES.get(trouble, 500))
        response = web.StreamResponse(headers={"Content-Type": "image/jpeg", "Content-Length": str(len(body))})
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.abort()
        return response
