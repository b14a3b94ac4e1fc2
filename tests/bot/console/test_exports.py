"""Exports on the console: masked at once, in full only as a second person approved it, fetched until it ends."""

from __future__ import annotations

import asyncio
import csv
import io
import re
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pyarrow.parquet as parquet
import pytest
from sqlalchemy import Connection, text

from bot.outreach.export_jobs import ExportJobs, end_old_exports
from bot.settings import Settings
from storage import audit
from storage.branches import WHOLE_BANK
from storage.export_requests import ExportRequest, list_requests
from storage.leases import Lease, take_lease
from storage.outlets.faring import ALARM_AFTER, note_failure, note_gone, note_success, set_up
from storage.reconciliation.worker import Reconciler
from storage.staff import add_staff
from tests.bot.console.conftest import Browser
from tests.bot.console.house import PASSWORD, QUICK, Bank
from tests.storage.exports.test_snapshot import TOKYO
from tests.storage.reconciliation.seeding import TARO, add_case, add_customers, answer, publish_form, submit

NAME = "勅使河原 美津子"


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def answered(bank: Bank) -> Bank:
    """One response beside the bank's conversations."""
    add_customers(bank.database, TARO)
    answers = [answer("name", NAME), answer("job", "student"), answer("phone", "09087654321")]
    submit(bank.database, publish_form(bank.database), add_case(bank.database, "0001"), answers)
    Reconciler(next_due=lambda *_: None, zone=TOKYO).run(bank.database)
    hashed, uni = QUICK.hash(PASSWORD), bank.universe
    bank.database.run(lambda conn: add_staff(conn, uni, "noda", "admin", None, hashed, must_change=False))
    return bank


@pytest.fixture
def jobs(bank: Bank) -> ExportJobs:
    return ExportJobs(bank.database, Settings(), "jobs")


def requests(bank: Bank) -> list[ExportRequest]:
    return bank.database.run_read(lambda conn: list_requests(conn, bank.database.vault, branches=WHOLE_BANK))


def deeds(bank: Bank) -> list[str]:
    entries = bank.database.run_read(audit.list_entries)
    return [entry.action for entry in reversed(entries) if entry.action.startswith("export.")]


async def work(jobs: ExportJobs) -> None:
    while await asyncio.to_thread(jobs.work):
        pass


async def fetched(browser: Browser, request: ExportRequest) -> tuple[int, dict[str, bytes]]:
    """The status and the files of the archive."""
    path = f"/console/exports/{request.id}/file"
    answer = await browser.client.post(path, data={"csrf": browser.csrf})
    body = await answer.read()
    if answer.status != 200:
        return answer.status, {}
    assert answer.headers["Cache-Control"] == "no-store"
    with ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        return 200, {name: archive.read(name) for name in archive.namelist()}


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def kept_files(bank: Bank) -> int | None:
    return bank.database.run_read(lambda conn: conn.execute(text("SELECT count(*) FROM export_part")).scalar())


async def test_masked_values_need_nobody_and_can_be_fetched_again(
    browser: Browser, answered: Bank, jobs: ExportJobs, temporary: Path
) -> None:
    await browser.sign_in("kato")
    await browser.get("/exports")
    status, page = await browser.post("/exports", kind="responses", format="csv")
    assert (status, "順番待ち" in page) == (200, True)
    await work(jobs)
    _, page = await browser.get("/exports")
    assert "受け取れます" in page
    (request,) = requests(answered)
    for _ in range(2):
        status, files = await fetched(browser, request)
        assert files.keys() == {"responses.csv", "codebook.csv", "manifest.json"}
        (row,) = rows(files["responses.csv"])
        assert (row["customer_no"], row["name"], row["job"]) == ("0001", "勅●●● 美●●", "student")
        assert not any(NAME.encode() in body or "勅使河原".encode() in body for body in files.values())
    assert deeds(answered) == ["export.asked", "export.responses", "export.ready", "export.fetched", "export.fetched"]
    assert await asyncio.to_thread(lambda: list(temporary.iterdir())) == [], "nothing in clear stays behind"
    stored = answered.database.run_read(lambda conn: conn.execute(text("SELECT sealed FROM export_part")).scalar())
    assert not bytes(stored).startswith(b"PK")
    # Another member of the office may fetch what is masked.
    assert request.downloaded_at is None
    assert requests(answered)[0].downloaded_at is not None


async def test_parquet_is_offered_where_it_can_be_written(
    browser: Browser, answered: Bank, jobs: ExportJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.sign_in("kato")
    assert '<option value="parquet">Parquet</option>' in (await browser.get("/exports"))[1]
    for kind in ("responses", "differences"):
        assert (await browser.post("/exports", kind=kind, format="parquet"))[0] == 200
    with monkeypatch.context() as without:
        without.setattr("storage.exports.parquet.find_spec", lambda name: None)
        assert 'value="parquet"' not in (await browser.get("/exports"))[1]
        assert (await browser.post("/exports", kind="responses", format="parquet"))[0] == 422
    await work(jobs)
    for request in requests(answered):
        _, files = await fetched(browser, request)
        (name,) = (one for one in files if one.endswith(".parquet"))
        (row, *_) = parquet.read_table(io.BytesIO(files[name])).to_pylist()
        assert row["customer_no"] == "0001"
        assert NAME not in str(row)


async def test_an_outlet_that_fails_is_said_on_the_page(browser: Browser, answered: Bank) -> None:
    await browser.sign_in("kato")
    assert "自動の送り先" not in (await browser.get("/exports"))[1]
    uni = answered.universe

    def fail(conn: Connection, times: int) -> None:
        for _ in range(times):
            note_failure(conn, uni, "sftp", "host_key")

    answered.database.run(lambda conn: set_up(conn, "sftp", "sftp://k@files.example/in"))
    answered.database.run(lambda conn: set_up(conn, "hooks", "https://bank.example/hook", ("submission",)))
    answered.database.run(lambda conn: note_success(conn, uni, "hooks"))
    answered.database.run(lambda conn: fail(conn, ALARM_AFTER - 1))
    page = (await browser.get("/exports"))[1]
    assert ("やり直しています" in page, "管理者に知らせて" in page) == (True, False)
    answered.database.run(lambda conn: fail(conn, 1))
    answered.database.run(lambda conn: note_failure(conn, uni, "hooks", "status_503"))
    page = (await browser.get("/exports"))[1]
    assert "サーバー (SFTP): 続けて 5 回失敗しています。サーバーの鍵が、設定した鍵とちがいます。" in page
    assert "相手が 503 と答えました。" in page
    answered.database.run(lambda conn: note_gone(conn, "hooks"))
    assert "通知 (Web フック): 止まっています。" in (await browser.get("/exports"))[1]


async def test_full_values_only_as_a_second_person_approved(
    browser: Browser, second_browser: Browser, answered: Bank, jobs: ExportJobs
) -> None:
    await browser.sign_in("kato")
    await browser.get("/exports")
    status, page = await browser.post("/exports", kind="responses", values="full")
    assert (status, "必要な理由を書いてください" in page, requests(answered)) == (422, True, [])
    status, page = await browser.post("/exports", kind="responses", values="full", reason="年次の照合のため")
    assert "承認待ち" in page
    (request,) = requests(answered)
    await work(jobs)
    assert requests(answered)[0].state == "asked"
    assert (await fetched(browser, request))[0] == 404
    await second_browser.sign_in("suzuki")
    _, page = await second_browser.get("/exports")
    assert "年次の照合のため" in page
    found = re.search(rf'exports/{request.id}/approve.*?name="query" value="([0-9a-f]+)"', page, re.DOTALL)
    assert found is not None
    assert found[1] == request.query_sha256
    status, page = await second_browser.post(f"/exports/{request.id}/approve", query="0" * 64)
    assert (status, "内容が変わっています" in page) == (409, True)
    assert (await second_browser.post(f"/exports/{request.id}/approve", query=found[1]))[0] == 200
    await work(jobs)
    assert (await fetched(second_browser, request))[0] == 403, "it is for who asked for it"
    status, files = await fetched(browser, request)
    assert rows(files["responses.csv"])[0]["name"] == NAME
    assert requests(answered)[0].decided_by != request.requested_by
    assert deeds(answered)[:3] == ["export.asked", "export.approved", "export.responses"]


async def test_nobody_approves_his_own_and_a_refusal_ends_it(
    browser: Browser, second_browser: Browser, answered: Bank, jobs: ExportJobs
) -> None:
    await browser.sign_in("suzuki")
    await browser.get("/exports")
    await browser.post("/exports", kind="differences", values="full", reason="確認")
    (request,) = requests(answered)
    _, page = await browser.get("/exports")
    assert "/approve" not in page
    status, _ = await browser.post(f"/exports/{request.id}/approve", query=request.query_sha256)
    assert (status, requests(answered)[0].state) == (403, "asked")
    await second_browser.sign_in("noda")
    await second_browser.get("/exports")
    await second_browser.post(f"/exports/{request.id}/refuse", query=request.query_sha256)
    status, page = await second_browser.post(f"/exports/{request.id}/approve", query=request.query_sha256)
    assert status == 409
    await work(jobs)
    assert [one.state for one in requests(answered)] == ["refused"]


async def test_a_query_that_was_changed_after_the_approval_writes_nothing(
    browser: Browser, second_browser: Browser, answered: Bank, jobs: ExportJobs
) -> None:
    await browser.sign_in("kato")
    await browser.get("/exports")
    await browser.post("/exports", kind="history", values="full", reason="確認")
    (request,) = requests(answered)
    await second_browser.sign_in("suzuki")
    await second_browser.get("/exports")
    await second_browser.post(f"/exports/{request.id}/approve", query=request.query_sha256)
    other = text("UPDATE export_request SET query = replace(query, 'history', 'responses')")
    answered.database.run(lambda conn: conn.execute(other))
    await work(jobs)
    (found,) = requests(answered)
    assert (found.state, found.detail) == ("failed", "changed")
    assert kept_files(answered) == 0
    # Nor one that was put to work without an approval.
    await browser.post("/exports", kind="history", values="full", reason="確認")
    answered.database.run(
        lambda conn: conn.execute(text("UPDATE export_request SET state = 'queued' WHERE state = 'asked'"))
    )
    await work(jobs)
    assert {(one.state, one.detail) for one in requests(answered)} == {
        ("failed", "changed"),
        ("failed", "not_approved"),
    }


async def test_an_approval_that_comes_too_late_counts_for_nothing(
    browser: Browser, second_browser: Browser, answered: Bank, jobs: ExportJobs
) -> None:
    await browser.sign_in("kato")
    await browser.get("/exports")
    await browser.post("/exports", kind="history", values="full", reason="確認")
    (request,) = requests(answered)
    answered.universe.advance(timedelta(hours=24))
    await second_browser.sign_in("suzuki")
    await second_browser.get("/exports")
    status, _ = await second_browser.post(f"/exports/{request.id}/approve", query=request.query_sha256)
    assert status == 409
    chore = end_old_exports(answered.database)
    assert answered.database.run_read(chore.is_due)
    chore.step(lease_of(answered))
    assert [(one.state, one.detail) for one in requests(answered)] == [("over", "expired")]


def lease_of(bank: Bank) -> Lease:
    uni = bank.universe
    lease = bank.database.run(
        lambda conn: take_lease(conn, uni, "exports.over", owner="test", duration=timedelta(minutes=1))
    )
    assert lease is not None
    return lease


async def test_a_file_ends_with_its_time(browser: Browser, answered: Bank, jobs: ExportJobs) -> None:
    await browser.sign_in("kato")
    await browser.get("/exports")
    await browser.post("/exports", kind="responses", format="xlsx")
    await work(jobs)
    (request,) = requests(answered)
    assert (await fetched(browser, request))[1].keys() == {"responses.xlsx", "codebook.csv", "manifest.json"}
    answered.universe.advance(timedelta(days=7))
    await browser.sign_in("kato")
    await browser.get("/exports")
    assert (await fetched(browser, request))[0] == 404, "over even before the sweep comes"
    chore, lease = end_old_exports(answered.database), lease_of(answered)
    while chore.step(lease):
        pass
    assert (kept_files(answered), requests(answered)[0].state) == (0, "over")
    assert deeds(answered)[-1] == "export.over"


async def test_the_evidence_of_a_case_needs_an_approval(
    browser: Browser, second_browser: Browser, answered: Bank, jobs: ExportJobs
) -> None:
    await browser.sign_in("kato")
    _, page = await browser.get("/exports?kind=evidence&case=0001")
    assert 'value="0001"' in page
    status, page = await browser.post("/exports", kind="evidence", case="9999", reason="照会")
    assert (status, "案件がありません" in page) == (422, True)
    await browser.post("/exports", kind="evidence", case="0001", values="masked", reason="当局の照会")
    (request,) = requests(answered)
    assert (request.state, request.query["values"]) == ("asked", "full")
    await second_browser.sign_in("suzuki")
    await second_browser.get("/exports")
    await second_browser.post(f"/exports/{request.id}/approve", query=request.query_sha256)
    await work(jobs)
    _, files = await fetched(browser, request)
    assert files.keys() == {"evidence.json", "evidence.pdf", "manifest.json"}
    assert NAME in files["evidence.json"].decode()


async def test_a_conversation_leads_to_the_evidence_of_its_case(
    browser: Browser, second_browser: Browser, answered: Bank
) -> None:
    here = f"/conversations/{answered.refs['waiting_long']}"
    link = f"/console/exports?kind=evidence&amp;case={answered.conversation('waiting_long').case_id}"
    await browser.sign_in("kato")
    assert link in (await browser.get(here))[1]
    await second_browser.sign_in("sato")
    assert "kind=evidence" not in (await second_browser.get(here))[1]


@pytest.mark.parametrize("field", ["kind", "format", "encoding", "status", "values", "since"])
async def test_what_no_form_of_ours_sends_is_refused(browser: Browser, answered: Bank, field: str) -> None:
    await browser.sign_in("kato")
    await browser.get("/exports")
    status, page = await browser.post("/exports", **{field: "'; DROP TABLE"})
    assert (status, requests(answered)) == (422, [])
    assert "選んだ内容を読み取れません" in page
