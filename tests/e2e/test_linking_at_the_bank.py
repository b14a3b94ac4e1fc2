"""Linking by a login at the bank: offered beside the letter's code, and only both words together link."""

from __future__ import annotations

import asyncio
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Connection

from bot.simulator.faults import Trouble
from bot.simulator.platform_line_account_link import LinkRefused, issue_link_token
from storage import cases
from storage.cases import CaseStatus
from tests.e2e.bank import WITH_LOGIN, comes_back, link_token, login_button, logs_in, register
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, half_way, new_letter, post_line, say

MORI = "0000124"
HANAKO, TARO = "0000100", "0000101"
NONCE = "nonce-of-this-one-login"


@pytest.fixture
def overrides() -> dict[str, object]:
    return dict(WITH_LOGIN)


async def greeted(house: House) -> Customer:
    customer = house.on_line()
    await customer.types("こんにちは")
    return customer


def links(house: House) -> list[str]:
    """The accounts that are linked now."""
    return [row.account_id for row in house.rows("SELECT account_id FROM account_link WHERE ended_at IS NULL")]


# The offer --------------------------------------------------------------------------------------


async def test_the_login_is_offered_beside_the_letters_code(house: House) -> None:
    customer = await greeted(house)
    bubble, button = login_button(customer)
    assert say("lobby.ask_code") in bubble.text
    assert say("lobby.or_log_in") in bubble.text
    assert button.label == say("button.bank_login")
    page = urlsplit(button.opens)
    assert (page.scheme, page.netloc, page.path, page.fragment) == ("https", "bank.example", "/login", "form")
    assert parse_qs(page.query).keys() == {"lang", "linkToken"}
    # The code of the letter is taken all the same.
    await customer.links(MORI)


async def test_it_is_not_offered_where_it_leads_nowhere(house: House) -> None:
    other = house.on_telegram()
    await other.types("こんにちは")
    assert say("lobby.or_log_in") not in other.said
    linked = house.on_line()
    await linked.links(MORI)
    await linked.types("切り替え")
    assert say("lobby.or_log_in") not in linked.said
    await linked.answers_all()
    # Nothing is open any more: another customer may log in on this phone.
    await linked.types("連携を解除")
    if "yes" in linked.options():
        await linked.taps("yes")
    await linked.types("こんにちは")
    assert login_button(linked)


@pytest.mark.parametrize("overrides", [{}, {"line_account_link_url": WITH_LOGIN["line_account_link_url"]}])
async def test_without_both_settings_there_is_no_button(house: House) -> None:
    customer = await greeted(house)
    with pytest.raises(LookupError):
        login_button(customer)
    assert say("lobby.or_log_in") not in customer.said
    assert await register(house, NONCE, MORI) == 404
    # A login that somebody else has asked for with the same account is none of ours.
    assert await post_line(house, house.line.account_link_event(customer.user_id, NONCE)) == 200
    await house.settle()
    assert customer.person.last() is customer.heard[-1]
    assert customer.account().failures == 0


async def test_each_button_has_a_token_of_its_own_that_lives_ten_minutes(house: House) -> None:
    customer = await greeted(house)
    first = link_token(customer)
    house.advance(minutes=10, seconds=1)
    with pytest.raises(LinkRefused):
        await comes_back(customer, first, NONCE)
    await customer.types("こんにちは")
    assert link_token(customer) != first
    await logs_in(customer, MORI)
    with pytest.raises(LinkRefused):
        await comes_back(customer, link_token(customer), NONCE)


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble.SERVER_ERROR,
        Trouble.BAD_GATEWAY,
        Trouble.RATE,
        Trouble.UNAUTHORIZED,
        Trouble.BARE_ANSWER,
        Trouble.TIME_OUT_BEFORE,
    ],
)
async def test_without_a_token_the_letters_code_is_left(
    house: House, trouble: Trouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    if trouble is Trouble.TIME_OUT_BEFORE:
        monkeypatch.setattr("bot.channels.line.bank_page._TIME_OUT", 0.1)
    customer = house.on_line()
    house.line.link_token_faults.add(trouble)
    await customer.types("こんにちは")
    assert say("lobby.no_login_now") in customer.said
    assert say("lobby.or_log_in") not in customer.said
    with pytest.raises(LookupError):
        login_button(customer)
    await customer.types("こんにちは")
    assert login_button(customer), "a fresh try"
    await customer.links(MORI)


# Both words ---------------------------------------------------------------------------------------


@on_both
async def test_who_logged_in_at_the_bank_is_asked_nothing_more(house: House) -> None:
    customer = await greeted(house)
    await logs_in(customer, MORI)
    assert say("lobby.linked_by_login") in customer.said
    assert customer.active().case_id == house.letter(MORI).case_id
    assert customer.active().open_question == "consent"
    assert house.case(MORI).status is CaseStatus.LINKED
    assert links(house) == [customer.account().id]
    assert [a for a in house.audited() if a.startswith("link.")] == ["link.login_registered", "link.made"]
    # The second factor counts as given: a day may pass, and no more.
    house.advance(hours=23)
    await customer.answers()
    assert say("lobby.verify_again") not in customer.said
    await customer.answers_all()
    assert house.case(MORI).status is CaseStatus.ANSWERED
    house.check_folds()


@on_both
async def test_the_platforms_word_may_come_before_the_banks(house: House) -> None:
    customer = await greeted(house)
    await comes_back(customer, link_token(customer), NONCE)
    assert say("lobby.login_early") in customer.said
    assert links(house) == []
    assert customer.account().failures == 1
    assert await register(house, NONCE, MORI) == 200
    await house.settle()
    assert say("lobby.linked_by_login") in customer.said
    assert customer.active().open_question == "consent"
    assert customer.account().failures == 0
    # It is used up now.
    assert await register(house, NONCE, MORI) == 409


@on_both
async def test_both_words_at_the_same_moment(house: House) -> None:
    for number in (MORI, HANAKO, TARO):
        customer = await greeted(house)
        nonce = f"{NONCE}-{customer.user_id[-8:]}"
        event = house.line.account_link_event(customer.user_id, nonce)
        statuses = await asyncio.gather(
            post_line(house, event), register(house, nonce, number), post_line(house, event)
        )
        assert statuses == [200, 200, 200]
        await house.settle()
        assert house.conversation_of(number).account_id == customer.account().id
        assert customer.everything().count(say("lobby.linked_by_login")) == 1
    assert len(links(house)) == 3


@on_both
async def test_the_same_event_again_does_nothing(house: House) -> None:
    customer = await greeted(house)
    event = house.line.account_link_event(customer.user_id, NONCE)
    assert await register(house, NONCE, MORI) == 200
    for _ in range(3):
        assert await post_line(house, event) == 200
        await house.settle()
    assert customer.everything().count(say("lobby.linked_by_login")) == 1
    assert customer.account().failures == 0
    assert house.audited().count("link.made") == 1


async def test_an_event_that_waited_for_us_counts_as_of_when_it_happened(house: House) -> None:
    """We were down for an hour: LINE delivers again what happened in time."""
    customer = await greeted(house)
    event = house.line.account_link_event(customer.user_id, NONCE)
    assert await register(house, NONCE, MORI) == 200
    house.advance(hours=1)
    assert await post_line(house, event) == 200
    assert links(house) == [customer.account().id]


# What the login leads to ----------------------------------------------------------------------------


def second_case(house: House, number: str) -> str:
    """Another review of the same customer, announced by letter."""

    def make(conn: Connection) -> str:
        case = house.case(number)
        made = cases.open_case(
            conn,
            house.universe,
            case.customer_id,
            cause="event",
            reason="address_returned",
            due_on=date(2026, 12, 31),
            questionnaire_id=case.questionnaire_id,
        )
        cases.move_case(conn, house.universe, made.id, CaseStatus.ANNOUNCED, actor="t", reason="t")
        cases.move_case(conn, house.universe, made.id, CaseStatus.SENT, actor="t", reason="t")
        return made.id

    return house.database.run(make)


async def test_with_several_open_cases_the_customer_says_which(house: House) -> None:
    other = second_case(house, MORI)
    customer = await greeted(house)
    await logs_in(customer, MORI)
    assert say("lobby.linked_by_login") in customer.said
    assert say("lobby.which_case") in customer.said
    assert len(links(house)) == 2
    for option, case_id in (("case1", other), ("case0", house.letter(MORI).case_id)):
        await customer.taps(option)
        assert customer.active().case_id == case_id, "no second factor in between"
        assert customer.active().open_question == "consent"
        await customer.types("切り替え")


async def test_a_case_that_is_not_announced_yet_is_none(house: House) -> None:
    house.database.run(
        lambda conn: conn.exec_driver_sql(
            f"UPDATE review_case SET status = '10' WHERE id = '{house.letter(MORI).case_id}'"
        )
    )
    customer = await greeted(house)
    await logs_in(customer, MORI)
    assert say("lobby.login_no_case") in customer.said
    assert links(house) == []
    assert "link.no_case" in house.audited()
    assert house.letter(MORI).master["name"] not in customer.everything()


async def test_a_second_account_takes_the_case_over_and_the_first_is_told(house: House) -> None:
    first, second = house.on_telegram(), await greeted(house)
    await half_way(first, MORI)
    await logs_in(second, MORI)
    assert say("lobby.moved_to_other_account") in first.person.last().text
    assert second.active().case_id == house.letter(MORI).case_id
    assert second.active().open_question == "address"


async def test_the_login_counts_as_the_second_factor_after_a_day(house: House) -> None:
    customer = await greeted(house)
    await logs_in(customer, MORI)
    await customer.answers()
    house.advance(days=2)
    await customer.types("こんにちは")
    assert say("lobby.verify_again") in customer.said
    # A button of before would be too old: the bank's own site may have led here.
    token = issue_link_token(house.line, customer.user_id)
    assert token is not None
    assert await register(house, NONCE + "-2", MORI) == 200
    await comes_back(customer, token, NONCE + "-2")
    assert say("lobby.linked_by_login") in customer.said
    assert customer.active().open_question == "respondent"
    assert len(links(house)) == 1


async def test_a_letter_after_the_login_is_still_good(house: House) -> None:
    customer = await greeted(house)
    await logs_in(customer, MORI)
    await customer.opens(new_letter(house, HANAKO))
    await customer.taps("same")
    await customer.proves(HANAKO)
    assert customer.active().case_id == house.letter(HANAKO).case_id
    assert say("lobby.several_cases") in customer.said


async def test_old_logins_go_with_the_clock(house: House) -> None:
    assert await register(house, NONCE, MORI) == 200
    for days, left in ((0, 1), (1, 1), (1, 0)):
        house.advance(days=days)
        await house.service.timers.tick()
        assert len(house.rows("SELECT id FROM bank_login")) == left


async def test_what_a_crash_left_behind_is_linked_by_the_next_sweep(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = await greeted(house)
    assert await register(house, NONCE, MORI) == 200
    with monkeypatch.context() as crashed:
        crashed.setattr(house.service.turns, "_drain", lambda *_: None)
        assert await post_line(house, house.line.account_link_event(customer.user_id, NONCE)) == 200
    assert links(house) == []
    house.advance(seconds=30)
    assert await house.service.turns.sweep() == 1
    assert links(house) == [customer.account().id]
