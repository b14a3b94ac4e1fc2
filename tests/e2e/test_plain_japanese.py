"""Who reads little Japanese finds plain Japanese at the first message and keeps it to the receipt, on both."""

from __future__ import annotations

import pytest

from bot.channels.base import Tap
from tests.e2e.house import BANK_PHONE, House, say

HANAKO = "0000100"
VOICE = "ja_easy"


@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_from_the_first_message_to_the_receipt(house: House, channel: str) -> None:
    customer = house.on(channel)
    await customer.types("こんにちは")
    assert {Tap.decode(one.data).option for _, one in customer.options().values()} >= {"language_easy", "language_en"}
    await customer.taps("language_easy")
    assert say("lobby.ask_code", VOICE) in customer.said
    await customer.links(HANAKO)
    assert customer.active().locale == VOICE
    await customer.types("係の者と話す")
    assert BANK_PHONE in customer.said
    await customer.types("質問票にもどる")
    await customer.answers_all()
    assert customer.active().phase == "completed"
    (row,) = house.rows("SELECT locale FROM submission")
    assert row.locale == VOICE
    house.check_folds()


async def test_the_place_is_kept_whatever_is_spoken(house: House) -> None:
    customer = house.on_line()
    await customer.links(HANAKO)
    question = customer.active().open_question
    for words, voice in (
        ("やさしい日本語", VOICE),
        ("English please", "en"),
        ("日本語", "ja"),
        ("漢字が読めません", VOICE),
    ):
        await customer.types(words)
        assert (customer.active().locale, customer.active().open_question) == (voice, question)
