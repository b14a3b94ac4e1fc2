"""Linking: what an account has to prove, and what it learns before it has."""

from __future__ import annotations

from collections.abc import Awaitable

import pytest

from bot.channels.base import Tap
from bot.simulator.phone import Delivered
from storage import cases, link_codes
from storage.cases import CaseStatus
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, half_way, new_letter, say
from tests.e2e.people import rather_goes_on

MORI = "0000124"
HANAKO, TARO = "0000100", "0000101"


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
        await rather_goes_on(customer)
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
        await rather_goes_on(customer)
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
        # Whoever stands behind a letter that is not the bank's must not be called from here.
        assert all(not bubble.buttons for bubble in customer.person.received()[-2:])
        assert say("lobby.begin_again") in customer.said
        await customer.types(house.letter(MORI).code)
        assert house.letter(MORI).check_number in customer.said
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
        await customer.does(_tap_on_the_first_question(customer))
        assert customer.active().kind == "lobby"
        await customer.types("つづける")
    assert "和歌山" not in customer.said
    house.advance(minutes=3)
    await customer.types("つづける")
    assert customer.active().kind == "lobby"
    await customer.proves(MORI)
    assert "和歌山" in customer.said
    assert customer.active().open_question == "address"


def _tap_on_the_first_question(customer: Customer) -> Awaitable[Delivered]:
    """On Telegram the button has gone from there, but the tap may have been on its way."""
    house, user = customer.house, customer.user_id
    old = next(b for b in customer.person.received() if "同意して" in b.text)
    if customer.channel == "line":
        return house.line.tap(user, old.message_id, 0)
    data = Tap(conversation_ref=house.conversation_of(MORI).ref, token="p1", option="c0").encode()
    return house.telegram.tap_late(user, old.message_id, data)


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
        await rather_goes_on(customer)
        await customer.types("1999-01-01")
        await customer.types("5624")
    assert say("lobby.locked") in customer.said
    # Not even the right one opens it now, whatever way it is tried.
    await customer.types("つづける")
    await customer.proves(MORI)
    assert "和歌山" not in customer.said
    assert customer.active().kind == "lobby"
