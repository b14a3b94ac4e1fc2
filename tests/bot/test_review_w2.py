"""What a second review found in the running service: each case once broke a promise."""

from __future__ import annotations

from typing import Any

import pytest

from bot.live_content import LiveContent, NothingPublished
from storage.cases import CaseStatus

# The house with both platforms around it is a fixture of its own folder; here it is used as it is.
from tests.e2e.conftest import *  # noqa: F403
from tests.e2e.house import House, half_way

MORI = "0000124"


def unread(house: House) -> list[Any]:
    return house.rows("SELECT attempts, done_at FROM inbound_event ORDER BY id")


@pytest.mark.parametrize("error", [NothingPublished("gone"), ValueError("a broken body")])
async def test_a_questionnaire_that_cannot_be_read_gives_the_customer_to_a_person(
    house: House, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """The look before the transaction raised: 503, the platform delivered again, and so on for ever."""
    customer = house.on_line()
    await half_way(customer, MORI)
    await house.restart()

    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr(LiveContent, "definition", broken)
    for words in ("はい", "もしもし"):
        await customer.types(words)
    assert house.conversation_of(MORI).owner == "waiting"
    epoch = house.conversation_of(MORI).epoch
    assert [row.attempts for row in unread(house)][-2:] == [1, 1]
    monkeypatch.undo()
    await customer.types("もどる")
    assert house.conversation_of(MORI).owner == "bot"
    assert house.conversation_of(MORI).epoch == epoch + 1
    assert house.case(MORI).status is CaseStatus.ANSWERING
    await customer.answers_all()


@pytest.mark.parametrize("was_read", [False, True])
async def test_a_faq_that_cannot_be_read_loses_no_word(
    house: House, monkeypatch: pytest.MonkeyPatch, was_read: bool
) -> None:
    """Nothing can be said without a FAQ that was never read; with one that was, everything goes on."""
    customer = house.on_telegram()
    await half_way(customer, MORI)
    house.advance(minutes=1)
    if not was_read:
        house.service.live._faq = None

    def broken(*_: object) -> None:
        raise NothingPublished("no FAQ")

    monkeypatch.setattr(LiveContent, "refresh", broken)
    await customer.types("口座はいつまで使えますか")
    assert house.conversation_of(MORI).owner == ("bot" if was_read else "waiting")
    assert [row.attempts for row in unread(house)][-1] == (0 if was_read else 1)
    assert bool(customer.heard) is was_read
