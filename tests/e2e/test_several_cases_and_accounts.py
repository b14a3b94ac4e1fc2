"""Several cases on one account, several accounts for one case, and unlinking."""

from __future__ import annotations

import pytest

from storage import accounts
from storage.cases import CaseStatus
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, half_way, new_letter, say

MORI = "0000124"
HANAKO, TARO = "0000100", "0000101"


async def two_cases(house: House, channel: str = "line") -> Customer:
    """A couple with one phone: hers is begun, then his letter comes in."""
    customer = house.on(channel)
    await customer.links(HANAKO)
    await customer.answers()
    await customer.opens(house.letter(TARO).code)
    assert house.letter(TARO).check_number in customer.said
    await customer.taps("same")
    await customer.proves(TARO)
    assert customer.active().case_id == house.letter(TARO).case_id
    return customer


@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_a_second_letter_on_one_account(house: House, channel: str) -> None:
    customer = await two_cases(house, channel)
    assert customer.everything().count(say("lobby.several_cases")) == 1
    await customer.types("切り替え")
    for number in (HANAKO, TARO):
        assert any(house.letter(number).check_number in t.label for _, t in customer.options().values())
        assert house.letter(number).master["name"] not in customer.everything()
    await customer.types(house.letter(HANAKO).check_number)
    assert customer.active().case_id == house.letter(HANAKO).case_id
    assert customer.active().open_question == "respondent"


async def test_the_other_cases_button_leads_to_the_other_case(house: House) -> None:
    customer = await two_cases(house)
    hers = house.conversation_of(HANAKO)
    bubble, button = next(
        (b, t) for b in reversed(customer.person.received()) for t in b.buttons if f".{hers.ref}." in t.data
    )
    await customer.does(house.line.tap(customer.user_id, bubble.message_id, button.data))
    assert customer.active().id == hers.id
    assert house.conversation_of(HANAKO).open_question == "name"


async def test_completing_one_case_leads_to_the_other(house: House) -> None:
    customer = await two_cases(house)
    await customer.answers_all()
    assert house.case(TARO).status is CaseStatus.ANSWERED
    assert house.conversation_of(TARO).phase == "completed"


async def test_after_a_day_choosing_a_case_asks_the_second_factor(house: House) -> None:
    """With two cases the bot asks which; that detour must not lead past the second factor."""
    customer = await two_cases(house)
    house.advance(days=2)
    await customer.types("こんにちは")
    for number in (TARO, HANAKO):
        await customer.types(house.letter(number).check_number)
        assert customer.active().kind == "lobby"
        assert say("lobby.verify_again") in customer.said
        await customer.types("切り替え")
    old = next(b for b in reversed(customer.person.received()) if any("同意する" in t.label for t in b.buttons))
    await customer.does(house.line.tap(customer.user_id, old.message_id, 0))
    assert customer.active().kind == "lobby"


async def test_the_link_of_the_letter_opened_again_leads_back(house: House) -> None:
    """People scan the letter's code again to come back; that is no failed try."""
    for channel in ("line", "telegram"):
        customer = house.on(channel)
        number = HANAKO if channel == "line" else TARO
        await customer.links(number)
        await customer.answers()
        for _ in range(6):
            await customer.opens(house.letter(number).code)
            assert customer.active().case_id == house.letter(number).case_id
        assert customer.account().failures == 0
        house.advance(days=2)
        await customer.opens(house.letter(number).code)
        assert say("lobby.verify_again") in customer.said


# Another account, unlinking -----------------------------------------------------------------------


@on_both
async def test_a_second_account_takes_the_case_over_and_the_first_is_told(house: House) -> None:
    first, second = house.on_line(), house.on_telegram()
    await half_way(first, MORI)
    code = new_letter(house, MORI)
    await second.opens(code)
    await second.taps("same")
    await second.proves(MORI)
    await house.settle()
    assert say("lobby.moved_to_other_account") in first.person.last().text
    assert second.active().case_id == house.letter(MORI).case_id
    assert second.active().open_question == "address"
    # The first account is out: neither its buttons nor its texts reach the case.
    before = house.conversation_of(MORI).version
    await first.taps("same")
    await first.types("つづける")
    assert first.active().kind == "lobby"
    assert house.conversation_of(MORI).version == before
    await second.answers_all()
    assert house.case(MORI).status is CaseStatus.ANSWERED


async def test_who_lost_the_case_while_proving_does_not_get_it_back(house: House) -> None:
    first, second = house.on_line(), house.on_telegram()
    await half_way(first, MORI)
    house.advance(days=2)
    await first.types("こんにちは")
    await first.types(house.letter(MORI).master["birth_date"])
    code = new_letter(house, MORI)
    await second.opens(code)
    await second.taps("same")
    await second.proves(MORI)
    await first.types(house.letter(MORI).master["phone"][-4:])
    assert "和歌山" not in first.said
    assert house.conversation_of(MORI).account_id == second.account().id


async def test_losing_one_case_does_not_leave_the_other(house: House) -> None:
    couple, second = await two_cases(house), house.on_telegram()
    code = new_letter(house, HANAKO)
    await second.opens(code)
    await second.taps("same")
    await second.proves(HANAKO)
    await house.settle()
    assert say("lobby.moved_to_other_account") in couple.person.last().text
    assert couple.active().case_id == house.letter(TARO).case_id


async def test_unlinking_at_any_time(house: House) -> None:
    customer = house.on_line()
    await half_way(customer, MORI)
    await customer.types("連携を解除")
    await customer.taps("yes")
    assert say("lobby.unlinked") in customer.said
    assert house.database.run_read(lambda conn: accounts.live_links(conn, customer.account().id)) == []
    await customer.types("つづける")
    old = next(b for b in reversed(customer.person.received()) if any(".same" in t.data for t in b.buttons))
    await customer.does(house.line.tap(customer.user_id, old.message_id, 0))
    assert "和歌山" not in customer.said
    assert customer.active().kind == "lobby"


async def test_unlinking_after_the_receipt(house: House) -> None:
    """Everything is answered, and the account wants to be forgotten: also from the lobby."""
    customer = house.on_line()
    await customer.links(MORI)
    await customer.answers_all()
    house.advance(days=3)
    await customer.types("こんにちは")
    await customer.types("連携を解除")
    if "yes" in customer.options():
        await customer.taps("yes")
    assert say("lobby.unlinked") in customer.said
    assert house.database.run_read(lambda conn: accounts.live_links(conn, customer.account().id)) == []
