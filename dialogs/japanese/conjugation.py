"""The bases of a Japanese verb, onto which endings are put: つない(で), つなぎ(たい), つなげ(ますか).

A verb is written with a bar before what changes: つな|ぐ, 見せ| (the stem stays whole), 対応|する.  Pure; the ending
that makes a wish or a refusal of a base is for the caller to read.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class Base(StrEnum):
    """What of a verb is said before an ending."""

    #: 話さ(ない), や(ん)ない
    NEGATIVE = "negative"
    #: 話し(ます, たい)
    POLITE = "polite"
    #: 話す
    PLAIN = "plain"
    #: 話せ(ますか)
    ABLE = "able"
    #: 話そう
    LET_US = "let_us"
    #: 話せ, 話しろ
    ORDER = "order"
    #: 話して, and 話させて: let me
    JOINED = "joined"
    #: 話した
    PAST = "past"
    #: 対応, of 対応する
    NOUN = "noun"


#: Of each ending: the row of its vowels a, i, u, e, o, and the joining form.
_ROWS = MappingProxyType(
    {
        "く": ("かきくけこ", "いて"),
        "ぐ": ("がぎぐげご", "いで"),
        "す": ("さしすせそ", "して"),
        "つ": ("たちつてと", "って"),
        "ぬ": ("なにぬねの", "んで"),
        "ぶ": ("ばびぶべぼ", "んで"),
        "む": ("まみむめも", "んで"),
        "る": ("らりるれろ", "って"),
        "う": ("わいうえお", "って"),
    }
)


def bases(verb: str) -> tuple[tuple[str, Base], ...]:
    """The bases of a verb; a verb whose ending is unknown raises ``ValueError``."""
    stem, bar, ending = verb.partition("|")
    if not bar or (ending not in ("", "する") and ending not in _ROWS):
        raise ValueError(f"{verb}: a verb has a bar before its ending")
    forms: tuple[tuple[str, ...], ...]
    if ending == "する":
        joined, let = stem + "して", (stem + "させて", stem + "さして")
        forms = (("し", "せ"), ("し",), ("する",), ("でき",), ("しよう",), ("しろ", "せえ", "せい", "せよ"))
    elif not ending:
        joined, let = stem + "て", (stem + "させて", stem + "さして")
        forms = (("",), ("",), ("る",), ("られ", "れ"), ("よう", "っぺ"), ("ろ", "ぇ", "い", "え"))
    else:
        row, te = _ROWS[ending]
        a, i, u, e, o = tuple(row)
        joined, let = stem + te, (stem + a + "せて", stem + a + "して")
        # や(ん)ない for や(ら)ない, and やっぺ: let us.
        slack, east = (("ん",), ("っぺ",)) if ending == "る" else ((), ())
        forms = ((a, *slack), (i,), (u,), (e,), (o + "う", *east), (e,))
    kinds = (Base.NEGATIVE, Base.POLITE, Base.PLAIN, Base.ABLE, Base.LET_US, Base.ORDER)
    noun = ((stem, Base.NOUN),) if ending == "する" else ()
    return (
        *noun,
        *((stem + form, kind) for kind, of_kind in zip(kinds, forms, strict=True) for form in of_kind),
        *((form, Base.JOINED) for form in (joined, *let)),
        # Letting is a verb of its own: 話させ(たい).
        *((form[:-1], Base.POLITE) for form in let),
        (joined[:-1] + ("だ" if joined[-1] == "で" else "た"), Base.PAST),
    )
