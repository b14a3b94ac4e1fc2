"""The menu beside the chat follows the customer, on both databases: linked, answering, done, language, blocked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection

from bot import connecting
from bot.channels.base import Tap
from bot.channels.line.adapter import LineChannel
from bot.channels.line.menus import LineMenus
from bot.channels.menus import LISTED, MenuState
from bot.channels.report import Level
from bot.menus import LEASE, MenuKeeper
from bot.simulator.faults import Trouble
from bot.simulator.people import Bubble
from dialogs.conversation.commands import Command
from dialogs.conversation.state import from_json
from dialogs.personal import Personal
from locales import VOICES
from storage import accounts
from storage.cases import CaseStatus, move_case
from storage.content import load_content
from storage.menus import DueMenu
from tests.bot.simulator.menus import draw_once
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, say

INDIVIDUAL = "0000123"
OTHER = "0000124"


@pytest.fixture(autouse=True)
def drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.line.menu_drawing.draw_menu", draw_once)


@pytest.fixture
async def connected(house: House) -> House:
    """A house whose platforms know it."""
    looks = await connecting.connect(house.service.channels, house.settings, house.database, house.webhooks_url)
    assert [remark for look in looks for remark in look.remarks if remark.level is Level.FIX] == []
    return house


async def keep(house: House) -> None:
    """Bring the menus in step."""
    while await house.service.menus[0].show_due():
        pass


def shown(customer: Customer) -> str:
    """State and language of the menu on this phone."""
    menu = customer.house.line.menus.shown_to(customer.user_id)
    return "" if menu is None else menu.asked["name"].split("/")[1]


async def taps_menu(customer: Customer, command: str) -> list[Bubble]:
    """Tap the area of a command."""
    menu = customer.house.line.menus.shown_to(customer.user_id)
    assert menu is not None
    options = [Tap.decode(button.data).option for _, button in menu.areas]  # type: ignore[union-attr]
    return await customer.does(customer.house.line.tap_menu(customer.user_id, options.index(command)))


@on_both
async def test_the_menu_follows_from_the_letter_to_the_receipt_and_beyond(connected: House) -> None:
    customer = connected.on_line()
    await customer.types("こんにちは")
    await keep(connected)
    assert shown(customer) == "not_linked-ja"
    await customer.links(INDIVIDUAL)
    await keep(connected)
    assert shown(customer) == "open-ja"
    await customer.types("English")
    await keep(connected)
    assert shown(customer) == "open-en"
    await taps_menu(customer, "later")
    await taps_menu(customer, "resume")
    await customer.answers_all()
    await keep(connected)
    assert shown(customer) == "nothing-en"
    await customer.types("unlink")
    await customer.taps("yes")
    await keep(connected)
    # The language of the conversation to which the customer comes back: the bot speaks it, too.
    assert shown(customer) == f"not_linked-{customer.active().locale}"


@on_both
async def test_what_the_office_does_changes_the_menu_too(connected: House) -> None:
    customer = connected.on_line()
    await customer.links(INDIVIDUAL)
    await keep(connected)
    case, uni = connected.case(INDIVIDUAL), connected.universe
    connected.database.run(
        lambda conn: move_case(conn, uni, case.id, CaseStatus.CANCELLED, actor="test", reason="cancelled")
    )
    await keep(connected)
    assert shown(customer) == "nothing-ja"


async def test_a_letter_on_another_phone_takes_the_menu_along(connected: House) -> None:
    first = connected.on_line()
    await first.links(INDIVIDUAL)
    await keep(connected)
    case, second = connected.case(INDIVIDUAL), connected.on_line()
    await second.types("こんにちは")
    account = second.account()
    connected.database.run(
        lambda conn: accounts.make_link(conn, connected.universe, account.id, case.customer_id, case.id)
    )
    await keep(connected)
    assert (shown(first), shown(second)) == ("not_linked-ja", "open-ja")


# Every area leads somewhere -----------------------------------------------------------------------


async def test_every_area_of_the_first_menu_is_answered(connected: House) -> None:
    customer = connected.on_line()
    heard = await taps_menu(customer, "resume")
    assert say("lobby.ask_code") in heard[-1].text
    heard = await taps_menu(customer, "verify")
    assert say("lobby.ask_code") in heard[-1].text
    assert len(customer.said) > 100, "the approved answer is missing"
    await taps_menu(customer, "language_en")
    assert say("lobby.ask_code", "en") in customer.said
    await taps_menu(customer, "staff")
    assert say("handover.waiting", "en") in customer.said


async def test_every_area_of_the_open_menu_is_answered(connected: House) -> None:
    customer = connected.on_line()
    await customer.links(INDIVIDUAL)
    await keep(connected)
    question = customer.active().open_question
    await taps_menu(customer, "help")
    assert say("engine.help") in customer.said
    await taps_menu(customer, "later")
    assert customer.active().phase == "paused"
    await taps_menu(customer, "resume")
    assert customer.active().open_question == question
    await taps_menu(customer, "switch")
    assert say("lobby.only_one_case") in customer.said
    await taps_menu(customer, "verify")
    assert say("engine.stale") not in customer.everything()
    await taps_menu(customer, "staff")
    assert say("handover.waiting") in customer.said
    connected.check_folds()
    # Staff read what was tapped as it stood on the menu.
    kept = connected.rows("SELECT content_id AS id FROM inbound_event WHERE kind = 'choice'")
    vault = connected.database.vault
    bodies = [connected.database.run_read(lambda conn, id=row.id: load_content(conn, vault, id)) for row in kept]
    assert {"あとで", "つづける", "係の者と話す"} <= {body["label"] for body in bodies if body}


async def test_a_menu_that_is_behind_leads_nowhere_wrong(connected: House) -> None:
    customer = connected.on_line()
    await customer.links(INDIVIDUAL)
    await keep(connected)
    await customer.answers_all()
    # The keeper has not come by yet.
    assert shown(customer) == "open-ja"
    for command in ("resume", "later", "help", "verify", "switch"):
        heard = await taps_menu(customer, command)
        assert heard, command
        assert connected.case(INDIVIDUAL).status in ("60", "65", "66", "70")


async def test_after_a_day_of_silence_the_menu_shows_nothing_before_the_second_factor(connected: House) -> None:
    customer = connected.on_line()
    await customer.links(INDIVIDUAL)
    await keep(connected)
    connected.advance(hours=25)
    await taps_menu(customer, "resume")
    assert say("lobby.verify_again") in customer.said


@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_every_listed_command_is_answered_and_taken_for_no_answer(house: House, channel: str) -> None:
    customer = house.on(channel)
    for command in (Command.HELP, Command.VERIFY, Command.RESUME, Command.STATUS):
        assert await customer.types(f"/{command}"), f"nothing in the lobby to /{command}"
    await customer.links(INDIVIDUAL)
    answers = from_json(customer.active().state).answers
    for command in (command for command in LISTED if command is not Command.STAFF):
        assert await customer.types(f"/{command}"), f"nothing to /{command}"
        assert say("problem.choose") not in customer.said, command
        assert from_json(customer.active().state).answers == answers, command
    assert customer.active().locale == "en"
    await customer.types("/language")
    assert customer.active().locale == "ja"
    await customer.types("/staff")
    assert customer.active().owner == "waiting"


# The platform in trouble --------------------------------------------------------------------------


def another(house: House) -> MenuKeeper:
    """The keeper of another process."""
    channel = house.service.channels["line"]
    assert isinstance(channel, LineChannel)
    return MenuKeeper(house.database, "line", LineMenus(channel), "another process")


@on_both
async def test_several_keepers_show_each_menu_once(connected: House) -> None:
    customers = [connected.on_line() for _ in range(6)]
    for customer in customers:
        await customer.types("こんにちは")
    other = another(connected)
    connected.line.menus.linked_in_calls.clear()
    for _ in range(3):
        await other.show_due()
        await connected.service.menus[0].show_due()
    assert sum(connected.line.menus.linked_in_calls) == 6
    # All in one call.
    assert connected.line.menus.linked_in_calls == [6]


@on_both
async def test_a_keeper_that_died_is_replaced_and_comes_too_late(
    connected: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = connected.on_line()
    await customer.types("こんにちは")
    keeper = connected.service.menus[0]
    settle = keeper._settle
    held: list[tuple[Sequence[DueMenu], str]] = []

    async def die(rows: Sequence[DueMenu], menu_id: str) -> None:
        held.append((rows, menu_id))

    monkeypatch.setattr(keeper, "_settle", die)
    await keeper.show_due()
    other = another(connected)
    assert await other.show_due() == 0
    connected.universe.advance(LEASE)
    await customer.types("English")
    assert await other.show_due() == 1
    assert shown(customer) == "not_linked-en"
    [(rows, menu_id)] = held
    await settle(rows, menu_id)
    [row] = connected.rows("SELECT shown FROM account_menu")
    assert row.shown == connected.line.menus.links[customer.user_id]


@pytest.mark.parametrize("trouble", [Trouble.RATE, Trouble.SERVER_ERROR, Trouble.DISCONNECT_AFTER])
async def test_trouble_puts_it_off(connected: House, trouble: Trouble) -> None:
    customer = connected.on_line()
    await customer.types("English")
    keeper = connected.service.menus[0]
    connected.line.menus.faults.add(trouble)
    assert await keeper.show_due() == 1
    assert await keeper.show_due() == 0, "it was tried again at once"
    connected.advance(seconds=2)
    assert await keeper.show_due() == 1
    assert shown(customer) == "not_linked-en"
    connected.advance(hours=1)
    assert await keeper.show_due() == 0


async def test_the_wait_grows(connected: House) -> None:
    await connected.on_line().types("English")
    keeper = connected.service.menus[0]
    connected.line.menus.faults.add(*[Trouble.SERVER_ERROR] * 5)
    assert await keeper.show_due() == 1
    waits = []
    for _ in range(4):
        seconds = 1
        connected.advance(seconds=1)
        while await keeper.show_due() == 0:
            connected.advance(seconds=1)
            seconds += 1
        waits.append(seconds)
    assert waits == [2, 4, 8, 16]


async def test_one_that_line_does_not_take_keeps_nobody_else_from_his_menu(connected: House) -> None:
    customer = connected.on_line()
    await customer.types("English")

    def forged(conn: Connection) -> None:
        uni = connected.universe
        account = accounts.upsert_account(conn, connected.database.vault, uni, "line", Personal("no user id"), "en")
        accounts.set_account_locale(conn, account.id, "en")

    connected.database.run(forged)
    await keep(connected)
    assert shown(customer) == "not_linked-en"
    assert connected.rows("SELECT count(*) AS n FROM account_menu WHERE due_at IS NOT NULL")[0].n == 0


async def test_who_has_blocked_us_is_left_alone_until_he_is_back(connected: House) -> None:
    customer = connected.on_line()
    await customer.types("English")
    await customer.does(connected.line.unfollow(customer.user_id))
    connected.line.menus.linked_in_calls.clear()
    await keep(connected)
    assert connected.line.menus.linked_in_calls == []
    await customer.does(connected.line.follow(customer.user_id))
    await keep(connected)
    assert connected.line.menus.linked_in_calls == [1]
    assert shown(customer) == "not_linked-en"


async def test_the_sender_role_keeps_the_menus(connected: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await connected.restart(("sender",))
    keeper, settled = connected.service.menus[0], asyncio.Event()
    settle = keeper._settle

    async def tell(rows: Sequence[DueMenu], menu_id: str) -> None:
        await settle(rows, menu_id)
        settled.set()

    monkeypatch.setattr(keeper, "_settle", tell)
    customer = connected.on_line()
    await customer.types("こんにちは", settle=False)
    await asyncio.wait_for(settled.wait(), 30)
    assert connected.line.menus.links[customer.user_id] == connected.line.menus.default_id


# New menus ----------------------------------------------------------------------------------------


@on_both
async def test_new_menus_replace_the_old_for_everybody_before_those_go(connected: House, tmp_path: Path) -> None:
    customers = [connected.on_line() for _ in range(3)]
    for customer in customers:
        await customer.types("English")
    await keep(connected)
    old = {connected.line.menus.links[customer.user_id] for customer in customers}
    own = tmp_path / "locales" / "en" / "LC_MESSAGES"
    own.mkdir(parents=True)
    (own / "bank.po").write_text('msgid ""\nmsgstr ""\n\nmsgid "menu.code"\nmsgstr "Letter code"\n', encoding="utf-8")
    settings = connected.settings.model_copy(update={"content_dir": tmp_path})
    [look, _] = await connecting.connect(
        connected.service.channels, settings, connected.database, connected.webhooks_url
    )
    assert {r.part: dict(r.params) for r in look.remarks if r.part in ("accounts", "old_menus")} == {
        "accounts": {"count": "3"},
        "old_menus": {"count": "1"},
    }
    # Still there for those who see them.
    assert old <= set(connected.line.menus.menus)
    connected.line.menus.linked_in_calls.clear()
    await keep(connected)
    assert connected.line.menus.linked_in_calls == [3]
    assert not old & set(connected.line.menus.menus)
    assert len(connected.line.menus.menus) == len(MenuState) * len(VOICES)


async def test_without_menus_nothing_is_asked_of_line(house: House) -> None:
    customer = house.on_line()
    await customer.links(INDIVIDUAL)
    assert await house.service.menus[0].show_due() == 0
    assert house.line.menus.linked_in_calls == []
    # And who came before there were menus gets his.
    await connecting.connect(house.service.channels, house.settings, house.database, house.webhooks_url)
    await keep(house)
    assert shown(customer) == "open-ja"
