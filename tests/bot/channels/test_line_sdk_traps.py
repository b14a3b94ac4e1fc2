"""The traps of LINE's SDK: each shown to be there, and stepped round by the adapter.

Where the SDK mends one, the first half of its test fails, and what was built round it can go.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from linebot.v3 import WebhookParser
from linebot.v3.messaging import (
    ApiException,
    AsyncApiClient,
    AsyncMessagingApi,
    AsyncMessagingApiBlob,
    Configuration,
    PushMessageRequest,
    ShowLoadingAnimationRequest,
    TextMessage,
)
from linebot.v3.models.events import UnknownEvent
from pydantic.v1 import ValidationError

from bot.channels.base import Inbound, InboundKind, Outcome
from bot.channels.line.adapter import LineChannel
from bot.channels.line.inbound import parse, signature_of
from bot.channels.report import NotDone
from dialogs.personal import Personal
from tests.bot.simulator.stands import KEY, SECRET, TOKEN, Clock, notice, to

USER = "U" + "a" * 32
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


def event(**changes: Any) -> dict[str, Any]:
    """A text message of today's shape; ``None`` takes a field away."""
    whole = {
        "type": "message",
        "timestamp": 1_790_000_000_000,
        "mode": "active",
        "webhookEventId": "01" + "A" * 24,
        "deliveryContext": {"isRedelivery": False},
        "source": {"type": "user", "userId": USER},
        "replyToken": "t",
        "message": {"type": "text", "id": "1", "text": "はい", "quoteToken": "q"},
        **changes,
    }
    return {name: value for name, value in whole.items() if value is not None}


def by_sdk(one: dict[str, Any]) -> Any:
    body = json.dumps({"destination": USER, "events": [one]})
    return WebhookParser(SECRET).parse(body, signature_of(SECRET, body.encode()))[0]


def by_us(one: dict[str, Any]) -> Inbound:
    (read,) = parse(json.dumps({"destination": USER, "events": [one]}).encode(), Clock().now())
    return read


@asynccontextmanager
async def answering(answer: Answer, *, time_out: float = 5.0) -> AsyncIterator[tuple[LineChannel, str]]:
    """Our channel against a server that answers everything in one way."""
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    async with TestServer(app) as server:
        base = str(server.make_url("")).rstrip("/")
        channel = LineChannel(SECRET, TOKEN, base, base, now=Clock().now, time_out=time_out)
        await channel.start()
        try:
            yield channel, base
        finally:
            await channel.close()


async def sdk(base: str, call: Callable[[AsyncMessagingApi], Awaitable[Any]]) -> Any:
    async with AsyncApiClient(Configuration(host=base, access_token=TOKEN)) as client:
        return await call(AsyncMessagingApi(client))


PUSH = PushMessageRequest(to=USER, messages=[TextMessage(text="x")])


@pytest.mark.parametrize(
    "message",
    [
        {"type": "text", "id": "1", "text": "はい"},
        {"type": "hologram", "id": "1", "depth": 3},
    ],
    ids=["without a quote token", "of a new kind"],
)
def test_what_the_models_reject_loses_its_content(message: dict[str, Any]) -> None:
    one = event(message=message)
    assert isinstance(by_sdk(one), UnknownEvent)
    read = by_us(one)
    assert read.message_id == "1"
    assert read.kind is (InboundKind.TEXT if message["type"] == "text" else InboundKind.MEDIA)


@pytest.mark.parametrize("name", ["mode", "webhookEventId", "deliveryContext"])
def test_an_event_that_lacks_a_field_raises(name: str) -> None:
    one = event(**{name: None})
    with pytest.raises(ValidationError):
        by_sdk(one)
    read = by_us(one)
    assert (read.kind, read.text) == (InboundKind.TEXT, Personal("はい"))
    assert read.event_key == by_us(one).event_key


async def test_an_answer_without_sent_messages_is_no_reason_to_send_again() -> None:
    async def bare(_: web.Request) -> web.Response:
        return web.json_response({})

    async with answering(bare) as (channel, base):
        with pytest.raises(ValidationError):
            await sdk(base, lambda api: api.push_message(PUSH))
        sent = await channel.send(to(USER), [notice()], reply_token=None, retry_key=KEY)
        assert sent.outcome is Outcome.SENT


async def test_409_is_raised_and_means_success() -> None:
    async def conflict(_: web.Request) -> web.Response:
        return web.json_response({"message": "already accepted", "sentMessages": [{"id": "7"}]}, status=409)

    async with answering(conflict) as (channel, base):
        with pytest.raises(ApiException) as raised:
            await sdk(base, lambda api: api.push_message(PUSH, KEY))
        assert raised.value.status == 409
        sent = await channel.send(to(USER), [notice()], reply_token=None, retry_key=KEY)
        assert (sent.outcome, sent.provider_ids) == (Outcome.ACCEPTED_BEFORE, ("7",))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 415, 429, 500, 502])
async def test_all_statuses_are_one_exception(status: int) -> None:
    async def refuse(_: web.Request) -> web.Response:
        return web.json_response({"message": "no"}, status=status)

    async with answering(refuse) as (channel, base):
        with pytest.raises(ApiException) as raised:
            await sdk(base, lambda api: api.push_message(PUSH))
        assert type(raised.value) is ApiException
        sent = await channel.send(to(USER), [notice()], reply_token=None, retry_key=KEY)
        assert sent.outcome is (Outcome.RETRY if status in (401, 429, 500, 502) else Outcome.REJECTED)


async def test_an_error_that_is_no_text_is_an_error_all_the_same() -> None:
    async def bytes_of_a_proxy(_: web.Request) -> web.Response:
        return web.Response(body=b"\xff\xfe\x00", status=503)

    async with answering(bytes_of_a_proxy) as (channel, base):
        with pytest.raises(UnicodeDecodeError):
            await sdk(base, lambda api: api.push_message(PUSH))
        sent = await channel.send(to(USER), [notice()], reply_token=None, retry_key=KEY)
        assert sent.outcome is Outcome.RETRY


async def test_a_pair_of_times_is_no_time_out() -> None:
    async def fine(_: web.Request) -> web.Response:
        return web.json_response({"sentMessages": [{"id": "1"}]})

    async with answering(fine) as (channel, base):
        with pytest.raises(TypeError):
            await sdk(base, lambda api: api.push_message(PUSH, _request_timeout=(3.0, 10.0)))
        sent = await channel.send(to(USER), [notice()], reply_token=None, retry_key=KEY)
        assert sent.outcome is Outcome.SENT


async def test_no_call_waits_the_five_minutes_that_the_sdk_would() -> None:
    over = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await over.wait()
        return web.Response()

    async with answering(hang, time_out=0.1) as (channel, _):
        group = Inbound(
            channel="line",
            event_key="e",
            kind=InboundKind.GROUP,
            user_id=Personal("C1"),
            occurred_at=Clock().now(),
        )
        try:
            async with asyncio.timeout(60):
                pushed = await channel.send(to(USER), [notice()], reply_token=None, retry_key=KEY)
                replied = await channel.send(to(USER), [notice()], reply_token=Personal("t"), retry_key=KEY)
                await channel.acknowledge(group)
                await channel.show_waiting(Personal(USER))
                with pytest.raises(NotDone):
                    await channel.quota(0.1)
        finally:
            over.set()
        assert (pushed.outcome, replied.outcome) == (Outcome.RETRY, Outcome.UNCERTAIN)


async def test_content_that_is_not_ready_is_nothing_and_no_error() -> None:
    async def later(_: web.Request) -> web.Response:
        return web.Response(status=202)

    async with answering(later) as (channel, base):
        async with AsyncApiClient(Configuration(host=base, access_token=TOKEN)) as client:
            assert await AsyncMessagingApiBlob(client).get_message_content("1") is None
        fetched = await channel.fetch_image(Personal("1"))
        assert fetched.outcome.value == "not_ready"


async def test_limits_are_ours_to_keep() -> None:
    assert len(TextMessage(text="x" * 6000).text) == 6000
    assert ShowLoadingAnimationRequest(chat_id=USER, loading_seconds=7).loading_seconds == 7
    asked: list[Any] = []

    async def take(request: web.Request) -> web.Response:
        asked.append(await request.json())
        return web.json_response({"sentMessages": [{"id": "1"}, {"id": "2"}]})

    async with answering(take) as (channel, _):
        await channel.send(to(USER), [notice("x" * 6000)], reply_token=None, retry_key=KEY)
        await channel.show_loading(Personal(USER), 7)
    assert [len(part["text"]) <= 5000 for part in asked[0]["messages"]] == [True, True]
    assert asked[1]["loadingSeconds"] == 5


async def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intended: a bank's servers reach the world through one."""
    through: list[str] = []

    async def proxy(request: web.Request) -> web.Response:
        through.append(request.headers["Host"])
        return web.json_response({"sentMessages": [{"id": "1"}]})

    async with answering(proxy) as (_, base):
        monkeypatch.setenv("http_proxy", base)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        channel = LineChannel(SECRET, TOKEN, "http://api.line.invalid", now=Clock().now)
        await channel.start()
        try:
            sent = await channel.send(to(USER), [notice()], reply_token=None, retry_key=KEY)
        finally:
            await channel.close()
    assert (sent.outcome, through) == (Outcome.SENT, ["api.line.invalid"])


async def test_the_chatty_log_is_kept_quiet(caplog: pytest.LogCaptureFixture) -> None:
    async def talk(_: web.Request) -> web.Response:
        return web.json_response({"sentMessages": [{"id": "1", "quoteToken": "a-quote-token"}]})

    caplog.set_level(logging.DEBUG)
    logger = logging.getLogger("linebot.v3.messaging")
    async with answering(talk) as (channel, base):
        async with AsyncApiClient(Configuration(host=base, access_token=TOKEN)) as client:
            logger.setLevel(logging.DEBUG)
            await AsyncMessagingApi(client).push_message(PUSH)
        assert "a-quote-token" in caplog.text
        caplog.clear()
        await channel.close()
        await channel.start()
        await channel.send(to(USER), [notice()], reply_token=None, retry_key=KEY)
    assert "a-quote-token" not in caplog.text
