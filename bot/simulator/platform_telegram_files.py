"""The stand-in's store of files: ``getFile`` and the download behind the link that it gives.

Promise: it refuses what Telegram refuses (an unknown id, a file above 20 MB) and a link ends after an hour by the
clock that is given in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from bot.simulator.faults import Faults, Trouble
from bot.simulator.platform_telegram_rules import Refused

_LARGEST = 20 * 1024 * 1024
_LINK_LIFE = timedelta(hours=1)


@dataclass
class _File:
    file_id: str
    body: bytes = field(repr=False)
    #: Until when the last link is good.
    link_until: datetime | None = None


class TelegramFiles:
    """What was sent, by file id."""

    def __init__(self, token: str, *, now: Callable[[], datetime]) -> None:
        self._token = token
        self._now = now
        #: Troubles of the next calls (``getFile`` and downloads alike), one each.
        self.faults = Faults()
        #: The ids that ``getFile`` was asked for, in order.
        self.asked: list[str] = []
        self._files: dict[str, _File] = {}

    def put(self, body: bytes) -> str:
        """Somebody sent this; its id."""
        file_id = f"file-{len(self._files) + 1}"
        self._files[file_id] = _File(file_id, body)
        return file_id

    async def getfile(self, parameters: dict[str, Any]) -> Any:
        """The method ``getFile``."""
        file_id = str(parameters.get("file_id"))
        self.asked.append(file_id)
        if (fault := self.faults.next()) is not None:
            if fault.trouble is Trouble.RATE:
                words = f"Too Many Requests: retry after {fault.retry_after}"
                raise Refused(429, words, retry_after=fault.retry_after)
            raise Refused(500, "Internal Server Error")
        file = self._files.get(file_id)
        if file is None:
            raise Refused(400, "Bad Request: invalid file_id")
        if len(file.body) > _LARGEST:
            raise Refused(400, "Bad Request: file is too big")
        file.link_until = self._now() + _LINK_LIFE
        path = f"photos/{file.file_id}.jpg"
        about = {"file_id": file.file_id, "file_unique_id": f"unique-{file.file_id}", "file_size": len(file.body)}
        return {**about, "file_path": path}

    async def download(self, request: web.Request) -> web.StreamResponse:
        """``GET /file/bot{token}/photos/{file}.jpg``."""
        file = self._files.get(request.match_info["file"])
        if (fault := self.faults.next()) is not None and fault.trouble is not Trouble.DISCONNECT_AFTER:
            return web.json_response({"ok": False, "error_code": 502, "description": "Bad Gateway"}, status=502)
        known = file is not None and file.link_until is not None and self._now() < file.link_until
        if request.match_info["token"] != self._token or file is None or not known:
            return web.json_response({"ok": False, "error_code": 404, "description": "Not Found"}, status=404)
        if fault is None:
            return web.Response(body=file.body, content_type="application/octet-stream")
        response = web.StreamResponse(headers={"Content-Length": str(len(file.body))})
        await response.prepare(request)
        await response.write(file.body[: len(file.body) // 2])
        if request.transport is not None:
            request.transport.abort()
        return response
