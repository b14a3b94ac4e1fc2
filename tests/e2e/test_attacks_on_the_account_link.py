"""Linking an account to somebody else's customer number by way of the bank's login: each way that does not work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

import pytest

from bot.logs import configure
from bot.simulator.faults import Trouble
from bot.simulator.platform_line_account_link import LinkRefused
from storage.cases import CaseStatus
from storage.content import transcript
from tests.e2e.bank import SECRET, WITH_LOGIN, comes_back, link_token, login_button, logs_in, register
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, post_line, say
from tests.e2e.people import rather_goes_on
from tests.e2e.test_nothing_personal_is_left_behind import files_of, found

MORI, HANAKO = "0000124", "0000100"
NONCE = "nonce-of-this-one-login"


@pytest.fixture
def overrides() -> dict[str, object]:
    return dict(WITH_LOGIN)


async def greeted(house: House) -> Customer:
    customer = house.on_line()
    await customer.types("こんにちは")
    return customer


async def claims(customer: Customer, nonce: str, *, ok: bool = True) -> None:
    """The webhook with this nonce, however the account came by it."""
    customer._read = len(customer.person.received())
    event = customer.house.line.account_link_event(customer.user_id, nonce, ok=ok)
    assert await post_line(customer.house, event) == 200
    await customer.house.settle()


def linked(house: House) -> list[str]:
    return [row.account_id for row in house.rows("SELECT account_id FROM account_link WHERE ended_at IS NULL")]


async def test_a_victim_who_opens_the_attackers_link_links_nobody(house: House) -> None:
    """The attacker sends his own button's address; the victim logs in at the bank, in the victim's LINE."""
    attacker, victim = await greeted(house), await greeted(house)
    assert await register(house, NONCE, MORI) == 200
    await comes_back(attacker, link_token(attacker), NONCE, opener=victim.user_id)
    assert say("lobby.login_refused") in attacker.said
    assert linked(house) == []
    assert attacker.account().failures == 1
    # What LINE did not vouch for is burnt, for whoever comes by it.
    await claims(attacker, NONCE)
    await claims(victim, NONCE)
    assert linked(house) == []
    assert await register(house, NONCE, MORI) == 409


@on_both
async def test_a_nonce_links_the_first_account_alone(house: House) -> None:
    customer, other = await greeted(house), await greeted(house)
    await logs_in(customer, MORI)
    await claims(other, NONCE)
    assert say("lobby.login_refused") in other.said
    assert linked(house) == [customer.account().id]
    assert other.account().failures == 1
    assert "link.login_used" in house.audited()
    # The same account again gains nothing either.
    before = house.conversation_of(MORI).version
    await claims(customer, NONCE)
    assert house.audited().count("link.made") == 1
    assert customer.active().case_id == house.letter(MORI).case_id
    assert house.conversation_of(MORI).open_question == "consent"
    assert house.conversation_of(MORI).version > before, "only that it was said"


@on_both
async def test_accounts_that_come_at_the_same_moment_take_turns(house: House) -> None:
    """Two phones of one customer, and a third with the letter: each is told, none falls to a person, one is linked."""
    work: list[Awaitable[int]] = []
    numbers = [number for number in house.letters if house.case(number).kind == "individual"][:6]
    for number in numbers:
        by_letter = house.on_line()
        await by_letter.opens(house.letter(number).code)
        await by_letter.taps("same")
        await by_letter.types(house.letter(number).master["birth_date"])
        tail = house.line.text_event(by_letter.user_id, house.letter(number).master["phone"][-4:])
        work.append(post_line(house, tail))
        for customer in (await greeted(house), await greeted(house)):
            nonce = f"{NONCE}-{customer.user_id[-8:]}"
            event = house.line.account_link_event(customer.user_id, nonce)
            work += [post_line(house, event), register(house, nonce, number), post_line(house, event)]
    assert set(await asyncio.gather(*work)) == {200}
    await house.settle()
    assert "turn.failed" not in house.audited()
    assert house.audited().count("link.made") == 3 * len(numbers)
    assert len(linked(house)) == len(numbers)
    house.check_folds()


async def test_a_login_that_took_too_long_is_worth_nothing_and_no_failure(house: House) -> None:
    customer = await greeted(house)
    assert await register(house, NONCE, MORI) == 200
    house.advance(minutes=10, seconds=1)
    await claims(customer, NONCE)
    assert say("lobby.login_refused") in customer.said
    assert (linked(house), customer.account().failures) == ([], 0)
    assert "link.login_expired" in house.audited()


async def test_the_banks_word_does_not_come_too_late(house: House) -> None:
    customer = await greeted(house)
    await claims(customer, NONCE)
    house.advance(minutes=10, seconds=1)
    assert await register(house, NONCE, MORI) == 409
    assert linked(house) == []


@on_both
async def test_made_up_nonces_lock_the_account(house: House) -> None:
    customer = await greeted(house)
    for number in range(5):
        assert customer.account().failures == number
        await claims(customer, f"made-up-nonce-{number}")
    assert say("lobby.locked") in customer.said
    # Neither a real login nor the letter opens it now, and no button leads to the bank.
    await logs_in(customer, MORI, NONCE)
    assert linked(house) == []
    assert say("lobby.locked") in customer.said
    await customer.types("こんにちは")
    assert say("lobby.or_log_in") not in customer.said
    # Not even where the bank names one of those that were made up.
    assert await register(house, "made-up-nonce-4", MORI) == 200
    await house.settle()
    assert linked(house) == []
    assert "link.login_not_taken" in house.audited()
    house.advance(hours=24, minutes=1)
    await customer.types("こんにちは")
    await logs_in(customer, MORI, NONCE + "-of-the-next-day")
    assert linked(house) == [customer.account().id]


async def test_failures_of_both_ways_are_counted_together(house: House) -> None:
    customer = await greeted(house)
    for number in range(4):
        await customer.types(f"WRONGWRONGW{number + 2}")
        await rather_goes_on(customer)
    await claims(customer, NONCE, ok=False)
    assert say("lobby.locked") in customer.said
    await customer.types(house.letter(MORI).code)
    assert house.letter(MORI).check_number not in customer.everything()


async def test_a_failure_in_the_middle_of_a_form_leaves_it_where_it_is(house: House) -> None:
    customer = await greeted(house)
    await logs_in(customer, MORI)
    await customer.answers()
    question = customer.active().open_question
    await claims(customer, NONCE + "-2", ok=False)
    assert say("lobby.login_refused") in customer.said
    assert customer.active().open_question == question
    await customer.answers()
    assert customer.active().open_question != question


@pytest.mark.parametrize("odd", ["", "\x00" * 12, "a" * 5000, "９" * 20])
async def test_a_nonce_of_any_shape_breaks_nothing(house: House, odd: str) -> None:
    customer = await greeted(house)
    await claims(customer, odd)
    assert linked(house) == []
    await customer.links(MORI)


async def test_while_a_person_speaks_nothing_is_linked(house: House) -> None:
    customer, sato = await greeted(house), house.staff_member()
    token = link_token(customer)
    await customer.types("担当者と話したい")
    lobby = customer.active()
    assert await house.service.desk.claim(lobby.id, sato)
    await house.settle()
    assert await register(house, NONCE, MORI) == 200
    assert await comes_back(customer, token, NONCE) == []
    assert linked(house) == []
    lines = house.database.run_read(lambda conn: transcript(conn, house.database.vault, lobby.id))
    assert [(line.kind, line.body) for line in lines if line.direction == "in"][-1] == ("bank_login", {})
    # It was not used up: LINE is asked again with another button.
    assert "link.login_not_taken" in house.audited()
    assert house.rows("SELECT state FROM bank_login")[0].state == "registered"


async def test_who_waits_for_a_person_may_go_on_by_logging_in(house: House) -> None:
    customer = await greeted(house)
    token = link_token(customer)
    await customer.types("担当者と話したい")
    assert customer.active().owner == "waiting"
    assert await register(house, NONCE, MORI) == 200
    await comes_back(customer, token, NONCE)
    assert customer.active().case_id == house.letter(MORI).case_id


async def test_a_company_without_a_form_is_led_to_a_person(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = await greeted(house)
    with monkeypatch.context() as missing:
        missing.setattr("bot.lobby_room.Facts.has_form", lambda *_: False)
        await logs_in(customer, MORI)
    assert say("handover.waiting") in customer.said
    assert customer.active().owner == "waiting"
    assert linked(house) == []
    assert house.case(MORI).status is CaseStatus.SENT


async def test_another_accounts_token_is_no_use_after_blocking(house: House) -> None:
    customer = await greeted(house)
    token = link_token(customer)
    await customer.does(house.line.unfollow(customer.user_id))
    assert await register(house, NONCE, MORI) == 200
    await comes_back(customer, token, NONCE)
    house.check_folds()
    with pytest.raises(LinkRefused):
        await comes_back(customer, token, NONCE)


async def test_token_and_nonce_are_nowhere(house: House, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither in a log at DEBUG nor in the store, sealed or not, nor in what a notification shows."""
    configure(logging.DEBUG)
    logging.getLogger("sqlalchemy.engine").setLevel(logging.DEBUG)
    try:
        customer = house.on_line()
        house.line.link_token_faults.add(Trouble.SERVER_ERROR, None)
        house.line.faults.add(None, Trouble.SERVER_ERROR)
        await customer.types("こんにちは")
        await customer.types("こんにちは")
        house.advance(minutes=1)
        await house.settle()
        bubble, button = login_button(customer)
        token = link_token(customer)
        await logs_in(customer, MORI, NONCE)
        await claims(customer, NONCE, ok=False)
    finally:
        logging.getLogger("sqlalchemy.engine").setLevel(logging.NOTSET)
    assert token in button.opens
    assert token not in bubble.alt + bubble.text
    captured = capfd.readouterr()
    for name, data in {**files_of(house), "log": (captured.out + captured.err).encode()}.items():
        assert found(data, [token, NONCE, SECRET]) == set(), name
    vault = house.database.vault
    opened = [
        str(vault.open(table, row.id, row.sealed))
        for table in ("content", "inbound_event", "conversation", "outgoing_message")
        for row in house.rows(f"SELECT id, sealed FROM {table} WHERE sealed IS NOT NULL")
    ]
    assert any(say("lobby.or_log_in") in text for text in opened)
    assert found("".join(opened).encode(), [token, NONCE]) == set()
