"""While a customer waits for a person: what he types is for that person, what he taps may still be an answer.

Promise: the bot replies once and then keeps quiet, an answer that is tapped is never lost, and no word that was meant
for staff becomes an answer (はい、お願いします is thanks, not a value).
"""

from __future__ import annotations

from dialogs.conversation import events as ev, inputs as inp, people
from dialogs.conversation.choosing import choose_option
from dialogs.conversation.commanding import carry_out
from dialogs.conversation.commands import VOICE_OF_COMMAND, Command
from dialogs.conversation.faq_replies import record_faq
from dialogs.conversation.moves import resume
from dialogs.conversation.prompts import FaqText, Phrase
from dialogs.conversation.recording_taps import Unheard, can_record
from dialogs.conversation.turn import Turn
from dialogs.faq.matcher import Action

_LANGUAGES = tuple(VOICE_OF_COMMAND)


def said_while_waiting(turn: Turn, said: inp.Said) -> None:
    """A typed text."""
    reading = said.reading
    plain = reading.exact or reading.plain_command
    if plain is Command.RESUME or reading.exact is Command.BACK:
        resume(turn)
    elif plain in _LANGUAGES:
        carry_out(turn, plain)
    elif reading.action is Action.ANSWER and not turn.state.waiting_answered:
        # What is known for certain need not wait; the person still comes.
        record_faq(turn, reading, said.content_id)
        people.still_waiting(turn, FaqText(topic=reading.match.offered[0]), again=True)
    else:
        people.still_waiting(turn)


def chose_while_waiting(turn: Turn, chose: inp.Chose) -> None:
    """A tap."""
    if chose.option in (Command.RESUME, *_LANGUAGES):
        carry_out(turn, Command(chose.option))
    elif chose.option == people.PHONE.option:
        turn.say(Phrase(key="handover.phone"))
    elif chose.option == people.WAIT.option:
        people.still_waiting(turn, again=True)
    elif _is_answer(turn, chose):
        people.still_waiting(turn, Phrase(key="handover.answer_taken"))
    else:
        people.still_waiting(turn)


def _is_answer(turn: Turn, chose: inp.Chose) -> bool:
    """Record a tap that answers the open question; the next one is asked when the bot speaks again."""
    prompt = turn.state.open
    if prompt is None or prompt.key == turn.state.handover_at or not can_record(turn.state, chose.token):
        return False
    trial = Unheard(turn.definition, turn.state, turn.now, turn.lists, turn.staffing)
    if not choose_option(trial, prompt, chose.option, chose.content_id):
        return False
    kinds = {type(event) for event in trial.events}
    # What only begins an answer, ends the form or calls for a person is asked again when the bot speaks.
    if ev.Answered not in kinds or ev.Ended in kinds or trial.called:
        return False
    for event in trial.events:
        turn.record(event)
    return True
