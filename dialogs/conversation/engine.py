"""What happens next in a conversation: ``step`` is the one decision of the bot.

It is pure: definition, state, input and time in; recorded events, new state and what to say out.
A typed reply is read in one fixed order (tests/dialogs/conversation/test_order.py):

    guard -> ownership -> stale token -> exact command word -> valid answer (unless the question takes
    free text and the text is a question itself) -> command in other words -> FAQ -> problem with help

A side question changes no position and counts no failure; the same question is asked again.
"""

from __future__ import annotations

from datetime import datetime

from dialogs.conversation import events as ev, inputs as inp, people
from dialogs.conversation.answering import Several, Taken, is_free_text, read_as, read_reply, reader_kind, take_choices
from dialogs.conversation.choosing import choose_option
from dialogs.conversation.commanding import carry_out, tap_that_holds_anywhere
from dialogs.conversation.commands import VOICE_OF_COMMAND, Command
from dialogs.conversation.entries import is_proposal, propose, settle
from dialogs.conversation.events import Form, Key
from dialogs.conversation.faq_replies import calls_after_misses, reply_from_faq, speaks_of_danger
from dialogs.conversation.form import Slot
from dialogs.conversation.keeping_codes import keep_postal_code
from dialogs.conversation.lists import ListLimits
from dialogs.conversation.moves import about_media, aside, ask_once_more, back, correct, resume
from dialogs.conversation.naming import named_to_correct
from dialogs.conversation.narrowing import answer_typed, is_typed
from dialogs.conversation.no_answers import NO_ANSWER, failed_as_answer, needs_answer, takes_replies
from dialogs.conversation.open_prompts import OpenPrompt
from dialogs.conversation.prompts import Phrase
from dialogs.conversation.recording_taps import record_tap
from dialogs.conversation.same_or_changed import agrees, leaves_open, says_same
from dialogs.conversation.state import State
from dialogs.conversation.steps import Step
from dialogs.conversation.taking_back import take_back
from dialogs.conversation.turn import Turn
from dialogs.conversation.understanding import Reading
from dialogs.conversation.unmatched import record_unmatched
from dialogs.conversation.vocabulary import STAFF, WAITING
from dialogs.conversation.waiting import chose_while_waiting, said_while_waiting
from dialogs.definition.model import Questionnaire
from dialogs.japanese import fold
from dialogs.replies.base import Parsed, Problem, ReplyContext


def step(
    definition: Questionnaire,
    state: State,
    what: inp.Input,
    now: datetime,
    lists: ListLimits | None = None,
    staffing: people.Staffing | None = None,
) -> Step:
    """The outcome of one input; ``now`` is aware and in the bank's time zone, ``lists`` what the channel can show.

    ``staffing`` tells whether staff are there; where a form is only played, there are none to call.

    Raises nothing for anything a customer can do: an exception is a defect, and the caller then
    hands the conversation to a person.
    """
    if isinstance(what, inp.TapRecorded):
        return record_tap(definition, state, what, now, lists)
    turn = Turn(definition, state, now, lists, staffing)
    if isinstance(what, inp.Chose) and is_proposal(state, what.token):
        settle(turn, what)
        return turn.done()
    if state.owner is STAFF and not isinstance(what, _HEARD_WITH_STAFF):
        return turn.done()
    match what:
        case inp.Chose():
            _chose(turn, what)
        case inp.Said():
            _said(turn, what)
        case inp.Began():
            turn.ask_current()
        case inp.Returned():
            _returned(turn)
        case inp.SecretWithheld():
            turn.record(ev.SecretKeptBack(at=now, secret=what.secret))
            if state.owner is not STAFF:
                aside(turn, Phrase(key="guard.withheld"), Phrase(key=f"guard.{what.secret}"))
        case inp.MediaSent():
            aside(turn, about_media(what.media))
        case inp.TookBack():
            take_back(turn, what.content_id)
        case inp.AskedToCorrect() if state.owner is WAITING:
            people.still_waiting(turn)
        case inp.AskedToCorrect():
            correct(turn, Key(what.question, what.instance))
        case inp.AskedOnceMore():
            ask_once_more(turn, what.keys, what.receipt_no)
        case inp.StaffTook():
            turn.record(
                ev.OwnerChanged(at=now, owner=STAFF, staff_id=what.staff_id, epoch=what.epoch, reason=what.reason)
            )
        case inp.StaffReleased():
            people.release(turn, what.reason)
        case inp.HandedBack():
            people.hand_back(turn, what.reason, past_due=what.past_due)
        case inp.StaffEntered():
            propose(turn, what)
        case inp.HeldElsewhere():
            turn.record(ev.OwnerChanged(at=now, owner=STAFF, epoch=state.epoch + 1, reason="external"))
        case inp.WaitedLong() if state.owner is WAITING:
            people.waited_long(turn)
        case inp.NobodyCame():
            people.nobody_came(turn)
        case inp.BotFailed() if state.owner is not WAITING:
            people.call(turn, "engine_error", Phrase(key="handover.bot_failed"))
        case inp.Picked():
            _picked(turn, what)
    return turn.done()


#: While a person speaks the bot is silent: only these change anything.
_HEARD_WITH_STAFF = (
    inp.StaffTook,
    inp.StaffReleased,
    inp.HandedBack,
    inp.NobodyCame,
    inp.StaffEntered,
    inp.SecretWithheld,
    inp.TookBack,
)


def _returned(turn: Turn) -> None:
    """Back in the chat, which is no wish by itself: who waits for a person goes on waiting, an end stays an end."""
    if turn.state.owner is WAITING:
        people.still_waiting(turn, again=True)
    elif turn.state.ended is not None:
        turn.go_on()
    else:
        resume(turn, Phrase(key="engine.welcome_back"))


# A typed reply ------------------------------------------------------------------------------


def _said(turn: Turn, said: inp.Said) -> None:
    reading = said.reading
    if turn.state.owner is WAITING:
        said_while_waiting(turn, said)
        return
    if turn.state.noting and reading.exact is None:
        people.take_note(turn, said.content_id)
        return
    if turn.state.paused:
        turn.record(ev.Resumed(at=turn.now))
        if not speaks_of_danger(reading) and (reading.exact or reading.plain_command) not in _ANSWERED_WHILE_PAUSED:
            turn.ask_again(Phrase(key="engine.welcome_back"))
            return
    if reading.exact is not None and carry_out(turn, reading.exact):
        return
    if not said.unseen and takes_replies(turn) and _answer(turn, reading, said.content_id):
        return
    if reading.command is not None and not failed_as_answer(turn, reading) and carry_out(turn, reading.command):
        return
    if (not said.unseen and needs_answer(turn, reading)) or reply_from_faq(turn, reading, said.content_id):
        return
    if turn.state.is_over:
        turn.go_on()
        return
    if turn.state.renewed:
        # What it answers is not asked like this any more.
        turn.ask_again()
        return
    if said.unseen:
        turn.ask_again(Phrase(key="engine.not_seen"))
        return
    if reading.is_question:
        record_unmatched(turn, reading, said.content_id)
        if calls_after_misses(turn):
            return
    _problem(turn, reading)


#: A paused form resumes with whatever is said, but these keep their own meaning.
_ANSWERED_WHILE_PAUSED = frozenset(
    {
        Command.STAFF,
        Command.UNLINK,
        Command.SWITCH,
        Command.STOP,
        Command.LATER,
        *VOICE_OF_COMMAND,
    }
)


def _answer(turn: Turn, reading: Reading, content_id: str | None) -> bool:
    """Try the text as a reply to the open prompt; true when it was one."""
    prompt = turn.state.open
    if prompt is None:
        return False
    if agrees(reading.folded):
        return _agree(turn, prompt, content_id)
    match prompt.form:
        case Form.QUESTION:
            return _answer_question(turn, prompt, reading, content_id)
        case Form.OFFERED:
            return _answer_offered(turn, prompt, reading, content_id)
        case Form.CONFIRM | Form.CHECK:
            yes = says_same(reading.folded) if prompt.form is Form.CHECK else None
            yes = _yes_no(turn, reading) if yes is None else yes
            if yes is not None:
                choose_option(turn, prompt, "yes" if yes else "no", content_id)
                return True
            return _answer_question(turn, prompt, reading, content_id)
        case Form.MORE | Form.STOP | Form.UNLINK:
            yes = _yes_no(turn, reading)
            if yes is None:
                return False
            choose_option(turn, prompt, "yes" if yes else "no", content_id)
            return True
        case Form.REVIEW:
            yes = _yes_no(turn, reading)
            if yes is not None:
                choose_option(turn, prompt, "submit" if yes else "fix", content_id)
                return True
            return named_to_correct(turn, reading)
        case Form.WHICH:
            return named_to_correct(turn, reading)


def _agree(turn: Turn, prompt: OpenPrompt, content_id: str | None) -> bool:
    """ "Fine like this", where something is shown that may be fine; never an answer by itself."""
    match prompt.form:
        case Form.QUESTION:
            option = "ok" if prompt.selection else "same"
        case Form.OFFERED:
            option = "same"
        case Form.CONFIRM | Form.CHECK:
            option = "yes"
        case Form.REVIEW:
            option = "submit"
        case _:
            return False
    return choose_option(turn, prompt, option, content_id)


def _answer_question(turn: Turn, prompt: OpenPrompt, reading: Reading, content_id: str | None) -> bool:
    slot = turn.position.slot(prompt.key) if prompt.key is not None else None
    if slot is None or slot.question is None:
        return False
    if is_free_text(slot.question) and (
        reading.is_question
        or reading.plain_command is not None
        or reading.exact in NO_ANSWER
        or speaks_of_danger(reading)
    ):
        return False
    if reading.exact is Command.DONE and prompt.selection:
        choose_option(turn, prompt, "ok", content_id)
        return True
    if is_typed(turn, slot):
        return answer_typed(turn, prompt, slot, reading, content_id)
    outcome = read_reply(turn.position, slot, reading, prompt.only)
    if keep_postal_code(turn, slot, reading.text, content_id, outcome):
        return True
    match outcome:
        case Taken():
            turn.offer_answer(slot, outcome, content_id, typed=True, echo=_differs(outcome, reading))
            return True
        case Several():
            turn.ask_current(Phrase(key="engine.which_one"), only=outcome.names)
            return True
        case Problem():
            if turn.position.is_required(slot) or _yes_no(turn, reading) is not False:
                return False
            # 「持ってない」 where the answer may be left out.
            return choose_option(turn, prompt, "skip", content_id)


def _answer_offered(turn: Turn, prompt: OpenPrompt, reading: Reading, content_id: str | None) -> bool:
    slot = turn.position.slot(prompt.key) if prompt.key is not None else None
    if slot is None or slot.question is None:
        return False
    same = says_same(reading.folded)
    if same is None and not leaves_open(reading.folded):
        same = _yes_no(turn, reading)
    if same is not None:
        choose_option(turn, prompt, "same" if same else "diff", content_id)
        return True
    if is_free_text(slot.question) and (reading.is_question or speaks_of_danger(reading)):
        return False
    outcome = read_reply(turn.position, slot, reading)
    if isinstance(outcome, Taken) and _bare(outcome.value) == _bare(prompt.value or ""):
        choose_option(turn, prompt, "same", content_id)
        return True
    # Nearly any text reads as a name or as words: another one is taken only where it is asked for.
    if isinstance(outcome, Taken) and reader_kind(slot.question) not in ("text", "name"):
        turn.record(ev.ChangeAnnounced(at=turn.now, key=slot.key))
        keep_postal_code(turn, slot, reading.text, content_id, outcome)
        turn.offer_answer(slot, outcome, content_id, typed=True, echo=_differs(outcome, reading))
        return True
    return False


def _bare(value: str) -> str:
    return "".join(fold(value).split())


def _differs(taken: Taken, reading: Reading) -> bool:
    """Whether the value reads otherwise than it was typed: then it is read back."""
    return "".join(taken.display.split()) != "".join(reading.text.split())


def _yes_no(turn: Turn, reading: Reading) -> bool | None:
    context = ReplyContext(today=turn.now.date(), locale=turn.state.locale)
    parsed = read_as("yes_no", reading, context)
    return parsed.value is True if isinstance(parsed, Parsed) else None


def _problem(turn: Turn, reading: Reading) -> None:
    """Nothing fitted: say what is wrong with it as an answer."""
    prompt = turn.state.open
    slot = turn.position.slot(prompt.key) if prompt is not None and prompt.key is not None else None
    if slot is None or slot.question is None or (prompt is not None and prompt.form is Form.OFFERED):
        turn.refuse(slot or Slot(Key(""), None), Problem(code="choose"))
        return
    if is_typed(turn, slot):
        turn.refuse(slot, Problem(code="type_more"))
        return
    outcome = read_reply(turn.position, slot, reading)
    turn.refuse(slot, outcome if isinstance(outcome, Problem) else Problem(code="choose"))


# Taps ---------------------------------------------------------------------------------------


def _chose(turn: Turn, chose: inp.Chose) -> None:
    if turn.state.owner is WAITING:
        chose_while_waiting(turn, chose)
        return
    if tap_that_holds_anywhere(turn, chose.option):
        return
    prompt = turn.state.open
    if not takes_replies(turn) or prompt is None or chose.token not in prompt.tokens:
        late = Phrase(key="engine.late" if chose.option == inp.TYPED_LATE else "engine.stale")
        turn.go_on(*(() if turn.state.renewed else (late,)))
        return
    if turn.state.paused:
        turn.record(ev.Resumed(at=turn.now))
    if chose.option == "back":
        back(turn)
    elif not choose_option(turn, prompt, chose.option, chose.content_id):
        turn.ask_again(Phrase(key="engine.stale"))


def _picked(turn: Turn, picked: inp.Picked) -> None:
    """Several choices at once, by name."""
    if turn.state.owner is WAITING:
        people.still_waiting(turn)
        return
    if turn.state.paused:
        turn.record(ev.Resumed(at=turn.now))
    prompt = turn.state.open
    slot = turn.position.slot(prompt.key) if prompt is not None and prompt.key is not None else None
    question = slot.question if slot is not None else None
    if slot is None or question is None or not question.is_select:
        turn.go_on(*(() if turn.state.renewed else (Phrase(key="engine.stale"),)))
        return
    known = {choice.name for choice in turn.position.choices(question, slot.key)}
    one_only = not question.takes_several and len(picked.names) != 1
    if not picked.names or not set(picked.names) <= known or one_only:
        turn.refuse(slot, Problem(code="choice.unreadable"))
        return
    turn.offer_answer(slot, take_choices(turn.position, question, picked.names), None, typed=False)
