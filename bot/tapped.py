"""Buttons that a customer taps while a person has the conversation: which of them staff may let count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.channels.limits import LIMITS
from bot.talk import Talk
from dialogs.conversation import inputs as inp
from dialogs.conversation.events import Owner
from dialogs.conversation.recording_taps import record_tap
from dialogs.conversation.state import from_json
from storage import inbound
from storage.conversations import Conversation
from storage.inbound import Tapped

_Ids = frozenset[str]
_WITH_PEOPLE = (Owner.WAITING.value, Owner.STAFF.value)


def taps_of(talk: Talk, conversation: Conversation, hand_overs: Sequence[Mapping[str, Any]]) -> tuple[_Ids, _Ids]:
    """The taps of this takeover, by content id: those that answer the open question, and those that count already."""
    if conversation.owner != Owner.STAFF.value or conversation.kind != "case" or not conversation.state:
        return frozenset(), frozenset()
    state = from_json(conversation.state)
    taps = taps_of_takeover(talk, conversation, hand_overs)
    answered = {answer.content_id for answer in state.answers.values()}
    definition, lists = talk.definition(conversation), LIMITS[talk.channel(conversation.account_id)].lists

    def would_count(content_id: str, tap: Tapped) -> bool:
        what = inp.TapRecorded(token=tap.token, option=tap.option, content_id=content_id)
        return bool(record_tap(definition, state, what, talk.local_now, lists).events)

    return (
        frozenset(content_id for content_id, tap in taps.items() if would_count(content_id, tap)),
        frozenset(content_id for content_id in taps if content_id in answered),
    )


def taps_of_takeover(
    talk: Talk, conversation: Conversation, hand_overs: Sequence[Mapping[str, Any]]
) -> dict[str, Tapped]:
    """What was tapped since the bot fell silent, by content id."""
    return inbound.taps_since(talk.conn, talk.vault, conversation, _left_the_bot(conversation, hand_overs))


def _left_the_bot(conversation: Conversation, hand_overs: Sequence[Mapping[str, Any]]) -> datetime:
    """Since when people have had the conversation without a break."""
    since = conversation.created_at
    for change in reversed(hand_overs):
        if change["owner"] not in _WITH_PEOPLE:
            break
        since = datetime.fromisoformat(change["at"])
    return since
