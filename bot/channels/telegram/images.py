"""Pictures of Telegram messages: getFile, then the file behind it, through the library's own client.

Promise: no more than ``LARGEST_IMAGE`` is ever read, whatever Telegram says of the size before, and nothing but
what the configured server hands out over HTTP: the library would also read a local path that a server names.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
from telegram import Bot
from telegram.error import BadRequest, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.base import LARGEST_IMAGE, Fetch, Fetched
from dialogs.personal import Personal


class _TooLarge(Exception):
    """The file is longer than what is taken."""


class _Limited(httpx.AsyncByteStream):
    """The bytes of an answer, until the limit."""

    def __init__(self, stream: httpx.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for part in self._stream:
            read += len(part)
            if read > LARGEST_IMAGE:
                raise _TooLarge
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _limit(answer: httpx.Response) -> None:
    assert isinstance(answer.stream, httpx.AsyncByteStream)
    answer.stream = _Limited(answer.stream)


class TelegramImages:
    """Fetches pictures, with a connection pool of its own whose answers are limited."""

    def __init__(self, token: str, api_base: str, *, time_out: float = 30.0) -> None:
        self._request = HTTPXRequest(
            connection_pool_size=8,
            read_timeout=time_out,
            write_timeout=time_out,
            connect_timeout=min(3.0, time_out),
            pool_timeout=time_out,
            # A compressed answer could be larger than what is read of it.
            httpx_kwargs={"event_hooks": {"response": [_limit]}, "headers": {"Accept-Encoding": "identity"}},
        )
        self._files = f"{api_base}/file/bot"
        self._bot = Bot(token, base_url=f"{api_base}/bot", base_file_url=self._files, request=self._request)

    async def start(self) -> None:
        """Open the connection pool inside the running loop."""
        await self._request.initialize()

    async def close(self) -> None:
        """Close it."""
        await self._request.shutdown()

    async def fetch(self, file_id: Personal) -> Fetched:
        """The picture behind a file id; never raises for anything Telegram does."""
        try:
            file = await self._bot.get_file(file_id.reveal())
            if (file.file_size or 0) > LARGEST_IMAGE:
                return Fetched(outcome=Fetch.TOO_LARGE)
            if not (file.file_path or "").startswith(self._files):
                return Fetched(outcome=Fetch.RETRY, detail="no address")
            return Fetched(outcome=Fetch.GOT, body=bytes(await file.download_as_bytearray()))
        except RetryAfter as problem:
            wait = problem.retry_after
            seconds = wait if isinstance(wait, timedelta) else timedelta(seconds=float(wait))
            return Fetched(outcome=Fetch.RETRY, retry_after=seconds, detail="RetryAfter")
        except BadRequest as problem:
            return Fetched(outcome=_refused(problem.message), detail="BadRequest")
        except TelegramError as problem:
            # A link that has run out (404), 401, 5xx, silence: the next try asks for a new link.
            too_large = isinstance(problem.__cause__, _TooLarge)
            return Fetched(outcome=Fetch.TOO_LARGE if too_large else Fetch.RETRY, detail=type(problem).__name__)


def _refused(words: str) -> Fetch:
    if "too big" in words.lower():
        return Fetch.TOO_LARGE
    return Fetch.RETRY if "temporarily unavailable" in words.lower() else Fetch.GONE
