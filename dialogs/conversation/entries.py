"""Answers that staff enter for a customer: they count once he has confirmed them in the chat, with one tap.

Promise: no value of a submission was given by the bank alone; who entered it stays in the record, and where the
customer has answered the question himself meanwhile, an older entry is worth nothing.
"""

from __future__ import annotations

from dialogs.conversation import events as ev, inputs as inp
from dialogs.conversation.answering import Several, Taken, Typed, read_reply
from dialogs.conversation.events import AnswerState, Form, Key, Owner
from dialogs.conversation.form import Position
from dialogs.conversation.prompts import Button, Literal, MessageKind, Phrase, Prompt, Wording
from dialogs.conversation.state import State
from dialogs.conversation.turn import Turn
from dialogs.replies.base import Problem

_YES = Button(option="yes", label=Phrase(key="button.yes"))
_NO = Button(option="no", label=Phrase(key="button.no"))


def read_entry(position: Position, key: Key, text: str) -> Taken | Problem:
    """What a member of staff typed as an answer at ``key``, read and checked like the customer's own."""
    slot = position.slot(key)
    question = None if slot is None else slot.question
    if slot is None or question is None or position.is_elsewhere(slot):
        return Problem(code="entry.no_question")
    outcome = read_reply(position, slot, Typed(text))
    if isinstance(outcome, Several):
        return Problem(code="choose")
    if isinstance(outcome, Taken) and not position.is_allowed(slot, outcome.value):
        return Problem(code="constraint")
    return outcome


def propose(turn: Turn, entry: inp.StaffEntered) -> None:
    """Show the customer what was entered, and ask whether it is right."""
    number = turn.state.proposed + 1
    token = f"s{number}"
    turn.record(
        ev.Proposed(
            at=turn.now,
            token=token,
            key=entry.key,
            value=entry.value,
            display=entry.display,
            staff_id=entry.staff_id,
            content_id=entry.content_id,
        )
    )
    turn.says.append(
        Prompt(
            kind=MessageKind.NOTICE,
            pieces=(
                Phrase(key="entry.entered"),
                Wording(field="label", question=entry.key.question),
                Literal(text=entry.display),
                Phrase(key="entry.is_it_right"),
            ),
            buttons=(_YES, _NO),
            token=token,
            alt=Phrase(key="alt.notice"),
        )
    )


def is_proposal(state: State, token: str) -> bool:
    """Whether a tap is about something that staff have entered and nobody has decided on."""
    return bool(state.proposals) and any(one.token == token for one in state.proposals)


def settle(turn: Turn, chose: inp.Chose) -> None:
    """The customer's one tap."""
    entry = next(one for one in turn.state.proposals if one.token == chose.token)
    slot = turn.position.slot(entry.key)
    prompt, speaks = turn.state.open, turn.state.owner is Owner.BOT
    turn.record(ev.ProposalSettled(at=turn.now, token=chose.token, confirmed=chose.option == _YES.option))
    if slot is None or chose.option != _YES.option or turn.state.is_over:
        turn.say(Phrase(key="entry.dropped"))
        return
    turn.record(
        ev.Answered(
            at=turn.now,
            key=entry.key,
            value=entry.value,
            display=entry.display,
            state=AnswerState.ANSWERED,
            locale=turn.state.locale,
            by=entry.staff_id,
            content_id=chose.content_id,
        )
    )
    if speaks and (prompt is None or prompt.key == entry.key or prompt.form in (Form.REVIEW, Form.WHICH)):
        turn.ask_current(Phrase(key="entry.confirmed"))
        return
    turn.say(Phrase(key="entry.confirmed"))
    if prompt is not None and prompt.key == entry.key:
        turn.record(ev.PromptClosed(at=turn.now))
