"""Rich menus through the real SDK: made with a picture, found by name, shown, deleted; what LINE refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from linebot.v3.messaging import ApiException, RichMenuBounds

from bot.channels.base import Outcome
from bot.channels.line.menus import LineMenus, name_of, request_of
from bot.channels.menus import MenuKind, MenuState
from bot.channels.report import NotDone, Unauthorized, Unreachable
from bot.simulator.faults import Trouble
from bot.simulator.people import Person
from dialogs.personal import Personal
from locales import load_catalogue
from tests.bot.simulator.stands import LineStand, line_stand

OPEN = MenuKind(state=MenuState.OPEN, locale="ja")
WORDS = load_catalogue("ja")


@pytest.fixture
async def stand() -> AsyncIterator[LineStand]:
    async with line_stand() as opened:
        yield opened


@pytest.fixture
def menus(stand: LineStand) -> LineMenus:
    return LineMenus(stand.channel, time_out=5.0)


def shown(stand: LineStand, person: Person) -> str | None:
    menu = stand.platform.menus.shown_to(person.user_id)
    return None if menu is None else menu.menu_id


def ids(*people: Person) -> list[Personal]:
    return [Personal(person.user_id) for person in people]


async def test_a_menu_is_made_with_its_picture_and_found_again(stand: LineStand, menus: LineMenus) -> None:
    assert await menus.listed() == []
    menu_id = await menus.make(OPEN, WORDS)
    assert [(menu.menu_id, menu.name) for menu in await menus.listed()] == [(menu_id, name_of(OPEN, WORDS))]
    made = stand.platform.menus.menus[menu_id]
    assert made.content_type == "image/png"
    assert [button.label for _, button in made.areas][:2] == ["つづける", "あとで"]


async def test_a_menu_of_somebody_else_is_left_alone(stand: LineStand, menus: LineMenus) -> None:
    other = request_of(OPEN, WORDS)
    other.name = "made by hand"
    await stand.channel.api.create_rich_menu(other)
    assert await menus.listed() == []


async def test_it_is_shown_to_one_to_many_and_to_everybody_else(stand: LineStand, menus: LineMenus) -> None:
    anna, bert, carl = (stand.platform.add_person(name, friend=True) for name in ("A", "B", "C"))
    first, second = (
        await menus.make(OPEN, WORDS),
        await menus.make(MenuKind(state=MenuState.NOTHING, locale="ja"), WORDS),
    )
    assert await menus.default() is None
    assert shown(stand, carl) is None
    await menus.set_default(second)
    assert await menus.default() == second
    assert (await menus.show(first, ids(anna))).outcome is Outcome.SENT
    assert [shown(stand, person) for person in (anna, bert)] == [first, second]
    assert (await menus.show(first, ids(anna, bert))).outcome is Outcome.SENT
    assert stand.platform.menus.linked_in_calls == [1, 2]
    assert [shown(stand, person) for person in (anna, bert, carl)] == [first, first, second]
    assert (await menus.remove(first)).outcome is Outcome.SENT
    assert shown(stand, anna) == second
    # Gone is gone, whoever did it.
    assert (await menus.remove(first)).outcome is Outcome.ACCEPTED_BEFORE


async def test_the_stand_in_knows_who_is_shown_what(stand: LineStand, menus: LineMenus) -> None:
    api, person = stand.channel.api, stand.platform.add_person(friend=True)
    menu_id = await menus.make(OPEN, WORDS)
    await api.validate_rich_menu_object(request_of(OPEN, WORDS))
    await menus.set_default(menu_id)
    await menus.show(menu_id, ids(person))
    assert (await api.get_rich_menu_id_of_user(person.user_id)).rich_menu_id == menu_id
    await api.unlink_rich_menu_id_from_user(person.user_id)
    with pytest.raises(ApiException, match="404"):
        await api.get_rich_menu_id_of_user(person.user_id)
    assert shown(stand, person) == menu_id, "without a menu of his own he sees the one of everybody"
    await api.cancel_default_rich_menu()
    assert shown(stand, person) is None


async def test_what_stays_without_its_picture_is_taken_away(
    stand: LineStand, menus: LineMenus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.line.menu_drawing.draw_menu", lambda *_: b"no picture")
    with pytest.raises(NotDone, match="image size"):
        await menus.make(OPEN, WORDS)
    assert stand.platform.menus.menus == {}


@pytest.mark.parametrize(("trouble", "outcome"), [(Trouble.RATE, Outcome.RETRY), (Trouble.SERVER_ERROR, Outcome.RETRY)])
async def test_trouble_that_passes(stand: LineStand, menus: LineMenus, trouble: Trouble, outcome: Outcome) -> None:
    menu_id = await menus.make(OPEN, WORDS)
    person = stand.platform.add_person(friend=True)
    stand.platform.menus.faults.add(trouble, trouble)
    assert (await menus.show(menu_id, ids(person))).outcome is outcome
    assert (await menus.show(menu_id, ids(person, person))).outcome is outcome
    assert shown(stand, person) is None


async def test_no_answer_may_be_tried_again(stand: LineStand, menus: LineMenus) -> None:
    menu_id = await menus.make(OPEN, WORDS)
    person = stand.platform.add_person(friend=True)
    stand.platform.menus.faults.add(Trouble.DISCONNECT_AFTER)
    assert (await menus.show(menu_id, ids(person))).outcome is Outcome.RETRY
    assert (await menus.show(menu_id, ids(person))).outcome is Outcome.SENT


async def test_a_menu_that_is_not_there_is_never_shown(stand: LineStand, menus: LineMenus) -> None:
    sent = await menus.show("richmenu-none", ids(stand.platform.add_person(friend=True)))
    assert sent.outcome is Outcome.REJECTED
    assert "richmenu not found" in sent.detail


async def test_a_token_that_line_refuses_and_a_line_that_is_away(stand: LineStand, menus: LineMenus) -> None:
    stand.platform.tokens.long_lived = "another"
    with pytest.raises(Unauthorized):
        await menus.listed()
    stand.channel._api_base = "http://127.0.0.1:1"
    await stand.channel.close()
    await stand.channel.start()
    with pytest.raises(Unreachable):
        await menus.listed()


# The stand-in refuses what LINE refuses -----------------------------------------------------------


async def test_the_stand_in_refuses_areas_outside_of_the_picture(stand: LineStand) -> None:
    menu = request_of(OPEN, WORDS)
    menu.areas[-1].bounds = RichMenuBounds(x=1667, y=843, width=834, height=843)
    with pytest.raises(ApiException) as refused:
        await stand.channel.api.create_rich_menu(menu)
    assert refused.value.status == 400
    assert b"areas[5].bounds" in refused.value.body.encode()


@pytest.mark.parametrize(
    ("size", "place"), [((2500, 1800), "size.height"), ((2501, 1686), "size.width"), ((700, 300), "size.width")]
)
async def test_the_stand_in_refuses_sizes(stand: LineStand, size: tuple[int, int], place: str) -> None:
    menu = request_of(OPEN, WORDS)
    menu.size.width, menu.size.height = size
    menu.areas = []
    with pytest.raises(ApiException) as refused:
        await stand.channel.api.create_rich_menu(menu)
    assert place in refused.value.body


async def test_the_stand_in_shows_no_menu_without_a_picture(stand: LineStand, menus: LineMenus) -> None:
    made = await stand.channel.api.create_rich_menu(request_of(OPEN, WORDS))
    with pytest.raises(NotDone, match="must upload richmenu image"):
        await menus.set_default(made.rich_menu_id)
    sent = await menus.show(made.rich_menu_id, ids(stand.platform.add_person()))
    assert sent.outcome is Outcome.REJECTED


async def test_the_stand_in_counts_what_is_made_in_an_hour(stand: LineStand) -> None:
    api = stand.channel.api
    for _ in range(100):
        await api.create_rich_menu(request_of(OPEN, WORDS))
    with pytest.raises(ApiException) as refused:
        await api.create_rich_menu(request_of(OPEN, WORDS))
    assert refused.value.status == 429
    stand.clock.advance(hours=1)
    await api.create_rich_menu(request_of(OPEN, WORDS))
