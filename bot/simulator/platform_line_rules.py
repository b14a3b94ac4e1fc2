"""What LINE refuses in messages, as far as it matters here: the limits that no machine-readable file holds.

Each finding is ``(property, message)`` as in the ``details`` of LINE's error answers.  Written from
the official description, apart from the adapter, so that a mistake there is not repeated here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from bot.channels.limits import grapheme_count

Finding = tuple[str, str]
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
USER_ID = re.compile(r"U[0-9a-f]{32}")

#: People of one multicast.
MOST_RECIPIENTS = 500

EMPTY = "May not be empty"
_KNOWN_COMPONENTS = {"box", "button", "text", "separator", "filler", "image", "span", "icon"}


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _length(place: str, value: Any, most: int, *, graphemes: bool = False, least: int = 1) -> Iterator[Finding]:
    if not isinstance(value, str):
        yield place, "Must be a string"
    elif (least and not value.strip()) or "\x00" in value:
        yield place, EMPTY
    elif (grapheme_count(value) if graphemes else _units(value)) > most:
        yield place, f"Length must be between {least} and {most}"


def recipients_of(body: Any, *, many: bool) -> list[str]:
    """To whom a push or a multicast goes; empty where LINE does not take it.

    What becomes of somebody who is named twice LINE does not say: here he makes the call wrong.
    """
    to = body.get("to") if isinstance(body, dict) else None
    people = to if many else [to]
    if not isinstance(people, list) or not 1 <= len(people) <= MOST_RECIPIENTS:
        return []
    good = all(isinstance(one, str) and USER_ID.fullmatch(one) for one in people)
    return people if good and len(set(people)) == len(people) else []


def check_messages(messages: Any) -> list[Finding]:
    """All that LINE would complain of in the ``messages`` of a call."""
    if not isinstance(messages, list) or not 1 <= len(messages) <= 5:
        return [("messages", "Size must be between 1 and 5")]
    return [found for at, message in enumerate(messages) for found in _message(f"messages[{at}]", message)]


def _message(place: str, message: Any) -> Iterator[Finding]:
    if not isinstance(message, dict):
        yield place, "Must be an object"
        return
    kind = message.get("type")
    if kind == "text":
        yield from _length(f"{place}.text", message.get("text"), 5000)
    elif kind == "flex":
        yield from _length(f"{place}.altText", message.get("altText"), 1500)
        yield from _bubble(f"{place}.contents", message.get("contents"))
    else:
        yield f"{place}.type", "Must be one of the following values: [text, flex]"
    yield from _quick_reply(f"{place}.quickReply", message.get("quickReply"))
    if isinstance(sender := message.get("sender"), dict) and "name" in sender:
        yield from _length(f"{place}.sender.name", sender["name"], 20)
        if "line" in str(sender["name"]).casefold():
            yield f"{place}.sender.name", "May not contain reserved words"


def _quick_reply(place: str, quick_reply: Any) -> Iterator[Finding]:
    if quick_reply is None:
        return
    items = quick_reply.get("items") if isinstance(quick_reply, dict) else None
    if not isinstance(items, list) or not 1 <= len(items) <= 13:
        yield f"{place}.items", "Size must be between 1 and 13"
        return
    for at, item in enumerate(items):
        action = item.get("action") if isinstance(item, dict) else None
        yield from check_action(f"{place}.items[{at}].action", action, 20)


def check_action(place: str, action: Any, most_label: int = 20) -> Iterator[Finding]:
    """What is wrong with what a tap does."""
    if not isinstance(action, dict):
        yield place, EMPTY
        return
    yield from _length(f"{place}.label", action.get("label"), most_label, graphemes=True)
    if action.get("type") == "postback":
        yield from _length(f"{place}.data", action.get("data"), 300)
        for name in ("displayText", "fillInText"):
            if name in action:
                yield from _length(f"{place}.{name}", action[name], 300, graphemes=True)
    elif action.get("type") == "uri":
        yield from _length(f"{place}.uri", action.get("uri"), 1000)
        if not re.match(r"(https?|line|tel):", str(action.get("uri"))):
            yield f"{place}.uri", "invalid uri scheme"
    elif action.get("type") == "datetimepicker":
        yield from _calendar(place, action)
    elif action.get("type") != "message":
        yield f"{place}.type", "Must be one of the following values: [postback, uri, message, datetimepicker]"


def _calendar(place: str, action: dict[str, Any]) -> Iterator[Finding]:
    yield from _length(f"{place}.data", action.get("data"), 300)
    if action.get("mode") != "date":
        yield f"{place}.mode", "Must be one of the following values: [date, time, datetime]"
    days = [action.get(name) for name in ("min", "initial", "max")]
    for name, day in zip(("min", "initial", "max"), days, strict=True):
        if day is not None and not _is_day(day):
            yield f"{place}.{name}", "Must be a date in the format full-date"
    given = [day for day in days if day is not None]
    if given != sorted(given):
        yield f"{place}.initial", "Must be between min and max"


def _is_day(value: Any) -> bool:
    try:
        return date(1900, 1, 1) <= date.fromisoformat(value) <= date(2100, 12, 31) and len(value) == 10
    except (TypeError, ValueError):
        return False


def _bubble(place: str, bubble: Any) -> Iterator[Finding]:
    if not isinstance(bubble, dict) or bubble.get("type") != "bubble":
        yield f"{place}.type", "Must be one of the following values: [bubble]"
        return
    if len(json.dumps(bubble).encode()) > 30 * 1024:
        yield place, "Exceeds the size of a bubble"
    blocks = [name for name in ("header", "body", "footer") if name in bubble]
    if not blocks:
        yield place, "At least one block must be specified"
    for name in blocks:
        yield from _component(f"{place}.{name}", bubble[name])


def _component(place: str, part: Any) -> Iterator[Finding]:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind not in _KNOWN_COMPONENTS:
        yield f"{place}.type", "unknown component"
        return
    if kind == "box":
        if part.get("layout") not in {"horizontal", "vertical", "baseline"}:
            yield f"{place}.layout", "invalid property"
        contents = part.get("contents")
        if not isinstance(contents, list):
            yield f"{place}.contents", "required property"
            return
        for at, inner in enumerate(contents):
            yield from _component(f"{place}.contents[{at}]", inner)
    elif kind == "text":
        yield from _length(f"{place}.text", part.get("text"), 30 * 1024)
    elif kind == "button":
        yield from check_action(f"{place}.action", part.get("action"), 40)
