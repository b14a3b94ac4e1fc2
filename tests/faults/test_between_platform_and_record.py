"""Dying, or standing still, between the platform's acceptance and our record of it.

LINE deduplicates a push by its retry key, so such a message is shown once. A free reply of LINE and anything on
Telegram cannot be told from a second one: a question is then asked once more, with the same token; a receipt or a
text of staff is never repeated but becomes ``unknown`` and stands on the worklist. The conversation always goes on.
"""

from __future__ import annotations

import asyncio
import signal
from datetime import timedelta

import pytest

from bot.simulator.faults import Trouble
from storage.undelivered import undelivered
from tests.e2e.house import Customer, until
from tests.faults.bank import Bank, Process
from tests.faults.conftest import At
from tests.faults.invariants import Violated, check
from tests.faults.points import ANSWERED, CALL

PUSH = timedelta(seconds=55)
#: What is sent: the moment before it, and the kind of its message.
QUESTION, RECEIPT, STAFF = ("answering", "question"), ("submitting", "receipt"), ("waiting", "staff")
STAFF_WORDS = "担当の者です。少々お待ちください。"


async def queue(bank: Bank, customer: Customer, process: Process, what: tuple[str, str]) -> None:
    """Let a message of this kind be queued."""
    if what is STAFF:
        member = bank.house.staff_member()
        conversation = customer.active().id
        asked = {"staff": member.id, "conversation": conversation, "words": []}
        assert await bank.step(process, "desk", asked | {"deed": "claim"}) == {"done": True}
        assert await keep_sending(bank, process)
        await bank.step(process, "desk", asked | {"deed": "say", "words": [STAFF_WORDS]})
        return
    option = "submit" if what is RECEIPT else "c0"
    bubble, tappable = customer.button(option)
    delivery = await customer.platform.tap(customer.user_id, bubble.message_id, tappable.data)
    assert delivery.ok


async def interrupted(
    bank: Bank,
    at: At,
    channel: str,
    what: tuple[str, str],
    *,
    unanswered: bool = False,
    later: timedelta = timedelta(0),
    sabotage: tuple[str, ...] = (),
) -> tuple[int, str]:
    """Let a process die with a message that the platform has taken: how often it was shown, and its state."""
    customer = await at(channel, what[0])
    first = await bank.start(channel=channel, sabotage=sabotage)
    await queue(bank, customer, first, what)
    before = len(customer.person.received())
    await bank.kill(first)
    bank.universe.advance(later)
    dying = await bank.start(channel=channel, sabotage=sabotage, die_at=None if unanswered else f"{ANSWERED} {what[1]}")
    if unanswered:
        customer.platform.faults.add(Trouble.TIME_OUT_AFTER)
        customer.platform.hang = 60
        sending = asyncio.create_task(keep_sending(bank, dying))
        await until(lambda: len(customer.person.received()) > before)
        await bank.kill(dying)
        await sending
    else:
        assert not await keep_sending(bank, dying)
        await bank.kill(dying)
    # The event is done; only the message is in doubt.
    living = await bank.start(channel=channel, sabotage=sabotage)
    await bank.let_pass(living)
    check(bank.house)
    shown = [bubble.text for bubble in customer.person.received()[before:]]
    if len(set(shown)) != 1:
        raise Violated(f"shown: {shown}")
    query = "SELECT state FROM outgoing_message WHERE kind = :kind ORDER BY id DESC LIMIT 1"
    (row,) = bank.house.rows(query, kind=what[1])
    await goes_on(bank, customer, living)
    await bank.kill(living)
    return len(shown), row.state


async def keep_sending(bank: Bank, process: Process) -> bool:
    """Let it send, also what it puts off for a second or two; false where it died over it."""
    for _ in range(6):
        if await bank.step(process, "send") is None:
            return False
        bank.universe.advance(timedelta(seconds=2))
    return True


async def goes_on(bank: Bank, customer: Customer, process: Process) -> None:
    """Nothing that was in doubt blocks what comes after it."""
    before = len(customer.person.received())
    assert (await customer.platform.type_text(customer.user_id, "もしもし")).ok
    assert await bank.send_all(process)
    waits_for_staff = customer.active().owner == "staff"
    if len(customer.person.received()) == before and not waits_for_staff:
        raise Violated("the conversation does not go on")


LOST_ANSWER = pytest.mark.parametrize("unanswered", [False, True], ids=["after the answer", "without an answer"])


@LOST_ANSWER
@pytest.mark.parametrize(
    "what", [QUESTION, RECEIPT, pytest.param(STAFF, marks=pytest.mark.slow)], ids=lambda what: what[1]
)
async def test_a_push_of_line_is_shown_once(bank: Bank, at: At, what: tuple[str, str], unanswered: bool) -> None:
    assert await interrupted(bank, at, "line", what, unanswered=unanswered, later=PUSH) == (1, "sent")


@LOST_ANSWER
@pytest.mark.parametrize("channel", ["telegram", pytest.param("line", marks=pytest.mark.slow)])
async def test_a_question_is_asked_once_more_where_nobody_can_tell(
    bank: Bank, at: At, channel: str, unanswered: bool
) -> None:
    assert await interrupted(bank, at, channel, QUESTION, unanswered=unanswered) == (2, "sent")


@LOST_ANSWER
@pytest.mark.parametrize(
    ("channel", "what"),
    [
        ("telegram", RECEIPT),
        pytest.param("line", RECEIPT, marks=pytest.mark.slow),
        pytest.param("telegram", STAFF, marks=pytest.mark.slow),
    ],
    ids=["receipt-telegram", "receipt-reply", "staff-telegram"],
)
async def test_a_receipt_or_staff_text_is_never_repeated_and_goes_to_staff(
    bank: Bank, at: At, channel: str, what: tuple[str, str], unanswered: bool
) -> None:
    assert await interrupted(bank, at, channel, what, unanswered=unanswered) == (1, "unknown")
    (lost,) = bank.house.database.run_read(undelivered)
    assert (lost.kind, lost.state) == (what[1], "unknown")


async def test_without_the_retry_key_a_push_is_shown_twice(bank: Bank, at: At) -> None:
    """The control of the first test."""
    shown, _ = await interrupted(bank, at, "line", QUESTION, later=PUSH, sabotage=("no_retry_key",))
    assert shown == 2


async def test_sent_again_blindly_a_receipt_is_shown_twice(bank: Bank, at: At) -> None:
    """The control of the third test."""
    shown, _ = await interrupted(bank, at, "telegram", RECEIPT, sabotage=("blind_resend",))
    assert shown == 2


# Standing still -----------------------------------------------------------------------------------


async def overtaken(bank: Bank, at: At, channel: str, stop_at: str, later: timedelta, sabotage: tuple[str, ...]) -> int:
    """A process is stopped beyond its lease, another one sends, the first wakes up: how often it was shown."""
    customer = await at(channel, "answering")
    before = len(customer.person.received())
    paused = await bank.start(channel=channel, stop_at=stop_at, sabotage=sabotage)
    other = await bank.start(channel=channel, sabotage=sabotage)
    await queue(bank, customer, paused, QUESTION)
    bank.universe.advance(later)
    if not later:
        customer.platform.faults.add(Trouble.DISCONNECT_AFTER)
    sending = asyncio.create_task(keep_sending(bank, paused))
    await bank.stops(paused)
    bank.universe.advance(timedelta(seconds=61))
    assert await bank.send_all(other)
    paused.send(signal.SIGCONT)
    await sending
    await bank.let_pass(other)
    check(bank.house)
    return len(customer.person.received()) - before


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_late_outcome_of_a_paused_process_is_refused(bank: Bank, at: At) -> None:
    """It woke up to say "uncertain, again" of a question that another one had asked again already."""
    assert await overtaken(bank, at, "telegram", f"{ANSWERED} question", timedelta(0), ()) == 2


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_push_that_a_paused_process_sends_late_is_shown_once(bank: Bank, at: At) -> None:
    assert await overtaken(bank, at, "line", CALL, PUSH, ()) == 1


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_without_the_check_of_the_owner_a_late_outcome_sends_again(bank: Bank, at: At) -> None:
    """The control."""
    assert await overtaken(bank, at, "telegram", f"{ANSWERED} question", timedelta(0), ("no_lease_owner",)) > 2
