"""The ladder of a campaign: what is sent or listed when, by risk rating, and the hours in which it may be.

Promise: a ladder that is taken is whole and in order; a file that is not says what is wrong and where.  The ladder of
a campaign is kept with it, so a newer file changes no campaign that somebody has approved.
(Reference: domain 5.3 escalation ladder, experience 3.3 rules for sending.)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from bot.office_hours import OfficeHours, parse_hours

#: Ratings with a ladder of their own; who is not rated yet climbs the strictest.
RATINGS = ("high", "medium", "low")
#: Texts that the catalogues have for messages: ``outreach.<name>``.
TEXTS = ("notice", "invitation", "reminder_1", "reminder_2", "reminder_3")
_MOST_STEPS = 12


class LadderProblem(Exception):
    """The file is no ladder; the message says where and why."""


class StepKind(StrEnum):
    NOTICE = "notice"
    INVITATION = "invitation"
    REMINDER = "reminder"
    PHONE = "phone"
    VISIT = "visit"
    RESTRICTION = "restriction"


#: Kinds that a customer receives; the others are lists for people.
MESSAGES = frozenset({StepKind.NOTICE, StepKind.INVITATION, StepKind.REMINDER})


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Step(_Strict):
    """One rung."""

    step: str = Field(pattern=r"^[a-z0-9_]{1,32}$")
    kind: StepKind
    day: int = Field(ge=-60, le=365)
    by: tuple[Literal["chat", "line_notification", "letter"], ...] = ()
    text: str = ""
    answer: int = Field(default=0, ge=0, le=365)

    @property
    def is_message(self) -> bool:
        return self.kind in MESSAGES

    @model_validator(mode="after")
    def _fits(self) -> Step:
        if self.is_message != bool(self.by):
            raise ValueError("'by' belongs to messages, and only to them")
        if "chat" in self.by and self.text not in TEXTS:
            raise ValueError(f"'text' is one of {', '.join(TEXTS)}")
        if self.is_message and self.answer < 7:
            raise ValueError("'answer' leaves the customer at least 7 days")
        return self


class Ramp(_Strict):
    """The first wave, and what must have become of it before the rest follows."""

    percent: int = Field(default=1, ge=1, le=100)
    hours: int = Field(default=24, ge=1, le=720)
    #: Per cent of the first wave that could not be reached, above which the campaign pauses instead.
    most_failed: int = Field(default=20, ge=0, le=100)


class Ladder(_Strict):
    """All of a campaign's rules for sending."""

    hours: str = "09:00-20:00"
    days_between: int = Field(default=7, ge=1, le=60)
    minutes_quiet: int = Field(default=60, ge=1, le=1440)
    ramp: Ramp = Ramp()
    high: tuple[Step, ...]
    medium: tuple[Step, ...]
    low: tuple[Step, ...]

    @field_validator("hours")
    @classmethod
    def _span(cls, value: str) -> str:
        span = parse_hours(value)
        if span is None or span[0] < time(9) or span[1] > time(20):
            raise ValueError("must lie between 09:00 and 20:00")
        return value

    @field_validator("high", "medium", "low")
    @classmethod
    def _in_order(cls, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        if not 1 <= len(steps) <= _MOST_STEPS:
            raise ValueError(f"has between 1 and {_MOST_STEPS} steps")
        if len({step.step for step in steps}) != len(steps):
            raise ValueError("names a step twice")
        if any(after.day <= before.day for before, after in pairwise(steps)):
            raise ValueError("is not in the order of its days")
        invitations = [step for step in steps if step.kind is StepKind.INVITATION]
        if len(invitations) != 1 or invitations[0].day != 0:
            raise ValueError("has exactly one invitation, on day 0")
        if all(step.kind is not StepKind.PHONE for step in steps):
            raise ValueError("has no phone list, for those whom neither chat nor letter reaches")
        if any((step.kind is StepKind.NOTICE) != (step.day < 0) for step in steps):
            raise ValueError("has notices before day 0, and nothing else before it")
        return steps

    def steps(self, rating: str) -> tuple[Step, ...]:
        """The rungs of a rating."""
        found: tuple[Step, ...] = getattr(self, rating if rating in RATINGS else "high")
        return found

    @property
    def in_chat(self) -> frozenset[tuple[str, int]]:
        """Rating and number of the steps that go into the chat of who has one."""
        return frozenset(
            (rating, number)
            for rating in RATINGS
            for number, step in enumerate(self.steps(rating))
            if "chat" in step.by and step.by[0] != "letter"
        )

    def to_json(self) -> str:
        """As it is kept with its campaign."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=True)


@cache
def ladder_of(text: str) -> Ladder:
    """The ladder that ``to_json`` wrote."""
    return Ladder.model_validate_json(text)


@cache
def shipped_ladder(*, by_number: bool = False) -> Ladder:
    """The default ladder; ``by_number``: who would be invited by letter is told by his telephone number first."""
    ladder = read_ladder((files("bot.outreach") / "ladder.yaml").read_text(encoding="utf-8"))
    if not by_number:
        return ladder
    return ladder.model_copy(update={rating: tuple(map(_by_number, ladder.steps(rating))) for rating in RATINGS})


def _by_number(step: Step) -> Step:
    if step.by != ("chat", "letter"):
        return step
    return step.model_copy(update={"by": ("chat", "line_notification", "letter")})


def read_ladder(text: str) -> Ladder:
    """The ladder of a file; raises ``LadderProblem``."""
    try:
        # BaseLoader: every scalar is text, typed by the model.
        loaded: Any = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        raise LadderProblem(f"line {mark.line + 1}: not YAML" if mark is not None else "not YAML") from None
    if not isinstance(loaded, Mapping):
        raise LadderProblem("the file is no mapping of ratings to steps")
    try:
        return Ladder.model_validate(dict(loaded))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise LadderProblem(f"{place}: {first['msg'].removeprefix('Value error, ')}") from None


# Hours ------------------------------------------------------------------------------------------


def sending_hours(ladder: Ladder, zone: tzinfo, closed: frozenset[date | tuple[int, int]]) -> OfficeHours:
    """When messages may leave: by day, on no Sunday, no public holiday and no day on which the bank is closed."""
    days = frozenset(range(6))
    return OfficeHours(zone=zone, hours=parse_hours(ladder.hours), days=days, closed=closed)


def opening_on(hours: OfficeHours, day: date) -> datetime:
    """The first moment from ``day`` on at which a message may leave."""
    return hours.next_opening(datetime.combine(day, time(0), hours.zone))


def first_day(steps: tuple[Step, ...], start: date) -> date:
    """The day of the invitation of who begins on ``start``."""
    return start - timedelta(days=steps[0].day)
