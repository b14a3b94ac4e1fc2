"""Buttons that the customer tapped while a person had the conversation, and that staff let count afterwards.

Promise: such a tap is the customer's own answer to the question that was open, and nothing else: it says nothing, asks
nothing, submits nothing and changes no owner.  What comes next is asked when the person hands back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dialogs.conversation import events as ev, inputs as inp
from dialogs.conversation.choosing import choose_option
from dialogs.conversation.events import Form, Key, Owner
from dialogs.conversation.lists import ListLimits
from dialogs.conversation.open_prompts import OpenPrompt
from dialogs.conversation.prompts import Button, Piece
from dialogs.conversation.state import State
from dialogs.conversation.steps import Step
from dialogs.conversation.turn import Turn
from dialogs.definition.model import Questionnaire

#: Prompts whose buttons answer a question of the form.
_ANSWERING = frozenset({Form.QUESTION, Form.OFFERED, Form.CONFIRM, Form.CHECK, Form.MORE})


def can_record(state: State, token: str) -> bool:
    """Whether a button under that token still belongs to what is asked."""
    prompt = state.open
    return prompt is not None and prompt.form in _ANSWERING and token in prompt.tokens


def record_tap(
    definition: Questionnaire, state: State, tap: inp.TapRecorded, now: datetime, lists: ListLimits | None
) -> Step:
    """Take the tap as an answer; without events where it answers nothing, or nothing any more."""
    turn = Unheard(definition, state, now, lists)
    if state.owner is Owner.STAFF and state.open is not None and can_record(state, tap.token):
        choose_option(turn, state.open, tap.option, tap.content_id)
    return Step(events=tuple(turn.events), state=turn.state, says=())


class Unheard(Turn):
    """A turn after which nothing is asked: a person speaks, or is awaited."""

    #: An answer calls for a person.
    called = False

    def ask_current(
        self, *lead: Piece, only: Sequence[str] | None = None, extra: Sequence[Button] | None = None
    ) -> None:
        if self.state.open is not None:
            self.record(ev.PromptClosed(at=self.now))

    def ask_in_place(self, prompt: OpenPrompt, only: Sequence[str]) -> None:
        """The list stands in the chat as it is; what was ticked is kept."""

    def call_person(self, reason: str, *lead: Piece, key: Key | None = None) -> None:
        """A person is there already, or awaited."""
        self.called = True
        self.ask_current()
