"""The neutral face of a messaging platform: what comes in, what goes out, how a send ended.

``turns``, ``delivery`` and the engine know only this module.  An adapter verifies and parses a
webhook into ``Inbound`` values (an unknown event is ``OTHER``, never an error) and draws and sends
``Message``s.  It never touches the database.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from dialogs.conversation.lists import ListLimits
from dialogs.conversation.prompts import Message
from dialogs.personal import Personal


class WrongSignature(Exception):
    """The signature or secret of a webhook does not fit its body."""


class UnreadableBody(Exception):
    """The body of a webhook is not what the platform sends."""


class InboundKind(StrEnum):
    TEXT = "text"
    #: A tap on one of our buttons.
    CHOICE = "choice"
    #: The account was added or unblocked (LINE follow, Telegram /start without a payload).
    FOLLOW = "follow"
    #: The account was blocked.
    UNFOLLOW = "unfollow"
    #: The customer took a message back (LINE unsend).
    UNSEND = "unsend"
    #: The customer changed a message after sending it (Telegram); the new words are not read.
    EDITED = "edited"
    #: The customer came back from the bank's login page (LINE accountLink).
    BANK_LOGIN = "bank_login"
    #: Image, sticker, audio, video, file, location: answered kindly, never an answer.
    MEDIA = "media"
    #: A message to a telephone number arrived (LINE delivery); of nobody whom we know by it.
    DELIVERY = "delivery"
    #: Something for a group or room, which a bank's bot leaves.
    GROUP = "group"
    #: Anything else; recorded, never answered.
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Tap:
    """The data of one of our buttons: ``1.<conversation ref>.<token>.<option>``."""

    conversation_ref: str
    token: str
    option: str

    def encode(self) -> str:
        """The button data; ASCII, at most 64 bytes on both platforms."""
        return f"1.{self.conversation_ref}.{self.token}.{self.option}"

    @classmethod
    def decode(cls, data: str) -> Tap | None:
        """The tap behind button data, or ``None`` where it is not ours."""
        parts = data.split(".", 3)
        if len(parts) != 4 or parts[0] != "1" or not all(parts):
            return None
        return cls(conversation_ref=parts[1], token=parts[2], option=parts[3])


@dataclass(frozen=True, kw_only=True)
class Sticker:
    """What a sticker says to who reads the conversation; never an answer."""

    #: LINE: what the person wrote on it.
    written: Personal | None = None
    #: LINE: what it is about, in the platform's words.
    keywords: tuple[str, ...] = ()
    #: Telegram: what it stands for.
    emoji: str = ""


@dataclass(frozen=True, kw_only=True)
class Inbound:
    """One event of one person."""

    channel: str
    #: Unique within the channel: LINE ``webhookEventId``; Telegram ``<bot id>:<update_id>``.
    event_key: str
    kind: InboundKind
    user_id: Personal
    #: When it happened by the platform's clock; aware.
    occurred_at: datetime
    #: What was typed; of a tap the date that was picked, as ISO 8601.
    text: Personal | None = None
    tap: Tap | None = None
    #: The code of a Telegram start parameter; a LINE message link types the code as text.
    start_code: Personal | None = None
    #: The platform's id of the message, or (UNSEND) of the message that was taken back.
    message_id: str | None = None
    #: MEDIA: image, sticker, audio, ...
    media: str | None = None
    sticker: Sticker | None = None
    #: BANK_LOGIN: the number that the bank made for this one login, and whether the platform vouches that the
    #: account is of whoever logged in.
    nonce: Personal | None = None
    vouched: bool = False
    #: MEDIA that is a picture: what the platform hands it out by.
    image: Personal | None = None
    #: DELIVERY: what we marked the message with.
    tag: str | None = None
    #: LINE's one-minute right to answer for free.
    reply_token: Personal | None = None
    #: Telegram: the callback query that wants an acknowledgement.
    callback_id: str | None = None
    #: The platform's language hint, for example ``ja`` or ``en``.
    locale: str | None = None
    #: FOLLOW: the account had blocked us before.
    after_blocking: bool = False
    #: LINE ``mode``: false in standby, when another system holds the chat and we must not send.
    may_answer: bool = True


class Outcome(StrEnum):
    """How a send ended."""

    SENT = "sent"
    #: The platform had taken it at an earlier try (LINE 409): as good as sent.
    ACCEPTED_BEFORE = "accepted_before"
    #: No answer or a broken one: it may have arrived.
    UNCERTAIN = "uncertain"
    #: Try again later: rate limit, platform trouble before acceptance, with the same retry key.
    RETRY = "retry"
    #: The monthly quota is used up: retrying is useless.
    QUOTA = "quota"
    #: The customer has blocked the account.
    BLOCKED = "blocked"
    #: The platform will never take it.
    REJECTED = "rejected"
    #: A reply token that is used or too old: send the same as a push.
    REPLY_EXPIRED = "reply_expired"
    #: The message that was to be changed cannot be: it is not there any more, or this does not fit in its place.
    GONE = "gone"


@dataclass(frozen=True, kw_only=True)
class Sent:
    """The result of one send."""

    outcome: Outcome
    #: Ids the platform gave, in the order of the messages.
    provider_ids: tuple[str, ...] = ()
    retry_after: timedelta | None = None
    #: RETRY because of too many calls: whoever else sends there has to wait as well.
    too_fast: bool = False
    #: The platform's own words, without personal data, for the operator.
    detail: str = ""


#: Phones take pictures of up to this size; more is never read.
LARGEST_IMAGE = 10 * 1024 * 1024


class Fetch(StrEnum):
    """How fetching a picture ended."""

    GOT = "got"
    #: The platform still works on it.
    NOT_READY = "not_ready"
    #: It is not there any more, and never will be.
    GONE = "gone"
    TOO_LARGE = "too_large"
    #: Try again later.
    RETRY = "retry"


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What a platform handed out."""

    outcome: Fetch
    body: bytes = field(default=b"", repr=False)
    retry_after: timedelta | None = None
    #: A status or the name of an error, for the operator.
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a platform takes; ``dialogs`` is handed this as data and knows no platform."""

    #: Characters of a message text, and how they are counted: utf16 or codepoints.
    text: int
    text_unit: str
    #: Characters (graphemes) of a button label.
    label: int
    #: Bytes of button data.
    data_bytes: int
    #: Buttons in one message.
    buttons: int
    #: Messages that one call may carry.
    messages_per_call: int
    #: Whether a message that was sent can be changed.
    changes: bool
    #: Whether a phone can share its own number with a button.
    shares_number: bool
    #: How much of a long list of choices is shown at a time.
    lists: ListLimits
    #: Calls that it takes in a second, and how many of them at once; 0: nobody counts them.
    calls_per_second: int
    calls_at_once: int
    #: The seconds between two calls to one chat, and how many may come at once; 0 where chats are not counted.
    chat_seconds: float = 0
    chat_at_once: int = 0
    #: People to whom one call may take the same message; 1 where each needs a call of his own.
    people_per_call: int = 1
    #: Calls to many that it takes in a second, counted apart from the others.
    many_per_second: int = 0


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """To whom, and in which conversation."""

    user_id: Personal
    conversation_ref: str


class Channel(Protocol):
    """One platform."""

    name: str
    limits: Limits
    #: Whether the platform takes a push with the same retry key only once.
    pushes_once: bool

    def receive(self, headers: Mapping[str, str], body: bytes) -> list[Inbound]:
        """The events of a webhook; raises ``WrongSignature`` or ``UnreadableBody``."""

    async def send(
        self,
        recipient: Recipient,
        messages: Sequence[Message],
        *,
        reply_token: Personal | None,
        retry_key: str,
    ) -> Sent:
        """Send up to ``limits.messages_per_call`` messages in one call; never raises for the platform's answers."""

    async def send_to_many(self, users: Sequence[Personal], message: Message, *, retry_key: str) -> Sent:
        """Send one message, whose buttons hold anywhere, to up to ``limits.people_per_call`` people in one call.

        All of them have it or none has.  Only where ``people_per_call`` is above 1.
        """

    async def change(self, recipient: Recipient, message: Message, provider_id: str) -> Sent:
        """Put ``message`` in the place of one that was sent, where ``limits.changes``; the same twice is harmless."""

    async def acknowledge(self, inbound: Inbound) -> None:
        """Tell the platform that a tap was taken (Telegram's spinner); failures are ignored."""

    async def show_waiting(self, user_id: Personal) -> None:
        """Show for some seconds that an answer is coming; failures are ignored."""

    async def fetch_image(self, ref: Personal) -> Fetched:
        """The picture behind ``Inbound.image``, up to ``LARGEST_IMAGE``; never raises for the platform's answers."""

    async def start(self) -> None:
        """Open the connection pool inside the running loop."""

    async def close(self) -> None:
        """Close it."""
