"""Every event counts once and in its order, whatever platforms, processes and the store do."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from bot import case_room
from bot.channels.base import Tap
from bot.turns import Turns
from dialogs.conversation import engine, inputs as inp
from dialogs.conversation.steps import Step
from storage.cases import CaseStatus
from storage.conversations import load_events
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, new_letter, post_line, post_telegram, say
from tests.e2e.pace import wait_for_pace

MORI = "0000124"
HANAKO, TARO = "0000100", "0000101"


def count(house: House, table: str) -> int:
    (row,) = house.rows(f"SELECT count(*) AS n FROM {table}")
    return int(row.n)


def answers(house: House, number: str) -> int:
    return len(house.conversation_of(number).state.get("answers", ()))


# Duplicates ---------------------------------------------------------------------------------------


@on_both
async def test_one_event_delivered_fifty_times_at_once(house: House) -> None:
    customer = house.on_line()
    event = house.line.text_event(customer.user_id, house.letter(MORI).code)
    statuses = await asyncio.gather(*(post_line(house, event) for _ in range(50)))
    assert statuses == [200] * 50
    await house.settle()
    assert count(house, "inbound_event") == 1
    assert [bubble.text for bubble in customer.person.received()].count(
        say("lobby.check_number", check_number=house.letter(MORI).check_number)
    ) == 1  # fmt: skip
    house.check_folds()


@on_both
async def test_one_tap_delivered_fifty_times_at_once(house: House) -> None:
    customer = house.on_telegram()
    await customer.links(MORI)
    _, agree = customer.button("c0")
    query = {
        "id": "q1",
        "from": house.telegram.user(customer.person),
        "message": house.telegram.shown(customer.person, customer.button("c0")[0]),
        "chat_instance": "1",
        "data": agree.data,
    }
    house.telegram.open_queries.add("q1")
    update = house.telegram.update(callback_query=query)
    heard = len(customer.person.received())
    statuses = await asyncio.gather(*(post_telegram(house, update) for _ in range(50)))
    assert statuses == [200] * 50
    await house.settle()
    assert answers(house, MORI) == 1
    assert len(customer.person.received()) == heard + 1


async def test_redelivery_after_commit_changes_nothing(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    await customer.answers()
    await customer.answers()
    state, heard = house.conversation_of(MORI), len(customer.person.received())
    for delivery in list(house.line.deliveries):
        assert (await house.line.deliver(*delivery.events, redelivery=True)).ok
    await house.settle()
    again = house.conversation_of(MORI)
    assert (again.version, again.state, len(customer.person.received())) == (state.version, state.state, heard)


async def test_a_redelivered_tap_does_not_switch_the_case_back(house: House) -> None:
    customer = house.on_line()
    await customer.links(HANAKO)
    await customer.answers()
    tapped = house.line.deliveries[-1]
    await customer.opens(house.letter(TARO).code)
    await customer.taps("same")
    await customer.proves(TARO)
    assert (await house.line.deliver(*tapped.events, redelivery=True)).ok
    assert customer.active().case_id == house.letter(TARO).case_id


async def test_two_people_in_one_request(house: House) -> None:
    one, two = house.on_line(), house.on_line()
    events = [
        house.line.text_event(one.user_id, house.letter(MORI).code),
        house.line.text_event(two.user_id, house.letter(HANAKO).code),
    ]
    assert await post_line(house, *events) == 200
    await house.settle()
    assert house.letter(MORI).check_number in one.everything()
    assert house.letter(HANAKO).check_number in two.everything()
    assert house.letter(HANAKO).check_number not in one.everything()


async def test_no_events_and_unknown_events_are_taken(house: House) -> None:
    customer = house.on_line()
    assert await post_line(house) == 200
    assert await post_line(house, house.line.event(customer.user_id, "brandNew", brandNew={"x": 1})) == 200
    assert await post_line(house, {"type": "message"}) == 200
    await house.settle()
    assert customer.person.received() == []


# Order ----------------------------------------------------------------------------------------------


async def test_events_of_one_request_are_worked_off_in_the_order_they_happened(house: House) -> None:
    customer = house.on_line()
    await customer.opens(house.letter(MORI).code)
    await customer.taps("same")
    house.advance(seconds=10)
    birth_date = house.line.text_event(customer.user_id, "1945-08-15")
    house.advance(seconds=2)
    tail = house.line.text_event(customer.user_id, "5624")
    assert await post_line(house, tail, birth_date) == 200
    await house.settle()
    assert house.case(MORI).status is CaseStatus.LINKED


async def test_a_text_that_comes_too_late_answers_no_newer_question(house: House) -> None:
    """The store failed, the customer typed again, then the platform redelivers the first text."""
    customer = house.on_line()
    await customer.links(MORI)
    late = house.line.text_event(customer.user_id, "同意する")
    house.advance(minutes=1)
    await customer.types("同意する")
    assert customer.active().open_question == "respondent"
    late["deliveryContext"] = {"isRedelivery": True}
    late["message"]["text"] = "本人"
    assert await post_line(house, late) == 200
    await house.settle()
    assert customer.active().open_question == "respondent"
    assert answers(house, MORI) == 1
    assert say("engine.late") in customer.person.last().text


async def test_taps_on_old_buttons_change_nothing_and_show_the_present_question(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    bubble, _ = customer.button("c0")
    await customer.taps("c0")
    for choice in (0, 1):
        await customer.does(house.line.tap(customer.user_id, bubble.message_id, choice))
        assert say("engine.stale") in customer.said
        assert customer.active().open_question == "respondent"
    assert answers(house, MORI) == 1


@pytest.mark.slow
async def test_buttons_that_were_never_made_do_no_harm(house: House) -> None:
    """A client of Telegram can send any data, and a topic may be gone from the FAQ."""
    customer = house.on_telegram()
    crafted = ["q.NOPE", "q.", "c9999", "c-1", "c²", "k²", "case²", "case9", "same", "yes", "no", "diff", "ok"]
    crafted += ["submit", "fix", "review", "staff.x", "../..", "x"]
    assert await _craft(customer, crafted, "abcdefgh") == 0
    assert await _craft(customer, crafted, customer.active().ref) == 0
    await customer.links(MORI)
    ref = house.conversation_of(MORI).ref
    assert await _craft(customer, crafted, ref) == 0
    assert answers(house, MORI) == 0
    assert house.conversation_of(MORI).owner == "bot"
    stranger = house.on_telegram()
    await stranger.types("こんにちは")
    assert await _craft(stranger, crafted, ref) == 0
    assert answers(house, MORI) == 0
    assert "和歌山" not in stranger.everything()


async def _craft(customer: Customer, options: list[str], ref: str) -> int:
    """Taps with made-up data; how many became a failed turn."""
    house = customer.house
    for number, option in enumerate(options):
        for token in ("p1", "l1", "-", "p0"):
            data = Tap(conversation_ref=ref, token=token, option=option).encode()
            person = house.telegram.user(customer.person)
            query = {"id": f"crafted-{number}", "from": person, "chat_instance": "1", "data": data}
            house.telegram.open_queries.add(f"crafted-{number}")
            assert await post_telegram(house, house.telegram.update(callback_query=query)) == 200
            house.universe.advance(timedelta(seconds=1))  # no flood, of which only the beginning would be read
    while await house.service.sender.send_due() or wait_for_pace(house.database, house.universe):
        house.advance(seconds=5)  # what the chat takes at once
    return house.audited().count("turn.failed")


# Crashes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["line", pytest.param("telegram", marks=pytest.mark.slow)])
async def test_another_process_after_every_turn_of_the_form(house: House, channel: str) -> None:
    customer = house.on(channel)
    turns = 0

    async def restart() -> None:
        nonlocal turns
        turns += 1
        house.check_folds()
        await house.restart()

    customer.after_each = restart
    await customer.links(MORI)
    await customer.answers_all()
    assert turns > 20
    assert house.case(MORI).status is CaseStatus.ANSWERED


@on_both
async def test_dying_between_commit_and_answer(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    handle = Turns.handle
    dying = True

    async def die_after_commit(self: Turns, events: Any) -> None:
        nonlocal dying
        await handle(self, events)
        if dying:
            dying = False
            raise ConnectionResetError

    monkeypatch.setattr(Turns, "handle", die_after_commit)
    house.line.redeliveries = 1
    heard = len(customer.person.received())
    await customer.taps("c0")
    assert house.line.deliveries[-1].statuses == [503, 200]
    assert answers(house, MORI) == 1
    assert len(customer.person.received()) == heard + 1


async def test_dying_in_the_middle_of_the_transaction(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    drain = Turns._drain
    failing = True

    def die(self: Turns, *arguments: Any) -> None:
        nonlocal failing
        drain(self, *arguments)
        if failing:
            failing = False
            raise OperationalError("COMMIT", {}, Exception("disk full"))

    monkeypatch.setattr(Turns, "_drain", die)
    before = count(house, "inbound_event"), house.conversation_of(MORI).version
    event = house.line.tap_event(customer.user_id, customer.button("c0")[1])
    assert await post_line(house, event) == 503
    assert (count(house, "inbound_event"), house.conversation_of(MORI).version) == before
    await house.settle()
    assert await post_line(house, event) == 200
    await house.settle()
    assert answers(house, MORI) == 1


async def test_trouble_of_the_store_inside_a_turn_is_no_defect(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadlock inside the step must be run again, not handed to a person."""
    customer = house.on_line()
    await customer.links(MORI)
    real = engine.step
    failures = [OperationalError("UPDATE", {}, Exception("deadlock detected"))]

    def step(*arguments: Any) -> Step:
        if failures:
            raise failures.pop()
        return real(*arguments)

    monkeypatch.setattr(engine, "step", step)
    event = house.line.tap_event(customer.user_id, customer.button("c0")[1])
    assert await post_line(house, event) == 503
    assert await post_line(house, event) == 200
    await house.settle()
    assert house.conversation_of(MORI).owner == "bot"
    assert answers(house, MORI) == 1


@on_both
async def test_a_defect_in_the_engine_leads_to_a_person_and_one_apology(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    await customer.answers()
    real = engine.step

    def step(definition: Any, state: Any, what: inp.Input, now: Any, *more: Any) -> Step:
        if isinstance(what, (inp.Chose, inp.Said)) and state.owner.value == "bot":
            raise ValueError("a defect")
        return real(definition, state, what, now, *more)

    monkeypatch.setattr(engine, "step", step)
    await customer.taps("c0")
    assert say("handover.bot_failed") in customer.said
    conversation = house.conversation_of(MORI)
    assert (conversation.owner, answers(house, MORI)) == ("waiting", 1)
    assert house.case(MORI).status is CaseStatus.WITH_STAFF
    (undone,) = house.rows("SELECT problem, attempts FROM inbound_event WHERE done_at IS NULL")
    assert (undone.problem, undone.attempts) == ("ValueError", 1)
    assert house.audited().count("turn.failed") == 1
    monkeypatch.undo()

    # Nothing repeats it: not the sweeper, not a redelivery, not the next message.
    house.advance(minutes=5)
    await house.service.turns.sweep()
    assert (await house.line.deliver(*house.line.deliveries[-1].events, redelivery=True)).ok
    await customer.types("もしもし")
    assert customer.everything().count(say("handover.bot_failed")) == 1
    await customer.types("つづける")
    assert customer.active().open_question == "respondent"
    await customer.answers_all()
    assert house.case(MORI).status is CaseStatus.ANSWERED
    house.check_folds()


async def test_a_defect_keeps_no_half_of_the_turn(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    follow = case_room._follow

    def fail(*arguments: Any) -> None:
        follow(*arguments)
        raise KeyError("after everything was saved")

    monkeypatch.setattr(case_room, "_follow", fail)
    event = house.line.tap_event(customer.user_id, customer.button("c0")[1])
    # The apology cannot be made either: nothing of the turn is kept but the event, and a person has the case.
    assert await post_line(house, event) == 200
    monkeypatch.undo()
    await house.settle()
    assert answers(house, MORI) == 0
    assert house.conversation_of(MORI).owner == "waiting"
    (row,) = house.rows("SELECT count(*) AS n FROM inbound_event WHERE done_at IS NULL AND attempts = 1")
    assert row.n == 1
    house.check_folds()


# Many at once -----------------------------------------------------------------------------------------


@on_both
async def test_many_different_events_of_one_person_at_once(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    events = [house.line.text_event(customer.user_id, f"質問です {number}") for number in range(20)]
    statuses = await asyncio.gather(*(post_line(house, event) for event in events))
    assert statuses == [200] * 20
    house.check_folds()
    (row,) = house.rows("SELECT count(*) AS n FROM inbound_event WHERE done_at IS NULL")
    assert row.n == 0


@on_both
async def test_two_accounts_that_take_cases_from_each_other_at_once(house: House) -> None:
    """Each turn locks what the other needs; one is run again, none is lost."""
    one, two = house.on_line(), house.on_line()
    await one.links(HANAKO)
    await two.links(TARO)
    for customer, number in ((one, TARO), (two, HANAKO)):
        await customer.opens(new_letter(house, number))
        await customer.taps("same")
        await customer.types(house.letter(number).master["birth_date"])
    events = [
        house.line.text_event(customer.user_id, house.letter(number).master["phone"][-4:])
        for customer, number in ((one, TARO), (two, HANAKO))
    ]
    assert await asyncio.gather(*(post_line(house, event) for event in events)) == [200, 200]
    await house.settle()
    assert house.conversation_of(TARO).account_id == one.account().id
    assert house.conversation_of(HANAKO).account_id == two.account().id
    assert house.audited().count("turn.failed") == 0
    house.check_folds()


async def test_events_are_numbered_without_a_gap(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    await customer.answers_all()
    conversation = house.conversation_of(MORI)

    def load(conn: Connection) -> int:
        return len(load_events(conn, house.database.vault, conversation.id))

    assert house.database.run_read(load) == conversation.event_seq
