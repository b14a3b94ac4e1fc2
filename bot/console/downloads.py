"""Files that staff take along: sent once, under a name that says nothing of a customer, and kept nowhere."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import BinaryIO

from aiohttp import web

from bot.console.context import Visit

_CHUNK = 256 * 1024
_TYPES = {".zip": "application/zip", ".csv": "text/csv", ".xlsx": "application/octet-stream"}


async def send_once(visit: Visit, path: Path, name: str) -> web.StreamResponse:
    """Send the file under ``name`` and the time, and keep no copy of it."""
    # Closed here and not in a thread: a handler that is cancelled at the end would not wait for it.
    with await asyncio.to_thread(_take, path) as stream:
        return await _send(visit, name, path.suffix, stream)


def _take(path: Path) -> BinaryIO:
    """Open the file and remove its name: whatever happens to the download, no copy stays behind."""
    stream = path.open("rb")
    path.unlink()
    return stream


async def _send(visit: Visit, name: str, suffix: str, stream: BinaryIO) -> web.StreamResponse:
    console = visit.console
    made = console.universe.now().astimezone(console.zone)
    response = web.StreamResponse(
        headers={
            "Content-Type": _TYPES.get(suffix, "application/octet-stream"),
            "Content-Disposition": f'attachment; filename="{name}-{made:%Y%m%d-%H%M}{suffix}"',
            "Content-Length": str(os.fstat(stream.fileno()).st_size),
        }
    )
    await response.prepare(visit.request)
    while chunk := await asyncio.to_thread(stream.read, _CHUNK):
        await response.write(chunk)
    await response.write_eof()
    return response
