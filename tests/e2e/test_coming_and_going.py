"""Friends who come, block and come back; chats that another system holds; things that are no answers."""

from __future__ import annotations

import pytest

from bot.simulator.platform_line import Event
from storage import cases
from storage.cases import CaseStatus
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, say
from tests.e2e.test_delivery_to_the_phone import MORI, calls, states


def moves(house: House) -> list[tuple[str, str]]:
    """Where the case went and why."""
    found = house.database.run_read(lambda conn: cases.transitions_of(conn, house.letter(MORI).case_id))
    return [(move.to_status.value, move.reason) for move in found]


async def block(house: House, customer: Customer) -> None:
    await customer.does(house.line.unfollow(customer.user_id))


async def come_back(house: House, customer: Customer) -> None:
    await customer.does(house.line.follow(customer.user_id))


# Follow and unfollow ---------------------------------------------------------------------------


async def test_a_new_friend_is_greeted_and_one_who_comes_back_is_welcomed_back(house: House) -> None:
    customer = Customer(house, "line", house.line, house.line.add_person("new"))
    await come_back(house, customer)
    assert say("lobby.welcome") in customer.said
    assert say("engine.welcome_back") not in customer.said
    await block(house, customer)
    await come_back(house, customer)
    assert say("engine.welcome_back") in customer.said
    assert say("lobby.welcome") not in customer.said
    assert say("lobby.ask_code") in customer.said


@on_both
@pytest.mark.parametrize("answered", [0, 2])
async def test_the_case_leaves_the_chat_and_comes_back_to_it(house: House, answered: int) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    for _ in range(answered):
        await customer.answers()
    question, status = house.conversation_of(MORI).open_question, house.case(MORI).status
    await block(house, customer)
    assert house.case(MORI).status is CaseStatus.UNDELIVERABLE
    await come_back(house, customer)
    assert house.case(MORI).status is status
    assert moves(house)[-2:] == [("30", "blocked"), (status.value, "unblocked")]
    assert house.conversation_of(MORI).open_question == question
    assert len(customer.heard) == 1
    await customer.answers_all()


async def test_a_paused_case_comes_back_paused(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    await customer.answers()
    await customer.taps("later")
    await block(house, customer)
    await come_back(house, customer)
    assert ("45", "unblocked") in moves(house)


async def test_what_a_person_took_up_meanwhile_stays_with_him(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    await block(house, customer)

    def phone(conn: object) -> None:
        cases.move_case(
            conn,  # type: ignore[arg-type]
            house.universe,
            house.letter(MORI).case_id,
            CaseStatus.PHONE_AND_VISITS,
            actor="sato",
            reason="called",
        )

    house.database.run(phone)
    await come_back(house, customer)
    assert house.case(MORI).status is CaseStatus.PHONE_AND_VISITS


@on_both
async def test_what_was_written_before_the_block_and_comes_late_is_no_return(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    written = house.line.text_event(customer.user_id, "まだ迷っています")
    house.advance(seconds=30)
    await block(house, customer)
    await customer.does(house.line.deliver(written))
    assert customer.account().state == "blocked"
    assert house.case(MORI).status is CaseStatus.UNDELIVERABLE
    house.advance(seconds=30)
    await customer.types("やっぱり続けます")
    assert customer.account().state == "active"
    assert house.case(MORI).status is not CaseStatus.UNDELIVERABLE


async def test_a_block_that_is_told_after_the_return_is_over(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    blocked = house.line.event(customer.user_id, "unfollow")
    house.advance(seconds=30)
    await come_back(house, customer)
    await customer.does(house.line.deliver(blocked))
    assert customer.account().state == "active"
    assert house.case(MORI).status is not CaseStatus.UNDELIVERABLE


# Standby ---------------------------------------------------------------------------------------


@on_both
async def test_in_standby_nothing_is_sent_and_afterwards_the_question_is_asked_again(house: House) -> None:
    """What another system of the bank holds is held by a person: as in any take-over, the bot's words are dropped."""
    customer = house.on_line()
    await customer.links(MORI)
    await customer.taps("c0", settle=False)
    house.line.mode = "standby"
    sent = calls(house, "/reply") + calls(house, "/push")
    await customer.types("いま別の窓口と話しています")
    for _ in range(70):
        house.advance(minutes=6)
        await house.settle()
    # Neither an answer, nor what was queued before.
    assert calls(house, "/reply") + calls(house, "/push") == sent
    assert states(house)[-1] == ("question", "dropped")
    held = house.conversation_of(MORI)
    assert (held.owner, held.owner_staff_id, held.open_question) == ("staff", None, "respondent")
    assert not await house.service.desk.claim(held.id, house.staff_member())
    house.line.mode = "active"
    # What LINE sends when the chat is ours again; nobody has written anything.
    again: Event = house.line.event(customer.user_id, "activated", chatControl={"expireAt": 1_800_000_000_000})
    await customer.does(house.line.deliver(again))
    assert customer.account().state == "active"
    assert states(house)[-1] == ("question", "sent")
    assert len(customer.heard) == 1
    assert say("handover.returned") in customer.said
    assert (house.conversation_of(MORI).owner, house.conversation_of(MORI).open_question) == ("bot", "respondent")
    house.check_folds()


async def test_a_colleague_does_not_speak_into_standby_either(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    await customer.taps("staff")
    sato, conversation = house.staff_member(), house.conversation_of(MORI)
    await house.service.desk.claim(conversation.id, sato)
    await house.settle()
    house.line.mode = "standby"
    await customer.types("まだですか")
    await house.service.desk.say(conversation.id, sato, "お待たせしました")
    await house.settle()
    assert states(house)[-1] == ("staff", "pending")
    waiting = house.rows("SELECT attempts FROM outgoing_message WHERE state = 'pending'")
    assert [row.attempts for row in waiting] == [0]
    house.line.mode = "active"
    await customer.types("もしもし")
    await house.settle()
    assert states(house)[-1] == ("staff", "sent")


# What is no answer -----------------------------------------------------------------------------

CONTENT = {
    "sticker": {"packageId": "446", "stickerId": "1988", "stickerResourceType": "STATIC", "quoteToken": "q"},
    "image": {"contentProvider": {"type": "line"}, "quoteToken": "q"},
    "video": {"contentProvider": {"type": "line"}, "duration": 1000, "quoteToken": "q"},
    "audio": {"contentProvider": {"type": "line"}, "duration": 1000},
    "file": {"fileName": "unterlagen.pdf", "fileSize": 1000},
    "location": {"title": "t", "address": "a", "latitude": 35.6, "longitude": 139.7},
}


@pytest.mark.parametrize("kind", CONTENT)
async def test_each_kind_is_answered_in_fitting_words(house: House, kind: str) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    question = house.conversation_of(MORI).open_question
    event = house.line.message_event(customer.user_id, kind, **CONTENT[kind])
    await customer.does(house.line.deliver(event))
    assert customer.heard[0].text == say(f"engine.media_{kind}")
    assert len(customer.heard) == 2
    assert house.conversation_of(MORI).open_question == question


@pytest.mark.parametrize("place", ["lobby", "case"])
async def test_a_handful_of_pictures_is_answered_once(house: House, place: str) -> None:
    customer = house.on_line()
    if place == "case":
        await customer.links(MORI)
    event = [
        house.line.message_event(
            customer.user_id, "image", **CONTENT["image"], imageSet={"id": "set", "index": at, "total": 5}
        )
        for at in range(1, 6)
    ]
    heard = await customer.does(house.line.deliver(*event))
    assert [bubble.text for bubble in heard].count(say("engine.media_image")) == 1
    house.advance(minutes=2)
    heard = await customer.does(
        house.line.deliver(house.line.message_event(customer.user_id, "sticker", **CONTENT["sticker"]))
    )
    assert say("engine.media_sticker") in [bubble.text for bubble in heard]


async def test_what_line_may_add_tomorrow_is_recorded_and_harmless(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    house.line.webhook_observer = None  # not described yet
    before = house.rows("SELECT count(*) AS n FROM inbound_event")[0].n
    question = house.conversation_of(MORI).open_question
    line, user = house.line, customer.user_id
    for event in (
        line.event(user, "crystalBall", token=True, crystalBall={"sees": "you"}),
        line.event(user, "membership", token=True, membership={"type": "joined", "membershipId": 1}),
        line.event(user, "message", token=True, message={"type": "hologram", "id": "77"}),
        line.event(user, "message", token=True, message={"id": "78"}),
        line.event(user, "postback", token=True, postback={"data": "not ours"}),
        line.event(user, "unsend", unsend={}),
        {"type": "message", "source": {"type": "user", "userId": user}, "timestamp": "yesterday"},
    ):
        await customer.does(line.deliver(event))
        assert house.conversation_of(MORI).open_question == question
    assert house.rows("SELECT count(*) AS n FROM inbound_event")[0].n == before + 7
    assert house.rows("SELECT count(*) AS n FROM inbound_event WHERE done_at IS NULL")[0].n == 0


async def test_an_edited_message_is_not_read(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    house.line.webhook_observer = None
    question = house.conversation_of(MORI).open_question
    edited = house.line.event(customer.user_id, "messageEdited", message={"type": "text", "id": "5", "text": "本人"})
    await customer.does(house.line.deliver(edited))
    assert say("engine.edited") in customer.said
    assert house.conversation_of(MORI).open_question == question
