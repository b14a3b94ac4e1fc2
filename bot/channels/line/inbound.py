"""LINE webhooks into neutral events, without ever failing on something new.

Promise: whatever LINE adds, a signed body with a list of events is read; what is not known becomes
``OTHER``.  The SDK's event models are not used: they lose the content of an event they do not
know and raise on one that lacks a field (reference: platforms, 2.3).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.channels.base import Inbound, InboundKind, Sticker, Tap, UnreadableBody, WrongSignature
from dialogs.personal import Personal

CHANNEL = "line"
_ULID = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def signature_of(secret: str, body: bytes) -> str:
    """The value of ``x-line-signature`` for ``body``."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def check_signature(secret: str, headers: Mapping[str, str], body: bytes) -> None:
    """Raise ``WrongSignature`` unless LINE signed ``body``; header names in any case."""
    given = next((value for name, value in headers.items() if name.lower() == "x-line-signature"), "")
    if not hmac.compare_digest(signature_of(secret, body).encode(), given.encode("utf-8", "replace")):
        raise WrongSignature("the LINE signature does not fit the body")


def parse(body: bytes, received_at: datetime) -> list[Inbound]:
    """The events of a verified body; an empty list for LINE's connection check."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise UnreadableBody(f"not JSON: {type(problem).__name__}") from None
    events = payload.get("events") if isinstance(payload, dict) else None
    if not isinstance(events, list):
        raise UnreadableBody("no list of events")
    return [_event(event if isinstance(event, dict) else {}, received_at) for event in events]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _part(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = event.get(name)
    return part if isinstance(part, dict) else {}


def _event_key(event: Mapping[str, Any]) -> str:
    """LINE's own id; for an event without one a digest that a redelivery repeats."""
    if key := _text(event.get("webhookEventId")):
        return key
    lasting = {name: value for name, value in event.items() if name != "deliveryContext"}
    return "sha256:" + hashlib.sha256(json.dumps(lasting, sort_keys=True).encode()).hexdigest()


def _ulid_time(key: str) -> int | None:
    """The milliseconds inside a ULID."""
    if len(key) != 26 or any(char not in _ULID for char in key):
        return None
    value = 0
    for char in key[:10]:
        value = value * 32 + _ULID.index(char)
    return value


def _occurred_at(event: Mapping[str, Any], key: str, received_at: datetime) -> datetime:
    for candidate in (event.get("timestamp"), _ulid_time(key)):
        if isinstance(candidate, int) and not isinstance(candidate, bool) and 0 < candidate < 253_402_300_800_000:
            return datetime.fromtimestamp(candidate // 1000, UTC).replace(microsecond=candidate % 1000 * 1000)
    return received_at


def _event(event: Mapping[str, Any], received_at: datetime) -> Inbound:
    key = _event_key(event)
    source = _part(event, "source")
    group = _text(source.get("groupId")) or _text(source.get("roomId"))
    user = _text(source.get("userId"))
    token = _text(event.get("replyToken"))

    def inbound(kind: InboundKind, **more: Any) -> Inbound:
        return Inbound(
            channel=CHANNEL,
            event_key=key,
            kind=kind,
            user_id=Personal(group or user or ""),
            occurred_at=_occurred_at(event, key, received_at),
            reply_token=Personal(token) if token else None,
            may_answer=event.get("mode", "active") == "active",
            **more,
        )

    tag = _text(_part(event, "delivery").get("data")) if event.get("type") == "delivery" else None
    if tag is not None:
        return inbound(InboundKind.DELIVERY, tag=tag)
    if group or source.get("type") in {"group", "room"}:
        return inbound(InboundKind.GROUP)
    if not user:
        return inbound(InboundKind.OTHER)
    reader = _READERS.get(event.get("type") if isinstance(event.get("type"), str) else "")
    kind, more = reader(event) if reader else (InboundKind.OTHER, {})
    return inbound(kind, **more)


_Read = tuple[InboundKind, dict[str, Any]]
_NOTHING: _Read = (InboundKind.OTHER, {})
#: LINE names no more of a sticker.
_MOST_KEYWORDS = 15
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _message(event: Mapping[str, Any]) -> _Read:
    message = _part(event, "message")
    message_id = _text(message.get("id"))
    kind = _text(message.get("type"))
    text = message.get("text")
    if kind == "text" and isinstance(text, str):
        return InboundKind.TEXT, {"text": Personal(text), "message_id": message_id}
    if kind is None or kind == "text":
        return InboundKind.OTHER, {"message_id": message_id}
    more = {"image": _image(kind, message, message_id), "sticker": _sticker(message) if kind == "sticker" else None}
    return InboundKind.MEDIA, {"media": kind, "message_id": message_id, **more}


def _sticker(message: Mapping[str, Any]) -> Sticker:
    written, keywords = _text(message.get("text")), message.get("keywords")
    return Sticker(
        written=None if written is None else Personal(written),
        keywords=tuple(filter(_text, keywords))[:_MOST_KEYWORDS] if isinstance(keywords, list) else (),
    )


def _image(kind: str, message: Mapping[str, Any], message_id: str | None) -> Personal | None:
    """By which the picture is fetched; one that lies with somebody else is not: no address of a stranger is called."""
    ours = _part(message, "contentProvider").get("type", "line") == "line"
    return Personal(message_id) if kind == "image" and ours and message_id else None


def _postback(event: Mapping[str, Any]) -> _Read:
    postback = _part(event, "postback")
    tap = Tap.decode(_text(postback.get("data")) or "")
    if tap is None:
        return InboundKind.OTHER, {}
    picked = _text(_part(postback, "params").get("date"))
    if picked is None:
        return InboundKind.CHOICE, {"tap": tap}
    # A day in the one shape that LINE's picker gives; anything else was not picked.
    return (InboundKind.CHOICE, {"tap": tap, "text": Personal(picked)}) if _DAY.fullmatch(picked) else _NOTHING


def _follow(event: Mapping[str, Any]) -> _Read:
    return InboundKind.FOLLOW, {"after_blocking": _part(event, "follow").get("isUnblocked") is True}


def _edited(event: Mapping[str, Any]) -> _Read:
    return InboundKind.EDITED, {"message_id": _text(_part(event, "message").get("id"))}


def _unsend(event: Mapping[str, Any]) -> _Read:
    message_id = _text(_part(event, "unsend").get("messageId"))
    return (InboundKind.UNSEND, {"message_id": message_id}) if message_id else (InboundKind.OTHER, {})


def _account_link(event: Mapping[str, Any]) -> _Read:
    link = _part(event, "link")
    nonce = _text(link.get("nonce"))
    if nonce is None:
        return InboundKind.OTHER, {}
    return InboundKind.BANK_LOGIN, {"nonce": Personal(nonce), "vouched": link.get("result") == "ok"}


_READERS: Mapping[str | None, Callable[[Mapping[str, Any]], _Read]] = {
    "message": _message,
    "postback": _postback,
    "unsend": _unsend,
    "accountLink": _account_link,
    "follow": _follow,
    # Since July 2026, in groups only; the changed words are read nowhere.
    "messageEdited": _edited,
    "unfollow": lambda event: (InboundKind.UNFOLLOW, {}),
}
