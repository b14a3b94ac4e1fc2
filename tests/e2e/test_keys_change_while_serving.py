"""The key changes under a running service: customers notice nothing, and the old key is then good for nothing."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.live_content import LiveContent
from storage import audit
from storage.database import Database
from storage.encryption import Keyring
from storage.key_rotation import count_keys
from storage.problems import KeyMissing
from storage.universe import FrozenUniverse
from tests.conftest import START, TEST_KEYS
from tests.e2e.conftest import on_both
from tests.e2e.house import House, Letters
from tests.e2e.opening import open_house
from tests.storage.keys.conftest import NEW

NUMBERS = ("0000101", "0000102", "0000114")


@asynccontextmanager
async def house_with(
    store: tuple[str, Letters], keys: str, warm: LiveContent, uni: FrozenUniverse
) -> AsyncIterator[House]:
    """One serving process with these keys."""
    url, letters = store
    with Database.open(url, keys=Keyring.parse(keys), universe=uni, sqlite_synchronous="normal") as database:
        async with open_house(database, uni, letters) as house:
            house.service.live._faq = warm._faq
            yield house


async def rotate_beside(url: str, keys: str) -> None:
    """``kakunin keys rotate`` as a process of its own."""
    code = "from bot.cli import main; main()"
    settings = {"KAKUNIN_DATABASE_URL": url, "KAKUNIN_ENCRYPTION_KEYS": keys, "KAKUNIN_SQLITE_SYNCHRONOUS": "normal"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, "keys", "rotate", env={**os.environ, **settings}, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert process.returncode == 0, said.decode()


def keys_in_use(house: House) -> set[str]:
    return {use.key_id for use in house.database.run_read(count_keys) if use.values}


@pytest.mark.slow
@on_both
async def test_a_key_is_changed_under_load_and_retired(
    store: tuple[str, Letters], warm_content: LiveContent, logs: None
) -> None:
    uni = FrozenUniverse(START, seed=2)
    # This process still seals under the old key and knows the new one; another one already rotates to it.
    async with house_with(store, f"{TEST_KEYS},{NEW}", warm_content, uni) as house:
        customers = [house.on("line" if at % 2 else "telegram") for at, _ in enumerate(NUMBERS)]
        for customer, number in zip(customers, NUMBERS, strict=True):
            await customer.links(number)
        rotating = asyncio.create_task(rotate_beside(store[0], f"{NEW},{TEST_KEYS}"))
        answered = 0
        while not rotating.done():
            # Every answer is delivered, understood and answered in the middle of it (``does`` asserts 200).
            for customer in customers:
                if "submit" not in customer.options():
                    assert await customer.answers()
                    answered += 1
                await asyncio.sleep(0)
            if answered > 60:
                break
        await rotating
        assert answered >= len(customers)
        # What it wrote meanwhile is under the old key still, so that key is not retired yet.
        assert await customers[0].answers()
        assert "test" in keys_in_use(house)
        folds = house.check_folds()
    with pytest.raises(KeyMissing, match="'test'"):
        Database.open(store[0], keys=Keyring.parse(NEW), universe=uni)
    # Started again with the new order, the service brings the rest over by itself.
    async with house_with(store, f"{NEW},{TEST_KEYS}", warm_content, uni) as house:
        for _ in range(50):
            if not await asyncio.to_thread(house.service.chores.tick):
                break
        assert keys_in_use(house) == {"new"}
        assert house.check_folds() == folds
    # Retired: with the new key alone everything is read, and the next customer comes to his receipt.
    async with house_with(store, NEW, warm_content, uni) as house:
        assert house.check_folds() == folds
        late = house.on_line()
        await late.links("0000124")
        assert (await late.answers_all()).text
        house.database.run(lambda conn: audit.seal_chain(conn, house.database.vault, uni))
        assert house.database.run_read(lambda conn: audit.verify(conn, house.database.vault)).ok
    with pytest.raises(KeyMissing, match="'new'"):
        Database.open(store[0], keys=Keyring.parse(TEST_KEYS), universe=uni)
