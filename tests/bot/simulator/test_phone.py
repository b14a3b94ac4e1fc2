"""The demo's phone page, with the real stand-ins and a bot that answers every event with one bubble."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer, unused_port

from bot.console.headers import CONTENT_SECURITY_POLICY
from bot.settings import Settings
from bot.simulator.people import Bubble, Person, Speaker, Tappable
from bot.simulator.phone import Letter, Login, make_phone
from bot.simulator.pictures import draw_picture
from bot.simulator.platform_line import LinePlatform
from bot.simulator.platform_telegram import TelegramPlatform
from storage.universe import FrozenUniverse

LETTERS = (
    Letter(
        key="a1",
        salutation="見本 花子",
        kind="individual",
        code="ABCD2345EFGH",
        check_number="4821",
        expires_on=date(2026, 12, 31),
        line_url="https://line.example/?ABCD2345EFGH",
        telegram_url="https://telegram.example/?start=ABCD2345EFGH",
        birth_date=date(1970, 4, 1),
        phone="090-0000-1234",
        about={"ja": "引っ越したばかり", "en": "has just moved"},
    ),
    Letter(
        key="a2",
        salutation="<script>alert(1)</script>",
        kind="corporate",
        code="JKLM2345NPQR",
        check_number="7310",
        expires_on=date(2026, 12, 31),
        line_url="https://line.example/?JKLM2345NPQR",
        telegram_url="https://telegram.example/?start=JKLM2345NPQR",
    ),
)

Made = tuple[TestClient[web.Request, web.Application], LinePlatform, TelegramPlatform]


async def letters() -> tuple[Letter, ...]:
    return LETTERS


@pytest.fixture
async def made(universe: FrozenUniverse) -> AsyncIterator[Made]:
    """The phone page, and a bot that takes every webhook."""
    port = unused_port()

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response()

    bot = web.Application()
    bot.router.add_post("/{name}/webhook", take)
    address = f"http://127.0.0.1:{port}"
    line = LinePlatform(f"{address}/line/webhook", "secret", "token", now=universe.now, new_id=universe.new_id)
    telegram = TelegramPlatform("1:token", "bot", now=universe.now, webhook_url=f"{address}/telegram/webhook")
    app = web.Application()
    logins = (Login(login="sato", password="demo-password", role="operator"),)
    app.add_subapp("/demo/", make_phone(line, telegram, letters, Settings(), logins=logins))
    await line.start()
    await telegram.start()
    async with TestServer(bot, port=port), TestClient(TestServer(app)) as client:
        yield client, line, telegram
    await line.close()
    await telegram.close()


async def act(client: TestClient[web.Request, web.Application], **wish: object) -> bool:
    answer = await client.post("/demo/api/act", json={"letter": "a1", "platform": "line", **wish})
    ok: bool = (await answer.json())["ok"]
    return ok


async def chat(client: TestClient[web.Request, web.Application], platform: str = "line") -> dict[str, Any]:
    """The first state that the stream tells."""
    async with client.get(f"/demo/api/live?letter=a1&platform={platform}") as stream:
        async for raw in stream.content:
            if raw.startswith(b"data: "):
                state: dict[str, Any] = json.loads(raw[6:])
                return state
    raise AssertionError("the stream ended without a word")


async def test_the_page_shows_letter_role_and_warning_under_the_strict_policy(made: Made) -> None:
    client, _, _ = made
    answer = await client.get("/demo/phone")
    page = await answer.text()
    assert answer.status == 200
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert "デモ:本物のお客さま情報を入れないでください" in page
    assert "見本 花子 様" in page
    assert "4821" in page
    assert "<span>ABCD</span> <span>2345</span> <span>EFGH</span>" in page
    assert "1970年4月1日" in page
    assert "demo-password" in page
    assert 'href="/console/exports"' in page
    assert "<script>alert" not in page
    assert " style=" not in page
    assert "has just moved" in await (await client.get("/demo/phone?locale=en")).text()


async def test_own_files_and_pictures_come_from_our_origin(made: Made) -> None:
    client, _, _ = made
    for name in ("console.css", "phone.css", "phone.js"):
        answer = await client.get(f"/demo/static/{name}")
        assert answer.status == 200
        again = await client.get(f"/demo/static/{name}", headers={"If-None-Match": answer.headers["ETag"]})
        assert again.status == 304
    assert (await client.get("/demo/static/../phone.py")).status == 404
    picture = await client.get("/demo/qr/telegram/a1.svg")
    assert picture.content_type == "image/svg+xml"
    assert (await picture.read()).startswith(b"<svg")
    assert (await client.get("/demo/qr/line/zz.svg")).status == 404


async def test_a_person_plays_line(made: Made) -> None:
    client, line, _ = made
    assert not await act(client, do="text", text="こんにちは"), "a stranger cannot write before adding the account"
    assert await act(client, do="scan")
    (person,) = line.people
    assert person.friend
    assert await act(client, do="text", text="ABCD2345EFGH")
    assert [bubble.text for bubble in person.bubbles] == ["ABCD2345EFGH"]
    assert await act(client, do="unsend", message=person.bubbles[0].message_id)
    assert person.bubbles[0].unsent
    assert await act(client, do="sticker")
    assert await act(client, do="picture")
    assert person.bubbles[-1].media == "image"
    assert await act(client, do="block")
    assert person.blocked
    assert not await act(client, do="text", text="届かない")
    assert await act(client, do="unblock")
    assert person.friend


async def test_the_letters_link_starts_telegram_with_its_code(made: Made) -> None:
    client, _, telegram = made
    assert await act(client, platform="telegram", do="scan")
    (person,) = telegram.people
    assert person.bubbles[0].text == "/start ABCD2345EFGH"
    assert await act(client, platform="telegram", do="picture")
    assert person.bubbles[-1].media == "photo"
    shown = await client.get("/demo/picture.jpg")
    assert (shown.content_type, await shown.read()) == ("image/jpeg", draw_picture())
    assert await act(client, platform="telegram", do="block")
    assert person.blocked
    assert await act(client, platform="telegram", do="unblock")
    answer = await client.post("/demo/api/act", json={"letter": "a1", "platform": "telegram", "do": "unsend"})
    assert answer.status == 400, "Telegram tells a bot nothing of deleted messages"


def question(person: Person, universe: FrozenUniverse, name: str) -> Bubble:
    bubble = Bubble(
        message_id=name,
        speaker=Speaker.ACCOUNT,
        at=universe.now(),
        text="ご住所は変わりましたか。",
        rows=((Tappable(label="変わった", data="1.r.t.changed", said="変わった"),),),
        quick_replies=(Tappable(label="もどる", data="1.r.t.back", said="もどる"),),
    )
    person.bubbles.append(bubble)
    return bubble


async def test_the_chat_is_told_as_the_person_sees_it(made: Made, universe: FrozenUniverse) -> None:
    client, line, _ = made
    await act(client, do="scan")
    (person,) = line.people
    question(person, universe, "m1")
    question(person, universe, "m2")
    state = await chat(client)
    assert state["friend"] is True
    old, new = state["bubbles"]
    assert old["quick"] == [], "quick replies vanish with the next message"
    assert new["quick"] == ["もどる"]
    assert new["rows"] == [["変わった"]]
    assert new["time"] == "10:00"
    assert await act(client, do="tap", message="m2", choice=1)
    assert person.bubbles[-1].text == "もどる"
    answer = await client.post(
        "/demo/api/act", json={"letter": "a1", "platform": "line", "do": "tap", "message": "m1", "choice": 1}
    )
    assert answer.status == 409
    assert await answer.json() == {"ok": False, "why": "gone"}


async def test_the_stream_tells_a_new_bubble_at_once(made: Made, universe: FrozenUniverse) -> None:
    client, line, _ = made
    await act(client, do="scan")
    (person,) = line.people
    seen: list[int] = []
    async with client.get("/demo/api/live?letter=a1&platform=line") as stream:
        async with asyncio.timeout(2):
            async for raw in stream.content:
                if raw.startswith(b"data: "):
                    seen.append(len(json.loads(raw[6:])["bubbles"]))
                    if seen == [0]:
                        question(person, universe, "m1")
                if seen == [0, 1]:
                    break
    assert seen == [0, 1]


@pytest.mark.parametrize(
    ("request_arguments", "status"),
    [
        ({"data": "letter=a1&platform=line&do=block"}, 415),
        (
            {"json": {"letter": "a1", "platform": "line", "do": "block"}, "headers": {"Sec-Fetch-Site": "cross-site"}},
            403,
        ),
        ({"data": "{", "headers": {"Content-Type": "application/json"}}, 400),
        ({"json": ["block"]}, 400),
        ({"json": {"letter": "zz", "platform": "line", "do": "block"}}, 404),
        ({"json": {"letter": "a1", "platform": "fax", "do": "block"}}, 404),
        ({"json": {"letter": "a1", "platform": "line", "do": "explode"}}, 400),
    ],
)
async def test_what_is_not_from_our_page_or_makes_no_sense_is_refused(
    made: Made, request_arguments: dict[str, object], status: int
) -> None:
    client, line, _ = made
    answer = await client.post("/demo/api/act", **request_arguments)  # type: ignore[arg-type]
    assert answer.status == status
    assert not any(person.blocked for person in line.people)


async def test_open_streams_do_not_hold_up_the_end(universe: FrozenUniverse) -> None:
    line = LinePlatform("http://127.0.0.1:9/", "secret", "token", now=universe.now, new_id=universe.new_id)
    telegram = TelegramPlatform("1:token", "bot", now=universe.now)
    app = web.Application()
    app.add_subapp("/demo/", make_phone(line, telegram, letters, Settings()))
    server = TestServer(app)
    await server.start_server()
    async with ClientSession() as session:
        stream = await session.get(server.make_url("/demo/api/live?letter=a1&platform=line"))
        await stream.content.readline()
        async with asyncio.timeout(3):
            await server.close()
