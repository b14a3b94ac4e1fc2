"""Japanese text as words: how each is read, and the form in which the dictionary lists it.

Sudachi with its small dictionary.  Opening it takes a moment and memory, so it is opened with the first text;
a tokenizer is not safe for several threads at once, so each thread has its own.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any, NamedTuple

from dialogs.japanese.kana import to_hiragana

#: Parts of speech that carry meaning by themselves.
_CONTENT = frozenset({"名詞", "動詞", "形容詞", "形状詞", "副詞", "代名詞", "連体詞", "感動詞"})
_SIGNS = frozenset({"空白", "補助記号", "記号"})


class Word(NamedTuple):
    """One word of a text."""

    surface: str
    #: In hiragana; a sign is read as it stands.
    reading: str
    #: One spelling for all: 打込む and うちこむ are 打ち込む.
    normal: str
    carries_meaning: bool


class _OfThread(threading.local):
    tokenizer: Any = None


_of_thread = _OfThread()


@cache
def _dictionary() -> Any:
    import sudachipy

    return sudachipy.Dictionary(dict="small")


def _morphemes(text: str) -> Any:
    tokenizer = _of_thread.tokenizer
    if tokenizer is None:
        tokenizer = _of_thread.tokenizer = _dictionary().tokenizer()
    return tokenizer.tokenize(text)


def _is_one(text: str, part: str) -> bool:
    found = _morphemes(text)
    return len(found) == 1 and found[0].part_of_speech()[2:4] == ("人名", part)


def is_family_name_alone(name: str) -> bool:
    """Whether kanji are a family name and nothing else: 山田 and 長谷川 are, 林修 and 森繁 may be whole names."""
    if len(name) != 2:
        return bool(readings_of_family_name(name))
    return _is_one(name, "姓") and not (_is_one(name[0], "姓") and _is_one(name[1], "名"))


def is_family_name_in_kana(name: str) -> bool:
    """Whether kana are a family name by themselves; the dictionary lists the common ones: やまだ, ヤマダ."""
    found = _dictionary().lookup(name)
    return any(one.part_of_speech()[2:4] == ("人名", "姓") for one in found) or to_hiragana(name) in _common_in_kana()


#: Common family names whose kana the dictionary does not list by themselves.
_COMMON = (
    "山本 後藤 前田 池田 細川 橋本 石川 石井 小川 岡田 長谷川 村上 近藤 遠藤 青木 坂本"
    " 斎藤 福田 太田 西村 藤井 金子 岡本 藤原 三浦 中野 原田 松田 竹内 上田 小野 田村 中山"
    " 和田 石田 森田 原 柴田 酒井 工藤 横山 宮崎 宮本 内田 高木 安藤 谷口 大野 丸山 今井"
    " 高田 藤本 武田 村田 上野 杉山 増田 平野 大塚 千葉 久保 松井 小島 岩崎 桜井 野口 松尾"
    " 木下 野村 菊地 佐野 大西 杉本 新井 浜田 菅原 市川 水野 小松 島田 古川 小西 山内 西田"
    " 菊池 北村 五十嵐 福島 安田 中田 川口 平田 川崎 飯田 吉川 本田 久保田 沢田 辻 関 中西"
    " 東 渡部 服部 樋口 福井 土屋 永井 西川 秋山 中川 黒田"
)


@cache
def _common_in_kana() -> frozenset[str]:
    return frozenset(reading for name in _COMMON.split() for reading in readings_of_family_name(name))


def readings_of_family_name(written: str) -> frozenset[str]:
    """The readings that the dictionary lists of a family name, in hiragana; none where it knows no such name."""
    found = _dictionary().lookup(written)
    return frozenset(to_hiragana(one.reading_form()) for one in found if one.part_of_speech()[2:4] == ("人名", "姓"))


def words(text: str) -> tuple[Word, ...]:
    """The words of a text whose width is normalised (katakana must stay katakana: the dictionary knows it so)."""
    return tuple(_word(morpheme, morpheme.surface(), morpheme.word_id()) for morpheme in _morphemes(text))


#: Words that the dictionary has, by its number and as written: most words of a text were met before.
_met: dict[tuple[str, int], Word] = {}
_MOST_MET = 1 << 14
_FIRST_UNKNOWN = 0xF0000000


def _word(morpheme: Any, surface: str, number: int) -> Word:
    met = _met.get((surface, number))
    if met is not None:
        return met
    part = _part(morpheme.part_of_speech_id())
    reading = surface if part in _SIGNS else to_hiragana(morpheme.reading_form()) or surface
    word = Word(surface, reading, morpheme.normalized_form(), part in _CONTENT)
    # What the dictionary does not have may be anybody's name: it is not kept, and its number says little.
    if number < _FIRST_UNKNOWN:
        if len(_met) >= _MOST_MET:
            _met.clear()
        _met[surface, number] = word
    return word


@cache
def _part(number: int) -> str:
    """A part of speech, which the tokenizer would spell out in full for every word."""
    return str(_dictionary().pos_of(number)[0])
