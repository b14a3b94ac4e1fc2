"""How each kind of open prompt is worded and which buttons it carries.

Pure construction of ``Prompt``s from the position: no decision about what comes next is made here.
Options are short ASCII codes; ``engine`` reads them back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dialogs.conversation.answering import from_master, read_back, take_choices
from dialogs.conversation.answers import Answer
from dialogs.conversation.commands import VOICE_OF_COMMAND
from dialogs.conversation.form import Position, Slot
from dialogs.conversation.lists import ListLimits, Page, page_of
from dialogs.conversation.open_prompts import OpenPrompt
from dialogs.conversation.picking_days import days_of
from dialogs.conversation.prompts import Button, InputHint, Line, Literal, MessageKind, Phrase, Piece, Prompt, Wording
from dialogs.conversation.vocabulary import DECLINED, OTHER_CHANNEL, UNCHANGED
from dialogs.definition.model import Choice, Decline, Question, QuestionType
from dialogs.records import changed, maker

#: Buttons that mean the same wherever they stand, so that an old bubble's one still works.
STAFF = Button(option="staff", label=Phrase(key="button.staff"))
LATER = Button(option="later", label=Phrase(key="button.later"))
RESUME = Button(option="resume", label=Phrase(key="button.resume"))
#: After an answer that called for a person: back to that answer, not past it.
CHANGE_ANSWER = Button(option="resume", label=Phrase(key="button.change_answer"))
BACK = Button(option="back", label=Phrase(key="button.back"))
WHY = Button(option="why", label=Phrase(key="button.why"))
VERIFY = Button(option="verify", label=Phrase(key="button.verify"))
#: The voices, each by its own name in its own words.
_VOICES = {
    voice: Button(option=command, label=Phrase(key=f"button.{command}")) for command, voice in VOICE_OF_COMMAND.items()
}
#: None of the choices that the typed letters led to.
OTHERS = Button(option="others", label=Phrase(key="button.none_of_these"))

_line, _literal = maker(Line), maker(Literal)
#: So many fresh prompts are kept of a form.
_PROMPTS = 1000
_ALT = Phrase(key="alt.question")
#: The ways out, by whether there is one back and whether it can be said why we ask.
_WAYS = {
    (back, why): (*((BACK,) if back else ()), STAFF, *((WHY,) if why else ()), LATER)
    for back in (False, True)
    for why in (False, True)
}
_OK = Button(option="ok", label=Phrase(key="button.done"))
_KEEP = Button(option="same", label=Phrase(key="button.keep"))
_UNCHANGED = Button(option="same", label=Phrase(key="button.unchanged"))
_ACKNOWLEDGE = Button(option="yes", label=Phrase(key="button.acknowledge"))
_SKIP = Button(option="skip", label=Phrase(key="button.skip"))
_REVIEW, _REVIEW_END, _ALT_OF_REVIEW = (
    Phrase(key="engine.review"),
    Phrase(key="engine.review_end"),
    Phrase(key="alt.review"),
)
_SUBMIT_OR_FIX = (
    Button(option="submit", label=Phrase(key="button.submit")),
    Button(option="fix", label=Phrase(key="button.fix")),
)


def other_voices(locale: str) -> tuple[Button, ...]:
    """The voices that are not spoken now, to change over to."""
    return tuple(button for voice, button in _VOICES.items() if voice != locale)


def choice_option(position: Position, question: Question, choice: Choice) -> str:
    """The option code of a choice: its place in the unfiltered list, stable within a version."""
    return f"c{position.definition.codes[question.list_name or ''][choice.name]}"


def option_choice(position: Position, question: Question, option: str) -> Choice | None:
    """The choice behind an option code."""
    choices, number = position.definition.choices.get(question.list_name or "", ()), option[1:]
    if option[:1] != "c" or not number.isdecimal():
        return None
    place = int(number)
    return choices[place] if place < len(choices) else None


def shortcuts(position: Position, question: Question | None) -> tuple[Button, ...]:
    """The ways out under a question, always in the same order.

    A phone shows the first two or three of them without scrolling: a person must be among these.
    """
    return _WAYS[position.previous is not None, question is not None and bool(question.bot.why)]


def question_prompt(
    position: Position,
    slot: Slot,
    open_prompt: OpenPrompt,
    lead: Iterable[Piece],
    lists: ListLimits | None,
    extra: Sequence[Button],
) -> Prompt:
    """The question itself, with the choices of the page that is open, or the ones a reply may have meant."""
    number, remaining = position.progress
    if extra or not _is_fresh(position, slot, open_prompt):
        return _question_prompt(position, slot, open_prompt, lead, lists, extra)
    # The same for everybody who has come so far in the form.
    alike = (slot.key, number, remaining, position.previous is not None, lists)
    prompts = position.plan.prompts
    found = prompts.get(alike)
    if found is None:
        if len(prompts) >= _PROMPTS:
            prompts.clear()
        found = prompts[alike] = _question_prompt(position, slot, open_prompt, (), lists, ())
    return changed(found, token=open_prompt.tokens[-1], pieces=(*lead, *found.pieces))


def _is_fresh(position: Position, slot: Slot, open_prompt: OpenPrompt) -> bool:
    """Whether the question stands as it does for everybody: not answered, ticked, narrowed or turned over."""
    state, key = position.state, slot.key
    if not slot.is_plain or open_prompt.only or open_prompt.selection or open_prompt.page:
        return False
    return state.correcting is None and key not in state.answers and key not in state.changes


def _question_prompt(
    position: Position,
    slot: Slot,
    open_prompt: OpenPrompt,
    lead: Iterable[Piece],
    lists: ListLimits | None,
    extra: Sequence[Button],
) -> Prompt:
    question = slot.question
    assert question is not None
    page = _choices(position, slot, question, open_prompt, lists)
    pieces = (*lead, *_progress(position), *_heading(position, slot, question), *page.about)
    if open_prompt.selection and page.about:
        ticked = take_choices(position, question, open_prompt.selection).display
        pieces = (*pieces, Phrase(key="engine.ticked", params={"value": ticked}))
    return Prompt(
        kind=MessageKind.QUESTION,
        pieces=pieces,
        buttons=(*page.buttons, *page.turns, *_answers(position, slot, question, open_prompt), *extra),
        shortcuts=_without(shortcuts(position, question), extra),
        token=open_prompt.tokens[-1],
        hint=_hint(question),
        days=days_of(position, slot) if question.type is QuestionType.DATE else None,
        alt=_ALT,
    )


def _without(ways: tuple[Button, ...], extra: Sequence[Button]) -> tuple[Button, ...]:
    return tuple(way for way in ways if way not in extra) if extra else ways


def _progress(position: Position) -> tuple[Phrase, ...]:
    """How far the customer is; nothing while one answer of a complete form is corrected."""
    number, remaining = position.progress
    if remaining:
        return (Phrase(key="engine.progress", params={"number": str(number), "remaining": str(remaining)}),)
    return () if position.state.correcting else (Phrase(key="engine.progress_end", params={"number": str(number)}),)


def _heading(position: Position, slot: Slot, question: Question) -> tuple[Piece, ...]:
    heading = _wording_of(question, slot.key.instance)
    answer = position.state.answers.get(slot.key)
    if answer is None or position.state.correcting != slot.key or not answer.display:
        return heading
    params = {"value": read_back(position, slot.question, answer)}
    return (*heading, Phrase(key="engine.your_answer", params=params, of=answer.content_id))


def _wording_of(question: Question, instance: int) -> tuple[Piece, ...]:
    pieces: list[Piece] = [Wording(field="label", question=question.name)]
    if instance:
        pieces.append(Phrase(key="engine.instance", params={"number": str(instance)}))
    if question.hint:
        pieces.append(Wording(field="hint", question=question.name))
    elif question.bot.example:
        pieces.append(Wording(field="example", question=question.name))
    if question.takes_several:
        pieces.append(Phrase(key="engine.several_allowed"))
    return tuple(pieces)


def _choices(
    position: Position, slot: Slot, question: Question, open_prompt: OpenPrompt, lists: ListLimits | None
) -> Page:
    """What there is to choose from, as far as it is shown now."""
    if not question.is_select:
        return Page(buttons=())
    choices = position.choices(question, slot.key)
    if open_prompt.only:
        shown = [choice for choice in choices if choice.name in open_prompt.only]
        buttons = [_choice_button(position, question, choice, open_prompt) for choice in shown]
        page = page_of(buttons, open_prompt.page, lists)
        if lists is None or not lists.is_typed(len(choices)):
            return page
        return replace(page, turns=(*page.turns, OTHERS), about=(Phrase(key="engine.type_again"),))
    if lists is not None and lists.is_typed(len(choices)):
        chosen = [choice for choice in choices if choice.name in open_prompt.selection][: lists.page]
        buttons = [_choice_button(position, question, choice, open_prompt) for choice in chosen]
        return Page(buttons=tuple(buttons), about=(Phrase(key="engine.type_to_find"),))
    if lists is not None and len(choices) > lists.whole:
        numbered = [_choice_button(position, question, c, open_prompt, number) for number, c in enumerate(choices, 1)]
        return page_of(numbered, open_prompt.page, lists)
    return Page(buttons=tuple([_choice_button(position, question, choice, open_prompt) for choice in choices]))


def _choice_button(
    position: Position, question: Question, choice: Choice, open_prompt: OpenPrompt, number: int | None = None
) -> Button:
    field = "choice"
    if question.takes_several:
        field = "ticked" if choice.name in open_prompt.selection else "unticked"
    label = Wording(field=field, question=question.name, choice=choice.name)
    return Button(option=choice_option(position, question, choice), label=label, number=number)


def _answers(position: Position, slot: Slot, question: Question, open_prompt: OpenPrompt) -> list[Button]:
    """The answers that are no choice of the list."""
    state, key = position.state, slot.key
    buttons: list[Button] = []
    if open_prompt.selection and question.takes_several:
        buttons.append(_OK)
    # After the choices: a typed number means the place of a choice in the list.
    if state.correcting == key and key in state.answers and position.is_valid(slot, state.answers[key]):
        buttons.append(_KEEP)
    if key in state.changes and from_master(position, slot) is not None:
        buttons.append(_UNCHANGED)
    acknowledged = question.type is QuestionType.ACKNOWLEDGE
    if acknowledged:
        buttons.append(_ACKNOWLEDGE)
    if question.bot.decline is not Decline.NONE:
        buttons.append(Button(option="decline", label=Phrase(key=f"button.decline_{question.bot.decline.value}")))
    if not acknowledged and not position.is_required(slot):
        buttons.append(_SKIP)
    return buttons


def _hint(question: Question) -> InputHint:
    if question.is_select or question.type is QuestionType.ACKNOWLEDGE:
        return InputHint.NONE
    if question.type is QuestionType.DATE:
        return InputHint.DATE
    return InputHint.PHONE if question.bot.kind == "phone" else InputHint.TEXT


def offered_prompt(position: Position, slot: Slot, open_prompt: OpenPrompt, lead: Iterable[Piece]) -> Prompt:
    """A known value, masked where it is the bank's: still right?"""
    question = slot.question
    assert question is not None
    earlier = position.state.set_aside.get(slot.key) if open_prompt.basis == "previous" else None
    shown = Phrase(
        key=f"engine.offered_{open_prompt.basis}",
        params={"value": open_prompt.display or ""},
        of=None if earlier is None else earlier.content_id,
    )
    keys = ("button.unchanged", "button.changed") if open_prompt.basis == "master" else ("button.yes", "button.change")
    return Prompt(
        kind=MessageKind.QUESTION,
        pieces=(*lead, *_progress(position), Wording(field="label", question=question.name), shown),
        buttons=(
            Button(option="same", label=Phrase(key=keys[0])),
            Button(option="diff", label=Phrase(key=keys[1])),
        ),
        shortcuts=shortcuts(position, question),
        token=open_prompt.tokens[-1],
        alt=_ALT,
    )


def yes_no_prompt(
    position: Position,
    slot: Slot,
    open_prompt: OpenPrompt,
    pieces: Iterable[Piece],
    yes: str = "button.yes",
    no: str = "button.no",
) -> Prompt:
    """A question of our own with two answers: an echo, a cross check, "another one?"."""
    return Prompt(
        kind=MessageKind.QUESTION,
        pieces=tuple(pieces),
        buttons=(Button(option="yes", label=Phrase(key=yes)), Button(option="no", label=Phrase(key=no))),
        shortcuts=shortcuts(position, slot.question),
        token=open_prompt.tokens[-1],
        alt=_ALT,
    )


def review_prompt(position: Position, open_prompt: OpenPrompt, lead: Iterable[Piece]) -> Prompt:
    """All answers, and clearly not yet submitted."""
    lines = [review_line(position, number, slot) for number, slot in enumerate(position.asked_slots, 1)]
    return Prompt(
        kind=MessageKind.QUESTION,
        pieces=(*lead, _REVIEW, *lines, _REVIEW_END),
        buttons=_SUBMIT_OR_FIX,
        shortcuts=(STAFF, LATER),
        token=open_prompt.tokens[-1],
        alt=_ALT_OF_REVIEW,
    )


def review_line(position: Position, number: int, slot: Slot) -> Line:
    """One answer as the customer reads it back."""
    return _line(number=number, name=slot.name, value=_value(position, slot, position.state.answers[slot.key]))


def _value(position: Position, slot: Slot, answer: Answer) -> Phrase | Literal:
    question, how = slot.question, answer.state
    if how is OTHER_CHANNEL:
        return Phrase(key="engine.value_other_channel")
    if position.is_elsewhere(slot):
        # Answered on another channel: it is not shown on this one.
        return Phrase(key="engine.value_kept")
    if how is UNCHANGED:
        params = {"value": read_back(position, question, answer)}
        return Phrase(key="engine.value_unchanged", params=params, of=answer.content_id)
    if how is DECLINED:
        unknown = question is not None and question.bot.decline is Decline.UNKNOWN
        return Phrase(key="engine.value_unknown" if unknown else "engine.value_refused")
    if not answer.value:
        return Phrase(key="engine.value_none")
    if question is None:
        return Phrase(key="button.yes" if answer.value == "yes" else "button.no")
    if question.type is QuestionType.ACKNOWLEDGE:
        return Phrase(key="button.acknowledge")
    return _literal(text=read_back(position, question, answer), of=answer.content_id)


def correctable(position: Position) -> list[Button]:
    """The answers that may be changed, under their numbers of the review list."""
    answers = position.state.answers
    return [
        Button(option=f"k{index}", label=slot.name, number=index + 1)
        for index, slot in enumerate(position.asked_slots)
        if slot.key in answers and not position.is_elsewhere(slot)
    ]


def which_prompt(
    position: Position, open_prompt: OpenPrompt, lead: Iterable[Piece], lists: ListLimits | None
) -> Prompt:
    """Which answer is to be corrected? By button or by the number of the review list."""
    done = position.current is None or position.state.correcting is not None
    page = page_of(correctable(position), open_prompt.page, lists)
    return Prompt(
        kind=MessageKind.QUESTION,
        pieces=(*lead, Phrase(key="engine.which"), *page.about),
        buttons=(*page.buttons, *page.turns),
        shortcuts=(
            Button(option="review", label=Phrase(key="button.to_review" if done else "button.resume")),
            STAFF,
            LATER,
        ),
        token=open_prompt.tokens[-1],
        alt=_ALT,
    )
