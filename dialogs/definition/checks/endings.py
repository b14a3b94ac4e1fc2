"""Checks that a conversation comes to its end: a submission can be reached, and nobody gets stuck on the way.

A form is a list and its repeats are bounded, so a conversation is as long as the list at most.  What can go wrong
is a question that has to be answered and takes no answer, and an ``end`` that closes every conversation.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialogs.definition.checks.acceptable import Takes, Told, takes
from dialogs.definition.checks.cases import Case, Cases, TooManyCases
from dialogs.definition.checks.filters import MOST_CHOICES, filters_of
from dialogs.definition.checks.names import has_cycle
from dialogs.definition.checks.subject import Subject, check, question_place
from dialogs.definition.checks.trials import trials
from dialogs.definition.issues import Issue, Place
from dialogs.definition.model import Decline, Question


@check
def something_is_asked(subject: Subject) -> Iterator[Issue]:
    if not any(question.is_asked for question in subject.questionnaire.questions):
        yield Issue(code="no_question", place=Place(sheet="survey"))


@check
def every_question_takes_an_answer(subject: Subject) -> Iterator[Issue]:
    if has_cycle(subject):
        return
    for question in subject.questionnaire.questions:
        if not _must_be_answered(question):
            continue
        column = "constraint" if question.constraint is not None else "choice_filter"
        try:
            found, case = _worst(subject, question)
        except TooManyCases:
            found, case = Takes.OPEN, None
        if found is not Takes.YES:
            path = case.witness(subject) if case is not None else "-"
            code = "dead_end" if found is Takes.NO else "end_not_proved"
            yield Issue(code=code, place=question_place(question, column), params={"path": path})


@check
def a_submission_can_be_reached(subject: Subject) -> Iterator[Issue]:
    if has_cycle(subject):
        return
    closing: list[str] = []
    for question in subject.questionnaire.questions:
        if question.bot.end is None:
            continue
        closing.append(question.name)
        try:
            alive = next(iter(Cases(subject, (), names=closing)), None)
        except TooManyCases:
            return
        if alive is None:
            place = question_place(question, "bot.end")
            yield Issue(code="no_submission", place=place, params={"name": question.name})
            following = next((q for q in subject.questionnaire.questions if q.row > question.row), None)
            if following is not None:
                yield Issue(code="unreachable", place=question_place(following), params={"name": question.name})
            return


def _must_be_answered(question: Question) -> bool:
    """Whether nothing but an answer that is taken leads on from it; a list or a reader alone always takes one."""
    judged = question.constraint is not None or question.choice_filter is not None
    return judged and question.is_asked and question.required is not None and question.bot.decline is Decline.NONE


def _worst(subject: Subject, question: Question) -> tuple[Takes, Case | None]:
    """Whether it takes an answer in every case in which it is asked, and a case in which it does not."""
    constraint, left = question.constraint, question.choice_filter
    if left is None and constraint is not None and not constraint.references - {question.name}:
        found = _takes(subject, question, None, Case())
        if found is not Takes.NO:
            return found, Case()
    required = (question.required,) if question.required is not None else ()
    around = (*subject.conditions_of(question), *required)
    read = [expression for expression in (*around, constraint, left) if expression is not None]
    read += filters_of(subject, question).values()
    # Whether it is answered at all is what is asked here.
    targets = [(expression, question.name) for expression in read]
    cases = Cases(subject, targets, without=question.name, before=question.row)
    looked_at = sorted(frozenset().union(*(expression.references for expression in (constraint, left) if expression)))
    settled: dict[tuple[str | None, ...], Takes] = {}
    worst: tuple[Takes, Case | None] = (Takes.YES, None)
    for case in cases:
        for held, following in cases.all_hold(around, question.name, case):
            if not held:
                continue
            key = tuple(following.values.get(name) for name in looked_at)
            found = settled[key] = settled.get(key) or _takes(subject, question, cases, following)
            if found is Takes.NO and not following.guesses:
                return found, following
            if found is not Takes.YES:
                worst = (Takes.OPEN, following)
    return worst


def _takes(subject: Subject, question: Question, cases: Cases | None, case: Case) -> Takes:
    answers, all_there_is = trials(subject, question)
    told = Told(case.values, cases.is_exact if cases is not None else lambda name, value: False)
    if question.choice_filter is None or cases is None:
        return takes(question, question.constraint, answers, told, all_there_is=all_there_is)
    filters = filters_of(subject, question)
    if len(subject.questionnaire.choices.get(question.list_name or "", ())) > MOST_CHOICES:
        return Takes.OPEN
    offered: list[str] = []
    for code, expression in filters.items():
        found = takes(question, expression, [code], told, all_there_is=True)
        if found is Takes.OPEN:
            all_there_is = False
        elif found is Takes.YES:
            offered.append(code)
    return takes(
        question,
        question.constraint,
        [answer for answer in answers if set(answer.split()) <= set(offered)],
        told,
        all_there_is=all_there_is,
    )
