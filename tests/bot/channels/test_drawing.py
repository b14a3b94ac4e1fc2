"""No message, whatever its texts, is drawn as something that LINE or Telegram refuses, and no wording is lost."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from bot.channels.base import Tap
from bot.channels.choices import DoesNotFit
from bot.channels.limits import is_blank, utf8_bytes, utf16_units
from bot.channels.line import drawing as line_drawing
from bot.channels.telegram import drawing as telegram_drawing
from bot.simulator.platform_line_rules import check_messages
from bot.simulator.platform_telegram_rules import check_keyboard, check_text
from dialogs.conversation.prompts import Message, MessageKind, ShownButton
from tests.specs import line_spec, specs_at_hand, telegram_spec

REF = "abcd2345"


def on_line(*messages: Message) -> list[dict[str, Any]]:
    return [part.to_dict() for parts in line_drawing.render_all(messages, REF) for part in parts]


def on_telegram(message: Message) -> list[dict[str, Any]]:
    parts = telegram_drawing.render(message, REF)
    calls: list[dict[str, Any]] = []
    for part in parts:
        call: dict[str, Any] = {"chat_id": 1, "text": part.text}
        if part.keyboard is not None:
            call["reply_markup"] = part.keyboard.to_dict()
        calls.append(call)
    return calls


def make(text: str = "質問です。", labels: tuple[str, ...] = (), **more: Any) -> Message:
    buttons = tuple(ShownButton(option=f"o{at}", label=label) for at, label in enumerate(labels, 1))
    return Message(kind=MessageKind.QUESTION, text=text, buttons=buttons, token="tok1", **more)


def actions(drawn: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        part["action"]
        for message in drawn
        for part in message.get("contents", {}).get("body", {}).get("contents", [])
        if part["type"] == "button"
    ]


def texts(drawn: list[dict[str, Any]]) -> str:
    found = []
    for message in drawn:
        body = message.get("contents", {}).get("body", {}).get("contents", [])
        found += [message["text"]] if message["type"] == "text" else [p["text"] for p in body if p["type"] == "text"]
    return "\n".join(found)


any_text = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=st.sampled_from("あ𠮷\u3099👍🏽👨\u200d👩 \n\t\u200b\x00。.1"), max_size=80),
    st.builds(lambda piece, times: piece * times, st.text(min_size=1, max_size=12), st.integers(1, 900)),
    st.just("\ud800"),
)
any_option = st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789_.-", min_size=1, max_size=20)
any_button = st.builds(lambda option, label: ShownButton(option=option, label=label), any_option, any_text)
any_message = st.builds(
    Message,
    kind=st.sampled_from(MessageKind),
    text=any_text,
    buttons=st.lists(any_button, max_size=20).map(tuple),
    shortcuts=st.lists(any_button, max_size=16).map(tuple),
    token=st.one_of(st.none(), st.just("0198tok1")),
    alt=any_text,
    sender=st.one_of(st.none(), any_text),
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(any_message, min_size=1, max_size=3))
def test_line_refuses_nothing_that_is_drawn(messages: list[Message]) -> None:
    drawn = on_line(*messages)
    spec = line_spec() if specs_at_hand() else None
    for at in range(0, len(drawn), 5):
        call = json.loads(json.dumps(drawn[at : at + 5]))
        assert check_messages(call) == []
        if spec is not None:
            spec.check_messages(call)
    tapped = [Tap.decode(action["data"]) for action in actions(drawn)]
    beyond_quick_replies = [m.buttons + m.shortcuts[13:] for m in messages]
    assert [tap.option for tap in tapped if tap] == [b.option for row in beyond_quick_replies for b in row]


@settings(max_examples=60, deadline=None)
@given(any_message)
def test_telegram_refuses_nothing_that_is_drawn(message: Message) -> None:
    calls = on_telegram(message)
    spec = telegram_spec() if specs_at_hand() else None
    for call in calls:
        call = json.loads(json.dumps(call))
        assert check_text(call["text"])
        check_keyboard(call.get("reply_markup"))
        if spec is not None:
            spec.observe("POST", "/sendMessage", call)
    rows = calls[-1].get("reply_markup", {}).get("inline_keyboard", [])
    drawn = [Tap.decode(button["callback_data"]) for row in rows for button in row]
    assert [tap.option for tap in drawn if tap] == [b.option for b in message.buttons + message.shortcuts]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(alphabet="あいう会社員年金abc", min_size=1, max_size=70), min_size=1, max_size=20))
def test_every_wording_can_be_read_in_full(labels: list[str]) -> None:
    message = make(labels=tuple(labels))
    line = on_line(message)
    read = texts(line) + "\n" + "\n".join(action["label"] for action in actions(line))
    telegram = on_telegram(message)
    keyboard = [b["text"] for row in telegram[-1]["reply_markup"]["inline_keyboard"] for b in row]
    said = "\n".join(call["text"] for call in telegram) + "\n" + "\n".join(keyboard)
    for label in labels:
        assert label in read
        assert label in said


def test_short_labels_stand_on_their_buttons() -> None:
    line = on_line(make(labels=("はい", "いいえ")))
    assert [action["label"] for action in actions(line)] == ["はい", "いいえ"]
    assert [action["displayText"] for action in actions(line)] == ["はい", "いいえ"]
    assert texts(line) == "質問です。"
    assert actions(line)[0]["data"] == "1.abcd2345.tok1.o1"


def test_a_tick_box_is_on_the_button_and_not_in_what_the_customer_says() -> None:
    long = "給料の受け取りと、公共料金の支払いのため"
    short = actions(on_line(make(labels=("☐ 給料", "☑ 年金"))))
    assert [action["label"] for action in short] == ["☐ 給料", "☑ 年金"]
    assert [action["displayText"] for action in short] == ["給料", "年金"]
    numbered = actions(on_line(make(labels=("☐ 給料", f"☑ {long}"))))
    assert numbered[1]["displayText"] == long
    very_long = actions(on_line(make(labels=("☐ 給料", "☑ " + "長い説明" * 60))))
    assert not {"☐", "☑"} & set(very_long[1]["displayText"])


def test_a_long_label_is_numbered_and_said_in_full() -> None:
    long = "会社などにお勤めで、ほかにもお仕事をなさっている方"
    line = on_line(make(labels=("はい", long)))
    assert [action["label"] for action in actions(line)] == ["1. はい", "2. 会社などにお勤めで、ほかにもお仕…"]
    assert actions(line)[1]["displayText"] == long
    assert texts(line) == f"質問です。\n\n1. はい\n2. {long}"
    keyboard = on_telegram(make(labels=("はい", long)))[0]["reply_markup"]["inline_keyboard"]
    assert [row[0]["text"] for row in keyboard] == ["1. はい", "2. 会社などにお勤めで、ほかにもお仕…"]


def test_numbers_that_the_text_gives_are_kept() -> None:
    first, second = "あ" * 30, "い" * 30
    line = on_line(make(text=f"お選びください。\n\n９. {first}\n10. {second}", labels=(first, second)))
    assert [action["label"][:4] for action in actions(line)] == ["9. あ", "10. "]
    assert texts(line).count(first) == 1


def test_many_buttons_take_several_bubbles_on_line() -> None:
    line = on_line(make(labels=tuple(f"番号{at}" for at in range(20))))
    assert [len(actions([message])) for message in line] == [12, 8]


def a_page() -> Message:
    choices = [ShownButton(option=f"c{at}", label=label, number=at + 1) for at, label in ((8, "りんご"), (9, "みかん"))]
    turns = [ShownButton(option=f"page{at}", label=label, beside=True) for at, label in ((0, "前へ"), (2, "次へ"))]
    return Message(
        kind=MessageKind.QUESTION, text="質問です。", buttons=(*choices, *turns, ShownButton(option="ok", label="決定"))
    )


def test_a_page_of_a_long_list_keeps_its_numbers_and_turns_in_one_row() -> None:
    keyboard = on_telegram(a_page())[0]["reply_markup"]["inline_keyboard"]
    rows = [[button["text"] for button in row] for row in keyboard]
    assert rows == [["9. りんご"], ["10. みかん"], ["前へ", "次へ"], ["決定"]]
    (bubble,) = on_line(a_page())
    drawn = bubble["contents"]["body"]["contents"]
    assert [part["type"] for part in drawn] == ["text", "button", "button", "box", "button"]
    assert [inner["action"]["label"] for inner in drawn[3]["contents"]] == ["前へ", "次へ"]
    assert [action["displayText"] for action in actions([bubble])] == ["りんご", "みかん", "決定"]


def test_a_long_label_of_a_page_stands_under_its_number_in_the_text() -> None:
    long = "会社などにお勤めで、ほかにもお仕事をなさっている方"
    page = replace(a_page(), buttons=(ShownButton(option="c8", label=long, number=9), *a_page().buttons[1:]))
    (bubble,) = on_line(page)
    assert texts([bubble]) == f"質問です。\n\n9. {long}\n10. みかん"


def test_quick_replies_are_on_the_last_object() -> None:
    ways_out = (ShownButton(option="back", label="もどる"),)
    line = on_line(make(labels=("はい",), shortcuts=ways_out), make(text="お知らせです。"))
    assert "quickReply" not in line[0]
    assert [item["action"]["label"] for item in line[1]["quickReply"]["items"]] == ["もどる"]


def test_shortcuts_are_the_last_rows_on_telegram_two_a_row() -> None:
    ways_out = tuple(ShownButton(option=f"s{at}", label=f"道{at}") for at in range(3))
    rows = on_telegram(make(labels=("はい",), shortcuts=ways_out))[0]["reply_markup"]["inline_keyboard"]
    assert [[button["text"] for button in row] for row in rows] == [["はい"], ["道0", "道1"], ["道2"]]


def test_a_notification_shows_alt_and_never_the_text() -> None:
    line = on_line(make(text="お名前は 山田花子 様ですね。", labels=("はい",), alt="確認が届いています。"))
    assert line[0]["altText"] == "確認が届いています。"
    silent = on_line(make(text="山田花子 様", labels=("はい",)))
    assert silent[0]["altText"] == "…"
    without_buttons = on_line(make(text="山田花子 様", alt="お知らせです。"))
    assert without_buttons[0]["type"] == "flex"
    assert without_buttons[0]["altText"] == "お知らせです。"


def test_a_notice_is_a_text() -> None:
    assert on_line(make()) == [{"type": "text", "text": "質問です。"}]
    assert len(on_line(make(text="𠮷" * 2501))) == 2


def test_who_speaks() -> None:
    assert on_line(make(sender="担当 佐藤"))[0]["sender"] == {"name": "担当 佐藤"}
    assert on_telegram(make(sender="担当 佐藤"))[0]["text"] == "担当 佐藤:\n質問です。"
    refused_by_line = on_line(make(sender="LINE窓口"))[0]
    assert "sender" not in refused_by_line
    assert refused_by_line["text"].startswith("LINE窓口\n")


def test_large_letters_that_follow_the_phone() -> None:
    (message,) = on_line(make(labels=("はい",)))
    text, button = message["contents"]["body"]["contents"]
    assert (text["size"], text["wrap"], text["scaling"]) == ("lg", True, True)
    assert (button["height"], button["style"], button["scaling"]) == ("md", "secondary", True)


def test_nothing_to_say_is_still_something() -> None:
    assert on_line(make(text=" \u200b"))[0]["text"] == "…"
    assert on_telegram(make(text=""))[0]["text"] == "…"


@pytest.mark.parametrize("option", ["", "はい", "x" * 300, "a b\n"])
def test_button_data_that_no_platform_takes_is_refused_here(option: str) -> None:
    message = Message(kind=MessageKind.QUESTION, text="x", buttons=(ShownButton(option=option, label="x"),), token="t")
    with pytest.raises(DoesNotFit):
        on_line(message)
    with pytest.raises(DoesNotFit):
        on_telegram(message)


def test_telegram_data_is_64_bytes_at_most() -> None:
    overhead = utf8_bytes("1.abcd2345.tok1.")
    good = Message(
        kind=MessageKind.QUESTION,
        text="x",
        buttons=(ShownButton(option="x" * (64 - overhead), label="x"),),
        token="tok1",
    )
    data = on_telegram(good)[0]["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    assert utf8_bytes(data) == 64
    bad = Message(
        kind=MessageKind.QUESTION,
        text="x",
        buttons=(ShownButton(option="x" * (65 - overhead), label="x"),),
        token="tok1",
    )
    with pytest.raises(DoesNotFit):
        on_telegram(bad)


def test_long_texts_keep_their_keyboard_at_the_end() -> None:
    calls = on_telegram(make(text="段落です。\n\n" * 900, labels=("はい",)))
    assert len(calls) == 2
    assert "reply_markup" not in calls[0]
    assert all(utf16_units(call["text"]) <= 4096 and not is_blank(call["text"]) for call in calls)
    line = on_line(make(text="段落です。\n\n" * 900, labels=("はい",)))
    assert [len(actions([message])) for message in line] == [0] * (len(line) - 1) + [1]
