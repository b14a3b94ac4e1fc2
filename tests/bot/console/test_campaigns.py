"""Campaigns on the console: a draft with its preview, a second person's approval, start, pause, stop, reach."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from bot.console.pages import campaigns
from bot.outreach import campaigning
from bot.outreach.ladder import shipped_ladder
from bot.settings import Settings
from dialogs.personal import Personal
from storage.accounts import make_link, upsert_account
from storage.branches import WHOLE_BANK
from storage.campaigns import Actor, Rule, list_campaigns, make_campaign
from storage.cases import list_cases
from storage.reach import Reach, ReachCounts
from storage.staff import add_staff
from tests.bot.console.conftest import Browser
from tests.bot.console.house import PASSWORD, QUICK, Bank
from tests.storage.reconciliation.seeding import TARO, add_case, add_customers

NUMBERS = tuple(f"9{number:03}" for number in range(7))


@pytest.fixture
def waiting(bank: Bank) -> Bank:
    """Seven customers of a branch of their own wait for their first message, one of them rated high."""
    rated = [TARO | {"customer_no": number, "branch_no": "777"} for number in NUMBERS]
    add_customers(bank.database, *rated[1:], rated[0] | {"risk_rating": "high"})
    for number in NUMBERS:
        add_case(bank.database, number)
    return bank


def states(bank: Bank) -> list[str]:
    return [campaign.state for campaign in bank.database.run_read(list_campaigns)]


async def test_two_people_bring_a_campaign_to_its_start_and_one_stops_it(
    browser: Browser, second_browser: Browser, waiting: Bank
) -> None:
    await browser.sign_in("kato")
    _, page = await browser.get("/campaigns")
    assert "送付はまだありません" in page
    status, page = await browser.post("/campaigns", name="branch-777", branches="777", channel="letter")
    assert status == 200
    assert "この条件で 7 名です" in page
    assert "承認を待っています" in page
    (campaign,) = waiting.database.run_read(list_campaigns)
    here = f"/campaigns/{campaign.id}"
    assert (await browser.post(f"{here}/start"))[0] == 409
    assert (await browser.post(f"{here}/approve"))[0] == 403
    await second_browser.sign_in("suzuki")
    await second_browser.get(here)
    status, page = await second_browser.post(f"{here}/approve")
    assert (status, "suzuki が" in page, states(waiting)) == (200, True, ["approved"])
    assert (await browser.post(f"{here}/start"))[0] == 200
    _, page = await second_browser.get(here)
    # The approver sees each count, the back office no count of so few, nor what it follows from: all are seven.
    assert re.search(r"対象</td>\s*<td[^>]*>1</td>\s*<td[^>]*>6</td>", page)
    _, page = await browser.get(here)
    assert re.search(r"対象</td>\s*<td[^>]*>\(非表示\)</td>\s*<td[^>]*>\(非表示\)</td>", page)
    assert (await browser.post(f"{here}/pause"))[0] == 200
    assert (await browser.post(f"{here}/start"))[0] == 200
    status, page = await browser.post(f"{here}/stop")
    assert (status, states(waiting)) == (200, ["stopped"])
    assert "<button" not in page.partition('id="deeds"')[2].partition("</section>")[0]
    status, page = await browser.post(f"{here}/start")
    assert (status, "いまはできません" in page) == (409, True)


async def test_a_draft_that_would_reach_nobody_says_what_to_change(browser: Browser, waiting: Bank) -> None:
    await browser.sign_in("kato")
    await browser.get("/campaigns")
    _, page = await browser.post("/campaigns", name="nobody", branches="none")
    assert "送る相手がいません" in page
    _, page = await browser.post("/campaigns", name="some", branches="777")
    assert "送る相手がいません" not in page


async def test_nobody_approves_his_own(browser: Browser, waiting: Bank) -> None:
    await browser.sign_in("suzuki")
    await browser.get("/campaigns")
    _, page = await browser.post("/campaigns", name="mine")
    assert "/approve" not in page
    (campaign,) = waiting.database.run_read(list_campaigns)
    status, page = await browser.post(f"/campaigns/{campaign.id}/approve")
    assert (status, "作った人は承認できません" in page, states(waiting)) == (409, True, ["draft"])


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "two words"}, "名前は英数字"),
        ({"name": "x", "rating": "severe"}, "選べない値"),
        ({"name": "x", "branches": "<b>"}, "選べない値"),
        ({"name": "x", "due_by": "soon"}, "日付を正しく"),
        ({"name": "taken"}, "同じ名前"),
    ],
)
async def test_what_cannot_be_made_is_said_and_nothing_typed_is_lost(
    browser: Browser, waiting: Bank, fields: dict[str, str], said: str
) -> None:
    uni, maker = waiting.universe, Actor(kind="os_user", id="maker")
    ladder = shipped_ladder().to_json()
    waiting.database.run(lambda conn: make_campaign(conn, uni, name="taken", rule=Rule(), ladder=ladder, actor=maker))
    await browser.sign_in("kato")
    await browser.get("/campaigns")
    status, page = await browser.post("/campaigns", **{"due_by": "", **fields})
    assert (status, said in page, states(waiting)) == (422, True, ["draft"])
    assert f'value="{fields["name"]}"' in page


async def test_the_administrator_sees_no_count_of_few_and_a_preview_gives_none_away(
    browser: Browser, second_browser: Browser, waiting: Bank
) -> None:
    """Of seven customers one is linked: with six letters beside it, the one would be known."""
    case = next(case for case in waiting.database.run_read(list_cases) if case.customer_no == NUMBERS[0])
    vault, uni = waiting.database.vault, waiting.universe

    def link(conn: Connection) -> None:
        account = upsert_account(conn, vault, uni, "line", Personal("U-one"), "ja")
        make_link(conn, uni, account.id, case.customer_id, case.id)

    waiting.database.run(link)
    hashed = QUICK.hash(PASSWORD)
    waiting.database.run(lambda conn: add_staff(conn, uni, "soumu", "admin", WHOLE_BANK, hashed, must_change=False))
    await browser.sign_in("soumu")
    await browser.get("/campaigns")
    _, page = await browser.post("/campaigns", name="seven", branches="777")
    assert "この条件で 7 名です" in page
    assert re.search(r"LINE: \(非表示\)", page)
    assert re.search(r"手紙: \(非表示\)", page)
    await second_browser.sign_in("suzuki")
    (campaign,) = waiting.database.run_read(list_campaigns)
    _, page = await second_browser.get(f"/campaigns/{campaign.id}")
    assert re.search(r"LINE: 1<", page)
    assert re.search(r"手紙: 6<", page)


async def test_many_who_look_have_reach_counted_once(
    browser: Browser, waiting: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes a second to count is shown for a while after, with the moment it was counted at."""
    uni, calls = waiting.universe, []

    def slow(conn: Connection, campaign_id: str) -> ReachCounts:
        calls.append(campaign_id)
        uni.advance(timedelta(seconds=1))
        return ReachCounts(members=Counter({("low", Reach.ACCEPTED): 70}), with_staff=0)

    monkeypatch.setattr(campaigns, "count_reach", slow)
    rule, actor = Rule(branches=("777",)), Actor(kind="os_user", id="maker")
    campaigning.make(waiting.database, name="seven", rule=rule, ladder=shipped_ladder(), actor=actor)
    campaigning.approve(waiting.database, Settings(), "seven", actor=replace(actor, id="checker"))
    made = campaigning.start(waiting.database, Settings(), "seven", actor=actor)
    await browser.sign_in("kato")
    for _ in range(3):
        _, page = await browser.get(f"/campaigns/{made.id}")
        assert ">70</td>" in page
    assert len(calls) == 1
    uni.advance(timedelta(seconds=21))
    await browser.get(f"/campaigns/{made.id}")
    assert len(calls) == 2
