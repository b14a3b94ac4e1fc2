"""Calls to Telegram that are no messages, each with a time-out, every failure as ``NotDone``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from telegram.error import Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.channels.base import Outcome, Sent
from bot.channels.report import NotDone, Unauthorized, Unreachable
from bot.channels.telegram.adapter import TelegramChannel

T = TypeVar("T")


async def ask(
    channel: TelegramChannel, method: Callable[..., Awaitable[T]], *arguments: Any, time_out: float, **more: Any
) -> T:
    """The answer of a method of the library's ``Bot``; raises ``NotDone``, with what Telegram said."""
    limits = {name: min(3.0, time_out) for name in ("connect_timeout", "pool_timeout")}
    limits |= dict.fromkeys(("read_timeout", "write_timeout"), time_out)
    try:
        return await method(*arguments, **limits, **more)
    except (InvalidToken, Forbidden) as problem:
        raise Unauthorized(_said(channel, problem, Outcome.REJECTED)) from None
    except RetryAfter as problem:
        raise NotDone(_said(channel, problem, Outcome.RETRY)) from None
    except NetworkError as problem:
        # "Bad request" is a network error to the library.
        said = _said(channel, problem, Outcome.REJECTED)
        raise (NotDone(said) if type(problem).__name__ == "BadRequest" else Unreachable(said)) from None
    except TelegramError as problem:
        raise NotDone(_said(channel, problem, Outcome.REJECTED)) from None


def _said(channel: TelegramChannel, problem: TelegramError, outcome: Outcome) -> Sent:
    return Sent(outcome=outcome, detail=channel.words_of(problem))
