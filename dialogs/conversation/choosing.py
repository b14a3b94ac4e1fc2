"""Options of the open prompt: what a tapped button, or a reply that means one, does."""

from __future__ import annotations

from dialogs.conversation import asking, events as ev
from dialogs.conversation.answering import from_master, take_choices
from dialogs.conversation.events import AnswerState, Form
from dialogs.conversation.form import Slot
from dialogs.conversation.lists import wanted_page
from dialogs.conversation.moves import correct, submit
from dialogs.conversation.open_prompts import OpenPrompt
from dialogs.conversation.steps import Leave
from dialogs.conversation.turn import Turn
from dialogs.definition.model import Choice, Decline, Question, QuestionType


def choose_option(turn: Turn, prompt: OpenPrompt, option: str, content_id: str | None) -> bool:
    """Apply an option of the open prompt; false when the prompt has no such option."""
    slot = turn.position.slot(prompt.key) if prompt.key is not None else None
    if prompt.form is Form.QUESTION:
        return slot is not None and _choose_answer(turn, prompt, slot, option, content_id)
    match prompt.form, option:
        case Form.REVIEW, "submit":
            submit(turn)
        case Form.REVIEW, "fix":
            turn.ask_which()
        case Form.WHICH, "review":
            turn.ask_current()
        case Form.WHICH, _ if _turns_page(turn, prompt, option, len(asking.correctable(turn.position))):
            turn.ask_in_place(prompt, ())
        case Form.WHICH, _ if option[:1] == "k" and option[1:].isdecimal():
            slots = turn.position.asked_slots
            if int(option[1:]) >= len(slots):
                return False
            correct(turn, slots[int(option[1:])].key)
        case Form.STOP, "yes":
            turn.end("refused")
        case Form.UNLINK, "yes":
            turn.record(ev.PromptClosed(at=turn.now))
            turn.leaves.append(Leave.UNLINK)
        case ((Form.STOP | Form.UNLINK), "no"):
            turn.record(ev.PromptClosed(at=turn.now))
            turn.go_on()
        case Form.MORE, ("yes" | "no") if slot is not None:
            turn.take(slot, option, "", AnswerState.ANSWERED, content_id)
        case Form.OFFERED, "same" if slot is not None:
            turn.check_answer(slot, prompt.value or "", prompt.display or "", content_id, echo=False)
        case Form.OFFERED, "diff" if slot is not None:
            turn.record(ev.ChangeAnnounced(at=turn.now, key=slot.key))
            turn.ask_current()
        case Form.CONFIRM, "yes" if slot is not None:
            turn.check_answer(slot, prompt.value or "", prompt.display or "", prompt.basis, echo=False)
        case Form.CHECK, "yes" if slot is not None:
            value = prompt.value or ""
            turn.take(slot, value, prompt.display or "", turn.state_of(slot, value), prompt.basis, marked=True)
        case ((Form.CONFIRM | Form.CHECK), "no") if slot is not None:
            if slot.key in turn.state.answers and turn.state.correcting != slot.key:
                # A change elsewhere spoke against an answer that was taken already.
                turn.record(ev.CorrectionOpened(at=turn.now, key=slot.key))
            turn.ask_current()
        case _:
            return False
    return True


def _choose_answer(turn: Turn, prompt: OpenPrompt, slot: Slot, option: str, content_id: str | None) -> bool:
    question = slot.question
    assert question is not None
    choice = asking.option_choice(turn.position, question, option)
    if choice is not None:
        return _choose_one(turn, prompt, slot, question, choice, content_id)
    answer = turn.state.answers.get(slot.key)
    choices = turn.position.choices(question, slot.key)
    if question.is_select and _turns_page(turn, prompt, option, len(prompt.only) or len(choices)):
        turn.ask_in_place(prompt, prompt.only)
    elif option == "others" and prompt.only:
        turn.ask_in_place(prompt, ())
    elif option == "same" and answer is not None and turn.position.is_valid(slot, answer):
        marked = answer.marked or turn.position.is_doubted(slot, answer)
        turn.take(slot, answer.value, answer.display, answer.state, answer.content_id, marked=marked)
    elif option == "same" and answer is None and slot.key in turn.state.changes:
        return _as_registered(turn, slot, content_id)
    elif option == "decline" and question.bot.decline is not Decline.NONE:
        turn.take(slot, "", "", AnswerState.DECLINED, content_id)
    elif option == "skip" and not turn.position.is_required(slot):
        turn.take(slot, "", "", AnswerState.ANSWERED, content_id)
    elif option == "yes" and question.type is QuestionType.ACKNOWLEDGE:
        turn.take(slot, "OK", "", AnswerState.ANSWERED, content_id)
    elif option == "ok" and prompt.selection:
        left = {choice.name for choice in choices} & set(prompt.selection)
        if not left:
            return False
        turn.offer_answer(slot, take_choices(turn.position, question, tuple(left)), content_id, typed=False)
    else:
        return False
    return True


def _choose_one(
    turn: Turn, prompt: OpenPrompt, slot: Slot, question: Question, choice: Choice, content_id: str | None
) -> bool:
    """Take a choice of the list, or tick it; false where the filter does not leave it."""
    if question.choice_filter is not None and choice not in turn.position.choices(question, slot.key):
        return False
    if question.takes_several:
        ticked = set(prompt.selection) ^ {choice.name}
        order = [one.name for one in turn.position.choices(question, slot.key) if one.name in ticked]
        turn.record(ev.Toggled(at=turn.now, key=slot.key, selection=tuple(order)))
        turn.ask_in_place(prompt, prompt.only)
    else:
        turn.offer_answer(slot, take_choices(turn.position, question, (choice.name,)), content_id, typed=False)
    return True


def _turns_page(turn: Turn, prompt: OpenPrompt, option: str, count: int) -> bool:
    """Whether the option leads to another page of the open list; then it is turned."""
    page = wanted_page(option, count, turn.lists)
    if page is not None:
        turn.record(ev.PageTurned(at=turn.now, page=page))
    return page is not None


def _as_registered(turn: Turn, slot: Slot, content_id: str | None) -> bool:
    """ "Changed" was a slip: the registered value holds after all."""
    known = from_master(turn.position, slot)
    if known is None:
        return False
    # Opening a correction takes the announced change back.
    turn.record(ev.CorrectionOpened(at=turn.now, key=slot.key))
    turn.check_answer(slot, known.value, known.display, content_id, echo=False)
    return True


def try_option(turn: Turn, option: str) -> bool:
    prompt = turn.state.open
    return prompt is not None and choose_option(turn, prompt, option, None)
