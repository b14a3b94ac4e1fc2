"""The stand-in of LINE behaves as LINE does where it matters, and refuses what LINE refuses."""

from io import BytesIO
from typing import Any

import aiohttp
import pytest

from bot.channels.base import InboundKind, Outcome
from bot.simulator.platform_line_rules import check_messages
from tests.bot.simulator.stands import KEY, TOKEN, line_stand, notice, question, to

TEXT = {"type": "text", "text": "x"}
NOBODY = "U" + "0" * 32


async def call(base: str, path: str, body: Any = None, *, token: str = TOKEN, **headers: str) -> tuple[int, Any]:
    """One raw call, past the SDK's own checks."""
    headers = {"Authorization": f"Bearer {token}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    method = "GET" if body is None else "POST"
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, base + path, json=body, headers=headers) as answer,
    ):
        return answer.status, await answer.json()


async def test_calls_are_checked_before_they_count() -> None:
    async with line_stand() as stand:
        push = "/v2/bot/message/push"
        good = {"to": NOBODY, "messages": [TEXT]}
        assert (await call(stand.api_base, push, good, token="wrong"))[0] == 401
        assert (await call(stand.api_base, push, good, X_Line_Retry_Key="no uuid"))[0] == 400
        status, answer = await call(stand.api_base, push, good, X_Line_Retry_Key=KEY)
        assert (status, len(answer["sentMessages"])) == (200, 1)
        status, again = await call(stand.api_base, push, good, X_Line_Retry_Key=KEY)
        assert (status, again["sentMessages"][0]["id"]) == (409, answer["sentMessages"][0]["id"])
        reply = {"replyToken": "never given", "messages": [TEXT]}
        assert (await call(stand.api_base, "/v2/bot/message/reply", reply)) == (400, {"message": "Invalid reply token"})
        assert (await call(stand.api_base, "/v2/bot/message/reply", reply, X_Line_Retry_Key=KEY))[0] == 400
        assert (await call(stand.api_base, "/v2/bot/message/validate/reply", {"messages": [TEXT]}))[0] == 200
        loading = {"chatId": NOBODY, "loadingSeconds": 7}
        assert (await call(stand.api_base, "/v2/bot/chat/loading/start", loading))[0] == 400


async def test_calls_that_line_does_not_have_are_not_found() -> None:
    async with line_stand() as stand:
        assert (await call(stand.api_base, "/v2/bot/shout", {}))[0] == 404
        assert stand.calls.calls[-1][1] == "/v2/bot/shout"
        stand.calls.violations.clear()


async def test_what_the_platform_reports() -> None:
    async with line_stand(quota=200) as stand:
        person = stand.platform.add_person("Hanako", friend=True)
        api = stand.channel.api
        assert (await api.get_profile(person.user_id)).display_name == "Hanako"
        assert (await api.get_bot_info()).chat_mode == "bot"
        assert (await api.get_message_quota()).value == 200
        assert (await api.get_message_quota_consumption()).total_usage == 0
        await stand.channel.send(to(person.user_id), [notice()], reply_token=None, retry_key=KEY)
        assert (await api.get_message_quota_consumption()).total_usage == 1
        assert (await api.get_webhook_endpoint()).active


def _flex(**changes: Any) -> dict[str, Any]:
    action = {"type": "postback", "label": "はい", "data": "d", **changes.pop("action", {})}
    contents = [{"type": "text", "text": "q"}, {"type": "button", "action": action}]
    bubble = {"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": contents}}
    return {"type": "flex", "altText": "x", "contents": bubble, **changes}


@pytest.mark.parametrize(
    "message",
    [
        {"type": "text", "text": ""},
        {"type": "text", "text": " "},
        {"type": "text", "text": "x" * 5001},
        {"type": "text", "text": "𠮷" * 2501},
        {"type": "text"},
        {"type": "video"},
        _flex(altText="x" * 1501),
        _flex(altText=""),
        _flex(action={"label": "あ" * 41}),
        _flex(action={"label": ""}),
        _flex(action={"data": "x" * 301}),
        _flex(action={"displayText": "x" * 301}),
        _flex(contents={"type": "bubble"}),
        _flex(contents={"type": "carousel"}),
        _flex(contents={"type": "bubble", "body": {"type": "box", "layout": "vertical", "contents": [{"type": "x"}]}}),
        _flex(
            contents={
                "type": "bubble",
                "body": {"type": "box", "layout": "vertical", "contents": [{"type": "text", "text": "あ" * 6000}]},
            }
        ),
        {**TEXT, "quickReply": {"items": []}},
        {**TEXT, "quickReply": {"items": [{"action": {"type": "postback", "label": "あ" * 21, "data": "x"}}]}},
        {**TEXT, "quickReply": {"items": [{"action": {"type": "postback", "label": "あ", "data": "x"}}] * 14}},
        {**TEXT, "sender": {"name": "x" * 21}},
        {**TEXT, "sender": {"name": "LINE"}},
    ],
)
def test_refusals(message: dict[str, Any]) -> None:
    assert check_messages([message])


def test_what_is_just_within_the_limits_passes() -> None:
    good = [
        {"type": "text", "text": "𠮷" * 2500},
        _flex(altText="x" * 1500, action={"label": "👨\u200d👩\u200d👧" * 40, "data": "x" * 300}),
    ]
    assert check_messages(good) == []
    assert check_messages([])
    assert check_messages([TEXT] * 6)


async def test_what_fails_is_redelivered_with_the_same_id_and_a_fresh_token() -> None:
    async with line_stand() as stand:
        person = stand.platform.add_person(friend=True)
        stand.bot.refuse = [503, 500]
        delivery = await stand.platform.type_text(person.user_id, "はい")
        assert delivery.statuses == [503, 500, 200]
        assert len({inbound.event_key for inbound in stand.bot.received}) == 1
        assert [w[2]["events"][0]["deliveryContext"]["isRedelivery"] for w in stand.webhooks.calls] == [
            False,
            True,
            True,
        ]
        stand.bot.refuse = [503] * 9
        assert len((await stand.platform.type_text(person.user_id, "はい")).statuses) == 4


async def test_a_redelivered_event_can_be_answered_again_but_not_after_twenty_minutes() -> None:
    async with line_stand() as stand:
        person = stand.platform.add_person(friend=True)
        event = stand.platform.text_event(person.user_id, "はい")
        for minutes, outcome in ((19, Outcome.SENT), (21, Outcome.REPLY_EXPIRED)):
            event = stand.platform.text_event(person.user_id, "はい")
            stand.clock.advance(minutes=minutes)
            await stand.platform.deliver(event, redelivery=True)
            token = stand.bot.last().reply_token
            sent = await stand.channel.send(to(person.user_id), [notice()], reply_token=token, retry_key=KEY)
            assert sent.outcome is outcome


async def test_quick_replies_vanish_and_buttons_stay() -> None:
    async with line_stand() as stand:
        person = stand.platform.add_person(friend=True)
        await stand.channel.send(to(person.user_id), [question("はい")], reply_token=None, retry_key=KEY)
        asked = person.last().message_id
        await stand.platform.tap(person.user_id, asked, "もどる")
        assert person.bubbles[-1].text == "もどる"
        await stand.channel.send(to(person.user_id), [notice()], reply_token=None, retry_key=KEY[:-1] + "b")
        with pytest.raises(LookupError):
            await stand.platform.tap(person.user_id, asked, "もどる")
        await stand.platform.tap(person.user_id, asked, 0)
        assert stand.bot.last().kind is InboundKind.CHOICE
        with pytest.raises(LookupError):
            await stand.platform.tap(person.user_id, asked, 7)


async def test_the_people_side() -> None:
    async with line_stand() as stand:
        person = stand.platform.add_person()
        await stand.platform.follow(person.user_id)
        assert stand.bot.last().kind is InboundKind.FOLLOW
        await stand.platform.send_sticker(person.user_id)
        assert stand.bot.last().media == "sticker"
        await stand.platform.send_image(person.user_id)
        assert stand.bot.last().media == "image"
        await stand.platform.type_text(person.user_id, "まちがえました")
        written = stand.bot.last().message_id
        assert written is not None
        await stand.platform.unsend(person.user_id, written)
        assert (stand.bot.last().kind, stand.bot.last().message_id) == (InboundKind.UNSEND, written)
        assert person.bubble(written).unsent
        assert person.bubble(written).text == ""
        stand.platform.mode = "standby"
        await stand.platform.type_text(person.user_id, "はい")
        assert not stand.bot.last().may_answer
        assert stand.bot.last().reply_token is None


async def test_two_people_in_one_post_and_a_wrong_secret() -> None:
    async with line_stand() as stand:
        people = [stand.platform.add_person(friend=True) for _ in range(2)]
        await stand.platform.deliver(*(stand.platform.text_event(p.user_id, "はい") for p in people))
        assert [inbound.user_id for inbound in stand.bot.received] == [p.user_id for p in people]
        assert (await stand.platform.deliver()).ok
        stand.platform.channel_secret = "another"
        assert set((await stand.platform.type_text(people[0].user_id, "はい")).statuses) == {401}


async def test_only_a_chat_that_it_is_in_is_left() -> None:
    async with line_stand() as stand:
        await stand.platform.join_group()
        (chat,) = stand.platform.joined
        for status in (200, 404):
            assert (await call(stand.api_base, f"/v2/bot/group/{chat}/leave", {}))[0] == status
        assert (await call(stand.api_base, "/v2/bot/room/Rnobody/leave", {}))[0] == 404
        assert stand.platform.left == [chat]


async def test_bodies_that_are_too_large_or_no_json() -> None:
    async with line_stand() as stand:
        stand.calls.violations.clear()
        async with aiohttp.ClientSession() as session:
            headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "text/plain"}
            url = f"{stand.api_base}/v2/bot/chat/loading/start"
            body = f'{{"chatId": "{NOBODY}", "loadingSeconds": 5}}'
            async with session.post(url, data=body, headers=headers) as answer:
                assert answer.status == 415
            large = BytesIO(b'{"to": "' + b"x" * 2_100_000 + b'"}')
            async with session.post(url, data=large, headers=headers) as answer:
                assert answer.status == 413


async def test_the_loading_animation_is_checked() -> None:
    async with line_stand() as stand:
        path = "/v2/bot/chat/loading/start"
        assert (await call(stand.api_base, path, {"chatId": NOBODY, "loadingSeconds": 5}))[0] == 202
        for wrong in ({"loadingSeconds": 7}, {"loadingSeconds": 65}, {"loadingSeconds": 0}, {"chatId": "C" + "0" * 32}):
            assert (await call(stand.api_base, path, {"chatId": NOBODY, "loadingSeconds": 5, **wrong}))[0] == 400
        stand.calls.violations.clear()
