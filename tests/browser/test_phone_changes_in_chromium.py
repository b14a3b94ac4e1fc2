"""The phone page shows what Telegram changes in its place, pages side by side, and the button that shares a number."""

from __future__ import annotations

from playwright.async_api import expect

from bot.simulator.people import Tappable
from tests.browser.conftest import OpenPage
from tests.browser.test_console_in_chromium import CONTRAST
from tests.browser.test_phone_in_chromium import Demo, demo

__all__ = ["demo"]


async def test_a_question_changes_where_it_stands(open_page: OpenPage, demo: Demo) -> None:
    page = await open_page(width=390)
    await page.goto(demo.address)
    await page.get_by_role("button", name="Telegram 風").click()
    await page.get_by_role("button", name="お手紙を読み取る").click()
    chat = page.get_by_role("log")
    await expect(chat.get_by_text("/start ABCD2345EFGH")).to_be_visible()
    (person,) = demo.telegram.people
    demo.ask(person, "ご職業を教えてください。", *(f"{at}. 職業その{at}" for at in range(1, 9)))
    question = person.last()
    question.rows = (*question.rows, tuple(Tappable(label=label, data=label) for label in ("← 前へ", "次へ →")))
    before, after = chat.get_by_role("button", name="← 前へ"), chat.get_by_role("button", name="次へ →")
    await expect(after).to_be_visible()
    left, right = await before.bounding_box(), await after.bounding_box()
    assert left is not None
    assert right is not None
    assert left["y"] == right["y"], "the ways to the pages beside stand in one row"
    assert await page.evaluate(CONTRAST) == []
    question.rows, question.edited = ((Tappable(label="9. 職業その9", data="x"),),), True
    await expect(chat.get_by_role("button", name="9. 職業その9")).to_be_visible()
    await expect(after).to_have_count(0)
    question.text, question.rows = "ご職業を教えてください。\n\n▶ ご回答: 職業その9", ()
    await expect(chat.get_by_text("▶ ご回答: 職業その9")).to_be_visible()
    await expect(chat.get_by_role("button")).to_have_count(0)
    assert len([bubble for bubble in person.bubbles if bubble.text.startswith("ご職業")]) == 1
    person.share = "この電話の番号を送る"
    await page.get_by_role("button", name="この電話の番号を送る").click()
    await expect(page.get_by_role("button", name="この電話の番号を送る")).to_have_count(0)
    contact = demo.telegram.deliveries[-1].update["message"]["contact"]
    assert (contact["phone_number"], str(contact["user_id"])) == ("819000001234", person.user_id)
