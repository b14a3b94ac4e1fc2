"""A message that the customer took back: its words leave the log, and what it answered is asked again.

Promise: after ``redact`` no event holds a value that was read from the message, except one that was submitted
(a submission is a record of its own), and the state is the fold of what is left.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from dialogs.conversation import events as ev
from dialogs.conversation.events import Event, Form, Owner
from dialogs.conversation.prompts import Phrase
from dialogs.conversation.state import State, apply, fold
from dialogs.conversation.turn import Turn


def redact(events: Iterable[Event], content_id: str) -> list[Event]:
    """The same events, in the same order, without what was read from one message."""
    events = list(events)
    end = fold(events)
    submitted = {key for key, answer in end.answers.items() if end.completed and answer.content_id == content_id}
    state, kept = State(), []
    for event in events:
        if not (isinstance(event, ev.Answered) and event.key in submitted):
            event = _without_words(event, state, content_id)
        kept.append(event)
        state = apply(state, event)
    return kept


def _without_words(event: Event, before: State, content_id: str) -> Event:
    match event:
        case ev.Answered(content_id=said) if said == content_id:
            return replace(event, value="", display="")
        case ev.Asked(basis=basis) if basis == content_id:
            return replace(event, value=None, display=None)
        case ev.Asked(key=key) if key is not None and _is_of(before, event, content_id):
            return replace(event, value=None, display=None, selection=())
        case _:
            return event


def _is_of(before: State, asked: ev.Asked, content_id: str) -> bool:
    """Whether an answer that is offered or ticked again came from the message."""
    assert asked.key is not None
    answers = before.set_aside if asked.form is Form.OFFERED and asked.basis == "previous" else before.answers
    answer = answers.get(asked.key)
    return answer is not None and answer.content_id == content_id


def take_back(turn: Turn, content_id: str) -> None:
    """Record it, and where the bot is asking and something is open now that was not before, ask that."""
    before = replace(turn.state, offered=None)  # whatever happens ends an offer
    turn.record(ev.TakenBack(at=turn.now, content_id=content_id))
    asking = turn.state.owner is Owner.BOT and turn.state.phase in ("asking", "review")
    if asking and turn.state != before:
        turn.ask_current(Phrase(key="engine.taken_back"))
