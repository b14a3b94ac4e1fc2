"""When the bot calls a person for somebody who is not linked yet.

A person cannot find out in the chat who that is, and does not try: he tells where the code stands and how a date is
written.  So what was tried in vain goes on being counted, and what locks an account locks it all the same.
"""

from __future__ import annotations

from bot.lobby_state import LobbyState, LobbyStep
from dialogs.conversation.people import CALL_AFTER_UNMATCHED
from dialogs.faq.matcher import Action, Match, Reason

#: Replies in a row at one question that were not taken, after which a person is called.
CALL_AFTER_FAILURES = 3


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


def reason_of_failures(state: LobbyState, *, are_staff_there: bool) -> str:
    """Why a person takes over after a reply that was not taken; empty where the question is asked again.

    Out of office hours nobody is called for it: the customer can go on trying, or ask for a person.
    """
    third = state.failures == CALL_AFTER_FAILURES and state.step is not LobbyStep.STOPPED
    return f"third_failure:{state.step.value}" if third and are_staff_there else ""
