"""The jobs behind the console's exports: killed, taken over, stopped, overtaken by an erasure; on both databases."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from bot.outreach import export_jobs
from bot.outreach.export_jobs import ExportJobs
from bot.settings import Settings
from storage.branches import WHOLE_BANK
from storage.database import Database
from storage.erasures import erase, new_erasure
from storage.export_requests import (
    ExportRequest,
    ask_for_export,
    decide_request,
    list_requests,
    load_part,
    note_progress,
)
from storage.reconciliation.worker import Reconciler
from storage.staff import StaffMember, add_staff
from storage.universe import FrozenUniverse
from tests.storage.keeping.conftest import customer_of
from tests.storage.reconciliation.seeding import SAME_ANSWERS, TARO, add_case, add_customers, publish_form, submit

MASKED = {"kind": "responses", "format": "csv", "encoding": "utf-8", "status": "reconciled", "values": "masked"}
NUMBERS = ("0001", "0002", "0003")


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture(autouse=True)
def temporary(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, the database server's excepted."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    assert tempfile.gettempdir() == str(folder)
    return folder


@pytest.fixture
def answered(database: Database) -> Database:
    add_customers(database, *(TARO | {"customer_no": number} for number in NUMBERS))
    form = publish_form(database)
    for number in NUMBERS:
        submit(database, form, add_case(database, number), SAME_ANSWERS)
    Reconciler(next_due=lambda *_: date(2028, 11, 2), zone=ZoneInfo("Asia/Tokyo")).run(database)
    return database


@pytest.fixture
def kato(answered: Database) -> StaffMember:
    return answered.run(lambda conn: add_staff(conn, answered.universe, "kato", "back_office", None, "hash"))


Ask = Callable[..., ExportRequest]


@pytest.fixture
def ask(answered: Database, kato: StaffMember) -> Ask:
    def ask_now(**changes: str) -> ExportRequest:
        query = MASKED | changes
        return answered.run(
            lambda conn: ask_for_export(
                conn, answered.vault, answered.universe, query, requested_by=kato.id, branches=WHOLE_BANK, reason=""
            )
        )

    return ask_now


def only(database: Database) -> ExportRequest:
    (request,) = database.run_read(lambda conn: list_requests(conn, database.vault, branches=WHOLE_BANK))
    return request


def jobs(database: Database, name: str) -> ExportJobs:
    return ExportJobs(database, Settings(), name)


def archive(database: Database, request: ExportRequest) -> ZipFile:
    parts: list[bytes] = []
    while part := database.run_read(lambda conn: load_part(conn, database.vault, request.id, len(parts))):
        parts.append(part)
    assert sum(len(part) for part in parts) == request.file_bytes
    return ZipFile(io.BytesIO(b"".join(parts)))


def count(database: Database, table: str) -> int | None:
    return database.run_read(lambda conn: conn.execute(text(f"SELECT count(*) FROM {table}")).scalar())


@pytest.mark.parametrize("step", ["export_responses", "_archive", "seal_part", "add_part", "finish_export"])
def test_what_a_killed_process_left_is_begun_anew(
    answered: Database, universe: FrozenUniverse, ask: Ask, temporary: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    ask()
    real = getattr(export_jobs, step)

    def die(*arguments: Any, **named: Any) -> Any:
        if step in ("export_responses", "_archive", "add_part"):
            real(*arguments, **named)
        raise Killed

    monkeypatch.setattr(export_jobs, "PIECE", 700)
    with monkeypatch.context() as patch:
        patch.setattr(export_jobs, step, die)
        with pytest.raises(Killed):
            jobs(answered, "dead").work()
    (temporary / f"kakunin-export-{only(answered).id}").mkdir(exist_ok=True)
    assert only(answered).state == "running"
    assert not jobs(answered, "next").work(), "the dead one holds its lease for a while"
    universe.advance(timedelta(minutes=6))
    assert jobs(answered, "next").work()
    request = only(answered)
    assert (request.state, request.attempts) == ("ready", 2)
    with archive(answered, request) as files:
        assert files.testzip() is None
        manifest = json.loads(files.read("manifest.json"))
        assert manifest["rows"] == 3
    assert count(answered, "export_part") == -(-request.file_bytes // 700)
    assert list(temporary.iterdir()) == []


def test_who_was_only_slow_writes_nothing_more(
    answered: Database, universe: FrozenUniverse, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask()
    met: list[bool] = []
    first = jobs(answered, "slow")
    sealed = export_jobs.seal_part

    def overtaken(*arguments: Any) -> bytes:
        if not met:
            met.append(True)
            universe.advance(timedelta(minutes=6))
            assert jobs(answered, "quick").work()
        return sealed(*arguments)

    monkeypatch.setattr(export_jobs, "seal_part", overtaken)
    assert first.work()
    request = only(answered)
    assert (request.state, request.detail) == ("ready", "")
    with archive(answered, request) as files:
        assert files.testzip() is None


def test_a_process_that_ends_leaves_the_job_to_the_next(
    answered: Database, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask()
    ending = jobs(answered, "ending")
    ending._stopping.set()
    assert ending.work()
    assert (only(answered).state, only(answered).attempts) == ("queued", 0)
    assert jobs(answered, "next").work()
    assert only(answered).state == "ready"


def test_the_progress_can_be_seen(answered: Database, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    ask()
    seen: list[tuple[int, int]] = []

    def note(*arguments: Any, **named: Any) -> None:
        note_progress(*arguments, **named)
        seen.append((named["done"], named["total"]))

    monkeypatch.setattr(export_jobs, "NOTE_EVERY", 1)
    monkeypatch.setattr(export_jobs, "note_progress", note)
    assert jobs(answered, "one").work()
    assert seen == [(3, 3)]


def test_who_is_erased_meanwhile_is_in_no_file(answered: Database, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    ask()
    database, real = answered, export_jobs._archive
    customer_id = customer_of(database, "0002")

    def erase_him(*arguments: Any) -> Any:
        erasure = new_erasure(database.universe, cause="request", actor="bank", customer_id=customer_id, before=None)
        database.run(lambda conn: erase(conn, database.vault, database.universe, erasure, outside=None, reason=""))
        return real(*arguments)

    monkeypatch.setattr(export_jobs, "_archive", erase_him)
    assert jobs(database, "one").work()
    assert (only(database).state, only(database).detail) == ("over", "erased")
    assert count(database, "export_part") == 0


def test_what_breaks_off_again_and_again_is_given_up(
    answered: Database, universe: FrozenUniverse, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask()

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(export_jobs, "export_responses", die)
        for _ in range(3):
            with pytest.raises(Killed):
                jobs(answered, "dead").work()
            universe.advance(timedelta(minutes=6))
    assert jobs(answered, "next").work()
    assert (only(answered).state, only(answered).detail) == ("failed", "gave_up")


def test_a_failure_is_told_and_does_not_stop_the_others(answered: Database, kato: StaffMember, ask: Ask) -> None:
    ask(kind="evidence", values="full", case="none", format="pdf")
    boss = answered.run(lambda conn: add_staff(conn, answered.universe, "boss", "approver", None, "hash"))
    request = only(answered)
    decided = answered.run(
        lambda conn: decide_request(
            conn, answered.universe, request.id, decided_by=boss.id, query_sha256=request.query_sha256, approve=True
        )
    )
    assert decided
    assert jobs(answered, "one").work()
    assert (only(answered).state, only(answered).detail) == ("failed", "no_case")
    assert not jobs(answered, "one").work()
