"""kill -9 between any two statements of a turn and of the sending of its answer.

The process counts its statements, commits and calls and kills itself at the n-th; another one takes its place,
the platform redelivers, and what comes of it must be what comes of it without a death.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from storage.staff import StaffMember, list_staff
from tests.e2e.house import Customer
from tests.faults.bank import Bank, Process, named
from tests.faults.conftest import At, on_both
from tests.faults.invariants import Told, Violated, check, compare, look
from tests.faults.moments import MORI
from tests.faults.points import ANSWERED, CALL, COMMITTED

Act = Callable[[Bank, Customer, Process], Awaitable[Any]]
Choose = Callable[[Sequence[str]], Iterable[int]]


@dataclass(frozen=True)
class Story:
    """One turn, as the customer begins it."""

    moment: str
    act: Act
    #: So long after the event that the free reply is over and LINE gets a push.
    later: timedelta = timedelta(0)
    #: What another process has done before.
    before: Act | None = None


@dataclass(frozen=True)
class Asked:
    """What a member of staff asked the desk for, and whether it was done."""

    staff: StaffMember
    conversation: str
    deed: str
    words: tuple[str, ...]
    ok: bool = False


def _at_the_desk(deed: str, *words: str) -> Act:
    async def ask(bank: Bank, customer: Customer, process: Process) -> Asked:
        known = bank.house.database.run_read(list_staff)
        sato = known[0] if known else bank.house.staff_member()
        asked = Asked(sato, customer.active().id, deed, words)
        return await _ask(bank, process, asked)

    return ask


async def _ask(bank: Bank, process: Process, asked: Asked) -> Asked:
    form = {"staff": asked.staff.id, "conversation": asked.conversation, "deed": asked.deed, "words": asked.words}
    async with asyncio.timeout(60):
        return replace(asked, ok=await bank.step(process, "desk", form) is not None)


async def _types_the_tail(bank: Bank, customer: Customer, _: Process) -> Any:
    return await customer.platform.type_text(customer.user_id, bank.house.letter(MORI).master["phone"][-4:])


def _taps(option: str) -> Act:
    async def tap(_: Bank, customer: Customer, __: Process) -> Any:
        bubble, tappable = customer.button(option)
        return await customer.platform.tap(customer.user_id, bubble.message_id, tappable.data)

    return tap


STORIES = {
    "link": Story("linking", _types_the_tail),
    "answer": Story("answering", _taps("c0")),
    "submit": Story("submitting", _taps("submit")),
    "submit_pushed": Story("submitting", _taps("submit"), timedelta(seconds=55)),
    "takeover": Story("waiting", _at_the_desk("claim")),
    "hand_back": Story("waiting", _at_the_desk("hand_back", ""), before=_at_the_desk("claim")),
}


async def tell(
    bank: Bank, at: At, channel: str, story: Story, *, die_at: int | None, sabotage: tuple[str, ...] = ()
) -> tuple[Told, list[str], bool]:
    """Tell a story with a death at a point; what came of it, the points passed, and whether the process died."""
    customer = await at(channel, story.moment)
    if story.before is not None:
        process = await bank.start(channel=channel)
        await story.before(bank, customer, process)
        await bank.send_all(process)
        await bank.kill(process)
    before = len(customer.person.received())
    process = await bank.start(channel=channel, die_at=die_at, sabotage=sabotage)
    delivery = await story.act(bank, customer, process)
    taken = delivery.ok
    if taken:
        check_stored(bank)
    bank.universe.advance(story.later)
    died = not taken or not await bank.send_all(process)
    points = process.passed()
    if died:
        assert await process.ended() == -9, process.log()
        await bank.kill(process)
        process = await bank.start(channel=channel, sabotage=sabotage)
        await redeliver(bank, customer, process, delivery)
        await bank.send_all(process)
    await bank.let_pass(process)
    check(bank.house, accepted=keys_of(delivery))
    told = look(bank.house, customer, before)
    await bank.kill(process)
    return told, points, died


def check_stored(bank: Bank) -> None:
    """200 is only said for what is committed."""
    (row,) = bank.house.rows("SELECT count(*) AS n FROM inbound_event WHERE done_at IS NULL")
    assert row.n == 0


async def redeliver(bank: Bank, customer: Customer, process: Process, delivery: Any) -> None:
    """The platform heard no 200, or heard it and delivers again all the same; staff look, and ask again if need be."""
    if isinstance(delivery, Asked):
        done = (customer.active().owner == "staff") is (delivery.deed == "claim")
        assert done or (await _ask(bank, process, delivery)).ok
        return
    if customer.channel == "line":
        again = await bank.house.line.deliver(*delivery.events, redelivery=True)
    else:
        again = await bank.house.telegram.deliver(delivery.update)
    assert again.ok, again.statuses


def keys_of(delivery: Any) -> list[str]:
    if isinstance(delivery, Asked):
        return []
    if hasattr(delivery, "events"):
        return [str(delivery.events[0]["webhookEventId"])]
    return [f"1000001:{delivery.update['update_id']}"]


async def die_at_each(
    bank: Bank, at: At, channel: str, story: Story, choose: Choose = lambda points: range(1, len(points) + 1)
) -> None:
    expected, points, died = await tell(bank, at, channel, story, die_at=None)
    assert not died
    assert len(set(expected.shown)) == len(expected.shown) > 0
    assert {state for _, state in expected.messages} == {"sent"}
    for number in choose(points):
        got, passed, died = await tell(bank, at, channel, story, die_at=number)
        assert died, f"nobody died at {number} of {len(points)}"
        try:
            compare(expected, got, once=channel == "line" and bool(story.later))
        except Violated as problem:
            raise Violated(f"killed at {number}, {passed[-1]}: {problem}") from None


def telling(points: Sequence[str]) -> list[int]:
    """One point of each sort: before anything, in mid-turn, around each commit, around the call."""
    turn = points.index(COMMITTED, points.index(COMMITTED) + 1)
    return [
        1,
        *named(points[:turn], "INSERT INTO inbound_event")[:1],
        *named(points[:turn], "INSERT INTO outgoing_message")[-1:],
        turn,
        turn + 1,
        *named(points, CALL, ANSWERED),
        named(points, ANSWERED)[-1] + 2,
    ]


@pytest.mark.slow
@on_both
async def test_dying_at_telling_points_of_an_answer(bank: Bank, at: At) -> None:
    await die_at_each(bank, at, "line", STORIES["answer"], telling)


#: On PostgreSQL a death costs more time, and what comes of it hangs on fewer things: no lock of the file.
EVERY = [("sqlite", name) for name in STORIES] + [("postgresql", "answer"), ("postgresql", "submit_pushed")]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "story"), EVERY)
async def test_dying_at_every_point_on_line(bank: Bank, at: At, story: str) -> None:
    await die_at_each(bank, at, "line", STORIES[story])


@pytest.mark.slow
@pytest.mark.parametrize("story", ["answer", "submit"])
async def test_dying_at_every_point_on_telegram(bank: Bank, at: At, story: str) -> None:
    await die_at_each(bank, at, "telegram", STORIES[story])


async def test_half_a_turn_is_noticed(bank: Bank, at: At) -> None:
    """The control: the answer is committed apart from the mark on its event."""
    story, spoilt = STORIES["answer"], ("half_a_turn",)
    expected, points, died = await tell(bank, at, "line", story, die_at=None, sabotage=spoilt)
    assert not died
    (marked,) = named(points, "SET problem=")
    got, _, died = await tell(bank, at, "line", story, die_at=marked, sabotage=spoilt)
    assert died
    with pytest.raises(Violated):
        compare(expected, got, once=False)
