"""Telegram updates: every kind we ask for, and shapes that the library does not know yet."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from bot.channels.base import Inbound, InboundKind, Sticker, Tap, UnreadableBody, WrongSignature
from bot.channels.telegram.inbound import check_secret, parse, read_update

NOW = datetime(2026, 11, 23, 9, 0, 30, 999, tzinfo=UTC)
SENT = 1_790_000_000
USER = {"id": 7_000_000_001, "is_bot": False, "first_name": "Hanako", "language_code": "ja"}
CHAT = {"id": 7_000_000_001, "type": "private", "first_name": "Hanako"}
GROUP = {"id": -100123, "type": "supergroup", "title": "x"}
PHOTO = {"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}
BOT = {"id": 1, "is_bot": True, "first_name": "b", "username": "b"}


def message(**content: Any) -> dict[str, Any]:
    return {"message_id": 5, "date": SENT, "chat": CHAT, "from": USER, **content}


def one(**update: Any) -> Inbound:
    return parse(json.dumps({"update_id": 10, **update}).encode(), "123456", NOW)


def test_text() -> None:
    inbound = one(message=message(text="こんにちは"))
    assert inbound.kind is InboundKind.TEXT
    assert inbound.text == "こんにちは"
    assert inbound.event_key == "123456:10"
    assert inbound.user_id == "7000000001"
    assert inbound.occurred_at == datetime.fromtimestamp(SENT, UTC)
    assert inbound.locale == "ja"
    assert inbound.message_id == "5"
    assert "こんにちは" not in repr(inbound)
    assert "7000000001" not in repr(inbound)


@pytest.mark.parametrize(
    ("text", "kind", "code", "said"),
    [
        ("/start", InboundKind.FOLLOW, None, None),
        ("/start@kakunin_bot", InboundKind.FOLLOW, None, None),
        ("/start ABCD2345WXYZ", InboundKind.TEXT, "ABCD2345WXYZ", "ABCD2345WXYZ"),
        (f"/start {'a' * 64}", InboundKind.TEXT, "a" * 64, "a" * 64),
        # No link carries this: it was typed.
        (f"/start {'a' * 65}", InboundKind.FOLLOW, None, None),
        ("/start こんにちは", InboundKind.FOLLOW, None, None),
        ("/start a b", InboundKind.FOLLOW, None, None),
        ("/help", InboundKind.TEXT, None, "/help"),
        ("/started now", InboundKind.TEXT, None, "/started now"),
    ],
)
def test_commands(text: str, kind: InboundKind, code: str | None, said: str | None) -> None:
    inbound = one(message=message(text=text))
    assert (inbound.kind, inbound.start_code, inbound.text) == (kind, code, said)


def test_words_of_somebody_else_are_no_answer() -> None:
    other = {**USER, "id": 5}
    for origin, kind in (
        ({"type": "user", "date": SENT, "sender_user": USER}, InboundKind.TEXT),
        ({"type": "user", "date": SENT, "sender_user": other}, InboundKind.MEDIA),
        ({"type": "hidden_user", "date": SENT, "sender_user_name": "x"}, InboundKind.MEDIA),
        ({"type": "channel", "date": SENT, "chat": {**GROUP, "type": "channel"}, "message_id": 1}, InboundKind.MEDIA),
    ):
        inbound = one(message=message(text="はい", forward_origin=origin))
        assert inbound.kind is kind, origin
        assert (inbound.text is None) == (kind is InboundKind.MEDIA)


def test_taps() -> None:
    tap = Tap(conversation_ref="abcd2345", token="t1", option="yes")
    query = {"id": "q1", "from": USER, "chat_instance": "1", "data": tap.encode(), "message": message(text="?")}
    inbound = one(callback_query=query)
    assert (inbound.kind, inbound.tap, inbound.callback_id) == (InboundKind.CHOICE, tap, "q1")
    assert inbound.message_id == "5"
    assert inbound.occurred_at == NOW.replace(microsecond=0)
    foreign = one(callback_query={**query, "data": "other bot"})
    assert (foreign.kind, foreign.callback_id) == (InboundKind.OTHER, "q1")
    without_message = {name: value for name, value in query.items() if name != "message"}
    assert one(callback_query=without_message).kind is InboundKind.CHOICE
    old = {"message_id": 5, "date": 0, "chat": CHAT}
    assert one(callback_query={**query, "message": old}).kind is InboundKind.CHOICE
    assert one(callback_query={**query, "message": message(chat=GROUP, text="?")}).kind is InboundKind.GROUP


def test_a_contact_counts_only_from_its_owner() -> None:
    own = one(message=message(contact={"phone_number": "819012345678", "first_name": "H", "user_id": USER["id"]}))
    assert (own.kind, own.text) == (InboundKind.TEXT, "+819012345678")
    for foreign in ({"user_id": 5}, {}):
        contact = {"phone_number": "+819012345678", "first_name": "H", **foreign}
        inbound = one(message=message(contact=contact))
        assert (inbound.kind, inbound.media, inbound.text) == (InboundKind.MEDIA, "contact", None)


def member(status: str) -> dict[str, Any]:
    return {"status": status, "user": BOT, **({"until_date": 0} if status == "kicked" else {})}


@pytest.mark.parametrize(
    ("update", "kind"),
    [
        ({"edited_message": message(text="x", edit_date=SENT)}, InboundKind.EDITED),
        ({"edited_message": message(chat=GROUP, text="x", edit_date=SENT)}, InboundKind.OTHER),
        ({"edited_message": message(location={"latitude": 1.0, "longitude": 2.0}, edit_date=SENT)}, InboundKind.OTHER),
        ({"message": message()}, InboundKind.OTHER),
        ({"message": message(chat=GROUP, text="x")}, InboundKind.GROUP),
        ({"message": {"message_id": 5, "date": SENT, "chat": CHAT, "text": "x"}}, InboundKind.OTHER),
        (
            {"message": message(photo=[PHOTO])},
            InboundKind.MEDIA,
        ),
        ({"message": message(location={"latitude": 1.0, "longitude": 2.0})}, InboundKind.MEDIA),
        ({"message": message(photo="not a list")}, InboundKind.OTHER),
        ({"message": "no object"}, InboundKind.OTHER),
        ({"message": {"message_id": 5}}, InboundKind.OTHER),
        ({"something_of_2030": {"a": 1}}, InboundKind.OTHER),
        ({}, InboundKind.OTHER),
    ],
)
def test_kinds(update: dict[str, Any], kind: InboundKind) -> None:
    assert one(**update).kind is kind


def test_a_sticker_stands_for_its_emoji() -> None:
    sticker = {"file_id": "s", "file_unique_id": "s1", "type": "regular", "width": 512, "height": 512}
    sticker |= {"is_animated": False, "is_video": False}
    assert one(message=message(sticker=sticker | {"emoji": "👌"})).sticker == Sticker(emoji="👌")
    assert one(message=message(sticker=sticker)).sticker == Sticker()
    assert one(message=message(photo=[PHOTO])).sticker is None


def test_a_field_of_tomorrow_does_not_hide_the_text() -> None:
    assert one(message=message(text="はい", hologram={"deep": [1]})).text == "はい"


@pytest.mark.parametrize(
    ("chat", "after", "kind"),
    [
        (CHAT, "kicked", InboundKind.UNFOLLOW),
        (CHAT, "member", InboundKind.OTHER),
        (GROUP, "member", InboundKind.GROUP),
    ],
)
def test_blocking(chat: dict[str, Any], after: str, kind: InboundKind) -> None:
    change = {"chat": chat, "from": USER, "date": SENT, "old_chat_member": member("member")}
    inbound = one(my_chat_member={**change, "new_chat_member": member(after)})
    assert inbound.kind is kind
    assert inbound.user_id == str(chat["id"])


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"update_id": "1"}', b'{"update_id": true}', b"[" * 100_000])
def test_unreadable_bodies(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        parse(body, "1", NOW)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
parts = ("message", "callback_query", "my_chat_member", "edited_message", "poll", "inline_query")


@given(st.dictionaries(st.sampled_from(parts), json_values), json_values)
def test_no_update_with_a_number_fails(update: dict[str, Any], text: Any) -> None:
    assert read_update({"update_id": 1, **update}, "1", NOW).event_key == "1:1"
    assert read_update({"update_id": 1, "message": message(text=text)}, "1", NOW).event_key == "1:1"


def test_secrets() -> None:
    check_secret("s3cret", {"X-Telegram-Bot-Api-Secret-Token": "s3cret"})
    for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": ""}, {"X-Telegram-Bot-Api-Secret-Token": "s3cre"}):
        with pytest.raises(WrongSignature):
            check_secret("s3cret", headers)
    with pytest.raises(WrongSignature):
        check_secret("", {"X-Telegram-Bot-Api-Secret-Token": ""})
