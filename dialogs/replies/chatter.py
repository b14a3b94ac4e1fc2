"""The words around a reply that are not part of it: 「えーと、…です」「〒」「私の生年月日は…になります」.

Only fixed words are taken off, so that nothing of the value is ever lost.  Each step looks at one
end of the text, so the work is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from dialogs.japanese.width import normalise
from dialogs.replies.base import Problem, ReplyContext
from dialogs.replies.problems import MAX_LENGTH, problem
from dialogs.replies.surrounding_words import PICTURES, PICTURES_AROUND_NAMES


def words(text: str) -> tuple[str, ...]:
    """The words of a text between spaces: a list that can be read."""
    return tuple(text.split())


_TRIM = " 　。．、，,!！…♪\t\n\r「」『』“”\"'*"
_LEAD = (
    *words(
        "えーっと えーと えっと ええと えと あのー あの、 はい、 はい。 そうですね すみません すいません こんにちは"
    ),
    *words("お世話になっております お世話になります 回答: 回答は 答え: 答えは"),
    *words(
        "わたくしの わたしの 私の 僕の 俺の うちの 新しい わたくしは わたしは 私は 僕は 俺は 自分は わしは あたしは"
    ),
    *("はい ", "it's ", "it is ", "my "),
)
_TAIL = (
    *words(
        "でございます でございました となっております になっております となります になります となってます であります"
    ),
    *words("と申します といいます と言います っす ですね ですよ です です~ ですー でーす ですぅ"),
    *words("(笑) (^^) (^_^) m(__)m"),
    "m(_ _)m",
    *(
        how + please
        for how in words("で でよろしく よろしく でどうぞよろしく どうぞよろしく で宜しく 宜しく どうぞ宜しく")
        for please in words("お願い致します お願い申し上げます お願いいたします お願いします おねがいします お願い")
    ),
    *words("お願い致します お願いいたします お願いします おねがいします よろしく 宜しく でよろしく で宜しく"),
    *words("でいいです で大丈夫です ございます ありがとうございます ありがとう おおきに 、はい"),
)
_MAX_STEPS = 8
#: Kinds of which a picture would be a part, and is refused or kept as such.
_AS_TYPED = frozenset(("name", "kana", "address", "text"))

#: Further closing words, only for kinds whose values can never end with them (a name can: 山田 is やまだ).
CASUAL_TAIL = words(
    "だよ だね だ で デス やで や じゃ じゃよ ね よ だべ だべさ べ やなあ やねん やん やわ ですわ ですねえ ですねぇ"
    " ですな ですなあ ばい ぜよ やけど だけど ですけど ですけどね desu でしゅ どすえ どす"
)
#: Said of what is written somewhere, or has become so.
WRITTEN = (
    *(
        mark + written
        for mark in ("と", "って")
        for written in words("書いてあります 書いてある ありました 書いてあった")
    ),
    *words("とあります と記載されています と記載 と出ています となっています になっています になりました になってます"),
)
#: A pair of brackets around the whole reply.
_WRAPPED = re.compile(r"^[(\[{【〔<《「『\"](?P<inside>[^()\[\]{}【】〔〕<>《》「」『』\"]+)[)\]}】〕>》」』\"][。.]?$")


def strip_chatter(text: str, *, lead: Iterable[str] = (), tail: Iterable[str] = ()) -> str:
    """``text`` without fixed opening and closing words; ``lead`` and ``tail`` add the words of one kind."""
    leads, tails = _longest_first(_LEAD, tuple(lead)), _longest_first(_TAIL, tuple(tail))
    for _ in range(_MAX_STEPS):
        before = text
        text = text.strip(_TRIM)
        for word in leads:
            # What would leave nothing is the reply itself, and うちの before a blank is a family name.
            if len(text) > len(word) and text[: len(word)].lower() == word and not _is_name(word, text):
                text = text[len(word) :].strip(_TRIM)
                break
        for word in tails:
            if len(text) > len(word) and text.endswith(word):
                text = text[: -len(word)].strip(_TRIM)
                break
        if text == before:
            break
    return text


def _is_name(word: str, text: str) -> bool:
    return word.endswith("の") and text[len(word)] in " 　"


def without_pictures(text: str, *, of_words: bool = False) -> str:
    """``text`` without emoji and faces; one that is nothing else stays."""
    bare = (PICTURES_AROUND_NAMES if of_words else PICTURES).sub(" ", text).strip()
    return bare if any(sign.isalnum() or sign in "○×◯✓✔✗✘✕✖❌⭕" for sign in bare) else text


@lru_cache(maxsize=256)
def _longest_first(general: tuple[str, ...], own: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted((*general, *own), key=len, reverse=True))


def about(*nouns: str) -> tuple[str, ...]:
    """Opening words of one kind: ``about("電話番号")`` gives 電話番号は, 電話番号: and so on."""
    return tuple(noun + mark for noun in nouns for mark in ("は、", "は ", "は", ":", "：", " ", "→", "="))


def opening(kind: str, text: str, context: ReplyContext) -> str | Problem:
    """The normalised text, or the problem that every kind shares: nothing there, or far too much."""
    if len(text) > MAX_LENGTH:
        return problem(f"{kind}.too_long", context, limit=str(MAX_LENGTH))
    plain = normalise(text)
    if kind not in _AS_TYPED:
        plain = normalise(without_pictures(text)) or plain
        if wrapped := _WRAPPED.match(plain):
            plain = wrapped["inside"].strip() or plain
    if not plain:
        return problem(f"{kind}.empty", context)
    return plain
