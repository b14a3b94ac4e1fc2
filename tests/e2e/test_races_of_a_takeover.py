"""Fourteen ways in which a bot and a person have got in each other's way elsewhere, and the test that each has here.

R1   the bot's words are overtaken by a takeover          here
R2   a person answers by another route                    here (LINE's standby); chatMode: tests/bot/cli/test_doctor.py
R3   half a takeover                                      here
R4   two claim at once                                    here; in Chromium: tests/browser/test_console_in_chromium.py
R5   a timer of a state that was left                     here
R6   passed on, and the one before still listens          here
R7   a customer nobody sees until the page is reloaded    tests/bot/console/test_reconnecting.py
R8   one bad row stops the time-outs of all               here
R9   the engine fails, and the customer is left alone     here
R10  a webhook is delivered again                         tests/e2e/test_events_once_and_in_order.py
R11  a double tap, a tap on an old question               here
R12  handed back while the last words are on their way    here
R13  typing dots that never stop                          here
R14  staff reply after LINE's reply token has expired     here

Each fails when its guard is taken out: which one stands in its docstring.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot import service
from bot.channels.base import Inbound
from bot.channels.line.adapter import LineChannel
from bot.console.desk import NotOwner
from bot.console.queue import find_slip, list_slips
from bot.desk_work import DeskWork
from bot.simulator.faults import Trouble
from bot.simulator.platform_line import LinePlatform
from dialogs.conversation import engine, inputs as inp
from dialogs.conversation.steps import Step
from storage import audit, quota
from tests.e2e.conftest import on_both
from tests.e2e.house import House, say, until
from tests.e2e.people import HANAKO, MORI, hand_over, in_the_form, state_of, ticks

#: LINE shows its animation from five to sixty seconds.
LONGEST_ANIMATION = 60


@on_both
async def test_r1_what_the_bot_computed_before_a_takeover_is_dropped_and_recorded_once(house: House) -> None:
    """Guard: the sender compares the epoch of the message (bot.delivery)."""
    customer = await in_the_form(house, "line")
    await customer.taps("c0", settle=False)
    heard = len(customer.person.received())
    assert await house.service.desk.claim(house.conversation_of(MORI).id, house.staff_member(display="佐藤"))
    await house.settle()
    (joined,) = customer.person.received()[heard:]
    assert joined.text == say("handover.joined", staff_name="佐藤")
    assert house.audited().count("delivery.dropped") == 1


@on_both
async def test_r2_a_person_elsewhere_silences_the_bot_and_our_staff_cannot_claim(house: House) -> None:
    """Guard: ``hold_elsewhere`` (bot.leaving)."""
    customer = await in_the_form(house, "line")
    await customer.taps("staff")
    heard = len(customer.person.received())
    house.line.mode = "standby"
    await customer.types("別の窓口の方と話しています")
    held = house.conversation_of(MORI)
    assert (held.owner, held.owner_staff_id) == ("staff", None)
    assert not await house.service.desk.claim(held.id, house.staff_member())
    await ticks(house, minutes=30)
    assert len(customer.person.received()) == heard
    house.line.mode = "active"
    await customer.types("お待たせしました")
    back = house.conversation_of(MORI)
    assert (back.owner, back.open_question) == ("bot", "respondent")
    assert len(customer.person.received()) > heard
    assert hand_over(house) is None
    house.check_folds()


@on_both
async def test_r3_a_takeover_that_fails_in_the_middle_leaves_the_old_owner(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guard: claim, transcript and audit row are one transaction (bot.ownership)."""
    customer = await in_the_form(house, "line")
    await customer.taps("staff")
    before = house.conversation_of(MORI)
    real = audit.record

    def failing(conn: Any, uni: Any, action: str, **more: Any) -> None:
        real(conn, uni, action, **more)
        if action == "handoff.claimed":
            raise RuntimeError("injected")

    monkeypatch.setattr(audit, "record", failing)
    sato = house.staff_member()
    with pytest.raises(RuntimeError):
        await house.service.desk.claim(before.id, sato)
    monkeypatch.undo()
    await house.settle()
    after = house.conversation_of(MORI)
    assert (after.owner, after.epoch, after.version) == ("waiting", before.epoch, before.version)
    assert "handoff.claimed" not in house.audited()
    waits = hand_over(house)
    assert waits is not None
    assert (waits.state, waits.claimed_at) == ("waiting", None)
    assert await house.service.desk.claim(before.id, sato)


@on_both
async def test_r4_of_two_who_claim_at_once_one_wins_and_the_other_learns_who(house: House) -> None:
    """Guard: ``WHERE owner IN (waiting, bot)`` (storage.conversations)."""
    customer = await in_the_form(house, "telegram")
    await customer.taps("staff")
    conversation = house.conversation_of(MORI)
    members = [house.staff_member("sato"), house.staff_member("suzuki")]
    won = await asyncio.gather(*(house.service.desk.claim(conversation.id, member) for member in members))
    assert sorted(won) == [False, True]
    winner = members[won.index(True)]
    seen = await house.service.desk.view(conversation.id)
    assert (seen.owner, seen.owner_login) == ("staff", winner.login)


@on_both
async def test_r5_leaving_a_state_cancels_its_timer(house: House) -> None:
    """Guard: each change of owner replaces the timer (bot.waiting_line), and the epoch is compared (bot.time_outs)."""
    customer = await in_the_form(house, "line")
    await customer.taps("staff")
    waits = hand_over(house)
    assert waits is not None
    assert waits.timer == "told"
    await customer.taps("resume")
    assert hand_over(house) is None
    heard = len(customer.person.received())
    await ticks(house, minutes=20)
    assert len(customer.person.received()) == heard

    await customer.taps("staff")
    conversation, sato, desk = house.conversation_of(MORI), house.staff_member(), house.service.desk
    await desk.claim(conversation.id, sato)
    await house.settle()
    idle = hand_over(house)
    assert idle is not None
    assert idle.timer == "idle"
    await customer.types("もしもし")
    await desk.release(conversation.id, sato, "昼休み")
    await ticks(house, minutes=4)
    heard = len(customer.person.received())
    await desk.claim(conversation.id, house.staff_member("suzuki"))
    await ticks(house, minutes=6)
    texts = [bubble.text for bubble in customer.person.received()[heard:]]
    assert len(texts) == 1, "nobody who has a person is told that he waits"
    assert house.conversation_of(MORI).owner == "staff"


@on_both
async def test_r6_passed_on_the_one_before_neither_speaks_nor_sees(house: House) -> None:
    """Guard: the bar and the new owner are written by one transaction (storage.passing_on)."""
    customer = await in_the_form(house, "line")
    await customer.taps("staff")
    conversation, desk = house.conversation_of(MORI), house.service.desk
    assert isinstance(desk, DeskWork)
    sato, suzuki = house.staff_member("sato"), house.staff_member("suzuki")
    await desk.claim(conversation.id, sato)
    epoch = house.conversation_of(MORI).epoch
    await desk.transfer(conversation.id, sato, suzuki, "担当の変更", epoch=epoch)
    with pytest.raises(NotOwner):
        await desk.say(conversation.id, sato, "まだいます")
    assert house.database.run_read(lambda conn: find_slip(conn, sato, conversation.ref)) is None
    assert house.database.run_read(lambda conn: find_slip(conn, suzuki, conversation.ref)) is not None
    await desk.say(conversation.id, suzuki, "引き継ぎました")
    await house.settle()
    assert "まだいます" not in customer.everything()
    kept = hand_over(house)
    assert kept is not None
    assert (kept.state, kept.timer, kept.epoch) == ("staff", "idle", epoch + 1)


@on_both
async def test_r8_one_that_cannot_be_carried_out_stops_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guard: a transaction and an ``except`` for each (bot.time_outs)."""
    first = await in_the_form(house, "line")
    await first.taps("staff")
    second = await in_the_form(house, "telegram", HANAKO)
    await second.taps("staff")
    bad, real = house.conversation_of(MORI), engine.step

    def step(definition: Any, state: Any, what: inp.Input, *more: Any) -> Step:
        if isinstance(what, inp.WaitedLong) and state.receipt_no == bad.state["receipt_no"]:
            raise ValueError("a defect")
        return real(definition, state, what, *more)

    monkeypatch.setattr(engine, "step", step)
    await ticks(house, minutes=6)
    assert say("handover.waited_long") not in first.everything()
    assert say("handover.waited_long") in second.everything()
    page = (await house.service.metrics.page(house.database)).decode()
    assert "kakunin_time_outs_failed_total 1.0" in page
    monkeypatch.undo()
    await ticks(house, minutes=6)
    assert say("handover.waited_long") in first.everything(), "it was tried again"


@on_both
async def test_r9_when_the_engine_fails_a_person_is_called_and_one_apology_made(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guard: the step is caught and its event left undone (bot.turns)."""
    customer = await in_the_form(house, "line")

    def broken(*_: object, **__: object) -> Step:
        raise ValueError("a defect")

    real = engine.step

    def step(definition: Any, state: Any, what: inp.Input, *more: Any) -> Step:
        return broken() if isinstance(what, (inp.Chose, inp.Said)) else real(definition, state, what, *more)

    monkeypatch.setattr(engine, "step", step)
    for _ in range(3):
        await customer.types("あの、もしもし")
    monkeypatch.undo()
    assert customer.everything().count(say("handover.bot_failed")) == 1
    waits = hand_over(house)
    assert waits is not None
    assert (waits.reason, waits.state) == ("engine_error", "waiting")
    assert house.conversation_of(MORI).owner == "waiting"
    undone = house.rows("SELECT id FROM inbound_event WHERE done_at IS NULL")
    assert len(undone) == 3
    sato, now = house.staff_member(), house.universe.now()
    slips = house.database.run_read(lambda conn: list_slips(conn, sato, "waiting", now))
    assert [slip.conversation_id for slip in slips] == [house.conversation_of(MORI).id]


@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_r11_a_double_tap_is_one_answer_and_an_old_one_shows_the_present_question(
    house: House, channel: str
) -> None:
    """Guard: the token of the prompt (dialogs.conversation.engine)."""
    customer = house.on(channel)
    await customer.links(MORI)
    # The next question has a button of the same name: taken for its answer, the second tap would do harm.
    bubble, first = customer.button("c0")
    late = customer.platform.tap if isinstance(customer.platform, LinePlatform) else customer.platform.tap_late
    await customer.does(customer.platform.tap(customer.user_id, bubble.message_id, first.data))
    asked, answers = customer.active().open_question, state_of(house).answers
    assert asked == "respondent"
    await customer.does(late(customer.user_id, bubble.message_id, first.data))
    assert say("engine.stale") in customer.said
    assert (customer.active().open_question, state_of(house).answers) == (asked, answers)


@on_both
async def test_r12_the_last_words_of_staff_come_before_the_question(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guard: no head while an earlier one is open, no batch past one on its way (storage.claims); either is enough."""
    customer = await in_the_form(house, "line")
    await customer.taps("staff")
    conversation, sato, desk = house.conversation_of(MORI), house.staff_member(), house.service.desk
    await desk.claim(conversation.id, sato)
    await house.settle()
    heard = len(customer.person.received())
    on_its_way, may_arrive, send = asyncio.Event(), asyncio.Event(), LineChannel.send

    async def slow(self: LineChannel, *arguments: Any, **more: Any) -> Any:
        if not on_its_way.is_set():
            on_its_way.set()
            await may_arrive.wait()
        return await send(self, *arguments, **more)

    monkeypatch.setattr(LineChannel, "send", slow)
    await desk.say(conversation.id, sato, "それでは質問票へもどります。")
    first = asyncio.create_task(house.service.sender.send_due())
    await on_its_way.wait()
    await desk.hand_back(conversation.id, sato, "")
    assert await house.service.sender.send_due() == 0, "what comes after waits"
    may_arrive.set()
    assert await first == 1
    house.line.faults.add(Trouble.SERVER_ERROR)
    await house.settle()
    house.advance(seconds=2)
    await house.settle()
    words, question = customer.person.received()[heard:]
    assert words.text == "それでは質問票へもどります。"
    assert question.text.startswith(say("handover.returned"))


@on_both
async def test_r12_words_that_are_tried_again_still_come_before_the_question(house: House) -> None:
    """Guard: what follows the head is sent in its order (storage.claims)."""
    customer = await in_the_form(house, "line")
    await customer.taps("staff")
    conversation, sato, desk = house.conversation_of(MORI), house.staff_member(), house.service.desk
    await desk.claim(conversation.id, sato)
    await house.settle()
    heard = len(customer.person.received())
    house.line.faults.add(Trouble.SERVER_ERROR)
    await desk.say(conversation.id, sato, "それでは質問票へもどります。")
    await desk.hand_back(conversation.id, sato, "")
    await house.settle()
    house.advance(seconds=2)
    await house.settle()
    words, question = customer.person.received()[heard:]
    assert words.text == "それでは質問票へもどります。"
    assert question.text.startswith(say("handover.returned"))


async def test_r13_the_sign_of_waiting_ends_by_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guard: the seconds that are asked for (bot.channels.line)."""
    customer = await in_the_form(house, "line")
    monkeypatch.setattr(service, "WAIT_SHOWN_AFTER", 0.0)
    handle = house.service.turns.handle

    async def slow(events: list[Inbound]) -> None:
        await until(lambda: bool(house.line.loading))
        await handle(events)

    monkeypatch.setattr(house.service.turns, "handle", slow)
    await customer.types("もしもし")
    ((_, seconds),) = house.line.loading
    assert 5 <= seconds <= LONGEST_ANIMATION


@on_both
async def test_r14_a_late_reply_of_staff_is_a_push_under_its_key_and_is_counted(house: House) -> None:
    """Guard: what staff say bears no right to a free answer, and a push carries the key of its row (bot.delivery)."""
    customer = await in_the_form(house, "line")
    await customer.taps("staff")
    conversation, sato, desk = house.conversation_of(MORI), house.staff_member(), house.service.desk
    await desk.claim(conversation.id, sato)
    await house.settle()
    house.line.quota = 100
    pushed = house.line.pushed
    house.advance(seconds=90)
    house.line.faults.add(Trouble.SERVER_ERROR)
    await desk.say(conversation.id, sato, "お調べしました。")
    await house.settle()
    house.advance(seconds=5)
    await house.settle()
    assert customer.person.last().text == "お調べしました。"
    assert house.line.pushed == pushed + 1
    (key,) = house.rows("SELECT retry_key FROM outgoing_message WHERE kind = 'staff' ORDER BY id DESC LIMIT 1")
    assert list(house.line.accepted_keys)[-1] == key.retry_key
    house.advance(minutes=6)
    await house.service.quota.look("line")
    (line,) = house.database.run_read(quota.load_quotas)
    assert line.used == pushed + 1
