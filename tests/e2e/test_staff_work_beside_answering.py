"""A tap during a takeover counts with one click, a conversation is passed on, notes stay inside: on both platforms."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.base import Tap
from bot.console.desk import NothingToRecord, NotOwner, SecretTyped
from bot.simulator.people import Bubble
from dialogs.conversation.state import from_json
from storage import passing_on
from storage.cases import CaseStatus
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, say
from tests.e2e.test_a_person_takes_over import MORI, words


async def asking(house: House, channel: str = "line") -> Customer:
    """A customer in the middle of the form who asks for a person a moment after his last answer."""
    customer = house.on(channel)
    await customer.links(MORI)
    await customer.answers()
    await customer.answers()
    house.advance(seconds=1)
    await customer.taps("staff")
    return customer


def asked_button(house: House, customer: Customer, option: str) -> tuple[Bubble, str]:
    """The button of the question that is open, however far up it stands."""
    tokens = house.conversation_of(MORI).state["open"]["tokens"]
    for bubble in reversed(customer.person.received()):
        for tappable in bubble.buttons:
            tap = Tap.decode(tappable.data)
            if tap is not None and tap.token in tokens and tap.option == option:
                return bubble, tappable.data
    raise AssertionError(f"no button {option}")


async def tap_asked(house: House, customer: Customer, option: str) -> None:
    bubble, data = asked_button(house, customer, option)
    await customer.does(customer.platform.tap(customer.user_id, bubble.message_id, data))


@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_a_tap_during_the_takeover_counts_with_one_click(house: House, channel: str) -> None:
    customer = await asking(house, channel)
    conversation, sato, desk = house.conversation_of(MORI), house.staff_member(), house.service.desk
    asked = conversation.open_question
    assert (await desk.view(conversation.id)).recordable == frozenset(), "before somebody came nothing is shown"
    await desk.claim(conversation.id, sato)
    await house.settle()
    heard = len(customer.person.received())
    await tap_asked(house, customer, "same")
    view = await desk.view(conversation.id)
    assert (len(view.recordable), view.recorded) == (1, frozenset())
    (tap,) = view.recordable
    before = house.conversation_of(MORI)
    assert before.state == conversation.state | {"owner": "staff", "staff_id": sato.id, "epoch": before.epoch}

    await desk.record_tap(conversation.id, sato, tap, epoch=before.epoch)
    await house.settle()

    view = await desk.view(conversation.id)
    assert (view.recordable, view.recorded) == (frozenset(), frozenset({tap}))
    after = house.conversation_of(MORI)
    answers = from_json(after.state).answers
    (key,) = [key for key, answer in answers.items() if answer.content_id == tap]
    assert (key.question, answers[key].by) == (asked, "customer")
    assert (after.owner, after.epoch) == ("staff", before.epoch)
    assert len(customer.person.received()) == heard, "the bot says nothing while a person speaks"
    assert house.audited()[-1] == "handoff.tap_recorded"
    with pytest.raises(NothingToRecord):
        await desk.record_tap(conversation.id, sato, tap, epoch=before.epoch)
    house.check_folds()

    await desk.hand_back(conversation.id, sato, "")
    await house.settle()
    assert house.conversation_of(MORI).open_question not in (asked, None), "the next question, not the same again"
    await customer.answers_all()
    assert house.case(MORI).status is CaseStatus.ANSWERED
    house.check_folds()


async def test_what_is_no_answer_to_the_open_question_is_not_recorded(house: House) -> None:
    customer = await asking(house)
    conversation, sato, kato = house.conversation_of(MORI), house.staff_member(), house.staff_member("kato")
    desk = house.service.desk
    await desk.claim(conversation.id, sato)
    await house.settle()
    epoch = house.conversation_of(MORI).epoch
    await tap_asked(house, customer, "same")
    (tap,) = (await desk.view(conversation.id)).recordable
    await customer.types("ちょっと待って")
    typed = next(
        row.content_id
        for row in house.rows("SELECT content_id FROM inbound_event WHERE kind = 'text' ORDER BY id DESC")
    )
    old = next(b for b in customer.person.received() if any(".same" in one.data for one in b.buttons))
    await customer.does(customer.platform.tap(customer.user_id, old.message_id, 0))
    assert (await desk.view(conversation.id)).recordable == {tap}, "a button of another prompt answers nothing"
    for content_id in (typed, "01a199c5-3280-77d3-a455-000000000000"):
        with pytest.raises(NothingToRecord):
            await desk.record_tap(conversation.id, sato, content_id, epoch=epoch)
    for member, seen in ((kato, epoch), (sato, epoch - 1)):
        with pytest.raises(NotOwner):
            await desk.record_tap(conversation.id, member, tap, epoch=seen)
    await desk.hand_back(conversation.id, sato, "")
    assert (await desk.view(conversation.id)).recordable == frozenset()
    house.check_folds()


@on_both
async def test_passing_on_tells_the_customer_who_speaks_now(house: House) -> None:
    customer = await asking(house)
    conversation, desk = house.conversation_of(MORI), house.service.desk
    sato, kato = house.staff_member(display="佐藤"), house.staff_member("kato", display="加藤")
    await desk.claim(conversation.id, sato)
    epoch = house.conversation_of(MORI).epoch
    await desk.transfer(conversation.id, sato, kato, "法人の件", epoch=epoch)
    await house.settle()
    assert say("handover.joined", staff_name="加藤") in customer.said
    after = house.conversation_of(MORI)
    assert (after.owner, after.owner_staff_id, after.epoch) == ("staff", kato.id, epoch + 1)
    assert "法人の件" in words(house, "note")
    assert "法人の件" not in customer.everything()
    for deed in (
        desk.say(conversation.id, sato, "まだいます"),
        desk.transfer(conversation.id, sato, kato, "x", epoch=epoch + 1),
        desk.snooze(conversation.id, sato, None, epoch=epoch + 1),
    ):
        with pytest.raises(NotOwner):
            await deed
    view = await desk.view(conversation.id)
    assert [(change.to, change.staff) for change in view.hand_overs] == [
        ("waiting", ""),
        ("staff", "sato"),
        ("staff", "kato"),
    ]
    await desk.hand_back(conversation.id, kato, "", epoch=epoch + 1)
    await house.settle()
    await customer.answers_all()
    house.check_folds()


@on_both
async def test_of_passing_on_and_handing_back_at_once_one_happens(house: House) -> None:
    await asking(house)
    conversation, desk = house.conversation_of(MORI), house.service.desk
    sato, kato, boss = house.staff_member(), house.staff_member("kato"), house.staff_member("boss", role="approver")
    await desk.claim(conversation.id, sato)
    epoch = house.conversation_of(MORI).epoch
    results = await asyncio.gather(
        desk.transfer(conversation.id, sato, kato, "x", epoch=epoch),
        desk.assign(conversation.id, boss, boss, "x", epoch=epoch),
        desk.hand_back(conversation.id, sato, "", epoch=epoch),
        return_exceptions=True,
    )
    assert [type(one) for one in results].count(NotOwner) == 2
    assert house.conversation_of(MORI).epoch == epoch + 1
    house.check_folds()


async def test_a_supervisor_takes_one_out_of_the_bots_hands(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    conversation, desk = house.conversation_of(MORI), house.service.desk
    kato, boss = house.staff_member("kato"), house.staff_member("boss", role="approver")
    await desk.assign(conversation.id, boss, kato, "危ない言葉", epoch=conversation.epoch)
    await house.settle()
    assert house.conversation_of(MORI).owner_staff_id == kato.id
    assert customer.heard
    with pytest.raises(NotOwner):
        await desk.assign(conversation.id, boss, boss, "x", epoch=conversation.epoch)
    house.check_folds()


async def test_where_writing_it_down_fails_nothing_is_passed_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await asking(house)
    conversation, desk = house.conversation_of(MORI), house.service.desk
    sato, kato = house.staff_member(), house.staff_member("kato")
    await desk.claim(conversation.id, sato)
    before = house.conversation_of(MORI)

    def broken(*_: object) -> None:
        raise OSError("the audit record cannot be written")

    with monkeypatch.context() as failing:
        failing.setattr("storage.audit.record", broken)
        with pytest.raises((OSError, TypeError)):
            await desk.transfer(conversation.id, sato, kato, "x", epoch=before.epoch)
    assert house.conversation_of(MORI) == before
    assert not house.rows("SELECT 1 FROM conversation_bar")
    epoch = house.database.run(
        lambda conn: passing_on.pass_on(conn, conversation.id, to=kato.id, seen_epoch=before.epoch)
    )
    assert epoch == before.epoch + 1, "nothing but the audit row stood in the way"


async def test_a_secret_in_a_note_or_reason_is_refused_before_anything_is_kept(house: House) -> None:
    await asking(house)
    conversation, sato, desk = house.conversation_of(MORI), house.staff_member(), house.service.desk
    await desk.claim(conversation.id, sato)
    epoch, secret = house.conversation_of(MORI).epoch, "暗証番号は 1234 とのこと"
    for deed in (
        desk.note(conversation.id, sato, secret),
        desk.transfer(conversation.id, sato, house.staff_member("kato"), secret, epoch=epoch),
        desk.assign(conversation.id, sato, house.staff_member("ono"), secret, epoch=epoch),
    ):
        with pytest.raises(SecretTyped):
            await deed
    assert words(house, "note") == []
    await desk.note(conversation.id, sato, "折り返しの約束")
    await house.settle()
    assert words(house, "note") == ["折り返しの約束"]
    assert ("staff", "sent") in house.outgoing(conversation.id)
    assert len(house.outgoing(conversation.id)) == house.conversation_of(MORI).out_seq
