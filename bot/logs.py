"""What the program logs, and what never gets into a log.

Everything goes to stderr, so that a command's output stays clean.  A line is ``key='value'`` pairs, or one JSON
object for a log server; it names events, ids and codes.  An exception is logged by its type and its places in the
code, never by its message, which may quote what a customer wrote or a token in a URL.  The filter sits on the
handler, because a filter on a logger would miss the loggers below it (tests/bot/test_logs.py).
"""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections import Counter
from collections.abc import MutableMapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog

#: A Telegram bot token in a URL or text, and an Authorization header's value.
_TOKENS = re.compile(r"(bot)?\d{5,}:[A-Za-z0-9_-]{20,}|Bearer\s+[^\s'\"]+", re.ASCII)
_STARS = "***"
#: Libraries whose debug lines quote bodies and URLs.
_TALKATIVE = ("httpx", "httpcore", "linebot", "telegram", "aiohttp.access", "asyncio", "asyncssh")


#: How many lines of each level this process has written: a service that logs errors is to be looked after.
LINES: Counter[str] = Counter()


def configure(level: int = logging.WARNING, form: str = "text") -> None:
    """Set up logging of this process; structlog and the libraries' loggers alike, as ``text`` or ``json``."""
    shared = (structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, _stamp, _exception)
    structlog.configure(
        processors=[*shared, _written if form == "text" else _written_as_json],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = _Handler()
    plain = _Scrubbed("%(asctime)s %(levelname)s %(name)s %(message)s")
    handler.setFormatter(plain if form == "text" else _Json())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def without_tokens(text: str) -> str:
    """A text with the secrets starred out that platforms put into addresses and headers."""
    return _TOKENS.sub(_STARS, text)


_render = structlog.processors.KeyValueRenderer(key_order=["at", "level", "event"])


def _written(logger: object, method: str, event: MutableMapping[str, Any]) -> str:
    _write(without_tokens(_render(logger, method, event)))
    raise structlog.DropEvent


def _written_as_json(_: object, __: str, event: MutableMapping[str, Any]) -> str:
    first = {name: event.pop(name, "") for name in ("at", "level", "event")}
    _write(without_tokens(json.dumps({**first, **event}, ensure_ascii=False, default=repr)))
    raise structlog.DropEvent


def _stamp(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    LINES[str(event.get("level", ""))] += 1
    event["at"] = structlog.processors.TimeStamper(fmt="iso", utc=True)(None, "", {})["timestamp"]
    return event


def _exception(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """``exc_info`` as type and places; the message and the values stay out."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    error = info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["raised"] = " <- ".join(_chain(error))
    return event


def _chain(error: BaseException) -> list[str]:
    names: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(names) < 5:
        names.append(f"{type(seen).__name__} at {_places(seen)}")
        seen = seen.__cause__ or seen.__context__
    return names


def _places(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames) or "?"


class _Handler(logging.Handler):
    """Says that a line was lost, where the standard handlers would print what the line was to hold."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception:
            self.handleError(record)
        else:
            LINES[record.levelname.lower()] += 1
            _write(line)

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        _write(f"log line of {record.name} lost: {type(error).__name__} at line {record.lineno}")


def _write(line: str) -> None:
    # Where stderr leads now, not where it led at the start; one that is gone must not stop a turn.
    with suppress(OSError, ValueError):
        sys.stderr.write(line + "\n")
        sys.stderr.flush()


class _Scrubbed(logging.Formatter):
    """Library records with tokens starred out and exceptions without their messages."""

    def format(self, record: logging.LogRecord) -> str:
        # Another handler may have left its own text of the exception on the record.
        record.exc_text = None
        return without_tokens(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:
        if record.name == "asyncio":
            # Its further lines are reprs of tasks, which quote the message of the exception.
            record.message = record.message.partition("\n")[0]
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:
        error = ei[1] if isinstance(ei, tuple) else None
        return " <- ".join(_chain(error)) if error is not None else ""


class _Json(_Scrubbed):
    """The same as one JSON object, with the keys of our own lines."""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None
        record.message = record.getMessage()
        self.formatMessage(record)
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "event": "library.line",
            "logger": record.name,
            "message": record.message,
        }
        raised = self.formatException(record.exc_info) if record.exc_info else ""
        return without_tokens(json.dumps(line | ({"raised": raised} if raised else {}), ensure_ascii=False))
