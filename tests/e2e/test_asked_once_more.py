"""A reviewer asks again: the question goes out in the chat, and the answer comes back to the same case."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection

from bot.console.review_desk import NotDone
from bot.outreach.cadence import due_on
from storage.cases import CaseStatus, transitions_of
from storage.differences import Difference, load_differences
from storage.reconciliation.worker import Reconciler
from storage.reviews import Deed, standing
from storage.staff import StaffMember
from storage.submissions import submissions_of_case
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, say

MORI = "0000124"
NEW_PHONE = "0355550111"


def reconcile(house: House) -> None:
    Reconciler(next_due=due_on, zone=house.service.rules.zone).run(house.database)


def differences(house: House) -> dict[str, Difference]:
    case_id = house.letter(MORI).case_id

    def load(conn: Connection) -> list[Difference]:
        return load_differences(conn, house.database.vault, case_id=case_id)

    return {one.field: one for one in house.database.run_read(load) if one.severity != "none"}


async def answered(house: House, channel: str) -> Customer:
    """A customer with another phone number than the bank has, compared."""
    customer = house.on(channel)
    await customer.links(MORI)
    for _ in range(80):
        options, question = customer.options(), customer.active().open_question
        if question == "phone" and "diff" in options:
            await customer.taps("diff")
            await customer.types(NEW_PHONE)
            continue
        await customer.answers()
        if "submit" in options:
            break
    assert house.case(MORI).status is CaseStatus.ANSWERED
    reconcile(house)
    assert house.case(MORI).status is CaseStatus.TO_CHECK
    assert set(differences(house)) == {"phone"}
    return customer


async def ask(house: House, staff: StaffMember, *fields: str) -> None:
    found = differences(house)
    seen = {found[field].id: standing(found[field]).value for field in fields}
    await house.service.reviews.decide(
        house.letter(MORI).case_id, staff, Deed.ASK_AGAIN, seen, whole=False, note="聞き間違いかもしれない"
    )
    await house.settle()


@on_both
@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_the_answer_comes_back_to_the_same_case_and_is_compared_again(house: House, channel: str) -> None:
    customer = await answered(house, channel)
    kato = house.staff_member("kato", role="back_office")
    heard = len(customer.person.received())
    await ask(house, kato, "phone")
    asked = "\n".join(bubble.text for bubble in customer.person.received()[heard:])
    assert say("engine.asked_once_more") in asked
    assert NEW_PHONE not in asked
    assert customer.active().open_question == "phone"
    assert house.case(MORI).status is CaseStatus.ANSWERING
    move = house.database.run_read(lambda conn: transitions_of(conn, house.letter(MORI).case_id))[-1]
    assert (move.actor, move.reason) == (kato.id, "asked_again")

    await customer.types(house.letter(MORI).master["phone"])
    await customer.answers_all()
    assert house.case(MORI).status is CaseStatus.ANSWERED
    reconcile(house)
    assert differences(house) == {}
    case = house.case(MORI)
    assert case.status is CaseStatus.DONE
    assert case.next_due_on is not None
    vault = house.database.vault
    first, second = house.database.run_read(lambda conn: submissions_of_case(conn, vault, case.id))
    assert first.receipt_no != second.receipt_no
    kept = [one for one in first.answers if one["name"] != "phone"]
    assert [(one["name"], one["value"], one["raw"]) for one in second.answers if one["name"] != "phone"] == [
        (one["name"], one["value"], one["raw"]) for one in kept
    ]
    assert {"review.decided", "submission.received", "submission.reconciled"} <= set(house.audited())
    house.check_folds()


async def test_a_customer_who_was_away_proves_himself_before_anything_is_shown(house: House) -> None:
    customer = await answered(house, "line")
    house.advance(days=3)
    await ask(house, house.staff_member("kato", role="back_office"), "phone")
    await customer.types(house.letter(MORI).master["phone"])
    assert customer.active().kind == "lobby"
    await customer.proves(MORI)
    assert customer.active().open_question == "phone"
    await customer.types(house.letter(MORI).master["phone"])
    await customer.answers_all()
    assert house.case(MORI).status is CaseStatus.ANSWERED


async def test_nobody_is_asked_where_the_chat_is_no_way_to_him(house: House) -> None:
    customer = await answered(house, "line")
    kato = house.staff_member("kato", role="back_office")
    await customer.types(say("button.staff"))
    assert house.conversation_of(MORI).owner == "waiting"
    with pytest.raises(NotDone, match="with_staff"):
        await ask(house, kato, "phone")
    assert differences(house)["phone"].decision is None
    assert house.case(MORI).status is CaseStatus.WITH_STAFF


async def test_what_was_asked_is_not_asked_twice(house: House) -> None:
    await answered(house, "line")
    kato = house.staff_member("kato", role="back_office")
    await ask(house, kato, "phone")
    with pytest.raises(NotDone, match="not_answered"):
        await ask(house, kato, "phone")


async def test_a_question_that_nobody_answers_is_called_back(house: House) -> None:
    customer = await answered(house, "line")
    kato = house.staff_member("kato", role="back_office")
    await ask(house, kato, "phone")
    house.advance(hours=2)
    one, case_id = differences(house)["phone"], house.letter(MORI).case_id
    await house.service.reviews.decide(
        case_id, kato, Deed.SEND_BACK, {one.id: "asked_again"}, whole=False, note="電話で確認する"
    )
    assert house.case(MORI).status is CaseStatus.TO_CHECK
    assert standing(differences(house)["phone"]).value == "sent_back"
    # From here on a person looks after it, and the customer hears so.
    await customer.types(house.letter(MORI).master["phone"])
    assert say("lobby.case_closed") in customer.said
    assert house.case(MORI).status is CaseStatus.TO_CHECK
