"""The bases of a verb, by its ending."""

from __future__ import annotations

import pytest

from dialogs.japanese.conjugation import Base, bases


@pytest.mark.parametrize(
    ("verb", "negative", "polite", "plain", "able", "let_us", "joined", "past"),
    [
        ("書|く", "書か", "書き", "書く", "書け", "書こう", "書いて", "書いた"),
        ("つな|ぐ", "つなが", "つなぎ", "つなぐ", "つなげ", "つなごう", "つないで", "つないだ"),
        ("話|す", "話さ", "話し", "話す", "話せ", "話そう", "話して", "話した"),
        ("待|つ", "待た", "待ち", "待つ", "待て", "待とう", "待って", "待った"),
        ("呼|ぶ", "呼ば", "呼び", "呼ぶ", "呼べ", "呼ぼう", "呼んで", "呼んだ"),
        ("頼|む", "頼ま", "頼み", "頼む", "頼め", "頼もう", "頼んで", "頼んだ"),
        ("戻|る", "戻ら", "戻り", "戻る", "戻れ", "戻ろう", "戻って", "戻った"),
        ("手伝|う", "手伝わ", "手伝い", "手伝う", "手伝え", "手伝おう", "手伝って", "手伝った"),
        ("見せ|", "見せ", "見せ", "見せる", "見せられ", "見せよう", "見せて", "見せた"),
        ("対応|する", "対応し", "対応し", "対応する", "対応でき", "対応しよう", "対応して", "対応した"),
    ],
)
def test_bases(
    verb: str, negative: str, polite: str, plain: str, able: str, let_us: str, joined: str, past: str
) -> None:
    found = bases(verb)
    for form, base in (
        (negative, Base.NEGATIVE),
        (polite, Base.POLITE),
        (plain, Base.PLAIN),
        (able, Base.ABLE),
        (let_us, Base.LET_US),
        (joined, Base.JOINED),
        (past, Base.PAST),
    ):
        assert (form, base) in found


def test_letting_joins_like_asking() -> None:
    assert {form for form, base in bases("話|す") if base is Base.JOINED} == {"話して", "話させて", "話さして"}


def test_slack_and_eastern_forms() -> None:
    assert {form for form, base in bases("や|る") if base is Base.NEGATIVE} == {"やら", "やん"}
    assert ("やっぺ", Base.LET_US) in bases("や|る")
    assert ("やめっぺ", Base.LET_US) in bases("やめ|")
    assert ("やめい", Base.ORDER) in bases("やめ|")
    assert {form for form, base in bases("書|く") if base is Base.NEGATIVE} == {"書か"}


def test_only_a_verbal_noun_is_said_by_itself() -> None:
    assert ("対応", Base.NOUN) in bases("対応|する")
    assert all(base is not Base.NOUN for _, base in bases("戻|る"))


@pytest.mark.parametrize("verb", ["戻る", "戻|ゆ", ""])
def test_a_verb_that_nobody_can_conjugate_is_refused(verb: str) -> None:
    with pytest.raises(ValueError, match="a bar before its ending"):
        bases(verb)
