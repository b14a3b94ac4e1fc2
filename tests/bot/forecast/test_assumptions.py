"""A file of assumptions is whole and in range, or says where it is not; chance repeats itself."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml

from bot.costs import read_costs
from bot.forecast.assumptions import AssumptionsProblem, read_assumptions, shipped_source
from bot.forecast.chance import Chance
from bot.forecast.report import as_yaml


def test_a_file_that_names_some_parts_leaves_the_others_as_shipped() -> None:
    shipped, changed = read_assumptions(), read_assumptions("costs: {letter: 84}\nwork: {call: {hours: 99}}")
    assert changed.costs.letter == 84
    assert changed.costs.hour == shipped.costs.hour
    assert changed.work["call"].hours == 99
    assert changed.work["call"].minutes == shipped.work["call"].minutes
    assert changed.answers == shipped.answers


def test_the_banks_own_prices_count_unless_the_file_has_others() -> None:
    priced = read_costs("letter=110.5,line=4,phone=300,visit=2000")
    shipped, found = read_assumptions(), read_assumptions(None, priced)
    assert (found.costs.letter, found.costs.line) == (110.5, 4)
    assert (found.costs.hour, found.costs.trip) == (shipped.costs.hour, shipped.costs.trip)
    assert read_assumptions("costs: {letter: 84}", priced).costs.letter == 84


@pytest.mark.parametrize("text", ["", "# costs: {letter: 84}\n"])
def test_a_file_of_remarks_alone_changes_nothing(text: str) -> None:
    assert read_assumptions(text) == read_assumptions()


def test_what_is_printed_can_be_given_back() -> None:
    shipped = read_assumptions()
    assert read_assumptions(as_yaml(shipped)) == shipped


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("costs: {letter: cheap}", "costs.letter"),
        ("costs: {stamp: 84}", "costs.stamp"),
        ("answers: {chat: {invitation: 101}}", "answers.chat.invitation"),
        ("answers: {days: {0: 0}}", "answers"),
        ("bank: {ratings: {low: 0, medium: 0, high: 0}}", "bank"),
        ("calls: {shouted: 3}", "calls"),
        ("people: {young: {stranger: 1}}", "people"),
        ("personas: {}", "people"),
        ("- a list", "no mapping"),
        ("a: [", "line 1"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(text: str, place: str) -> None:
    with pytest.raises(AssumptionsProblem, match=place):
        read_assumptions(text)


def test_the_shipped_file_explains_every_part() -> None:
    source = shipped_source()
    for name in yaml.safe_load(source):
        before = source.partition(f"\n{name}:")[0].rstrip().splitlines()[-1]
        block = source.partition(f"\n{name}:")[2].splitlines()
        assert before.startswith("#") or block[1].lstrip().startswith("#"), name


def test_chance_depends_on_what_is_asked_and_on_nothing_else() -> None:
    first, other = Chance(1), Chance(2)
    assert first.of("a", 1) == Chance(1).of("a", 1)
    assert first.of("a", 1) != first.of("a", 2) != other.of("a", 2)


def test_chance_is_as_often_as_it_says() -> None:
    chance = Chance(3)
    assert 270 < sum(chance.happens(30, number) for number in range(1000)) < 330
    found = Counter(chance.pick({"a": 1, "b": 3}, number) for number in range(1000))
    assert 200 < found["a"] < 300
    assert not any(chance.happens(0, number) for number in range(100))
    assert all(chance.happens(100, number) for number in range(100))
