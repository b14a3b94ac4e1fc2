"""Japanese typed in Latin letters as kana: wakarimasen, kaishain desu, chuugoku.

Both ways of writing it are read, Hepburn (shi, chi, tsu, ja) and 訓令式 (si, ti, tu, zya), with the spellings that
keyboards take besides.  Only a text that is romaji from end to end is one; of an English word that happens to be
(no, made, same) the caller has thought first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_VOWELS = "aiueo"
_ROWS = {
    "": "あいうえお",
    **{
        "k": "かきくけこ",
        "s": "さしすせそ",
        "t": "たちつてと",
        "n": "なにぬねの",
        "h": "はひふへほ",
        "m": "まみむめも",
    },
    **{
        "r": "らりるれろ",
        "g": "がぎぐげご",
        "z": "ざじずぜぞ",
        "d": "だぢづでど",
        "b": "ばびぶべぼ",
        "p": "ぱぴぷぺぽ",
    },
}
#: Before や, ゆ, よ: kya, and sha beside sya.
_GLIDES = {
    **{"ky": "き", "sy": "し", "sh": "し", "ty": "ち", "ch": "ち", "ny": "に", "hy": "ひ", "my": "み", "ry": "り"},
    **{"gy": "ぎ", "zy": "じ", "jy": "じ", "j": "じ", "by": "び", "py": "ぴ"},
}
_SYLLABLES = {
    **{row + vowel: kana for row, kanas in _ROWS.items() for vowel, kana in zip(_VOWELS, kanas, strict=True)},
    **{
        glide + vowel: kana + small
        for glide, kana in _GLIDES.items()
        for vowel, small in zip("auoe", "ゃゅょぇ", strict=True)
    },
    **{
        "ya": "や",
        "yu": "ゆ",
        "yo": "よ",
        "wa": "わ",
        "wo": "を",
        "shi": "し",
        "chi": "ち",
        "tsu": "つ",
        "fu": "ふ",
        "ji": "じ",
    },
    **{
        "fa": "ふぁ",
        "fi": "ふぃ",
        "fe": "ふぇ",
        "fo": "ふぉ",
        "thi": "てぃ",
        "dhi": "でぃ",
        "va": "ゔぁ",
        "vi": "ゔぃ",
    },
}
#: Long vowels with a mark, written with the letters that the syllables are made of.
_LONG = str.maketrans(
    {"ā": "aa", "â": "aa", "ī": "ii", "î": "ii", "ū": "uu", "û": "uu", "ē": "ei", "ê": "ei", "ō": "ou", "ô": "ou"}
)
_LONGEST_FIRST = "|".join(sorted(_SYLLABLES, key=len, reverse=True))
_SYLLABLE = re.compile(
    f"(?P<stop>([bcdfghjkmprstvwyz])(?=\\2)|t(?=ch))?(?P<syllable>{_LONGEST_FIRST})"
    "|(?P<n>n(?:'|n(?![aiueoy])|(?![aiueoy']))|m(?=[bmp]))|(?P<long>-)|(?P<other>[ ,.!?~、。]+)"
)
_LETTERS = re.compile("[a-zāâīîūûēêōô' ,.!?~、。-]*[a-z][a-zāâīîūûēêōô' ,.!?~、。-]*")


#: Particles that stand alone are written as they sound.
_PARTICLE = re.compile("(?<= )(?:wa|o|e)(?= )")
_WRITTEN = {"wa": "ha", "o": "wo", "e": "he"}


def from_romaji(text: str) -> str | None:
    """``text`` in hiragana without its spaces; ``None`` where any of it is no romaji."""
    plain = text.lower().strip()
    if not _LETTERS.fullmatch(plain):
        return None
    plain = _PARTICLE.sub(lambda match: _WRITTEN[match[0]], plain.translate(_LONG))
    found: list[str] = []
    place = 0
    while place < len(plain):
        match = _SYLLABLE.match(plain, place)
        if match is None:
            return None
        if match["syllable"]:
            found.append(("っ" if match["stop"] else "") + _SYLLABLES[match["syllable"]])
        elif match["n"]:
            found.append("ん")
        elif match["long"]:
            found.append("ー")
        else:
            found.append(match["other"].replace(" ", ""))
        place = match.end()
    return "".join(found)


#: Kana, of whose last sign only the consonant was typed.
_UNFINISHED = re.compile("[ぁ-ゖ]{2,}[a-z]")


def finished(text: str) -> Iterator[str]:
    """The words that a text in kana may be that was sent before its last sign was typed: もどr is もどる."""
    if _UNFINISHED.fullmatch(text):
        yield from (text[:-1] + kana for vowel in "uaieo" if (kana := from_romaji(text[-1] + vowel)))
