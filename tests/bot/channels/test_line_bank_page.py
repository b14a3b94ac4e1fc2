"""The button to the bank's login page: its address, what is drawn of it, and what is kept."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, strategies as st

from bot.channels.line import drawing as line_drawing
from bot.channels.line.bank_page import page_address
from bot.channels.telegram import drawing as telegram_drawing
from bot.settings import Settings
from bot.simulator.platform_line_rules import check_messages
from dialogs.conversation import wording
from dialogs.conversation.prompts import BANK_LOGIN, Message, MessageKind, ShownButton, ShownLink
from tests.specs import line_spec, specs_at_hand

REF = "abcd2345"
ADDRESS = "https://bank.example/login?linkToken=NMZTNuVrPTqlr2IF8Bnymkb7rXfYv5EY"

in_a_query = st.text(alphabet=st.sampled_from("abcXYZ0189-._~%20+/?:@!$'()*,;"), max_size=12)
parameters = st.lists(st.tuples(st.text(alphabet="abcdxyz_", min_size=1, max_size=6), in_a_query), max_size=4)
pages = st.builds(
    lambda path, query, fragment: (
        f"https://bank.example{path}" + (f"?{query}" if query else "") + (f"#{fragment}" if fragment else "")
    ),
    st.sampled_from(["", "/", "/login", "/a/b%20c/", "/%E9%8A%80"]),
    parameters.map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)),
    st.sampled_from(["", "form", "/route?x=1", "a&b=c"]),
)


@given(pages, st.text(min_size=1, max_size=60).filter(lambda text: text.isprintable()))
def test_the_token_is_one_more_parameter_and_everything_else_stays(page: str, token: str) -> None:
    before, after = urlsplit(page), urlsplit(page_address(page, token))
    assert (after.scheme, after.netloc, after.path) == (before.scheme, before.netloc, before.path)
    assert after.fragment == before.fragment
    assert after.query.startswith(before.query)
    old = parse_qsl(before.query, keep_blank_values=True)
    assert parse_qsl(after.query, keep_blank_values=True) == [*old, ("linkToken", token)]


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("https://bank.example", "https://bank.example?linkToken=t"),
        ("https://bank.example/?", "https://bank.example/?linkToken=t"),
        ("https://bank.example/in?a=1&b=", "https://bank.example/in?a=1&b=&linkToken=t"),
        ("https://bank.example/#/in", "https://bank.example/?linkToken=t#/in"),
    ],
)
def test_addresses_as_a_bank_may_write_them(page: str, address: str) -> None:
    assert page_address(page, "t") == address


def test_the_longest_page_with_a_long_token_is_one_that_line_takes() -> None:
    page = "https://bank.example/".ljust(700, "a")
    assert Settings(line_account_link_url=page).line_account_link_url == page
    link = ShownLink(page=BANK_LOGIN, label="l", words="w", otherwise="o", address=page_address(page, "t" * 128))
    assert check_messages(on_line(asked(link))) == []


def asked(*links: ShownLink, **more: object) -> Message:
    base = Message(kind=MessageKind.QUESTION, text="コードをどうぞ。", links=links, token="tok1", alt="お知らせ")
    return replace(base, **more)  # type: ignore[arg-type]


def on_line(message: Message) -> list[dict[str, object]]:
    return [json.loads(json.dumps(part.to_dict())) for part in line_drawing.render(message, REF)]


def shown(address: str = ADDRESS, label: str = "ログイン") -> ShownLink:
    return ShownLink(
        page=BANK_LOGIN, label=label, words="ボタンからも。", otherwise="いまはコードだけ。", address=address
    )


def test_the_button_opens_the_page_and_sends_nothing() -> None:
    drawn = on_line(asked(shown(), buttons=(ShownButton(option="a", label="ない"),)))
    (message,) = drawn
    texts = [part for part in message["contents"]["body"]["contents"] if part["type"] == "text"]  # type: ignore[index]
    buttons = [part["action"] for part in message["contents"]["body"]["contents"] if part["type"] == "button"]  # type: ignore[index]
    assert texts[0]["text"] == "コードをどうぞ。\n\nボタンからも。"
    assert [button["type"] for button in buttons] == ["postback", "uri"]
    assert buttons[1] == {"type": "uri", "label": "ログイン", "uri": ADDRESS}
    assert message["altText"] == "お知らせ"


def test_without_an_address_there_are_words_instead() -> None:
    for text in (json.dumps(on_line(asked(shown(""))), ensure_ascii=False), telegram(asked(shown("")))):
        assert "いまはコードだけ。" in text
        assert "ボタンからも。" not in text
        assert "ログイン" not in text


def telegram(message: Message) -> str:
    return "\n".join(part.text for part in telegram_drawing.render(message, REF))


@given(st.text(max_size=60), st.text(max_size=3000), st.text(max_size=60), st.booleans())
def test_line_refuses_no_page(label: str, words: str, alt: str, made: bool) -> None:
    link = ShownLink(page=BANK_LOGIN, label=label, words=words, otherwise=words, address=ADDRESS if made else "")
    drawn = on_line(asked(link, alt=alt))
    assert check_messages(drawn) == []
    if specs_at_hand():
        line_spec().check_messages(drawn)


def test_the_address_is_neither_kept_nor_shown() -> None:
    message = asked(shown())
    assert ADDRESS not in repr(message)
    kept = wording.to_json(message)
    assert "linkToken" not in json.dumps(kept)
    assert wording.from_json(kept) == asked(shown(""))
    # What was kept before there were pages can still be read.
    del kept["links"]
    assert wording.from_json(kept).links == ()
