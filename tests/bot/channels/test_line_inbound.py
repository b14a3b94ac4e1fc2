"""LINE webhooks: signatures, every kind of event, and shapes that LINE may send tomorrow."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bot.channels.base import Inbound, InboundKind, Sticker, Tap, UnreadableBody, WrongSignature
from bot.channels.line.inbound import check_signature, parse, signature_of
from dialogs.personal import Personal

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
USER = "U" + "a" * 32


def one(**changes: Any) -> Inbound:
    event = {
        "type": "message",
        "timestamp": 1_790_000_000_123,
        "mode": "active",
        "webhookEventId": "01FZ74A0TDDPYRVKNK77XKC3ZR",
        "deliveryContext": {"isRedelivery": False},
        "source": {"type": "user", "userId": USER},
        "replyToken": "token-1",
        "message": {"type": "text", "id": "77", "text": "こんにちは", "quoteToken": "q"},
        **changes,
    }
    body = {"destination": "U" + "0" * 32, "events": [{k: v for k, v in event.items() if v is not None}]}
    (inbound,) = parse(json.dumps(body).encode(), NOW)
    return inbound


def test_text() -> None:
    inbound = one()
    assert inbound.kind is InboundKind.TEXT
    assert inbound.text == "こんにちは"
    assert inbound.event_key == "01FZ74A0TDDPYRVKNK77XKC3ZR"
    assert inbound.user_id == USER
    assert inbound.reply_token == "token-1"
    assert inbound.message_id == "77"
    assert inbound.occurred_at == datetime(2026, 9, 21, 14, 13, 20, 123000, tzinfo=UTC)
    assert inbound.may_answer
    assert "こんにちは" not in repr(inbound)
    assert USER not in repr(inbound)
    assert "token-1" not in repr(inbound)


def test_a_letter_code_is_text() -> None:
    message = {"type": "text", "id": "1", "text": "ABCD-2345-WXYZ"}
    assert one(message=message).kind is InboundKind.TEXT
    assert one(message=message).start_code is None


def test_taps() -> None:
    tap = Tap(conversation_ref="abcd2345", token="t1", option="o.1")
    inbound = one(type="postback", message=None, postback={"data": tap.encode()})
    assert (inbound.kind, inbound.tap) == (InboundKind.CHOICE, tap)
    assert one(type="postback", message=None, postback={"data": "menu=1"}).kind is InboundKind.OTHER
    assert one(type="postback", message=None).kind is InboundKind.OTHER


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"type": "follow", "follow": {"isUnblocked": True}}, InboundKind.FOLLOW),
        ({"type": "unfollow"}, InboundKind.UNFOLLOW),
        ({"type": "unsend", "unsend": {"messageId": "5"}}, InboundKind.UNSEND),
        ({"type": "unsend"}, InboundKind.OTHER),
        ({"type": "accountLink", "link": {"result": "ok", "nonce": "n"}}, InboundKind.BANK_LOGIN),
        ({"type": "accountLink", "link": {"result": "ok"}}, InboundKind.OTHER),
        ({"type": "accountLink", "link": "n"}, InboundKind.OTHER),
        ({"type": "messageEdited"}, InboundKind.EDITED),
        ({"type": ["strange"]}, InboundKind.OTHER),
        ({"type": None}, InboundKind.OTHER),
        ({"source": None}, InboundKind.OTHER),
        ({"source": {"type": "group", "groupId": "C1", "userId": USER}}, InboundKind.GROUP),
        ({"type": "join", "source": {"type": "room", "roomId": "R1"}}, InboundKind.GROUP),
        ({"message": {"type": "sticker", "id": "1"}}, InboundKind.MEDIA),
        ({"message": {"type": "hologram", "id": "1"}}, InboundKind.MEDIA),
        ({"message": {"type": "text", "id": "1"}}, InboundKind.OTHER),
        ({"message": None}, InboundKind.OTHER),
    ],
)
def test_kinds(changes: dict[str, Any], kind: InboundKind) -> None:
    assert one(**changes).kind is kind


def test_details() -> None:
    assert one(type="unsend", unsend={"messageId": "5"}).message_id == "5"
    assert one(message={"type": "image", "id": "9"}).media == "image"
    assert one(source={"type": "group", "groupId": "C1", "userId": USER}).user_id == "C1"
    assert not one(mode="standby").may_answer
    assert one(mode=None).may_answer
    assert one(replyToken=None).reply_token is None


def test_a_sticker_says_what_it_may() -> None:
    def sticker(**more: Any) -> Sticker | None:
        return one(message={"type": "sticker", "id": "1", **more}).sticker

    assert sticker() == Sticker()
    assert sticker(text="よろしく", keywords=["bow", "", 5, "please"]) == Sticker(
        written=Personal("よろしく"), keywords=("bow", "please")
    )
    assert sticker(text=["x"], keywords="bow") == Sticker()
    assert sticker(keywords=["k"] * 99) == Sticker(keywords=("k",) * 15)
    assert one(message={"type": "image", "id": "9", "keywords": ["k"]}).sticker is None


def test_an_event_of_an_older_shape_has_a_key_that_a_redelivery_repeats() -> None:
    first = one(webhookEventId=None)
    again = one(webhookEventId=None, deliveryContext={"isRedelivery": True})
    other = one(webhookEventId=None, timestamp=1_790_000_000_124)
    assert first.event_key.startswith("sha256:")
    assert first.event_key == again.event_key != other.event_key


def test_the_time_falls_back_to_the_ulid_and_then_to_the_receipt() -> None:
    by_key = one(timestamp=None, webhookEventId="01ARZ3NDEKTSV4RRFFQ69G5FAV")
    assert by_key.occurred_at == datetime(2016, 7, 30, 23, 54, 10, 259000, tzinfo=UTC)
    assert one(timestamp=None, webhookEventId="no ulid").occurred_at == NOW
    assert one(timestamp=10**30, webhookEventId="x").occurred_at == NOW


def test_two_people_in_one_post_and_none() -> None:
    assert parse(b'{"destination": "U", "events": []}', NOW) == []
    events = [{"type": "unfollow", "source": {"type": "user", "userId": u}} for u in ("Ua", "Ub")]
    assert [e.user_id for e in parse(json.dumps({"events": events}).encode(), NOW)] == ["Ua", "Ub"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"events": {}}', b"[" * 100_000, b'"text"', b"{}"])
def test_unreadable_bodies(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        parse(body, NOW)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
names = ("type", "timestamp", "mode", "webhookEventId", "source", "replyToken", "message", "postback", "unsend")


@given(st.lists(json_values | st.dictionaries(st.sampled_from(names), json_values), max_size=3))
def test_no_list_of_events_fails(events: list[Any]) -> None:
    read = parse(json.dumps({"events": events}).encode(), NOW)
    assert len(read) == len(events)
    assert all(inbound.event_key and inbound.occurred_at.tzinfo for inbound in read)


def test_signatures() -> None:
    body = '{"events": [], "destination": "日本"}'.encode()
    good = signature_of("secret", body)
    check_signature("secret", {"X-Line-Signature": good}, body)
    check_signature("secret", {"x-line-signature": good}, body)
    for headers in ({}, {"x-line-signature": ""}, {"x-line-signature": good[:-2]}, {"x-line-signature": "署名"}):
        with pytest.raises(WrongSignature):
            check_signature("secret", headers, body)
    with pytest.raises(WrongSignature):
        check_signature("another channel", {"x-line-signature": good}, body)
    with pytest.raises(WrongSignature):
        check_signature("secret", {"x-line-signature": good}, body + b" ")


def test_the_sdk_agrees_with_our_signature() -> None:
    from linebot.v3.webhook import SignatureValidator

    body = '{"events": []}'
    assert SignatureValidator("secret").validate(body, signature_of("secret", body.encode()))
