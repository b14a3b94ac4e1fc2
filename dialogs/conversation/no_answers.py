"""What would pass for an answer and is none, and what only resembles a command and is rather an answer."""

from __future__ import annotations

from dialogs.conversation.answering import is_free_text
from dialogs.conversation.commands import VOICE_OF_COMMAND, Command
from dialogs.conversation.events import Form
from dialogs.conversation.turn import Turn
from dialogs.conversation.understanding import Reading
from dialogs.replies.base import Problem

#: Words that would pass for an answer where nearly any text does, and are none.
NO_ANSWER = frozenset({Command.DONT_KNOW, Command.REFUSE, Command.SKIP, Command.UNCHANGED})


def needs_answer(turn: Turn, reading: Reading) -> bool:
    """ "I do not know" where that is no answer: say so, and offer a person."""
    prompt = turn.state.open
    if not takes_replies(turn) or prompt is None or prompt.key is None:
        return False
    slot = turn.position.slot(prompt.key)
    if prompt.form is not Form.QUESTION or slot is None or slot.question is None:
        return False
    if reading.exact not in NO_ANSWER and not (is_free_text(slot.question) and reading.plain_command in NO_ANSWER):
        return False
    turn.refuse(slot, Problem(code="needed"))
    return True


def takes_replies(turn: Turn) -> bool:
    """After the end only "forget this account: sure?" still waits for a reply."""
    prompt = turn.state.open
    return not turn.state.is_over or (prompt is not None and prompt.form is Form.UNLINK)


def failed_as_answer(turn: Turn, reading: Reading) -> bool:
    """Whether a text that only resembles a command, and asks for nothing, is rather an answer with a slip in it."""
    prompt = turn.state.open
    if turn.state.is_over or prompt is None or prompt.form is not Form.QUESTION:
        return False
    if reading.command in VOICE_OF_COMMAND:
        return False  # 漢字が読めません is no slip in an answer
    return not reading.match.intent.is_sure and not reading.match.asks
