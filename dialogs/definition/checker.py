"""Judges a questionnaire before it is published: what a customer would stumble over, and what the law misses.

The checks themselves live in ``checks``; importing them here is what registers them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dialogs.definition.checks import endings, names, paths, texts, types
from dialogs.definition.checks.subject import CHECKS, CheckLimits, Subject
from dialogs.definition.issues import Issue, Severity
from dialogs.definition.model import Questionnaire

__all__ = ["CHECKS", "MODULES", "CheckLimits", "Issue", "Proof", "Severity", "check", "prove"]

#: The modules whose checks run.
MODULES = (names, types, texts, paths, endings)


def check(questionnaire: Questionnaire, limits: CheckLimits | None = None) -> list[Issue]:
    """Every finding, in order of place; errors mean that it must not be published."""
    subject = Subject(questionnaire, limits or CheckLimits())
    found = [issue for run in CHECKS for issue in run(subject)]
    return sorted(found, key=lambda issue: (_SHEETS.get(issue.place.sheet, 0), issue.place, issue.code))


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What is certain of every path through a form; anything short of certain is left out."""

    #: Whether every path ends: nobody gets stuck, and a submission can be reached.
    ends: bool
    #: The most that one conversation asks.
    questions: int
    #: The required items that every path to a submission collects.
    items: tuple[str, ...]


def prove(questionnaire: Questionnaire, issues: Iterable[Issue]) -> Proof:
    """What the findings of ``check`` leave no doubt about."""
    codes = {issue.code for issue in issues}
    open_items = {issue.params["item"] for issue in issues if issue.code in _OF_ITEMS}
    sound = not codes & _UNSOUND
    return Proof(
        ends=sound and not codes & _OF_ENDS,
        questions=_most_asked(questionnaire),
        items=tuple(item for item in questionnaire.required_items if sound and item not in open_items),
    )


def _most_asked(questionnaire: Questionnaire) -> int:
    """Every question in every instance, and "another one?" between the instances of a repeat that is not counted."""
    asked = [question for question in questionnaire.questions if question.is_asked]
    within = [questionnaire.repeats[question.name] for question in asked if question.name in questionnaire.repeats]
    more = [
        group.max_repeats - 1 for group in questionnaire.groups.values() if group.max_repeats and not group.repeat_count
    ]
    return len(asked) - len(within) + sum(group.max_repeats or 0 for group in within) + sum(more)


#: Findings with which conditions do not mean what they say, so that nothing can be proved.
_UNSOUND = frozenset({
    "duplicate_name", "unknown_name", "bare_name", "used_before_asked", "cycle", "unknown_list", "empty_list",
    "unknown_column", "duplicate_choice", "position_outside_repeat", "not_in_repeat",
})  # fmt: skip
_OF_ITEMS = frozenset({"item_not_asked", "item_not_covered", "item_not_proved"})
_OF_ENDS = frozenset({"dead_end", "no_question", "no_submission", "unreachable", "end_not_proved"})

_SHEETS = {"settings": 1, "survey": 2, "choices": 3}
