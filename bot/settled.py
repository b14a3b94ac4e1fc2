"""A case that was settled outside its chat while the bot was still asking: what is said, and what is heard.

Promise: nobody is asked for answers that the bank has already, and nothing that he writes then changes the case; a
person, another case and the end of the link can be had all the same.
"""

from __future__ import annotations

from dataclasses import replace

from bot.talk import Talk, notice
from dialogs.conversation import inputs as inp
from dialogs.conversation.asking import STAFF
from dialogs.conversation.commands import Command
from dialogs.conversation.events import Form, Owner
from dialogs.conversation.prompts import Phrase, Prompt
from storage import cases, submissions
from storage.case_status import ANSWERABLE
from storage.conversations import Conversation

_OF_ANY_CASE = frozenset({Command.STAFF, Command.SWITCH, Command.UNLINK})


def is_settled_elsewhere(talk: Talk, conversation: Conversation) -> bool:
    """Whether the bot is still asking although the case was answered on paper, cancelled or closed meanwhile."""
    if conversation.owner != Owner.BOT.value or conversation.closed_at is not None:
        return False
    case = None if conversation.case_id is None else cases.seen_case(talk.conn, conversation.case_id)
    return case is not None and case.status not in ANSWERABLE


def was_settled_meanwhile(talk: Talk, conversation: Conversation) -> bool:
    """The same while a person had the conversation, who now gives it back."""
    if conversation.closed_at is not None or conversation.case_id is None:
        return False
    case = cases.seen_case(talk.conn, conversation.case_id)
    return case is not None and (case.returns_to or case.status) not in ANSWERABLE


def is_heard_all_the_same(conversation: Conversation, what: inp.Input) -> bool:
    """A person, another case and the end of the link can be had of a settled case too."""
    if isinstance(what, inp.Said) and {what.reading.exact, what.reading.command} & _OF_ANY_CASE:
        return True
    sure = (conversation.state.get("open") or {}).get("form") == Form.UNLINK.value
    return sure or (isinstance(what, inp.Chose) and what.option in (Command.STAFF, Command.SWITCH))


def settled_prompt(talk: Talk, conversation: Conversation) -> Prompt:
    """That the bank has the answers from paper or telephone, or that it is over."""
    entered = conversation.case_id is not None and submissions.was_entered(talk.conn, conversation.case_id)
    words = Phrase(key="lobby.case_answered" if entered else "lobby.case_closed")
    return replace(notice(words), buttons=(STAFF,), token="l0")  # noqa: S106
