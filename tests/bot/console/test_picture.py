"""A picture in the transcript: seen within the branch, each look recorded; words where it is not there."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Connection

from bot.console import live
from bot.console.headers import CONTENT_SECURITY_POLICY
from bot.console.queue import find_slip
from bot.redraw import redraw
from dialogs.personal import Personal
from storage import audit, content, images
from storage.images import ImageState
from storage.tables import ImageRow, table_of
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank, hear
from tests.bot.console.test_undelivered import member
from tests.e2e.photos import photo
from tests.storage.test_images import LEASE

FACTS, JPEG = redraw(photo())


def receive(bank: Bank, name: str) -> str:
    """A picture of the customer, not fetched yet."""
    database, conversation_id = bank.database, bank.conversation_id(name)

    def take(conn: Connection) -> str:
        content_id = hear(conn, database, conversation_id, {"media": "image"}, kind="media")
        images.expect_image(
            conn,
            database.vault,
            bank.universe,
            content_id=content_id,
            conversation_id=conversation_id,
            channel="line",
            ref=Personal("1"),
        )
        images.claim_images(conn, bank.universe, owner="x", lease=LEASE, limit=9)
        return content_id

    return database.run(take)


def keep(bank: Bank, name: str) -> str:
    """A picture that is there."""
    image_id, database = receive(bank, name), bank.database
    sealed = images.seal_image(database.vault, image_id, JPEG)
    assert database.run(
        lambda conn: images.keep_image(conn, bank.universe, image_id, owner="x", sealed=sealed, width=480, height=640)
    )
    return image_id


def looks(bank: Bank) -> list[tuple[str, str]]:
    """Who looked at which picture, as the audit record has it."""
    entries = bank.database.run_read(lambda conn: list(audit.list_entries(conn)))
    return [(e.actor_id or "", e.subjects["content"]) for e in entries if e.action == "console.image_viewed"]


def address(bank: Bank, name: str, image_id: str) -> str:
    return f"/console/conversations/{bank.refs[name]}/images/{image_id}"


async def test_staff_see_the_picture_where_it_was_sent(browser: Browser, bank: Bank) -> None:
    image_id = keep(bank, "waiting_long")
    await browser.sign_in("sato")
    _, page = await browser.get(f"/conversations/{bank.refs['waiting_long']}")
    source = address(bank, "waiting_long", image_id)
    assert re.search(rf'<img src="{source}" width="240" height="320" alt="\d\d:\d\dにお客さまから届いた写真"', page)
    assert looks(bank) == [], "the page alone shows nobody the picture"
    answer = await browser.client.get(source)
    assert (answer.status, await answer.read()) == (200, JPEG)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["Content-Disposition"] == 'inline; filename="image.jpg"'
    await browser.client.get(source)
    assert looks(bank) == [(member(bank, "sato").id, image_id)] * 2


async def test_another_branch_and_another_conversation_do_not_have_it(browser: Browser, bank: Bank) -> None:
    image_id = keep(bank, "waiting_long")
    await browser.sign_in("mori")
    for name in ("waiting_long", "branch_200"):
        answer = await browser.client.get(address(bank, name, image_id))
        assert answer.status == 404
        assert JPEG not in await answer.read()
    await browser.sign_in("ono")
    assert (await browser.client.get(address(bank, "waiting_long", image_id))).status == 200
    assert (await browser.client.get(address(bank, "waiting_short", image_id))).status == 404
    assert len(looks(bank)) == 1


async def test_a_stranger_is_sent_to_sign_in(browser: Browser, bank: Bank) -> None:
    image_id = keep(bank, "waiting_long")
    answer = await browser.client.get(address(bank, "waiting_long", image_id), allow_redirects=False)
    assert (answer.status, looks(bank)) == (303, [])


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (ImageState.REFUSED, "too_large", "10MBを超える"),
        (ImageState.REFUSED, "too_many_pixels", "画素数が多すぎる"),
        (ImageState.REFUSED, "not_an_image", "写真として開けない"),
        (ImageState.REFUSED, "broken", "壊れている"),
        (ImageState.GONE, "removed", "取り消されたか削除"),
        (ImageState.GONE, "unreachable", "何度試しても"),
        (ImageState.GONE, "unreadable", "管理者に知らせて"),
    ],
)
async def test_where_there_is_no_picture_words_say_why(
    browser: Browser, bank: Bank, state: ImageState, reason: str, words: str
) -> None:
    image_id = receive(bank, "waiting_long")
    await browser.sign_in("sato")
    path = f"/conversations/{bank.refs['waiting_long']}"
    assert "受け取っています" in (await browser.get(path))[1]
    bank.database.run(
        lambda conn: images.settle_image(conn, bank.universe, image_id, owner="x", state=state, reason=reason)
    )
    _, page = await browser.get(path)
    assert words in page
    assert "/images/" not in page
    assert (await browser.client.get(address(bank, "waiting_long", image_id))).status == 404


async def test_what_expired_or_was_taken_back_is_gone_from_the_page_too(browser: Browser, bank: Bank) -> None:
    expired, taken_back = keep(bank, "waiting_long"), keep(bank, "waiting_short")
    bank.database.run(lambda conn: images.expire_images(conn, bank.universe, bank.universe.now(), limit=9))
    bank.universe.advance(LEASE)
    bank.database.run(lambda conn: images.expire_images(conn, bank.universe, bank.universe.now(), limit=1))
    bank.database.run(lambda conn: content.erase_content(conn, bank.universe, taken_back))
    await browser.sign_in("sato")
    for name, image_id, words in (
        ("waiting_long", expired, "保存期間が過ぎた"),
        ("waiting_short", taken_back, "内容は消去されました"),
    ):
        assert words in (await browser.get(f"/conversations/{bank.refs[name]}"))[1]
        assert (await browser.client.get(address(bank, name, image_id))).status == 404
    assert looks(bank) == []


async def test_a_picture_that_was_changed_in_the_store_is_never_shown(browser: Browser, bank: Bank) -> None:
    image_id, image = keep(bank, "waiting_long"), table_of(ImageRow)
    sealed = images.seal_image(bank.database.vault, "elsewhere", JPEG)
    bank.database.run(lambda conn: conn.execute(image.update().values(sealed=sealed)))
    await browser.sign_in("sato")
    answer = await browser.client.get(address(bank, "waiting_long", image_id))
    assert answer.status == 404
    assert JPEG not in await answer.read()
    entries = bank.database.run_read(lambda conn: list(audit.list_entries(conn)))
    assert "store.value_unreadable" in {entry.action for entry in entries}


def test_a_live_page_hears_of_each_change(bank: Bank) -> None:
    def fingerprint() -> str:
        who, ref = member(bank, "sato"), bank.refs["waiting_long"]

        def look(conn: Connection) -> str:
            slip = find_slip(conn, who, ref)
            assert slip is not None
            return live.conversation_fingerprint(conn, who, slip, bank.universe.now())

        return bank.database.run_read(look)

    seen = [fingerprint()]
    image_id = receive(bank, "waiting_long")
    seen.append(fingerprint())
    sealed = images.seal_image(bank.database.vault, image_id, JPEG)
    bank.database.run(
        lambda conn: images.keep_image(conn, bank.universe, image_id, owner="x", sealed=sealed, width=1, height=1)
    )
    seen.append(fingerprint())
    bank.universe.advance(LEASE)
    bank.database.run(lambda conn: images.expire_images(conn, bank.universe, bank.universe.now(), limit=9))
    seen.append(fingerprint())
    assert len(set(seen)) == 4
