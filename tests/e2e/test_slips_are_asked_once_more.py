"""What looks like a slip: the customer hears the question again in the chat, and a person only sees what stays."""

from __future__ import annotations

import pytest

from bot.reconciling import make_reconciler
from storage.cases import CaseStatus
from storage.reconciliation.worker import Reconciled
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, say

ABE = "0000125"


def reconcile(house: House) -> Reconciled:
    service = house.service
    return make_reconciler(house.database, service.settings, service.live, service.rules).run(house.database)


def slipped(number: str) -> str:
    """The number with its last two figures in the other order."""
    assert number[-1] != number[-2]
    return number[:-2] + number[-1] + number[-2]


async def answered(house: House, channel: str) -> Customer:
    customer = house.on(channel)
    await customer.links(ABE)
    for _ in range(80):
        options, question = customer.options(), customer.active().open_question
        if question == "phone" and "diff" in options:
            await customer.taps("diff")
            await customer.types(slipped(house.letter(ABE).master["phone"]))
            continue
        await customer.answers()
        if "submit" in options:
            break
    assert house.case(ABE).status is CaseStatus.ANSWERED
    return customer


@on_both
@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_the_customer_puts_it_right_and_nobody_has_to_look(house: House, channel: str) -> None:
    customer = await answered(house, channel)
    heard = len(customer.person.received())
    assert reconcile(house) == Reconciled(submissions=1, asked=1)
    await house.settle()
    asked = "\n".join(bubble.text for bubble in customer.person.received()[heard:])
    assert say("engine.asked_once_more") in asked
    assert customer.active().open_question == "phone"
    assert house.case(ABE).status is CaseStatus.ANSWERING
    await customer.types(house.letter(ABE).master["phone"])
    await customer.answers_all()
    assert reconcile(house) == Reconciled(submissions=1, matched=1)
    assert house.case(ABE).status is CaseStatus.DONE
    house.check_folds()


async def test_who_says_the_same_again_is_not_asked_a_third_time(house: House) -> None:
    customer = await answered(house, "line")
    reconcile(house)
    await house.settle()
    await customer.types(slipped(house.letter(ABE).master["phone"]))
    await customer.answers_all()
    assert reconcile(house) == Reconciled(submissions=1, to_check=1)
    assert house.case(ABE).status is CaseStatus.TO_CHECK


async def test_while_a_person_speaks_the_bot_does_not_ask(house: House) -> None:
    customer = await answered(house, "line")
    await customer.types("係の人と話したい")
    assert reconcile(house).asked == 0
