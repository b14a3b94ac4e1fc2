"""Pictures through the real SDKs: what each answer of a platform means, and that no more is read than allowed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from bot.channels.base import LARGEST_IMAGE, Fetch, Fetched, InboundKind
from bot.channels.line.images import LineImages
from bot.channels.line.tokens import LongLivedToken
from bot.channels.telegram.images import TelegramImages
from bot.simulator.faults import Fault, Trouble
from bot.simulator.pictures import draw_picture
from dialogs.personal import Personal
from tests.bot.simulator.stands import BOT_TOKEN, TOKEN, LineStand, TelegramStand, line_stand, telegram_stand

TROUBLES = [Trouble.SERVER_ERROR, Trouble.BAD_GATEWAY, Trouble.RATE, Trouble.UNAUTHORIZED, Trouble.DISCONNECT_AFTER]


@pytest.fixture
async def line() -> AsyncIterator[LineStand]:
    async with line_stand() as stand:
        yield stand


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramStand]:
    async with telegram_stand() as stand:
        yield stand


async def sent_on_line(stand: LineStand) -> Personal:
    """Somebody sends a photo; by what it is fetched."""
    person = stand.platform.add_person(friend=True)
    await stand.platform.send_image(person.user_id)
    event = stand.bot.last()
    assert event.kind is InboundKind.MEDIA
    assert event.image is not None
    return event.image


async def sent_on_telegram(stand: TelegramStand) -> Personal:
    person = stand.platform.add_person(friend=True)
    await stand.platform.send_photo(person.user_id)
    assert stand.bot.last().image is not None
    return stand.bot.last().image or Personal("")


# LINE -----------------------------------------------------------------------------------------


async def test_line_hands_out_a_picture_once_it_is_ready(line: LineStand) -> None:
    ref = await sent_on_line(line)
    line.platform.contents.not_ready[ref.reveal()] = 1
    assert (await line.channel.fetch_image(ref)).outcome is Fetch.NOT_READY
    assert await line.channel.fetch_image(ref) == Fetched(outcome=Fetch.GOT, body=draw_picture())
    assert [path for method, path, _ in line.calls.calls] == [f"/v2/bot/message/{ref.reveal()}/content"] * 2
    line.calls.verify()


async def test_line_has_nothing_of_what_was_taken_back_or_never_there(line: LineStand) -> None:
    ref = await sent_on_line(line)
    line.platform.contents.remove(ref.reveal())
    assert await line.channel.fetch_image(ref) == Fetched(outcome=Fetch.GONE, detail="410")
    assert await line.channel.fetch_image(Personal("1234")) == Fetched(outcome=Fetch.GONE, detail="404")


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_lines_trouble_passes(line: LineStand, trouble: Trouble) -> None:
    ref = await sent_on_line(line)
    line.platform.contents.faults.add(trouble)
    assert (await line.channel.fetch_image(ref)).outcome is Fetch.RETRY
    assert (await line.channel.fetch_image(ref)).outcome is Fetch.GOT


async def test_of_line_only_pictures_of_line_itself_are_fetched(line: LineStand) -> None:
    person = line.platform.add_person(friend=True)
    provider = {"type": "external", "originalContentUrl": "https://a.example/p.jpg"}
    await line.platform.deliver(line.platform.image_event(person.user_id, contentProvider=provider))
    assert (line.bot.last().media, line.bot.last().image) == ("image", None)
    await line.platform.send_sticker(person.user_id)
    assert line.bot.last().image is None
    for at in (1, 2):
        image_set = {"id": "set", "index": at, "total": 2}
        await line.platform.deliver(line.platform.image_event(person.user_id, imageSet=image_set))
    first, second = line.bot.received[-2:]
    assert first.image is not None
    assert first.image != second.image


# Telegram -------------------------------------------------------------------------------------


async def test_of_a_telegram_photo_the_largest_copy_is_fetched(telegram: TelegramStand) -> None:
    ref = await sent_on_telegram(telegram)
    assert await telegram.channel.fetch_image(ref) == Fetched(outcome=Fetch.GOT, body=draw_picture())
    telegram.calls.verify()


async def test_a_telegram_document_is_a_picture_where_the_phone_says_so(telegram: TelegramStand) -> None:
    person = telegram.platform.add_person(friend=True)
    for mime_type, media in (("image/png", "photo"), ("application/pdf", "document"), ("video/mp4", "document")):
        await telegram.platform.send_document(person.user_id, b"x", name="a", mime_type=mime_type)
        assert telegram.bot.last().media == media
        assert (telegram.bot.last().image is not None) == (media == "photo")


@pytest.mark.parametrize("step", ["getFile", "download"])
@pytest.mark.parametrize("trouble", [Trouble.SERVER_ERROR, Trouble.BAD_GATEWAY, Trouble.DISCONNECT_AFTER])
async def test_telegrams_trouble_passes(telegram: TelegramStand, trouble: Trouble, step: str) -> None:
    ref = await sent_on_telegram(telegram)
    telegram.platform.files.faults.add(*([trouble] if step == "getFile" else [None, trouble]))
    assert (await telegram.channel.fetch_image(ref)).outcome is Fetch.RETRY
    assert (await telegram.channel.fetch_image(ref)).outcome is Fetch.GOT


async def test_telegram_says_how_long_to_wait(telegram: TelegramStand) -> None:
    ref = await sent_on_telegram(telegram)
    telegram.platform.files.faults.add(Fault(trouble=Trouble.RATE, retry_after=7))
    fetched = await telegram.channel.fetch_image(ref)
    assert (fetched.outcome, fetched.retry_after and fetched.retry_after.seconds) == (Fetch.RETRY, 7)


async def test_telegram_does_not_know_it_or_it_is_too_large(telegram: TelegramStand) -> None:
    assert (await telegram.channel.fetch_image(Personal("none"))).outcome is Fetch.GONE
    for size in (LARGEST_IMAGE + 1, 20 * 1024 * 1024 + 1):
        ref = Personal(telegram.platform.files.put(bytes(size)))
        assert (await telegram.channel.fetch_image(ref)).outcome is Fetch.TOO_LARGE
    assert (await telegram.channel.fetch_image(Personal(telegram.platform.files.put(b"x")))).outcome is Fetch.GOT


async def test_a_link_of_telegram_ends_after_an_hour(telegram: TelegramStand) -> None:
    files = telegram.platform.files
    file = await files.getfile({"file_id": files.put(b"x")})
    link = f"{telegram.api_base}/file/bot{BOT_TOKEN}/{file['file_path']}"
    async with ClientSession() as session:
        for minutes, status in ((59, 200), (1, 404)):
            telegram.clock.advance(minutes=minutes)
            async with session.get(link) as answer:
                assert answer.status == status
        async with session.get(link.replace(BOT_TOKEN, "1:another")) as answer:
            assert answer.status == 404


# No more than is allowed ----------------------------------------------------------------------


class Spring:
    """A server whose file never ends; ``given`` is what it could get rid of."""

    def __init__(self, path: str = "photos/1.jpg") -> None:
        self.path = path
        self.given = 0
        self.ended = asyncio.Event()

    async def pour(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        part = bytes(256 * 1024)
        try:
            while self.given < 10 * LARGEST_IMAGE:
                await response.write(part)
                self.given += len(part)
        finally:
            self.ended.set()
        return response

    async def get_file(self, request: web.Request) -> web.Response:
        file = {"file_id": "1", "file_unique_id": "1", "file_path": self.path}
        return web.json_response({"ok": True, "result": file})


@asynccontextmanager
async def pouring(spring: Spring, line: bool) -> AsyncIterator[str]:
    app = web.Application()
    if line:
        app.router.add_get("/v2/bot/message/{id}/content", spring.pour)
    else:
        app.router.add_post("/bot{token}/getFile", spring.get_file)
        app.router.add_get("/file/bot{token}/{path:.*}", spring.pour)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


Make = Callable[[str], LineImages | TelegramImages]
MAKERS: dict[str, Make] = {
    "line": lambda base: LineImages(base, LongLivedToken(TOKEN)),
    "telegram": lambda base: TelegramImages(BOT_TOKEN, base),
}


@pytest.mark.parametrize("name", MAKERS)
async def test_a_file_without_an_end_is_left_at_the_limit(name: str) -> None:
    spring = Spring()
    async with pouring(spring, name == "line") as base:
        images = MAKERS[name](base)
        await images.start()
        assert (await images.fetch(Personal("1"))).outcome is Fetch.TOO_LARGE
        await images.close()
        await asyncio.wait_for(spring.ended.wait(), 5)
    # What lay in the buffers of both sides comes on top; without a limit it would be ten times as much.
    assert spring.given < LARGEST_IMAGE * 5


@pytest.mark.parametrize("path", ["/etc/hostname", ""])
async def test_no_file_of_this_machine_is_read_for_a_server_that_names_one(path: str) -> None:
    spring = Spring(path)
    async with pouring(spring, line=False) as base:
        images = TelegramImages(BOT_TOKEN, base)
        await images.start()
        assert await images.fetch(Personal("1")) == Fetched(outcome=Fetch.RETRY, detail="no address")
        await images.close()


@pytest.mark.parametrize("name", MAKERS)
async def test_where_nobody_listens_it_is_tried_again(name: str) -> None:
    images = MAKERS[name]("http://127.0.0.1:9")
    await images.start()
    assert (await images.fetch(Personal("1"))).outcome is Fetch.RETRY
    await images.close()
