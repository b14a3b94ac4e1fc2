"""The library's calls over aiohttp: what is known of a call that failed, and what its error may say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from telegram.error import NetworkError, TimedOut

from bot.channels.telegram.request import NOT_SENT, AiohttpRequest

SECRET = "bot7:token"


@asynccontextmanager
async def server(said: bytes | None) -> AsyncIterator[str]:
    """Says this to every call, or nothing; its address."""
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if said is None:
            await over.wait()
        else:
            writer.write(said)
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/{SECRET}/getMe"
    finally:
        over.set()
        listening.close()


@asynccontextmanager
async def client(time_out: float = 0.05) -> AsyncIterator[AiohttpRequest]:
    made = AiohttpRequest(connections=1, time_out=time_out)
    async with made:
        yield made


async def test_a_call_that_found_no_free_connection_was_not_sent() -> None:
    async with server(None) as url, client() as request:
        first = asyncio.create_task(request.post(url, read_timeout=30))
        await asyncio.sleep(0)
        with pytest.raises(TimedOut) as failed:
            await request.post(url, read_timeout=30)
        first.cancel()
    assert isinstance(failed.value.__cause__, NOT_SENT)
    assert SECRET not in str(failed.value)


async def test_a_call_without_an_answer_may_have_arrived() -> None:
    async with server(None) as url, client() as request:
        with pytest.raises(TimedOut) as failed:
            await request.post(url)
    assert not isinstance(failed.value.__cause__, NOT_SENT)


async def test_a_broken_answer_says_nothing_of_the_address() -> None:
    async with server(b"nothing of HTTP") as url, client(5) as request:
        with pytest.raises(NetworkError) as failed:
            await request.post(url)
    assert not isinstance(failed.value.__cause__, NOT_SENT)
    assert SECRET not in str(failed.value)


async def test_nobody_is_followed_elsewhere() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    async with server(moved) as url, client(5) as request:
        assert (await request.do_request(url, "POST"))[0] == 302
