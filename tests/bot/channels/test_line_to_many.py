"""LINE's multicast: what it takes, what it refuses, and that a key is taken once."""

import pytest

from bot.channels.base import InboundKind, Outcome
from bot.channels.menus import MENU_REF
from bot.simulator.faults import Trouble
from dialogs.conversation.prompts import Message, MessageKind, ShownLink
from dialogs.personal import Personal
from tests.bot.simulator.stands import KEY, LineStand, line_stand, question
from tests.bot.simulator.test_platform_line import NOBODY, TEXT, call

PATH = "/v2/bot/message/multicast"


def people(stand: LineStand, count: int) -> list[Personal]:
    return [Personal(stand.platform.add_person(friend=True).user_id) for _ in range(count)]


def heard(stand: LineStand, users: list[Personal]) -> list[list[str]]:
    return [[bubble.text for bubble in stand.platform.people[user.reveal()].received()] for user in users]


async def test_all_get_it_and_their_taps_lead_to_whatever_is_open() -> None:
    async with line_stand() as stand:
        users = people(stand, 3)
        sent = await stand.channel.send_to_many(users, question("はい"), retry_key=KEY)
        assert (sent.outcome, sent.provider_ids) == (Outcome.SENT, ())
        assert heard(stand, users) == [["ご職業を教えてください。"]] * 3
        assert stand.platform.pushed == 3
        last = stand.platform.people[users[1].reveal()].last()
        await stand.platform.tap(users[1].reveal(), last.message_id, "はい")
        tapped = stand.bot.last()
        assert (tapped.kind, tapped.user_id) == (InboundKind.CHOICE, users[1])
        assert tapped.tap is not None
        assert (tapped.tap.conversation_ref, tapped.tap.option) == (MENU_REF, "o1")


async def test_five_hundred_in_one_call_and_no_more() -> None:
    async with line_stand() as stand:
        users = people(stand, 501)
        sent = await stand.channel.send_to_many(users[:500], question("はい"), retry_key=KEY)
        assert sent.outcome is Outcome.SENT
        assert stand.platform.pushed == 500
        with pytest.raises(ValueError, match="500"):
            await stand.channel.send_to_many(users, question("はい"), retry_key=KEY)


@pytest.mark.parametrize(
    ("trouble", "outcome", "shown"),
    [
        (Trouble.SERVER_ERROR, Outcome.RETRY, 0),
        (Trouble.TIME_OUT_BEFORE, Outcome.RETRY, 0),
        (Trouble.TIME_OUT_AFTER, Outcome.RETRY, 1),
        (Trouble.DISCONNECT_AFTER, Outcome.RETRY, 1),
        (Trouble.BROKEN_ANSWER, Outcome.SENT, 1),
        (Trouble.RATE, Outcome.RETRY, 0),
        (Trouble.QUOTA, Outcome.QUOTA, 0),
    ],
)
async def test_a_call_that_is_made_again_shows_nothing_twice(trouble: Trouble, outcome: Outcome, shown: int) -> None:
    async with line_stand(time_out=0.3) as stand:
        users = people(stand, 2)
        stand.platform.faults.add(trouble)
        first = await stand.channel.send_to_many(users, question("はい"), retry_key=KEY)
        assert (first.outcome, first.too_fast) == (outcome, trouble is Trouble.RATE)
        assert [len(texts) for texts in heard(stand, users)] == [shown] * 2
        again = await stand.channel.send_to_many(users, question("はい"), retry_key=KEY)
        assert again.outcome is (Outcome.ACCEPTED_BEFORE if shown else Outcome.SENT)
        assert [len(texts) for texts in heard(stand, users)] == [1] * 2


async def test_one_unknown_person_and_nobody_has_it() -> None:
    async with line_stand() as stand:
        users = people(stand, 2)
        sent = await stand.channel.send_to_many([*users, Personal(NOBODY)], question("はい"), retry_key=KEY)
        assert sent.outcome is Outcome.REJECTED
        assert heard(stand, users) == [[], []]
        # A call that was refused has not used its key.
        assert (await stand.channel.send_to_many(users, question("はい"), retry_key=KEY)).outcome is Outcome.SENT


async def test_who_has_blocked_the_account_costs_nobody_else_the_message() -> None:
    async with line_stand() as stand:
        users = people(stand, 2)
        stand.platform.people[users[0].reveal()].blocked = True
        assert (await stand.channel.send_to_many(users, question("はい"), retry_key=KEY)).outcome is Outcome.SENT
        assert [len(texts) for texts in heard(stand, users)] == [0, 1]


async def test_the_allowance_counts_people() -> None:
    async with line_stand(quota=5) as stand:
        users = people(stand, 4)
        assert (await stand.channel.send_to_many(users[:3], question("はい"), retry_key=KEY)).outcome is Outcome.SENT
        other = KEY.replace("a", "b")
        assert (await stand.channel.send_to_many(users[:3], question("はい"), retry_key=other)).outcome is Outcome.QUOTA
        assert (await stand.channel.send_to_many(users[:2], question("はい"), retry_key=other)).outcome is Outcome.SENT


async def test_what_is_not_the_same_for_all_or_needs_several_calls_is_not_sent() -> None:
    async with line_stand() as stand:
        users = people(stand, 2)
        link = ShownLink(page="bank", label="開く", words="開きます", otherwise="")
        linked = Message(kind=MessageKind.INVITATION, text="ご案内", links=(link,))
        long = Message(kind=MessageKind.INVITATION, text="あ" * 26_000)
        for message in (linked, long):
            assert (await stand.channel.send_to_many(users, message, retry_key=KEY)).outcome is Outcome.REJECTED
        assert heard(stand, users) == [[], []]


async def test_the_stand_in_refuses_what_line_refuses() -> None:
    async with line_stand() as stand:
        somebody = stand.platform.add_person(friend=True).user_id
        for to in ([], [somebody] * 2, [somebody, "U1"], somebody, [f"U{number:032x}" for number in range(501)], None):
            assert (await call(stand.api_base, PATH, {"to": to, "messages": [TEXT]}))[0] == 400
        good = {"to": [somebody], "messages": [TEXT]}
        assert (await call(stand.api_base, PATH, good | {"messages": [TEXT] * 6}))[0] == 400
        assert (await call(stand.api_base, PATH, good, X_Line_Retry_Key="no uuid"))[0] == 400
        assert await call(stand.api_base, PATH, good, X_Line_Retry_Key=KEY) == (200, {})
        status, _ = await call(stand.api_base, PATH, good, X_Line_Retry_Key=KEY)
        assert status == 409
        assert (await call(stand.api_base, "/v2/bot/message/validate/multicast", {"messages": [TEXT]}))[0] == 200
        # The description of LINE says the same of most of them.
        stand.calls.violations.clear()
