"""Telegram as a channel against its stand-in: webhook, polling, sending, and what every kind of trouble means."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
import structlog

from bot.channels.base import Inbound, InboundKind, Outcome
from bot.channels.telegram.adapter import TelegramChannel
from bot.channels.telegram.polling import poll
from bot.simulator.faults import Fault, Trouble
from tests.bot.simulator.stands import (
    BOT_SECRET,
    BOT_TOKEN,
    KEY,
    Clock,
    TelegramStand,
    notice,
    question,
    telegram_stand,
    to,
)


async def _heard(stand: TelegramStand, text: str = "はい") -> str:
    person = stand.platform.add_person(friend=True)
    await stand.platform.type_text(person.user_id, text)
    return person.user_id


async def _until(condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen within five seconds")


async def _send(stand: TelegramStand, user: str, text: str = "ありがとうございます。") -> Outcome:
    return (await stand.channel.send(to(user), [notice(text)], reply_token=None, retry_key=KEY)).outcome


async def test_a_slow_platform_takes_everything_in_its_time() -> None:
    async with telegram_stand() as stand:
        user = await _heard(stand)
        stand.platform.faults.standing = Fault(trouble=Trouble.SLOW, takes=0.01)
        assert [await _send(stand, user, text) for text in ("いち", "に")] == [Outcome.SENT, Outcome.SENT]
        assert [bubble.text for bubble in stand.platform.people[user].received()] == ["いち", "に"]


async def test_a_question_and_the_tap_that_answers_it() -> None:
    async with telegram_stand() as stand:
        person = stand.platform.add_person()
        await stand.platform.begin(person.user_id, "ABCD2345WXYZ")
        assert stand.bot.last().start_code == "ABCD2345WXYZ"
        asked = question("はい", "いいえ", shortcuts=("もどる", "あとで", "係へ"))
        sent = await stand.channel.send(to(person.user_id), [asked], reply_token=None, retry_key=KEY)
        assert (sent.outcome, sent.provider_ids) == (Outcome.SENT, (person.last().message_id,))
        assert [[b.label for b in row] for row in person.last().rows] == [
            ["はい"],
            ["いいえ"],
            ["もどる", "あとで"],
            ["係へ"],
        ]
        await stand.platform.tap(person.user_id, person.last().message_id, 1)
        tapped = stand.bot.last()
        assert tapped.tap is not None
        assert (tapped.kind, tapped.tap.option) == (InboundKind.CHOICE, "o2")
        await stand.channel.acknowledge(tapped)
        assert stand.platform.answered_queries == [tapped.callback_id]
        await stand.channel.acknowledge(tapped)
        assert len(stand.platform.answered_queries) == 1
        body = next(body for _, path, body in stand.calls.calls if path == "/sendMessage")
        assert body["protect_content"] is True
        assert "parse_mode" not in body


@pytest.mark.parametrize(
    ("trouble", "outcome", "shown"),
    [
        (Trouble.SERVER_ERROR, Outcome.RETRY, 0),
        (Trouble.BAD_GATEWAY, Outcome.RETRY, 0),
        (Trouble.RATE, Outcome.RETRY, 0),
        (Trouble.UNAUTHORIZED, Outcome.RETRY, 0),
        (Trouble.TIME_OUT_BEFORE, Outcome.UNCERTAIN, 0),
        (Trouble.TIME_OUT_AFTER, Outcome.UNCERTAIN, 1),
        (Trouble.DISCONNECT_AFTER, Outcome.UNCERTAIN, 1),
        (Trouble.BROKEN_ANSWER, Outcome.UNCERTAIN, 1),
        (Trouble.BARE_ANSWER, Outcome.SENT, 1),
    ],
)
async def test_troubles(trouble: Trouble, outcome: Outcome, shown: int) -> None:
    async with telegram_stand(time_out=0.3) as stand:
        user = await _heard(stand)
        stand.platform.faults.add(trouble)
        assert await _send(stand, user) is outcome
        assert len(stand.platform.people[user].received()) == shown


async def test_flood_waits_are_told() -> None:
    async with telegram_stand() as stand:
        user = await _heard(stand)
        stand.platform.faults.add(Fault(trouble=Trouble.RATE, retry_after=17))
        sent = await stand.channel.send(to(user), [notice()], reply_token=None, retry_key=KEY)
        assert (sent.outcome, sent.retry_after) == (Outcome.RETRY, timedelta(seconds=17))


async def test_blocking() -> None:
    async with telegram_stand() as stand:
        user = await _heard(stand)
        await stand.platform.block(user)
        assert stand.bot.last().kind is InboundKind.UNFOLLOW
        assert await _send(stand, user) is Outcome.BLOCKED
        await stand.platform.unblock(user)
        await stand.platform.begin(user)
        assert stand.bot.last().kind is InboundKind.FOLLOW
        assert await _send(stand, user) is Outcome.SENT


async def test_an_unknown_chat_is_refused() -> None:
    async with telegram_stand() as stand:
        assert await _send(stand, "42") is Outcome.REJECTED


async def test_nobody_there() -> None:
    channel = TelegramChannel(BOT_TOKEN, "b", BOT_SECRET, "http://127.0.0.1:9", now=Clock().now, time_out=2)
    await channel.start()
    try:
        sent = await channel.send(to("42"), [notice()], reply_token=None, retry_key=KEY)
    finally:
        await channel.close()
    assert sent.outcome is Outcome.RETRY
    assert BOT_TOKEN not in sent.detail


async def test_a_long_text_goes_in_parts_and_a_broken_off_one_is_not_said_twice() -> None:
    async with telegram_stand() as stand:
        user = await _heard(stand)
        assert await _send(stand, user, "あ" * 5000) is Outcome.SENT
        assert [len(b.text) for b in stand.platform.people[user].received()] == [4096, 904]
        stand.platform.faults.add(None, Trouble.RATE)
        assert await _send(stand, user, "い" * 5000) is Outcome.UNCERTAIN
        stand.platform.faults.add(Trouble.RATE)
        assert await _send(stand, user, "う" * 5000) is Outcome.RETRY


async def test_a_wrong_secret_is_not_let_in() -> None:
    async with telegram_stand() as stand:
        user = await _heard(stand)
        stand.platform.webhook.secret = "another"
        delivery = await stand.platform.type_text(user, "はい")
        assert set(delivery.statuses) == {401}
        assert not delivery.ok


async def test_groups_are_left() -> None:
    async with telegram_stand() as stand:
        user = await _heard(stand)
        await stand.platform.type_in_group(user, "hello")
        await stand.channel.acknowledge(stand.bot.last())
        assert stand.platform.left == [-100_200_300_400]


async def test_the_people_side() -> None:
    async with telegram_stand() as stand:
        user = await _heard(stand)
        await stand.platform.send_photo(user)
        assert stand.bot.last().media == "photo"
        await stand.platform.send_sticker(user)
        assert stand.bot.last().media == "sticker"
        await stand.platform.send_contact(user, "819012345678")
        assert stand.bot.last().text == "+819012345678"
        await stand.platform.send_contact(user, "819012345678", of="5")
        assert stand.bot.last().kind is InboundKind.MEDIA
        first = stand.platform.people[user].bubbles[0].message_id
        await stand.platform.edit_text(user, first, "いいえ")
        assert stand.bot.last().kind is InboundKind.EDITED
        assert stand.bot.last().text is None
        assert stand.platform.people[user].bubbles[0].text == "いいえ"


async def test_polling_commits_before_it_goes_on() -> None:
    async with telegram_stand(webhook=False) as stand:
        user = await _heard(stand, "一")
        await stand.platform.type_text(user, "二")
        taken: list[Inbound] = []
        stop = asyncio.Event()
        failures = 1

        async def handler(events: list[Inbound]) -> None:
            nonlocal failures
            if events[0].text == "二" and failures:
                failures -= 1
                raise OSError("disk full")
            taken.extend(events)
            if events[0].text == "三":
                stop.set()

        with structlog.testing.capture_logs() as logs:
            poller = asyncio.create_task(poll(stand.channel, handler, stop, wait=2, pause=0.01))
            await _until(lambda: len(taken) >= 2)
            await stand.platform.type_text(user, "三")
            await asyncio.wait_for(poller, 5)
        assert [inbound.text for inbound in taken] == ["一", "二", "三"]
        assert [entry["event"] for entry in logs] == ["telegram.update_not_stored"]
        asked = [body for _, path, body in stand.calls.calls if path == "/GetUpdates"]
        assert asked[0]["allowed_updates"] == ["message", "edited_message", "callback_query", "my_chat_member"]
        assert [body.get("offset") for body in asked[:3]] == [None, 100_000_002, 100_000_003]


async def test_polling_hears_what_comes_after_a_quiet_week() -> None:
    """Telegram then goes on at any number; an offset from before would throw away what lies below it."""
    async with telegram_stand(webhook=False) as stand:
        user = await _heard(stand, "前")
        taken: list[Inbound] = []
        stop = asyncio.Event()

        async def handler(events: list[Inbound]) -> None:
            taken.extend(events)

        poller = asyncio.create_task(poll(stand.channel, handler, stop, wait=1, pause=0.01))
        # Only a poll without an offset is safe over a quiet week: it comes once all is confirmed.
        await _until(lambda: [b.get("offset") for _, p, b in stand.calls.calls if p == "/GetUpdates"][2:] == [None])
        stand.platform.next_update_id = 17
        await stand.platform.type_text(user, "後")
        await _until(lambda: len(taken) == 2)
        stop.set()
        await asyncio.wait_for(poller, 5)
        assert [inbound.text for inbound in taken] == ["前", "後"]


async def test_polling_gives_up_an_update_that_can_never_be_stored_and_no_other() -> None:
    async with telegram_stand(webhook=False) as stand:
        user = await _heard(stand, "一")
        for words in ("二", "三"):
            await stand.platform.type_text(user, words)
        taken, tried = list[Inbound](), list[str]()
        stop = asyncio.Event()

        async def handler(events: list[Inbound]) -> None:
            words = str(events[0].text.reveal() if events[0].text else "")
            tried.append(words)
            if words == "二":
                raise ValueError("secret 二")
            if words == "三" and tried.count("三") < 8:
                raise ConnectionError("the store is away")
            taken.extend(events)
            if words == "三":
                stop.set()

        with structlog.testing.capture_logs() as logs:
            await asyncio.wait_for(
                poll(stand.channel, handler, stop, wait=2, pause=0.001, longest_pause=0.01, passing=(ConnectionError,)),
                10,
            )
        assert [inbound.text for inbound in taken] == ["一", "三"]
        assert (tried.count("一"), tried.count("二"), tried.count("三")) == (1, 5, 8)
        (given_up,) = [entry for entry in logs if entry["event"] == "telegram.update_given_up"]
        assert (given_up["update_id"], given_up["tries"]) == (100_000_002, 5)
        assert "secret" not in repr(logs)


async def test_polling_stops_at_once_and_survives_trouble() -> None:
    async with telegram_stand() as stand:
        stop = asyncio.Event()

        async def handler(events: list[Inbound]) -> None:
            raise AssertionError("nothing may come while the webhook is set")

        with structlog.testing.capture_logs() as logs:
            poller = asyncio.create_task(poll(stand.channel, handler, stop, wait=20, pause=0.01))
            await _until(lambda: bool(logs))
            stand.platform.webhook.url = ""
            await asyncio.sleep(0.1)
            stop.set()
            await asyncio.wait_for(poller, 2)
        assert {(entry["event"], entry["problem"]) for entry in logs} == {("telegram.polling_failed", "Conflict")}


async def test_nothing_of_a_customer_is_logged(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as structured:
        async with telegram_stand(time_out=0.3) as stand:
            user = await _heard(stand, "秘密の言葉")
            stand.platform.faults.add(Trouble.BAD_GATEWAY, Trouble.DISCONNECT_AFTER, Trouble.UNAUTHORIZED)
            for _ in range(4):
                await _send(stand, user, "山田花子")
    # The stand-in's own access log is not the bot's.
    records = [record for record in caplog.records if not record.name.startswith("aiohttp")]
    written = "".join(record.getMessage() for record in records) + capsys.readouterr().out + str(structured)
    for secret in ("秘密の言葉", "山田花子", user, BOT_TOKEN, BOT_SECRET):
        assert secret not in written


async def test_a_call_takes_one_message() -> None:
    async with telegram_stand() as stand:
        for count in (0, 2):
            with pytest.raises(ValueError, match="1 message"):
                await stand.channel.send(to("1"), [notice()] * count, reply_token=None, retry_key=KEY)
