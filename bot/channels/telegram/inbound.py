"""Telegram updates into neutral events, through the library's own types.

Promise: an update with a number is read or becomes ``OTHER``; it never fails.  A telephone number
counts only when the person shared their own contact.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog
from telegram import CallbackQuery, Chat, ChatMemberUpdated, Message, MessageOriginUser, Update, User

from bot.channels.base import Inbound, InboundKind, Sticker, Tap, UnreadableBody, WrongSignature
from bot.channels.limits import TELEGRAM_START_PARAMETER
from dialogs.personal import Personal

log = structlog.get_logger(__name__)

CHANNEL = "telegram"
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")

#: What a start link may carry; anything else was typed by hand and begins like a link without a code.
_START = re.compile(rf"[A-Za-z0-9_-]{{1,{TELEGRAM_START_PARAMETER}}}")

_MEDIA = (
    "photo",
    "sticker",
    "video",
    "voice",
    "audio",
    "document",
    "animation",
    "video_note",
    "location",
    "venue",
    "contact",
    "poll",
    "dice",
    "story",
    "game",
)


def check_secret(secret: str, headers: Mapping[str, str]) -> None:
    """Raise ``WrongSignature`` unless the update carries our secret; header names in any case."""
    given = next((value for name, value in headers.items() if name.lower() == SECRET_HEADER), "")
    if not secret or not hmac.compare_digest(secret.encode(), given.encode("utf-8", "replace")):
        raise WrongSignature("the Telegram secret token does not fit")


def parse(body: bytes, bot_id: str, received_at: datetime) -> Inbound:
    """The event of a verified body."""
    try:
        update = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise UnreadableBody(f"not JSON: {type(problem).__name__}") from None
    return read_update(update, bot_id, received_at)


def read_update(update: Any, bot_id: str, received_at: datetime) -> Inbound:
    """The event of an update as Telegram gives it; raises ``UnreadableBody`` if it has no number."""
    number = update.get("update_id") if isinstance(update, dict) else None
    if not isinstance(number, int) or isinstance(number, bool):
        raise UnreadableBody("no update_id")
    # A tap carries no time of its own.  Telegram's times are whole seconds; ours must not sort
    # before a text of the same second that came earlier.
    received_at = received_at.astimezone(UTC).replace(microsecond=0)
    base = _Base(event_key=f"{bot_id}:{number}", received_at=received_at)
    try:
        known = Update.de_json(update, None)
        return _read(known, base)
    except (TypeError, KeyError, ValueError, AttributeError) as problem:
        # A shape newer than the library.  Only the kind of trouble is logged, never the content.
        log.warning("telegram.update_not_understood", update_id=number, problem=type(problem).__name__)
        return base.inbound(InboundKind.OTHER, None)


class _Base:
    """What all events of one update share."""

    def __init__(self, *, event_key: str, received_at: datetime) -> None:
        self._event_key = event_key
        self._received_at = received_at

    def inbound(self, kind: InboundKind, user: User | Chat | None, at: datetime | None = None, **more: Any) -> Inbound:
        return Inbound(
            channel=CHANNEL,
            event_key=self._event_key,
            kind=kind,
            user_id=Personal(str(user.id) if user is not None else ""),
            occurred_at=at or self._received_at,
            locale=user.language_code if isinstance(user, User) else None,
            **more,
        )


def _read(update: Update, base: _Base) -> Inbound:
    if update.message is not None:
        return _message(update.message, base)
    edited = update.edited_message
    # A location that moves is an edited message as well, every few seconds.
    if edited is not None and edited.text is not None and edited.chat.type == Chat.PRIVATE:
        return base.inbound(InboundKind.EDITED, edited.from_user, edited.edit_date)
    if update.callback_query is not None:
        return _tap(update.callback_query, base)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member, base)
    return base.inbound(InboundKind.OTHER, update.effective_user)


def _message(message: Message, base: _Base) -> Inbound:
    sender, at, message_id = message.from_user, message.date, str(message.message_id)
    if message.chat.type != Chat.PRIVATE:
        return base.inbound(InboundKind.GROUP, message.chat, at, message_id=message_id)
    if sender is None or sender.is_bot:
        return base.inbound(InboundKind.OTHER, sender, at)
    contact = message.contact
    if contact is not None and contact.user_id == sender.id:
        number = contact.phone_number if contact.phone_number.startswith("+") else f"+{contact.phone_number}"
        return base.inbound(InboundKind.TEXT, sender, at, text=Personal(number), message_id=message_id)
    if message.text is None:
        image = _image(message)
        # Whoever sends a picture as a document has sent a picture.
        media = "photo" if image else next((name for name in _MEDIA if getattr(message, name, None)), None)
        kind = InboundKind.MEDIA if media else InboundKind.OTHER
        sticker = None if message.sticker is None else Sticker(emoji=message.sticker.emoji or "")
        return base.inbound(kind, sender, at, media=media, message_id=message_id, image=image, sticker=sticker)
    if _is_of_another(message):
        return base.inbound(InboundKind.MEDIA, sender, at, media="forwarded", message_id=message_id)
    word, _, rest = message.text.partition(" ")
    if word.split("@", 1)[0] == "/start":
        code = rest.strip()
        if not _START.fullmatch(code):
            return base.inbound(InboundKind.FOLLOW, sender, at, message_id=message_id)
        start = {"text": Personal(code), "start_code": Personal(code), "message_id": message_id}
        return base.inbound(InboundKind.TEXT, sender, at, **start)
    return base.inbound(InboundKind.TEXT, sender, at, text=Personal(message.text), message_id=message_id)


def _is_of_another(message: Message) -> bool:
    """Whether the words were forwarded and are somebody else's: no answer of this person."""
    origin = message.forward_origin
    own = isinstance(origin, MessageOriginUser) and origin.sender_user == message.from_user
    return origin is not None and not own


def _image(message: Message) -> Personal | None:
    """By which the picture is fetched: the largest copy of a photo, or a picture that was sent as a document."""
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return Personal(largest.file_id)
    document = message.document
    # The type is the phone's word; what the file is shows when it is opened.
    if document is not None and message.animation is None and (document.mime_type or "").startswith("image/"):
        return Personal(document.file_id)
    return None


def _tap(query: CallbackQuery, base: _Base) -> Inbound:
    message = query.message
    if message is not None and message.chat.type != Chat.PRIVATE:
        return base.inbound(InboundKind.GROUP, message.chat, callback_id=query.id)
    tap = Tap.decode(query.data or "")
    return base.inbound(
        InboundKind.CHOICE if tap else InboundKind.OTHER,
        query.from_user,
        tap=tap,
        callback_id=query.id,
        message_id=str(message.message_id) if message is not None else None,
    )


def _membership(change: ChatMemberUpdated, base: _Base) -> Inbound:
    if change.chat.type != Chat.PRIVATE:
        return base.inbound(InboundKind.GROUP, change.chat, change.date)
    # Unblocking is followed by /start, which is the FOLLOW.
    kind = InboundKind.UNFOLLOW if change.new_chat_member.status in {"kicked", "left"} else InboundKind.OTHER
    return base.inbound(kind, change.from_user, change.date)
