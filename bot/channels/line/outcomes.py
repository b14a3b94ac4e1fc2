"""What LINE's answer to a send means.  Pure; the one mapping of statuses and errors to ``Outcome``.

Promise: nothing that may have arrived is called unsent, and nothing that LINE can deduplicate is
called uncertain: a push carries its retry key from the first try, a reply cannot.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from bot.channels.base import Outcome, Sent

_USER_ID = re.compile(r"\b[UCR][0-9a-f]{32}\b")
_DETAIL_LENGTH = 200


def outcome_of_status(status: int, body: str, request_id: str, *, reply: bool) -> Sent:
    """The result behind an HTTP status that is not 2xx."""
    answer = read_answer(body)
    words = answer.get("message")
    message = words if isinstance(words, str) else ""
    detail = _detail(status, message, answer, request_id)
    if status == 409 and not reply:
        return Sent(outcome=Outcome.ACCEPTED_BEFORE, provider_ids=sent_ids(answer), detail=detail)
    if status >= 500 or status == 408:
        return Sent(outcome=Outcome.UNCERTAIN if reply else Outcome.RETRY, detail=detail)
    if status == 429:
        quota = "monthly limit" in message.lower()
        return Sent(outcome=Outcome.QUOTA if quota else Outcome.RETRY, too_fast=not quota, detail=detail)
    if status == 400 and reply and "reply token" in message.lower():
        return Sent(outcome=Outcome.REPLY_EXPIRED, detail=detail)
    if status == 401:
        # Our token is wrong or has just expired: nothing is wrong with the message, keep it.
        return Sent(outcome=Outcome.RETRY, detail=detail)
    return Sent(outcome=Outcome.REJECTED, detail=detail)


def outcome_of_silence(problem: BaseException, *, connected: bool, reply: bool) -> Sent:
    """The result of a call without an answer; ``connected`` is false when nothing left the house."""
    unsent = not connected or not reply
    return Sent(outcome=Outcome.RETRY if unsent else Outcome.UNCERTAIN, detail=type(problem).__name__)


def sent_ids(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """The ids of ``sentMessages``, in order."""
    messages = answer.get("sentMessages")
    if not isinstance(messages, list):
        return ()
    return tuple(str(m["id"]) for m in messages if isinstance(m, dict) and "id" in m)


def read_answer(body: str) -> Mapping[str, Any]:
    """LINE's answer; empty where it is not in LINE's shape."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _detail(status: int, message: str, answer: Mapping[str, Any], request_id: str) -> str:
    """LINE's words and the place it names; never what was sent, and no user id."""
    places = answer.get("details")
    named = [
        f"{place.get('property', '')} {place.get('message', '')}".strip()
        for place in (places if isinstance(places, list) else [])
        if isinstance(place, dict)
    ]
    words = _USER_ID.sub("(id)", "; ".join([message, *named]))[:_DETAIL_LENGTH]
    return " ".join(part for part in (str(status), words, f"request {request_id}" if request_id else "") if part)
