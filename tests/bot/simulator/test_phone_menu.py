"""What stands beside the chat on the phone page: shown as the platform shows it, tapped through signed webhooks."""

from __future__ import annotations

from typing import Any

import pytest

from bot.channels.menus import entries_of
from tests.bot.simulator.menus import NEW, WORDS, tell
from tests.bot.simulator.test_phone import Made, act, chat, made

__all__ = ["made"]


@pytest.fixture
def with_menus(made: Made) -> Made:
    """Both platforms have been told."""
    tell(made[1], made[2])
    return made


async def test_before_anything_is_connected_there_is_no_menu(made: Made) -> None:
    client, _, _ = made
    assert (await chat(client))["menu"] is None
    assert (await chat(client, "telegram"))["menu"] is None


async def test_the_picture_and_its_areas_are_those_of_the_platform(with_menus: Made) -> None:
    client, line, _ = with_menus
    menu = (await chat(client))["menu"]
    assert (menu["bar"], menu["ratio"]) == ("メニュー", "2500 / 1686")
    assert [area["label"] for area in menu["areas"]] == [entry.label(WORDS) for entry in entries_of(NEW)]
    first, *_, last = menu["areas"]
    assert (first["x"], first["y"], first["width"], first["height"]) == (0, 0, 50, 50)
    assert (last["x"] + last["width"], last["y"] + last["height"]) == (100, 100)
    answer = await client.get(menu["picture"])
    assert answer.status == 200
    assert await answer.read() == line.menus.menus[line.menus.default_id or ""].picture
    assert (await client.get("/demo/menu/none.png")).status == 404


async def test_a_tap_on_the_picture_arrives_as_a_postback(with_menus: Made) -> None:
    client, line, _ = with_menus
    assert not await act(client, do="menu", choice=1), "who has not added the account sees no menu"
    await act(client, do="add")
    assert await act(client, do="menu", choice=1)
    [event] = line.deliveries[-1].events
    assert (event["type"], event["postback"]["data"]) == ("postback", "1.menu.-.verify")
    said: list[dict[str, Any]] = (await chat(client))["bubbles"]
    assert said[-1]["text"] == "本物か確かめる"
    assert not await act(client, do="menu", choice=99)
    assert not await act(client, do="menu", choice="1")


async def test_a_command_of_the_list_is_sent_as_text(with_menus: Made) -> None:
    client, _, telegram = with_menus
    menu = (await chat(client, "telegram"))["menu"]
    assert menu["commands"][0] == {"command": "resume", "description": "つづきから答える"}
    await act(client, platform="telegram", do="add")
    assert await act(client, platform="telegram", do="menu", choice=0)
    update = telegram.deliveries[-1].update
    assert update["message"]["text"] == "/resume"
    assert update["message"]["entities"][0]["type"] == "bot_command"
    assert not await act(client, platform="telegram", do="menu", choice=99)
