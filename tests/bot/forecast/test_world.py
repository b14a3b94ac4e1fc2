"""What is simulated comes from the product's own scheduling, repeats itself, and answers to what was put in."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.forecast.assumptions import read_assumptions
from bot.forecast.bank import Plan
from bot.forecast.tally import Tally, together
from bot.forecast.world import World
from bot.outreach.cadence import Cadence, Due
from bot.outreach.ladder import shipped_ladder
from bot.outreach.next_step import Leave
from tests.bot.forecast.imagining import task


def run(folder: Path, **changes: Any) -> Tally:
    folder.mkdir(exist_ok=True)
    world = World(task(folder, **changes))
    try:
        return world.run()
    finally:
        world.close()


def test_the_same_seed_gives_the_same_months_and_another_one_others(tmp_path: Path) -> None:
    first, again, other = (run(tmp_path / name, seed=seed, months=1) for name, seed in (("a", 7), ("b", 7), ("c", 8)))
    assert [month.to_json() for month in first.months] == [month.to_json() for month in again.months]
    assert [month.to_json() for month in first.months] != [month.to_json() for month in other.months]
    assert first.total("opened") > 0
    assert first.total("letter") + first.total("line") > 0


def test_a_step_is_taken_only_because_the_product_decided_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever changes ``decide`` changes the simulation: nothing here knows the rules of the ladder."""
    monkeypatch.setattr("bot.outreach.carrying.decide", lambda facts, now: Leave(why="ended"))
    tally = run(tmp_path / "a")
    assert tally.total("opened") > 0
    assert {way: tally.total(way) for way in ("line", "telegram", "letter", "call")} == {
        "line": 0,
        "telegram": 0,
        "letter": 0,
        "call": 0,
    }


def test_a_case_is_opened_only_because_the_product_holds_it_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = Due(on=date(2099, 1, 1), why="cycle")
    monkeypatch.setattr("bot.outreach.opening.next_due", lambda *facts: never)
    assert run(tmp_path / "a").total("opened") == 0


@pytest.mark.slow
def test_a_shorter_cadence_opens_more_cases_for_the_same_customers(tmp_path: Path) -> None:
    long, short = (
        run(
            tmp_path / name,
            months=1,
            plan=Plan(
                ladder=shipped_ladder(), cadence=Cadence(months=dict.fromkeys(("high", "medium", "low"), months))
            ),
        )
        for name, months in (("a", 60), ("b", 12))
    )
    assert short.total("opened") > long.total("opened")


@pytest.mark.slow
def test_a_ladder_without_letters_writes_none(tmp_path: Path) -> None:
    ladder = shipped_ladder()
    by_chat = {
        rating: tuple(
            step.model_copy(update={"by": ("chat",)}) if step.is_message else step for step in ladder.steps(rating)
        )
        for rating in ("high", "medium", "low")
    }
    everybody = read_assumptions("bank: {linked: {young: 100, middle: 100, senior: 100, elderly: 100, company: 100}}")
    plan = Plan(ladder=ladder.model_copy(update=by_chat), cadence=Cadence())
    tally = run(tmp_path / "a", plan=plan, assumptions=everybody)
    assert tally.total("letter") == 0
    assert tally.total("line") > 0


@pytest.mark.slow
def test_nobody_answers_where_the_assumptions_say_so(tmp_path: Path) -> None:
    silent = read_assumptions("answers: {never: 100, promise: 0, restriction: 0}")
    tally = run(tmp_path / "a", assumptions=silent)
    assert tally.total("answered") == 0
    assert tally.total("letter") > 0


def test_whose_death_is_reported_is_settled_within_a_week(tmp_path: Path) -> None:
    died = read_assumptions("{bank: {overdue: 100, no_phone: 0}, calls: {deceased: 1}, work: {call: {hours: 4000}}}")
    world = World(task(tmp_path, months=1, assumptions=died))
    try:
        calls = world.run().total("call")
        query = "SELECT c.status FROM review_case c JOIN customer_flag f ON f.customer_id = c.customer_id"
        statuses = world.database.run_read(lambda conn: [row.status for row in conn.execute(text(query))])
    finally:
        world.close()
    assert calls > 10
    assert statuses.count("91") > 10


def test_a_campaign_whose_first_wave_was_refused_goes_on_after_somebody_looked(tmp_path: Path) -> None:
    refused = read_assumptions("{bank: {overdue: 100, linked: {middle: 100}}, troubles: {refused: 100}}")
    ladder = shipped_ladder()
    half = ladder.model_copy(update={"ramp": ladder.ramp.model_copy(update={"percent": 50})})
    world = World(task(tmp_path, months=1, assumptions=refused, plan=Plan(ladder=half, cadence=Cadence())))
    try:
        world.run()
        query = "SELECT state, rest_from FROM campaign"
        campaigns = world.database.run_read(lambda conn: [tuple(row) for row in conn.execute(text(query))])
        query = "SELECT count(*) FROM audit_entry WHERE action = 'campaign.paused'"
        paused = world.database.run_read(lambda conn: conn.execute(text(query)).scalar_one())
    finally:
        world.close()
    assert paused == 1
    assert campaigns == [("running", None)]


def test_parts_of_a_bank_add_up(tmp_path: Path) -> None:
    parts = [run(tmp_path / str(low), numbers=(low, low + 30), months=1) for low in (0, 30)]
    opened = [part.total("opened") for part in parts]
    places = [part.months[0].places.total() for part in parts]
    whole = together(parts)
    assert (whole.customers, whole.total("opened")) == (60, sum(opened))
    assert whole.months[0].places.total() == sum(places) == 60


@pytest.mark.slow
def test_without_hours_for_calls_nobody_is_called(tmp_path: Path) -> None:
    assumptions = read_assumptions("work: {call: {hours: 0}}")
    tally = run(tmp_path / "a", months=3, assumptions=assumptions)
    assert tally.total("call") == 0
    assert tally.months[-1].waiting["call"] > 0
