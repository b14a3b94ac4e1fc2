"""Figures in a text as the guard sees them: runs of digits with any separators, written or spelled out.

Sources: ISO/IEC 7812 (Luhn, issuer prefixes), ministerial order on the check digit of the 個人番号.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from dialogs.japanese.kana import to_hiragana
from dialogs.replies.codes import is_corporate_number

#: Between two digits of one number: anything that is neither letter nor digit, or の; a few at most.
_RUN = re.compile(r"\d(?:(?:[^\w]|_|の){0,8}\d)*")
_GROUP = re.compile(r"\d+")
#: After figures: a year, a count, a sum; not a PIN and not a password.
COUNTED = re.compile(
    r" ?(?:年|月|日|円|回|桁|けた|ケタ|人|分|時|件|歳|才|万|千|階|号|番地|丁目|文字|ドル|%|か月|ヶ月|ポイント"
    r"|years?|digits?|times|yen|days?|dollars?|characters|letters|minutes|hours|people|[ap]m(?![a-z]))"
)
_MY_NUMBER_WEIGHTS = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


_ENGLISH = {"zero": 0, "oh": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_ENGLISH |= {"nine": 9}
_STRONG = {"ぜろ": 0, "れい": 0, "まる": 0, "いち": 1, "さん": 3, "よん": 4, "ろく": 6, "なな": 7, "しち": 7, "はち": 8}
_STRONG |= {"きゅう": 9, "きゅー": 9, **_ENGLISH}
#: One kana each, and in every sentence; しました, ください and ごめん are no figures.
_WEAK = {"に": 2, "し": 4, "ご": 5, "く": 9}
_SPELLED = {**_STRONG, **_WEAK}
_WORD = (
    f"(?:{'|'.join(word for word in _STRONG if word not in _ENGLISH)}"
    r"|に(?!し(?:ま[すしせ]|[たて]))|し(?!ま[すしせ]|な(?!な)|[たてゃゅょ])|ご(?![めざ])|く(?!だ))ー{0,2}"
    f"|(?<![a-z])(?:{'|'.join(_ENGLISH)})(?![a-z])"
)
_SPELLED_RUN = re.compile(f"(?:{_WORD})(?:(?:[^\\w]|_|の){{0,8}}(?:{_WORD}))*")
_SPELLED_WORD = re.compile(_WORD)
#: Behind figures that were spelled out, and not inside a sentence that only sounds like them.
_SPELLED_END = re.compile(r" ?(?:$|[^\w ]|です|でした|だ|で|と|に(?=し|な)|な|や|\d)")


@dataclass(frozen=True, kw_only=True)
class Run:
    """Digits that stand together, however they are separated."""

    digits: str = field(repr=False)
    #: As written, with the separators.
    written: str = field(repr=False)
    #: Lengths of the groups between separators.
    groups: tuple[int, ...]
    start: int
    end: int

    @property
    def begins_with_phone(self) -> bool:
        """Whether a telephone number stands in front of something else: 03-1234-5678 4821."""
        first = self.groups[:3]
        return (
            self.digits.startswith("0")
            and len(self.groups) > 3
            and 2 <= first[0] <= 5
            and first[2] == 4
            and sum(first) in (10, 11)
        )

    def windows(self, lengths: tuple[int, ...]) -> Iterator[str]:
        """Stretches of these lengths made of whole groups, and those at either end of a group that is too long."""
        edges, position = [0], 0
        for group in self.groups:
            position += group
            edges.append(position)
        inside = set(edges)
        ends = {0, len(self.digits)} | {edge for start, edge in pairwise(edges) if edge - start > max(lengths)}
        ends |= {start for start, edge in pairwise(edges) if edge - start > max(lengths)}
        for edge in edges:
            for length in lengths:
                after, before = edge + length, edge - length
                if after <= len(self.digits) and (after in inside or edge in ends):
                    yield self.digits[edge:after]
                if before >= 0 and edge in ends:
                    yield self.digits[before:edge]


def spelled_as_figures(plain: str) -> str:
    """A normalised text with figures that are spelled out as digits: いちにさんよん and "one two three" too."""
    kana = to_hiragana(plain)
    out, position = [], 0
    for match in _SPELLED_RUN.finditer(kana):
        words = [word.rstrip("ー") for word in _SPELLED_WORD.findall(match[0])]
        words = [word if word in _SPELLED else f"{word}ー" for word in words]
        strong = sum(word in _STRONG for word in words)
        ends = _SPELLED_END.match(kana, match.end()) is not None
        # に, し, ご and く make up sentences: a few of them are figures only where nothing else follows.
        if len(words) > 6 or (len(words) > 3 and 2 * strong >= len(words)) or (len(words) > 2 and ends):
            out += [plain[position : match.start()], "".join(str(_SPELLED[word]) for word in words)]
            position = match.end()
    return "".join((*out, plain[position:]))


def runs_of(plain: str) -> Iterator[Run]:
    """The runs of a normalised text; a whole corporate number is public and splits a run."""
    for match in _RUN.finditer(plain):
        pending: list[re.Match[str]] = []
        for group in _GROUP.finditer(plain, match.start(), match.end()):
            if is_corporate_number(group[0]):
                yield from _run(pending)
                pending = []
            else:
                pending.append(group)
        yield from _run(pending)


def _run(groups: list[re.Match[str]]) -> Iterator[Run]:
    if groups:
        yield Run(
            digits="".join(group[0] for group in groups),
            written=groups[0].string[groups[0].start() : groups[-1].end()],
            groups=tuple(len(group[0]) for group in groups),
            start=groups[0].start(),
            end=groups[-1].end(),
        )


def is_card_number(digits: str) -> bool:
    """14 to 16 digits with the right Luhn check digit, not all alike."""
    if not 14 <= len(digits) <= 16 or len(set(digits)) == 1:
        return False
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + index % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def issuer_lengths(digits: str) -> tuple[int, ...]:
    """How long a card number that begins like this is; empty where no issuer begins so."""
    two, three, four = int(digits[:2]), int(digits[:3]), int(digits[:4])
    if two in (34, 37):
        return (15,)
    if 300 <= three <= 305 or two in (36, 38, 39):
        return (14, 16)
    if digits[0] == "4" or 51 <= two <= 55 or 2221 <= four <= 2720 or 3528 <= four <= 3589:
        return (16,)
    if four == 6011 or two == 65 or 644 <= three <= 649 or two == 62:
        return (16,)
    return ()


def is_my_number(digits: str) -> bool:
    """12 digits with the check digit of an individual number."""
    if len(digits) != 12 or len(set(digits)) == 1:
        return False
    rest = sum(int(digit) * weight for digit, weight in zip(digits, _MY_NUMBER_WEIGHTS, strict=False)) % 11
    return int(digits[11]) == (0 if rest <= 1 else 11 - rest)
