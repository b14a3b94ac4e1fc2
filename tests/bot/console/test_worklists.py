"""The lists of calls and visits, and the page on which a result is written down."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from storage import audit
from storage.cases import CaseStatus, load_case
from storage.contacts import load_promise, tries_of
from tests.bot.console.calling import ADDRESS, KANA, PHONE, in_campaign, put_on_list, sent_by_letter
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank

_COUNTS = re.compile(r'list=(\w+)"[^>]*>[^<]*<span class="count">(\d+)')


def counts(page: str) -> dict[str, int]:
    return {name: int(count) for name, count in _COUNTS.findall(page)}


def status_of(bank: Bank, case_id: str) -> CaseStatus:
    case = bank.database.run_read(lambda conn: load_case(conn, case_id))
    assert case is not None
    return case.status


def actions(bank: Bank) -> list[str]:
    return [entry.action for entry in bank.database.run_read(audit.list_entries)]


async def test_a_list_names_cases_by_number_and_says_nothing_of_who_they_are(browser: Browser, bank: Bank) -> None:
    case_id = put_on_list(bank, "with_bot")
    await browser.sign_in("sato")
    status, page = await browser.get("/worklists")
    assert status == 200
    assert counts(page) == {"phone": 1, "visit": 0, "post": 1, "returned": 0, "restriction": 0}
    assert f"/console/cases/{case_id}/contact" in page
    assert not any(value in page for value in (PHONE, KANA, ADDRESS, "見本 太郎"))
    assert "console.contact_viewed" not in actions(bank)


async def test_whoever_calls_sees_whom_and_it_is_recorded(browser: Browser, bank: Bank) -> None:
    case_id = put_on_list(bank, "with_bot")
    await browser.sign_in("sato")
    status, page = await browser.get(f"/cases/{case_id}/contact")
    assert status == 200
    assert all(value in page for value in (PHONE, KANA, ADDRESS, "見本 太郎"))
    assert actions(bank).count("console.contact_viewed") == 1


async def test_a_result_moves_the_case_and_takes_it_off_the_list_for_a_day(browser: Browser, bank: Bank) -> None:
    case_id = put_on_list(bank, "with_bot")
    await browser.sign_in("sato")
    await browser.get(f"/cases/{case_id}/contact")
    fields = {"channel": "phone", "seen": "0", "result": "no_answer", "best_time": "evening", "note": "夕方にもう一度"}
    status, page = await browser.post(f"/cases/{case_id}/contact", **fields)
    assert (status, "結果を記録しました" in page) == (200, True)
    assert counts(page)["phone"] == 0
    assert status_of(bank, case_id) is CaseStatus.PHONE_AND_VISITS
    (kept,) = bank.database.run_read(lambda conn: tries_of(conn, bank.database.vault, case_id))
    assert (kept.result, kept.best_time, kept.note) == ("no_answer", "evening", "夕方にもう一度")
    bank.universe.advance(timedelta(days=1))
    await browser.sign_in("sato")
    _, page = await browser.get("/worklists")
    assert counts(page)["phone"] == 1
    assert "架電 · 不出" in page
    assert "夕方・夜" in page
    assert "夕方にもう一度" not in page
    _, page = await browser.get(f"/cases/{case_id}/contact")
    assert "夕方にもう一度" in page
    assert "sato" in page


async def test_a_promise_sets_the_reminder(browser: Browser, bank: Bank) -> None:
    case_id = put_on_list(bank, "with_bot")
    day = (bank.universe.now() + timedelta(days=4)).date().isoformat()
    await browser.sign_in("sato")
    await browser.get(f"/cases/{case_id}/contact")
    fields = {"channel": "phone", "seen": "0", "result": "promised", "promised_on": day}
    assert (await browser.post(f"/cases/{case_id}/contact", **fields))[0] == 200
    promise = bank.database.run_read(lambda conn: load_promise(conn, case_id))
    assert promise is not None
    _, page = await browser.get(f"/cases/{case_id}/contact")
    assert "チャットで知らせる日時" in page


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"result": "promised"}, 422, "約束の日を"),
        ({"result": "promised", "promised_on": "soon"}, 422, "約束の日を"),
        ({"result": "eaten"}, 422, "結果を選んでください"),
        ({"result": "no_answer", "channel": "fax"}, 422, "手段を選んでください"),
        ({"result": "no_answer", "best_time": "never"}, 422, "つながりやすい時間を"),
        ({"result": "no_answer", "note": "長" * 501}, 422, "500 字まで"),
        ({"result": "no_answer", "note": "暗証番号は1234だそうです"}, 422, "書いてはいけないもの"),
        ({"result": "no_answer", "seen": "3"}, 409, "ほかの人が先に"),
    ],
)
async def test_what_does_not_fit_is_said_and_what_was_typed_stays(
    browser: Browser, bank: Bank, fields: dict[str, str], status: int, said: str
) -> None:
    case_id = put_on_list(bank, "with_bot")
    await browser.sign_in("sato")
    await browser.get(f"/cases/{case_id}/contact")
    typed = {"channel": "phone", "seen": "0", "note": "息子さん同居"} | fields
    found, page = await browser.post(f"/cases/{case_id}/contact", **typed)
    assert (found, said in page) == (status, True)
    assert typed["note"] in page
    assert bank.database.run_read(lambda conn: tries_of(conn, bank.database.vault, case_id)) == []


async def test_a_branch_sees_its_own(browser: Browser, bank: Bank) -> None:
    here = put_on_list(bank, "with_bot")
    there = put_on_list(bank, "branch_200", "200")
    await browser.sign_in("mori")
    _, page = await browser.get("/worklists")
    assert counts(page)["phone"] == 1
    assert (there in page, here in page) == (True, False)
    assert (await browser.get(f"/cases/{here}/contact"))[0] == 404
    await browser.get(f"/cases/{there}/contact")
    fields = {"channel": "phone", "seen": "0", "result": "no_answer"}
    assert (await browser.post(f"/cases/{here}/contact", **fields))[0] == 404
    assert bank.database.run_read(lambda conn: tries_of(conn, bank.database.vault, here)) == []


async def test_the_head_office_chooses_a_branch(browser: Browser, bank: Bank) -> None:
    put_on_list(bank, "with_bot")
    there = put_on_list(bank, "branch_200", "200")
    await browser.sign_in("sato")
    _, page = await browser.get("/worklists?list=phone&branch=200")
    assert re.findall(r"/console/cases/([0-9a-f-]{36})", page) == [there]
    assert '<option value="200" selected>' in page
    _, page = await browser.get("/worklists?list=fax")
    assert counts(page)["phone"] == 2


async def test_who_only_audits_sees_the_list_and_no_numbers(browser: Browser, bank: Bank) -> None:
    case_id = put_on_list(bank, "with_bot")
    await browser.sign_in("kimura")
    status, page = await browser.get("/worklists")
    assert (status, f"{case_id}/contact" in page) == (200, False)
    assert (await browser.get(f"/cases/{case_id}/contact"))[0] == 403


async def test_a_letter_that_came_back_is_found_by_the_numbers_that_stand_in_it(browser: Browser, bank: Bank) -> None:
    # Its case is on no list: the customer was written to, and nothing more.
    case = sent_by_letter(bank, "with_bot")
    await browser.sign_in("sato")
    _, page = await browser.get("/worklists?list=phone")
    assert f"/console/cases/{case.id}/contact" not in page
    for number in (case.customer_no, f" {case.check_number} "):
        status, page = await browser.post("/worklists/find", q=number)
        assert (status, "検索の結果:1 件" in page) == (200, True)
        assert f"/console/cases/{case.id}/contact" in page
        assert PHONE not in page
    _, page = await browser.post("/worklists/find", q="999999")
    assert "見つかりませんでした" in page
    details = [one.detail for one in bank.database.run_read(audit.list_entries) if one.action == "console.searched"]
    assert details[::-1] == [
        {"by": "customer_no", "for": "contact", "found": "1"},
        {"by": "check_number", "for": "contact", "found": "1"},
        {"by": "", "for": "contact", "found": "0"},
    ]
    # What the label on it says is written down on the page of the case, and it is on the list of returned letters.
    await browser.get(f"/cases/{case.id}/contact?by=post")
    await browser.post(f"/cases/{case.id}/contact", channel="post", seen="0", result="returned_unknown")
    assert status_of(bank, case.id) is CaseStatus.UNDELIVERABLE
    _, page = await browser.get("/worklists?list=returned")
    assert counts(page)["returned"] == 1
    assert f"/console/cases/{case.id}/contact?by=post" in page
    # The day and no hour, which nobody knows of the post.
    assert re.search(r"返送:[^<]*<span[^>]*><time[^>]*>\d+月\d+日\(.\)</time>", page)


async def test_another_branch_and_who_only_audits_find_nothing(browser: Browser, bank: Bank) -> None:
    case = sent_by_letter(bank, "with_bot")
    await browser.sign_in("mori")
    _, page = await browser.post("/worklists/find", q=case.customer_no)
    assert "見つかりませんでした" in page
    await browser.sign_in("kimura")
    assert (await browser.post("/worklists/find", q=case.customer_no))[0] == 403


async def test_whoever_calls_sees_what_reached_the_customer_and_when(browser: Browser, bank: Bank) -> None:
    case = sent_by_letter(bank, "with_bot")
    in_campaign(bank, case)
    await browser.sign_in("sato")
    _, page = await browser.get(f"/cases/{case.id}/contact")
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("送付「2026-11」") : page.index('id="tries"')]))
    assert "現在: 反応なし" in told
    assert told.index("配信・発送の列に入れました · 手紙") < told.index("係のリストに載せました · 架電")
