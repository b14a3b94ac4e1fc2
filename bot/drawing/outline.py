"""What is drawn of a form, in its order: sections, conditions with what stands under them, questions, ways out.

Promise: nothing that decides what a customer is asked is left out; questions next to each other under the same
condition stand under it together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from bot.drawing.words import Words
from dialogs.definition.expressions import Expression
from dialogs.definition.expressions.expression import of_tree
from dialogs.definition.expressions.syntax import Call
from dialogs.definition.issues import Issue
from dialogs.definition.model import Group, Question, Questionnaire, QuestionType
from locales import Catalogue

#: So many choices of a list stand in its box; of a longer one the rest is counted.
MOST_CHOICES = 24


@dataclass(frozen=True, kw_only=True)
class Exit:
    """Where the form is left after an answer."""

    #: end, handover
    kind: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Remark:
    """What the check has found, in words."""

    #: error, warning
    kind: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Box:
    """A question, a note, a value that is worked out, or an end of the form."""

    #: start, question, note, value, section, finish
    kind: str
    name: str
    title: str
    text: str = ""
    choices: tuple[str, ...] = ()
    #: What else is true of the question, in words.
    marks: tuple[str, ...] = ()
    exits: tuple[Exit, ...] = ()
    #: What the check has found here.
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Under:
    """What is asked only under a condition, or several times."""

    #: when, repeat
    kind: str
    words: str
    inside: tuple[Item, ...]


Item = Box | Under


def outline(form: Questionnaire, catalogue: Catalogue, locale: str, issues: Iterable[Issue] = ()) -> tuple[Item, ...]:
    """The whole form in one language; what the check has found stands where it is, or else at the start."""
    words, say = Words(form, catalogue, locale), catalogue.text
    rows = [question for question in form.questions if _is_drawn(question)]
    found = _Found(form, say, issues)
    start = Box(
        kind="start", name=form.id, title=words.text(form.title), text=say("draw.version", version=form.version)
    )
    finish = Box(kind="finish", name="", title=say("draw.finish"))
    items = tuple(found.marked(item) for item in _Outline(form, words, catalogue).items(rows, ()))
    return (replace(start, remarks=found.rest()), *items, finish)


class _Found:
    """The findings, each handed out once."""

    def __init__(self, form: Questionnaire, say: Callable[..., str], issues: Iterable[Issue]) -> None:
        self._say = say
        #: Of a list the first question that uses it.
        using = {question.list_name: question.name for question in reversed(form.questions) if question.list_name}
        self._by_name: dict[str, list[Issue]] = {}
        for issue in issues:
            name = issue.place.name
            at = using.get(name.partition("/")[0], "") if issue.place.sheet == "choices" else name
            self._by_name.setdefault(at, []).append(issue)

    def marked(self, item: Item) -> Item:
        if isinstance(item, Under):
            return replace(item, inside=tuple(map(self.marked, item.inside)))
        return replace(item, remarks=tuple(map(self._remark, self._by_name.pop(item.name, ()))))

    def rest(self) -> tuple[Remark, ...]:
        """Of the form as a whole, and of what has no box."""
        return tuple(
            replace(self._remark(issue), words=f"{issue.place}: {self._remark(issue).words}".removeprefix(": "))
            for issues in self._by_name.values()
            for issue in issues
        )

    def _remark(self, issue: Issue) -> Remark:
        kind = issue.severity.value
        # In the box of a question stands its whole list: which of the choices is it?
        choice = issue.place.name.partition("/")[2] if issue.place.sheet == "choices" else ""
        words = f"{self._say(f'check.severity.{kind}')} {issue.message(self._say)}"
        return Remark(kind=kind, words=f"{choice}: {words}" if choice else words)


def _is_drawn(question: Question) -> bool:
    """A value that the bank knows decides by being named in conditions; it is nothing on the way."""
    return question.type is not QuestionType.CALCULATE or question.calculation is not None


class _Outline:
    def __init__(self, form: Questionnaire, words: Words, catalogue: Catalogue) -> None:
        self._form = form
        self._words = words
        self._say = catalogue.text

    def items(self, rows: Iterable[Question], within: tuple[str, ...]) -> Iterator[Item]:
        """The rows that stand in these groups, with the groups below them."""
        depth = len(within)
        for group, inside in groupby(rows, lambda row: row.groups[depth] if len(row.groups) > depth else None):
            if group is None:
                yield from self._questions(list(inside))
            else:
                yield from self._group(self._form.groups[group], list(inside), (*within, group))

    def _group(self, group: Group, rows: list[Question], within: tuple[str, ...]) -> Iterator[Item]:
        title = self._words.text(group.label) or group.name
        items: tuple[Item, ...] = tuple(self.items(rows, within))
        if group.is_repeat:
            most = str(group.max_repeats)
            count = self._say("draw.asked_again") if group.repeat_count is None else self._words.of(group.repeat_count)
            again = self._say("draw.repeat", title=title, count=count, most=most)
            items = (Under(kind="repeat", words=again, inside=items),)
        else:
            items = (Box(kind="section", name=group.name, title=title), *items)
        yield from self._under(None if group.relevant is None else self._words.of(group.relevant), items)

    def _under(self, condition: str | None, items: tuple[Item, ...]) -> Iterator[Item]:
        if condition is None:
            yield from items
        else:
            yield Under(kind="when", words=self._say("draw.when", words=condition), inside=items)

    def _questions(self, rows: list[Question]) -> Iterator[Item]:
        for _, same in groupby(rows, lambda row: "" if row.relevant is None else row.relevant.source):
            together = list(same)
            relevant = together[0].relevant
            condition = None if relevant is None else self._words.of(relevant)
            yield from self._under(condition, tuple(self._box(question) for question in together))

    def _box(self, question: Question) -> Box:
        words = self._words
        if question.type is QuestionType.CALCULATE:
            assert question.calculation is not None
            return Box(
                kind="value",
                name=question.name,
                title=words.name(question),
                text=self._say("draw.worked_out", words=words.of(question.calculation)),
            )
        note = not question.is_asked
        return Box(
            kind="note" if note else "question",
            name=question.name,
            title=self._say("draw.note") if note else words.name(question),
            text=words.text(question.label),
            choices=self._choices(question),
            marks=tuple(self._marks(question)),
            exits=tuple(self._exits(question)),
        )

    def _choices(self, question: Question) -> tuple[str, ...]:
        rows = self._form.choices.get(question.list_name or "", ())
        labels = [self._words.text(row.button) or self._words.text(row.label) for row in rows]
        if len(labels) <= MOST_CHOICES:
            return tuple(labels)
        rest = self._say("draw.more_choices", count=str(len(labels) - MOST_CHOICES))
        return (*labels[:MOST_CHOICES], rest)

    def _marks(self, question: Question) -> Iterator[str]:
        if question.type is QuestionType.SELECT_MULTIPLE:
            yield self._say("draw.several")
        if question.is_asked and question.required is None:
            yield self._say("draw.may_be_skipped")
        if question.bot.sensitive:
            yield self._say("draw.sensitive")
        if question.constraint is not None:
            yield self._say("draw.taken_if", words=self._words.of(question.constraint, question))
        if question.bot.check is not None:
            yield self._doubted(question.bot.check, question)

    def _doubted(self, check: Expression, question: Question) -> str:
        """``not(...)`` is said by what it denies."""
        tree = check.tree
        if isinstance(tree, Call) and tree.function == "not":
            return self._say("draw.doubted_if", words=self._words.of(of_tree(tree.arguments[0]), question))
        return self._say("draw.doubted_unless", words=self._words.of(check, question))

    def _exits(self, question: Question) -> Iterator[Exit]:
        for kind, condition in (("end", question.bot.end), ("handover", question.bot.handover)):
            if condition is not None:
                words = self._words.of(condition, question)
                yield Exit(kind=kind, words=self._say(f"draw.{kind}", words=words))
