"""Who may speak: the customer asks for a person, staff take over and hand back, and nobody talks across."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.console.desk import NotOwner, SecretTyped
from bot.simulator.faults import Trouble
from storage.cases import CaseStatus
from storage.content import TranscriptLine, transcript
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, say

MORI = "0000124"


async def asking(house: House, channel: str = "line") -> Customer:
    """A customer in the middle of the form who has asked for a person."""
    customer = house.on(channel)
    await customer.links(MORI)
    await customer.answers()
    await customer.answers()
    await customer.taps("staff")
    return customer


def lines(house: House) -> list[TranscriptLine]:
    conversation = house.conversation_of(MORI)
    return house.database.run_read(lambda conn: transcript(conn, house.database.vault, conversation.id))


def words(house: House, direction: str) -> list[str]:
    return [str((line.body or {}).get("text", "")) for line in lines(house) if line.direction == direction]


@on_both
@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_from_asking_to_handing_back(house: House, channel: str) -> None:
    customer = await asking(house, channel)
    conversation = house.conversation_of(MORI)
    assert conversation.owner == "waiting"
    assert conversation.waiting_since is not None
    # Sending in Telegram's pace takes a moment of the clock.
    assert timedelta(0) <= house.universe.now() - conversation.waiting_since < timedelta(seconds=30)
    assert house.case(MORI).status is CaseStatus.WITH_STAFF
    asked = conversation.open_question
    sato, desk = house.staff_member("r.sato", display="佐藤"), house.service.desk

    assert await desk.claim(conversation.id, sato)
    await house.settle()
    assert say("handover.joined", staff_name="佐藤") in customer.person.last().text

    await desk.say(conversation.id, sato, "お待たせしました。どうなさいましたか。")
    await house.settle()
    assert customer.person.last().text == "お待たせしました。どうなさいましたか。" or channel == "telegram"
    assert "お待たせしました。どうなさいましたか。" in customer.person.last().text
    shown = f"{customer.person.last().sender or ''}{customer.person.last().text}"
    assert "佐藤" in shown
    assert "r.sato" not in customer.everything()

    heard = len(customer.person.received())
    await customer.types("住所のことで、ききたいことがあります")
    old = next(b for b in reversed(customer.person.received()) if any(".same" in t.data for t in b.buttons))
    await customer.does(customer.platform.tap(customer.user_id, old.message_id, 0))
    assert len(customer.person.received()) == heard, "the bot spoke while a person did"
    assert "住所のことで、ききたいことがあります" in words(house, "in")

    await desk.hand_back(conversation.id, sato, "住所の書き方を説明した")
    await house.settle()
    assert say("handover.returned") in customer.person.last().text
    after = house.conversation_of(MORI)
    assert (after.owner, after.open_question, after.owner_staff_id) == ("bot", asked, None)
    assert "住所の書き方を説明した" in words(house, "note")
    assert "住所の書き方を説明した" not in customer.everything()
    assert house.case(MORI).status is CaseStatus.ANSWERING
    await customer.answers_all()
    assert house.case(MORI).status is CaseStatus.ANSWERED
    handoffs = [action for action in house.audited() if action.startswith("handoff")]
    assert handoffs == ["handoff.claimed", "handoff.replied", "handoff.handed_back"]
    house.check_folds()


@on_both
async def test_of_two_claims_at_once_one_wins(house: House) -> None:
    await asking(house)
    conversation = house.conversation_of(MORI)
    members = [house.staff_member(f"staff{number}") for number in range(6)]
    won = await asyncio.gather(*(house.service.desk.claim(conversation.id, member) for member in members))
    assert sorted(won) == [False] * 5 + [True]
    after = house.conversation_of(MORI)
    assert after.owner_staff_id == members[won.index(True)].id
    assert after.epoch == conversation.epoch + 1
    assert house.audited().count("handoff.claimed") == 1
    house.check_folds()


async def test_who_does_not_own_it_changes_nothing(house: House) -> None:
    customer = await asking(house)
    conversation = house.conversation_of(MORI)
    sato, suzuki, desk = house.staff_member("sato"), house.staff_member("suzuki"), house.service.desk
    for member in (sato, suzuki):
        with pytest.raises(NotOwner):
            await desk.say(conversation.id, member, "まだ引き受けていません")
    assert await desk.claim(conversation.id, sato)
    assert not await desk.claim(conversation.id, suzuki)
    for deed in (
        desk.say(conversation.id, suzuki, "横から失礼します"),
        desk.hand_back(conversation.id, suzuki, ""),
        desk.release(conversation.id, suzuki, "shift"),
    ):
        with pytest.raises(NotOwner):
            await deed
    await house.settle()
    assert "横から" not in customer.everything()
    assert house.conversation_of(MORI).owner_staff_id == sato.id
    await desk.hand_back(conversation.id, sato, "")
    with pytest.raises(NotOwner):
        await desk.say(conversation.id, sato, "もう一言")


@pytest.mark.parametrize("text", ["カード番号は 4111 1111 1111 1111 ですか", "暗証番号は 1234 ですね"])
async def test_a_secret_that_staff_type_is_refused_before_anything_is_kept(house: House, text: str) -> None:
    customer = await asking(house)
    conversation, sato, desk = house.conversation_of(MORI), house.staff_member(), house.service.desk
    await desk.claim(conversation.id, sato)
    for deed in (
        desk.say(conversation.id, sato, text),
        desk.hand_back(conversation.id, sato, text),
        desk.release(conversation.id, sato, text),
    ):
        with pytest.raises(SecretTyped):
            await deed
    await house.settle()
    assert text not in "".join(words(house, "out") + words(house, "note"))
    assert text not in customer.everything()
    assert house.conversation_of(MORI).owner == "staff"


@on_both
async def test_what_the_bot_wrote_before_the_take_over_is_dropped_and_recorded(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    await customer.taps("c0", settle=False)
    conversation, sato = house.conversation_of(MORI), house.staff_member()
    assert conversation.open_question == "respondent"
    heard = len(customer.person.received())

    assert await house.service.desk.claim(conversation.id, sato)
    await house.settle()

    new = customer.person.received()[heard:]
    assert [bubble.text for bubble in new] == [say("handover.joined", staff_name=say("handover.staff_name"))]
    # Without a name for customers they read of a member of staff; the login is none of their business.
    assert (new[0].sender, "sato" in customer.everything()) == (say("handover.staff_name"), False)
    assert ("question", "dropped") in house.outgoing(conversation.id)
    assert house.audited().count("delivery.dropped") == 1
    await house.service.desk.hand_back(conversation.id, sato, "")
    await house.settle()
    assert customer.active().open_question == "respondent"
    assert "c0" in customer.options()


async def test_the_order_holds_when_handing_back_while_the_last_text_is_still_queued(house: House) -> None:
    customer = await asking(house)
    conversation, sato, desk = house.conversation_of(MORI), house.staff_member(), house.service.desk
    await desk.claim(conversation.id, sato)
    await house.settle()
    heard = len(customer.person.received())
    house.line.faults.add(Trouble.SERVER_ERROR)
    await desk.say(conversation.id, sato, "それでは質問票へもどります。")
    await desk.hand_back(conversation.id, sato, "")
    await house.settle()
    assert customer.person.received()[heard:] == []
    house.advance(seconds=2)
    await house.settle()
    texts = [bubble.text for bubble in customer.person.received()[heard:]]
    assert texts[0] == "それでは質問票へもどります。"
    assert texts[1].startswith(say("handover.returned"))
    assert len(texts) == 2


async def test_released_it_waits_again(house: House) -> None:
    customer = await asking(house)
    conversation, sato, suzuki = house.conversation_of(MORI), house.staff_member(), house.staff_member("suzuki")
    desk = house.service.desk
    await desk.claim(conversation.id, sato)
    house.advance(minutes=5)
    await desk.release(conversation.id, sato, "昼休み")
    after = house.conversation_of(MORI)
    assert (after.owner, after.owner_staff_id, after.waiting_since) == ("waiting", None, house.universe.now())
    with pytest.raises(NotOwner):
        await desk.say(conversation.id, sato, "まだいます")
    await customer.types("もしもし")
    assert say("handover.still_waiting") in customer.said
    await customer.types("もしもし")
    assert customer.heard == []
    assert await desk.claim(conversation.id, suzuki)
    house.check_folds()


async def test_who_waits_may_go_on_by_himself(house: House) -> None:
    customer = await asking(house)
    asked = house.conversation_of(MORI).open_question
    await customer.taps("resume")
    assert say("handover.customer_returned") in customer.said
    assert (house.conversation_of(MORI).owner, house.conversation_of(MORI).open_question) == ("bot", asked)


async def test_a_person_in_the_lobby(house: House) -> None:
    """Before linking: nothing is known of the customer, and the same step comes back."""
    customer = house.on_telegram()
    await customer.types("こんにちは")
    await customer.taps("staff")
    lobby, sato, desk = customer.active(), house.staff_member(), house.service.desk
    assert (lobby.kind, lobby.owner) == ("lobby", "waiting")
    view = await desk.view(lobby.id)
    assert (view.facts, view.answers, view.check_number) == ((), (), None)
    assert await desk.claim(lobby.id, sato)
    await house.settle()
    heard = len(customer.person.received())
    # Neither typing the code nor opening the letter's link makes the bot speak now.
    await customer.types(house.letter(MORI).code)
    await customer.opens(house.letter(MORI).code)
    assert len(customer.person.received()) == heard
    await desk.say(lobby.id, sato, "お手紙のコードを入力してください。")
    await desk.hand_back(lobby.id, sato, "")
    await house.settle()
    assert say("lobby.ask_code") in customer.person.last().text
    await customer.links(MORI)
    house.check_folds()


async def test_handing_back_after_a_day_shows_no_value(house: House) -> None:
    """The question may offer a masked value: first it must be known that the customer is there."""
    customer = house.on_line()
    await customer.links(MORI)
    for _ in range(3):
        await customer.answers()
    assert customer.active().open_question == "address"
    await customer.taps("staff")
    conversation, sato, desk = house.conversation_of(MORI), house.staff_member(), house.service.desk
    await desk.claim(conversation.id, sato)
    await house.settle()
    house.advance(days=2)
    await customer.types("もしもし")
    heard = len(customer.person.received())
    await desk.hand_back(conversation.id, sato, "")
    await house.settle()
    new = "".join(bubble.text for bubble in customer.person.received()[heard:])
    assert say("lobby.verify_again") in new
    assert "和歌山" not in new
    await customer.proves(MORI)
    assert "和歌山" in customer.said
    assert (house.conversation_of(MORI).owner, customer.active().open_question) == ("bot", "address")
    house.check_folds()


async def test_handing_back_to_who_unlinked_meanwhile_shows_nothing(house: House) -> None:
    from storage import accounts

    customer = await asking(house)
    conversation, sato, desk = house.conversation_of(MORI), house.staff_member(), house.service.desk
    await desk.claim(conversation.id, sato)
    await house.settle()
    (link,) = house.database.run_read(lambda conn: accounts.live_links(conn, customer.account().id))
    house.database.run(lambda conn: accounts.end_link(conn, house.universe, link.id, "customer"))
    heard = len(customer.person.received())
    await desk.hand_back(conversation.id, sato, "")
    await house.settle()
    assert customer.person.received()[heard:] == []
    assert house.conversation_of(MORI).owner == "bot"


@pytest.mark.parametrize("name", ["caroline", "とても長い名前の係の者" * 3, "sato & <b>", "LINE担当"])
@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_any_name_of_staff_reaches_the_phone(house: House, channel: str, name: str) -> None:
    customer = await asking(house, channel)
    conversation, member = house.conversation_of(MORI), house.staff_member(display=name)
    await house.service.desk.claim(conversation.id, member)
    await house.service.desk.say(conversation.id, member, "こんにちは <b>&amp; 🙂")
    await house.settle()
    assert "こんにちは <b>&amp; 🙂" in customer.person.last().text
    assert {state for _, state in house.outgoing(conversation.id)} == {"sent"}


async def test_view_shows_staff_masked_facts_only(house: House) -> None:
    await asking(house)
    view: Any = await house.service.desk.view(house.conversation_of(MORI).id)
    master = house.letter(MORI).master
    shown = repr([(fact.key, fact.masked) for fact in view.facts])
    for name in ("name", "birth_date", "address", "phone"):
        assert master[name] not in shown
    assert view.owner == "waiting"
    assert [line.display for line in view.answers]
    with pytest.raises(KeyError):
        await house.service.desk.view("01a199c5-3280-77d3-a455-000000000000")
