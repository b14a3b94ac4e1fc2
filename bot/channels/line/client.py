"""The SDK's client with a token that is asked for at each call, and once more where LINE refuses it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.request import getproxies

from aiohttp import ClientTimeout
from linebot.v3.messaging import ApiException, AsyncApiClient, Configuration
from linebot.v3.messaging.models import Message as LineMessage
from pydantic.v1 import BaseModel

from bot.channels.line.tokens import AccessTokens


class _Plain(dict[str, Any]):
    """A body that is plain data already."""


class LineClient(AsyncApiClient):  # type: ignore[misc]
    """One connection pool; make it inside the running loop and close it there."""

    def __init__(self, api_base: str, tokens: AccessTokens) -> None:
        # At DEBUG the SDK writes whole answers into the log.
        logging.getLogger("linebot.v3.messaging").setLevel(logging.WARNING)
        # The SDK wants some token from the start; the one of each call replaces it.
        super().__init__(Configuration(host=api_base.rstrip("/"), access_token=""))
        self._tokens = tokens
        if not getproxies():
            # Without a proxy there is nothing in the environment to ask for; it costs two threads each call.
            self.rest_client.pool_manager._trust_env = False

    def sanitize_for_serialization(self, obj: Any) -> Any:
        """The body of a call as plain data: the same as the SDK's, which walks each object once for every depth."""
        if isinstance(obj, BaseModel):
            return obj.dict(by_alias=True, exclude_none=True)
        return obj if isinstance(obj, _Plain) else super().sanitize_for_serialization(obj)

    async def send(
        self,
        to: Mapping[str, Any],
        messages: Sequence[LineMessage],
        time_out: ClientTimeout,
        *,
        retry_key: str | None,
        call: str = "push",
    ) -> str:
        """Push drawn messages (``call``: to one or, as a multicast, to many) under a key, or reply with them without.

        Gives LINE's answer as it is.

        The SDK's own methods do the same call, but look through the drawn objects twice more and make objects of the
        answer: together that takes longer than the call.
        """
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        answer = await self.call_api(
            "/v2/bot/message/reply" if retry_key is None else f"/v2/bot/message/{call}",
            "POST",
            header_params=headers if retry_key is None else {**headers, "X-Line-Retry-Key": retry_key},
            body=_Plain(to, messages=[message.dict(by_alias=True, exclude_none=True) for message in messages]),
            response_types_map={},
            _request_timeout=time_out,
        )
        return str(answer.raw_data)

    async def notify(self, to: str, messages: Sequence[LineMessage], time_out: ClientTimeout, *, tag: str) -> None:
        """Push drawn messages to a hashed telephone number; LINE knows no retry key here."""
        await self.call_api(
            "/bot/pnp/push",
            "POST",
            header_params={"Content-Type": "application/json", "X-Line-Delivery-Tag": tag},
            body=_Plain({"to": to}, messages=[one.dict(by_alias=True, exclude_none=True) for one in messages]),
            response_types_map={},
            _request_timeout=time_out,
        )

    async def call_api(self, *arguments: Any, **options: Any) -> Any:
        """One call; raises ``NoAccessToken`` where there is nothing to call LINE with."""
        token = await self._tokens.current()
        try:
            return await self._with(token, *arguments, **options)
        except ApiException as problem:
            # Refused before anything was done, so the same call may be made again.
            other = await self._tokens.after_refusal(token) if problem.status == 401 else None
            if other is None:
                raise
        return await self._with(other, *arguments, **options)

    def _with(self, token: str, *arguments: Any, **options: Any) -> Any:
        # Some calls take the one and some the other; read before anybody else has a turn.
        self.set_default_header("Authorization", f"Bearer {token}")
        self.configuration.access_token = token
        return super().call_api(*arguments, **options)
