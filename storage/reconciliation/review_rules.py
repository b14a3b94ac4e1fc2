"""What the bank wants reviewed, by a file and not by code: where two people have to agree, and which answers call
for another risk rating.

Promise: a file that says something else than it can is refused with the place and what is wrong there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from dialogs.definition.expressions import Expression, ExpressionError, parse
from locales import SHIPPED_LANGUAGES
from storage.ratings import FIELD, RATINGS
from storage.reconciliation.comparators import FIELD_KINDS

#: The name of the file, as shipped and in a bank's content folder.
FILE = "review.yaml"
_CHECKED = ".check"
_ID = re.compile(r"[a-z][a-z0-9_]{0,56}", re.ASCII)
#: What a condition may read beside answers: columns of the master file and verdicts on them, and how the case stands.
_COLUMN = re.compile(r"(?:master|verdict)_(.+)")
FACTS = frozenset({"case_status", "returned_mail"})


class ReviewRulesProblem(Exception):
    """The file of review rules cannot be used."""


@dataclass(frozen=True, kw_only=True)
class RatingRule:
    """Proposes a rating where its condition holds."""

    id: str
    propose: str
    when: Expression
    #: In words, by language.
    reason: Mapping[str, str]

    @property
    def is_of_answers(self) -> bool:
        """Whether it looks at answers; the others look at how the case stands."""
        return not self.when.references & FACTS


@dataclass(frozen=True, kw_only=True)
class ReviewRules:
    """The rules as read from YAML."""

    second_person: frozenset[str]
    ratings: tuple[RatingRule, ...]

    def needs_two(self, field: str) -> bool:
        """Whether two people have to agree on this field, or on the check that speaks against it."""
        name = field.removesuffix(_CHECKED)
        return name in self.second_person or (name.startswith(f"{FIELD}.") and FIELD in self.second_person)

    def reason(self, rule: str, locale: str) -> str:
        """Why a rule proposes what it does; a rule that is gone is shown by its name."""
        found = next((one.reason for one in self.ratings if one.id == rule), {})
        return found.get(locale) or next(iter(found.values()), rule)


def read_rules(text: str) -> ReviewRules:
    """Rules from YAML; ``ReviewRulesProblem`` where they are none."""
    try:
        # Every scalar as text, like a questionnaire: `yes` and 01 stay what was written.
        loaded: Any = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.YAMLError as problem:
        raise ReviewRulesProblem(f"it is no YAML: {problem}") from None
    if not isinstance(loaded, dict) or set(loaded) != {"second_person", "ratings"}:
        raise ReviewRulesProblem("it has the keys second_person and ratings and no others")
    fields, rules = loaded["second_person"], loaded["ratings"]
    if not isinstance(fields, list) or not all(isinstance(field, str) for field in fields):
        raise ReviewRulesProblem("second_person is a list of names")
    if not isinstance(rules, list):
        raise ReviewRulesProblem("ratings is a list of rules")
    ratings = tuple(_rule(number, rule) for number, rule in enumerate(rules, 1))
    names = [rule.id for rule in ratings]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ReviewRulesProblem(f"ratings: the id {twice!r} is there twice")
    return ReviewRules(second_person=frozenset(fields), ratings=ratings)


def _rule(number: int, rule: Any) -> RatingRule:
    place = f"ratings, rule {number}"
    if not isinstance(rule, dict) or set(rule) != {"id", "propose", "when", "reason"}:
        raise ReviewRulesProblem(f"{place}: a rule has the keys id, propose, when and reason")
    if not isinstance(rule["id"], str) or not _ID.fullmatch(rule["id"]):
        raise ReviewRulesProblem(f"{place}: an id is small letters, figures and _")
    place = f"{place} ({rule['id']})"
    if rule["propose"] not in RATINGS:
        raise ReviewRulesProblem(f"{place}: {rule['propose']!r} is no rating; they are {', '.join(RATINGS)}")
    try:
        when = parse(str(rule["when"]))
    except ExpressionError as problem:
        raise ReviewRulesProblem(f"{place}: when: {problem}") from None
    for name in sorted(when.references):
        column = _COLUMN.fullmatch(name)
        if column is not None and column[1] not in FIELD_KINDS:
            raise ReviewRulesProblem(f"{place}: when: {column[1]!r} is no column of the master file")
    reason = rule["reason"]
    if not isinstance(reason, dict) or not all(isinstance(reason.get(one), str) for one in SHIPPED_LANGUAGES):
        raise ReviewRulesProblem(f"{place}: reason has a sentence in each of {', '.join(SHIPPED_LANGUAGES)}")
    return RatingRule(id=rule["id"], propose=rule["propose"], when=when, reason=dict(reason))


@lru_cache(maxsize=4)
def load_rules(folder: Path | None = None) -> ReviewRules:
    """The bank's own file in its content folder, else the shipped one; raises ``ReviewRulesProblem``."""
    own = None if folder is None else folder / FILE
    if own is not None and own.is_file():
        return read_rules(own.read_text(encoding="utf-8"))
    return read_rules((files("storage.reconciliation") / FILE).read_text(encoding="utf-8"))
