"""What an adversarial review found in the running service: each case once broke a promise."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.exc import OperationalError

# The house with both platforms around it is a fixture of its own folder; here it is used as it is.
from tests.e2e.conftest import *  # noqa: F403
from tests.e2e.house import House, until

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
