"""LINE as a channel against its stand-in: reply, push, retry keys, and what every kind of trouble means."""

import asyncio
import logging
import uuid

import pytest
import structlog
from linebot.v3.messaging import AsyncApiClient, PushMessageRequest

from bot.channels.base import Inbound, InboundKind, Outcome
from bot.channels.line.adapter import LineChannel
from bot.channels.line.client import LineClient
from bot.channels.line.drawing import render_all
from bot.channels.line.outcomes import outcome_of_status
from bot.channels.line.tokens import LongLivedToken
from bot.simulator.faults import Fault, Trouble
from dialogs.personal import Personal
from tests.bot.simulator.stands import KEY, SECRET, TOKEN, Clock, LineStand, line_stand, notice, question, to


async def _heard(stand: LineStand, text: str = "はい") -> tuple[str, Personal]:
    """A person who has just written, and the token to answer with."""
    person = stand.platform.add_person(friend=True)
    await stand.platform.type_text(person.user_id, text)
    token = stand.bot.last().reply_token
    assert token is not None
    return person.user_id, token


async def test_a_reply_and_the_tap_that_answers_it() -> None:
    async with line_stand() as stand:
        user, token = await _heard(stand)
        sent = await stand.channel.send(
            to(user), [notice(), question("はい", "いいえ")], reply_token=token, retry_key=KEY
        )
        person = stand.platform.people[user]
        assert sent.outcome is Outcome.SENT
        assert sent.provider_ids == tuple(bubble.message_id for bubble in person.received())
        assert [bubble.text for bubble in person.received()] == ["ありがとうございます。", "ご職業を教えてください。"]
        assert [b.label for b in person.last().buttons] == ["はい", "いいえ"]
        assert [b.label for b in person.last().quick_replies] == ["もどる"]
        assert stand.platform.pushed == 0
        await stand.platform.tap(user, person.last().message_id, "いいえ")
        tapped = stand.bot.last()
        assert tapped.kind is InboundKind.CHOICE
        assert tapped.tap is not None
        assert (tapped.tap.conversation_ref, tapped.tap.token, tapped.tap.option) == ("abcd2345", "tok1", "o2")


async def test_a_slow_platform_takes_everything_in_its_time() -> None:
    async with line_stand() as stand:
        user, token = await _heard(stand)
        stand.platform.faults.standing = Fault(trouble=Trouble.SLOW, takes=0.01)
        reply = await stand.channel.send(to(user), [notice("いち")], reply_token=token, retry_key=KEY)
        push = await stand.channel.send(to(user), [notice("に")], reply_token=None, retry_key=str(uuid.uuid4()))
        assert [reply.outcome, push.outcome] == [Outcome.SENT, Outcome.SENT]
        assert [bubble.text for bubble in stand.platform.people[user].received()] == ["いち", "に"]


async def test_a_push_is_deduplicated_by_its_key() -> None:
    async with line_stand() as stand:
        user, _ = await _heard(stand)
        first = await stand.channel.send(to(user), [notice()], reply_token=None, retry_key=KEY)
        again = await stand.channel.send(to(user), [notice()], reply_token=None, retry_key=KEY)
        assert (first.outcome, again.outcome) == (Outcome.SENT, Outcome.ACCEPTED_BEFORE)
        assert again.provider_ids == first.provider_ids
        assert len(stand.platform.people[user].received()) == 1


@pytest.mark.parametrize(
    ("trouble", "on_push", "on_reply", "shown"),
    [
        (Trouble.SERVER_ERROR, Outcome.RETRY, Outcome.UNCERTAIN, 0),
        (Trouble.BAD_GATEWAY, Outcome.RETRY, Outcome.UNCERTAIN, 0),
        (Trouble.RATE, Outcome.RETRY, Outcome.RETRY, 0),
        (Trouble.QUOTA, Outcome.QUOTA, Outcome.QUOTA, 0),
        (Trouble.UNAUTHORIZED, Outcome.RETRY, Outcome.RETRY, 0),
        (Trouble.TIME_OUT_BEFORE, Outcome.RETRY, Outcome.UNCERTAIN, 0),
        (Trouble.TIME_OUT_AFTER, Outcome.RETRY, Outcome.UNCERTAIN, 1),
        (Trouble.DISCONNECT_AFTER, Outcome.RETRY, Outcome.UNCERTAIN, 1),
        (Trouble.BROKEN_ANSWER, Outcome.SENT, Outcome.SENT, 1),
        (Trouble.BARE_ANSWER, Outcome.SENT, Outcome.SENT, 1),
    ],
)
async def test_troubles(trouble: Trouble, on_push: Outcome, on_reply: Outcome, shown: int) -> None:
    async with line_stand(time_out=0.3) as stand:
        user, token = await _heard(stand)
        person = stand.platform.people[user]
        stand.platform.faults.add(trouble)
        pushed = await stand.channel.send(to(user), [notice()], reply_token=None, retry_key=KEY)
        assert pushed.outcome is on_push
        assert len(person.received()) == shown
        if on_push is Outcome.RETRY:
            again = await stand.channel.send(to(user), [notice()], reply_token=None, retry_key=KEY)
            assert again.outcome is (Outcome.ACCEPTED_BEFORE if shown else Outcome.SENT)
            assert len(person.received()) == 1
        before = len(person.received())
        stand.platform.faults.add(trouble)
        replied = await stand.channel.send(to(user), [notice()], reply_token=token, retry_key=KEY)
        assert replied.outcome is on_reply
        assert len(person.received()) - before == shown


async def test_nobody_there_is_never_uncertain() -> None:
    channel = LineChannel(SECRET, TOKEN, "http://127.0.0.1:9", now=Clock().now, time_out=2)
    await channel.start()
    try:
        sent = await channel.send(to("U" + "0" * 32), [notice()], reply_token=Personal("t"), retry_key=KEY)
    finally:
        await channel.close()
    assert sent.outcome is Outcome.RETRY


@pytest.mark.parametrize(("seconds", "outcome"), [(59, Outcome.SENT), (61, Outcome.REPLY_EXPIRED)])
async def test_a_reply_token_lives_one_minute(seconds: int, outcome: Outcome) -> None:
    async with line_stand() as stand:
        user, token = await _heard(stand)
        stand.clock.advance(seconds=seconds)
        sent = await stand.channel.send(to(user), [notice()], reply_token=token, retry_key=KEY)
        assert sent.outcome is outcome


async def test_a_reply_token_works_once() -> None:
    async with line_stand() as stand:
        user, token = await _heard(stand)
        outcomes = [
            (await stand.channel.send(to(user), [notice()], reply_token=token, retry_key=KEY)).outcome for _ in range(2)
        ]
        assert outcomes == [Outcome.SENT, Outcome.REPLY_EXPIRED]
        push = await stand.channel.send(to(user), [notice()], reply_token=None, retry_key=KEY)
        assert push.outcome is Outcome.SENT


async def test_more_objects_than_a_call_takes_are_pushed_in_parts_that_can_be_continued() -> None:
    async with line_stand() as stand:
        user, token = await _heard(stand)
        person = stand.platform.people[user]
        long = [notice(f"{at}" * 5000 * 2) for at in range(1, 4)]
        stand.platform.faults.add(None, Trouble.SERVER_ERROR)
        first = await stand.channel.send(to(user), long, reply_token=token, retry_key=KEY)
        assert (first.outcome, len(person.received())) == (Outcome.RETRY, 5)
        again = await stand.channel.send(to(user), long, reply_token=token, retry_key=KEY)
        assert (again.outcome, len(person.received())) == (Outcome.SENT, 6)
        assert again.provider_ids == tuple(person.received()[at].message_id for at in (1, 3, 5))
        assert stand.platform.pushed == 2


async def test_the_monthly_limit() -> None:
    async with line_stand(quota=1) as stand:
        user, token = await _heard(stand)
        keys = [str(uuid.UUID(int=at)) for at in range(1, 3)]
        outcomes = [
            (await stand.channel.send(to(user), [notice()], reply_token=None, retry_key=key)).outcome for key in keys
        ]
        assert outcomes == [Outcome.SENT, Outcome.QUOTA]
        reply = await stand.channel.send(to(user), [notice()], reply_token=token, retry_key=KEY)
        assert reply.outcome is Outcome.SENT


async def test_a_blocked_account_looks_sent_and_is_not_shown() -> None:
    async with line_stand() as stand:
        user, _ = await _heard(stand)
        await stand.platform.unfollow(user)
        assert stand.bot.last().kind is InboundKind.UNFOLLOW
        sent = await stand.channel.send(to(user), [notice()], reply_token=None, retry_key=KEY)
        assert sent.outcome is Outcome.SENT
        assert stand.platform.people[user].received() == []


async def test_a_wrong_recipient_is_refused_without_naming_it() -> None:
    async with line_stand() as stand:
        sent = await stand.channel.send(to("nobody"), [notice()], reply_token=None, retry_key=KEY)
        assert sent.outcome is Outcome.REJECTED
        assert "'to'" in sent.detail
        assert "request 0000" in sent.detail


async def test_groups_are_left() -> None:
    async with line_stand() as stand:
        await stand.platform.join_group()
        await stand.channel.acknowledge(stand.bot.last())
        await stand.platform.join_group(room=True)
        await stand.channel.acknowledge(stand.bot.last())
        assert [where[0] for where in stand.platform.left] == ["C", "R"]


async def test_the_loading_animation_takes_steps_of_five() -> None:
    async with line_stand() as stand:
        user, _ = await _heard(stand)
        await stand.channel.show_loading(Personal(user), 23)
        await stand.channel.show_loading(Personal(user), 1)
        assert stand.platform.loading == [(user, 20), (user, 5)]


async def test_nothing_of_a_customer_is_logged(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as structured:
        async with line_stand(time_out=0.3) as stand:
            user, token = await _heard(stand, "秘密の言葉")
            stand.platform.faults.add(Trouble.BAD_GATEWAY, Trouble.DISCONNECT_AFTER)
            for _ in range(3):
                await stand.channel.send(to(user), [notice("山田花子")], reply_token=token, retry_key=KEY)
    written = caplog.text + capsys.readouterr().out + str(structured)
    for secret in ("秘密の言葉", "山田花子", user, str(token), TOKEN, SECRET):
        assert secret not in written


async def test_a_message_that_cannot_be_drawn_is_rejected() -> None:
    async with line_stand() as stand:
        user, _ = await _heard(stand)
        bad = question("はい")
        bad = type(bad)(kind=bad.kind, text="x", buttons=bad.buttons, token="t" * 300)
        sent = await stand.channel.send(to(user), [bad], reply_token=None, retry_key=KEY)
        assert sent.outcome is Outcome.REJECTED
        assert stand.platform.people[user].received() == []


async def test_a_call_takes_one_to_five_messages() -> None:
    async with line_stand() as stand:
        user, _ = await _heard(stand)
        for count in (0, 6):
            with pytest.raises(ValueError, match="1 to 5"):
                await stand.channel.send(to(user), [notice()] * count, reply_token=None, retry_key=KEY)


def test_details_carry_no_user_id() -> None:
    user = "U" + "c" * 32
    sent = outcome_of_status(
        400, f'{{"message": "bad {user}", "details": [null, {{"property": "to"}}]}}', "r1", reply=False
    )
    assert user not in sent.detail
    assert sent.detail == "400 bad (id); to request r1"
    assert outcome_of_status(503, "<html>", "", reply=False).outcome is Outcome.RETRY
    assert outcome_of_status(409, "{}", "", reply=True).outcome is Outcome.REJECTED


async def test_a_tap_is_acknowledged_by_doing_nothing() -> None:
    async with line_stand() as stand:
        await _heard(stand)
        inbound: Inbound = stand.bot.last()
        await asyncio.wait_for(stand.channel.acknowledge(inbound), 1)
        assert stand.platform.left == []


async def test_a_body_is_what_the_sdk_makes_of_it() -> None:
    client = LineClient("http://127.0.0.1:9", LongLivedToken("t"))
    drawn = render_all([notice(), question("はい", "いいえ"), question(*map(str, range(12)))], "abcd2345")
    request = PushMessageRequest(to="U" + "0" * 32, messages=[part for parts in drawn for part in parts])
    assert client.sanitize_for_serialization(request) == AsyncApiClient.sanitize_for_serialization(client, request)
    await client.close()
