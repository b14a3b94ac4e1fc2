"""The page of questions that were not understood: what it shows, what it does, and what it refuses."""

from __future__ import annotations

import re
from html import escape, unescape

import pytest

from dialogs.faq.topics import read_topics
from dialogs.faq.writing import to_yaml
from storage import audit
from storage.audit import AuditEntry
from storage.content import erase_content
from storage.unmatched import PHRASING, SET_ASIDE, Unmatched, list_unmatched
from tests.bot.console.asking import TOPICS, ask, live_faq, next_faq, publish_faq, variants
from tests.bot.console.conftest import Browser
from tests.bot.console.house import PLANTED, Bank

WORDS = "いつごろまで受け付けてもらえるの?"


@pytest.fixture
def asked(bank: Bank) -> str:
    """A bank with a FAQ and one question; where it is decided."""
    publish_faq(bank)
    return ask(bank, "with_bot", WORDS)


def form(bank: Bank, topic: str = "A1", text: str = WORDS, **more: str) -> dict[str, str]:
    return {"text": text, "topic": topic, "other": "", "version": next_faq(bank).sha256} | more


def undecided(bank: Bank, decision: str | None = None) -> list[Unmatched]:
    return bank.database.run_read(lambda conn: list_unmatched(conn, bank.database.vault, decision=decision))


def entries(bank: Bank, action: str) -> list[AuditEntry]:
    found = bank.database.run_read(lambda conn: list(audit.list_entries(conn)))
    return [entry for entry in found if entry.action == action]


async def confirmed(browser: Browser, path: str, fields: dict[str, str]) -> tuple[int, str]:
    """Send the form, and once more where there are doubts."""
    status, page = await browser.post(f"{path}/phrasing", **fields)
    found = re.search(r'name="confirmed" value="([^"]*)"', page)
    if found is None:
        return status, page
    return await browser.post(f"{path}/phrasing", **fields, confirmed=unescape(found[1]))


async def test_the_list_has_what_is_needed_to_decide(browser: Browser, bank: Bank, asked: str) -> None:
    await browser.sign_in("kato")
    status, page = await browser.get("/questions")
    assert status == 200
    assert WORDS in page
    for shown in (
        "LINE",
        "日本語",
        "近いトピックなし",
        "A1 回答の期限",
        "0.41",
        "A2 紙で答えられますか",
        "0.20",
        "ffffffffffff",
    ):
        assert shown in page, shown
    assert f'action="/console{asked}/phrasing"' in page
    assert page.count("<option") == 1 + len(TOPICS)
    assert "0003" not in page.partition("<main")[2], "not even a customer number"
    (entry,) = entries(bank, "console.questions_viewed")
    assert entry.detail == {"list": "open"}


async def test_the_same_words_stand_once(browser: Browser, bank: Bank, asked: str) -> None:
    ask(bank, "waiting_short", "いつごろまで　受け付けてもらえるの？")
    ask(bank, "lobby", "まったく別の話?")
    await browser.sign_in("kato")
    _, page = await browser.get("/questions")
    assert page.count("<article") == 2
    assert "2回" in page
    # Whichever of them the page named when it was drawn, all are decided together.
    status, _ = await confirmed(browser, asked, form(bank))
    assert status == 200
    assert [one.text for one in undecided(bank)] == ["まったく別の話?"]
    assert len(undecided(bank, PHRASING)) == 2
    (entry,) = entries(bank, "question.phrasing_added")
    assert entry.detail == {"topic": "A1", "locale": "ja", "times": "2"}


async def test_what_a_customer_planted_is_shown_and_not_run(browser: Browser, bank: Bank) -> None:
    publish_faq(bank)
    ask(bank, "with_bot", PLANTED)
    await browser.sign_in("kato")
    _, page = await browser.get("/questions")
    assert PLANTED not in page
    assert escape(PLANTED, quote=False).split("=")[0] in page


async def test_a_phrasing_waits_for_the_next_version_and_the_answer_stays_approved(
    browser: Browser, bank: Bank, asked: str
) -> None:
    before = live_faq(bank).sha256
    await browser.sign_in("kato")
    status, page = await confirmed(browser, asked, form(bank))
    assert status == 200
    assert "A1 に加えました" in page
    assert live_faq(bank).sha256 == before
    assert variants(bank, "A1")[-1] == WORDS
    now = next_faq(bank).topics
    assert [(topic.answer, topic.status, topic.approved_by) for topic in now] == [
        (topic.answer, topic.status, topic.approved_by) for topic in TOPICS
    ]
    assert next_faq(bank, "en").sha256 != next_faq(bank).sha256, "of its language only"
    assert read_topics(to_yaml(now), "ja") == now
    (entry,) = entries(bank, "question.phrasing_added")
    assert entry.actor_kind == "staff"
    assert entries(bank, "content.published") == []
    _, page = await browser.get("/questions?list=phrasing")
    assert WORDS in page
    assert "A1 回答の期限 に加えました(kato)" in page


async def test_the_next_page_says_what_became_of_it(browser: Browser, bank: Bank, asked: str) -> None:
    await browser.sign_in("kato")
    _, page = await browser.get("/questions?added=A1")
    assert "A1 に加えました" in page
    _, page = await browser.get("/questions?added=<b>hello")
    assert "hello" not in page


async def test_another_topic_is_chosen_from_the_list(browser: Browser, bank: Bank, asked: str) -> None:
    await browser.sign_in("kato")
    status, page = await browser.post(f"{asked}/phrasing", **form(bank, "", other="A3"))
    assert status == 200
    assert f"「{WORDS}」は A3 の言い方ですが、A1 のほうに似ています。" in page
    assert '<option value="A3" selected>' in page
    assert variants(bank, "A3") == TOPICS[2].variants
    # Confirmed is this wording under this topic, nothing else.
    changed = form(bank, "A3", WORDS + "??", confirmed=f"A3 {WORDS}")
    _, page = await browser.post(f"{asked}/phrasing", **changed)
    assert variants(bank, "A3") == TOPICS[2].variants
    await browser.post(f"{asked}/phrasing", **form(bank, "A3", confirmed=f"A3 {WORDS}"))
    assert variants(bank, "A3")[-1] == WORDS


REFUSED = [
    ({"text": "締め切りを教えて？"}, "もう A1 にあります。この質問は"),
    ({"topic": "A2", "text": "締め切りを教えて"}, "もう A1 にあります。同じ言い方を二つの"),
    ({"text": "0901234567のことは?"}, "お名前、3けた以上の数字"),
    ({"text": "●●●のことは?"}, "お名前、3けた以上の数字"),
    ({"text": "見本ですが、いつまで?"}, "お名前、3けた以上の数字"),
    ({"text": "{bank_name}の期限?"}, "波かっこ"),
    ({"text": " ?! "}, "言い方を入力してください"),
    ({"text": "い" * 121}, "120字まで"),
    ({"topic": "", "other": ""}, "トピックをお選びください"),
    ({"topic": "Z9"}, "トピックをお選びください"),
]


@pytest.mark.parametrize(("changes", "sentence"), REFUSED)
async def test_what_is_refused_is_said_and_stays_in_the_form(
    browser: Browser, bank: Bank, asked: str, changes: dict[str, str], sentence: str
) -> None:
    before = next_faq(bank).sha256
    await browser.sign_in("kato")
    fields = form(bank) | changes
    status, page = await browser.post(f"{asked}/phrasing", **fields)
    assert status == 422
    assert sentence in page
    assert f">{escape(fields['text'])}</textarea>" in page
    assert next_faq(bank).sha256 == before
    assert len(undecided(bank)) == 1


async def test_a_wording_that_changes_nothing_is_doubted(browser: Browser, bank: Bank, asked: str) -> None:
    await browser.sign_in("kato")
    status, page = await browser.post(f"{asked}/phrasing", **form(bank, text="ありがとう"))
    assert status == 200
    assert "「ありがとう」ときかれても、A1 をまだご案内できません" in page
    assert variants(bank, "A1") == TOPICS[0].variants


async def test_set_aside(browser: Browser, bank: Bank, asked: str) -> None:
    await browser.sign_in("kato")
    status, page = await browser.post(f"{asked}/set-aside")
    assert status == 200
    assert "わからなかった質問はありません" in page
    (entry,) = entries(bank, "question.set_aside")
    assert entry.detail == {"times": "1"}
    assert len(undecided(bank, SET_ASIDE)) == 1
    _, page = await browser.get("/questions?list=set_aside")
    assert WORDS in page
    assert "見送りました(kato)" in page
    assert "<textarea" not in page


async def test_of_two_members_of_staff_the_second_is_told(
    browser: Browser, second_browser: Browser, bank: Bank, asked: str
) -> None:
    await browser.sign_in("kato")
    await second_browser.sign_in("suzuki")
    fields = form(bank)
    await confirmed(browser, asked, fields)
    for path in ("phrasing", "set-aside"):
        status, page = await second_browser.post(f"{asked}/{path}", **fields)
        assert status == 409
        assert "ほかの係がもう処理したか" in page
    assert len(entries(bank, "question.phrasing_added")) == 1
    assert entries(bank, "question.set_aside") == []


async def test_who_saw_an_older_faq_looks_again(
    browser: Browser, second_browser: Browser, bank: Bank, asked: str
) -> None:
    other = ask(bank, "waiting_long", "受付窓口の番号はどこに書いてある?")
    await browser.sign_in("kato")
    await second_browser.sign_in("suzuki")
    older = form(bank, "A3", "受付窓口の番号はどこに書いてある?")
    await confirmed(browser, asked, form(bank))
    status, page = await second_browser.post(f"{other}/phrasing", **older)
    assert status == 409
    assert "ほかの係がFAQを変えました" in page
    assert next_faq(bank).sha256 in page
    assert variants(bank, "A3") == TOPICS[2].variants
    await confirmed(second_browser, other, older | {"version": next_faq(bank).sha256})
    assert variants(bank, "A3")[-1] == older["text"]
    assert variants(bank, "A1")[-1] == WORDS


async def test_no_audit_no_action(browser: Browser, bank: Bank, asked: str) -> None:
    await browser.sign_in("kato")
    fields, before = form(bank), next_faq(bank).sha256
    refuse = "CREATE TRIGGER no_audit BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'no room'); END"
    bank.database.run(lambda conn: conn.exec_driver_sql(refuse))
    assert (await confirmed(browser, asked, fields))[0] == 500
    assert (await browser.post(f"{asked}/set-aside"))[0] == 500
    status, page = await browser.get("/questions")
    assert (status, WORDS in page) == (500, False)
    assert next_faq(bank).sha256 == before
    assert len(undecided(bank)) == 1


async def test_words_that_are_gone_are_not_decided_about(browser: Browser, bank: Bank, asked: str) -> None:
    await browser.sign_in("kato")
    (question,) = undecided(bank)
    bank.database.run(lambda conn: erase_content(conn, bank.universe, question.content_id))
    status, page = await browser.post(f"{asked}/set-aside")
    assert status == 409
    _, page = await browser.get("/questions")
    assert WORDS not in page


async def test_each_branch_has_its_own_questions(browser: Browser, bank: Bank, asked: str) -> None:
    here = ask(bank, "branch_200", "となりの店の質問ですか?")
    await browser.sign_in("hara")
    _, page = await browser.get("/questions")
    assert "となりの店の質問ですか?" in page
    assert WORDS not in page
    status, _ = await browser.post(f"{asked}/set-aside")
    assert status == 404
    status, _ = await browser.post(f"{here}/set-aside")
    assert status == 200
    assert [one.text for one in undecided(bank)] == [WORDS]


@pytest.mark.parametrize(("login", "sees"), [("sato", False), ("kimura", False), ("suzuki", True), ("kato", True)])
async def test_only_who_may_edit_content_finds_the_page(
    browser: Browser, bank: Bank, asked: str, login: str, sees: bool
) -> None:
    _, home = await browser.sign_in(login)
    assert ('href="/console/questions"' in home) == sees
    status, page = await browser.get("/questions")
    assert (status == 200) == sees
    assert (WORDS in page) == sees


async def test_a_long_list_says_that_there_is_more(browser: Browser, bank: Bank) -> None:
    publish_faq(bank)
    for number in range(33):
        ask(bank, "with_bot", f"質問{'あ' * number}ですか?")
    await browser.sign_in("kato")
    _, page = await browser.get("/questions")
    assert page.count("<article") == 30
    assert "ほかに3件あります" in page


async def test_a_topic_that_is_gone_and_an_unknown_list(browser: Browser, bank: Bank) -> None:
    publish_faq(bank)
    ask(bank, "with_bot", WORDS, topics=["A9", "A1"], scores=[0.5, 0.4])
    await browser.sign_in("kato")
    _, page = await browser.get("/questions")
    assert 'value="A9"' not in page
    assert 'value="A1"' in page
    status, page = await browser.get("/questions?list=nothing")
    assert status == 200
    assert WORDS in page
