"""Judges a questionnaire before it is published: what a customer would stumble over, and what the law misses.

The checks themselves live in ``checks``; importing them here is what registers them.
"""

from __future__ import annotations

from dialogs.definition.checks import names, paths, texts, types
from dialogs.definition.checks.subject import CHECKS, CheckLimits, Subject
from dialogs.definition.issues import Issue, Severity
from dialogs.definition.model import Questionnaire

__all__ = ["CHECKS", "MODULES", "CheckLimits", "Issue", "Severity", "check"]

#: The modules whose checks run.
MODULES = (names, types, texts, paths)


def check(questionnaire: Questionnaire, limits: CheckLimits | None = None) -> list[Issue]:
    """Every finding, in order of place; errors mean that it must not be published."""
    subject = Subject(questionnaire, limits or CheckLimits())
    found = [issue for run in CHECKS for issue in run(subject)]
    return sorted(found, key=lambda issue: (_SHEETS.get(issue.place.sheet, 0), issue.place, issue.code))


_SHEETS = {"settings": 1, "survey": 2, "choices": 3}
