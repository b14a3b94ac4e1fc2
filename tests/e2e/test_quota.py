"""LINE's monthly allowance: asked for now and then, alarmed about in time, and nobody is stuck when it is used up."""

from __future__ import annotations

import pytest
import structlog

from bot.quota import ASK_EVERY
from bot.simulator.faults import Trouble
from storage import quota, undelivered
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, say
from tests.e2e.test_delivery_to_the_phone import MORI, calls, states


async def gauges(house: House) -> dict[str, float]:
    """The gauges of the quota, as Prometheus reads them."""
    page = (await house.service.metrics.page(house.database)).decode()
    lines = [line for line in page.splitlines() if line.startswith("kakunin_quota_")]
    return {line.split("{")[0].removeprefix("kakunin_quota_"): float(line.split()[-1]) for line in lines}


async def lose_the_question(house: House) -> Customer:
    """The allowance is used up, and the next question came too late for the free reply."""
    customer = house.on_line()
    await customer.links(MORI)
    house.line.quota = 0
    await customer.taps("c0", settle=False)
    house.advance(seconds=61)
    await house.settle()
    assert customer.heard == []
    return customer


@on_both
async def test_the_alarm_is_raised_once_at_each_threshold(house: House) -> None:
    house.line.quota, house.line.pushed = 100, 79
    seen: list[tuple[int, str]] = []
    for pushed in (79, 80, 85, 99, 100, 100, 3, 80):
        house.line.pushed = pushed
        house.advance(minutes=6)
        with structlog.testing.capture_logs() as entries:
            assert await house.service.quota.look("line")
        alarms = [entry for entry in entries if entry["event"] == "quota.alarm"]
        seen += [(entry["percent"], entry["log_level"]) for entry in alarms]
        assert await gauges(house) == {"allowed": 100, "used": pushed, "used_up": pushed >= 100}
    # A new month begins from nothing.
    assert seen == [(80, "warning"), (100, "error"), (80, "warning")]


async def test_one_process_asks_and_not_for_every_message(house: House) -> None:
    other = house.make(house.database)
    await other.start(roles=())
    try:
        asked = [await service.quota.look("line") for service in (house.service, other, house.service)]
        house.universe.advance(ASK_EVERY)
        asked.append(await other.quota.look("line"))
    finally:
        await other.stop()
    assert asked == [True, False, False, True]
    before = calls(house, "/quota")
    customer = house.on_line()
    await customer.links(MORI)
    assert calls(house, "/quota") == before


async def test_an_account_without_a_limit_gives_no_alarm(house: House) -> None:
    house.line.quota, house.line.pushed = None, 10**6
    with structlog.testing.capture_logs() as entries:
        await house.service.quota.look("line")
    assert [entry for entry in entries if entry["event"] == "quota.alarm"] == []
    assert await gauges(house) == {"allowed": float("inf"), "used": 10**6, "used_up": 0}


async def test_a_platform_that_does_not_tell_is_asked_later(house: House) -> None:
    house.line.tokens.accepts = lambda token: False  # type: ignore[method-assign]
    assert not await house.service.quota.look("line")
    assert house.database.run_read(quota.load_quotas) == []


@on_both
async def test_a_refusal_is_an_alarm_and_stands_on_the_list_of_staff(house: House) -> None:
    with structlog.testing.capture_logs() as entries:
        customer = await lose_the_question(house)
        await customer.taps("c0", settle=False)
        house.advance(seconds=61)
        await house.settle()
    refused = [entry for entry in entries if entry["event"] == "quota.refused"]
    assert [entry["log_level"] for entry in refused] == ["error"]
    assert (await gauges(house))["used_up"] == 1
    lost = house.database.run_read(undelivered.undelivered)
    assert {(message.kind, message.state, message.detail) for message in lost} == {("question", "failed", "quota")}
    # The plan was enlarged: LINE says so, and the alarm ends.
    house.line.quota = 1000
    await house.service.quota.look("line")
    assert (await gauges(house))["used_up"] == 0


async def test_the_other_429_is_no_alarm(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    house.line.faults.add(Trouble.RATE)
    with structlog.testing.capture_logs() as entries:
        await customer.taps("c0")
        house.advance(seconds=5)
        await house.settle()
    assert len(customer.heard) == 1
    assert [entry for entry in entries if entry["event"].startswith("quota.")] == []
    assert await gauges(house) == {}


@on_both
async def test_a_question_that_never_arrived_is_asked_again_for_free(house: House) -> None:
    customer = await lose_the_question(house)
    question = house.conversation_of(MORI).open_question
    assert question == "respondent"
    # It would be an answer to a question that he has never seen.
    await customer.types("本人です")
    assert say("engine.not_seen") in customer.said
    assert house.conversation_of(MORI).open_question == question
    assert house.line.pushed == 0
    assert house.database.run_read(undelivered.undelivered) == []
    assert ("question", "dropped") in states(house)
    # Now he has seen it.
    await customer.types("本人です")
    assert house.conversation_of(MORI).open_question != question


async def test_a_command_is_heard_all_the_same(house: House) -> None:
    customer = await lose_the_question(house)
    await customer.types("担当者と話したい")
    assert house.conversation_of(MORI).owner == "waiting"


async def test_a_whole_month_without_quota_can_be_lived_through(house: House) -> None:
    """The control: with replies alone the form comes to its end, however many questions are lost on the way."""
    customer = await lose_the_question(house)
    for _ in range(3):
        await customer.types("もしもし")
        await customer.answers()
        house.advance(minutes=2)
    await customer.answers_all()
    assert house.conversation_of(MORI).phase == "completed"
    assert house.line.pushed == 0


@pytest.mark.parametrize("allowed", [None, 200])
def test_a_refusal_before_anything_was_heard(house: House, allowed: int | None) -> None:
    first = house.database.run(lambda conn: quota.note_refusal(conn, house.universe, "line"))
    again = house.database.run(lambda conn: quota.note_refusal(conn, house.universe, "line"))
    assert (first, again) == (True, False)
    due = house.database.run(lambda conn: quota.note_quota(conn, house.universe, "line", allowed=allowed, used=200))
    # It was alarmed about when the message was refused.
    assert due == 0
    (kept,) = house.database.run_read(quota.load_quotas)
    assert kept.is_used_up is (allowed == 200)
