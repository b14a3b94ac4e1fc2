"""What the answers so far make of a form: which of its questions count, which values they have, and what fits them.

An answer counts only while its question is relevant, transitively.  Each thing is worked out when it is first asked
for; ``form.Position`` lets go of it when an answer that is read there changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import takewhile

from dialogs.conversation.answers import Answer
from dialogs.conversation.events import Key
from dialogs.conversation.plan import Slot, plan_of
from dialogs.conversation.scope import AnswerScope
from dialogs.conversation.state import State
from dialogs.conversation.vocabulary import ANSWERED, DECLINED, OTHER_CHANNEL, UNCHANGED
from dialogs.definition.expressions import Expression
from dialogs.definition.model import Choice, Group, Question, Questionnaire, pick

_LEFT_OPEN = (DECLINED, OTHER_CHANNEL)


class Conditions:
    """The rules of a form seen through one state at one moment.

    ``now`` is aware and in the bank's time zone, so that ``today()`` is the customer's day.
    """

    def __init__(self, definition: Questionnaire, state: State, now: datetime) -> None:
        self.definition = definition
        self.state = state
        self.now = now
        self.plan = plan_of(definition)
        self._relevant: dict[Key, bool] = {}
        self._groups: dict[tuple[str, int], bool] = {}
        self._calculated: dict[Key, str] = {}
        self._settled: dict[Key, bool] = {}
        #: Values by the names of questions outside repeats, as far as they were asked for (``plain``).
        self.known: dict[str, str] = {}
        self._busy: set[Key] = set()

    # Relevance and values -------------------------------------------------------------------

    def is_relevant(self, key: Key) -> bool:
        """Whether the question at ``key`` belongs to this conversation as it stands."""
        if key.question in self.plan.always:
            return True
        found = self._relevant.get(key)
        if found is not None:
            return found
        question = self.definition.by_name[key.question]
        return self._in_relevant_group(question, key.instance) and self._holds(key, question)

    def _holds(self, key: Key, question: Question | None) -> bool:
        """Whether a question of a relevant group is relevant itself."""
        found = self._relevant.get(key)
        if found is None:
            if question is None or question.relevant is None:
                return True
            if key in self._busy:
                return False
            self._busy.add(key)
            when = self.plan.whens.get(question.name)
            value = None if when is None else self.plain(when.name)
            if when is None or value is None:
                found = question.relevant.truth(AnswerScope(self, key))
            else:
                found = (value in when.codes) is when.within
            self._relevant[key] = found
            self._busy.discard(key)
        return found

    def _in_relevant_group(self, inside: Question | Group, instance: int) -> bool:
        """The innermost group speaks for all that are around it."""
        return not inside.groups or self._group_relevant(inside.groups[-1], instance)

    def _group_relevant(self, name: str, instance: int) -> bool:
        found = self._groups.get((name, instance))
        if found is None:
            group = self.definition.groups[name]
            found = self._in_relevant_group(group, instance) and (
                group.relevant is None or group.relevant.truth(AnswerScope(self, Key(name, instance)))
            )
            self._groups[name, instance] = found
        return found

    def plain(self, name: str) -> str | None:
        """The value of a question outside repeats, kept by its name; ``None`` for one in a repeat."""
        found = self.known.get(name)
        if found is None and name not in self.definition.repeats:
            key = Key(name)
            found = self.value(key)
            if key not in self._busy:
                self.known[name] = found
        return found

    def value(self, key: Key) -> str:
        """The canonical text at ``key``; empty when unanswered, left open or irrelevant."""
        if key.question in self.plan.calculated:
            return self._calculate(self.definition.by_name[key.question], key)
        answer = self.state.answers.get(key)
        if answer is None or answer.state in _LEFT_OPEN:
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
        return expression.text(AnswerScope(self, key))

    def truth(self, expression: Expression, key: Key, own: str | None = None) -> bool:
        """Whether ``expression`` holds at ``key``, with ``.`` standing for ``own``."""
        return expression.truth(AnswerScope(self, key, own))

    def default_value(self, question: Question, key: Key) -> str:
        """The author's default, as canonical text."""
        return "" if question.default is None else self._text(question.default, key)

    # Answers --------------------------------------------------------------------------------------

    def is_required(self, slot: Slot) -> bool:
        question = slot.question
        if question is None or slot.is_always_required:
            return True
        return question.required is not None and self.truth(question.required, slot.key)

    def is_valid(self, slot: Slot, answer: Answer) -> bool:
        """Whether the answer still fits its question: constraint and choices."""
        question = slot.question
        if question is None or answer.state is not ANSWERED:
            return True
        if not answer.value:
            return not self.is_required(slot)
        if question.is_select:
            several = question.takes_several
            if not self.are_choices(question, slot.key, answer.codes if several else (answer.value,)):
                return False
        return self.is_allowed(slot, answer.value)

    def is_allowed(self, slot: Slot, value: str) -> bool:
        """Whether the constraint of its question allows a value."""
        rule = None if slot.question is None else slot.question.constraint
        return rule is None or (slot.fits is not None and value in slot.fits) or self.truth(rule, slot.key, value)

    def is_settled(self, slot: Slot) -> bool:
        """Whether there is an answer, and nothing that speaks against it."""
        answer = self.state.answers.get(slot.key)
        return answer is not None and self._is_settled(slot, answer)

    def _is_settled(self, slot: Slot, answer: Answer) -> bool:
        found = self._settled.get(slot.key)
        if found is None:
            doubted = not (answer.marked or self.is_elsewhere(slot)) and self.is_doubted(slot, answer)
            found = self._settled[slot.key] = not doubted and self.is_valid(slot, answer)
        return found

    def is_doubted(self, slot: Slot, answer: Answer) -> bool:
        """Whether a cross check speaks against an answer; ``marked`` says that the customer was asked and kept it."""
        check = None if slot.question is None else slot.question.bot.check
        given = answer.value and answer.state in (ANSWERED, UNCHANGED)
        return bool(check is not None and given and not self.truth(check, slot.key, answer.value))

    def is_elsewhere(self, slot: Slot) -> bool:
        """Whether the bank asks this by another route, so that nothing of it is said on this channel."""
        return not self.state.sensitive_allowed and slot.question is not None and slot.question.bot.sensitive

    # Choices --------------------------------------------------------------------------------------

    def are_choices(self, question: Question, key: Key, names: Iterable[str]) -> bool:
        """Whether all of these are codes of choices that the filter leaves."""
        if question.choice_filter is None:
            known: Iterable[str] = self.definition.codes.get(question.list_name or "", ())
        else:
            known = {choice.name for choice in self.choices(question, key)}
        return all(name in known for name in names)

    def choices(self, question: Question, key: Key) -> tuple[Choice, ...]:
        """The choices that the filter leaves, in order."""
        choices = self.definition.choices.get(question.list_name or "", ())
        if question.choice_filter is None:
            return choices
        return tuple(c for c in choices if question.choice_filter.truth(AnswerScope(self, key, choice=c)))

    def label(self, question: Question, choice: str) -> str:
        """The wording of a choice as the customer sees it on its button."""
        locale, labels = self.state.locale, self.plan.labels
        label = labels.get((locale, question.list_name, choice))
        if label is None:
            found = self.definition.choice(question, choice)
            if found is None:
                return choice
            language = self.definition.default_language
            label = pick(found.button, locale, language) or pick(found.label, locale, language)
            labels[locale, question.list_name, choice] = label
        return label

    # Repeats --------------------------------------------------------------------------------------

    def instances(self, repeat: Group) -> int:
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
        found = self.instances(self.definition.groups[name]) if self._group_relevant(name, 0) else 0
        self._busy.discard(key)
        return found

    def _whole(self, expression: Expression) -> int:
        text = self._text(expression, Key(""))
        try:
            return max(0, int(float(text)))
        except (ValueError, OverflowError):
            return 0
