"""LINE as a ``Channel``, through the official SDK's asynchronous client.

Promise: signed webhooks come in as neutral events; messages go out as the free reply while there is
a token, else as a push whose retry key is the caller's from the first try, and however LINE answers
the result says whether the customer may have it.  ``send`` does not raise for anything LINE does.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import aiohttp
import structlog
from linebot.v3.messaging import (
    ApiException,
    AsyncMessagingApi,
    ShowLoadingAnimationRequest,
    TextMessage,
)
from linebot.v3.messaging.models import Message as LineMessage
from pydantic.v1 import ValidationError

from bot.channels.base import Fetched, Inbound, InboundKind, Outcome, Recipient, Sent
from bot.channels.choices import DoesNotFit
from bot.channels.limits import LINE
from bot.channels.line.asking import ask, of_exception
from bot.channels.line.bank_page import make_addresses
from bot.channels.line.client import LineClient
from bot.channels.line.drawing import render_all
from bot.channels.line.images import LineImages
from bot.channels.line.inbound import CHANNEL, check_signature, parse
from bot.channels.line.outcomes import outcome_of_silence, read_answer, sent_ids
from bot.channels.line.tokens import AccessTokens, LongLivedToken, NoAccessToken
from bot.channels.menus import MENU_REF
from dialogs.conversation.prompts import Message
from dialogs.personal import Personal

log = structlog.get_logger(__name__)

#: What a call may end with that is not its purpose: only sending has to know more.
_FAILURES = (ApiException, NoAccessToken, aiohttp.ClientError, TimeoutError)
_LOADING_SECONDS = 20
_ACCEPTED = frozenset({Outcome.SENT, Outcome.ACCEPTED_BEFORE})


class LineChannel:
    """One LINE official account."""

    name = CHANNEL
    limits = LINE
    pushes_once = True

    def __init__(
        self,
        secret: str,
        access: str | AccessTokens,
        api_base: str = "https://api.line.me",
        data_api_base: str = "https://api-data.line.me",
        *,
        now: Callable[[], datetime],
        time_out: float = 10.0,
        alt_if_none: str = "…",
        bank_page: str = "",
    ) -> None:
        self._secret = secret
        self._tokens = LongLivedToken(access) if isinstance(access, str) else access
        self._api_base = api_base
        #: Where images and files are fetched from; the SDK's blob client takes it as its host.
        self.data_api_base = data_api_base.rstrip("/")
        self._images = LineImages(self.data_api_base, self._tokens)
        self._now = now
        # The SDK's own default is five minutes.
        self._seconds = time_out
        self._time_out = aiohttp.ClientTimeout(total=time_out, connect=min(3.0, time_out))
        self._alt_if_none = alt_if_none
        #: The bank's login page; without one no button leads there.
        self._bank_page = bank_page
        self._client: LineClient | None = None

    async def start(self) -> None:
        """Open the connection pool inside the running loop."""
        self._client = LineClient(self._api_base, self._tokens)
        await self._images.start()

    async def close(self) -> None:
        """Close it."""
        await self._images.close()
        if self._client is not None:
            await self._client.close()
            self._client = None
        await self._tokens.give_back()

    @property
    def api(self) -> AsyncMessagingApi:
        """The SDK's client, for what ``channels connect`` and ``channels status`` ask."""
        return AsyncMessagingApi(self._started)

    @property
    def _started(self) -> LineClient:
        if self._client is None:
            raise RuntimeError("the LINE channel is not started")
        return self._client

    def data_client(self) -> LineClient:
        """A client of the host that pictures go to and come from; the caller closes it."""
        return LineClient(self.data_api_base, self._tokens)

    def receive(self, headers: Mapping[str, str], body: bytes) -> list[Inbound]:
        """The events of a webhook; raises ``WrongSignature`` or ``UnreadableBody``."""
        check_signature(self._secret, headers, body)
        return parse(body, self._now())

    async def send(
        self,
        recipient: Recipient,
        messages: Sequence[Message],
        *,
        reply_token: Personal | None,
        retry_key: str,
    ) -> Sent:
        """Send ``messages`` in one call; ids are those of the object that carries the buttons of each message."""
        if len(messages) > self.limits.messages_per_call or not messages:
            raise ValueError(f"1 to {self.limits.messages_per_call} messages a call, not {len(messages)}")
        if any(message.links for message in messages):
            messages = await make_addresses(self.api, self._bank_page, recipient.user_id, messages, self._seconds)
        try:
            drawn = render_all(messages, recipient.conversation_ref, alt_if_none=self._alt_if_none)
        except (DoesNotFit, ValidationError) as problem:
            return Sent(outcome=Outcome.REJECTED, detail=f"not drawn: {type(problem).__name__}")
        objects = [part for parts in drawn for part in parts]
        most = self.limits.messages_per_call
        if reply_token is not None and len(objects) <= most:
            return _of_messages(await self._reply(reply_token, objects), drawn)
        # A reply cannot be continued and cannot be repeated; what needs several calls is pushed
        # in parts, each with a key of its own, so that a second try continues where the first ended.
        ids: list[str] = []
        outcomes: list[Outcome] = []
        for at in range(0, len(objects), most):
            key = retry_key if at == 0 else str(uuid.uuid5(uuid.UUID(retry_key), str(at)))
            result = await self._push(recipient, objects[at : at + most], key)
            if result.outcome not in _ACCEPTED:
                return result
            outcomes.append(result.outcome)
            ids.extend(result.provider_ids)
        outcome = Outcome.SENT if Outcome.SENT in outcomes else Outcome.ACCEPTED_BEFORE
        return _of_messages(Sent(outcome=outcome, provider_ids=tuple(ids)), drawn)

    async def send_to_many(self, users: Sequence[Personal], message: Message, *, retry_key: str) -> Sent:
        """One multicast; LINE's answer to it names no messages."""
        if not 1 <= len(users) <= self.limits.people_per_call:
            raise ValueError(f"1 to {self.limits.people_per_call} people a call, not {len(users)}")
        try:
            (objects,) = render_all([message], MENU_REF, alt_if_none=self._alt_if_none)
        except (DoesNotFit, ValidationError) as problem:
            return Sent(outcome=Outcome.REJECTED, detail=f"not drawn: {type(problem).__name__}")
        if message.links or len(objects) > self.limits.messages_per_call:
            return Sent(outcome=Outcome.REJECTED, detail="not the same for all, or more than one call")
        to = {"to": [user.reveal() for user in users]}
        call = self._started.send(to, objects, self._time_out, retry_key=retry_key, call="multicast")
        return await self._outcome(call, reply=False)

    async def change(self, recipient: Recipient, message: Message, provider_id: str) -> Sent:
        """LINE changes nothing that was sent."""
        return Sent(outcome=Outcome.GONE, detail="LINE cannot change a message")

    async def acknowledge(self, inbound: Inbound) -> None:
        """Leave a group or room that the bot was taken into; LINE shows no spinner for a tap."""
        if inbound.kind is not InboundKind.GROUP or not inbound.user_id:
            return
        where = inbound.user_id.reveal()
        leave = self.api.leave_room if where.startswith("R") else self.api.leave_group
        try:
            await leave(where, _request_timeout=self._time_out)
        except _FAILURES as problem:
            log.warning("line.leave_failed", problem=type(problem).__name__)

    async def fetch_image(self, ref: Personal) -> Fetched:
        """The picture of a message, by the message's id."""
        return await self._images.fetch(ref)

    async def quota(self, time_out: float = 10.0) -> tuple[int | None, int]:
        """Messages allowed (``None``: no limit) and used this month; raises ``NotDone``."""
        allowed = await ask(self.api.get_message_quota, time_out=time_out)
        used = await ask(self.api.get_message_quota_consumption, time_out=time_out)
        return (allowed.value if allowed.type == "limited" else None), used.total_usage

    async def show_waiting(self, user_id: Personal) -> None:
        """The loading animation, until the answer comes or its seconds are over."""
        await self.show_loading(user_id, _LOADING_SECONDS)

    async def show_loading(self, user_id: Personal, seconds: int) -> None:
        """Show that an answer is coming; LINE takes 5 to 60 seconds in steps of five."""
        shown = min(60, max(5, seconds - seconds % 5))
        request = ShowLoadingAnimationRequest(chat_id=user_id.reveal(), loading_seconds=shown)
        try:
            await self.api.show_loading_animation(request, _request_timeout=self._time_out)
        except _FAILURES as problem:
            log.info("line.loading_failed", problem=type(problem).__name__)

    async def _reply(self, reply_token: Personal, objects: list[LineMessage]) -> Sent:
        return await self._call({"replyToken": reply_token.reveal()}, objects, None)

    async def _push(self, recipient: Recipient, objects: list[LineMessage], retry_key: str) -> Sent:
        return await self._call({"to": recipient.user_id.reveal()}, objects, retry_key)

    async def notify(self, hashed: Personal, text: str, *, tag: str) -> Sent:
        """Send a text to a telephone number (LINE notification message); what may have arrived is uncertain."""
        call = self._started.notify(hashed.reveal(), [TextMessage(text=text)], self._time_out, tag=tag)
        return await self._outcome(call, reply=True)

    async def _call(self, to: Mapping[str, str], objects: list[LineMessage], retry_key: str | None) -> Sent:
        call = self._started.send(to, objects, self._time_out, retry_key=retry_key)
        return await self._outcome(call, reply=retry_key is None)

    async def _outcome(self, call: Awaitable[str | None], *, reply: bool) -> Sent:
        """How a call ended; ``reply``: where it cannot be repeated under the same key."""
        try:
            answer = await call
        except NoAccessToken as problem:
            return Sent(outcome=Outcome.RETRY, detail=str(problem))
        except ApiException as problem:
            return of_exception(problem, reply=reply)
        except UnicodeDecodeError as problem:
            # The SDK stumbles over the bytes of an answer; what it was decoding tells the status.
            if isinstance(problem.__context__, ApiException):
                return of_exception(problem.__context__, reply=reply)
            return Sent(outcome=Outcome.SENT, detail="answer not readable")
        except aiohttp.ClientConnectorError as problem:
            return outcome_of_silence(problem, connected=False, reply=reply)
        except (aiohttp.ClientError, TimeoutError) as problem:
            return outcome_of_silence(problem, connected=True, reply=reply)
        # In whatever shape the answer is: the message was taken, and must not be sent again.
        return Sent(outcome=Outcome.SENT, provider_ids=sent_ids(read_answer(answer or "")))


def _of_messages(sent: Sent, drawn: Sequence[Sequence[LineMessage]]) -> Sent:
    """One id a message: that of its last object; none when LINE named fewer ids than objects."""
    if len(sent.provider_ids) != sum(len(parts) for parts in drawn):
        return replace(sent, provider_ids=())
    last = -1
    ids = []
    for parts in drawn:
        last += len(parts)
        ids.append(sent.provider_ids[last])
    return replace(sent, provider_ids=tuple(ids))
