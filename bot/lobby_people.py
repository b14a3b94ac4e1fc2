"""When the bot calls a person for somebody who is not linked yet."""

from __future__ import annotations

from bot.lobby_state import LobbyState, LobbyStep
from dialogs.conversation.people import CALL_AFTER_UNMATCHED
from dialogs.faq.matcher import Action, Match, Reason


def reason_to_call(state: LobbyState, match: Match) -> str:
    """Why a person takes over unasked; empty where none does.

    Not where the check number differs: this may then be no letter of ours, and only the bank's own number is safe.
    """
    if state.step is LobbyStep.STOPPED:
        return ""
    if match.action is Action.STAFF and match.offered:
        return f"faq:{match.offered[0]}"
    if match.action is Action.STAFF and match.reason is Reason.DANGER:
        return "danger"
    return "unmatched" if state.misses >= CALL_AFTER_UNMATCHED else ""
