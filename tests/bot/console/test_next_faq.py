"""The next version of the FAQ: shown with what changes and what to think about, published by a second person."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bot.next_faq import load_next_faq
from dialogs.faq.topics import read_canonical, read_topics
from dialogs.faq.writing import to_yaml
from storage import faq_edits
from storage.staff import find_staff
from storage.unmatched import list_unmatched
from tests.bot.console.asking import TOPICS, ask, live_faq, next_faq, publish_faq, variants
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank
from tests.bot.console.test_questions import confirmed, entries, form

WORDS = "いつごろまで受け付けてもらえるの?"


@pytest.fixture
def asked(bank: Bank) -> str:
    publish_faq(bank)
    return ask(bank, "with_bot", WORDS)


def version(page: str) -> str:
    found = re.search(r'name="version" value="([0-9a-f]{64})"', page)
    assert found is not None, "nothing can be published here"
    return found[1]


def add(bank: Bank, phrasing: str, topic: str = "A1", login: str = "kato") -> str:
    """As the page of questions does."""

    def deed(conn: object) -> str:
        member = find_staff(conn, login)  # type: ignore[arg-type]
        assert member is not None
        return faq_edits.add_edit(
            conn,  # type: ignore[arg-type]
            bank.universe,
            locale="ja",
            topic=topic,
            phrasing=phrasing,
            staff_id=member[0].id,
        )

    return bank.database.run(deed)


async def test_one_adds_and_another_publishes(
    browser: Browser, second_browser: Browser, bank: Bank, asked: str
) -> None:
    before = live_faq(bank).sha256
    await browser.sign_in("kato")
    await confirmed(browser, asked, form(bank))
    _, page = await browser.get("/faq")
    assert WORDS in page
    assert "公開は承認者が行います" in page
    assert 'name="version"' not in page
    status, _ = await browser.post("/faq/ja/publish", version=next_faq(bank).sha256)
    assert status == 403
    assert live_faq(bank).sha256 == before

    await second_browser.sign_in("suzuki")
    _, page = await second_browser.get("/faq")
    assert "kato さんが追加" in page
    assert f"公開中 {before[:12]}" in page
    status, page = await second_browser.post("/faq/ja/publish", version=version(page))
    assert status == 200
    assert "つぎの版を公開しました(日本語)" in page
    assert WORDS not in page
    live = live_faq(bank)
    assert next(one.variants for one in read_canonical(live.body) if one.id == "A1")[-1] == WORDS
    # What goes back to the file is what is live.
    assert read_topics(to_yaml(read_canonical(live.body)), "ja") == read_canonical(live.body)
    (published,) = entries(bank, "content.published")
    assert published.subjects["sha256"] == live.sha256
    rows = bank.database.run_read(lambda conn: list(conn.exec_driver_sql("SELECT faq_sha256 FROM question_decision")))
    assert [row[0] for row in rows] == [live.sha256]


async def test_nobody_publishes_what_he_added_himself(browser: Browser, bank: Bank, asked: str) -> None:
    add(bank, "締め切りの日を知りたいのですが", login="suzuki")
    before = live_faq(bank).sha256
    await browser.sign_in("suzuki")
    _, page = await browser.get("/faq")
    assert "ご自身が加えた言い方がふくまれています" in page
    status, page = await browser.post("/faq/ja/publish", version=next_faq(bank).sha256)
    assert status == 409
    assert live_faq(bank).sha256 == before


async def test_only_what_was_looked_at_is_published(browser: Browser, bank: Bank, asked: str) -> None:
    add(bank, "締め切りの日を知りたいのですが")
    await browser.sign_in("suzuki")
    _, page = await browser.get("/faq")
    add(bank, "何日までに出せばよいですか", "A1")
    status, again = await browser.post("/faq/ja/publish", version=version(page))
    assert status == 409
    assert "ほかの係がFAQを変えました" in again
    assert "何日までに出せばよいですか" in again
    assert len(variants(bank, "A1")) == 4
    status, _ = await browser.post("/faq/ja/publish", version=version(again))
    assert status == 200


async def test_the_check_speaks_first_and_what_two_topics_share_is_not_published(
    browser: Browser, bank: Bank, asked: str
) -> None:
    shared = add(bank, "締め切りを教えて", "A2")
    await browser.sign_in("suzuki")
    _, page = await browser.get("/faq")
    assert "「締め切りを教えて」は A1 にも A2 にもあります" in page
    status, page = await browser.post("/faq/ja/publish", version=version(page))
    assert status == 409
    assert "同じ言い方が二つのトピックにあります" in page
    status, page = await browser.post(f"/faq/edits/{shared}/leave-out")
    assert status == 200
    assert "締め切りを教えて" not in page
    status, _ = await browser.post(f"/faq/edits/{shared}/leave-out")
    assert status == 409
    assert len(entries(bank, "question.phrasing_taken_out")) == 1


async def test_left_out_the_question_waits_again(browser: Browser, bank: Bank, asked: str) -> None:
    await browser.sign_in("kato")
    await confirmed(browser, asked, form(bank))
    vault = bank.database.vault
    assert bank.database.run_read(lambda conn: list_unmatched(conn, vault)) == []
    (edit,) = bank.database.run_read(lambda conn: load_next_faq(conn, "ja")).edits
    await browser.post(f"/faq/edits/{edit.id}/leave-out")
    (question,) = bank.database.run_read(lambda conn: list_unmatched(conn, vault))
    assert question.text == WORDS


async def test_where_a_file_took_the_topic_away_the_phrasing_has_no_home(
    browser: Browser, bank: Bank, asked: str
) -> None:
    add(bank, "だれに電話すればよいですか", "A9")
    await browser.sign_in("suzuki")
    _, page = await browser.get("/faq")
    assert "いまのFAQにありません" in page
    assert 'name="version"' not in page


async def test_what_does_not_fit_a_phone_is_said_beside_its_topic(browser: Browser, bank: Bank) -> None:
    first, second, *rest = TOPICS
    long = "".join(("あ" * 61, "。"))
    topics = (replace(first, answer=long), replace(second, short="い" * 21, answer="\n\n".join("うえおか")), *rest)
    publish_faq(bank, topics)
    await browser.sign_in("suzuki")
    _, page = await browser.get("/faq")
    assert "収まりにくい話題:2件" in page
    assert "62文字の文があります(60文字まで)" in page
    assert "ボタンの名前が21文字です(20文字まで)" in page
    assert "回答が4段落あります(3段落まで)" in page
    add(bank, WORDS, first.id)
    _, page = await browser.get("/faq")
    assert "収まりにくい話題:1件" in page
    beside = page[page.index(WORDS) :]
    assert "62文字の文があります" in beside[: beside.index("さんが追加")]
    # It is a warning: what is long can be published.
    status, page = await browser.post("/faq/ja/publish", version=version(page))
    assert status == 200
    assert "つぎの版を公開しました" in page
