"""Whether a reading can belong to a name: a hint for people, never a reason to refuse.

Given names are read in any way their bearers like, so only the family name is looked at, in the readings that the
dictionary lists (山崎: やまざき; 東: あずま, ひがし, とう).  What it does not list is never doubted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from dialogs.japanese.kana import to_hiragana
from dialogs.japanese.morphology import readings_of_family_name
from dialogs.japanese.width import normalise

_KANA = re.compile("[ぁ-ゖー]+")
_COMPANY = re.compile("会社|法人|組合|協会|事務所|㈱|㈲")
#: No family name of more characters is written in kanji.
_LONGEST_FAMILY_NAME = 5
_LONG = re.compile("(?<=[おこそとのほもよろを])[うおー]|(?<=[うくすつぬふむゆる])[うー]|ー")
_SMALL = str.maketrans("ぁぃぅぇぉっゃゅょゎ", "あいうえおつやゆよわ")
_SAME_SOUND = str.maketrans("をゐゑ", "おいえ")


def is_doubtful(name: str, kana: str) -> bool:
    """Whether ``kana`` hardly reads ``name``: it begins with no known reading of the family name."""
    sound = _sound(kana)
    family, *given = to_hiragana(normalise(name)).split(" ")
    if not sound or not family or _COMPANY.search(name):
        return False
    if all(map(_KANA.fullmatch, (family, *given))):
        return _sound("".join((family, *given))) != sound
    known = _family_sounds(family, given)
    return bool(known) and not sound.startswith(known)


def may_read(name: str, kana: str) -> bool:
    """Whether ``kana`` begins with a known reading of the family name and goes on: 山田太郎, ヤマダタロウ."""
    sound = _sound(kana)
    family, *given = normalise(name).split(" ")
    return any(sound.startswith(known) and sound != known for known in _family_sounds(family, given))


def _family_sounds(family: str, given: Sequence[str]) -> tuple[str, ...]:
    # Without a space between them nobody knows where the family name ends.
    sizes = [len(family)] if given else range(1, min(len(family), _LONGEST_FAMILY_NAME) + 1)
    return tuple({_sound(reading) for size in sizes for reading in readings_of_family_name(family[:size])})


def _sound(kana: str) -> str:
    """How it sounds, roughly: やまさき and やまざき, おおの and おーの are one."""
    plain = unicodedata.normalize("NFD", to_hiragana(normalise(kana)).replace(" ", "").replace("・", ""))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return _LONG.sub("", plain.translate(_SMALL).translate(_SAME_SOUND))
