"""Character variants: 髙橋 and 高橋, 渡邉 and 渡辺 are one name in two drawings.

Official tables decide (the family register's notices, through jntajis); what they keep apart stays
apart and is reported.  Only for comparing: a record is never rewritten with these forms.
The table is 70 MB and is loaded when the first comparison needs it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from dialogs.japanese.width import strip_invisible, strip_variation_selectors

#: Bank gaiji arrive in the private use area: nobody can say what they are.
_GAIJI = re.compile("[\ufffd\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")


def has_gaiji(text: str) -> bool:
    """Whether a character comes from a bank's own table (private use area or replacement mark)."""
    return _GAIJI.search(text) is not None


def variant_forms(char: str) -> frozenset[str]:
    """The forms that the family register accepts for one character, itself included."""
    # Iterating a string keeps surrogate-free characters, so one call sees exactly one character.
    return _forms(char)


def variant_key(text: str) -> str:
    """The text with every character in its plainest registered form: 髙 becomes 高, 邉 becomes 辺."""
    return "".join(_plainest(char) for char in _prepared(text))


def same_variants(left: str, right: str) -> bool:
    """Whether two texts differ at most in registered variants, character by character."""
    one, other = _prepared(left), _prepared(right)
    return len(one) == len(other) and all(
        a == b or not _forms(a).isdisjoint(_forms(b)) for a, b in zip(one, other, strict=True)
    )


def _prepared(text: str) -> str:
    return unicodedata.normalize("NFKC", strip_variation_selectors(strip_invisible(text)))


@lru_cache(maxsize=8192)
def _candidates(char: str) -> tuple[str, ...]:
    if ord(char[0]) < 0x3400:
        return (char,)
    from jntajis import MJShrinkSchemeCombo, mj_shrink_candidates

    found = mj_shrink_candidates(char, MJShrinkSchemeCombo.MOJ_FAMILY_REGISTER_ACT_RELATED_NOTICE)
    return tuple(found) or (char,)


def _forms(char: str) -> frozenset[str]:
    return frozenset((char, *_candidates(char)))


def _plainest(char: str) -> str:
    return _candidates(char)[0]
