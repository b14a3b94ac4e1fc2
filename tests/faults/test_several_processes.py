"""Three processes on one PostgreSQL: nothing twice, nothing lost, nothing out of order."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest

from dialogs.conversation import wording
from dialogs.conversation.state import from_json
from storage.content import load_content
from tests.e2e.house import Customer, until
from tests.faults.bank import Bank, Process
from tests.faults.conftest import At
from tests.faults.invariants import Violated, check
from tests.faults.moments import MORI

pytestmark = pytest.mark.parametrize("kind", ["postgresql"])
HEADERS = {"Content-Type": "application/json"}


async def post(bank: Bank, process: Process, *events: dict[str, Any]) -> int:
    """Deliver events of LINE to one of the processes."""
    bank.point_to(process)
    return (await bank.house.line.deliver(*events)).statuses[-1]


async def three(bank: Bank, **plan: Any) -> list[Process]:
    return list(await asyncio.gather(*(bank.start(channel="line", **plan) for _ in range(3))))


async def fifty_times(bank: Bank, at: At, sabotage: tuple[str, ...] = ()) -> None:
    customer = await at("line", "answering")
    before = len(customer.person.received())
    processes = await three(bank, sabotage=sabotage)
    event = bank.house.line.tap_event(customer.user_id, customer.button("c0")[1])
    statuses = await asyncio.gather(*(post(bank, processes[number % 3], event) for number in range(50)))
    if set(statuses) != {200}:
        raise Violated(f"answered with {sorted(set(statuses))}")
    await asyncio.gather(*(bank.send_all(process) for process in processes))
    check(bank.house, accepted=[event["webhookEventId"]])
    if len(customer.person.received()) != before + 1:
        raise Violated("one tap was answered several times")


async def test_one_event_fifty_times_at_once(bank: Bank, at: At) -> None:
    await fifty_times(bank, at)


@pytest.mark.slow
async def test_without_the_unique_key_it_counts_fifty_times(bank: Bank, at: At) -> None:
    """The control."""
    with pytest.raises(Violated):
        await fifty_times(bank, at, ("no_unique_key",))


async def different_ones(bank: Bank, at: At, sabotage: tuple[str, ...] = ()) -> None:
    customer = await at("line", "answering")
    processes = await three(bank, sabotage=sabotage)
    events = [bank.house.line.text_event(customer.user_id, f"質問です {number}") for number in range(12)]
    statuses = await asyncio.gather(*(post(bank, processes[n % 3], event) for n, event in enumerate(events)))
    accepted = [e["webhookEventId"] for e, status in zip(events, statuses, strict=True) if status == 200]
    await asyncio.gather(*(bank.send_all(process) for process in processes))
    check(bank.house, accepted=accepted)
    if len(accepted) < len(events):
        raise Violated(f"{len(events) - len(accepted)} events were not taken")


async def test_the_turns_of_one_conversation_follow_one_another(bank: Bank, at: At) -> None:
    await different_ones(bank, at)


async def test_without_row_lock_and_version_turns_overwrite_each_other(bank: Bank, at: At) -> None:
    """The control."""
    with pytest.raises(Violated):
        await different_ones(bank, at, ("no_row_lock",))


@pytest.mark.slow
async def test_two_events_swapped_and_at_once_answer_only_their_own_question(bank: Bank, at: At) -> None:
    """The later text may win the race; then the earlier one is late and is asked for again, but never misread."""
    customer = await at("line", "linking")
    processes = await three(bank)
    tail = bank.house.letter(MORI).master["phone"][-4:]
    first = bank.house.line.text_event(customer.user_id, tail)
    bank.universe.advance(timedelta(seconds=8))
    second = bank.house.line.text_event(customer.user_id, "同意する")
    statuses = await asyncio.gather(post(bank, processes[1], second), post(bank, processes[0], first))
    assert statuses == [200, 200]
    await bank.let_pass(processes[2])
    check(bank.house, accepted=[first["webhookEventId"], second["webhookEventId"]])
    linked = customer.active().kind == "case"
    answers = from_json(bank.house.conversation_of(MORI).state).answers if linked else {}
    # "I agree" answers nothing but the question whether he does; the digits nothing but theirs.
    assert [answer.value for answer in answers.values()] in ([], ["agree"])


# Random deaths under load ---------------------------------------------------------------------------

CUSTOMERS, DEATHS = 6, 12
#: Deliveries that begin between two deaths, at most.
PER_DEATH = 3


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
async def test_random_deaths_under_load(bank: Bank, seed: int) -> None:
    """Customers link and answer while one of three processes after another is killed; time runs a hundredfold."""
    chance = random.Random(seed)
    roles = ("webhooks", "sender", "timers")
    processes = [await bank.start(channel="line", roles=roles) for _ in range(3)]
    bank.house.line.redeliveries = 0
    accepted: list[str] = []
    deaths: list[int] = []
    begun, begun_at_last_death = 0, 0
    over = asyncio.Event()

    async def clock() -> None:
        while not over.is_set():
            bank.universe.advance(timedelta(seconds=1))
            await asyncio.sleep(0.01)

    async def killer() -> None:
        """A death after every few deliveries, at a place in them that chance chooses."""
        nonlocal begun_at_last_death
        for _ in range(DEATHS):
            due = begun_at_last_death + chance.randint(1, PER_DEATH)
            await until(lambda due=due: begun >= due or over.is_set(), patience=60)  # type: ignore[misc]
            if over.is_set():
                return
            await asyncio.sleep(chance.random() * 0.05)
            place = chance.randrange(3)
            dead = processes[place]
            await bank.kill(dead)
            processes[place] = await bank.start(channel="line", roles=roles)
            deaths.append(place)
            begun_at_last_death = begun

    async def deliver(event: dict[str, Any]) -> None:
        nonlocal begun
        # Only a few to each death: a quick machine would be through before anybody has died.
        await until(lambda: begun < begun_at_last_death + PER_DEATH or len(deaths) == DEATHS, patience=60)
        begun += 1
        for _ in range(200):
            if await post(bank, chance.choice(processes), event) == 200:
                accepted.append(event["webhookEventId"])
                return
            event["deliveryContext"] = {"isRedelivery": True}
            await asyncio.sleep(0.02)
        raise AssertionError("nobody takes the event")

    async def live(customer: Customer, number: str) -> None:
        letter, line = bank.house.letter(number), bank.house.line

        async def act(event: dict[str, Any]) -> None:
            before = len(customer.person.received())
            await deliver(event)
            await until(lambda: len(customer.person.received()) > before, patience=60)

        await act(line.text_event(customer.user_id, letter.code))
        await act(line.tap_event(customer.user_id, customer.button("same")[1]))
        await act(line.text_event(customer.user_id, letter.master["birth_date"]))
        await deliver(line.text_event(customer.user_id, letter.master["phone"][-4:]))
        for option in ("c0", "c0"):
            await until(lambda o=option: _offers(customer, o), patience=60)  # type: ignore[misc]
            await act(line.tap_event(customer.user_id, customer.button(option)[1]))

    ticking = asyncio.create_task(clock())
    killing = asyncio.create_task(killer())
    numbers = [number for number, letter in sorted(bank.house.letters.items()) if letter.master.get("birth_date")]
    customers = [(bank.house.on_line(), number) for number in numbers[:CUSTOMERS]]
    try:
        await asyncio.gather(*(live(customer, number) for customer, number in customers))
    finally:
        over.set()
        await asyncio.gather(ticking, killing)
    bank.universe.advance(timedelta(seconds=120))
    await until(lambda: not bank.house.rows("SELECT 1 FROM outgoing_message WHERE state IN ('pending', 'leased')"), 60)
    check(bank.house, accepted=accepted)
    assert len(deaths) > DEATHS // 2
    for customer, number in customers:
        assert len(bank.house.conversation_of(number).state["answers"]) == 2
        assert in_order(bank, customer) == []


def _offers(customer: Customer, option: str) -> bool:
    try:
        return option in customer.options()
    except AssertionError:
        return False


def in_order(bank: Bank, customer: Customer) -> list[str]:
    """What is wrong with the order and the number of what a phone showed."""
    database = bank.house.database
    query = (
        "SELECT m.content_id, m.kind, m.state, m.conversation_id FROM outgoing_message m JOIN conversation c "
        "ON c.id = m.conversation_id WHERE c.account_id = :account ORDER BY c.kind DESC, m.seq"
    )
    rows = bank.house.rows(query, account=customer.account().id)
    shown = [bubble.text for bubble in customer.person.received()]
    wrong: list[str] = []
    last: dict[str, int] = {}
    for row in rows:
        body = database.run_read(lambda conn, c=row.content_id: load_content(conn, database.vault, c))  # type: ignore[misc]
        words = wording.from_json(body).text
        places = [at for at, text in enumerate(shown) if words in text]
        most = 2 if row.kind == "question" else 1
        if row.state == "sent" and not 1 <= len(places) <= most:
            wrong.append(f"a {row.kind} that was sent stands there {len(places)} times")
        if places and places[0] < last.get(row.conversation_id, -1):
            wrong.append(f"a {row.kind} stands before what was said earlier")
        if places:
            last[row.conversation_id] = places[0]
    return wrong
