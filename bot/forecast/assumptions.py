"""What a simulation takes for granted: the customers, how they answer, what work takes and costs.

Promise: a file that is taken is whole and in range, or says where it is not; one that names only some parts leaves
the others as shipped.  (Reference: domain 5.1: no published response rate was found, so every figure can be replaced.)
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from storage.contacts import RESULTS

AGES = ("young", "middle", "senior", "elderly")
#: Ages, and companies, which have none.
GROUPS = (*AGES, "company")
#: Work of people that has a capacity.
WORK = ("call", "visit", "review", "hand_over", "paper")

Group = Literal["young", "middle", "senior", "elderly", "company"]
Rating = Literal["high", "medium", "low"]
Percent = Annotated[float, Field(ge=0, le=100)]
Weight = Annotated[float, Field(ge=0, le=1e6)]
Amount = Annotated[float, Field(ge=0, le=1e7)]


class AssumptionsProblem(Exception):
    """The file cannot be used; the message says where and why."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _all_of(values: Mapping[Any, object], wanted: tuple[str, ...], *, name: str) -> None:
    if set(values) != set(wanted):
        raise ValueError(f"{name} names {', '.join(wanted)}")


class Bank(_Strict):
    """Who the customers are."""

    ratings: dict[Rating, Weight]
    companies: Percent
    ages: dict[Group, Weight]
    linked: dict[Group, Percent]
    telegram: Percent
    overdue: Percent
    permits: Percent
    no_phone: Percent
    leave: Percent
    stopped: Percent

    @model_validator(mode="after")
    def _whole(self) -> Bank:
        _all_of(self.ratings, ("high", "medium", "low"), name="ratings")
        _all_of(self.ages, AGES, name="ages")
        _all_of(self.linked, GROUPS, name="linked")
        if not sum(self.ratings.values()) or not sum(self.ages.values()):
            raise ValueError("ratings and ages are not all 0")
        return self


class Planning(_Strict):
    """When cases are opened, and how long the post takes."""

    ahead: int = Field(ge=0, le=365)
    post: int = Field(ge=0, le=30)
    back: int = Field(ge=1, le=60)


class By(_Strict):
    """Per cent of those who get a message of each step."""

    notice: Percent
    invitation: Percent
    reminder: Percent


class Answers(_Strict):
    """Who answers, when, and by which way."""

    chat: By
    letter: By
    promise: Percent
    restriction: Percent
    by_age: dict[Group, Annotated[float, Field(ge=0, le=10)]]
    by_rating: dict[Rating, Annotated[float, Field(ge=0, le=10)]]
    never: Percent
    days: dict[Annotated[int, Field(ge=0, le=120)], Weight]
    paper: dict[Group, Percent]
    come_back: Percent
    come_back_days: int = Field(ge=1, le=60)
    with_person: Percent

    @model_validator(mode="after")
    def _whole(self) -> Answers:
        _all_of(self.by_age, GROUPS, name="by_age")
        _all_of(self.paper, GROUPS, name="paper")
        _all_of(self.by_rating, ("high", "medium", "low"), name="by_rating")
        if not sum(self.days.values()):
            raise ValueError("days are not all 0")
        return self


class Troubles(_Strict):
    """What does not arrive."""

    blocks: Percent
    refused: Percent
    returned: dict[Group, Percent]

    @model_validator(mode="after")
    def _whole(self) -> Troubles:
        _all_of(self.returned, GROUPS, name="returned")
        return self


class Reviews(_Strict):
    """Answers that a person has to look at."""

    individual: Percent
    company: Percent


class Costs(_Strict):
    """Yen."""

    letter: Amount
    line: Amount
    telegram: Amount
    hour: Amount
    trip: Amount


class Work(_Strict):
    """One kind of work: minutes of a piece, and hours a month for each 10,000 customers."""

    minutes: float = Field(gt=0, le=600)
    hours: float = Field(ge=0, le=1e5)


class Persona(_Strict):
    """How somebody talks to the bot."""

    signs: float = Field(gt=0, le=200)
    think: float = Field(ge=0, le=600)
    leaves: Percent
    mistypes: Percent
    asks: Percent
    staff: Percent
    unusual: Percent


class Assumptions(_Strict):
    """All of it."""

    bank: Bank
    planning: Planning
    answers: Answers
    troubles: Troubles
    calls: dict[str, Weight]
    visits: dict[str, Weight]
    reviews: Reviews
    costs: Costs
    work: dict[Literal["call", "visit", "review", "hand_over", "paper"], Work]
    personas: dict[str, Persona]
    people: dict[Group, dict[str, Weight]]

    @model_validator(mode="after")
    def _fits(self) -> Assumptions:
        for name, channel, values in (("calls", "phone", self.calls), ("visits", "visit", self.visits)):
            if not set(values) <= set(RESULTS[channel]) or not sum(values.values()):
                raise ValueError(f"{name} gives weights to {', '.join(RESULTS[channel])}")
        _all_of(self.people, GROUPS, name="people")
        _all_of(self.work, WORK, name="work")
        for weights in self.people.values():
            if not set(weights) <= set(self.personas) or not sum(weights.values()):
                raise ValueError(f"people gives weights to {', '.join(self.personas)}")
        return self


def shipped_source() -> str:
    """The file that comes with the program."""
    return (files("bot.forecast") / "assumptions.yaml").read_text(encoding="utf-8")


def read_assumptions(text: str | None = None, costs: Mapping[str, Decimal] = MappingProxyType({})) -> Assumptions:
    """The assumptions of a file, laid over those that come with the program; raises ``AssumptionsProblem``.

    Of what the bank says that one ``costs`` the prices that mean the same here count, unless the file has others.
    """
    values = _loaded(shipped_source())
    values = _laid_over(values, {"costs": {kind: str(costs[kind]) for kind in _PRICED & costs.keys()}})
    if text is not None:
        values = _laid_over(values, _loaded(text))
    try:
        return Assumptions.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"] if part != "[key]")
        raise AssumptionsProblem(f"{place or 'file'}: {first['msg'].removeprefix('Value error, ')}") from None


#: Calls and visits are worked out here from the minutes that they take.
_PRICED = frozenset({"letter", "line"})
#: What is taken as a whole: a share that the bank leaves out is none.
_WHOLE = frozenset({"days", "calls", "visits", "personas"})


def _loaded(text: str) -> dict[str, Any]:
    try:
        # BaseLoader: every scalar is text, typed by the model.
        loaded: Any = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        raise AssumptionsProblem(f"line {mark.line + 1}: not YAML" if mark is not None else "not YAML") from None
    # A copy in which every line is a remark changes nothing.
    if not isinstance(loaded, dict | None):
        raise AssumptionsProblem("the file is no mapping")
    return loaded or {}


def _laid_over(below: dict[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(below)
    for name, value in above.items():
        under = found.get(name)
        both = isinstance(under, dict) and isinstance(value, Mapping) and name not in _WHOLE
        found[name] = _laid_over(under, value) if both and isinstance(under, dict) else value
    return found
