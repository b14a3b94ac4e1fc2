"""An address and its postal code, asked one after the other: what one answer tells the reader of the other.

Which questions belong together is seen from the form: the nearest of the other kind, in the same repeat, if
the nearness is mutual.  So an employer's or an owner's address has a postal code of its own, or none.
"""

from __future__ import annotations

from dialogs.conversation.events import Key
from dialogs.conversation.form import Position, Slot
from dialogs.definition.model import Question, Questionnaire
from dialogs.replies.base import ReplyContext

_OTHER = {"address": "postal_code", "postal_code": "address"}


def reply_context(position: Position, slot: Slot) -> ReplyContext:
    """What a reader may know of the conversation when it reads a reply at ``slot``."""
    state, today = position.state, position.now.date()
    key = partner(position.definition, slot)
    if key is None or slot.question is None:
        return ReplyContext(today=today, locale=state.locale)
    # A code that was typed with an address waits among the answers that are offered later.
    other = state.answers.get(key) or state.set_aside.get(key)
    known = None if other is None else other.value or None
    if slot.question.bot.kind == "address":
        return ReplyContext(today=today, locale=state.locale, postal_code=known)
    return ReplyContext(today=today, locale=state.locale, address=known if key in state.answers else None)


def partner(definition: Questionnaire, slot: Slot) -> Key | None:
    """Where the postal code of an address is asked, or the address of a postal code."""
    question = slot.question
    other = None if question is None else _nearest(definition, question)
    if question is None or other is None or _nearest(definition, other) is not question:
        return None
    return Key(other.name, slot.key.instance)


def _nearest(definition: Questionnaire, question: Question) -> Question | None:
    kind = _OTHER.get(question.bot.kind or "")
    if kind is None:
        return None
    repeat, here, others = definition.repeats.get(question.name), 0, []
    for place, other in enumerate(definition.questions):
        if other is question:
            here = place
        elif other.bot.kind == kind and definition.repeats.get(other.name) == repeat:
            others.append((place, other))
    return min(others, key=lambda found: abs(found[0] - here))[1] if others else None
