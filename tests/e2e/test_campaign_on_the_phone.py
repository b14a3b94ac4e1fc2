"""A campaign as a customer sees it: invited by the account of an earlier review, proved again, reminded, answered."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time, timedelta

import pytest

from bot.outreach.cadence import due_on
from storage.cases import CaseStatus
from storage.reconciliation.worker import Reconciler
from tests.e2e.campaigns import ZONE, begin_campaign, known_customers, open_again
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, say

MORI = "0000124"


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
    case = open_again(house, MORI)
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


async def test_invited_together_each_goes_to_his_own_case(house: House) -> None:
    people = known_customers(house, 4)
    begin_campaign(house)
    house.universe.advance(timedelta(seconds=1))
    await asyncio.to_thread(house.service.chores.tick)
    await house.settle()
    texts = {person.said for person in people.values()}
    assert len(texts) == 1
    assert house.settings.bank_name in texts.pop()
    assert house.line.pushed == 4
    assert len(house.line.accepted_keys) == 1
    # The button is the same for all of them, and each comes to what is his.
    number, first = next(iter(people.items()))
    await first.taps("resume")
    assert say("lobby.verify_again") in first.said
    await first.proves(number)
    (mine,) = house.rows("SELECT case_id FROM campaign_member WHERE customer_id = :c", c=house.case(number).customer_id)
    assert first.active().case_id == mine.case_id
    await list(people.values())[1].taps("staff")
    assert list(people.values())[1].active().owner == "waiting"
    house.check_folds()
