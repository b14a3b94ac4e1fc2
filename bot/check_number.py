"""What a typed reply to "is this the number on your letter?" means.

A no stops everything, so it must be one: 「手紙がない」 is none, 「同じです」 is a yes, and so is the number itself.
"""

from __future__ import annotations

import re
from datetime import datetime

from bot.lobby_state import LobbyState
from dialogs.conversation.same_or_changed import says_same
from dialogs.conversation.understanding import Reading
from dialogs.japanese import fold
from dialogs.replies import READERS
from dialogs.replies.base import Problem, ReplyContext

_NO_LETTER = re.compile(
    "(?:手紙|てがみ|封筒|はがき|ハガキ|郵便).{0,6}(?:ない|ありません|無い|なくし|なくな|捨て|届いて(?:い)?ま?[なせ])"
    r"|\bno letter|(?:lost|not have|never got|did not get) (?:the|a|any|my) letter"
)


def about_check_number(reading: Reading, state: LobbyState, now: datetime) -> str | None:
    """The option of the button that the text means; ``None`` where it means none of them."""
    if fold(reading.text) == fold(state.check_number):
        return "same"
    if _NO_LETTER.search(reading.folded):
        return "noletter"
    same = says_same(reading.folded)
    if same is None:
        parsed = READERS["yes_no"](reading.text, ReplyContext(today=now.date(), locale=state.locale))
        if isinstance(parsed, Problem):
            return None
        same = parsed.value is True
    return "same" if same else "other"
