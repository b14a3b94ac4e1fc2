"""Inbox, conversation and exports, as a person without JavaScript uses them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from bot.console.desk import HandOver
from storage import audit, content, staff
from tests.bot.console.conftest import Browser
from tests.bot.console.house import PLANTED, Bank, hear


def entries(bank: Bank, action: str) -> list[audit.AuditEntry]:
    return [e for e in bank.database.run_read(lambda conn: list(audit.list_entries(conn))) if e.action == action]


def path_of(bank: Bank, name: str) -> str:
    return f"/conversations/{bank.refs[name]}"


async def test_the_inbox_lists_who_waits_longest_first_with_counts(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("suzuki")
    _, page = await browser.get("/")
    order = [page.index(bank.refs[name]) for name in ("waiting_long", "branch_200", "waiting_short")]
    assert order == sorted(order)
    assert "1時間04分" in page
    assert "3分" in page
    assert bank.refs["with_bot"] not in page
    _, page = await browser.get("/?folder=bot")
    assert bank.refs["with_bot"] in page
    assert bank.refs["lobby"] in page
    assert "連携前のかた" in page
    _, page = await browser.get("/?folder=closed")
    assert bank.refs["over"] in page
    _, page = await browser.get("/?folder=mine")
    assert "担当している会話はありません" in page
    _, page = await browser.get("/?folder=nonsense")
    assert "長くお待ちのかたから順に" in page


async def test_lists_and_titles_show_nothing_personal(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("suzuki")
    for path in ("/", path_of(bank, "waiting_long")):
        _, page = await browser.get(path)
        assert "おもなページ" in page, "the way to the other pages stands on each"
        title = page.split("<title>")[1].split("</title>")[0]
        assert "見本 0001" not in page
        assert "見●" not in title
    _, inbox = await browser.get("/")
    assert "見●" not in inbox
    assert not entries(bank, "console.conversation_viewed")[1:], "a list is no view of a conversation"


async def test_a_conversation_shows_who_said_what_and_what_stands_beside(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("suzuki")
    status, page = await browser.get(path_of(bank, "waiting_long"))
    assert status == 200
    for text in (
        "お客さまが係の者をお待ちです",
        "ご住所は変わりましたか。",
        "変わっていない",
        "係の者と話す",
        "ボタンを押しました:",
        "送信待ち",
        "090-****-1234",
        "12問のうち4問まで回答済み",
        "要確認",
        "回答しない",
        "担当する",
    ):
        assert text in page, text
    assert 'name="text"' not in page, "nobody replies before taking over"


async def test_every_view_is_recorded_before_it_is_shown(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("suzuki")
    await browser.get(path_of(bank, "with_bot"))
    await browser.get(path_of(bank, "with_bot"), headers={"X-Kakunin-Refresh": "1"})
    seen = entries(bank, "console.conversation_viewed")
    assert sorted(entry.detail["how"] for entry in seen) == ["open", "refresh"]
    assert {entry.subjects["conversation"] for entry in seen} == {bank.conversation_id("with_bot")}
    suzuki = bank.database.run_read(lambda conn: staff.find_staff(conn, "suzuki"))
    assert suzuki is not None
    assert {entry.actor_id for entry in seen} == {suzuki[0].id}


async def test_no_audit_no_view_and_no_deed(browser: Browser, bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    await browser.sign_in("sato")
    page = path_of(bank, "waiting_long")

    def broken(conn: Connection, *arguments: object, **more: object) -> str:
        raise OSError("the audit record cannot be written")

    monkeypatch.setattr(audit, "record", broken)
    assert (await browser.get(page))[0] == 500
    assert (await browser.post(f"{page}/claim"))[0] == 500
    assert bank.conversation("waiting_long").owner == "waiting"


async def test_take_over_answer_and_hand_back_at_the_same_question(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("sato")
    page_path = path_of(bank, "waiting_long")
    await browser.get(page_path)
    _, page = await browser.post(f"{page_path}/claim")
    assert "あなたが担当しています" in page
    assert "sato さんが担当になりました" in page
    assert "質問「ご住所は変わりましたか。」へもどす" in page
    _, page = await browser.post(f"{page_path}/say", text="お待たせいたしました。\r\n佐藤です。")
    assert "お待たせいたしました。\n佐藤です。" in page
    assert "係 sato" in page
    _, page = await browser.post(f"{page_path}/hand-back", note="")
    assert "自動で返信しています" in page
    assert "自動応答にもどりました" in page
    assert bank.conversation("waiting_long").owner == "bot"
    for action in ("claim", "say", "hand_back"):
        assert len(entries(bank, f"console.{action}")) == 1


async def test_of_two_claims_one_wins_and_the_other_sees_who_did(
    browser: Browser, second_browser: Browser, bank: Bank
) -> None:
    await browser.sign_in("sato")
    await second_browser.sign_in("suzuki")
    page_path = path_of(bank, "waiting_long")
    await browser.get(page_path)
    await second_browser.get(page_path)
    answers = await asyncio.gather(browser.post(f"{page_path}/claim"), second_browser.post(f"{page_path}/claim"))
    assert sorted(status for status, _ in answers) == [200, 409]
    loser = next(page for status, page in answers if status == 409)
    assert "ほかの係が先に担当しました" in loser
    assert "さんが担当しています" in loser
    assert 'name="text"' not in loser


async def test_who_is_not_the_owner_sends_nothing_and_keeps_the_words(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("sato")
    page_path = path_of(bank, "with_bot")
    await browser.get(page_path)
    for deed, fields in (("say", {"text": "もしもし"}), ("hand-back", {}), ("release", {"reason": "x"})):
        status, page = await browser.post(f"{page_path}/{deed}", **fields)
        assert status == 409
        assert "送っていません" in page
    lines = bank.database.run_read(
        lambda conn: content.transcript(conn, bank.database.vault, bank.conversation_id("with_bot"))
    )
    assert not [line for line in lines if line.staff_id is not None]


async def test_a_secret_an_empty_and_an_endless_reply_are_not_sent_but_kept_in_the_box(
    browser: Browser, bank: Bank
) -> None:
    await browser.sign_in("sato")
    page_path = path_of(bank, "waiting_long")
    await browser.get(page_path)
    await browser.post(f"{page_path}/claim")
    for text, problem in (
        ("番号は 4111 1111 1111 1111 ですね", "カード番号と思われる文のため"),
        ("   ", "返信の文が空です"),
        ("あ" * 2001, "返信は2000文字まで"),
    ):
        status, page = await browser.post(f"{page_path}/say", text=text)
        assert status == 422
        assert problem in page
        assert text.strip() in page
    assert bank.conversation("waiting_long").out_seq == 1


async def test_putting_back_into_the_queue_needs_a_reason(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("sato")
    page_path = path_of(bank, "waiting_long")
    await browser.get(page_path)
    await browser.post(f"{page_path}/claim")
    status, page = await browser.post(f"{page_path}/release", reason="  ")
    assert status == 422
    assert "理由を書いてから" in page
    _, page = await browser.post(f"{page_path}/release", reason="口座の係へ")
    assert "お客さまが係の者をお待ちです" in page
    assert bank.desk.notes == ["口座の係へ"]


async def test_an_auditor_reads_but_has_no_buttons(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("kimura")
    _, page = await browser.get(path_of(bank, "waiting_long"))
    assert "見ることだけできます" in page
    assert "/claim" not in page


async def test_erased_withheld_and_strange_messages_keep_their_place(browser: Browser, bank: Bank) -> None:
    conversation_id, database = bank.conversation_id("waiting_long"), bank.database

    def strange(conn: Connection) -> None:
        gone = hear(conn, database, conversation_id, {"text": "消した言葉"})
        content.erase_content(conn, bank.universe, gone)
        hear(conn, database, conversation_id, {"text": "[withheld: pin]"})
        hear(conn, database, conversation_id, {"text": "[withheld: second_factor]"})
        hear(conn, database, conversation_id, {"text": "[withheld: something_new]"})
        hear(conn, database, conversation_id, {"media": "sticker"}, kind="media")
        hear(conn, database, conversation_id, {"media": "hologram"}, kind="media")
        hear(conn, database, conversation_id, {}, kind="unfollow")

    database.run(strange)
    await browser.sign_in("suzuki")
    status, page = await browser.get(path_of(bank, "waiting_long"))
    assert status == 200
    assert "消した言葉" not in page
    for text in (
        "内容は消去されました",
        "暗証番号と思われる入力のため",
        "ご本人の確認のための入力です",
        "something_newと思われる",
        ">スタンプ<",
        "写真やファイルなどが届きました",
        "ブロックしました",
    ):
        assert text in page, text


async def test_what_a_customer_planted_is_only_text(browser: Browser, bank: Bank) -> None:
    bank.customer_says("waiting_long", PLANTED)
    change = HandOver(at=bank.universe.now(), to="waiting", reason=PLANTED)
    bank.desk.hand_overs[bank.conversation_id("waiting_long")] = [change]
    bank.desk.question = PLANTED
    await browser.sign_in("suzuki")
    _, page = await browser.get(path_of(bank, "waiting_long"))
    assert "&lt;script&gt;" in page
    assert "<script>document" not in page
    assert "<img" not in page


async def test_pages_carry_no_inline_style_or_script(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("suzuki")
    for path in ("/", path_of(bank, "waiting_long"), "/exports", "/password", "/conversations/zzzzzzzz"):
        _, page = await browser.get(path)
        assert " style=" not in page, path
        assert "<style" not in page, path
        assert page.count("<script") == 1, path
        assert " onclick" not in page, path
        assert "http://" not in page, path
        assert "デモ:本物のお客さま情報を入れないでください" in page, path


async def test_batches_are_listed(browser: Browser, bank: Bank) -> None:
    from storage.export_batches import save_export_batch

    bank.database.run(
        lambda conn: save_export_batch(
            conn, bank.universe, kind="responses", actor="os:root", rows=342, sha256="9f" * 32, filters={}
        )
    )
    await browser.sign_in("kimura")
    _, page = await browser.get("/exports")
    assert "342" in page
    assert "os:root" in page
    assert "9f9f9f9f9f9f9f9f" in page
    assert "依頼する<" not in page, "an auditor reads only"


async def test_times_are_the_banks_and_days_are_named(browser: Browser, bank: Bank) -> None:
    bank.universe.advance(timedelta(hours=15))
    bank.customer_says("waiting_long", "まだですか")
    await browser.sign_in("suzuki")
    _, page = await browser.get(path_of(bank, "waiting_long"))
    assert "11月2日(月)" in page
    assert "11月3日(火)" in page
    assert ">01:00<" in page
