"""Who promised on the telephone to answer is reminded once, in his chat, unless it is not needed any more."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.outreach.contacting import enter_try
from storage.contacts import Try, load_promise
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, say
from tests.e2e.people import MORI, in_the_form, ticks

both_channels = pytest.mark.parametrize("channel", ["line", "telegram"])


def promise(house: House, days: int = 3) -> datetime:
    """Somebody called, and the customer promised; when he is to be reminded."""
    database, uni, case = house.database, house.universe, house.case(MORI)
    by = uni.now().astimezone(house.settings.office.zone).date() + timedelta(days=days)
    one = Try(case_id=case.id, channel="phone", result="promised", at=uni.now(), by="clerk", promised_on=by)
    office = house.settings.office
    database.run(lambda conn: enter_try(conn, database.vault, uni, one, office=office, actor_kind="os_user"))
    found = database.run_read(lambda conn: load_promise(conn, case.id))
    assert found is not None
    assert office.is_open(found.remind_at)
    return found.remind_at


async def until(house: House, at: datetime) -> None:
    await ticks(house, seconds=max(0.0, (at - house.universe.now()).total_seconds()))


def outcomes(house: House) -> list[str]:
    return [row.outcome for row in house.rows("SELECT outcome FROM answer_promise WHERE settled_at IS NOT NULL")]


def reminders(customer: Customer) -> int:
    return customer.everything().count(say("promise.reminder"))


@on_both
@both_channels
async def test_the_reminder_comes_once_and_the_form_goes_on(house: House, channel: str) -> None:
    customer = await in_the_form(house, channel)
    at = promise(house)
    await until(house, at - timedelta(minutes=1))
    assert reminders(customer) == 0
    await until(house, at)
    assert reminders(customer) == 1
    await ticks(house, days=2)
    assert (reminders(customer), outcomes(house)) == (1, ["reminded"])
    assert house.audited().count("contact.promise_settled") == 1
    house.check_folds()


async def test_who_has_answered_hears_nothing(house: House) -> None:
    customer = await in_the_form(house, "line")
    at = promise(house)
    await customer.answers_all()
    await until(house, at)
    assert (reminders(customer), outcomes(house)) == (0, ["answered"])


async def test_nobody_is_disturbed_while_staff_have_the_conversation(house: House) -> None:
    customer = await in_the_form(house, "line")
    at = promise(house)
    sato = house.staff_member()
    house.advance(seconds=(at - house.universe.now()).total_seconds() - 60)
    assert await house.service.desk.claim(house.conversation_of(MORI).id, sato)
    await until(house, at)
    assert (reminders(customer), outcomes(house)) == (0, ["with_staff"])


async def test_who_is_answering_just_now_is_left_to_it(house: House) -> None:
    customer = await in_the_form(house, "telegram")
    at = promise(house)
    house.advance(seconds=(at - house.universe.now()).total_seconds() - 60)
    await customer.types("これは何ですか")
    await until(house, at)
    assert (reminders(customer), outcomes(house)) == (0, [])
    await ticks(house, hours=1)
    assert (reminders(customer), outcomes(house)) == (1, ["reminded"])


async def test_who_blocked_the_account_is_called_again(house: House) -> None:
    customer = await in_the_form(house, "line")
    at = promise(house)
    await customer.does(house.line.unfollow(customer.user_id))
    await until(house, at)
    assert (reminders(customer), outcomes(house)) == (0, ["blocked"])


async def test_without_a_chat_there_is_no_reminder_and_at_night_none_is_sent(house: House) -> None:
    at = promise(house)
    await ticks(house, seconds=(at - house.universe.now()).total_seconds() + 14 * 3600)
    assert outcomes(house) == [], "it is night"
    await ticks(house, hours=10)
    assert outcomes(house) == ["no_chat"]
