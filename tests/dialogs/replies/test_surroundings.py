"""What stands around a value never changes it: pictures, endings, who speaks, courtesies, notes in brackets."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings, strategies as st

from dialogs.replies import READERS
from dialogs.replies.base import Parsed, Problem, ReplyContext

TODAY = ReplyContext(today=date(2026, 11, 28))
VALUES = {
    "date": "昭和35年4月1日",
    "amount": "30万円",
    "integer": "3人",
    "decimal": "2.5",
    "percentage": "25%",
    "name": "山田 太郎",
    "kana": "やまだ たろう",
    "postal_code": "100-0001",
    "address": "東京都千代田区千代田1-1",
    "phone": "090-1234-5678",
    "email": "taro@example.com",
    "country": "ベトナム",
    "residence_status": "永住者",
    "corporate_number": "7000012050002",
    "residence_card": "AB12345678CD",
    "yes_no": "はい",
}
PICTURES = ("😊", "🙇‍♀️", "(^^)", "(^_^;)", "(´∀`)", "(≧▽≦)/", "m(_ _)m", "👍🏻")
#: Taken off every kind, and off a value of words too, because no name or place ends with them.
ENDINGS = (
    *("どすえ", "ですじゃ", "でごわす", "でございます", "でありんす", "やけど…", "じゃけん", "だっちゃ", "ですばい"),
    *("でっせ", "やねん"),
)
#: Ends of names as well: behind kana refused, elsewhere taken off.
SHORT_ENDINGS = ("やで", "さー", "だべ", "ばい", "っちゃ")
FURTHER = ("なんですけど", "と思います", "のほう", "です")
SPEAKERS = ("わたくし、", "わしは", "うちは", "おいどんは")


def value(kind: str, text: str) -> object:
    found = READERS[kind](text, TODAY)
    return found.value if isinstance(found, Parsed) else found.code


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_never_matters(kind: str, picture: str) -> None:
    plain = value(kind, VALUES[kind])
    for text in (VALUES[kind] + picture, picture + VALUES[kind], f"{picture}{VALUES[kind]}です{picture}"):
        assert value(kind, text) == plain, text


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_alone_is_no_value(kind: str, picture: str) -> None:
    if kind != "text":
        assert isinstance(READERS[kind](picture, TODAY), Problem)


def test_a_picture_inside_a_value_is_a_slip() -> None:
    assert value("email", "ta💖ro@example.com") == "email.unreadable"
    assert value("email", "taro💖@example.com") == "email.unreadable"
    assert value("email", "taro@example.com(^o^)/") == "taro@example.com"
    assert value("email", "taro@example.com(_ _)m") == "taro@example.com"
    assert value("email", "taro@example.comm(_ _)m") == "taro@example.com"
    assert value("name", "山田😀太郎") == "name.bad_character"


@pytest.mark.parametrize("kind", VALUES)
@pytest.mark.parametrize("ending", ENDINGS)
def test_the_ending_of_a_sentence_is_never_part_of_the_value(kind: str, ending: str) -> None:
    assert value(kind, VALUES[kind] + ending) == value(kind, VALUES[kind])


@pytest.mark.parametrize("kind", sorted({*VALUES} - {"yes_no"}))
@pytest.mark.parametrize("ending", SHORT_ENDINGS)
def test_a_short_ending_is_taken_off_or_the_value_is_asked_back(kind: str, ending: str) -> None:
    plain = "kana.not_a_name" if kind == "kana" else value(kind, VALUES[kind])
    assert value(kind, VALUES[kind] + ending) == plain


@pytest.mark.parametrize("kind", sorted({*VALUES} - {"yes_no"}))
@pytest.mark.parametrize("speaker", SPEAKERS)
def test_who_speaks_is_not_part_of_the_value(kind: str, speaker: str) -> None:
    assert value(kind, f"{speaker}{VALUES[kind]}です") == value(kind, VALUES[kind])


@given(
    kind=st.sampled_from(("name", "kana", "address")),
    before=st.sampled_from(("", *PICTURES, *SPEAKERS)),
    after=st.lists(
        st.sampled_from((*PICTURES, *ENDINGS, *SHORT_ENDINGS, "なんですけど", "と思います", "のほう", "です")),
        max_size=3,
    ),
)
@settings(max_examples=300, deadline=None)
def test_a_value_of_words_is_right_or_asked_back(kind: str, before: str, after: list[str]) -> None:
    found = READERS[kind](before + VALUES[kind] + "".join(after), TODAY)
    if isinstance(found, Parsed):
        assert found.value == value(kind, VALUES[kind])


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (
            "phone",
            "お世話になります。松本です。電話番号は090-1234-5678になります。よろしくお願いいたします。",
            "09012345678",
        ),
        ("phone", "ﾃﾞﾝﾜﾊ 090-1234-5678 ﾃﾞｽ", "09012345678"),
        ("phone", "090-1234-5678へどうぞ", "09012345678"),
        ("phone", "妻の花子です。090-1234-5678", "phone.unreadable"),
        (
            "email",
            "お世話になっております。\n松本と申します。\nメールはtaro@example.comになります。",
            "taro@example.com",
        ),
        ("email", "ﾒｰﾙﾊ taro@example.com ﾃﾞｽ", "taro@example.com"),
        ("residence_card", "お世話になります。グエンです。AB12345678CDでございます。", "AB12345678CD"),
        ("corporate_number", "お疲れ様です。見本です。法人番号は7000012050002になります。", "7000012050002"),
        ("integer", "3人家族ですけん", 3),
        ("integer", "5名ほどおります", 5),
        ("integer", "12冊ぐらいでしょうか", 12),
        ("amount", "30万円ほどいただいております", 300_000),
        ("email", "taro@example.comなんですけど", "taro@example.com"),
        ("country", "ベトナムなんじゃ", "VNM"),
        ("name", "山田太郎なんです", "山田太郎"),
        ("kana", "やまだ たろうなんです", "kana.not_a_name"),
        ("kana", "マリア フェルナンデス", "マリア フェルナンデス"),
        ("kana", "うちの たろう", "ウチノ タロウ"),
        ("yes_no", "はーーい", True),
        ("yes_no", "うーーーん", "yes_no.unreadable"),
        ("yes_no", "してますしてます", True),
    ],
)
def test_courtesies_labels_and_counters(kind: str, text: str, expected: object) -> None:
    assert value(kind, text) == expected


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("phone", "090-1234-5678(松本)", "09012345678"),
        ("phone", "090-1234-5678(080-1234-5678)", "phone.digits"),
        ("phone", "090-1234-5678(妻)", "phone.unreadable"),
        ("country", "ベトナム(Vietnam)", "VNM"),
        ("country", "ベトナム(ハノイ)です", "VNM"),
        ("country", "中国(香港)", "country.unknown"),
        ("country", "ベトナム(帰化予定)", "country.unknown"),
        ("integer", "3(三)", 3),
        ("integer", "3(4)", "integer.unreadable"),
        ("percentage", "25%(4分の1)", 25),
        ("percentage", "25%(30%)", "percentage.unreadable"),
        ("date", "2028年3月31日(在留期限)", "2028-03-31"),
        ("date", "1960年4月1日(木)", "date.mismatch"),
        ("residence_card", "AB12345678CD(有効)", "AB12345678CD"),
        ("residence_card", "AB12345678CD(2028年3月31日まで)", "AB12345678CD"),
        ("residence_card", "AB12345678CD(AB12345679CD)", "residence_card.format"),
        ("residence_status", "高度専門職1号(ロ)", "highly_skilled_professional"),
        ("corporate_number", "7000012050002(見本商事株式会社)", "7000012050002"),
        ("name", "山田花子(やまだはなこ)", "山田花子"),
        ("name", "山田花子(旧姓鈴木)", "name.not_a_name"),
        ("kana", "ヤマダハナコ(山田花子)", "ヤマダハナコ"),
    ],
)
def test_brackets_that_repeat_the_value_or_note_something(kind: str, text: str, expected: object) -> None:
    assert value(kind, text) == expected


@pytest.mark.parametrize("name", ["山田", "松本でございます", "高橋😊", "小林と申します"])
def test_a_family_name_alone_is_asked_back(name: str) -> None:
    assert value("name", name) == "name.family_only"


@pytest.mark.parametrize("name", ["林修", "森進", "李明", "王偉", "山田 太郎", "森 繁"])
def test_a_short_name_that_may_be_whole_is_taken(name: str) -> None:
    assert value("name", name) == name


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("name", "山田太郎しとうや"),
        ("name", "山田 太郎がよかろう"),
        ("address", "東京都千代田区千代田1-1におるけん"),
        ("address", "東京都千代田区千代田1-1に住んどります"),
        ("address", "東京都千代田区千代田1-1ゆうとこ"),
    ],
)
def test_a_sentence_that_goes_on_is_not_stored(kind: str, text: str) -> None:
    assert isinstance(READERS[kind](text, TODAY), Problem)


@pytest.mark.parametrize("name", ["山田さくら", "高橋 みなみ", "佐々木のり子", "勅使河原 ひかる"])
def test_a_given_name_in_hiragana_is_no_ending(name: str) -> None:
    assert value("name", name) == name
