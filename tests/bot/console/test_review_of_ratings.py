"""Proposed ratings on the pages of review: a list of their own, two people, and never the customer's business."""

from __future__ import annotations

import re

from storage.cases import CaseStatus, load_case
from storage.ratings import load_proposals
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank
from tests.bot.console.reviewing import PHONE, put_forward, put_to_review


async def test_a_rating_is_agreed_on_by_two_and_sets_the_next_review(
    browser: Browser, second_browser: Browser, bank: Bank
) -> None:
    case_id = put_to_review(bank, "waiting_long", PHONE)
    proposal = put_forward(bank, case_id, "foreign_pep")["foreign_pep"]
    await browser.sign_in("kato")
    assert case_id in (await browser.get("/reviews?list=rating"))[1]
    _, page = await browser.get(f"/cases/{case_id}")
    assert "外国の重要な公的地位にある方" in page
    assert "リスク格付の見直し案" in page
    # What a rating has no use for is not offered, and does nothing where it is sent all the same.
    status, _ = await browser.post(
        f"/cases/{case_id}/decide", difference=proposal, deed="ask_again", **{f"seen.{proposal}": "open"}
    )
    assert status == 409
    seen = dict(re.findall(r'name="(seen\.[0-9a-f-]{36})" value="([a-z_]+)"', page))
    assert len(seen) == 2
    _, page = await browser.post(f"/cases/{case_id}/decide", deed="approve", **seen)
    case = bank.database.run_read(lambda conn: load_case(conn, case_id))
    assert case is not None
    assert case.status is CaseStatus.AWAITING_APPROVAL
    await second_browser.sign_in("suzuki")
    assert case_id in (await second_browser.get("/reviews?list=second"))[1]
    await second_browser.get(f"/cases/{case_id}")
    status, page = await second_browser.post(
        f"/cases/{case_id}/agree", difference=proposal, deed="confirm", **{f"seen.{proposal}": "approved_first"}
    )
    assert status == 200
    case = bank.database.run_read(lambda conn: load_case(conn, case_id))
    assert case is not None
    # A year, as for the agreed rating, and not the three of the customer's own.
    assert (case.status, str(case.next_due_on)) == (CaseStatus.DONE, "2027-11-02")


async def test_a_proposal_on_a_case_that_nobody_answered_moves_nothing(browser: Browser, bank: Bank) -> None:
    case_id = bank.conversation("with_bot").case_id
    assert case_id is not None
    proposal = put_forward(bank, case_id, "no_answer")["no_answer"]
    await browser.sign_in("suzuki")
    assert case_id in (await browser.get("/reviews?list=rating"))[1]
    assert case_id not in (await browser.get("/reviews"))[1]
    await browser.get(f"/cases/{case_id}")
    status, _ = await browser.post(
        f"/cases/{case_id}/decide", difference=proposal, deed="reject", **{f"seen.{proposal}": "open"}
    )
    assert status == 200
    case = bank.database.run_read(lambda conn: load_case(conn, case_id))
    assert case is not None
    assert case.status is CaseStatus.SELECTED
    (one,) = bank.database.run_read(lambda conn: load_proposals(conn, case_id))
    assert one.decision == "rejected_first"


async def test_ratings_of_another_branch_are_not_listed(browser: Browser, bank: Bank) -> None:
    case_id = put_to_review(bank, "waiting_long", PHONE)
    put_forward(bank, case_id, "foreign_pep")
    await browser.sign_in("hara")
    assert case_id not in (await browser.get("/reviews?list=rating"))[1]
