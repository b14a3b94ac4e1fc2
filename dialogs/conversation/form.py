"""Where in the questionnaire a conversation stands, computed from the answers each time.

The current question is the first relevant one without a valid answer, unless one is being
corrected.  Nothing here is stored: going back, correcting, staff entry and a changed questionnaire
are therefore one mechanism.  An answer counts only while its question is relevant, transitively.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from itertools import takewhile

from dialogs.conversation.events import AnswerState, Key
from dialogs.conversation.state import Answer, State
from dialogs.definition.expressions import Expression
from dialogs.definition.model import Choice, Group, Question, Questionnaire, QuestionType, pick


@dataclass(frozen=True)
class Slot:
    """One place of the form that takes an answer (or shows a note)."""

    key: Key
    #: ``None`` for "another instance of this repeat?".
    question: Question | None
    #: The repeat of a "more?" slot.
    repeat: Group | None = None


class Position:
    """The form seen through one state at one moment; ``after`` gives the one after an event.

    ``now`` is aware and in the bank's time zone, so that ``today()`` is the customer's day.
    """

    def __init__(self, definition: Questionnaire, state: State, now: datetime) -> None:
        self.definition = definition
        self.state = state
        self.now = now
        self._relevant: dict[Key, bool] = {}
        self._groups: dict[tuple[str, int], bool] = {}
        self._calculated: dict[Key, str] = {}
        self._settled: dict[Key, bool] = {}
        #: Values by the names of questions outside repeats.
        self._plain: dict[str, str] = {}
        self._busy: set[Key] = set()

    def after(self, state: State) -> Position:
        """The form through a later state; what was found out stays where the answers are the same."""
        later = Position(self.definition, state, self.now)
        before = self.state
        if state.answers is before.answers and state.master is before.master and state.locale == before.locale:
            later._relevant, later._groups, later._calculated = self._relevant, self._groups, self._calculated
            later._settled, later._plain = self._settled, self._plain
            for name in ("slots", "asked_slots"):
                if name in self.__dict__:
                    later.__dict__[name] = self.__dict__[name]
        return later

    # Slots ----------------------------------------------------------------------------------

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """All relevant slots in order, repeats unrolled as far as they reach."""
        return tuple(self._walk())

    def _walk(self) -> Iterator[Slot]:
        questions, repeats = self.definition.questions, self.definition.repeats
        index = 0
        while index < len(questions):
            question = questions[index]
            repeat = repeats.get(question.name)
            if repeat is None:
                key = Key(question.name)
                if self.is_relevant(key):
                    yield Slot(key, question)
                index += 1
                continue
            end = index
            while end < len(questions) and repeats.get(questions[end].name) is repeat:
                end += 1
            yield from self._unroll(repeat, questions[index:end])
            index = end

    def _unroll(self, repeat: Group, questions: Sequence[Question]) -> Iterator[Slot]:
        if not self._group_relevant(repeat.name, 0):
            return
        for instance in range(1, self._instances(repeat) + 1):
            for question in questions:
                if self.is_relevant(Key(question.name, instance)):
                    yield Slot(Key(question.name, instance), question)
            if repeat.repeat_count is None and instance != repeat.max_repeats:
                yield Slot(Key(repeat.name, instance), None, repeat)

    def _instances(self, repeat: Group) -> int:
        """How many instances of a repeat there are now."""
        bound = repeat.max_repeats or 0
        if repeat.repeat_count is not None:
            return min(bound, self._whole(repeat.repeat_count))
        more = (self.state.answers.get(Key(repeat.name, instance)) for instance in range(1, bound))
        return 1 + sum(1 for _ in takewhile(lambda answer: answer is not None and answer.value == "yes", more))

    def counted(self, name: str) -> int:
        """How many instances of a repeat belong to this conversation; none where its count looks at itself."""
        key = Key(name)
        if key in self._busy:
            return 0
        self._busy.add(key)
        found = self._instances(self.definition.groups[name]) if self._group_relevant(name, 0) else 0
        self._busy.discard(key)
        return found

    def _whole(self, expression: Expression) -> int:
        text = self._text(expression, Key(""))
        try:
            return max(0, int(float(text)))
        except (ValueError, OverflowError):
            return 0

    # Relevance and values -------------------------------------------------------------------

    def is_relevant(self, key: Key) -> bool:
        """Whether the question at ``key`` belongs to this conversation as it stands."""
        found = self._relevant.get(key)
        if found is None:
            if key in self._busy:
                return False
            question = self.definition.by_name[key.question]
            self._busy.add(key)
            found = self._groups_relevant(question.groups, key.instance)
            if found and question.relevant is not None:
                found = question.relevant.truth(_Scope(self, key))
            self._relevant[key] = found
            self._busy.discard(key)
        return found

    def _groups_relevant(self, names: tuple[str, ...], instance: int) -> bool:
        return all(self._group_relevant(name, instance) for name in names)

    def _group_relevant(self, name: str, instance: int) -> bool:
        found = self._groups.get((name, instance))
        if found is None:
            group = self.definition.groups[name]
            found = self._groups_relevant(group.groups, instance) and (
                group.relevant is None or group.relevant.truth(_Scope(self, Key(name, instance)))
            )
            self._groups[name, instance] = found
        return found

    def value(self, key: Key) -> str:
        """The canonical text at ``key``; empty when unanswered, left open or irrelevant."""
        question = self.definition.by_name[key.question]
        if question.type is QuestionType.CALCULATE or (question.read_only and question.calculation is not None):
            return self._calculate(question, key)
        answer = self.state.answers.get(key)
        if answer is None or answer.state in (AnswerState.DECLINED, AnswerState.OTHER_CHANNEL):
            return ""
        return answer.value if self.is_relevant(key) else ""

    def _calculate(self, question: Question, key: Key) -> str:
        if key not in self._calculated:
            if key in self._busy or not self.is_relevant(key):
                return ""
            self._busy.add(key)
            text = ""
            if question.bot.prefill is not None:
                text = self.state.master.get(question.bot.prefill, "")
            if not text and question.calculation is not None:
                text = self._text(question.calculation, key)
            self._calculated[key] = text
            self._busy.discard(key)
        return self._calculated[key]

    def _text(self, expression: Expression, key: Key) -> str:
        return expression.text(_Scope(self, key))

    def truth(self, expression: Expression, key: Key, own: str | None = None) -> bool:
        """Whether ``expression`` holds at ``key``, with ``.`` standing for ``own``."""
        return expression.truth(_Scope(self, key, own))

    def default_value(self, question: Question, key: Key) -> str:
        """The author's default, as canonical text."""
        return "" if question.default is None else self._text(question.default, key)

    def is_required(self, slot: Slot) -> bool:
        question = slot.question
        return question is None or (question.required is not None and self.truth(question.required, slot.key))

    def is_valid(self, slot: Slot, answer: Answer) -> bool:
        """Whether the answer still fits its question: constraint and choices."""
        question = slot.question
        if question is None or answer.state is not AnswerState.ANSWERED:
            return True
        if not answer.value and self.is_required(slot):
            return False
        if question.is_select and answer.value:
            known = {choice.name for choice in self.choices(question, slot.key)}
            if not set(answer.codes if question.type is QuestionType.SELECT_MULTIPLE else (answer.value,)) <= known:
                return False
        return (
            question.constraint is None or not answer.value or self.truth(question.constraint, slot.key, answer.value)
        )

    def choices(self, question: Question, key: Key) -> tuple[Choice, ...]:
        """The choices that the filter leaves, in order."""
        choices = self.definition.choices.get(question.list_name or "", ())
        if question.choice_filter is None:
            return choices
        return tuple(c for c in choices if question.choice_filter.truth(_Scope(self, key, choice=c)))

    # The position ---------------------------------------------------------------------------

    @cached_property
    def asked_slots(self) -> tuple[Slot, ...]:
        """The relevant slots that expect an answer of the customer."""
        return tuple(slot for slot in self.slots if slot.question is None or slot.question.is_asked)

    def slot(self, key: Key) -> Slot | None:
        """The slot at ``key``, when it is relevant now."""
        question = self.definition.by_name.get(key.question)
        if question is None or key.instance or key.question in self.definition.repeats:
            return next((slot for slot in self.asked_slots if slot.key == key), None)
        # Most of the form need not be looked at for one question.
        return Slot(key, question) if question.is_asked and self.is_relevant(key) else None

    @cached_property
    def current(self) -> Slot | None:
        """The slot to be asked now, or ``None`` when all is answered."""
        if self.state.correcting is not None:
            slot = self.slot(self.state.correcting)
            if slot is not None:
                return slot
        return next((slot for slot in self.asked_slots if not self.is_settled(slot)), None)

    def is_settled(self, slot: Slot) -> bool:
        answer = self.state.answers.get(slot.key)
        if answer is None:
            return False
        found = self._settled.get(slot.key)
        if found is None:
            found = self._settled[slot.key] = self.is_valid(slot, answer)
        return found

    @cached_property
    def previous(self) -> Slot | None:
        """The answered slot before the current one, for going back."""
        slots = self.asked_slots
        here = len(slots) if self.current is None else [slot.key for slot in slots].index(self.current.key)
        answered = [s for s in slots[:here] if s.key in self.state.answers and not self.is_elsewhere(s)]
        return answered[-1] if answered else None

    def is_elsewhere(self, slot: Slot) -> bool:
        """Whether the bank asks this by another route, so that nothing of it is said on this channel."""
        return slot.question is not None and slot.question.bot.sensitive and not self.state.sensitive_allowed

    @cached_property
    def pending_notes(self) -> tuple[Slot, ...]:
        """Notes before the current slot that have not been shown yet."""
        notes: list[Slot] = []
        for slot in self.slots:
            if self.current is not None and slot.key == self.current.key:
                break
            question = slot.question
            shown_type = question is not None and (
                question.type is QuestionType.NOTE
                or (question.read_only and question.type is not QuestionType.CALCULATE)
            )
            if shown_type and slot.key not in self.state.notes_shown:
                notes.append(slot)
        return tuple(notes)

    @property
    def progress(self) -> tuple[int, int]:
        """(number of the current question, how many follow that are not answered yet), as far as is known now."""
        slots = self.asked_slots
        if self.current is None:
            return len(slots), 0
        here = [slot.key for slot in slots].index(self.current.key)
        return here + 1, sum(1 for slot in slots if not self.is_settled(slot) and slot.key != self.current.key)

    def label(self, question: Question, choice: str) -> str:
        """The wording of a choice as the customer sees it on its button."""
        found = self.definition.choice(question, choice)
        if found is None:
            return choice
        locale, language = self.state.locale, self.definition.default_language
        return pick(found.button, locale, language) or pick(found.label, locale, language)


class _Scope:
    """What an expression sees: the answers as text, from one place of the form."""

    def __init__(self, position: Position, key: Key, own: str | None = None, choice: Choice | None = None) -> None:
        self._position = position
        self._key = key
        self._own = own
        self._choice = choice

    def value(self, name: str) -> str:
        position = self._position
        found = position._plain.get(name)
        if found is None:
            key = self._place(name)
            found = position.value(key)
            if not key.instance and key not in position._busy:
                position._plain[name] = found
        return found

    def own(self) -> str:
        return self._position.value(self._key) if self._own is None else self._own

    def today(self) -> date:
        return self._position.now.date()

    def now(self) -> datetime:
        return self._position.now

    def label(self, question: str, choice: str) -> str:
        return self._position.label(self._position.definition.question(question), choice)

    def column(self, name: str) -> str:
        if self._choice is None:
            return ""
        return self._choice.name if name == "name" else self._choice.extra.get(name, "")

    def series(self, name: str) -> Sequence[str]:
        position = self._position
        if name in position.definition.groups:
            return ("1",) * position.counted(name)
        repeat = position.definition.repeats.get(name)
        if repeat is None:
            return (position.value(Key(name)),)
        instances = range(1, position._instances(repeat) + 1)
        return tuple(text for i in instances if (text := position.value(Key(name, i))))

    def _place(self, name: str) -> Key:
        """A name inside the same repeat means the same instance; from outside, the first one."""
        repeats = self._position.definition.repeats
        repeat = repeats.get(name)
        if repeat is None:
            return Key(name)
        inside = repeats.get(self._key.question) is repeat
        return Key(name, self._key.instance if inside else 1)
