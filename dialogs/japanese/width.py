"""Width and compatibility forms: what people type becomes one form for reading and comparing.

``normalise`` keeps the words apart and readable; ``fold`` is only for comparing and is never stored
(NFKC changes 22 kanji of CP932, which are wanted alike here and must not be written back).
Three habits of NFKC are put right first: it leaves several dashes alone, turns a raised figure into
a plain one, and cuts a separate voicing mark off its kana.
"""

from __future__ import annotations

import re
import unicodedata

from dialogs.japanese.kana import to_hiragana

#: Everything that people use as a hyphen or minus, and the line-drawing bar that some keyboards offer.
DASHES = "-‐‑‒–—―⁃⁻−─━﹘﹣－ｰ"
LONG_MARK = "ー"

_DASH = re.compile(f"[{re.escape(DASHES)}{LONG_MARK}]")
#: Most texts are of such signs alone, with long marks behind kana and single spaces inside: they are in their one form.
_IN_FORM = re.compile("(?:[ぁ-ゖァ-ヺ一-鿿々、。・「」!-,.-~]++|(?<=[ぁ-ゖァ-ヺー])ー++|(?<=[^ ]) (?=[^ ]))*+")
_KANA = re.compile("[ぁ-ゖァ-ヺｦ-ﾟゝゞヽヾ\u3099\u309a]")
#: Zero-width marks, direction marks, byte order mark, soft hyphen, controls, emoji style marks, half of a pair.
_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]"
)
#: Ideographic variation selectors: the same character in another drawing.
_IVS = re.compile("[\U000e0100-\U000e01ef]")
_SPACES = re.compile(r"\s+")
#: Raised and lowered figures and fractions would become plain figures; they stay, so that no reader takes them.
_KEEP = re.compile("([²³¹⁰-⁹₀-₉¼-¾⅐-⅞↉]+)")
_CIRCLED = re.compile("[①-⑳㉑-㉟㊱-㊿❶-❿⑴-⒇⒈-⒛]")
_VOICING = str.maketrans({"゛": "\u3099", "゜": "\u309a", "〜": "~", "～": "~", "∼": "~", "￥": "¥", "⁓": "~"})
_JAPANESE = "ぁ-ゖァ-ヺー々〇一-鿿㐀-䶿\uf900-\ufaff\U00020000-\U0003ffff"
_INNER_SPACE = re.compile(f" (?=[{_JAPANESE}])|(?<=[{_JAPANESE}]) ")
_END_MARKS = " 。．.、，,!！…‥~♪☆★※"


def strip_invisible(text: str) -> str:
    """Without characters that nobody sees; ideographic variation selectors stay."""
    return _INVISIBLE.sub("", text)


def strip_variation_selectors(text: str) -> str:
    """Without ideographic variation selectors: 葛 and its drawn variants are one character."""
    return _IVS.sub("", text)


def fold_dashes(text: str) -> str:
    """Every dash as ``-``, except after kana, where it is the long mark ``ー`` unless a figure follows."""
    if not _DASH.search(text):
        return text
    out: list[str] = []
    for position, char in enumerate(text):
        if not _DASH.fullmatch(char):
            out.append(char)
            continue
        before = out[-1] if out else ""
        if before and (_KANA.fullmatch(before) or before == LONG_MARK):
            after = text[position + 1] if position + 1 < len(text) else ""
            plain_dash = char not in (LONG_MARK, "ｰ")
            # Between kana a wrongly typed dash is a long mark; before a figure it separates (コーポ-101).
            out.append("-" if plain_dash and not (after == "" or _KANA.fullmatch(after)) else LONG_MARK)
        else:
            out.append("-")
    return "".join(out)


def normalise(text: str) -> str:
    """Full and half width, dashes, spaces and invisible marks in one form; case and script stay."""
    if _IN_FORM.fullmatch(text):
        return text
    text = strip_variation_selectors(strip_invisible(text))
    text = _CIRCLED.sub(_spaced_number, text)
    text = text.translate(_VOICING)
    text = "".join(
        part if index % 2 else unicodedata.normalize("NFKC", part) for index, part in enumerate(_KEEP.split(text))
    )
    return _SPACES.sub(" ", fold_dashes(text)).strip()


def _spaced_number(match: re.Match[str]) -> str:
    """A circled figure as a plain one, kept apart from figures beside it (1① is not 11)."""
    number = str(int(unicodedata.numeric(match[0])))
    source, start, end = match.string, match.start(), match.end()
    before = " " if start and (source[start - 1].isdigit() or source[start - 1].isnumeric()) else ""
    after = " " if end < len(source) and source[end].isdigit() else ""
    return before + number + after


def fold(text: str) -> str:
    """The form in which two typed texts are compared: one width, one kana, no case, no spaces, no end marks."""
    folded = to_hiragana(normalise(text).casefold())
    return join_japanese(folded).strip(_END_MARKS)


def join_japanese(text: str) -> str:
    """Without the spaces beside Japanese characters: 暗 証 番 号 is one word."""
    return _INNER_SPACE.sub("", text)


def to_storable_width(text: str) -> str:
    """Letters, figures and signs in half width, kana in full width, one space; every kanji stays as typed.

    This is the form for names and addresses that are kept: unlike NFKC it never changes a kanji.
    """
    text = strip_invisible(text).translate(_VOICING)
    out = [unicodedata.normalize("NFKC", part) if _NARROW.fullmatch(part) else part for part in _PARTS.findall(text)]
    joined = "".join(out)
    if "\u3099" in joined or "\u309a" in joined:
        joined = unicodedata.normalize("NFC", joined)
    return _SPACES.sub(" ", fold_dashes(joined)).strip()


#: ASCII in any width, half-width kana, wide spaces, voicing marks with the kana before them.
_WIDTH = "\u0020-\u007e！-～｡-ﾟ\u3000\u00a0￥¥"
_NARROW = re.compile(f"[{_WIDTH}]+|[ぁ-ヺ][\u3099\u309a]")
_PARTS = re.compile(f"[ぁ-ヺ][\u3099\u309a]|[{_WIDTH}]+|[^{_WIDTH}]", re.DOTALL)
