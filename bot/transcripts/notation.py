"""What of a text may stand in a transcript: the frame of a number or of a date, and nothing that somebody said.

Promise: a frame is known by what it is made of, not by what it lacks; whatever is not known is the customer's own.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

#: Digits of any script.
RUN = re.compile(r"\d+")
_MARKS = r"\s\-‐－()（）+./"
_BARE = re.compile(rf"[\d{_MARKS}]*")
_SAID = re.compile(rf"[^\d{_MARKS},@]+")
_ERA = "明治|大正|昭和|平成|令和|[MTSHRmtshrＭＴＳＨＲ]"
_DATE = re.compile(rf"\s*(?:{_ERA})?[.\s]*(\d+)\s*[-/.年]\s*(\d+)\s*[-/.月]\s*(\d+)\s*日?\s*")
_ERA_WORD = re.compile("明治|大正|昭和|平成|令和")
#: As many digits in succession say which number it was.
_TELLING = 4


def is_bare(text: str) -> bool:
    """Whether there is nothing in the text but digits and the marks of a number."""
    return _BARE.fullmatch(text) is not None


def without_words(text: str, word: str) -> str:
    """The text with ``word`` for whatever is neither digit nor mark."""
    return _SAID.sub(word, text)


def digits_of(text: str) -> str:
    """All digits of the text in ASCII, as one run."""
    return "".join(str(unicodedata.decimal(sign)) for run in RUN.findall(text) for sign in run)


def telling(text: str) -> frozenset[str]:
    """The runs of digits by which the numbers of a text could be known again; those of a short one as a whole."""
    digits = digits_of(text)
    length = min(_TELLING, len(digits))
    return frozenset(digits[at : at + length] for at in range(len(digits) - length + 1)) - {""}


def gives_away(one: str, text: str) -> bool:
    """Whether ``one`` is the same number, or has two letters or four digits in succession that ``text`` has as well."""
    whole = digits_of(one)
    if whole and whole == digits_of(text):
        return True
    runs = {run for run in telling(text) if len(run) == _TELLING}
    # The zeros at the end of a round number are anybody's.
    return bool(_pairs(one) & _pairs(text)) or any(run in whole.rstrip("0") for run in runs)


def _pairs(text: str) -> set[str]:
    folded = unicodedata.normalize("NFKC", _ERA_WORD.sub(" ", text)).casefold()
    return {folded[at : at + 2] for at in range(len(folded) - 1) if folded[at : at + 2].isalpha()}


def same_notation(text: str, day: date, moved: date) -> str | None:
    """``moved`` as ``text`` writes ``day``; ``None`` where the text is no known notation of that day."""
    found = _DATE.fullmatch(text)
    if found is None or [int(found[2]), int(found[3])] != [day.month, day.day]:
        return None
    wanted = (int(found[1]) + moved.year - day.year, moved.month, moved.day)
    if wanted[0] < 1:
        return None
    runs = [found[number] for number in (1, 2, 3)]
    marks = {text[found.end(number)] for number in (1, 2)}
    is_plain = len(runs[0]) == 4 and marks <= {"-", "/"} and len(runs[1]) == len(runs[2]) == 2
    # One leading zero, or the notation of machines, says that the short numbers have one too.
    is_padded = is_plain or any(unicodedata.decimal(run[0]) == 0 for run in runs)
    pieces, end = [], 0
    for number, (run, value) in enumerate(zip(runs, wanted, strict=True), 1):
        digits = str(value).zfill(len(run) if is_padded else 1)
        pieces += [text[end : found.start(number)], like(run[0], digits)]
        end = found.end(number)
    return "".join([*pieces, text[end:]])


def like(sign: str, digits: str) -> str:
    """Digits as wide as ``sign``."""
    return "".join(chr(ord(digit) + 0xFEE0) for digit in digits) if "０" <= sign <= "９" else digits
