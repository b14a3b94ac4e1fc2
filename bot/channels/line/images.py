"""Pictures of LINE messages, through the official SDK's blob client.

Promise: no more than ``LARGEST_IMAGE`` is ever read of an answer, whatever its header says, and the result tells
"not ready yet" (202), "gone" (410 after the customer took it back, 404 after LINE dropped it) and passing
trouble apart.

The SDK cannot hand out an answer unread: with ``_preload_content=False`` its own client stumbles over the object
that it gets.  So the transport below it reads, with a limit.
"""

from __future__ import annotations

from typing import Any

import aiohttp
from linebot.v3.messaging import ApiException, AsyncMessagingApiBlob
from linebot.v3.messaging.async_rest import RESTClientObject, RESTResponse

from bot.channels.base import LARGEST_IMAGE, Fetch, Fetched
from bot.channels.line.client import LineClient
from bot.channels.line.tokens import AccessTokens, NoAccessToken
from dialogs.personal import Personal

_PART = 64 * 1024
#: LINE never hands these out later.
_FOR_GOOD = frozenset({400, 403, 404, 410})


class _TooLarge(Exception):
    """The answer is longer than what is taken."""


class _LimitedRest(RESTClientObject):  # type: ignore[misc]
    """The SDK's transport, which stops reading at the limit and reads no body but that of a 200."""

    async def request(self, *arguments: Any, **named: Any) -> RESTResponse:
        answer = await super().request(*arguments, **{**named, "_preload_content": False})
        body = bytearray()
        try:
            if answer.status == 200:
                async for part in answer.content.iter_chunked(_PART):
                    body += part
                    if len(body) > LARGEST_IMAGE:
                        raise _TooLarge
        finally:
            # What was not read to its end is not worth keeping the connection for.
            answer.close()
        response = RESTResponse(answer, bytes(body))
        if not 200 <= answer.status <= 299:
            raise ApiException(http_resp=response)
        return response


class LineImages:
    """Fetches pictures, with a connection pool of its own: they come from another host than the rest."""

    def __init__(self, data_api_base: str, tokens: AccessTokens, *, time_out: float = 30.0) -> None:
        self._host = data_api_base
        self._tokens = tokens
        self._time_out = aiohttp.ClientTimeout(total=time_out, connect=min(3.0, time_out))
        self._client: LineClient | None = None

    async def start(self) -> None:
        """Open the connection pool inside the running loop."""
        self._client = LineClient(self._host, self._tokens)
        unlimited, self._client.rest_client = self._client.rest_client, _LimitedRest(self._client.configuration)
        await unlimited.close()

    async def close(self) -> None:
        """Close it."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def fetch(self, message_id: Personal) -> Fetched:
        """The picture of a message; never raises for anything LINE does."""
        if self._client is None:
            raise RuntimeError("the LINE channel is not started")
        try:
            answer = await AsyncMessagingApiBlob(self._client).get_message_content_with_http_info(
                message_id.reveal(),
                _request_timeout=self._time_out,
                # A compressed answer could be larger than what is read of it.
                _headers={"Accept-Encoding": "identity"},
            )
        except _TooLarge:
            return Fetched(outcome=Fetch.TOO_LARGE)
        except ApiException as problem:
            outcome = Fetch.GONE if problem.status in _FOR_GOOD else Fetch.RETRY
            return Fetched(outcome=outcome, detail=str(problem.status))
        except (NoAccessToken, aiohttp.ClientError, TimeoutError) as problem:
            return Fetched(outcome=Fetch.RETRY, detail=type(problem).__name__)
        finally:
            # The SDK would hold on to a customer's picture until the next one comes.
            self._client.last_response = None
        if answer.status_code != 200:
            return Fetched(outcome=Fetch.NOT_READY, detail=str(answer.status_code))
        return Fetched(outcome=Fetch.GOT, body=answer.data)
