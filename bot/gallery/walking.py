"""Ways through a form, so that every question of it is asked once where the engine really asks it.

Promise: the same form is walked in the same ways; a question that no way leads to is named, never left out in silence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from bot.gallery.posing import NOW, Stage, twin
from dialogs.conversation.answering import from_master, reader_kind, to_text
from dialogs.conversation.answers import Answer
from dialogs.conversation.events import AnswerState, NoteShown
from dialogs.conversation.form import Slot
from dialogs.conversation.wording import Voice
from dialogs.definition.expressions import Expression
from dialogs.definition.expressions.syntax import Call, Comparison, Literal, Name, walk
from dialogs.definition.model import Question, Questionnaire, QuestionType
from dialogs.replies import READERS
from dialogs.replies.base import Parsed, ReplyContext

#: Where each question stands, with a conversation that has come to it.
Places = Sequence[tuple[Slot, Stage]]
#: More ways than any form so far needs; who writes a form that needs more is told which questions are missing.
MOST_WAYS = 200
_MOST_STEPS = 400
_WANTED_IN_TEN = 7


def places(form: Questionnaire, voice: Voice, master: Mapping[str, str]) -> Places:
    """Each question and note that a way leads to, in the order of the form."""
    reached: dict[str, tuple[Slot, Stage]] = {}
    names = [question.name for question in form.questions if question.type is not QuestionType.CALCULATE]
    wanted = _wanted(form)
    ratings = [dict(master, risk_rating=rating) for rating in ("high", "low", "medium")]
    for number in range(MOST_WAYS):
        if len(reached) == len(names):
            break
        known = ratings[number % 3] if number % 2 else {"risk_rating": ratings[number % 3]["risk_rating"]}
        for slot, stage in _way(form, voice, known, number, wanted):
            reached.setdefault(slot.key.question, (slot, stage))
    return [reached[name] for name in names if name in reached]


def _way(
    form: Questionnaire, voice: Voice, master: dict[str, str], number: int, wanted: Mapping[str, set[str]]
) -> Iterator[tuple[Slot, Stage]]:
    stage = Stage(form, voice, master=master)
    for _ in range(_MOST_STEPS):
        for note in stage.position.pending_notes:
            yield note, twin(stage)
            stage.record(NoteShown(at=stage.now, key=note.key))
        slot = stage.position.current
        if slot is None:
            return
        if slot.question is not None:
            yield slot, twin(stage)
        _answer(stage, slot, number, wanted)


def _answer(stage: Stage, slot: Slot, number: int, wanted: Mapping[str, set[str]]) -> None:
    question = slot.question
    if question is None:
        stage.answer(slot, "no")
        return
    known = from_master(stage.position, slot)
    if known is not None and _draw(number, question.name) % 2:
        stage.answer(slot, known.value, known.display, AnswerState.UNCHANGED)
        return
    for value in _values(stage, slot, question, number, wanted):
        if stage.position.is_valid(slot, _as_answer(stage, value)):
            stage.answer(slot, value)
            if stage.position.is_settled(slot):
                return
    stage.answer(slot, "", state=AnswerState.DECLINED)


def _as_answer(stage: Stage, value: str) -> Answer:
    return Answer(value=value, display=value, state=AnswerState.ANSWERED, at=stage.now, locale=stage.locale)


def _values(stage: Stage, slot: Slot, question: Question, number: int, wanted: Mapping[str, set[str]]) -> Sequence[str]:
    draw = _draw(number, question.name)
    if question.is_select:
        names = [choice.name for choice in stage.position.choices(question, slot.key)]
        asked_for = [name for name in names if name in wanted.get(question.name, ())]
        pool = asked_for if asked_for and draw % 10 < _WANTED_IN_TEN else names
        if not pool:
            return ()
        one = pool[draw // 10 % len(pool)]
        if question.type is QuestionType.SELECT_MULTIPLE:
            return (" ".join(dict.fromkeys((one, pool[draw // 100 % len(pool)]))), one, *names)
        return (one, *names)
    if question.type is QuestionType.ACKNOWLEDGE:
        return ("OK",)
    samples = _samples(reader_kind(question))
    at = draw // 2 % len(samples)
    return (*samples[at:], *samples[:at])


#: What a fictitious person writes, so that the branches of a form open: more than one where a form may look at it.
SAMPLES: Mapping[str, tuple[str, ...]] = {
    "name": ("見本 花子", "山田 花子"),
    "kana": ("ミホン タロウ",),
    "address": ("東京都千代田区丸の内1-2-3",),
    "postal_code": ("100-0005",),
    "phone": ("090-0000-0000", "03-1234-5678"),
    "email": ("taro@example.com",),
    "country": ("アメリカ", "日本", "フランス"),
    "corporate_number": ("7000012050002",),
    "residence_card": ("AB12345678CD",),
    "date": ("2030-01-31", "1990-04-01", "2026-01-31"),
    "amount": ("30万円",),
    "integer": ("2", "1"),
    "decimal": ("60", "30"),
    "percentage": ("60%", "30%"),
    "yes_no": ("はい",),
    "text": ("見本の言葉", "www.example.com"),
}


@cache
def _samples(kind: str) -> tuple[str, ...]:
    """The same as the readers take them."""
    context = ReplyContext(today=NOW.date(), locale="ja")
    read = [READERS[kind](text, context) for text in SAMPLES[kind]]
    return tuple(to_text(one.value) for one in read if isinstance(one, Parsed))


def _draw(number: int, name: str) -> int:
    """A number that looks like chance and is the same each time."""
    return int.from_bytes(hashlib.sha256(f"{number}:{name}".encode()).digest()[:4])


def _wanted(form: Questionnaire) -> dict[str, set[str]]:
    """The values that the conditions of the form ask for, by question."""
    found: dict[str, set[str]] = {}
    for condition in _conditions(form):
        for node in walk(condition.tree):
            match node:
                case Comparison(operator="=", left=Name(name=name), right=Literal(value=value)):
                    found.setdefault(name, set()).add(str(value))
                case Call(function="selected", arguments=(Name(name=name), Literal(value=value))):
                    found.setdefault(name, set()).add(str(value))
    return found


def _conditions(form: Questionnaire) -> Iterator[Expression]:
    of_groups = [group.relevant for group in form.groups.values()]
    of_questions = [found for question in form.questions for found in (question.relevant, question.calculation)]
    yield from (found for found in (*of_groups, *of_questions) if found is not None)
