"""The pages of review: the queue, a case side by side, decisions by one person and by two."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from storage import audit
from storage.cases import CaseStatus, load_case
from storage.reviews import standing
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank
from tests.bot.console.reviewing import ADDRESS, PHONE, SAME_NAME, add_member, differences_of, put_to_review

NOTE = "運転免許証で見た"


def status_of(bank: Bank, case_id: str) -> CaseStatus:
    case = bank.database.run_read(lambda conn: load_case(conn, case_id))
    assert case is not None
    return case.status


def actions(bank: Bank) -> list[str]:
    return [entry.action for entry in bank.database.run_read(audit.list_entries)]


async def decide(
    browser: Browser,
    bank: Bank,
    case_id: str,
    name: str,
    deed: str,
    *,
    seen: str = "",
    to: str = "decide",
    note: str = "",
) -> tuple[int, str]:
    one = differences_of(bank, case_id)[name]
    fields = {"difference": one.id, f"seen.{one.id}": seen or standing(one).value, "deed": deed, "note": note}
    await browser.get(f"/cases/{case_id}")
    return await browser.post(f"/cases/{case_id}/{to}", **fields)


async def test_the_queue_has_one_row_a_case_the_most_serious_first(browser: Browser, bank: Bank) -> None:
    mild = put_to_review(bank, "waiting_short", PHONE)
    bank.universe.advance(timedelta(minutes=5))
    grave = put_to_review(bank, "waiting_long", ADDRESS, PHONE, SAME_NAME)
    await browser.sign_in("kato")
    status, page = await browser.get("/reviews")
    assert status == 200
    shown = re.findall(r"/console/cases/([0-9a-f-]{36})", page)
    assert shown == [grave, mild]
    assert "残り 2 件" in page
    assert "住所、電話番号" in page
    for row in (ADDRESS, PHONE, SAME_NAME):
        assert row["master"] not in page
        assert row["answer"] not in page


async def test_a_case_shows_both_sides_marked_and_in_words_and_each_opening_is_recorded(
    browser: Browser, bank: Bank
) -> None:
    case_id = put_to_review(bank, "waiting_long")
    await browser.sign_in("kato")
    _, page = await browser.get(f"/cases/{case_id}")
    # Width and dashes are no difference; the last figure is.
    assert "東京都千代田区南町３－４－１<mark>５</mark>" in page
    assert "東京都千代田区南町3-4-1<mark>6</mark>" in page
    assert "千代田区南町 3-4-1<mark>6</mark>" in page
    assert "番地" in page or "番号" in page
    assert "高橋花子" in page, "what nobody decides on is there to look at"
    assert actions(bank).count("console.case_viewed") == 1
    await browser.get(f"/cases/{case_id}")
    assert actions(bank).count("console.case_viewed") == 2


async def test_another_branch_does_not_learn_that_there_is_a_case(browser: Browser, bank: Bank) -> None:
    case_id = put_to_review(bank, "waiting_long")
    await browser.sign_in("hara")
    _, page = await browser.get("/reviews")
    assert case_id not in page
    assert "残り 0 件" in page
    assert (await browser.get(f"/cases/{case_id}"))[0] == 404
    assert "console.refused" in actions(bank)


async def test_an_operator_sees_no_review_and_an_auditor_decides_nothing(browser: Browser, bank: Bank) -> None:
    case_id = put_to_review(bank, "waiting_long")
    await browser.sign_in("kimura")
    _, page = await browser.get(f"/cases/{case_id}")
    assert 'name="deed"' not in page
    assert (await browser.post(f"/cases/{case_id}/decide", deed="approve"))[0] == 403


async def test_two_people_agree_on_an_address_and_one_is_enough_for_a_phone(
    browser: Browser, second_browser: Browser, bank: Bank
) -> None:
    case_id = put_to_review(bank, "waiting_long")
    await browser.sign_in("suzuki")
    assert (await decide(browser, bank, case_id, "phone", "approve"))[0] == 200
    assert standing(differences_of(bank, case_id)["phone"]).value == "approved"
    assert status_of(bank, case_id) is CaseStatus.TO_CHECK
    _, page = await decide(browser, bank, case_id, "address", "approve", note=NOTE)
    assert "二人目の確認を待っています" in page
    assert status_of(bank, case_id) is CaseStatus.AWAITING_APPROVAL
    # Not by the same person, whatever the form says.
    status, page = await decide(browser, bank, case_id, "address", "confirm", to="agree")
    assert status == 409
    assert "ご自分で確認することはできません" in page
    assert "console.review_refused" in actions(bank)

    await second_browser.sign_in("kato")
    assert (await decide(second_browser, bank, case_id, "address", "confirm", to="agree"))[0] == 403
    await second_browser.post("/sign-out")
    add_member(bank, "okada", "admin")
    await second_browser.sign_in("okada")
    _, page = await second_browser.get("/reviews?list=second")
    assert case_id in page
    status, page = await decide(second_browser, bank, case_id, "address", "confirm", to="agree")
    assert status == 200
    case = bank.database.run_read(lambda conn: load_case(conn, case_id))
    assert case is not None
    assert (case.status, case.next_due_on is not None) == (CaseStatus.DONE, True)
    assert NOTE in page
    for login in ("suzuki", "okada"):
        assert login in page


async def test_of_two_pages_that_are_open_the_later_one_is_told(
    browser: Browser, second_browser: Browser, bank: Bank
) -> None:
    case_id = put_to_review(bank, "waiting_long")
    await browser.sign_in("kato")
    await second_browser.sign_in("suzuki")
    await decide(browser, bank, case_id, "phone", "approve")
    status, page = await decide(second_browser, bank, case_id, "phone", "reject", seen="open", note=NOTE)
    assert status == 409
    assert "ほかの人が先に判断したか" in page
    assert NOTE in page, "what was typed is not lost"
    assert standing(differences_of(bank, case_id)["phone"]).value == "approved"


@pytest.mark.parametrize(("deed", "status"), [("await_documents", "71"), ("hold", "70")])
async def test_a_deed_on_the_whole_case_fits_all_its_differences(
    browser: Browser, bank: Bank, deed: str, status: str
) -> None:
    case_id = put_to_review(bank, "waiting_long")
    await browser.sign_in("kato")
    _, page = await browser.get(f"/cases/{case_id}")
    seen = dict(re.findall(r'name="(seen\.[0-9a-f-]{36})" value="([a-z_]+)"', page))
    assert len(seen) == 2
    code, page = await browser.post(f"/cases/{case_id}/decide", deed=deed, note=NOTE, **seen)
    assert code == 200
    assert status_of(bank, case_id).value == status
    assert NOTE in page
    name = {"await_documents": "documents", "hold": "held"}[deed]
    assert case_id in (await browser.get(f"/reviews?list={name}"))[1]
    assert case_id not in (await browser.get("/reviews"))[1]


async def test_what_cannot_be_asked_in_the_chat_changes_nothing(browser: Browser, bank: Bank) -> None:
    case_id = put_to_review(bank, "waiting_long")
    await browser.sign_in("kato")
    status, page = await decide(browser, bank, case_id, "phone", "ask_again")
    assert status == 409
    assert "電話や書面で確認" in page
    assert standing(differences_of(bank, case_id)["phone"]).value == "open"


async def test_how_the_same_was_decided_before_is_said_within_the_branch(browser: Browser, bank: Bank) -> None:
    earlier = put_to_review(bank, "waiting_short", PHONE)
    elsewhere = put_to_review(bank, "branch_200", PHONE)
    await browser.sign_in("kato")
    await decide(browser, bank, earlier, "phone", "reject")
    await decide(browser, bank, elsewhere, "phone", "approve")
    case_id = put_to_review(bank, "waiting_long", PHONE)
    _, page = await browser.get(f"/cases/{case_id}")
    assert "承認 1 件、却下 1 件" in page
    assert earlier in page


async def test_a_secret_in_a_note_is_not_kept(browser: Browser, bank: Bank) -> None:
    case_id = put_to_review(bank, "waiting_long")
    await browser.sign_in("kato")
    status, page = await decide(browser, bank, case_id, "phone", "approve", note="カードは 4111 1111 1111 1111")
    assert status == 409
    assert "取り除いてください" in page
    assert standing(differences_of(bank, case_id)["phone"]).value == "open"


async def test_what_became_of_a_case_outside_the_review_takes_a_reason(browser: Browser, bank: Bank) -> None:
    case_id = put_to_review(bank, "waiting_long")
    await browser.sign_in("kato")
    await browser.get(f"/cases/{case_id}")
    status, page = await browser.post(f"/cases/{case_id}/move", move="returned_mail", note=" ")
    assert (status, "理由を入力してください" in page) == (409, True)
    # What takes a superior is refused by the other way too.
    assert (await browser.post(f"/cases/{case_id}/move", move="stopped", note=NOTE))[0] == 409
    assert (await browser.post(f"/cases/{case_id}/close", move="stopped", note=NOTE))[0] == 403
    assert status_of(bank, case_id) is CaseStatus.TO_CHECK
    await browser.get(f"/cases/{case_id}")
    status, page = await browser.post(f"/cases/{case_id}/move", move="returned_mail", note=NOTE)
    assert (status, NOTE in page) == (200, True)
    assert status_of(bank, case_id) is CaseStatus.UNDELIVERABLE
    assert "case.moved" in actions(bank)
