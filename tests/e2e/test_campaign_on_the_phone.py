"""A campaign as a customer sees it: invited by the account of an earlier review, proved again, reminded, answered."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.outreach.cadence import due_on
from bot.outreach.campaigning import approve, make, start
from bot.outreach.ladder import shipped_ladder
from bot.outreach.opening import open_case_of
from storage.campaigns import Actor, Rule
from storage.cases import Case, CaseStatus, cases_of_customer
from storage.reconciliation.worker import Reconciler
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, say

MORI = "0000124"
ZONE = ZoneInfo("Asia/Tokyo")
MAKER, CHECKER = Actor(kind="os_user", id="maker"), Actor(kind="os_user", id="checker")


def open_again(house: House) -> Case:
    """A case after an event, a year after the first was answered."""
    database = house.database
    day = house.universe.now().astimezone(ZONE).date()
    open_case_of(database, MORI, cause="event", reason="alert", due=day, today=day, actor="clerk")
    customer_id = house.case(MORI).customer_id
    return database.run_read(lambda conn: cases_of_customer(conn, customer_id, open_only=True))[0]


def begin_campaign(house: House) -> None:
    ladder = shipped_ladder()
    everybody = ladder.model_copy(update={"ramp": ladder.ramp.model_copy(update={"percent": 100})})
    make(house.database, name="c1", rule=Rule(causes=("event",)), ladder=everybody, actor=MAKER)
    approve(house.database, house.settings, "c1", actor=CHECKER)
    start(house.database, house.settings, "c1", actor=CHECKER)


async def climb(house: House, customer: Customer, *days: date) -> str:
    """A round of all chores at ten in the morning of each day; what was heard since."""
    customer._read = len(customer.person.received())
    for day in days:
        ten = datetime.combine(day, time(10), ZONE)
        if ten > house.universe.now():
            house.universe.advance(ten - house.universe.now())
        # Queued; sent; and what was sent is written down.
        await asyncio.to_thread(house.service.chores.tick)
        await house.settle()
        await asyncio.to_thread(house.service.chores.tick)
    return customer.said


@on_both
@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_invited_by_the_account_of_an_earlier_review(house: House, channel: str) -> None:
    customer = house.on(channel)
    await customer.links(MORI)
    await customer.answers_all()
    Reconciler(next_due=due_on, zone=ZONE).run(house.database)
    assert house.case(MORI).status is CaseStatus.DONE
    house.advance(days=364)
    case = open_again(house)
    begin_campaign(house)
    name = house.letter(MORI).master["name"]
    before = customer.everything().count(name)
    said = await climb(house, customer, date(2027, 11, 1), date(2027, 11, 8), date(2027, 11, 15))
    assert said.count(house.settings.bank_name) == 2
    assert case.check_number not in said
    # The button leads to the second factor, and only then to the form.
    await customer.taps("resume")
    assert say("lobby.verify_again") in customer.said
    assert customer.everything().count(name) == before
    await customer.proves(MORI)
    assert customer.active().case_id == case.id
    await customer.answers()
    # Half-way he puts it aside; the reminder finds him, and he goes on where he was.
    asked = customer.active().open_question
    said = await climb(house, customer, date(2027, 11, 22), date(2027, 11, 29))
    assert say("outreach.reminder_1", answer_by="")[:20] in said
    await customer.taps("resume")
    await customer.proves(MORI)
    assert customer.active().open_question == asked
    await customer.answers_all()
    last = len(customer.person.received())
    await climb(house, customer, date(2027, 12, 15), date(2028, 1, 20))
    assert len(customer.person.received()) == last
    moves = house.rows("SELECT to_status FROM case_transition WHERE case_id = :c ORDER BY id", c=case.id)
    assert [row.to_status for row in moves][:7] == ["10", "15", "20", "40", "45", "50", "40"]
    house.check_folds()
