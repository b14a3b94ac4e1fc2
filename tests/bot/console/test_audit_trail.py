"""The audit page: looked through by deed, person, day and case, page by page, and taken along as a harmless file."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest

from bot.console.audit_filter import FULL, FULL_VIEWS, known_actions, read_filter, read_place
from bot.console.pages.audit_trail import PAGE
from storage import audit
from storage.audit import AuditEntry
from storage.branches import Branches
from storage.staff import StaffMember, add_staff
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank, hear
from tests.bot.console.test_picture import keep


def entries(bank: Bank, action: str) -> list[AuditEntry]:
    return [one for one in bank.database.run_read(audit.list_entries) if one.action == action]


def note(bank: Bank, action: str, times: int = 1, **detail: str) -> None:
    for _ in range(times):
        bank.database.run(
            lambda conn: audit.record(
                conn, bank.universe, action, actor_kind="os_user", actor_id="root", subjects={}, detail=detail
            )
        )


def rows(page: str) -> list[str]:
    """The deeds of the table, in order."""
    return re.findall(r'<span class="code">([a-z_]+\.[a-z_.]+)</span></span></td>', page)


async def test_the_newest_deeds_come_first_with_who_and_what(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("sato")
    ref = bank.refs["waiting_long"]
    await browser.get(f"/conversations/{ref}")
    await browser.post(f"/conversations/{ref}/claim")
    await browser.post("/sign-out")
    await browser.sign_in("kimura")
    _, page = await browser.get("/audit")
    assert rows(page)[:3] == ["console.audit_viewed", "console.signed_in", "console.signed_out"]
    assert "console.claim" in rows(page)
    assert "会話を担当しようとしました" in page
    assert f'href="/console/conversations/{ref}"' in page
    assert "<strong>sato</strong>" in page


async def test_it_is_filtered_by_deed_person_and_day(browser: Browser, bank: Bank) -> None:
    note(bank, "letter.made")
    bank.universe.advance(timedelta(days=1))
    await browser.sign_in("sato")
    await browser.post("/sign-out")
    await browser.sign_in("kimura")
    assert rows((await browser.get("/audit?action=console.signed_in"))[1]) == ["console.signed_in"] * 2
    assert rows((await browser.get("/audit?who=sato"))[1]) == ["console.signed_out", "console.signed_in"]
    assert rows((await browser.get("/audit?who=root"))[1]) == ["letter.made"]
    assert rows((await browser.get("/audit?to=2026-11-02"))[1]) == ["letter.made"]
    assert "letter.made" not in rows((await browser.get("/audit?from=2026-11-03"))[1])
    assert rows((await browser.get("/audit?from=2026-11-03&who=root"))[1]) == []
    _, page = await browser.get("/audit?action=console.signed_in&who=sato")
    assert '<option value="console.signed_in" selected>' in page
    assert 'value="sato"' in page


async def test_every_look_at_personal_data_as_it_is_stands_in_one_list(browser: Browser, bank: Bank) -> None:
    image = keep(bank, "waiting_long")
    await browser.sign_in("sato")
    await browser.client.get(f"/console/conversations/{bank.refs['waiting_long']}/images/{image}")
    await browser.get(f"/conversations/{bank.refs['waiting_long']}")
    await browser.post("/sign-out")
    await browser.sign_in("kimura")
    assert rows((await browser.get(f"/audit?action={FULL}"))[1]) == ["console.image_viewed"]


async def test_a_case_is_found_by_what_is_known_of_it_and_never_named_in_the_address(
    browser: Browser, bank: Bank
) -> None:
    await browser.sign_in("sato")
    await browser.get(f"/conversations/{bank.refs['waiting_long']}")
    await browser.get(f"/conversations/{bank.refs['waiting_short']}")
    await browser.post("/sign-out")
    await browser.sign_in("kimura")
    await browser.get("/audit")
    for typed in ("0001", "０００１", bank.refs["waiting_long"], bank.refs["waiting_long"].upper()):
        answer = await browser.client.post(
            "/console/audit/find", data={"csrf": browser.csrf, "q": typed}, allow_redirects=False
        )
        assert answer.status == 303, typed
        way = answer.headers["Location"]
        assert "0001" not in way.partition("about=")[0]
        assert re.fullmatch(r"/console/audit\?about=[0-9a-f-]{36}", way)
        _, page = await browser.get(way.removeprefix("/console"))
        assert rows(page).count("console.conversation_viewed") == 1
        assert bank.refs["waiting_short"] not in page
    status, page = await browser.post("/audit/find", q="9999999")
    assert status == 404
    assert "見つかりません" in page


async def test_older_entries_are_a_page_away(browser: Browser, bank: Bank) -> None:
    note(bank, "letter.made", times=PAGE + 3)
    await browser.sign_in("kimura")
    _, page = await browser.get("/audit?action=letter.made")
    assert len(rows(page)) == PAGE
    older = re.search(r'href="/console(/audit\?[^"]*before=[^"]+)"', page)
    assert older is not None
    _, page = await browser.get(older[1].replace("&amp;", "&"))
    assert len(rows(page)) == 3
    assert "新しいほうへもどる" in page
    assert "古いほうへ" not in page


async def test_it_is_taken_along_as_a_file_that_runs_nothing(browser: Browser, bank: Bank) -> None:
    note(bank, "letter.made", sum="=1+1")
    bank.database.run(
        lambda conn: audit.record(
            conn, bank.universe, "letter.made", actor_kind="os_user", actor_id="=cmd|' /C calc'!A0"
        )
    )
    note(bank, "case.opened")
    await browser.sign_in("kimura")
    await browser.get("/audit?action=letter.made")
    answer = await browser.client.post("/console/audit/export", data={"csrf": browser.csrf, "action": "letter.made"})
    assert answer.status == 200
    assert re.fullmatch(r'attachment; filename="audit-\d{8}-\d{4}\.csv"', answer.headers["Content-Disposition"])
    raw = await answer.read()
    assert raw.startswith(b"\xef\xbb\xbf")
    table = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert [row["action"] for row in table] == ["letter.made"] * 2
    assert table[0]["actor_id"] == "'=cmd|' /C calc'!A0"
    assert table[1]["detail"] == '{"sum": "=1+1"}'
    assert table[1]["sentence"] == "手紙のコードを作りました"
    assert table[1]["at"] == "2026-11-02T10:00:00+09:00"
    (entry,) = entries(bank, "console.audit_exported")
    assert entry.detail == {"action": "letter.made"}


async def test_looking_is_recorded_with_what_was_looked_for(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("kimura")
    await browser.get(f"/audit?who=佐藤&from=2026-11-01&about={bank.conversation_id('over')}")
    (entry,) = entries(bank, "console.audit_viewed")
    assert entry.detail == {"who": "one", "from": "2026-11-01"}
    assert entry.subjects == {"about": bank.conversation_id("over")}


async def test_where_it_cannot_be_recorded_nothing_is_shown(
    browser: Browser, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(bank, "letter.made")
    await browser.sign_in("kimura")

    def refuse(*args: object, **more: object) -> str:
        raise OSError("no place for the record")

    monkeypatch.setattr(audit, "record", refuse)
    for method, path in (("GET", "/audit"), ("POST", "/audit/export")):
        answer = await browser.client.request(method, f"/console{path}", data={"csrf": browser.csrf})
        assert answer.status == 500
        assert "letter.made" not in await answer.text()


@pytest.mark.parametrize(
    "query",
    [
        "?before=x",
        "?about=%00",
        "?from=yesterday&to=99999-01-01",
        "?action=no.such",
        "?who=%ED%A0%80",
        "?who=" + "x" * 200,
    ],
)
async def test_an_address_changed_by_hand_breaks_nothing(browser: Browser, query: str) -> None:
    await browser.sign_in("kimura")
    assert (await browser.get(f"/audit{query}"))[0] == 200


def test_every_deed_that_shows_personal_data_has_its_sentence() -> None:
    assert set(FULL_VIEWS) <= set(known_actions())


def test_every_export_hands_out_personal_data_or_is_known_not_to() -> None:
    """A new deed has to be put on one side or the other."""
    steps = {"asked", "approved", "declined", "ready", "failed", "not_sent", "over"}
    without_values = {"history", "ratings"}
    exports = {action for action in known_actions() if action.startswith("export.")}
    assert exports - set(FULL_VIEWS) == {f"export.{name}" for name in steps | without_values}
    assert read_filter({"action": FULL}).action == FULL
    assert read_filter({"action": "no.such"}).action == ""
    assert read_place({"before": "1 OR 1"}) is None


async def test_the_supervisor_sees_who_waits_who_is_there_and_why(browser: Browser, bank: Bank) -> None:
    """Kept small: the figures themselves are proved in the storage's tests."""
    hear_again = bank.conversation_id("waiting_long")
    bank.database.run(lambda conn: hear(conn, bank.database, hear_again, {"text": "まだですか"}))
    await browser.sign_in("suzuki")
    _, page = await browser.get("/supervision")
    assert "<h1>対応の状況</h1>" in page
    waiting = re.search(r'folder=waiting">(\d+)</a><span class="hint">最長 ([^<]+)<', page)
    assert waiting is not None
    assert waiting.groups() == ("3", "1時間04分")
    assert ">suzuki</td>" in page


async def test_a_supervisor_of_a_branch_sees_the_branch(browser: Browser, bank: Bank) -> None:
    def hire(login: str) -> StaffMember:
        known = bank.database.run_read(lambda conn: conn.exec_driver_sql("SELECT password_hash FROM staff").scalar())
        return bank.database.run(
            lambda conn: add_staff(
                conn, bank.universe, login, "approver", Branches.of("200"), str(known), must_change=False
            )
        )

    hire("head200")
    await browser.sign_in("head200")
    _, page = await browser.get("/supervision")
    assert 'folder=waiting">1</a>' in page
    assert ">suzuki</td>" not in page
