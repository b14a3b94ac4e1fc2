"""What becomes of messages to telephone numbers where a process stops, is killed, or may not send them any more."""

from __future__ import annotations

import asyncio
from datetime import date

import pytest

from bot.channels.base import Sent
from bot.service import make_service
from bot.settings import load_settings
from dialogs.personal import Personal
from storage.campaign_facts import facts_of_cases
from storage.cases import CaseStatus
from storage.database import Database
from storage.notifying.queue import LOST_AFTER, WITHIN, begin_sending, note_delivered
from storage.universe import FrozenUniverse
from tests.bot.outreach.notifying_bank import NotifyingBank, Numbers, begin


@pytest.fixture
def bank(database: Database, universe: FrozenUniverse) -> NotifyingBank:
    return NotifyingBank(database, universe)


def cut_off(bank: NotifyingBank) -> str:
    """Queue one and begin to send it as a process that is killed then; returns its tag."""
    begin(bank)
    bank.plan()
    (row,) = bank.rows("SELECT id FROM notification")
    assert bank.database.run(lambda conn: begin_sending(conn, bank.universe, row.id)) is not None
    return str(row.id)


@pytest.mark.parametrize("before", [True, False], ids=["before it is missed", "after"])
def test_a_call_that_was_cut_off_and_arrived_is_followed_by_the_reminder(bank: NotifyingBank, before: bool) -> None:
    tag = cut_off(bank)
    if before:
        assert bank.database.run(lambda conn: note_delivered(conn, bank.universe, tag))
    bank.universe.advance(LOST_AFTER)
    bank.round()
    if not before:
        assert bank.database.run(lambda conn: note_delivered(conn, bank.universe, tag))
    assert (bank.state(), bank.case("0001").status) == ("delivered", CaseStatus.SENT)
    member = bank.member("0001")
    (facts,) = bank.database.run_read(lambda conn: facts_of_cases(conn, member["campaign_id"], [member["case_id"]]))
    assert facts.written_at is not None
    bank.run_until(date(2026, 12, 4))
    assert [step[0] for step in bank.steps("0001")][:2] == ["invitation", "reminder_1"]
    assert bank.steps("0001")[0][1] == "notification"
    assert bank.numbers.told == []


def test_a_call_that_was_cut_off_and_never_arrived_is_followed_by_the_letter(bank: NotifyingBank) -> None:
    cut_off(bank)
    bank.universe.advance(LOST_AFTER)
    bank.round()
    assert bank.state() == "unknown"
    bank.run_until(date(2026, 11, 5))
    assert bank.state() == "undelivered"
    assert [step[:2] for step in bank.steps("0001")] == [("invitation", "notification"), ("invitation", "letter")]


class Slow(Numbers):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.called, self.answer = asyncio.Event(), asyncio.Event()

    async def notify(self, hashed: Personal, text: str, *, tag: str) -> Sent:
        self.called.set()
        await self.answer.wait()
        return await super().notify(hashed, text, tag=tag)


def test_a_service_that_stops_waits_for_the_call_and_begins_no_other(bank: NotifyingBank) -> None:
    begin(bank)
    bank.plan()
    numbers = Slow()
    bank.answered_by(numbers)

    async def stop_meanwhile() -> None:
        service = make_service(bank.database, load_settings(), name="one")
        service.notifier = bank.notifier
        await service.start(("sender",))
        await numbers.called.wait()
        stopping = asyncio.create_task(service.stop())
        await asyncio.wait([task for task in service._tasks if task.get_name() in ("sender", "fetcher")])
        await asyncio.sleep(0)
        numbers.answer.set()
        await stopping

    asyncio.run(stop_meanwhile())
    assert bank.state() == "accepted"
    assert asyncio.run(bank.notifier.send_due()) == 0


def test_what_is_queued_when_they_are_switched_off_goes_by_letter(bank: NotifyingBank) -> None:
    begin(bank)
    bank.plan()
    bank.switch(on=False)
    bank.run_until(date(2026, 11, 3))
    assert bank.state() == "dropped"
    assert [step[:2] for step in bank.steps("0001")] == [("invitation", "letter")]
    assert bank.numbers.told == []


def test_what_is_under_way_when_they_are_switched_off_is_still_waited_for(bank: NotifyingBank) -> None:
    begin(bank)
    bank.round()
    bank.switch(on=False)
    bank.round()
    assert bank.state() == "accepted"
    bank.universe.advance(WITHIN)
    bank.run_until(date(2026, 11, 6))
    assert bank.state() == "undelivered"
    assert [step[1] for step in bank.steps("0001")] == ["notification", "letter"]


def test_a_call_that_was_cut_off_before_they_were_switched_off_is_written_down(bank: NotifyingBank) -> None:
    tag = cut_off(bank)
    bank.switch(on=False)
    bank.round()
    assert bank.state() == "sending"
    bank.universe.advance(LOST_AFTER)
    bank.round()
    assert bank.database.run(lambda conn: note_delivered(conn, bank.universe, tag))
    assert (bank.state(), bank.case("0001").status) == ("delivered", CaseStatus.SENT)


def test_the_chore_of_campaigns_sees_what_is_over(bank: NotifyingBank) -> None:
    begin(bank)
    bank.round()
    is_due = bank.climbing.chore().is_due
    assert not bank.database.run_read(is_due)
    bank.move_campaigns("stopped")
    bank.universe.advance(WITHIN)
    assert bank.database.run_read(is_due)
    bank.plan()
    assert bank.state() == "undelivered"
    assert not bank.database.run_read(is_due)
