"""Nobody is there: the customer hears so and goes on, and what he asked for waits for the next working day."""

from __future__ import annotations

import pytest

from bot.console.desk import NothingOwed, NotOwner, SecretTyped
from storage.cases import CaseStatus
from storage.content import transcript
from tests.e2e.conftest import on_both
from tests.e2e.house import House, say
from tests.e2e.people import MORI, hand_over, in_the_form, ticks, typed

HOURS = "月〜金 9:00〜17:00"
#: The third of November is a holiday.
NEXT = "11月4日(水) 9:00"


@on_both
@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_the_form_goes_on_and_the_request_stays(house: House, channel: str) -> None:
    house.advance(hours=8)
    customer = await in_the_form(house, channel)
    await customer.taps("staff")
    assert say("handover.closed", hours=HOURS) in customer.said
    assert say("handover.reply_on", day=NEXT) in customer.said
    assert say("handover.write_down") in customer.said
    assert say("handover.form_goes_on") in customer.said
    conversation = house.conversation_of(MORI)
    assert (conversation.owner, conversation.open_question) == ("bot", "respondent")
    assert house.case(MORI).status is not CaseStatus.WITH_STAFF

    await customer.types("引っ越した家族のことでうかがいたいです")
    assert say("handover.note_taken") in customer.said
    assert typed(house)[-1] == "引っ越した家族のことでうかがいたいです"
    assert customer.active().open_question == "respondent"
    await customer.taps("c0")
    assert customer.active().open_question != "respondent"
    heard = len(customer.person.received())
    await ticks(house, hours=14)
    assert len(customer.person.received()) == heard, "by itself the clock says nothing here"
    owed = hand_over(house)
    assert owed is not None
    assert (owed.state, owed.reason, owed.later_at) == ("later", "customer_asked", owed.asked_at)
    sato = house.staff_member(display="佐藤")
    assert await house.service.desk.claim(conversation.id, sato)
    await house.settle()
    assert say("handover.joined", staff_name="佐藤") in customer.person.last().text
    await house.service.desk.hand_back(conversation.id, sato, "")
    assert hand_over(house) is None
    house.check_folds()


@on_both
async def test_a_reply_given_by_telephone_is_owed_no_more(house: House) -> None:
    house.advance(hours=8)
    customer = await in_the_form(house, "line")
    await customer.taps("staff")
    heard = len(customer.person.received())
    conversation, sato, desk = house.conversation_of(MORI), house.staff_member(), house.service.desk
    with pytest.raises(NotOwner):
        await desk.settle(conversation.id, sato, "電話で説明済み", epoch=conversation.epoch - 1)
    with pytest.raises(SecretTyped):
        await desk.settle(conversation.id, sato, "4111 1111 1111 1111", epoch=conversation.epoch)
    assert hand_over(house) is not None
    await desk.settle(conversation.id, sato, "電話で説明済み", epoch=conversation.epoch)
    await house.settle()
    assert hand_over(house) is None
    with pytest.raises(NothingOwed):
        await desk.settle(conversation.id, sato, "もう一度", epoch=conversation.epoch)
    assert house.audited().count("handoff.settled") == 1
    vault = house.database.vault
    lines = house.database.run_read(lambda conn: transcript(conn, vault, conversation.id))
    assert [line.body for line in lines if line.direction == "note"] == [{"text": "電話で説明済み"}]
    assert len(customer.person.received()) == heard
    house.check_folds()


async def test_a_tap_instead_of_a_note_is_an_answer(house: House) -> None:
    house.advance(hours=8)
    customer = await in_the_form(house, "line")
    bubble, first = customer.button("c0")
    await customer.taps("staff")
    await customer.does(customer.platform.tap(customer.user_id, bubble.message_id, first.data))
    asked = customer.active().open_question
    assert asked not in (None, "respondent")
    await customer.types("わからない")
    assert say("handover.note_taken") not in customer.said


@on_both
async def test_a_danger_is_not_told_to_go_on_with_the_form(house: House) -> None:
    house.advance(hours=8)
    customer = await in_the_form(house, "line")
    await customer.types("詐欺にあってお金を取られました")
    assert say("faq.danger") in customer.said
    assert say("handover.closed", hours=HOURS) in customer.said
    assert say("handover.form_goes_on") not in customer.said
    assert house.conversation_of(MORI).owner == "waiting"
    owed = hand_over(house)
    assert owed is not None
    assert (owed.reason, owed.state) == ("danger", "waiting")
    heard = len(customer.person.received())
    await ticks(house, hours=15, minutes=59)
    await ticks(house, hours=8)
    assert len(customer.person.received()) == heard, "until somebody could come nobody is told to wait on"
    await ticks(house, hours=15)
    assert house.conversation_of(MORI).owner == "waiting"
    await ticks(house, minutes=10)
    assert say("handover.waited_long") in customer.person.last().text


async def test_who_goes_on_by_himself_at_night_is_owed_a_reply_all_the_same(house: House) -> None:
    house.advance(hours=8)
    customer = await in_the_form(house, "line")
    await customer.types("詐欺にあってお金を取られました")
    await customer.taps("resume")
    owed = hand_over(house)
    assert owed is not None
    assert (house.conversation_of(MORI).owner, owed.state, owed.reason) == ("bot", "later", "danger")


async def test_left_alone_at_the_end_of_the_day_the_customer_goes_on(house: House) -> None:
    house.advance(hours=6, minutes=30)
    customer = await in_the_form(house, "telegram")
    await customer.taps("staff")
    conversation, sato = house.conversation_of(MORI), house.staff_member()
    await house.service.desk.claim(conversation.id, sato)
    await house.settle()
    await ticks(house, minutes=10)
    await customer.types("まだいらっしゃいますか")
    await ticks(house, minutes=31)
    assert house.conversation_of(MORI).owner == "bot"
    new = "\n".join(bubble.text for bubble in customer.person.received()[-2:])
    assert say("handover.nobody_came") in new
    assert say("handover.reply_on", day=NEXT) in new
    house.check_folds()


async def test_before_linking_the_customer_hears_it_too(house: House) -> None:
    house.advance(hours=8)
    customer = house.on_line()
    await customer.types("こんにちは")
    await customer.taps("staff")
    assert say("handover.closed", hours=HOURS) in customer.said
    assert customer.active().owner == "waiting"
    await customer.links(MORI)
    house.check_folds()
