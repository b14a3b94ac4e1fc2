"""What happens next in a conversation: ``step`` is the one decision of the bot.

It is pure: definition, state, input and time in; recorded events, new state and what to say out.
A typed reply is read in one fixed order (tests/dialogs/conversation/test_order.py):

    guard -> ownership -> stale token -> exact command word -> valid answer (unless the question takes
    free text and the text is a question itself) -> command in other words -> FAQ -> problem with help

A side question changes no position and counts no failure; the same question is asked again.
"""

from __future__ import annotations

from datetime import datetime

from dialogs.conversation import asking, events as ev, inputs as inp
from dialogs.conversation.answering import Several, Taken, is_free_text, read_reply, take_choices
from dialogs.conversation.commands import Command
from dialogs.conversation.events import AnswerState, Form, Key, Owner
from dialogs.conversation.form import Slot
from dialogs.conversation.prompts import Button, FaqText, MessageKind, Phrase, Wording
from dialogs.conversation.state import OpenPrompt, State
from dialogs.conversation.turn import Leave, Step, Turn
from dialogs.conversation.understanding import Reading
from dialogs.definition.model import Decline, Questionnaire, QuestionType
from dialogs.faq.matcher import Action
from dialogs.japanese import fold
from dialogs.replies import READERS
from dialogs.replies.base import Parsed, Problem, ReplyContext

#: The FAQ topics behind the commands that are really questions.
_VERIFY_TOPIC = "F08"
_PAPER_TOPIC = "F13"


def step(definition: Questionnaire, state: State, what: inp.Input, now: datetime) -> Step:
    """The outcome of one input; ``now`` is aware and in the bank's time zone.

    Raises nothing for anything a customer can do: an exception is a defect, and the caller then
    hands the conversation to a person.
    """
    turn = Turn(definition, state, now)
    match what:
        case inp.Began():
            turn.ask_current()
        case inp.Returned():
            _resume(turn, Phrase(key="engine.welcome_back"))
        case inp.SecretWithheld():
            turn.record(ev.SecretKeptBack(at=now, secret=what.secret))
            _aside(turn, Phrase(key="guard.withheld"), Phrase(key=f"guard.{what.secret}"))
        case inp.MediaSent():
            _aside(turn, Phrase(key="engine.media"))
        case inp.AskedToCorrect():
            _correct(turn, Key(what.question, what.instance))
        case inp.StaffTook():
            turn.record(
                ev.OwnerChanged(at=now, owner=Owner.STAFF, staff_id=what.staff_id, epoch=what.epoch, reason="claimed")
            )
        case inp.StaffReleased():
            turn.record(
                ev.OwnerChanged(at=now, owner=Owner.WAITING, epoch=state.epoch + 1, reason=f"released:{what.reason}")
            )
        case inp.HandedBack():
            turn.to_bot("handed_back", Phrase(key="handover.returned"))
        case inp.BotFailed():
            turn.to_waiting("engine_error", Phrase(key="handover.bot_failed"))
        case inp.Said():
            _said(turn, what)
        case inp.Chose():
            _chose(turn, what)
        case inp.Picked():
            _picked(turn, what)
    return turn.done()


def _aside(turn: Turn, *pieces: Phrase | FaqText | Wording, buttons: tuple[Button, ...] = ()) -> None:
    """Say something beside the questionnaire, then the same question again."""
    if turn.state.owner is Owner.STAFF:
        return
    turn.say(*pieces, buttons=buttons)
    if turn.state.owner is Owner.BOT and not turn.state.is_over and not turn.state.paused:
        turn.ask_again()


# A typed reply ------------------------------------------------------------------------------


def _said(turn: Turn, said: inp.Said) -> None:
    reading = said.reading
    if turn.state.owner is Owner.STAFF:
        return
    if turn.state.owner is Owner.WAITING:
        _while_waiting(turn, reading)
        return
    if turn.state.paused:
        turn.record(ev.Resumed(at=turn.now))
        if reading.exact not in _ANSWERED_WHILE_PAUSED:
            turn.ask_again(Phrase(key="engine.welcome_back"))
            return
    if reading.exact is not None and _command(turn, reading.exact):
        return
    if _takes_replies(turn) and _answer(turn, reading, said.content_id):
        return
    if reading.command is not None and _command(turn, reading.command):
        return
    if _faq(turn, reading):
        return
    if turn.state.is_over:
        turn.go_on()
        return
    _problem(turn, reading)


def _takes_replies(turn: Turn) -> bool:
    """After the end only "forget this account: sure?" still waits for a reply."""
    prompt = turn.state.open
    return not turn.state.is_over or (prompt is not None and prompt.form is Form.UNLINK)


#: A paused form resumes with whatever is said, but these keep their own meaning.
_ANSWERED_WHILE_PAUSED = frozenset(
    {Command.STAFF, Command.UNLINK, Command.SWITCH, Command.STOP, Command.LATER, Command.LANGUAGE_JA, Command.LANGUAGE_EN}
)


def _while_waiting(turn: Turn, reading: Reading) -> None:
    if reading.exact in (Command.RESUME, Command.BACK) or reading.command is Command.RESUME:
        turn.to_bot("customer_returned", Phrase(key="handover.customer_returned"))
    elif not turn.state.waiting_told:
        turn.record(ev.WaitingTold(at=turn.now))
        turn.say(Phrase(key="handover.still_waiting"), buttons=(asking.RESUME,))


def _answer(turn: Turn, reading: Reading, content_id: str | None) -> bool:
    """Try the text as a reply to the open prompt; true when it was one."""
    prompt = turn.state.open
    if prompt is None:
        return False
    match prompt.form:
        case Form.QUESTION:
            return _answer_question(turn, prompt, reading, content_id)
        case Form.OFFERED:
            return _answer_offered(turn, prompt, reading, content_id)
        case Form.CONFIRM | Form.CHECK:
            yes = _yes_no(turn, reading)
            if yes is not None:
                _choose_option(turn, prompt, "yes" if yes else "no", content_id)
                return True
            return _answer_question(turn, prompt, reading, content_id)
        case Form.MORE | Form.STOP | Form.UNLINK:
            yes = _yes_no(turn, reading)
            if yes is None:
                return False
            _choose_option(turn, prompt, "yes" if yes else "no", content_id)
            return True
        case Form.REVIEW:
            if _yes_no(turn, reading):
                _choose_option(turn, prompt, "submit", content_id)
                return True
            return _number_to_correct(turn, reading)
        case Form.WHICH:
            return _number_to_correct(turn, reading)


def _answer_question(turn: Turn, prompt: OpenPrompt, reading: Reading, content_id: str | None) -> bool:
    slot = turn.position.slot(prompt.key) if prompt.key is not None else None
    if slot is None or slot.question is None:
        return False
    if is_free_text(slot.question) and (reading.is_question or reading.command is Command.WHY):
        return False
    if reading.exact is Command.DONE and prompt.selection:
        _choose_option(turn, prompt, "ok", content_id)
        return True
    outcome = read_reply(turn.position, slot, reading.text)
    match outcome:
        case Taken():
            turn.offer_answer(slot, outcome, content_id, typed=True, echo=_differs(outcome, reading))
            return True
        case Several():
            turn.ask_current(Phrase(key="engine.which_one"), only=outcome.names)
            return True
        case Problem():
            return False


def _answer_offered(turn: Turn, prompt: OpenPrompt, reading: Reading, content_id: str | None) -> bool:
    slot = turn.position.slot(prompt.key) if prompt.key is not None else None
    if slot is None or slot.question is None:
        return False
    yes = _yes_no(turn, reading)
    if yes is not None:
        _choose_option(turn, prompt, "same" if yes else "diff", content_id)
        return True
    if is_free_text(slot.question):
        return False
    outcome = read_reply(turn.position, slot, reading.text)
    if isinstance(outcome, Taken):
        turn.record(ev.ChangeAnnounced(at=turn.now, key=slot.key))
        turn.offer_answer(slot, outcome, content_id, typed=True, echo=_differs(outcome, reading))
        return True
    return False


def _differs(taken: Taken, reading: Reading) -> bool:
    """Whether the value reads otherwise than it was typed: then it is read back."""
    return fold(taken.display) != reading.folded


def _yes_no(turn: Turn, reading: Reading) -> bool | None:
    context = ReplyContext(today=turn.now.date(), locale=turn.state.locale)
    parsed = READERS["yes_no"](reading.text, context)
    return parsed.value is True if isinstance(parsed, Parsed) else None


def _number_to_correct(turn: Turn, reading: Reading) -> bool:
    context = ReplyContext(today=turn.now.date(), locale=turn.state.locale)
    parsed = READERS["integer"](reading.text, context)
    slots = turn.position.asked_slots
    if isinstance(parsed, Problem) or not 1 <= int(parsed.value) <= len(slots):
        return False
    _correct(turn, slots[int(parsed.value) - 1].key)
    return True


def _problem(turn: Turn, reading: Reading) -> None:
    """Nothing fitted: say what is wrong with it as an answer."""
    prompt = turn.state.open
    slot = turn.position.slot(prompt.key) if prompt is not None and prompt.key is not None else None
    if slot is None or slot.question is None or (prompt is not None and prompt.form is Form.OFFERED):
        turn.refuse(slot or Slot(Key(""), None), Problem(code="choose"))
        return
    outcome = read_reply(turn.position, slot, reading.text)
    turn.refuse(slot, outcome if isinstance(outcome, Problem) else Problem(code="choose"))


def _faq(turn: Turn, reading: Reading) -> bool:
    """Answer or offer approved topics; true when something was said."""
    match = reading.match
    topics = match.offered
    if match.action in (Action.ANSWER, Action.OFFER) or (match.action is Action.STAFF and topics):
        score = round(match.ranked[0].score, 4) if match.ranked else 0.0
        turn.record(
            ev.FaqShown(
                at=turn.now, topics=topics, action=match.action.value, version=match.version, score=score
            )
        )
    match match.action:
        case Action.ANSWER:
            _aside(turn, FaqText(topic=topics[0]))
        case Action.OFFER:
            turn.say(Phrase(key="faq.offer"), buttons=(*topic_buttons(topics), asking.STAFF))
        case Action.STAFF if topics:
            turn.to_waiting(f"faq:{topics[0]}", FaqText(topic=topics[0]))
        case Action.STAFF:
            _aside(turn, Phrase(key="faq.staff"), buttons=(asking.STAFF,))
        case _:
            return False
    return True


def topic_buttons(topics: tuple[str, ...]) -> tuple[Button, ...]:
    """Topics to choose from; their option holds in any bubble, however old."""
    return tuple(Button(option=f"q.{topic}", label=FaqText(topic=topic, field="short")) for topic in topics)


# Commands -----------------------------------------------------------------------------------


def _command(turn: Turn, command: Command) -> bool:
    """Carry out a command; false when it means nothing here and the text may mean something else."""
    slot = turn.position.current
    question = slot.question if slot is not None else None
    prompt = turn.state.open
    match command:
        case Command.STAFF:
            turn.to_waiting("customer_asked")
        case Command.LATER:
            if turn.state.is_over:
                return False
            turn.record(ev.Paused(at=turn.now))
            turn.say(Phrase(key="engine.paused"), buttons=(asking.RESUME,))
        case Command.RESUME:
            _resume(turn)
        case Command.HELP:
            _aside(turn, Phrase(key="engine.help"), buttons=(asking.VERIFY, asking.STAFF))
        case Command.VERIFY:
            _topic(turn, _VERIFY_TOPIC)
        case Command.PAPER:
            _topic(turn, _PAPER_TOPIC)
        case Command.LANGUAGE_JA | Command.LANGUAGE_EN:
            turn.record(
                ev.LanguageChanged(at=turn.now, locale="ja" if command is Command.LANGUAGE_JA else "en")
            )
            _aside(turn, Phrase(key="engine.language_changed"))
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
            _aside(turn, Phrase(key="engine.status", params=params))
        case Command.WHY:
            if question is None or not question.bot.why:
                return False
            _aside(turn, Wording(field="why", question=question.name))
        case Command.BACK:
            _back(turn)
        case Command.CORRECT:
            turn.ask_which()
        case Command.UNCHANGED:
            return _try_option(turn, "same")
        case Command.DONT_KNOW | Command.REFUSE:
            return _try_option(turn, "decline")
        case Command.SKIP:
            return _try_option(turn, "skip")
        case Command.DONE:
            return prompt is not None and bool(prompt.selection) and _try_option(turn, "ok")
        case Command.SUBMIT:
            return prompt is not None and prompt.form is Form.REVIEW and _try_option(turn, "submit")
        case _:
            return False
    return True


def _topic(turn: Turn, topic: str) -> None:
    turn.record(ev.FaqShown(at=turn.now, topics=(topic,), action="answer", version="", score=1.0))
    _aside(turn, FaqText(topic=topic))


def _resume(turn: Turn, *lead: Phrase) -> None:
    if turn.state.owner is Owner.STAFF:
        return
    if turn.state.owner is Owner.WAITING:
        turn.to_bot("customer_returned", Phrase(key="handover.customer_returned"))
        return
    if turn.state.ended is not None:
        turn.record(ev.Reopened(at=turn.now))
    if turn.state.paused:
        turn.record(ev.Resumed(at=turn.now))
    turn.go_on(*lead)


def _back(turn: Turn) -> None:
    previous = turn.position.previous
    if previous is None:
        turn.ask_again(Phrase(key="engine.no_way_back"))
        return
    turn.record(ev.CorrectionOpened(at=turn.now, key=previous.key))
    turn.ask_current()


def _correct(turn: Turn, key: Key) -> None:
    slot = turn.position.slot(key)
    if slot is None or key not in turn.state.answers or turn.state.is_over:
        turn.ask_again(Phrase(key="engine.not_correctable"))
        return
    if turn.state.paused:
        turn.record(ev.Resumed(at=turn.now))
    turn.record(ev.CorrectionOpened(at=turn.now, key=key))
    turn.ask_current()


# Taps ---------------------------------------------------------------------------------------


def _chose(turn: Turn, chose: inp.Chose) -> None:
    if turn.state.owner is Owner.STAFF:
        return
    if turn.state.owner is Owner.WAITING and chose.option != "resume":
        if not turn.state.waiting_told:
            turn.record(ev.WaitingTold(at=turn.now))
            turn.say(Phrase(key="handover.still_waiting"), buttons=(asking.RESUME,))
        return
    if _tap_that_holds_anywhere(turn, chose.option):
        return
    prompt = turn.state.open
    if not _takes_replies(turn) or prompt is None or chose.token not in prompt.tokens:
        turn.go_on(Phrase(key="engine.stale"))
        return
    if turn.state.paused:
        turn.record(ev.Resumed(at=turn.now))
    if chose.option == "back":
        _back(turn)
    elif not _choose_option(turn, prompt, chose.option, chose.content_id):
        turn.ask_again(Phrase(key="engine.stale"))


def _tap_that_holds_anywhere(turn: Turn, option: str) -> bool:
    commands = {
        "staff": Command.STAFF,
        "later": Command.LATER,
        "resume": Command.RESUME,
        "why": Command.WHY,
        "verify": Command.VERIFY,
    }
    if option in commands:
        return _command(turn, commands[option])
    if option.startswith("q."):
        _topic(turn, option[2:])
        return True
    return False


def _try_option(turn: Turn, option: str) -> bool:
    prompt = turn.state.open
    return prompt is not None and _choose_option(turn, prompt, option, None)


def _choose_option(turn: Turn, prompt: OpenPrompt, option: str, content_id: str | None) -> bool:
    """Apply an option of the open prompt; false when the prompt has no such option."""
    slot = turn.position.slot(prompt.key) if prompt.key is not None else None
    match prompt.form, option:
        case Form.REVIEW, "submit":
            _submit(turn)
        case Form.REVIEW, "fix":
            turn.ask_which()
        case Form.WHICH, "review":
            turn.ask_review()
        case Form.WHICH, _ if option[:1] == "k" and option[1:].isdigit():
            slots = turn.position.asked_slots
            if int(option[1:]) >= len(slots):
                return False
            _correct(turn, slots[int(option[1:])].key)
        case Form.STOP, "yes":
            turn.end("refused")
        case Form.UNLINK, "yes":
            turn.leaves.append(Leave.UNLINK)
        case (Form.STOP | Form.UNLINK), "no":
            turn.ask_current() if not turn.state.is_over else turn.go_on()
        case Form.MORE, ("yes" | "no") if slot is not None:
            turn.take(slot, option, "", AnswerState.ANSWERED, content_id)
        case Form.OFFERED, "same" if slot is not None:
            state = AnswerState.UNCHANGED if prompt.basis == "master" else AnswerState.ANSWERED
            turn.take(slot, prompt.value or "", prompt.display or "", state, content_id)
        case Form.OFFERED, "diff" if slot is not None:
            turn.record(ev.ChangeAnnounced(at=turn.now, key=slot.key))
            turn.ask_current()
        case Form.CONFIRM, "yes" if slot is not None:
            turn.check_answer(slot, prompt.value or "", prompt.display or "", prompt.basis, echo=False)
        case Form.CHECK, "yes" if slot is not None:
            turn.take(
                slot, prompt.value or "", prompt.display or "", AnswerState.ANSWERED, prompt.basis, marked=True
            )
        case (Form.CONFIRM | Form.CHECK), "no" if slot is not None:
            turn.ask_current()
        case Form.QUESTION, _ if slot is not None:
            return _choose_answer(turn, prompt, slot, option, content_id)
        case _:
            return False
    return True


def _choose_answer(turn: Turn, prompt: OpenPrompt, slot: Slot, option: str, content_id: str | None) -> bool:
    question = slot.question
    assert question is not None
    answer = turn.state.answers.get(slot.key)
    choice = asking.option_choice(turn.position, question, option)
    if option == "same" and answer is not None and turn.position.is_valid(slot, answer):
        turn.take(slot, answer.value, answer.display, answer.state, answer.content_id, marked=answer.marked)
    elif option == "decline" and question.bot.decline is not Decline.NONE:
        turn.take(slot, "", "", AnswerState.DECLINED, content_id)
    elif option == "skip" and not turn.position.is_required(slot):
        turn.take(slot, "", "", AnswerState.ANSWERED, content_id)
    elif option == "yes" and question.type is QuestionType.ACKNOWLEDGE:
        turn.take(slot, "OK", "", AnswerState.ANSWERED, content_id)
    elif option == "ok" and prompt.selection:
        turn.offer_answer(slot, take_choices(turn.position, question, prompt.selection), content_id, typed=False)
    elif choice is None or choice not in turn.position.choices(question, slot.key):
        return False
    elif question.type is QuestionType.SELECT_MULTIPLE:
        ticked = set(prompt.selection) ^ {choice.name}
        order = [c.name for c in turn.position.choices(question, slot.key) if c.name in ticked]
        turn.record(ev.Toggled(at=turn.now, key=slot.key, selection=tuple(order)))
        turn.ask_current()
    else:
        turn.offer_answer(slot, take_choices(turn.position, question, (choice.name,)), content_id, typed=False)
    return True


def _picked(turn: Turn, picked: inp.Picked) -> None:
    """Several choices at once, by name."""
    prompt = turn.state.open
    slot = turn.position.slot(prompt.key) if prompt is not None and prompt.key is not None else None
    question = slot.question if slot is not None else None
    if slot is None or question is None or not question.is_select or turn.state.owner is not Owner.BOT:
        turn.go_on(Phrase(key="engine.stale"))
        return
    known = {choice.name for choice in turn.position.choices(question, slot.key)}
    one_only = question.type is not QuestionType.SELECT_MULTIPLE and len(picked.names) != 1
    if not picked.names or not set(picked.names) <= known or one_only:
        turn.refuse(slot, Problem(code="choice.unknown"))
        return
    if turn.state.paused:
        turn.record(ev.Resumed(at=turn.now))
    turn.offer_answer(slot, take_choices(turn.position, question, picked.names), None, typed=False)


def _submit(turn: Turn) -> None:
    """Everything relevant is answered: record the submission and give the receipt."""
    if turn.position.current is not None:
        turn.ask_current()
        return
    turn.record(ev.Confirmed(at=turn.now))
    turn.say(
        Phrase(key="engine.receipt", params={"receipt_no": turn.state.receipt_no}),
        Phrase(key="engine.after_receipt"),
        kind=MessageKind.RECEIPT,
    )
