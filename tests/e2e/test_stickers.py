"""A sticker reaches staff as what it says: LINE's keywords and what was written on it, Telegram's emoji."""

from __future__ import annotations

from datetime import UTC

import pytest

from bot.console.transcript import Line, draw_lines
from bot.simulator.platform_line import LinePlatform
from storage.content import transcript
from tests.e2e.house import Customer, House
from tests.e2e.people import HANAKO, MORI

PLAIN = {"packageId": "446", "stickerId": "1988", "stickerResourceType": "STATIC", "quoteToken": "q"}
WRITTEN = PLAIN | {"stickerResourceType": "MESSAGE"}


async def sends(house: House, customer: Customer, **sticker: object) -> Line:
    """What the transcript shows of it."""
    assert isinstance(customer.platform, LinePlatform)
    event = customer.platform.message_event(customer.user_id, "sticker", **sticker)
    await customer.does(customer.platform.deliver(event))
    return newest(house, customer)


def newest(house: House, customer: Customer) -> Line:
    conversation_id, vault = customer.active().id, house.database.vault
    entries = house.database.run_read(lambda conn: transcript(conn, vault, conversation_id))
    return [line for line in draw_lines(entries, [], {}, UTC) if line.who == "customer"][-1]


async def test_on_line_it_has_its_keywords_and_what_was_written_on_it(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    question = customer.active().open_question
    plain = await sends(house, customer, **PLAIN)
    assert (plain.kind, plain.text, plain.keywords, plain.emoji) == ("sticker", "", (), "")
    said = await sends(house, customer, **WRITTEN, text="よろしくね", keywords=["bow", "please"])
    assert (said.kind, said.text, said.keywords) == ("sticker", "よろしくね", ("bow", "please"))
    assert customer.active().open_question == question


async def test_on_telegram_it_has_its_emoji(house: House) -> None:
    customer = house.on_telegram()
    await customer.links(MORI)
    await customer.does(customer.platform.send_sticker(customer.user_id))
    line = newest(house, customer)
    assert (line.kind, line.emoji, line.keywords) == ("sticker", "👌", ("ok hand sign",))


@pytest.mark.parametrize("step", ["case", "birth_date"])
async def test_what_must_not_be_kept_is_not_kept_from_a_sticker_either(house: House, step: str) -> None:
    customer, letter = house.on_line(), house.letter(MORI)
    if step == "case":
        await customer.links(MORI)
        kept_back = ["4111 1111 1111 1111", house.letter(HANAKO).code]
    else:
        await customer.opens(letter.code)
        await customer.taps("same")
        kept_back = [letter.master["birth_date"]]
    for words in kept_back:
        line = await sends(house, customer, **WRITTEN, text=words)
        assert words not in line.text, words
        assert (line.kind, line.text) in {("sticker", ""), ("withheld", "card_number")}
