"""What may be told of an installation to who helps with it: what was set and what happened, never to whom.

Promise: everything passes by a closed list of what may be shown (kinds of settings, keys of a log line, shapes of a
value); what is not on a list is left out or starred, so that something new is hidden until somebody decides otherwise
(tests/bot/test_support.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.logs import without_tokens
from bot.settings import Settings

STARS = "***"
#: Settings in words that name neither a person, a machine nor a secret.
_OPEN = frozenset(
    {"time_zone", "office_hours", "office_days", "office_closed", "sensitive_channels", "second_factor_roles"}
)
#: What the log says of an event and may be told: ids, codes and counts.
SHOWN = frozenset(
    [
        "account",
        "accounts",
        "allowed",
        "attempt",
        "batch",
        "campaign",
        "case",
        "channel",
        "chore",
        "content",
        "conversation",
        "count",
        "detail",
        "encoder",
        "ends_at",
        "error",
        "events",
        "exc_info",
        "failed",
        "hand_over",
        "image",
        "inbound",
        "kept",
        "key",
        "menu",
        "messages",
        "outcome",
        "part",
        "people",
        "percent",
        "port",
        "problem",
        "raised",
        "reason",
        "recovered",
        "request",
        "row",
        "rows",
        "seconds",
        "settled",
        "signal",
        "state",
        "status",
        "table",
        "tries",
        "update_id",
        "used",
        "version",
        "why",
    ]
)
#: What it says beside that and stays here: addresses, files, numbers of customers, words.
HIDDEN = frozenset(["address", "advice", "customer", "file", "host", "target"])
_PAIR = re.compile(r"(\w+)=('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[^\s]*)")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_LEVEL = re.compile(r"[a-zA-Z]{1,10}", re.ASCII)
_EVENT = re.compile(r"[a-z_]+(?:\.[a-z_]+)+", re.ASCII)
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}", re.ASCII)
#: In small letters, as the program writes its codes: a capital begins a name.
_CODE = re.compile(r"[a-z_][a-z0-9_.:/-]{0,79}|-?\d{1,6}|True|False|None|", re.ASCII)
#: The class of a fault: one capital alone may begin a name as well.
_CLASS = re.compile(r"(?:[A-Z][a-z]*){2,8}", re.ASCII)
#: The types of a fault and the lines of the program where it came by.
_RAISED = re.compile(r"(?:[\w.]+ at [\w.:>< ?-]*?(?: <- )?)+", re.ASCII)
_LIBRARY = re.compile(rf"({_MOMENT.pattern}) ([A-Z]{{1,10}}) ([a-z_.A-Z]{{1,60}}) ")
_ADDRESSES = re.compile(
    r"[a-z][a-z0-9+.-]*://[^\s\"'<>、。]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b\d{1,3}(?:\.\d{1,3}){3}\b|"
    r"(?<![\w/])/[\w.-]+(?:/[\w.-]+)+",
    re.IGNORECASE,
)


# Settings -------------------------------------------------------------------------------------


def shown_settings(settings: Settings) -> dict[str, object]:
    """Each setting: its value where that tells nothing, else only whether it was set."""
    found: dict[str, object] = {}
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if name in _OPEN or _tells_nothing(field.annotation):
            found[name] = list(value) if isinstance(value, tuple) else value
        elif name == "database_url":
            found[name] = value.partition(":")[0]
        else:
            found[name] = "empty" if value in (None, "", ()) else "default" if value == field.default else "set"
    return found


def _tells_nothing(kind: Any) -> bool:
    return kind in (int, bool) or (get_origin(kind) is Literal and all(isinstance(one, str) for one in get_args(kind)))


def private_words(settings: Settings) -> list[str]:
    """Every value of a setting that must not be told, and the parts of its address; longest first."""
    words: set[str] = set()
    for name, field in type(settings).model_fields.items():
        if name in _OPEN or _tells_nothing(field.annotation):
            continue
        value = getattr(settings, name)
        for one in value if isinstance(value, tuple) else (value,):
            words |= _parts(one.get_secret_value() if isinstance(one, SecretStr) else one)
    return sorted((word for word in words if len(word) > 2), key=lambda word: (-len(word), word))


def _parts(value: object) -> set[str]:
    if not isinstance(value, str | Path):
        return set()
    text = str(value)
    if "://" not in text:
        return {text, *text.split(",")} if "," in text else {text}
    try:
        address = urlsplit(text)
        parts = {address.hostname or "", address.username or "", address.password or "", address.netloc}
    except ValueError:
        parts = set()
    return {text, *parts, address.path.strip("/")} if parts else {text}


def without_addresses(text: str, private: Iterable[str]) -> str:
    """A sentence of the program without what is private, and without anything that looks like an address."""
    text = without_tokens(text)
    for word in private:
        text = text.replace(word, STARS)
    return _ADDRESSES.sub(STARS, text)


# Log lines ------------------------------------------------------------------------------------


def shown_lines(lines: Iterable[str]) -> Iterator[str]:
    """Log lines with what may be told of them; a line that is none of ours is only counted, in the last line."""
    strange = 0
    for line in lines:
        found = _shown_line(line)
        if found is None:
            strange += bool(line.strip())
        else:
            yield found
    if strange:
        yield f"({strange} other lines)"


def _shown_line(line: str) -> str | None:
    start = re.search(r"\bat='|\{\"", line)
    if start is not None:
        rest = line[start.start() :].strip()
        pairs = _of_json(rest) if rest.startswith("{") else _of_text(rest)
        return _shown_event(pairs)
    library = _LIBRARY.search(line)
    return None if library is None else f"at={library[1]} level={library[2].lower()} logger={library[3]}"


def _of_json(text: str) -> Mapping[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def _of_text(text: str) -> Mapping[str, str]:
    return {name: value[1:-1] if value[:1] in ("'", '"') else value for name, value in _PAIR.findall(text)}


def _shown_event(pairs: Mapping[str, str]) -> str | None:
    rest = dict(pairs)
    at, level, event = rest.pop("at", ""), rest.pop("level", ""), rest.pop("event", "")
    if not (_MOMENT.fullmatch(at) and _LEVEL.fullmatch(level)):
        return None
    words = [f"at={at}", f"level={level}", f"event={event if _EVENT.fullmatch(event) else STARS}"]
    # Keys that nobody decided on are not even named: what should be a value may have come to stand there.
    words += [f"{name}={_shown_value(name, value)}" for name, value in rest.items() if name in SHOWN]
    return " ".join(words)


def _shown_value(name: str, value: str) -> str:
    if name == "raised":
        return f"'{value}'" if _RAISED.fullmatch(value) else STARS
    if name == "error":
        return value if _CLASS.fullmatch(value) else STARS
    if _ID.fullmatch(value) or _MOMENT.fullmatch(value):
        return value
    # A number of somebody, whatever separates its figures.
    figures = sum(sign.isdigit() for sign in value)
    return value if _CODE.fullmatch(value) and figures < 7 else STARS
