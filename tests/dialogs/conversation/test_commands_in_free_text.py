"""Where nearly any text is an answer, a plain command is done and an answer that has its words is kept."""

from __future__ import annotations

from functools import cache

import pytest

from dialogs.conversation.commands import Command
from dialogs.conversation.evaluation import Row, judge_reply
from dialogs.conversation.understanding import Reading, Understanding
from dialogs.definition.yaml_format import load_shipped as load_form
from dialogs.faq.encoder import Mode
from dialogs.faq.matcher import matcher_for
from dialogs.faq.topics import load_shipped


@cache
def understanding(mode: Mode) -> Understanding:
    return Understanding({"ja": matcher_for(load_shipped("ja"), "ja", mode)})


def read(text: str, mode: Mode = "off") -> Reading:
    return understanding(mode).read(text, "ja")


def is_stored(text: str, question: str, mode: Mode) -> bool:
    row = Row(number=0, text=text, expect="reply", question=question)
    return judge_reply(row, read(text, mode), load_form("individual"), "ja").right


@pytest.mark.parametrize("mode", ["on", "off"])
@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("employer", "もうやめたいわ"),
        ("name", "だれかにかわってくれ"),
        ("business_detail", "さっき選んだの違うから直したい"),
        ("purposes_other", "一つ前の質問に戻してください"),
        ("wealth_background", "今日は無理、週末にやる"),
        ("business_detail", "ごめん、質問をもっぺん言うて"),
        ("business_detail", "勤め先のことは言いたくないです"),
        ("purposes_other", "ちょっとわからないです"),
        ("employer", "話が通じない。人間"),
        ("large_amount_reason", "昔のことで覚えていないんです"),
        ("employer", "勤務先の名前は教えたくない"),
        ("business_detail", "年収のことは言いたくありません"),
    ],
)
def test_a_plain_command_is_no_answer(question: str, text: str, mode: Mode) -> None:
    assert not is_stored(text, question, mode)


@pytest.mark.parametrize("mode", ["on", "off"])
@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("business_detail", "担当者と打ち合わせて設計図を書く仕事"),
        ("business_detail", "お客様に電話で商品を案内する"),
        ("employer", "スタッフを派遣する会社"),
        ("purposes_other", "一時的に預かってあとで返すお金"),
        ("large_amount_reason", "会社をやめたときの退職金"),
        ("funds_source_other", "キャンセルされた工事の返金"),
        ("business_detail", "同じ部品をくり返し磨く仕事"),
        ("purposes_other", "もう一度店を出すための準備"),
        ("business_detail", "前の店はもう閉めてやめました"),
        ("large_amount_reason", "海外旅行をキャンセルした"),
        ("name", "柴田 里江で間違いないです"),
        ("large_amount_reason", "姉に立て替えたお金を返してもらった"),
        ("purposes_other", "人に送らないで手元に置くお金"),
        ("business_detail", "前の質問に書いたとおりです"),
    ],
)
def test_an_answer_with_such_words_is_kept(question: str, text: str, mode: Mode) -> None:
    assert is_stored(text, question, mode)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        # Whom it is about, and behind that what is to be done.
        ("銀行の人に急いで取り次いで", Command.STAFF),
        ("アンケートはもう辞退します", Command.STOP),
        # The same in kana alone, by its sound.
        ("ぎんこうのひとにとりついで", Command.STAFF),
        ("かいとうはじたいします", Command.STOP),
        # One slip.
        ("オペレータ゛ー", Command.STAFF),
        ("もどつて", Command.BACK),
    ],
)
def test_a_command_is_known_in_many_ways(text: str, command: Command) -> None:
    assert read(text).command is command


@pytest.mark.parametrize("text", ["人の多い駅", "辞退者の名簿", "中古車", "なおみ"])
def test_half_of_it_is_no_command(text: str) -> None:
    assert read(text).command is None


def test_what_denies_a_command_is_none_however_near_it_sounds() -> None:
    assert read("佐藤花子で間違いありません").command is None
