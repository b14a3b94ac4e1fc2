"""Passing on, putting off, noting, who is there, and deeds under an old epoch, without JavaScript."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.console import live
from storage import audit, staff, visits
from storage.content import transcript
from storage.staff import StaffMember
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank
from tests.bot.console.test_live import next_event


def path_of(bank: Bank, name: str) -> str:
    return f"/conversations/{bank.refs[name]}"


def member(bank: Bank, login: str) -> StaffMember:
    found = bank.database.run_read(lambda conn: staff.find_staff(conn, login))
    assert found is not None
    return found[0]


def actions(bank: Bank) -> list[str]:
    return [entry.action for entry in bank.database.run_read(lambda conn: list(audit.list_entries(conn)))]


async def claimed(browser: Browser, bank: Bank, login: str = "sato") -> str:
    """Sign in and take the one over who waits longest; the conversation's path."""
    await browser.sign_in(login)
    path = path_of(bank, "waiting_long")
    await browser.get(path)
    status, _ = await browser.post(f"{path}/claim")
    assert status == 200
    return path


async def test_passing_on_takes_away_writing_and_seeing_at_once(
    browser: Browser, second_browser: Browser, bank: Bank
) -> None:
    path = await claimed(browser, bank)
    status, page = await browser.post(f"{path}/transfer", to=member(bank, "kato").id, reason=" ")
    assert (status, "理由を書いてから" in page) == (422, True)
    status, page = await browser.post(f"{path}/transfer", to=member(bank, "kato").id, reason="法人の係へ")
    assert status == 200
    assert "引き継ぎました" in page
    assert bank.conversation("waiting_long").owner_staff_id == member(bank, "kato").id
    assert (await browser.get(path))[0] == 404
    for deed in ("say", "note", "typing", "hand-back", "claim"):
        status, _ = await browser.post(f"{path}/{deed}", text="x", note="x")
        assert status == 404, deed
    assert (await browser.client.get(f"/console/live{path}")).status == 404
    await second_browser.sign_in("kato")
    _, page = await second_browser.get(path)
    assert "あなたが担当しています" in page
    assert "console.transfer" in actions(bank)


async def test_an_open_page_hears_that_it_was_passed_on(
    browser: Browser, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "EVERY", 0.02)
    path = await claimed(browser, bank)
    async with browser.client.get(f"/console/live{path}") as stream:
        await next_event(stream)
        await browser.post(f"{path}/transfer", to=member(bank, "kato").id, reason="x")
        assert await next_event(stream) == ("changed", "gone")


async def test_only_who_may_have_it_can_be_chosen(browser: Browser, bank: Bank) -> None:
    path = await claimed(browser, bank)
    _, page = await browser.get(path)
    assert member(bank, "kato").id in page
    # Another branch, and an auditor who answers nobody.
    for login in ("mori", "kimura"):
        assert member(bank, login).id not in page
        status, shown = await browser.post(f"{path}/transfer", to=member(bank, login).id, reason="x")
        assert (status, "その係には引き継げません" in shown) == (422, True)
    assert (await browser.post(f"{path}/transfer", to="nobody", reason="x"))[0] == 422
    assert bank.conversation("waiting_long").owner_staff_id == member(bank, "sato").id


async def test_a_supervisor_assigns_and_an_operator_does_not(
    browser: Browser, second_browser: Browser, bank: Bank
) -> None:
    path = path_of(bank, "waiting_long")
    await browser.sign_in("sato")
    _, page = await browser.get(path)
    assert "/assign" not in page
    assert (await browser.post(f"{path}/assign", to=member(bank, "kato").id, reason="x"))[0] == 403
    await second_browser.sign_in("suzuki")
    _, page = await second_browser.get(path)
    assert "担当を決める" in page
    status, page = await second_browser.post(f"{path}/assign", to=member(bank, "sato").id, reason="近い席")
    assert status == 200
    assert "sato さんが担当しています" in page
    _, page = await browser.get(path)
    assert "あなたが担当しています" in page
    # From sato to kato, who is told by the page; sato sees it no more.
    await second_browser.get(path)
    await second_browser.post(f"{path}/assign", to=member(bank, "kato").id, reason="休憩")
    assert (await browser.get(path))[0] == 404


async def test_what_was_decided_under_an_old_epoch_is_refused(browser: Browser, bank: Bank) -> None:
    path = await claimed(browser, bank)
    old = browser.epoch
    await browser.post(f"{path}/release", reason="x")
    await browser.post(f"{path}/claim")
    assert browser.epoch != old
    said = bank.conversation("waiting_long").out_seq
    for epoch in (old, "", "x", "9" * 30):
        for deed, fields in (
            ("say", {"text": "むかしの文"}),
            ("hand-back", {}),
            ("release", {"reason": "x"}),
            ("transfer", {"reason": "x", "to": member(bank, "kato").id}),
            ("snooze", {"until": "hour"}),
        ):
            status, page = await browser.post(f"{path}/{deed}", **(fields | {"epoch": epoch}))
            assert (status, "いまこの会話の担当ではないため" in page) == (409, True), deed
            if deed == "say":
                assert "むかしの文" in page
    after = bank.conversation("waiting_long")
    assert (after.owner, after.out_seq) == ("staff", said)


async def test_of_two_who_pass_it_on_at_once_one_does(browser: Browser, second_browser: Browser, bank: Bank) -> None:
    path = await claimed(browser, bank)
    await second_browser.sign_in("suzuki")
    await second_browser.get(path)
    to = [member(bank, login).id for login in ("kato", "ono")]
    answers = await asyncio.gather(
        browser.post(f"{path}/transfer", to=to[0], reason="x"),
        second_browser.post(f"{path}/assign", to=to[1], reason="x"),
    )
    assert sorted(status for status, _ in answers)[0] == 200
    assert bank.conversation("waiting_long").epoch == 2
    assert bank.conversation("waiting_long").owner_staff_id in to


async def test_putting_off_and_taking_back(browser: Browser, bank: Bank) -> None:
    path = await claimed(browser, bank)
    _, page = await browser.post(f"{path}/snooze", until="morning")
    assert "11月3日(火) 09:00 まで、あとにしています" in page
    _, page = await browser.get("/?folder=mine")
    assert bank.refs["waiting_long"] not in page
    _, page = await browser.get("/?folder=snoozed")
    assert bank.refs["waiting_long"] in page
    await browser.get(path)
    _, page = await browser.post(f"{path}/wake")
    assert "あとにしています" not in page
    _, page = await browser.post(f"{path}/snooze", until="customer")
    assert "お客さまが書くまで、あとにしています" in page
    bank.universe.advance(timedelta(seconds=1))
    bank.customer_says("waiting_long", "お待たせしました")
    _, page = await browser.get("/?folder=mine")
    assert bank.refs["waiting_long"] in page


async def test_a_note_is_for_colleagues_and_passes_the_guard(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("sato")
    path = path_of(bank, "with_bot")
    await browser.get(path)
    status, page = await browser.post(f"{path}/note", note="番号は 4111 1111 1111 1111")
    assert status == 422
    assert "カード番号と思われる文" in page
    assert "4111 1111 1111 1111" in page
    assert (await browser.post(f"{path}/note", note=" "))[0] == 422
    said = bank.conversation("with_bot").out_seq
    _, page = await browser.post(f"{path}/note", note="折り返しの約束あり")
    assert "折り返しの約束あり" in page
    assert "メモ(お客さまには見えません)" in page
    assert bank.conversation("with_bot").out_seq == said, "a note is never sent"
    lines = bank.database.run_read(lambda conn: transcript(conn, bank.database.vault, bank.conversation_id("with_bot")))
    assert [line.direction for line in lines][-1] == "note"


async def test_who_looks_and_who_types_is_seen_by_the_others(
    browser: Browser, second_browser: Browser, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "EVERY", 0.02)
    path = await claimed(browser, bank)
    await second_browser.sign_in("suzuki")
    async with second_browser.client.get(f"/console/live{path}") as stream:
        await next_event(stream)
        _, page = await browser.get(path)
        assert "suzuki さんが閲覧中" in page
        answer = await browser.client.post(f"/console{path}/typing", data={"csrf": browser.csrf})
        assert answer.status == 204
        assert (await next_event(stream))[0] == "changed"
    _, page = await second_browser.get(path)
    assert "sato さんが入力中" in page
    assert "suzuki さん" not in page, "nobody is told of himself"
    for _ in range(100):
        if "suzuki さんが閲覧中" not in (await browser.get(path))[1]:
            break
        await asyncio.sleep(0.02)
    else:
        raise AssertionError("whoever closed the page still counts as being there")


async def test_unread_marks_go_once_it_was_looked_at(browser: Browser, second_browser: Browser, bank: Bank) -> None:
    await browser.sign_in("sato")
    await second_browser.sign_in("suzuki")
    _, page = await browser.get("/")
    assert page.count("is-unread") == 3
    await browser.get(path_of(bank, "waiting_long"))
    assert (await browser.get("/"))[1].count("is-unread") == 2
    assert (await second_browser.get("/"))[1].count("is-unread") == 3


async def test_long_waits_are_marked_from_the_banks_threshold_on(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("sato")
    _, page = await browser.get("/")
    assert page.count("長くお待ち</span>") == 2, "64 and 12 minutes, not 3"


async def test_an_unattended_page_is_no_activity(browser: Browser, bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "EVERY", 0.02)
    path = await claimed(browser, bank)
    async with browser.client.get(f"/console/live{path}") as stream:
        await next_event(stream)
        bank.universe.advance(visits.BEAT * 2)
        bank.universe.advance(timedelta(minutes=30))
        assert await next_event(stream) == ("signed_out", "")
