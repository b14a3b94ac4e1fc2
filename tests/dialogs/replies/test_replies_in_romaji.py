"""Replies in Latin letters, in spoken digits, behind a sentence about a move, and of people without a country."""

from __future__ import annotations

from datetime import date

import pytest

from dialogs.conversation.understanding import Understanding
from dialogs.faq.matcher import matcher_for
from dialogs.faq.topics import load_shipped
from dialogs.replies import READERS
from dialogs.replies.base import Parsed, Problem, ReplyContext

CONTEXT = ReplyContext(today=date(2026, 11, 29))


def value(kind: str, text: str) -> object:
    read = READERS[kind](text, CONTEXT)
    if isinstance(read, Problem):
        return read.code
    again = READERS[kind](read.display, CONTEXT)
    assert isinstance(again, Parsed)
    assert again.value == read.value
    return read.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hai", True),
        ("Hai, sou desu", True),
        ("un", True),
        ("arimasu", True),
        ("iie", False),
        ("Chigaimasu", False),
        ("tokuni nai", False),
        ("henkou arimasen", False),
        ("daijoubu desu", "yes_no.ambiguous"),
        ("wakarimasen", "yes_no.unreadable"),
        ("tabun hai", "yes_no.unreadable"),
        # English first, also where it could be romaji.
        ("no", False),
        ("none", False),
        ("sure", True),
    ],
)
def test_yes_and_no(text: str, expected: object) -> None:
    assert value("yes_no", text) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("chuugoku", "CHN"),
        ("kankokujin desu", "KOR"),
        ("firipin", "PHL"),
        ("nihon to amerika", "country.several"),
        ("コソボ", "XKX"),
        ("Republic of Kosovo", "XKX"),
        ("XK", "XKX"),
        ("無国籍です", "country.stateless"),
        ("むこくせき", "country.stateless"),
        ("mukokuseki", "country.stateless"),
        ("I am stateless", "country.stateless"),
        ("台湾", "TWN"),
        ("中華台北", "TWN"),
        ("Republic of China", "TWN"),
        ("香港", "HKG"),
        ("Hong Kong SAR", "HKG"),
        ("マカオ", "MAC"),
        ("国籍は2つ", "country.unknown"),
        ("なし", "country.unknown"),
        ("tokyo", "country.unknown"),
    ],
)
def test_countries(text: str, code: str) -> None:
    assert value("country", text) == code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("いちぜろごのぜろぜろいちいち", "1050011"),
        ("イチゼロゴー ゼロゼロイチイチ", "1050011"),
        ("郵便番号はいちまるごの0011です", "1050011"),
        ("105-ゼロゼロ11", "1050011"),
        ("ichi zero go no zero zero ichi ichi", "1050011"),
        ("ごーさんぜろ の ぜろぜろぜろいち", "5300001"),
        ("しちなな", "postal_code.digits"),
        ("ひゃくごのいち", "postal_code.unreadable"),
        ("さんご市", "postal_code.unreadable"),
    ],
)
def test_postal_codes_read_out(text: str, expected: str) -> None:
    assert value("postal_code", text) == expected


HOME = "東京都港区芝公園4-2-8"


@pytest.mark.parametrize(
    "text",
    [
        "引っ越しました、新しい住所は{}です",
        "先月引っ越しました。今は{}に住んでいます",
        "住所が変わりました。{}",
        "結婚したので{}に変わりました",
        "大阪から転勤してきたので、現在は{}です",
        "転居しまして、引っ越し先は{}になります",
        "引越しました!{}",
    ],
)
def test_an_address_behind_a_sentence_about_the_move(text: str) -> None:
    assert value("address", text.format(HOME)) == HOME


@pytest.mark.parametrize(
    "text",
    [
        "{}から引っ越しました",
        "前は{}でした",
        "来月引っ越すので{}です",
        "妻が引っ越しました、{}です",
        "引っ越したかもしれません、{}",
        "引っ越しましたが、前は{}でした",
        "引っ越していません、{}のままです",
        "{}、引っ越しました、大阪府大阪市北区梅田1-1-3です",
    ],
)
def test_an_address_that_may_be_another_is_asked_for_again(text: str) -> None:
    assert str(value("address", text.format(HOME))).startswith("address.")


def test_an_address_in_romaji_is_taken_with_its_prefecture_and_else_asked_for() -> None:
    assert value("address", "Tokyo, Minato-ku, Shibakoen 4-2-8") == "Tokyo, Minato-ku, Shibakoen 4-2-8"
    assert value("address", "minatoku shibakouen 4-2-8") == "address.no_prefecture"


@pytest.mark.parametrize(
    ("text", "topic"), [("itsu made ni kotaereba ii desu ka", "F14"), ("anshou bangou wa iru?", "F09")]
)
def test_a_question_in_romaji_finds_its_topic(text: str, topic: str) -> None:
    understanding = Understanding({"ja": matcher_for(load_shipped("ja"), "ja")})
    assert understanding.read(text, "ja").match.ranked[0].topic == topic
