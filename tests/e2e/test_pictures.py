"""A picture that a customer sends: fetched, drawn anew, sealed; refused, gone, tried again; never anything else."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from bot.channels.base import LARGEST_IMAGE
from bot.fetching import MOST_TRIES
from bot.simulator.faults import Fault, Trouble
from storage import images
from storage.tables import ImageRow, table_of
from tests.e2e.album import Album, sends
from tests.e2e.conftest import on_both
from tests.e2e.house import House
from tests.e2e.photos import BAD, COMMENT, MAKER, SERIAL, has_notes, photo
from tests.e2e.test_nothing_personal_is_left_behind import files_of

CHANNELS = pytest.mark.parametrize("channel", ["line", "telegram"])


@pytest.fixture
def album(house: House) -> Album:
    return Album(house)


# What is kept ---------------------------------------------------------------------------------


def pieces(*bodies: bytes) -> Iterable[bytes]:
    """Stretches of a file that occur nowhere by chance, and short enough to lie within one page of a database."""
    for body in bodies:
        for at in range(0, len(body) - 48, 997):
            yield body[at : at + 48]


@on_both
@pytest.mark.parametrize(("channel", "as_document"), [("line", False), ("telegram", False), ("telegram", True)])
async def test_a_picture_is_kept_without_the_cameras_notes_and_nowhere_in_clear(
    house: House, album: Album, channel: str, as_document: bool
) -> None:
    customer, taken = house.on(channel), photo()
    assert has_notes(taken)
    await sends(customer, taken, as_document=as_document)
    # Nothing was fetched while the customer waited for the answer.
    assert album.states() == [("waiting", "")]
    assert await album.fetch() == 1
    assert album.states() == [("kept", "")]
    kept = album.picture()
    assert album.size() == (480, 640)
    assert not has_notes(kept)
    everything = album.everything() + b"".join(files_of(house).values() if house.database.dialect == "sqlite" else ())
    planted = [MAKER.encode(), COMMENT, SERIAL.encode(), *pieces(taken, kept)]
    assert len(planted) > 10
    assert [one for one in planted if one in everything] == []


@on_both
async def test_a_picture_in_the_clear_would_be_found(house: House, album: Album) -> None:
    """The negative control: the same search over the same store."""
    await sends(house.on_line(), photo())
    await album.fetch()
    kept, image = album.picture(), table_of(ImageRow)
    house.database.run(lambda conn: conn.execute(image.update().values(sealed=kept)))
    everything = album.everything()
    assert all(piece in everything for piece in pieces(kept))
    if house.database.dialect == "sqlite":
        in_files = b"".join(files_of(house).values())
        assert any(piece in in_files for piece in pieces(kept))


@CHANNELS
async def test_what_is_no_picture_is_refused_with_a_reason_and_never_kept(
    house: House, album: Album, channel: str
) -> None:
    customer = house.on(channel)
    for body, _ in BAD.values():
        await sends(customer, body)
    await sends(customer, photo() + bytes(LARGEST_IMAGE))
    await album.fetch()
    assert [reason for _, reason in album.states()] == [*(reason for _, reason in BAD.values()), "too_large"]
    assert {(row.state, row.has_bytes, row.owner) for row in album.rows()} == {("refused", False, None)}
    # The customer can go on as before.
    await customer.opens(house.letter("0000114").code)
    assert customer.options()


async def test_files_of_other_kinds_are_answered_kindly_and_never_fetched(house: House, album: Album) -> None:
    customer = house.on_line()
    line, provider = house.line, {"contentProvider": {"type": "line"}}
    for event in (
        line.message_event(customer.user_id, "video", duration=1, quoteToken="q", **provider),
        line.message_event(customer.user_id, "audio", duration=1, **provider),
        line.message_event(customer.user_id, "file", fileName="a.pdf", fileSize=3),
        line.message_event(customer.user_id, "location", latitude=35.6, longitude=139.7),
    ):
        house.advance(minutes=2)
        await customer.does(line.deliver(event))
        assert customer.heard
    other = house.on_telegram()
    await other.does(house.telegram.send_document(other.user_id, b"%PDF", name="a.pdf", mime_type="application/pdf"))
    assert other.heard
    assert album.states() == []
    assert await album.fetch() == 0
    assert line.contents.asked == []
    assert house.telegram.files.asked == []


async def test_pictures_sent_together_are_kept_one_by_one(house: House, album: Album) -> None:
    customer = house.on_line()
    sets = [{"id": "1", "index": at, "total": 3} for at in (1, 2, 3)]
    shots = [photo(seed=at, width=100 * at) for at in (1, 2, 3)]
    for shot, image_set in zip(shots, sets, strict=True):
        await customer.does(house.line.deliver(house.line.image_event(customer.user_id, shot, imageSet=image_set)))
    assert await album.fetch() == 3
    assert [album.size(at) for at in range(3)] == [(480, 100), (480, 200), (480, 300)]


async def test_a_picture_delivered_twice_is_one_picture(house: House, album: Album) -> None:
    customer = house.on_line()
    event = house.line.image_event(customer.user_id)
    for _ in range(3):
        await customer.does(house.line.deliver(event))
    assert album.states() == [("waiting", "")]


async def test_the_store_is_not_filled_with_pictures(house: House, album: Album) -> None:
    customer = house.on_line()
    events = [house.line.image_event(customer.user_id, b"x") for _ in range(images.MOST_A_DAY + 2)]
    await customer.does(house.line.deliver(*events))
    assert [state for state, _ in album.states()].count("waiting") == images.MOST_A_DAY
    assert album.states()[-2:] == [("refused", "too_many")] * 2


# When the platform does not hand it out --------------------------------------------------------


async def test_a_picture_that_is_not_ready_is_asked_for_again(house: House, album: Album) -> None:
    customer = house.on_line()
    await sends(customer, photo())
    [message_id] = [bubble.message_id for bubble in customer.person.bubbles if bubble.media]
    house.line.contents.not_ready[message_id] = 2
    assert await album.fetch() == 1
    assert album.states() == [("waiting", "not_ready")]
    assert await album.fetch() == 0, "not at once"
    house.advance(seconds=2)
    assert await album.fetch() == 1
    house.advance(seconds=2)
    assert await album.fetch() == 0, "and each time later"
    house.advance(seconds=2)
    assert await album.fetch() == 1
    assert album.states() == [("kept", "")]
    assert house.line.contents.asked == [message_id] * 3


@pytest.mark.parametrize("fault", [Trouble.SERVER_ERROR, Trouble.DISCONNECT_AFTER, Fault(trouble=Trouble.RATE)])
@CHANNELS
async def test_passing_trouble_passes(house: House, album: Album, channel: str, fault: Trouble | Fault) -> None:
    customer = house.on(channel)
    await sends(customer, photo())
    (house.line.contents if channel == "line" else house.telegram.files).faults.add(fault)
    assert await album.fetch() == 1
    assert album.states() == [("waiting", "retry")]
    house.advance(seconds=3)
    await album.fetch()
    assert album.states() == [("kept", "")]


async def test_tries_are_bounded_and_end_visibly(house: House, album: Album) -> None:
    await sends(house.on_line(), photo())
    house.line.contents.faults.add(*[Trouble.SERVER_ERROR] * (MOST_TRIES + 5))
    waited = 0
    while album.states() == [("waiting", "retry")] or not waited:
        assert await album.fetch() <= 1
        house.advance(minutes=5)
        waited += 5
    assert album.states() == [("gone", "unreachable")]
    assert album.rows()[0].attempts == MOST_TRIES
    assert waited > 120, "an outage of two hours is outlasted"


async def test_the_gauges_show_how_long_pictures_wait(house: House, album: Album) -> None:
    async def gauges() -> str:
        return (await house.service.metrics.page(house.database)).decode()

    await sends(house.on_line(), photo())
    house.advance(seconds=90)
    assert "kakunin_images_waiting 1.0" in await gauges()
    assert "kakunin_images_oldest_seconds 90.0" in await gauges()
    await album.fetch()
    assert "kakunin_images_waiting 0.0" in await gauges()
    assert "kakunin_images_oldest_seconds 0.0" in await gauges()


async def test_what_telegram_links_no_more_is_linked_anew(house: House, album: Album) -> None:
    customer = house.on_telegram()
    await sends(customer, photo())
    house.telegram.files.faults.add(None, Trouble.BAD_GATEWAY)
    await album.fetch()
    house.advance(hours=2)
    await album.fetch()
    assert album.states() == [("kept", "")]


async def test_a_channel_that_is_switched_off_keeps_its_pictures_waiting(house: House, album: Album) -> None:
    await sends(house.on_line(), photo())
    fetcher = album.fetcher("without channels")
    fetcher._channels = {}
    assert await fetcher.fetch_due() == 1
    assert album.states() == [("waiting", "retry")]
    house.advance(seconds=2)
    await album.fetch()
    assert album.states() == [("kept", "")]
