"""Dropping by the clock: once in its time, with patience for a folder that is away, and a word when it stays away."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from bot.outreach.dropping import ALARM_AFTER, Dropper
from bot.outreach.export_jobs import ExportJobs
from bot.settings import Settings
from storage.audit import list_entries
from storage.database import Database
from storage.reconciliation.worker import Reconciler
from storage.universe import FrozenUniverse
from tests.storage.reconciliation.seeding import SAME_ANSWERS, TARO, add_case, add_customers, publish_form, submit


@pytest.fixture
def answered(database: Database) -> Database:
    add_customers(database, TARO)
    submit(database, publish_form(database), add_case(database, "0001"), SAME_ANSWERS)
    Reconciler(next_due=lambda *_: date(2028, 11, 2), zone=ZoneInfo("Asia/Tokyo")).run(database)
    return database


def marks(folder: Path) -> int:
    return len(list(folder.glob("*.done")))


def test_once_in_its_time_whichever_process_does_it(
    answered: Database, universe: FrozenUniverse, tmp_path: Path
) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    settings = Settings(drop_folder=folder, drop_hours=24, drop_encoding="cp932")
    first, second = (ExportJobs(answered, settings, name) for name in ("one", "two"))
    for jobs in (first, second, first):
        jobs.work()
    assert marks(folder) == 1
    universe.advance(timedelta(hours=24))
    second.work()
    first.work()
    assert marks(folder) == 2
    assert len(list(folder.glob("*unmappable.csv"))) == 2
    entries = [entry for entry in answered.run_read(list_entries) if entry.action == "export.responses"]
    assert [(entry.actor_kind, entry.actor_id, entry.detail["to"]) for entry in entries] == [
        ("system", "timers", "drop")
    ] * 2


def test_a_folder_that_is_away_is_tried_again_and_somebody_hears_of_it(
    answered: Database, universe: FrozenUniverse, tmp_path: Path
) -> None:
    folder = tmp_path / "away"
    folder.mkdir()
    dropper = Dropper(answered, Settings(drop_folder=folder), "one")
    folder.rmdir()
    waits = []
    with capture_logs() as logs:
        for _ in range(9):
            assert dropper.is_due()
            assert not dropper.drop()
            assert not dropper.is_due()
            waited = 0
            while not dropper.is_due():
                universe.advance(timedelta(minutes=1))
                waited += 1
            waits.append(waited)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    levels = [entry["log_level"] for entry in logs if entry["event"] == "drop.failed"]
    assert levels == ["warning"] * (ALARM_AFTER - 1) + ["error"] * (9 - ALARM_AFTER + 1)
    assert not folder.exists(), "no folder of this machine takes its place"
    folder.mkdir()
    assert dropper.drop()
    assert (marks(folder), dropper.is_due()) == (1, False)


def test_without_a_folder_nothing_is_dropped(answered: Database) -> None:
    assert not Dropper(answered, Settings(), "one").is_due()
