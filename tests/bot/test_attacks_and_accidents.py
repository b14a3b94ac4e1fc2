"""What an adversarial review found in the running service: each case once broke a promise."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from bot import turns
from bot.channels.base import Inbound, InboundKind, Tap
from bot.console.desk import NotOwner
from dialogs.guard import find_secret
from dialogs.personal import Personal
from storage import cases
from storage.cases import CaseStatus
from storage.content import transcript
from storage.universe import Universe

# The house with both platforms around it is a fixture of its own folder; here it is used as it is.
from tests.e2e.conftest import *  # noqa: F403
from tests.e2e.conftest import on_both
from tests.e2e.house import House, say, until
from tests.link_codes import make_link_code

MORI = "0000124"
HANAKO, TARO = "0000100", "0000101"


async def test_a_hiccup_of_the_store_does_not_end_sending(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender that died with the first lost connection left every customer without answers until a restart."""
    customer = house.on_line()
    await customer.types("こんにちは", settle=False)
    sender, send = house.service.sender, house.service.sender.send_due
    rounds = 0

    async def stumble() -> int:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise OperationalError("SELECT", {}, Exception("the server closed the connection"))
        return await send()

    monkeypatch.setattr(sender, "send_due", stumble)
    task = asyncio.create_task(sender.run())
    try:
        await until(lambda: bool(customer.heard))
    finally:
        task.cancel()
    assert not task.done() or task.cancelled()


def text_event(house: House, key: str, user: str, words: str = "こんにちは", **more: Any) -> Inbound:
    values: dict[str, Any] = {"kind": InboundKind.TEXT, "text": Personal(words), "occurred_at": house.universe.now()}
    return Inbound(channel="telegram", event_key=key, user_id=Personal(user), **{**values, **more})


async def test_one_customers_trouble_does_not_hold_up_the_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """LINE sends the events of many people in one request; behind a bad one, the others were never taken."""
    turns, prepare = house.service.turns, house.service.turns._prepare

    async def stumble(event: Inbound) -> Any:
        if event.event_key == "bad":
            raise RuntimeError
        return await prepare(event)

    monkeypatch.setattr(turns, "_prepare", stumble)
    events = [text_event(house, key, user) for key, user in (("bad", "1"), ("other", "2"), ("his next", "1"))]
    with pytest.raises(RuntimeError):
        await turns.handle(events)
    assert [row.event_key for row in house.rows("SELECT event_key FROM inbound_event")] == ["other"]


@on_both
@pytest.mark.parametrize("ref", ["a\x00b", "\ud800", "", "１２３４５６７８"])
async def test_button_data_that_a_client_made_up_is_taken(house: House, ref: str) -> None:
    """What the driver cannot take was answered with 503 for ever, and while polling stopped everything behind it."""
    tap = Tap(conversation_ref=ref, token="\ud800", option="\x00")
    await house.service.turns.handle([text_event(house, "1", "9", kind=InboundKind.CHOICE, tap=tap, text=None)])
    (row,) = house.rows("SELECT done_at FROM inbound_event")
    assert row.done_at is not None


async def test_what_raised_once_is_not_swept_for_ever(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = house.on_line()
    await customer.links(MORI)

    def defect(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(turns, "input_of", defect)
        await customer.types("こんにちは")
    assert say("handover.bot_failed") in customer.said
    house.advance(minutes=5)
    assert await house.service.turns.sweep() == 0


async def test_an_event_from_the_future_does_not_make_all_others_late(house: House) -> None:
    """A clock that was ahead for a moment left typed replies unread until the time was reached."""
    customer = house.on_telegram()
    await customer.links(MORI)
    ahead = house.universe.now() + timedelta(days=2)
    await house.service.turns.handle([text_event(house, "1", customer.user_id, "なぜ聞くの?", occurred_at=ahead)])
    house.advance(minutes=1)
    await customer.types("同意する")
    assert say("engine.stale") not in customer.said
    assert customer.active().open_question != "consent"


@pytest.mark.parametrize("event", ["expired", "cancelled"])
async def test_code_and_case_must_still_hold_when_the_second_factor_is_given(house: House, event: str) -> None:
    """A code entered on its last day could be used a year later, or for a case that was closed meanwhile."""
    customer = house.on_line()
    await customer.opens(house.letter(MORI).code)
    await customer.taps("same")
    case_id = house.letter(MORI).case_id
    if event == "expired":
        house.advance(days=200)
    else:
        house.database.run(
            lambda conn: cases.move_case(conn, house.universe, case_id, CaseStatus.CANCELLED, actor="t", reason="t")
        )
    await customer.proves(MORI)
    assert say("lobby.code_refused") in customer.said
    assert customer.active().kind == "lobby"
    assert house.rows("SELECT id FROM account_link") == []


def heard_by_staff(house: House, conversation_id: str) -> list[str]:
    """What the customer's lines of the transcript say."""
    lines = house.database.run_read(lambda conn: transcript(conn, house.database.vault, conversation_id))
    return [str((line.body or {}).get("text")) for line in lines if line.direction == "in"]


@pytest.mark.parametrize("code", ["7CVC345KABCD", "CVV4567ABKDE"])
@pytest.mark.parametrize("channel", ["line", "telegram"])
@pytest.mark.parametrize("dashes", [False, True])
async def test_a_code_that_looks_like_a_secret_is_a_code(house: House, code: str, channel: str, dashes: bool) -> None:
    """Such a letter could not be used: the guard read its code as "pw" and a password, or as "cvc" and figures."""
    assert any(find_secret(shown, expected="link_code") for shown in (code, dashed(code)))
    uni = house.universe
    drawn = Universe(now=uni.now, new_id=uni.new_id, code=lambda _: code)
    case_id, expires_on = house.letter(MORI).case_id, uni.now().date() + timedelta(days=9)
    house.database.run(lambda conn: make_link_code(conn, house.database.vault, drawn, case_id, expires_on=expires_on))
    customer = house.on(channel)
    await (customer.types(dashed(code)) if dashes else customer.opens(code))
    assert house.letter(MORI).check_number in customer.said


def dashed(code: str) -> str:
    return "-".join((code[:4], code[4:8], code[8:]))


async def test_who_waited_over_the_weekend_reaches_the_person_who_comes(house: House) -> None:
    """Asked for the second factor meanwhile, the customer talked to the bot while staff spoke to him."""
    customer, sato = house.on_line(), house.staff_member()
    await customer.links(MORI)
    await customer.types("担当者と話したい")
    house.advance(days=3)
    await customer.types("まだですか")
    assert say("lobby.verify_again") in customer.said
    conversation = house.conversation_of(MORI)
    assert await house.service.desk.claim(conversation.id, sato)
    await house.settle()
    assert await customer.types("住所の書き方が分かりません") == []
    assert heard_by_staff(house, conversation.id)[-1] == "住所の書き方が分かりません"
    # Who speaks is not known any more: the bot shows nothing before the second factor.
    await house.service.desk.hand_back(conversation.id, sato, "")
    await house.settle()
    assert say("lobby.verify_again") in customer.person.last().text
    await customer.proves(MORI)
    assert customer.active().id == conversation.id


async def test_after_handing_back_a_typed_reply_answers_the_question_asked_again(house: House) -> None:
    customer, sato = house.on_telegram(), house.staff_member()
    await customer.links(MORI)
    await customer.types("担当者と話したい")
    conversation = house.conversation_of(MORI)
    await customer.opens("WRONGWRONGWR")
    assert customer.active().kind == "lobby"
    assert await house.service.desk.claim(conversation.id, sato)
    await house.service.desk.hand_back(conversation.id, sato, "")
    await house.settle()
    await customer.types("同意する")
    assert customer.active().open_question != "consent"


@pytest.mark.parametrize("way_on", ["つづける", "{code}"])
@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_who_waits_before_linking_may_go_on(house: House, way_on: str, channel: str) -> None:
    """Tapped once by mistake, the button for a person made the bot deaf to the letter's code."""
    customer = house.on(channel)
    await customer.types("こんにちは")
    await customer.taps("staff")
    if way_on == "{code}":
        await customer.opens(house.letter(MORI).code)
        assert house.letter(MORI).check_number in customer.said
    else:
        await customer.types(way_on)
        assert say("lobby.ask_code") in customer.said
    await customer.links(MORI)


async def test_staff_read_what_is_said_to_them_before_linking(house: House) -> None:
    """Everything after the second factor was asked once was withheld, also from the person it was written to."""
    customer, sato = house.on_line(), house.staff_member()
    await customer.opens(house.letter(MORI).code)
    await customer.taps("same")
    await customer.taps("staff")
    lobby = customer.active()
    assert await house.service.desk.claim(lobby.id, sato)
    await customer.types("お手紙をなくしました")
    assert heard_by_staff(house, lobby.id)[-1] == "お手紙をなくしました"


def move(house: House, number: str, *codes: str) -> None:
    """What the office or the ladder does to a case."""
    case_id = house.letter(number).case_id

    def run(conn: Connection) -> None:
        for code in codes:
            cases.move_case(conn, house.universe, case_id, CaseStatus(code), actor="office", reason="t")

    house.database.run(run)


@pytest.mark.parametrize("status", ["99", "91"])
async def test_a_case_closed_meanwhile_takes_no_answers(house: House, status: str) -> None:
    """The customer went through the whole form of a cancelled case, got a receipt, and nobody ever looked at it."""
    customer = house.on_line()
    await customer.links(MORI)
    await customer.answers()
    move(house, MORI, status)
    question = customer.active().open_question
    for _ in range(2):
        await customer.taps("c0") if "c0" in customer.options() else await customer.types("変わっていない")
        assert say("lobby.case_closed") in customer.said
    assert customer.active().open_question == question
    # A person and the end of the link are still to be had.
    await customer.types("連携を解除")
    await customer.taps("yes")
    assert say("lobby.unlinked") in customer.said


async def test_staff_of_a_closed_case_are_still_reached(house: House) -> None:
    customer = house.on_telegram()
    await customer.links(MORI)
    move(house, MORI, "99")
    await customer.types("こんにちは")
    await customer.taps("staff")
    assert house.conversation_of(MORI).owner == "waiting"


async def test_nobody_writes_to_an_account_that_unlinked(house: House) -> None:
    """The phone may be in other hands by now."""
    customer, sato = house.on_line(), house.staff_member()
    await customer.links(HANAKO)
    await customer.opens(house.letter(TARO).code)
    await customer.taps("same")
    await customer.proves(TARO)
    held = house.conversation_of(HANAKO)
    assert await house.service.desk.claim(held.id, sato)
    await house.settle()
    his = f".{house.conversation_of(TARO).ref}."
    bubble = next(b for b in reversed(customer.person.received()) if any(his in t.data for t in b.buttons))
    await customer.does(house.line.tap(customer.user_id, bubble.message_id, 0))
    await customer.types("連携を解除")
    await customer.taps("yes")
    assert say("lobby.unlinked") in customer.said
    assert house.conversation_of(HANAKO).owner == "bot"
    with pytest.raises(NotOwner):
        await house.service.desk.say(held.id, sato, "ご住所の件でご連絡しました")
    assert not await house.service.desk.claim(held.id, sato)


@pytest.mark.parametrize("codes", [("45", "50", "80", "81"), ("55",), ("92",), ("30", "35")])
async def test_blocking_the_chat_lifts_no_restriction(house: House, codes: tuple[str, ...]) -> None:
    """Whoever blocked the account left 'restricted', 'refused' or 'with a person' for 'undeliverable'."""
    customer = house.on_line()
    await customer.links(MORI)
    await customer.answers()
    move(house, MORI, *codes)
    await customer.does(house.line.unfollow(customer.user_id))
    assert customer.account().state == "blocked"
    assert house.case(MORI).status == CaseStatus(codes[-1])


async def test_a_case_that_the_office_moves_in_the_same_moment_breaks_no_turn(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    stale, load = house.case(MORI), cases.load_case
    move(house, MORI, "99")
    with monkeypatch.context() as race:
        race.setattr(cases, "load_case", lambda conn, case_id: stale if case_id == stale.id else load(conn, case_id))
        await customer.taps("c0")
    assert say("handover.bot_failed") not in customer.said
    assert house.case(MORI).status is CaseStatus.CANCELLED


async def test_thanks_after_the_receipt_ask_for_no_proof(house: House) -> None:
    """Two days after everything was done, a word of thanks was answered with a demand for the birth date."""
    customer = house.on_line()
    await customer.links(MORI)
    await customer.answers_all()
    house.advance(days=2)
    await customer.types("ありがとうございました")
    assert say("lobby.verify_again") not in customer.said
    assert customer.active().phase == "completed"
    assert customer.heard


async def test_where_nothing_is_left_to_choose_the_code_is_asked_for(house: House) -> None:
    customer = house.on_line()
    await customer.links(HANAKO)
    await customer.opens(house.letter(TARO).code)
    await customer.taps("same")
    await customer.proves(TARO)
    await customer.types("切り替え")
    move(house, HANAKO, "99")
    move(house, TARO, "99")
    await customer.types("こんにちは")
    assert say("lobby.ask_code") in customer.said
    assert say("lobby.which_case") not in customer.said
