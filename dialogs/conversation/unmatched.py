"""What goes to the staff's list of questions that were not understood.

Promise: only what the customer asked gets there, never a text that may be an answer with a slip in it, nor what is
another business of the bank or small talk; and of the words only where they are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from dialogs.conversation import events as ev
from dialogs.conversation.turn import Turn
from dialogs.conversation.understanding import Reading
from dialogs.faq.matcher import Action, Reason

#: How many of the nearest topics are recorded.
_NEAREST = 3
#: A topic that is less likely than this is no suggestion, neither to whoever takes over nor to whoever edits the FAQ.
_LEAST_LIKELY = 0.01


def unmatched(
    reading: Reading, content_id: str | None, *, at: datetime, locale: str, asked: str | None
) -> ev.NotUnderstood | None:
    """The record of a text that no topic and no reply fitted, where it was a question of ours or may be one.

    Of an offer it is the record for when none of the topics is chosen.
    """
    match = reading.match
    unknown = match.action is Action.STAFF and match.reason is Reason.UNKNOWN
    marked = match.action is Action.NONE and match.reason is not Reason.CHIT_CHAT and reading.is_question
    offered = match.action is Action.OFFER
    if content_id is None or not (unknown or marked or offered) or not any(sign.isalpha() for sign in reading.folded):
        return None
    nearest = [scored for scored in match.ranked[:_NEAREST] if scored.score >= _LEAST_LIKELY]
    return ev.NotUnderstood(
        at=at,
        content_id=content_id,
        locale=locale,
        why="unknown" if unknown else "none_fits" if offered else "no_reply",
        asked=asked,
        topics=tuple(scored.topic for scored in nearest),
        scores=tuple(scored.score for scored in nearest),
        version=match.version,
    )


def record_unmatched(turn: Turn, reading: Reading, content_id: str | None) -> None:
    """Nothing fitted the text: where it was a question, staff hear of it."""
    locale = turn.state.locale
    event = unmatched(reading, content_id, at=turn.now, locale=locale, asked=_asked(turn))
    if event is not None:
        turn.record(event)


def record_none_fits(turn: Turn) -> None:
    """Topics were offered just now, and the customer turned to something else instead of choosing one."""
    offered = turn.state.offered
    if offered is None or offered.content_id is None:
        return
    turn.record(
        ev.NotUnderstood(
            at=turn.now,
            content_id=offered.content_id,
            locale=turn.state.locale,
            why="none_fits",
            asked=_asked(turn),
            topics=offered.topics,
            scores=offered.scores,
            version=offered.version,
        )
    )


def none_fits(offered: Mapping[str, Any] | None, at: datetime) -> ev.NotUnderstood | None:
    """The record of an offer that was kept as plain data, now that none of its topics was chosen."""
    event = None if offered is None else ev.from_json(offered)
    return replace(event, at=at) if isinstance(event, ev.NotUnderstood) else None


def _asked(turn: Turn) -> str | None:
    prompt = turn.state.open
    return None if prompt is None or prompt.key is None else prompt.key.question
