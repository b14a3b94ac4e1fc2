"""The questions of a form: as they are asked, offered, explained, refused and doubted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.gallery.posing import Said, Stage, first, last, twin
from bot.gallery.walking import Places
from dialogs.conversation.events import Form
from dialogs.conversation.form import Slot
from dialogs.conversation.prompts import Prompt, Wording
from dialogs.definition.model import Questionnaire, QuestionType
from dialogs.replies.base import Problem

_VALUE = "○○○"


@dataclass(frozen=True)
class Asked:
    """The messages of a form, and the questions that no way led to."""

    said: tuple[Said, ...]
    missing: tuple[str, ...]


def questions(form: Questionnaire, found: Places, locale: str) -> Asked:
    """All messages of a form in its order; what the bank knows already is shown as it is offered."""
    said = [one for slot, stage in found for one in _of(form.id, slot, twin(stage, locale))]
    reached = {slot.key.question for slot, _ in found}
    expected = (q.name for q in form.questions if q.type is not QuestionType.CALCULATE)
    return Asked(tuple(said), tuple(name for name in expected if name not in reached))


def _of(form: str, slot: Slot, stage: Stage) -> Iterator[Said]:
    question = slot.question
    assert question is not None
    name = f"{form}.{question.name}"
    if not question.is_asked:
        turn = stage.turn()
        turn.say(Wording(field="label", question=question.name))
        yield Said(name, first(turn.says))
        return
    plain = _open(stage)
    if plain.state.open is not None and plain.state.open.form is Form.OFFERED:
        yield Said(f"{name}.offered", last(plain.prompts))
        plain.prompts = plain.tap("diff")
    yield Said(name, last(plain.prompts))
    if question.type is QuestionType.SELECT_MULTIPLE and plain.prompts[-1].buttons:
        yield Said(f"{name}.ticked", last(_again(plain).tap(plain.prompts[-1].buttons[0].option)))
    if question.bot.why:
        yield Said(f"{name}.why", first(_again(plain).tap("why")))
    if question.constraint is not None and question.constraint_message:
        yield Said(f"{name}.refused", _refused(_again(plain), slot))
    if question.bot.check is not None:
        turn = _again(plain).turn()
        turn.ask_check(slot, _VALUE, _VALUE, None)
        yield Said(f"{name}.doubted", last(turn.says))
    if question.bot.confirm:
        turn = _again(plain).turn()
        turn.ask_confirm(slot, _VALUE, _VALUE, None)
        yield Said(f"{name}.confirmed", last(turn.says))


class _Opened(Stage):
    """A conversation in which the question stands open, with what was said."""

    prompts: tuple[Prompt, ...]


def _open(stage: Stage) -> _Opened:
    turn = stage.turn()
    turn.ask_current()
    opened = _again(stage)
    opened.state, opened.prompts = turn.state, tuple(turn.says)
    return opened


def _again(stage: Stage) -> _Opened:
    twin = object.__new__(_Opened)
    twin.__dict__.update(stage.__dict__)
    return twin


def _refused(stage: Stage, slot: Slot) -> Prompt:
    turn = stage.turn()
    turn.refuse(slot, Problem(code="constraint"))
    return last(turn.says)
