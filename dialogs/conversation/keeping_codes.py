"""A postal code that is typed where an address is asked for, and one that another address leaves behind.

Promise: it is not asked for again, only offered to be confirmed; alone it is no failure, it completes the address
that is typed next.  It is an answer of its message, and goes when that is taken back.  A code that was answered
before is asked for again when the address moves out of its municipality.
"""

from __future__ import annotations

from dialogs.conversation import events as ev
from dialogs.conversation.answering import Several, Taken
from dialogs.conversation.events import AnswerState
from dialogs.conversation.form import Slot
from dialogs.conversation.pairs import partner, reply_context
from dialogs.conversation.prompts import Phrase
from dialogs.conversation.turn import Turn
from dialogs.replies import READERS
from dialogs.replies.address import typed_postal_code
from dialogs.replies.base import Parsed, Problem, ReplyContext


def keep_postal_code(
    turn: Turn, slot: Slot, text: str, content_id: str | None, outcome: Taken | Several | Problem
) -> bool:
    """Keep the code that ``text`` gives at an address; true where it gives nothing else, and the rest is asked for."""
    alone = isinstance(outcome, Problem) and outcome.code == "address.only_postal_code"
    if slot.question is None or slot.question.bot.kind != "address" or not (alone or isinstance(outcome, Taken)):
        return False
    key = partner(turn.definition, slot)
    if key is None:
        return False
    known = turn.state.answers.get(key)
    code = READERS["postal_code"](typed_postal_code(text), reply_context(turn.position, slot))
    if isinstance(code, Parsed) and (known is None or known.value != code.value):
        answered = ev.Answered(
            at=turn.now,
            key=key,
            value=str(code.value),
            display=code.display,
            state=AnswerState.ANSWERED,
            locale=turn.state.locale,
            content_id=content_id,
        )
        # Its question may not be relevant yet, and the customer has not seen how the code was read.
        turn.record(answered)
        turn.record(ev.SetAside(at=turn.now, key=key))
    elif known is not None and isinstance(outcome, Taken) and not _belongs(turn, known.value, outcome.value):
        turn.record(ev.SetAside(at=turn.now, key=key))
    if isinstance(outcome, Problem):
        turn.ask_current(Phrase(key="engine.postal_code_kept", params=dict(outcome.params), of=content_id))
    return alone


def _belongs(turn: Turn, code: str, address: str) -> bool:
    context = ReplyContext(today=turn.now.date(), locale=turn.state.locale, address=address)
    return isinstance(READERS["postal_code"](code, context), Parsed)
