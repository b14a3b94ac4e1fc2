"""Calls to LINE that are no messages, each with a time-out, every failure as ``NotDone``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp
from linebot.v3.messaging import ApiException
from pydantic.v1 import ValidationError

from bot.channels.base import Outcome, Sent
from bot.channels.line.outcomes import outcome_of_silence, outcome_of_status
from bot.channels.line.tokens import NoAccessToken
from bot.channels.report import NotDone, Unauthorized, Unreachable

T = TypeVar("T")
_UNAUTHORIZED = (401, 403)


async def ask(method: Callable[..., Awaitable[T]], *arguments: Any, time_out: float, **more: Any) -> T:
    """The answer of an SDK method; raises ``NotDone``, with what LINE said."""
    limit = aiohttp.ClientTimeout(total=time_out, connect=min(3.0, time_out))
    try:
        return await method(*arguments, _request_timeout=limit, **more)
    except ApiException as problem:
        sent = of_exception(problem)
        if problem.status in _UNAUTHORIZED:
            raise Unauthorized(sent) from None
        raise NotDone(sent) from None
    except NoAccessToken as problem:
        raise Unauthorized(Sent(outcome=Outcome.RETRY, detail=str(problem))) from None
    except (aiohttp.ClientError, TimeoutError) as problem:
        connected = not isinstance(problem, aiohttp.ClientConnectorError)
        raise Unreachable(outcome_of_silence(problem, connected=connected, reply=False)) from None
    except (ValidationError, ValueError) as problem:
        # An answer that the SDK cannot read: what was asked may have been done.
        words = f"answer not as described: {type(problem).__name__}"
        raise Unreachable(Sent(outcome=Outcome.RETRY, detail=words)) from None


def of_exception(problem: ApiException, *, reply: bool = False) -> Sent:
    """What an error answer means."""
    body = problem.body
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body or "")
    request_id = (problem.headers or {}).get("x-line-request-id", "")
    return outcome_of_status(int(problem.status or 0), text, str(request_id), reply=reply)
