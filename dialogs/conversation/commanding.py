"""Commands of the customer: in one word or in other words, they do the same."""

from __future__ import annotations

from types import MappingProxyType

from dialogs.conversation import asking, events as ev, people
from dialogs.conversation.choosing import try_option
from dialogs.conversation.commands import VOICE_OF_COMMAND, Command
from dialogs.conversation.events import Form
from dialogs.conversation.moves import aside, back, explain, resume, topic
from dialogs.conversation.prompts import Phrase, Wording
from dialogs.conversation.steps import Leave
from dialogs.conversation.turn import Turn
from dialogs.conversation.unmatched import record_none_fits
from dialogs.faq.intents import SETTLES

#: The FAQ topics behind the commands that are really questions.
TOPICS_OF_COMMANDS = MappingProxyType({command: SETTLES[command] for command in (Command.VERIFY, Command.PAPER)})


def carry_out(turn: Turn, command: Command) -> bool:
    """Carry out a command; false when it means nothing here and the text may mean something else."""
    slot = turn.position.current
    question = slot.question if slot is not None else None
    prompt = turn.state.open
    match command:
        case Command.STAFF:
            record_none_fits(turn)
            people.call(turn, "customer_asked")
        case Command.LATER:
            if turn.state.is_over:
                return False
            turn.record(ev.Paused(at=turn.now))
            turn.say(Phrase(key="engine.paused"), buttons=(asking.RESUME,))
        case Command.RESUME:
            record_none_fits(turn)
            resume(turn)
        case Command.HELP:
            aside(
                turn,
                Phrase(key="engine.help"),
                buttons=(asking.VERIFY, *asking.other_voices(turn.state.locale), asking.STAFF),
            )
        case Command.VERIFY | Command.PAPER:
            topic(turn, TOPICS_OF_COMMANDS[command])
        case Command.LANGUAGE_JA | Command.LANGUAGE_EASY | Command.LANGUAGE_EN:
            turn.record(ev.LanguageChanged(at=turn.now, locale=VOICE_OF_COMMAND[command]))
            aside(turn, Phrase(key="engine.language_changed"))
        case Command.UNLINK:
            turn.ask_sure(Form.UNLINK)
        case Command.SWITCH:
            turn.leaves.append(Leave.SWITCH)
        case _ if turn.state.is_over:
            return False
        case Command.STOP:
            turn.ask_sure(Form.STOP)
        case Command.STATUS:
            number, remaining = turn.position.progress
            params = {"number": str(number), "remaining": str(remaining)}
            aside(turn, Phrase(key="engine.status", params=params))
        case Command.WHY:
            if question is None or not question.bot.why:
                return False
            aside(turn, Wording(field="why", question=question.name))
        case Command.MEANING:
            return question is not None and explain(turn, question)
        case Command.REPEAT:
            turn.go_on()
        case Command.BACK:
            back(turn)
        case Command.CORRECT:
            if turn.state.answers:
                turn.ask_which()
            else:
                turn.ask_again(Phrase(key="engine.no_way_back"))
        case Command.UNCHANGED:
            return try_option(turn, "same")
        case Command.DONT_KNOW | Command.REFUSE:
            return try_option(turn, "decline") or try_option(turn, "skip")
        case Command.SKIP:
            return try_option(turn, "skip")
        case Command.DONE if prompt is not None and prompt.form is Form.MORE:
            return try_option(turn, "no")
        case Command.DONE:
            return prompt is not None and bool(prompt.selection) and try_option(turn, "ok")
        case Command.SUBMIT:
            _submit_when_complete(turn)
        case _:
            return False
    return True


def _submit_when_complete(turn: Turn) -> None:
    """Handing in is for the review, where everything is shown; before that, say what is missing."""
    if turn.state.open is not None and turn.state.open.form is Form.REVIEW:
        try_option(turn, "submit")
    elif turn.position.current is None:
        turn.ask_current()
    else:
        turn.ask_again(Phrase(key="engine.questions_left"))


#: Commands whose button, under a prompt or in a menu beside the chat, is never stale.
_ANYWHERE = frozenset(
    {
        Command.STAFF,
        Command.LATER,
        Command.RESUME,
        Command.WHY,
        Command.VERIFY,
        Command.HELP,
        Command.SWITCH,
        *VOICE_OF_COMMAND,
    }
)


def tap_that_holds_anywhere(turn: Turn, option: str) -> bool:
    """Carry out a tap whose button is never stale; false where it is none of these."""
    if option in _ANYWHERE:
        return carry_out(turn, Command(option))
    if option.startswith("q."):
        topic(turn, option[2:])
    elif option == people.PHONE.option:
        aside(turn, Phrase(key="handover.phone"))
    else:
        # "Wait on", where nobody is awaited any more, is asking again.
        return option == people.WAIT.option and carry_out(turn, Command.STAFF)
    return True
