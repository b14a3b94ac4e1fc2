"""Pictures that are taken back, whose time is over, or whose fetcher dies: nothing stays that should not."""

from __future__ import annotations

import asyncio
import base64
import sys
from collections.abc import Awaitable, Callable

import pytest

from bot.fetching import LEASE
from bot.pictures import NoPicture, Picture, draw_anew
from bot.simulator.people import Bubble
from storage import images
from storage.encryption import Keyring
from storage.key_register import register_keys
from storage.tables import ImageRow, table_of
from tests.conftest import TEST_KEYS
from tests.e2e.album import Album, sends
from tests.e2e.conftest import on_both
from tests.e2e.house import LINE_TOKEN, Customer, House, Letters, until
from tests.e2e.photos import photo


@pytest.fixture
def album(house: House) -> Album:
    return Album(house)


def sent_picture(customer: Customer) -> Bubble:
    return next(bubble for bubble in reversed(customer.person.bubbles) if bubble.media)


async def take_back(customer: Customer) -> None:
    house = customer.house
    await customer.does(house.line.unsend(customer.user_id, sent_picture(customer).message_id))


def then(deed: Callable[[], Awaitable[None]]) -> Callable[[bytes], Awaitable[Picture | NoPicture]]:
    """Drawing, while which something else happens."""

    async def draw(body: bytes) -> Picture | NoPicture:
        picture = await draw_anew(body)
        assert isinstance(picture, Picture)
        await deed()
        return picture

    return draw


# Taken back -----------------------------------------------------------------------------------


@on_both
@pytest.mark.parametrize("moment", ["before it is fetched", "while it is drawn", "when it is kept"])
async def test_a_picture_that_was_taken_back_is_nowhere(house: House, album: Album, moment: str) -> None:
    customer = house.on_line()
    await sends(customer, photo())
    if moment == "before it is fetched":
        await take_back(customer)
        await album.fetch()
        assert house.line.contents.asked == []
    elif moment == "while it is drawn":
        fetcher = album.fetcher("slow", then(lambda: take_back(customer)))
        assert await fetcher.fetch_due() == 1
        assert len(house.line.contents.asked) == 1
    else:
        await album.fetch()
        assert album.rows()[0].has_bytes
        await take_back(customer)
    assert album.states() == [("erased", "")]
    assert not album.rows()[0].has_bytes
    house.advance(hours=1)
    assert await album.fetch() == 0
    assert album.states() == [("erased", "")]
    assert "content.unsent" in house.audited()


async def test_a_picture_that_was_taken_back_before_it_came_is_not_wanted(house: House, album: Album) -> None:
    customer = house.on_line()
    event = house.line.image_event(customer.user_id)
    await take_back(customer)
    await customer.does(house.line.deliver(event))
    assert album.states() == []
    assert await album.fetch() == 0
    assert house.line.contents.asked == []


async def test_what_line_has_no_more_is_gone(house: House, album: Album) -> None:
    """Taken back, but the event about it was lost or comes later: LINE says 410."""
    customer = house.on_line()
    await sends(customer, photo())
    house.line.contents.remove(sent_picture(customer).message_id)
    await album.fetch()
    assert album.states() == [("gone", "removed")]
    await take_back(customer)
    assert album.states() == [("gone", "removed")]


async def expire(house: House) -> None:
    """What the process with the role ``timers`` does now and then."""
    await asyncio.to_thread(house.service.chores.tick)


# Its time is over -----------------------------------------------------------------------------


@on_both
async def test_a_picture_is_erased_when_its_time_is_over(house: House, album: Album) -> None:
    customer = house.on_line()
    await sends(customer, photo())
    await album.fetch()
    house.advance(days=29)
    await sends(customer, photo())
    await album.fetch()
    await expire(house)
    assert album.states() == [("kept", ""), ("kept", "")]
    assert "content.image_expired" not in house.audited()
    house.advance(days=1, seconds=1)
    await expire(house)
    assert album.states() == [("expired", ""), ("kept", "")]
    assert [row.has_bytes for row in album.rows()] == [False, True]
    assert house.audited().count("content.image_expired") == 1
    recorded = house.rows("SELECT subjects FROM audit_entry WHERE action = 'content.image_expired'")
    assert [row.subjects for row in recorded] == [f'{{"content":"{album.rows()[0].id}"}}']


@pytest.mark.parametrize("overrides", [{"image_days": 3}])
async def test_the_bank_says_how_long(house: House, album: Album, overrides: dict[str, object]) -> None:
    await sends(house.on_telegram(), photo())
    await album.fetch()
    house.advance(days=3, seconds=1)
    await expire(house)
    assert album.states() == [("expired", "")]


async def test_a_picture_that_expires_while_it_is_drawn_is_not_stored(house: House, album: Album) -> None:
    await sends(house.on_line(), photo())

    async def weeks_pass() -> None:
        house.advance(days=31)
        await expire(house)

    await album.fetcher("slow", then(weeks_pass)).fetch_due()
    assert album.states() == [("expired", "")]
    assert not album.rows()[0].has_bytes


# Processes die --------------------------------------------------------------------------------


@on_both
async def test_what_a_killed_fetcher_held_is_taken_over(house: House, album: Album) -> None:
    await sends(house.on_line(), photo())
    reached = asyncio.Event()

    async def hang(body: bytes) -> Picture | NoPicture:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    doomed = asyncio.create_task(album.fetcher("doomed", hang).fetch_due())
    await reached.wait()
    doomed.cancel()
    await asyncio.gather(doomed, return_exceptions=True)
    assert album.rows()[0].owner == "doomed"
    assert await album.fetch() == 0, "its lease still runs"
    house.universe.advance(LEASE)
    assert await album.fetch() == 1
    assert album.states() == [("kept", "")]
    assert album.rows()[0].attempts == 2


DOOMED = """
import asyncio, sys
from datetime import datetime
from bot.channels.line.adapter import LineChannel
from bot.fetching import Fetcher
from storage.database import Database
from storage.encryption import Keyring
from storage.universe import Universe

async def hang(body):
    print(len(body), flush=True)
    await asyncio.Event().wait()

async def main(url, keys, token, base, now):
    uni = Universe.frozen(datetime.fromisoformat(now), seed=9)
    line = LineChannel("secret", token, base, base, now=uni.now)
    await line.start()
    with Database.open(url, keys=Keyring.parse(keys), universe=uni) as database:
        await Fetcher(database, {"line": line}, "doomed", draw=hang).fetch_due()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.slow
@on_both
async def test_a_process_killed_with_the_picture_in_its_hands_is_taken_over(
    house: House, album: Album, store: tuple[str, Letters]
) -> None:
    taken, settings = photo(), house.settings
    await sends(house.on_line(), taken)
    words = (store[0], TEST_KEYS, LINE_TOKEN, settings.line_api_base, house.universe.now().isoformat())
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", DOOMED, *words, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert int(await process.stdout.readline()) == len(taken)
    process.kill()
    assert await process.wait() == -9
    assert album.rows()[0].owner == "doomed"
    house.universe.advance(LEASE)
    await album.fetch()
    assert album.states() == [("kept", "")]
    assert album.size() == (480, 640)


@on_both
async def test_the_late_answer_of_a_lost_lease_is_refused(house: House, album: Album) -> None:
    await sends(house.on_line(), photo())

    async def another_takes_over() -> None:
        house.universe.advance(LEASE)
        refuse = album.fetcher("heir", refused)
        assert await refuse.fetch_due() == 1

    async def refused(body: bytes) -> Picture | NoPicture:
        return NoPicture(reason="broken")

    assert await album.fetcher("paused", then(another_takes_over)).fetch_due() == 1
    assert album.states() == [("refused", "broken")]
    assert not album.rows()[0].has_bytes


@on_both
async def test_two_fetchers_share_the_pictures_and_take_none_twice(house: House, album: Album) -> None:
    customer = house.on_line()
    for at in range(4):
        await sends(customer, photo(seed=at))
    counts = await asyncio.gather(*(album.fetcher(name).fetch_due() for name in ("one", "two")))
    assert sum(counts) == 4
    assert album.states() == [("kept", "")] * 4
    assert len(house.line.contents.asked) == 4


@on_both
async def test_a_reference_that_was_swapped_is_recorded_and_holds_up_nobody(house: House, album: Album) -> None:
    customer, image = house.on_line(), table_of(ImageRow)
    await sends(customer, photo())
    await sends(customer, photo())
    swapped, _ = (row.id for row in album.rows())
    sealed = images.seal_image(house.database.vault, "elsewhere", b"{}")
    house.database.run(lambda conn: conn.execute(image.update().where(image.c.id == swapped).values(sealed=sealed)))
    await album.fetch()
    assert album.states() == [("gone", "unreadable"), ("kept", "")]
    assert house.audited().count("store.value_unreadable") == 1


async def test_a_picture_under_a_key_that_only_others_have_waits_for_them(house: House, album: Album) -> None:
    await sends(house.on_line(), photo())
    others = Keyring.parse(f"others:{base64.b64encode(bytes(range(1, 33))).decode()},{TEST_KEYS}")
    [row], image = album.rows(), table_of(ImageRow)
    sealed = others.seal("received_image", row.id, {"ref": "1"})
    house.database.run(lambda conn: register_keys(conn, house.universe, others))
    house.database.run(lambda conn: conn.execute(image.update().values(sealed=sealed)))
    await album.fetch()
    assert album.states() == [("waiting", "begun")]
    assert "store.value_unreadable" not in house.audited()


async def test_a_defect_costs_only_its_own_picture(house: House, album: Album) -> None:
    customer = house.on_line()
    first, second = photo(seed=1), photo(seed=2)
    await sends(customer, first)
    await sends(customer, second)

    async def draw(body: bytes) -> Picture | NoPicture:
        if body == first:
            raise ValueError("a defect")
        return await draw_anew(body)

    await album.fetcher("defective", draw).fetch_due()
    assert album.states() == [("waiting", "begun"), ("kept", "")]
    house.universe.advance(LEASE)
    await album.fetch()
    assert album.states() == [("kept", "")] * 2


async def test_the_running_service_fetches_by_itself_and_finishes_what_it_began(house: House, album: Album) -> None:
    await house.restart(roles=("sender",))
    customer = house.on_line()
    await customer.does(house.line.send_image(customer.user_id), settle=False)
    await until(lambda: album.states() == [("kept", "")], 60)
    held = asyncio.Event()
    reached = asyncio.Event()

    async def slow(body: bytes) -> Picture | NoPicture:
        reached.set()
        await held.wait()
        return await draw_anew(body)

    house.service.fetcher._draw = slow
    await customer.does(house.line.send_image(customer.user_id), settle=False)
    await reached.wait()
    stopping = asyncio.create_task(house.service.stop())
    await asyncio.sleep(0)
    held.set()
    await stopping
    assert album.states() == [("kept", "")] * 2
