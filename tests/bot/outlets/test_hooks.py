"""Messages delivered to a real server: signed, at least once each, with patience and an end."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.metrics import Metrics
from bot.outlets.hooks import HookSender, make_poster, wait_after
from bot.outlets.posting import Poster
from bot.outlets.setting_up import set_up_outlets
from bot.outlets.signing import signature_headers
from bot.problems import SettingsProblem
from bot.settings import Settings, load_settings
from storage.audit import list_entries
from storage.database import Database
from storage.outlets import hooks
from storage.outlets.faring import ALARM_AFTER, load_outlet
from storage.outlets.hooks import HOOKS, HookMessage
from storage.universe import FrozenUniverse
from tests.bot.outlets.receiver import Receiver, receiving
from tests.conftest import OpenDatabase
from tests.storage.reconciliation.seeding import SAME_ANSWERS, TARO, add_case, add_customers, publish_form, submit

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


def secret(*keys: bytes) -> str:
    return ",".join(f"whsec_{base64.b64encode(key).decode()}" for key in keys)


@pytest.fixture
async def receiver(universe: FrozenUniverse) -> AsyncIterator[Receiver]:
    async with receiving(Receiver(OLD, now=int(universe.now().timestamp()))) as started:
        yield started


@pytest.fixture
async def posters() -> AsyncIterator[list[Poster]]:
    made: list[Poster] = []
    yield made
    for one in made:
        await one.close()


class Bank:
    """One process that tells the receiver what is written."""

    def __init__(self, database: Database, receiver: Receiver, posters: list[Poster], name: str = "one") -> None:
        self.database = database
        self.settings = Settings(hook_url=receiver.url, hook_secret=secret(OLD))  # type: ignore[arg-type]
        self.metrics = Metrics()
        self.sender = HookSender(database, self.settings, name, self.metrics)
        self.poster = make_poster(self.settings)
        posters.append(self.poster)

    async def write(self, count: int = 1) -> list[str]:
        uni = self.database.universe
        await set_up_outlets(self.database, self.settings, ("sender",))
        return [
            (await self.database.transact(lambda conn: hooks.write_message(conn, uni, "submission", {}))).id
            for _ in range(count)
        ]

    async def deliver(self) -> int:
        return await self.sender.deliver_due(self.poster)

    async def all(self, **wanted: Any) -> list[HookMessage]:
        found = await self.database.read(lambda conn: hooks.list_messages(conn, **wanted))
        return list(reversed(found))

    async def state(self) -> tuple[str, int, str]:
        outlet = await self.database.read(lambda conn: load_outlet(conn, HOOKS))
        assert outlet is not None
        return outlet.state, outlet.failures, outlet.detail


@pytest.fixture
async def bank(database: Database, receiver: Receiver, posters: list[Poster]) -> Bank:
    return Bank(database, receiver, posters)


@pytest.fixture
async def one_bank(sqlite_database: Database, receiver: Receiver, posters: list[Poster]) -> Bank:
    return Bank(sqlite_database, receiver, posters)


async def test_what_happens_is_told_and_proves_whose_word_it_is(bank: Bank, receiver: Receiver) -> None:
    await set_up_outlets(bank.database, bank.settings, ("sender",))

    def answer() -> str:
        add_customers(bank.database, TARO)
        case = add_case(bank.database, "0001")
        return submit(bank.database, publish_form(bank.database), case, SAME_ANSWERS).id

    submission_id = await asyncio.to_thread(answer)
    assert await bank.deliver() == 1
    (told,) = receiver.told()
    assert (told["type"], told["data"]["submission_id"]) == ("submission", submission_id)
    assert receiver.forged == 0
    assert [(one.outcome, one.detail) for one in await bank.all()] == [("sent", "ok")]
    assert await bank.deliver() == 0
    assert (await bank.state())[:2] == ("on", 0)


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of the specification's own text: its secret, id, time and body."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signature_headers([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_while_the_secret_changes_both_prove_it(
    one_bank: Bank, receiver: Receiver, universe: FrozenUniverse
) -> None:
    await one_bank.write()
    changing = make_poster(Settings(hook_url=receiver.url, hook_secret=secret(NEW, OLD)))  # type: ignore[arg-type]
    alone = make_poster(Settings(hook_url=receiver.url, hook_secret=secret(NEW)))  # type: ignore[arg-type]
    try:
        assert (await alone.post("a", "{}", universe.now())).detail == "status_401"
        assert (await changing.post("a", "{}", universe.now())).arrived
        receiver.secret = NEW
        assert (await changing.post("a", "{}", universe.now())).arrived
        # What was read along is worth nothing under another id, and nothing an hour later.
        assert (await changing.post("b", "{}", universe.now() - timedelta(hours=1))).detail == "status_401"
    finally:
        await changing.close()
        await alone.close()


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 413, 429, 500, 503])
async def test_what_is_not_taken_is_tried_again(
    one_bank: Bank, receiver: Receiver, universe: FrozenUniverse, status: int
) -> None:
    receiver.answers = [status]
    receiver.headers = {"Location": receiver.url.replace("/hook", "/elsewhere")} if status < 400 else {}
    (message_id,) = await one_bank.write()
    assert await one_bank.deliver() == 1
    assert await one_bank.deliver() == 0
    (waits,) = await one_bank.all(outcome="open")
    assert (waits.attempts, waits.detail) == (1, f"status_{status}")
    universe.advance(timedelta(seconds=10))
    assert await one_bank.deliver() == 1
    assert receiver.ids == [message_id, message_id]
    assert receiver.followed == 0
    assert (await one_bank.state())[:2] == ("on", 0)


async def test_the_other_side_may_ask_for_time(one_bank: Bank, receiver: Receiver, universe: FrozenUniverse) -> None:
    receiver.answers, receiver.headers = [503, 503], {"Retry-After": "1800"}
    await one_bank.write()
    await one_bank.deliver()
    (waits,) = await one_bank.all()
    assert waits.due_at == universe.now() + timedelta(minutes=30)
    universe.advance(timedelta(minutes=30))
    receiver.headers, receiver.now = {"Retry-After": "9" * 8}, int(universe.now().timestamp())
    await one_bank.deliver()
    (waits,) = await one_bank.all()
    assert waits.due_at == universe.now() + timedelta(hours=1), "but not for ever"


async def test_waits_grow_are_spread_and_come_to_an_end(
    one_bank: Bank, receiver: Receiver, universe: FrozenUniverse
) -> None:
    began = universe.now()
    receiver.answers = [500] * 100
    await one_bank.write()
    tries = []
    while (message := (await one_bank.all())[0]).outcome is None:
        universe.advance(max(message.due_at - universe.now(), timedelta(hours=1)))
        receiver.now = int(universe.now().timestamp())
        if await one_bank.deliver():
            tries.append(universe.now() - began)
    assert (message.outcome, message.detail) == ("given_up", "status_500")
    assert timedelta(days=2) < tries[-1] <= timedelta(days=3, hours=2)
    assert 8 <= len(tries) <= 30
    waits = [wait_after("x", attempts) for attempts in range(1, 20)]
    assert all(longer >= shorter * 0.66 for shorter, longer in pairwise(waits))
    assert waits[0] < timedelta(seconds=7)
    assert timedelta(hours=9) < waits[-1] < timedelta(hours=15)
    assert len({wait_after(f"message {number}", 3) for number in range(50)}) > 30
    # By hand, under the same id.
    uni = one_bank.database.universe
    receiver.answers = []
    await one_bank.database.transact(lambda conn: hooks.resend_messages(conn, uni, given_up=True))
    universe.advance(timedelta(hours=1))
    receiver.now = int(universe.now().timestamp())
    assert await one_bank.deliver() == 1
    assert len(set(receiver.ids)) == 1


async def test_gone_is_gone_until_somebody_asks_again(one_bank: Bank, receiver: Receiver) -> None:
    receiver.answers = [410, 410]
    await one_bank.write(30)
    await one_bank.deliver()
    assert await one_bank.state() == ("gone", 0, "gone")
    assert {(one.outcome, one.detail) for one in await one_bank.all() if one.outcome != "sent"} == {
        ("given_up", "gone")
    }
    assert await one_bank.deliver() == 0
    entries = await one_bank.database.read(list_entries)
    assert [one.action for one in entries if one.action.startswith("hooks.")] == ["hooks.gone"]
    page = (await one_bank.metrics.page(one_bank.database)).decode()
    assert f'kakunin_outlet_failures{{outlet="hooks"}} {ALARM_AFTER}.0' in page
    # The same settings do not switch it on again, and nothing is written for nobody.
    await set_up_outlets(one_bank.database, one_bank.settings, ("sender",))
    uni = one_bank.database.universe
    before = len(await one_bank.all())
    await one_bank.database.transact(
        lambda conn: hooks.tell(conn, uni, "submission", case_id=None, facts={}, counts={})
    )
    assert len(await one_bank.all()) == before


async def test_one_finds_out_for_all_whether_the_other_side_is_back(
    one_bank: Bank, receiver: Receiver, universe: FrozenUniverse
) -> None:
    await one_bank.write(40)
    with capture_logs() as logs:
        while (await one_bank.state())[1] < ALARM_AFTER:
            receiver.answers = [503] * 40
            await one_bank.deliver()
            universe.advance(timedelta(seconds=20))
            receiver.now = int(universe.now().timestamp())
    levels = [one["log_level"] for one in logs if one["event"] == "hooks.failed"]
    assert levels.count("error") == 1, "somebody hears of it once"
    asked = len(receiver.ids)
    assert await one_bank.deliver() == 0, "the others keep their tries"
    universe.advance(timedelta(hours=1))
    receiver.now = int(universe.now().timestamp())
    assert await one_bank.deliver() == 1
    assert await one_bank.deliver() == 0
    assert len(receiver.ids) == asked + 1
    universe.advance(timedelta(hours=1))
    receiver.now, receiver.answers = int(universe.now().timestamp()), []
    # The first one that arrives brings all others with it.
    assert [await one_bank.deliver() for _ in range(4)] == [1, 20, 19, 0]
    assert {one.outcome for one in await one_bank.all()} == {"sent"}
    assert len(set(receiver.ids)) == 40


async def test_a_restart_of_the_other_side_silences_nothing(
    bank: Bank, receiver: Receiver, universe: FrozenUniverse
) -> None:
    receiver.answers = [503] * 40
    await bank.write(40)
    assert [await bank.deliver() for _ in range(3)] == [20, 20, 0]
    assert (await bank.state())[:2] == ("on", 1), "they failed together"
    universe.advance(timedelta(seconds=7))
    receiver.now = int(universe.now().timestamp())
    assert [await bank.deliver() for _ in range(3)] == [20, 20, 0]
    assert {one.outcome for one in await bank.all(limit=50)} == {"sent"}
    assert (await bank.state())[:2] == ("on", 0)


async def test_a_server_that_is_away_or_silent(
    one_bank: Bank, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, universe: FrozenUniverse
) -> None:
    monkeypatch.setattr("bot.outlets.posting.WITHIN", 0.2)
    receiver.held = asyncio.Event()
    quick = make_poster(one_bank.settings)
    nobody = make_poster(
        Settings(hook_url="http://127.0.0.1:9/hook", hook_secret=secret(OLD))  # type: ignore[arg-type]
    )
    try:
        assert (await quick.post("a", "{}", universe.now())).detail == "silent"
        assert (await nobody.post("a", "{}", universe.now())).detail == "unreachable"
    finally:
        await quick.close()
        await nobody.close()


async def test_killed_between_their_answer_and_our_note_it_comes_again_under_its_id(
    bank: Bank, receiver: Receiver, universe: FrozenUniverse, monkeypatch: pytest.MonkeyPatch
) -> None:
    (message_id,) = await bank.write()

    with monkeypatch.context() as patched:
        # What a killed process leaves: the message was taken, and nobody wrote it down.
        patched.setattr(bank.sender, "_record", lambda *_: None)
        await bank.deliver()
    assert receiver.ids == [message_id]
    assert await bank.deliver() == 0, "somebody holds it still"
    universe.advance(timedelta(seconds=61))
    assert await bank.deliver() == 1
    assert receiver.ids == [message_id, message_id]
    assert [one.outcome for one in await bank.all()] == ["sent"]


async def test_two_senders_tell_each_thing_once(
    open_database: OpenDatabase, receiver: Receiver, posters: list[Poster]
) -> None:
    first, second = (Bank(open_database(), receiver, posters, name) for name in ("one", "two"))
    ids = await first.write(50)
    while sum(await asyncio.gather(first.deliver(), second.deliver())):
        pass
    assert sorted(receiver.ids) == ids
    assert {one.outcome for one in await first.all(limit=100)} == {"sent"}


async def test_it_runs_until_it_is_told_to_finish(one_bank: Bank, receiver: Receiver) -> None:
    receiver.held = asyncio.Event()
    await one_bank.write(3)
    running = asyncio.create_task(one_bank.sender.run())
    for _ in range(3):
        await receiver.taken.acquire()
    one_bank.sender.finish()
    await asyncio.sleep(0.05)
    assert not running.done(), "what is on its way is waited for"
    receiver.held.set()
    await running
    assert {one.outcome for one in await one_bank.all()} == {"sent"}


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"hook_url": "http://bank.example/hook", "hook_secret": secret(OLD)}, "HOOK_URL"),
        ({"hook_url": "https://user:pw@bank.example/hook", "hook_secret": secret(OLD)}, "HOOK_URL"),
        ({"hook_url": "https://bank.example/hook"}, "HOOK_SECRET"),
        ({"hook_secret": "whsec_c2hvcnQ="}, "HOOK_SECRET"),
        ({"hook_secret": f"{secret(OLD)},hunter2"}, "HOOK_SECRET"),
        ({"hook_kinds": "submission,gossip"}, "HOOK_KINDS"),
    ],
)
def test_settings_that_would_not_do_stop_the_start(settings: dict[str, str], word: str) -> None:
    with pytest.raises(SettingsProblem) as refused:
        load_settings(**settings)
    assert word in str(refused.value)
    assert "hunter2" not in str(refused.value)
