"""What an adversarial review found in the running service: each case once broke a promise."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.channels.base import Inbound, InboundKind, Tap
from dialogs.personal import Personal
from storage import cases
from storage.cases import CaseStatus

# The house with both platforms around it is a fixture of its own folder; here it is used as it is.
from tests.e2e.conftest import *  # noqa: F403
from tests.e2e.conftest import on_both
from tests.e2e.house import House, say, until

MORI = "0000124"


async def test_a_hiccup_of_the_store_does_not_end_sending(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sender that died with the first lost connection left every customer without answers until a restart."""
    customer = house.on_line()
    await customer.types("こんにちは", settle=False)
    sender, send = house.service.sender, house.service.sender.send_due
    rounds = 0

    async def stumble() -> int:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise OperationalError("SELECT", {}, Exception("the server closed the connection"))
        return await send()

    monkeypatch.setattr(sender, "send_due", stumble)
    task = asyncio.create_task(sender.run())
    try:
        await until(lambda: bool(customer.heard))
    finally:
        task.cancel()
    assert not task.done() or task.cancelled()


def text_event(house: House, key: str, user: str, words: str = "こんにちは", **more: Any) -> Inbound:
    values: dict[str, Any] = {"kind": InboundKind.TEXT, "text": Personal(words), "occurred_at": house.universe.now()}
    return Inbound(channel="telegram", event_key=key, user_id=Personal(user), **{**values, **more})


async def test_one_customers_trouble_does_not_hold_up_the_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """LINE sends the events of many people in one request; behind a bad one, the others were never taken."""
    turns, prepare = house.service.turns, house.service.turns._prepare

    async def stumble(event: Inbound) -> Any:
        if event.event_key == "bad":
            raise RuntimeError
        return await prepare(event)

    monkeypatch.setattr(turns, "_prepare", stumble)
    events = [text_event(house, key, user) for key, user in (("bad", "1"), ("other", "2"), ("his next", "1"))]
    with pytest.raises(RuntimeError):
        await turns.handle(events)
    assert [row.event_key for row in house.rows("SELECT event_key FROM inbound_event")] == ["other"]


@on_both
@pytest.mark.parametrize("ref", ["a\x00b", "\ud800", "", "１２３４５６７８"])
async def test_button_data_that_a_client_made_up_is_taken(house: House, ref: str) -> None:
    """What the driver cannot take was answered with 503 for ever, and while polling stopped everything behind it."""
    tap = Tap(conversation_ref=ref, token="\ud800", option="\x00")
    await house.service.turns.handle([text_event(house, "1", "9", kind=InboundKind.CHOICE, tap=tap, text=None)])
    (row,) = house.rows("SELECT done_at FROM inbound_event")
    assert row.done_at is not None


async def test_what_raised_once_is_not_swept_for_ever(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    customer = house.on_line()
    await customer.links(MORI)

    def defect(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(house.service.turns, "_input", defect)
        await customer.types("こんにちは")
    assert say("handover.bot_failed") in customer.said
    house.advance(minutes=5)
    assert await house.service.turns.sweep() == 0


async def test_an_event_from_the_future_does_not_make_all_others_late(house: House) -> None:
    """A clock that was ahead for a moment left typed replies unread until the time was reached."""
    customer = house.on_telegram()
    await customer.links(MORI)
    ahead = house.universe.now() + timedelta(days=2)
    await house.service.turns.handle([text_event(house, "1", customer.user_id, "なぜ聞くの?", occurred_at=ahead)])
    house.advance(minutes=1)
    await customer.types("同意する")
    assert say("engine.stale") not in customer.said
    assert customer.active().open_question != "consent"


@pytest.mark.parametrize("event", ["expired", "cancelled"])
async def test_code_and_case_must_still_hold_when_the_second_factor_is_given(house: House, event: str) -> None:
    """A code entered on its last day could be used a year later, or for a case that was closed meanwhile."""
    customer = house.on_line()
    await customer.opens(house.letter(MORI).code)
    await customer.taps("same")
    case_id = house.letter(MORI).case_id
    if event == "expired":
        house.advance(days=200)
    else:
        house.database.run(
            lambda conn: cases.move_case(conn, house.universe, case_id, CaseStatus.CANCELLED, actor="t", reason="t")
        )
    await customer.proves(MORI)
    assert say("lobby.code_refused") in customer.said
    assert customer.active().kind == "lobby"
    assert house.rows("SELECT id FROM account_link") == []
