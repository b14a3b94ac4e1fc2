"""As little HTTP as a load generator needs, so that the machine's time goes to what is measured.

One request at a time on a connection, bodies with a length; both sides keep their connections open.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

#: Method, path, body -> status and JSON of the answer.
Answering = Callable[[str, str, bytes], tuple[int, bytes]]


class Connection(asyncio.Protocol):
    """The client's side of one connection."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[int] | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._transport = transport

    def request(self, data: bytes) -> asyncio.Future[int]:
        """Send a request; the status of its answer."""
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return self._waiting

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if end and len(body) >= _length(head) and self._waiting is not None and not self._waiting.done():
            self._buffer = b""
            self._waiting.set_result(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(0)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Client:
    """Connections to one server, as many as are asked for at a time."""

    def __init__(self, host: str, port: int) -> None:
        self._place = (host, port)
        self._idle: list[Connection] = []

    async def post(self, path: str, headers: str, body: bytes) -> int:
        """The status; 0 where the connection broke."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                break
        else:
            loop = asyncio.get_running_loop()
            try:
                _, connection = await loop.create_connection(Connection, *self._place)
            except OSError:
                return 0
        head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        status = await connection.request(head.encode() + body)
        self._idle.append(connection)
        return status

    def close(self) -> None:
        for connection in self._idle:
            connection.close()


class Served(asyncio.Protocol):
    """The server's side of one connection."""

    def __init__(self, answer: Answering) -> None:
        self._answer = answer
        self._transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            head, end, body = self._buffer.partition(b"\r\n\r\n")
            length = _length(head) if end else 0
            if not end or len(body) < length:
                return
            self._buffer = body[length:]
            method, path, _ = head.split(b" ", 2)
            status, said = self._answer(method.decode(), path.decode(), body[:length])
            assert self._transport is not None
            self._transport.write(
                b"HTTP/1.1 %d -\r\nContent-Type: application/json\r\nx-line-request-id: bench\r\n"
                b"Content-Length: %d\r\n\r\n" % (status, len(said)) + said
            )


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
