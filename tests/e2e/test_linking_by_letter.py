"""Linking: what an account has to prove, and what it learns before it has."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage import accounts, cases, link_codes
from storage.cases import CaseStatus
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, say

MORI = "0000124"
HANAKO, TARO = "0000100", "0000101"


def new_letter(house: House, number: str, *, expires_in: int = 30) -> str:
    """Another letter for a case: its code."""
    case_id = house.letter(number).case_id
    expires_on = (house.universe.now() + timedelta(days=expires_in)).date()
    _, code = house.database.run(
        lambda conn: link_codes.make_link_code(
            conn, house.database.vault, house.universe, case_id, expires_on=expires_on
        )
    )
    return code


def code_state(house: House, code: str) -> str:
    found = house.database.run_read(lambda conn: link_codes.find_link_code(conn, house.database.vault, code))
    assert found is not None
    return found.state


def assert_nothing_personal(customer: Customer, *numbers: str) -> None:
    """No value of the master record, nor any tail of one, was shown to this phone."""
    shown = customer.everything()
    for number in numbers:
        master = customer.house.letter(number).master
        known = [master[name] for name in ("name", "name_kana", "birth_date", "address", "phone", "email", "employer")]
        known += [*master["name"].split(), master["phone"][-4:], number, master["address"][:4]]
        for value in filter(None, known):
            assert value not in shown, "something personal was shown"


async def test_check_number_comes_before_anything_is_asked(house: House) -> None:
    customer = house.on_line()
    heard = await customer.opens(house.letter(MORI).code)
    assert house.letter(MORI).check_number in customer.said
    assert set(customer.options(heard)) >= {"same", "other", "noletter"}
    assert_nothing_personal(customer, MORI)
    await customer.taps("same")
    assert_nothing_personal(customer, MORI)
    await customer.types(house.letter(MORI).master["birth_date"])
    # What the customer typed is not repeated either.
    assert_nothing_personal(customer, MORI)


@pytest.mark.parametrize(
    "typed", ["{code}", "{lower}", "{wide}", "{dashes}"], ids=["plain", "lower", "full width", "dashes"]
)
async def test_a_code_is_read_however_it_is_typed(house: House, typed: str) -> None:
    code = house.letter(MORI).code
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code)
    dashes = "-".join((code[:4], code[4:8], code[8:]))
    customer = house.on_telegram()
    await customer.types(typed.format(code=code, lower=code.lower(), wide=wide, dashes=dashes))
    assert house.letter(MORI).check_number in customer.said


async def test_wrong_used_expired_locked_and_unknown_codes_get_the_same_words(house: House) -> None:
    words: dict[str, list[str]] = {}
    first = house.on_line()
    await first.links(MORI)
    expired = new_letter(house, HANAKO, expires_in=-1)
    locked = new_letter(house, TARO)
    found = house.database.run_read(lambda conn: link_codes.find_link_code(conn, house.database.vault, locked))
    assert found is not None
    for _ in range(5):
        house.database.run(lambda conn: link_codes.count_code_failure(conn, found.id))
    cancelled = house.letter("0000102").case_id
    house.database.run(
        lambda conn: cases.move_case(
            conn, house.universe, cancelled, CaseStatus.CANCELLED, actor="t", reason="t", source=None
        )
    )
    codes = {
        "used": house.letter(MORI).code,
        "revoked": house.letter(HANAKO).code,
        "expired": expired,
        "locked": locked,
        "cancelled": house.letter("0000102").code,
        "unknown": "ABCDEFGHJKLM",
    }
    for kind, code in codes.items():
        customer = house.on_telegram()
        await customer.types("こんにちは")
        await customer.types(code)
        words[kind] = [bubble.text for bubble in customer.heard]
    assert {tuple(texts) for texts in words.values()} == {tuple(words["unknown"])}
    assert say("lobby.code_refused") in words["unknown"][0]


async def test_a_start_parameter_is_the_same_as_typing_the_code(house: House) -> None:
    customer = house.on_telegram()
    await customer.does(house.telegram.begin(customer.user_id, house.letter(MORI).code))
    assert house.letter(MORI).check_number in customer.said
    other = house.on_telegram()
    await other.does(house.telegram.begin(other.user_id, "WRONGWRONGWR"))
    assert say("lobby.code_refused") in other.said
    odd = house.on_telegram()
    await odd.does(house.telegram.begin(odd.user_id, "x_y-" * 16))
    assert say("lobby.code_refused") in odd.said


async def test_five_wrong_codes_lock_the_account_for_a_day(house: House) -> None:
    customer = house.on_line()
    for number in range(4):
        await customer.types(f"WRONGWRONGW{number + 2}")
        assert say("lobby.code_refused") in customer.said
    await customer.types("WRONGWRONGW7")
    assert say("lobby.locked") in customer.said
    await customer.types(house.letter(MORI).code)
    assert say("lobby.locked") in customer.said
    assert house.letter(MORI).check_number not in customer.everything()
    house.advance(hours=24, minutes=1)
    await customer.types(house.letter(MORI).code)
    assert house.letter(MORI).check_number in customer.said


@on_both
async def test_five_wrong_second_factors_lock_account_and_code(house: House) -> None:
    customer = house.on_line()
    await customer.opens(house.letter(MORI).code)
    await customer.taps("same")
    for _ in range(4):
        await customer.types("1945-08-15")
        await customer.types("0000")
        assert say("lobby.factor_refused") in customer.said
    await customer.types("1945-08-15")
    await customer.types("0000")
    assert say("lobby.locked") in customer.said
    assert code_state(house, house.letter(MORI).code) == "locked"
    assert customer.account().locked_until is not None
    another = house.on_telegram()
    await another.opens(house.letter(MORI).code)
    assert say("lobby.code_refused") in another.said
    assert_nothing_personal(customer, MORI)


async def test_tries_on_one_code_count_over_accounts(house: House) -> None:
    """Many accounts cannot share the guessing of one letter."""
    for attempt in range(5):
        customer = house.on_telegram()
        await customer.opens(house.letter(MORI).code)
        await customer.taps("same")
        await customer.types("1945-08-15")
        await customer.types(f"000{attempt}")
    assert say("lobby.locked") in customer.said
    assert code_state(house, house.letter(MORI).code) == "locked"


async def test_which_of_the_two_was_wrong_is_not_said(house: House) -> None:
    said = []
    for birth_date, tail in (("1945-08-16", "5624"), ("1945-08-15", "5625"), ("1945-08-16", "5625")):
        customer = house.on_telegram()
        await customer.opens(house.letter(MORI).code)
        await customer.taps("same")
        after_birth_date = [bubble.text for bubble in await customer.types(birth_date)]
        said.append((after_birth_date, [bubble.text for bubble in await customer.types(tail)]))
    assert said[0] == said[1] == said[2]


async def test_a_wrong_second_factor_may_be_put_right(house: House) -> None:
    customer = house.on_line()
    await customer.opens(house.letter(MORI).code)
    await customer.types("はい")
    await customer.types("昭和20年8月16日")
    await customer.types("5624")
    assert say("lobby.factor_refused") in customer.said
    await customer.types("昭和20年8月15日")
    await customer.types("5624")
    assert house.case(MORI).status is CaseStatus.LINKED
    assert customer.account().failures == 0


async def test_another_check_number_stops_everything(house: House) -> None:
    for act in ("tap", "type"):
        customer = house.on_line()
        await customer.opens(house.letter(MORI).code)
        await (customer.taps("other") if act == "tap" else customer.types("ちがう"))
        assert say("lobby.other_number") in customer.said
        # The old button no longer leads on.
        bubble = next(b for b in reversed(customer.person.received()) if len(b.buttons) > 2)
        await customer.does(house.line.tap(customer.user_id, bubble.message_id, 0))
        assert say("lobby.ask_birth_date") not in customer.everything()
        await customer.types(house.letter(MORI).master["birth_date"])
        assert say("lobby.ask_phone_tail") not in customer.everything()
    assert house.case(MORI).status is CaseStatus.SENT


async def test_second_factor_is_kept_nowhere(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    kept = house.database.run_read(
        lambda conn: [
            house.database.vault.open("content", row.id, row.sealed)
            for row in conn.exec_driver_sql("SELECT id, sealed FROM content WHERE direction = 'in'")
        ]
    )
    texts = [body.get("text", "") for body in kept]
    assert texts.count("[withheld: second_factor]") == 2
    assert not any("1945" in text or "5624" in text for text in texts)


# A day of silence -----------------------------------------------------------------------------


async def half_way(customer: Customer, number: str) -> None:
    """Linked, at a question that offers a masked value."""
    await customer.links(number)
    for _ in range(3):
        await customer.answers()
    assert customer.active().open_question == "address"


@pytest.mark.parametrize("act", ["type", "tap", "start", "follow", "image"])
async def test_second_factor_again_after_a_day_before_any_value(house: House, act: str) -> None:
    customer = house.on_line() if act == "follow" else house.on_telegram()
    await half_way(customer, MORI)
    house.advance(hours=24, minutes=1)
    match act:
        case "type":
            await customer.types("こんにちは")
        case "tap":
            await customer.taps("same")
        case "start":
            await customer.does(house.telegram.begin(customer.user_id))
        case "image":
            await customer.does(house.telegram.send_photo(customer.user_id))
        case "follow":
            await customer.does(house.line.follow(customer.user_id))
    assert say("lobby.verify_again") in customer.said
    for _ in range(2):
        assert "和歌山" not in customer.said
        # Neither an old button nor another word leads past it.
        old = next(b for b in customer.person.received() if any("同意しない" in t.label for t in b.buttons))
        await customer.does(customer.platform.tap(customer.user_id, old.message_id, 0))
        assert customer.active().kind == "lobby"
        await customer.types("つづける")
    assert "和歌山" not in customer.said
    house.advance(minutes=3)
    await customer.types("つづける")
    assert customer.active().kind == "lobby"
    await customer.proves(MORI)
    assert "和歌山" in customer.said
    assert customer.active().open_question == "address"


async def test_less_than_a_day_asks_nothing(house: House) -> None:
    customer = house.on_line()
    await half_way(customer, MORI)
    for _ in range(3):
        house.advance(hours=23)
        await customer.types("なぜ聞くの?")
        assert customer.active().kind == "case"


async def test_a_wrong_second_factor_after_a_day_locks_too(house: House) -> None:
    customer = house.on_line()
    await half_way(customer, MORI)
    house.advance(days=2)
    await customer.types("こんにちは")
    for _ in range(5):
        await customer.types("1999-01-01")
        await customer.types("5624")
    assert say("lobby.locked") in customer.said
    # Not even the right one opens it now, whatever way it is tried.
    await customer.types("つづける")
    await customer.proves(MORI)
    assert "和歌山" not in customer.said
    assert customer.active().kind == "lobby"


# Two cases on one account ------------------------------------------------------------------------


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
