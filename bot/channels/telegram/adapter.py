"""Telegram as a ``Channel``, through python-telegram-bot's ``Bot`` (no ``Application``, no state in the library).

Promise: updates come in as neutral events, by webhook or by polling; messages go out protected
against forwarding, and however Telegram answers the result says whether the customer may have it.
Telegram deduplicates nothing, so what may have arrived is ``UNCERTAIN`` and never sent again here.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from telegram import Bot, LinkPreviewOptions
from telegram.constants import ChatAction
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError, TimedOut

from bot.channels.base import Fetched, Inbound, InboundKind, Outcome, Recipient, Sent
from bot.channels.choices import DoesNotFit
from bot.channels.limits import TELEGRAM
from bot.channels.telegram.drawing import Part, render
from bot.channels.telegram.images import TelegramImages
from bot.channels.telegram.inbound import CHANNEL, check_secret, parse
from bot.channels.telegram.request import NOT_SENT, AiohttpRequest
from dialogs.conversation.prompts import Message, MessageKind
from dialogs.personal import Personal

log = structlog.get_logger(__name__)

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class TelegramChannel:
    """One Telegram bot."""

    name = CHANNEL
    pushes_once = False

    def __init__(
        self,
        token: str,
        username: str,
        secret_token: str,
        api_base: str = "https://api.telegram.org",
        *,
        now: Callable[[], datetime],
        time_out: float = 10.0,
        text_if_none: str = "…",
        calls_per_second: int = TELEGRAM.calls_per_second,
    ) -> None:
        self.limits = replace(TELEGRAM, calls_per_second=calls_per_second)
        self._token = token
        self.username = username
        self._secret_token = secret_token
        self._api_base = api_base.rstrip("/")
        self.now = now
        self._time_out = time_out
        self._text_if_none = text_if_none
        #: The number before the colon of a token is the bot's id.
        self.bot_id = token.split(":", 1)[0]
        self._bot: Bot | None = None
        self._pools: tuple[AiohttpRequest, ...] = ()
        self._images = TelegramImages(token, self._api_base)

    async def start(self) -> None:
        """Open the connection pool inside the running loop; asks Telegram nothing."""
        # Without this switch the library warns each time it meets a flood wait.
        os.environ.setdefault("PTB_TIMEDELTA", "1")
        # httpx (pictures) writes each URL at INFO, and the URL holds the token; the library writes texts at DEBUG.
        for noisy in ("httpx", "httpcore", "telegram"):
            logging.getLogger(noisy).setLevel(logging.WARNING)

        polls, sends = (AiohttpRequest(connections=32, time_out=self._time_out) for _ in range(2))
        self._bot = Bot(
            self._token,
            base_url=f"{self._api_base}/bot",
            base_file_url=f"{self._api_base}/file/bot",
            request=sends,
            get_updates_request=polls,
        )
        # Bot.initialize() would ask getMe and refuse to start while Telegram is down.
        self._pools = (sends, polls)
        for pool in self._pools:
            await pool.initialize()
        await self._images.start()

    async def close(self) -> None:
        """Close it."""
        await self._images.close()
        for pool in self._pools:
            await pool.shutdown()
        self._pools = ()
        self._bot = None

    @property
    def bot(self) -> Bot:
        """The library's client, for polling and for what ``channels connect`` and ``status`` ask."""
        if self._bot is None:
            raise RuntimeError("the Telegram channel is not started")
        return self._bot

    def receive(self, headers: Mapping[str, str], body: bytes) -> list[Inbound]:
        """The event of a webhook; raises ``WrongSignature`` or ``UnreadableBody``."""
        check_secret(self._secret_token, headers)
        return [parse(body, self.bot_id, self.now())]

    async def send(
        self,
        recipient: Recipient,
        messages: Sequence[Message],
        *,
        reply_token: Personal | None,
        retry_key: str,
    ) -> Sent:
        """Send one message; its id is that of the part with the keyboard."""
        if len(messages) != self.limits.messages_per_call:
            raise ValueError(f"{self.limits.messages_per_call} message a call, not {len(messages)}")
        try:
            parts = render(messages[0], recipient.conversation_ref, text_if_none=self._text_if_none)
        except DoesNotFit as problem:
            return Sent(outcome=Outcome.REJECTED, detail=f"not drawn: {problem}")
        last = ""
        for at, part in enumerate(parts):
            result = await self._send(recipient, part)
            if result.outcome is Outcome.RETRY and at:
                # The first parts stand in the chat; trying all again would say them twice.
                return Sent(outcome=Outcome.UNCERTAIN, detail=f"part {at + 1} of {len(parts)}: {result.detail}")
            if result.outcome is not Outcome.SENT:
                return result
            last = result.provider_ids[0] if result.provider_ids else ""
        return Sent(outcome=Outcome.SENT, provider_ids=(last,) if last else ())

    async def fetch_image(self, ref: Personal) -> Fetched:
        """The picture behind a file id."""
        return await self._images.fetch(ref)

    async def send_to_many(self, users: Sequence[Personal], message: Message, *, retry_key: str) -> Sent:
        """Telegram takes one call for each chat."""
        return Sent(outcome=Outcome.REJECTED, detail="Telegram takes one chat a call")

    async def change(self, recipient: Recipient, message: Message, provider_id: str) -> Sent:
        """Edit the message with the keyboard; the same edit twice is one, so what may have arrived is tried again."""
        try:
            parts = render(message, recipient.conversation_ref, text_if_none=self._text_if_none)
        except DoesNotFit as problem:
            return Sent(outcome=Outcome.REJECTED, detail=f"not drawn: {problem}")
        chat, number = int(recipient.user_id.reveal()), int(provider_id)
        try:
            if len(parts) == 1:
                await self.bot.edit_message_text(
                    parts[0].text,
                    chat_id=chat,
                    message_id=number,
                    reply_markup=parts[0].inline,
                    link_preview_options=_NO_PREVIEW,
                )
            elif message.kind is MessageKind.SETTLED:
                # Too long for one message: its buttons go, its words stay.
                await self.bot.edit_message_reply_markup(chat_id=chat, message_id=number)
            else:
                return Sent(outcome=Outcome.GONE, detail=f"{len(parts)} parts")
        except TelegramError as problem:
            return self._outcome_of_change(problem, provider_id)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            detail = f"answer not as described: {type(problem).__name__}"
            return Sent(outcome=Outcome.SENT, provider_ids=(provider_id,), detail=detail)
        return Sent(outcome=Outcome.SENT, provider_ids=(provider_id,))

    def _outcome_of_change(self, problem: TelegramError, provider_id: str) -> Sent:
        if isinstance(problem, BadRequest) and "not modified" in problem.message.lower():
            return Sent(outcome=Outcome.SENT, provider_ids=(provider_id,), detail="as it was")
        ended = self._outcome(problem)
        kinds = {Outcome.REJECTED: Outcome.GONE, Outcome.UNCERTAIN: Outcome.RETRY}
        return replace(ended, outcome=kinds.get(ended.outcome, ended.outcome))

    async def acknowledge(self, inbound: Inbound) -> None:
        """End the spinner of a tap; leave a group that the bot was taken into.  Failures are only logged."""
        try:
            if inbound.callback_id is not None:
                await self.bot.answer_callback_query(inbound.callback_id)
            if inbound.kind is InboundKind.GROUP and inbound.user_id:
                await self.bot.leave_chat(int(inbound.user_id.reveal()))
        except TelegramError as problem:
            # "query is too old" among others: the turn has been taken all the same.
            log.info("telegram.not_acknowledged", problem=type(problem).__name__)

    async def show_waiting(self, user_id: Personal) -> None:
        """ "Typing", for five seconds or until the answer comes."""
        try:
            await self.bot.send_chat_action(int(user_id.reveal()), ChatAction.TYPING)
        except TelegramError as problem:
            log.info("telegram.typing_failed", problem=type(problem).__name__)

    async def _send(self, recipient: Recipient, part: Part) -> Sent:
        try:
            message = await self.bot.send_message(
                chat_id=int(recipient.user_id.reveal()),
                text=part.text,
                reply_markup=part.keyboard,
                protect_content=True,
                link_preview_options=_NO_PREVIEW,
            )
        except TelegramError as problem:
            return self._outcome(problem)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            # Telegram said "ok"; only its picture of the message has a shape the library cannot read.
            return Sent(outcome=Outcome.SENT, detail=f"answer not as described: {type(problem).__name__}")
        return Sent(outcome=Outcome.SENT, provider_ids=(str(message.message_id),))

    def _outcome(self, problem: TelegramError) -> Sent:
        """BadRequest and TimedOut are NetworkErrors to the library, so they are asked first."""
        detail = self.words_of(problem)
        match problem:
            case RetryAfter():
                wait = _seconds(problem.retry_after)
                return Sent(outcome=Outcome.RETRY, retry_after=wait, too_fast=True, detail=detail)
            case Forbidden():
                return Sent(outcome=Outcome.BLOCKED, detail=detail)
            case BadRequest() | ChatMigrated():
                return Sent(outcome=Outcome.REJECTED, detail=detail)
            case NetworkError() if isinstance(problem.__cause__, NOT_SENT):
                return Sent(outcome=Outcome.RETRY, detail=detail)
            case TimedOut():
                return Sent(outcome=Outcome.UNCERTAIN, detail=detail)
            case NetworkError() if not isinstance(problem.__cause__, TelegramError | None):
                # The connection broke after the request had left; no status was seen.
                return Sent(outcome=Outcome.UNCERTAIN, detail=detail)
            case _ if type(problem) is TelegramError:
                # 200 with an answer that is no JSON.
                return Sent(outcome=Outcome.UNCERTAIN, detail=detail)
            case _:
                # 5xx, 401, 404, 409: nothing is wrong with the message, and it was not taken.
                return Sent(outcome=Outcome.RETRY, detail=detail)

    def words_of(self, problem: TelegramError) -> str:
        """What Telegram said, without our token."""
        return f"{type(problem).__name__}: {problem.message}".replace(self._token, "(token)")[:200]


def _seconds(retry_after: Any) -> timedelta:
    return retry_after if isinstance(retry_after, timedelta) else timedelta(seconds=float(retry_after))
