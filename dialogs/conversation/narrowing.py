"""A list that is too long to be shown: the customer types how the choice begins, and few are left to tap.

Promise: a number means only what is shown, never a place in a list that nobody sees; several hits are offered,
none of them is taken unseen; looking for a choice is no failure.
"""

from __future__ import annotations

from collections.abc import Sequence

from dialogs.conversation import events as ev
from dialogs.conversation.answering import Several, Taken, read_select, take_choices
from dialogs.conversation.form import Slot
from dialogs.conversation.open_prompts import OpenPrompt
from dialogs.conversation.prompts import Phrase
from dialogs.conversation.turn import Turn
from dialogs.conversation.understanding import Reading
from dialogs.definition.model import Choice
from dialogs.replies.base import ReplyContext
from dialogs.replies.chatter import strip_chatter
from dialogs.replies.choice_terms import loose, terms_of
from dialogs.replies.choices import names_number


def is_typed(turn: Turn, slot: Slot) -> bool:
    """Whether the choices of the question are too many to be shown."""
    question = slot.question
    if turn.lists is None or question is None or not question.is_select:
        return False
    return turn.lists.is_typed(len(turn.position.choices(question, slot.key)))


def answer_typed(turn: Turn, prompt: OpenPrompt, slot: Slot, reading: Reading, content_id: str | None) -> bool:
    """Take the text as a choice, or show which ones begin like it; false where none does."""
    question, limits = slot.question, turn.lists
    assert question is not None
    assert limits is not None
    outcome = _read(turn, slot, reading, prompt.only)
    if isinstance(outcome, Taken):
        if not question.takes_several:
            turn.offer_answer(slot, outcome, content_id, typed=True, echo=True)
            return True
        ticked = take_choices(turn.position, question, (*prompt.selection, *outcome.value.split()))
        turn.record(ev.Toggled(at=turn.now, key=slot.key, selection=tuple(ticked.value.split())))
        turn.ask_current()
        return True
    if outcome is None:
        return False
    lead: tuple[Phrase, ...] = (Phrase(key="engine.which_one"),)
    if len(outcome.names) > limits.page:
        lead = (*lead, Phrase(key="engine.more_hits"))
    turn.ask_current(*lead, only=outcome.names[: limits.page])
    return True


def _read(turn: Turn, slot: Slot, reading: Reading, only: tuple[str, ...]) -> Taken | Several | None:
    question = slot.question
    assert question is not None
    choices = turn.position.choices(question, slot.key)
    shown = tuple(choice for choice in choices if choice.name in only)
    # Three is the third of those that are shown; of the whole list nobody sees the third.
    readable = shown if names_number(reading.text) else choices
    context = ReplyContext(today=turn.now.date(), locale=turn.state.locale)
    outcome = read_select(turn.position, question, readable, reading, context) if readable else None
    if isinstance(outcome, Taken):
        return outcome
    begun = () if reading.is_question else _begin_like(loose(strip_chatter(reading.text)), choices)
    return Several(names=begun) if begun else outcome if isinstance(outcome, Several) else None


def _begin_like(said: str, choices: Sequence[Choice]) -> tuple[str, ...]:
    """The choices that begin like the text, then those that only contain it."""
    if not said:
        return ()
    first = [c.name for c in choices if any(term.startswith(said) for term in _terms(c))]
    rest = [c.name for c in choices if len(said) > 1 and any(said in term for term in _terms(c))]
    return tuple(dict.fromkeys((*first, *rest)))


def _terms(choice: Choice) -> frozenset[str]:
    terms = terms_of(choice)
    return terms.labels | terms.parts
