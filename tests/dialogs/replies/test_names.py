"""Names and readings: of every script that is kept, and never an answer to something else."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings, strategies as st

from dialogs.replies import READERS
from dialogs.replies.base import Parsed, Problem, ReplyContext

TODAY = ReplyContext(today=date(2026, 11, 28))
FAMILY = st.sampled_from(["髙橋", "山﨑", "齋藤", "辻\U000e0100", "𠮷田", "渡邊", "佐々木", "李", "\ufa19山"])
GIVEN = st.sampled_from(["花子", "陽翔", "りょう", "マリア", "一", "のり子", "Anh", "José"])

NAMES = {
    "山田 太郎": (
        "私は山田 太郎です|はい、山田　太郎です|山田 太郎さん|山田 太郎だよ|漢字で山田 太郎|"
        "わたしのなまえは山田 太郎です|おなまえ：山田 太郎"
    ),
    "O'Brien Mary-Jane": "O´Brien Mary-Jane|Ｏ’Ｂｒｉｅｎ Ｍａｒｙ－Ｊａｎｅ|O`Brien Mary‐Jane",
    "Nguyễn Văn Anh": "Nguye\u0302\u0303n Va\u0306n Anh|Nguyễn Văn Anh",
    "DELA CRUZ, JUAN MIGUEL": "DELA CRUZ, JUAN MIGUEL|ＤＥＬＡ ＣＲＵＺ， ＪＵＡＮ ＭＩＧＵＥＬ",
    "グエン・ヴァン・アン": "グエン・ヴァン・アン|ｸﾞｴﾝ･ｳﾞｧﾝ･ｱﾝ",
    "マリア・ルイサ サントス": "マリア＝ルイサ サントス",
    "山田花子": "山田花子に変わりました|山田花子 様",
    "李 りょう": "李 りょう",
    "NGUYEN THI MY": "NGUYEN THI MY",
    "金田 一": "金田 一",
    "佐藤由美子 マリア": "佐藤由美子 マリア",
    "John Q. Smith Jr.": "Mr. John Q. Smith Jr. desu|This is John Q. Smith Jr.|John Q. Smith Jr.",
}
NO_NAMES = {
    "not_a_name": (
        "そうです|いまのままで|旧字の髙です|はしごだかの高橋です|No name|same as before|my name has changed|"
        "山田 太郎 と 山田 花子|山田 太郎 ヤマダ タロウ|きむらはなえなり|ヤマダタロウナリ"
        "|not Taro Yamada|Taro Yamada is wrong|my father is Taro Yamada|it was Taro Yamada|"
        "山田太郎では無い|もし山田太郎|友達の山田太郎|母が山田太郎|山田太郎以外です"
        "|山田太郎 ヤマダタロウ|山田太郎と花子|東京都千代田区|夫です|A"
    ),
    "family_only": "長谷川です|佐々木|髙橋|林|山﨑さん|安藤 さん",
    "bad_character": "김민수|Иванов|山田/太郎",
}
READINGS = {
    "ヤマダ ハナコ": (
        "よみがなは、やまだ　はなこ|ヤマダ ハナコ サマ|ヤマタﾞ ハナコ|カタカナでヤマダ ハナコ|ヤマダ　ハナコ様"
    ),
    "チャウ シンチー": "ちゃう しんちー",
    "ハナコ ヤナイ": "はなこ やない",
    "マリア フェルナンデス": "マリア フェルナンデス",
    "ヤマダ サダヨ": "やまだ さだよ",
    "ファン チュン": "ﾌｧﾝ ﾁｭﾝ|ふぁん ちゅん",
    "オオタ ヤスナリ": "おおた やすなり",
    "オオタマサナリ": "おおたまさなり",
    "オオタ ナリ": "おおた なり",
    "ヴィクトリア": "ウ゛ィクトリア|ｳﾞｨｸﾄﾘｱ",
}
NO_READINGS = {
    "not_kana": "ヤマダ、ハナコ|ゃまだ たろう|オオノ ー|yamada hanako|山田 ヤマダ",
    "not_a_name": "やまだたろうではない|やまだたろうやあらへん|やまだたろうだった|やまだたろうかもしれない|ン|"
    "やまだ たろうだよ|やまだじゃ|つうちょうとおなじ|よろしく|やまだ たろうやで|いまのまま|"
    "かわりません|おおたじろうなり",
}


def _cases(table: dict[str, str]) -> list[tuple[str, str]]:
    return [(typed, expected) for expected, texts in table.items() for typed in texts.split("|")]


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [("name", *case) for case in _cases(NAMES)] + [("kana", *case) for case in _cases(READINGS)],
)
def test_taken(kind: str, typed: str, value: str) -> None:
    found = READERS[kind](typed, TODAY)
    assert isinstance(found, Parsed), found
    assert found.value == value
    assert READERS[kind](found.display, TODAY) == found


@pytest.mark.parametrize(
    ("kind", "typed", "reason"),
    [("name", *case) for case in _cases(NO_NAMES)] + [("kana", *case) for case in _cases(NO_READINGS)],
)
def test_asked_back(kind: str, typed: str, reason: str) -> None:
    found = READERS[kind](typed, TODAY)
    assert isinstance(found, Problem)
    assert found.code == f"{kind}.{reason}"


@given(family=FAMILY, given_name=GIVEN, space=st.sampled_from(["", " ", "　"]))
@settings(deadline=None)
def test_every_character_of_a_name_stays(family: str, given_name: str, space: str) -> None:
    found = READERS["name"](f"{family}{space}{given_name}です", TODAY)
    assert isinstance(found, Parsed)
    assert found.value == f"{family}{' ' if space else ''}{given_name}"


def test_a_closing_desu_in_katakana_is_no_name_and_fernandes_is_one() -> None:
    def value(typed: str) -> object:
        found = READERS["kana"](typed, TODAY)
        return found.value if isinstance(found, Parsed) else found.code

    assert value("ﾔﾏﾀﾞ ﾊﾅｺﾃﾞｽ") == "ヤマダ ハナコ"
    assert value("ヤマダ ハナコ デス") == "ヤマダ ハナコ"
    assert value("やまだ はなこ さん") == "ヤマダ ハナコ"
    assert value("マリア フェルナンデス") == "マリア フェルナンデス"
    assert value("アウン サン") == "アウン サン"
    assert value("ハイデス") == "kana.not_a_name"


@pytest.mark.parametrize(
    "typed",
    [
        "主婦です",
        "父の一郎です",
        "通訳につないで",
        "田中太郎と鈴木花子",
        "田中 〇〇",
        "ああああ",
        "以前伝えた通り",
        "氏名",
    ],
)
def test_what_is_no_name_is_not_kept_as_one(typed: str) -> None:
    found = READERS["name"](typed, TODAY)
    assert isinstance(found, Problem)
    assert found.code == "name.not_a_name"


@pytest.mark.parametrize("typed", ["株式会社見本商店", "ＮＰＯ法人見本の会", "見本商店（株）"])
def test_companies_are_names_too_but_not_together_with_a_person(typed: str) -> None:
    assert isinstance(READERS["name"](typed, TODAY), Parsed)
    together = READERS["name"](f"{typed} 代表 山田太郎", TODAY)
    assert isinstance(together, Problem)
