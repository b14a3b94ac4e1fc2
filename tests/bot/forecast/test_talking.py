"""The sample is played with the real form: it ends where the form ends, and each persona is what the file says."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from bot.forecast.assumptions import Persona, read_assumptions
from bot.forecast.chance import Chance
from bot.forecast.sample import Sample, make_stage, play_sample, summary
from bot.forecast.talking import Stage, play
from bot.settings import Settings
from dialogs.conversation import engine
from dialogs.questionnaires import KINDS

START = datetime(2026, 12, 1, 3, tzinfo=UTC)
PATIENT = Persona(signs=10, think=5, leaves=0, mistypes=0, asks=0, staff=0, unusual=0)


@pytest.fixture(scope="module")
def stage() -> Stage:
    return make_stage(Settings(), START)


@pytest.mark.parametrize("form", KINDS)
def test_who_has_patience_comes_to_the_receipt(stage: Stage, form: str) -> None:
    played = play(stage, form, "patient", PATIENT, Chance(1), 0)
    assert (played.outcome, played.question) == ("completed", "")
    assert played.seconds > 60


def test_who_reads_slowly_needs_longer_for_the_same(stage: Stage) -> None:
    slow = PATIENT.model_copy(update={"signs": 5.0})
    quick, later = (play(stage, "individual", "patient", one, Chance(1), 0) for one in (PATIENT, slow))
    assert quick.turns == later.turns
    assert quick.seconds < later.seconds


def test_who_leaves_stops_at_a_question(stage: Stage) -> None:
    played = play(stage, "individual", "patient", PATIENT.model_copy(update={"leaves": 100.0}), Chance(1), 0)
    assert (played.outcome, played.turns) == ("left", 1)
    assert played.question in stage.forms["individual"].by_name


def test_who_wants_a_person_gets_one_from_the_engine(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = Counter[str]()
    real = engine.step

    def step(*given: object) -> object:
        steps["all"] += 1
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("bot.forecast.talking.engine.step", step)
    played = play(stage, "individual", "patient", PATIENT.model_copy(update={"staff": 100.0}), Chance(1), 0)
    assert played.outcome == "person"
    assert steps["all"] == played.turns


def test_who_asks_and_mistypes_still_comes_through(stage: Stage) -> None:
    curious = PATIENT.model_copy(update={"asks": 12.0, "mistypes": 8.0})
    played = [play(stage, "individual", "curious", curious, Chance(1), number) for number in range(4)]
    assert "completed" in {one.outcome for one in played}
    assert max(one.turns for one in played) > play(stage, "individual", "patient", PATIENT, Chance(1), 0).turns


def test_two_processes_play_what_one_would(stage: Stage) -> None:
    assumptions, settings = read_assumptions(), Settings()
    whole = play_sample(settings, assumptions, 3, START, 12)
    parts = [play_sample(settings, assumptions, 3, START, 12, part, 2) for part in (0, 1)]
    assert [parts[place % 2][place // 2] for place in range(12)] == whole
    assert summary(whole)["played"] == 12
    sample = Sample(whole, Chance(3))
    drawn = sample.draw("corporate", "careful", "00000001", 1)
    assert (drawn.form, drawn.persona) == ("corporate", "careful")
