"""Checks that follow every path: questions never reached, conditions that decide nothing, coverage."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dialogs.definition.checks.cases import Case, Cases, TooManyCases
from dialogs.definition.checks.names import has_cycle
from dialogs.definition.checks.risks import risky_names
from dialogs.definition.checks.subject import (
    AFTER_ANSWER,
    CONDITIONS,
    Subject,
    Use,
    check,
    is_always_true,
)
from dialogs.definition.expressions import Expression
from dialogs.definition.issues import Issue, Place
from dialogs.definition.model import Decline, Question, QuestionType


@check
def every_question_can_be_reached(subject: Subject) -> Iterator[Issue]:
    if has_cycle(subject):
        return
    for use in subject.uses:
        if use.column not in ("relevant", "repeat_count"):
            continue
        around = subject.conditions_around(use.owner)
        if use.column == "repeat_count":
            relevant = (use.owner.relevant,) if use.owner.relevant is not None else ()
            around, use = (*around, *relevant), replace(use, expression=subject.counts[use.owner.name])
        try:
            found = _truths(subject, use, around)
        except TooManyCases:
            yield Issue(code="not_proved", place=use.place)
            continue
        if True not in found:
            yield Issue(code="never_relevant", place=use.place)
        elif False not in found and use.column == "relevant":
            yield Issue(code="always_relevant", place=use.place)


@check
def conditions_after_an_answer_can_hold(subject: Subject) -> Iterator[Issue]:
    if has_cycle(subject):
        return
    for use in subject.uses:
        if use.column not in AFTER_ANSWER or is_always_true(use.expression):
            continue
        try:
            found = _truths(subject, use, subject.conditions_of(use.owner), answered=True)
        except TooManyCases:
            yield Issue(code="not_proved", place=use.place)
            continue
        if found == {False}:
            yield Issue(code="constant_condition", place=use.place, params={"value": "false"})
        elif found == {True} and use.column in ("constraint", "bot.check"):
            yield Issue(code="constant_condition", place=use.place, params={"value": "true"})


@check
def conditions_read_what_is_answered(subject: Subject) -> Iterator[Issue]:
    """Where an answer may be missing, ``!=``, ``not()``, order and sums easily mean the wrong thing."""
    if has_cycle(subject):
        return
    for use in subject.uses:
        if use.column not in CONDITIONS and use.column != "repeat_count":
            continue
        for name in sorted(risky_names(use.expression) & set(subject.questions)):
            question = subject.questions[name]
            if name == use.owner.name or not question.is_asked:
                continue
            try:
                missing = _can_be_missing(subject, use, name)
            except TooManyCases:
                continue
            if missing:
                yield Issue(code="reads_unanswered", place=use.place, params={"name": name})


@check
def required_items_are_covered(subject: Subject) -> Iterator[Issue]:
    if has_cycle(subject):
        return
    for item in subject.questionnaire.required_items:
        place = Place(sheet="settings", name=item, column="required_items")
        questions = [q for q in subject.questionnaire.questions if q.bot.kyc_item == item]
        if not questions:
            yield Issue(code="item_not_asked", place=place, params={"item": item})
            continue
        try:
            hole, proved = _hole(subject, questions)
        except TooManyCases:
            yield Issue(code="item_not_proved", place=place, params={"item": item, "path": "-"})
            continue
        if hole is not None:
            code = "item_not_covered" if proved else "item_not_proved"
            yield Issue(code=code, place=place, params={"item": item, "path": hole.witness(subject)})


def _truths(subject: Subject, use: Use, around: tuple[Expression, ...], *, answered: bool = False) -> set[bool]:
    """The values a condition can have when its surroundings hold."""
    own = use.owner.name
    targets = [(use.expression, own), *((expression, own) for expression in around)]
    # What closes the conversation here or later must not hide the answers that do.
    unjudged = own if use.column == "constraint" else ""
    cases = Cases(subject, targets, names=[own] if answered else [], unjudged=unjudged, before=use.owner.row)
    found: set[bool] = set()
    for case in cases:
        for held, following in cases.all_hold(around, own, case):
            if not held or (answered and following.values.get(own) == ""):
                continue
            found |= {truth for truth, _ in cases.decided(use.expression, own, following)}
        if len(found) == 2:
            break
    return found


def _can_be_missing(subject: Subject, use: Use, name: str) -> bool:
    """Whether the condition can be evaluated while ``name`` is empty."""
    own = use.owner.name
    around = subject.conditions_around(use.owner) if use.column == "relevant" else subject.conditions_of(use.owner)
    cases = Cases(subject, [(expression, own) for expression in around], names=[name], before=use.owner.row)
    return any(
        held and not following.guesses and following.values.get(name) == ""
        for case in cases
        for held, following in cases.all_hold(around, own, case)
    )


def _hole(subject: Subject, questions: list[Question]) -> tuple[Case | None, bool]:
    """A path that asks none of the questions, and whether it is certain; a certain one wins."""
    unasked = [question.name for question in questions if not question.is_asked]
    hole, _ = _hole_among(subject, questions, unasked)
    if hole is None:
        return None, True
    try:
        # Looked at more closely: what may be left open counts where it was answered.
        return _hole_among(subject, questions, [question.name for question in questions])
    except TooManyCases:
        return hole, False


def _hole_among(subject: Subject, questions: list[Question], names: list[str]) -> tuple[Case | None, bool]:
    """A hole in the cases that these names take part in."""
    targets = [(expression, question.name) for question in questions for expression in _must_hold(subject, question)]
    cases = Cases(subject, targets, names=names)
    guessed: Case | None = None
    for case in cases:
        for hole in _uncovered(subject, cases, questions, case):
            if not hole.guesses:
                return hole, True
            guessed = guessed or hole
    return guessed, False


def _must_hold(subject: Subject, question: Question) -> tuple[Expression, ...]:
    """When a question is sure to collect its item: relevant, and required where it is asked."""
    required = (question.required,) if question.is_asked and question.required is not None else ()
    return (*subject.conditions_of(question), *required)


def _uncovered(subject: Subject, cases: Cases, questions: list[Question], case: Case) -> Iterator[Case]:
    """The continuations of a case in which no question covers the item."""
    first, *rest = questions
    for covered, following in _covers(subject, cases, first, case):
        if covered:
            continue
        if rest:
            yield from _uncovered(subject, cases, rest, following)
        else:
            yield following


def _covers(subject: Subject, cases: Cases, question: Question, case: Case) -> Iterator[tuple[bool, Case]]:
    """Whether a question is sure to collect its item, or one that is not asked to have a value of its own.

    What may be left open counts in the cases in which it was answered; a sensitive question is asked by another
    route where not here.
    """
    if question.is_asked:
        if case.values.get(question.name, "") != "":
            yield True, case
        elif question.required is None or question.bot.decline is not Decline.NONE:
            yield False, case
        else:
            yield from cases.all_hold(_must_hold(subject, question), question.name, case)
    elif question.type is QuestionType.NOTE or case.values.get(question.name) == "":
        yield False, case
    elif case.values.get(question.name) is None:
        yield from ((truth, case.with_guess(f"value of {question.name}", truth)) for truth in (True, False))
    else:
        yield True, case
