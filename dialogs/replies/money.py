"""Typed amounts of yen: one amount, or the range that somebody means by 10〜20万 or 30万弱.

くらい, 約, ほど are taken as the number itself; 弱, 強, 以上, 未満, 台, 数万 and 〜 make a range, which a question
for one amount refuses and a question with bands compares as a whole.  A small bare figure could be
yen or 万円 and is refused, and so is what follows a unit as if it were cut short (3万5, 1億5000).  A sum
per week or per year is refused: the question names its own period.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from dialogs.japanese.numerals import NUMERAL_CHARS, parse_number
from dialogs.japanese.spoken import spoken_number
from dialogs.replies import money_words as words, sentences
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import opening, strip_chatter
from dialogs.replies.problems import problem
from dialogs.replies.sentences import without_asides

#: Below ten 兆: an amount never has as many figures as a card number.
LARGEST = 9_999_999_999_999
#: A bare figure below this could mean 万円.
SMALLEST_BARE = 1000

_AMOUNT_CHARS = re.compile(f"[\\d{NUMERAL_CHARS}., ]+")


class Period(StrEnum):
    """Per what the customer said the amount is."""

    UNSAID = "unsaid"
    MONTH = "month"
    #: 月収: certainly not an answer to a question about a year.
    MONTH_INCOME = "month_income"
    #: 手取り: what is left of an income, of a month unless the question is for one amount.
    TAKE_HOME = "take_home"
    YEAR = "year"
    YEAR_INCOME = "year_income"
    #: 1回: of one payment, never of a month or a year.
    TIME = "time"
    OTHER = "other"

    def fits(self, asked: str | None) -> bool:
        """Whether it answers a question about ``asked`` (month, year, or ``None`` where that is not known)."""
        if self is Period.UNSAID:
            return True
        if asked == "month":
            return self in (Period.MONTH, Period.MONTH_INCOME, Period.TAKE_HOME)
        if asked == "year":
            return self in (Period.YEAR, Period.YEAR_INCOME)
        return self in (Period.MONTH, Period.TAKE_HOME, Period.YEAR_INCOME, Period.TIME)


@dataclass(frozen=True, kw_only=True)
class AmountRange:
    """Yen from ``low`` to ``high``, both included; ``None`` is open on that side."""

    low: int | None
    high: int | None
    period: Period = Period.UNSAID
    #: 前後: as likely below as above.
    around: bool = False


def read_amount(text: str, context: ReplyContext) -> Parsed | Problem:
    """One amount in whole yen."""
    found = read_amount_range(text, context)
    if isinstance(found, Problem):
        return found
    if not found.period.fits(None):
        return problem("amount.period", context)
    if found.low is None or found.low != found.high:
        return problem("amount.range", context)
    return Parsed(value=found.low, display=show_amount(found.low, context.locale))


def read_amount_range(text: str, context: ReplyContext) -> AmountRange | Problem:
    """The amount, or the range that was typed; a single amount has equal bounds."""
    plain = opening("amount", text, context)
    if isinstance(plain, Problem):
        return plain
    plain = without_asides(plain.lower(), people_matter=False)
    plain = _without_reason(plain)
    period = next((Period(name) for pattern, name in words.PERIODS if pattern.search(plain)), Period.UNSAID)
    around = "前後" in plain or "内外" in plain
    plain = words.UP_TO.sub("" if words.TO.search(plain) else "以下", plain)
    plain = words.DONE_WITH.sub("", strip_chatter(plain, tail=words.APPROXIMATE))
    plain = _tidy(strip_chatter(plain, lead=words.LEAD, tail=words.APPROXIMATE))
    plain = words.PER_MONTH.sub("", plain)
    if words.FOREIGN.search(plain):
        return problem("amount.currency", context)
    if re.match(r"-|マイナス|▲|△|minus", plain):
        return problem("amount.negative", context)
    found = _two_sided(plain, context) or _open_sided(plain, context) or _single(plain, context)
    return found if isinstance(found, Problem) else replace(found, period=period, around=around)


def _without_reason(plain: str) -> str:
    """働いてないのでゼロ円 as ゼロ円; why there is some other amount must leave no doubt about it."""
    match = words.REASON.match(plain)
    if match is None or sentences.speaks_of_others(match["why"]):
        return plain
    return match["rest"] if words.NOTHING.match(match["rest"]) or sentences.is_harmless(match["why"]) else plain


def show_amount(yen: int, locale: str) -> str:
    """350万円, 1億2,000万円, 12万3,456円; or 3,500,000 yen."""
    if locale == "en":
        return f"{yen:,} yen"
    parts, rest = [], yen
    for unit, size in (("兆", 10**12), ("億", 10**8), ("万", 10**4)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count:,}{unit}")
    if rest or not parts:
        parts.append(f"{rest:,}")
    return "".join(parts) + "円"


def _tidy(text: str) -> str:
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    for pattern, shape in words.ENGLISH_SIDES:
        text = pattern.sub(shape, text) if pattern.fullmatch(text) else text
    text = text.replace("ゼロ", "0").replace("ぜろ", "0")
    text = words.OKU.sub("億", words.SEN.sub("千", words.MAN.sub("万", text)))
    text = words.ENGLISH.sub(_in_japanese, text)
    text = re.sub(r"(?<=[\d円])-$", "", text)
    return re.sub(r" ?(円|万|億|千|百|~) ?", r"\1", text).strip()


def _in_japanese(match: re.Match[str]) -> str:
    size = {"thousand": 10**3, "k": 10**3, "sen": 10**3, "million": 10**6, "billion": 10**9, "man": 10**4, "oku": 10**8}
    return f"{(Decimal(match[1].replace(',', '')) * size[match[2]]).normalize():f}"


def _two_sided(text: str, context: ReplyContext) -> AmountRange | Problem | None:
    """10〜20万, 10万円以上20万円未満, 2、3万; ``None`` where there are not two sides."""
    if match := words.NEIGHBOURS.fullmatch(words.YEN.sub("", text)):
        low, high = parse_number(match[1] + match["unit"]), parse_number(match[2] + match["unit"])
        step = 10 ** match[2].count("0")
        if low is None or high is None or parse_number(match[2]) != (parse_number(match[1]) or 0) + step:
            return problem("amount.unreadable", context)
        return AmountRange(low=int(low), high=int(high))
    for mark in ("以上", "超"):
        first, found, second = text.partition(mark)
        if found and words.FIGURE.search(second):
            lower, upper = _open_sided(first + mark, context), _open_sided(second.strip("、,~ "), context)
            return _between(lower, upper, context)
    sides = words.TO.split(text)
    if len(sides) != 2 or not all(side.strip() for side in sides):
        return None
    left, right = (_strip_words(side.strip()) for side in sides)
    high_number = _number(right)
    low_number = _number(left)
    if low_number is None or high_number is None:
        return problem("amount.unreadable", context)
    low_unit, high_unit = _unit(left), _unit(right)
    if high_unit and not low_unit and not words.YEN.search(left):
        shared = parse_number(f"{words.YEN.sub('', left)}{high_unit}")
        low_number = shared if shared is not None and shared <= high_number else low_number
    elif low_unit and not high_unit and high_number < low_number:
        high_number = parse_number(f"{words.YEN.sub('', right)}{low_unit}")
    if high_number is None or low_number >= high_number:
        return problem("amount.unreadable", context)
    known = bool(high_unit or low_unit)
    low_bound = _whole(low_number, left, context, unit_known=known)
    high_bound = _whole(high_number, right, context, unit_known=known)
    if isinstance(low_bound, Problem):
        return low_bound
    if isinstance(high_bound, Problem):
        return high_bound
    return AmountRange(low=low_bound, high=high_bound)


def _between(
    lower: AmountRange | Problem | None, upper: AmountRange | Problem | None, context: ReplyContext
) -> AmountRange | Problem:
    if isinstance(lower, AmountRange) and isinstance(upper, AmountRange):
        low, high = lower.low, upper.high
        if low is not None and high is not None and low <= high and upper.low is None:
            return AmountRange(low=low, high=high)
    return problem("amount.unreadable", context)


def _open_sided(text: str, context: ReplyContext) -> AmountRange | Problem | None:
    """30万以上, 100万円未満, 〜50万, 5万ちょい, 30万弱; ``None`` where no such word is there."""
    if text.startswith("~"):
        text = text[1:] + "以下"
    for side, word in ((words.AT_MOST, "以下"), (words.AT_LEAST, "以上")):
        if side.match(text):
            text = _strip_words(side.sub("", text)) + word
    if match := words.SOME.fullmatch(text):
        unit = parse_number("1" + match["unit"])
        return None if unit is None else AmountRange(low=2 * int(unit), high=10 * int(unit) - 1)
    if match := words.REACH.fullmatch(text):
        reached = _single(match["amount"] + "円", context)
        return reached if isinstance(reached, Problem) else _shaped(reached.low or 0, "reach")
    for endings, shape in (
        (words.LITTLE_MORE, "more"),
        (("弱",), "less"),
        (words.ABOVE, "above"),
        (words.BELOW, "below"),
        (words.UPWARDS, "up"),
        (words.DOWNWARDS, "down"),
    ):
        for word in sorted(endings, key=len, reverse=True):
            for ending in (word, word + "円"):
                if not text.endswith(ending):
                    continue
                inner = _strip_words(text[: -len(ending)])
                found = _single(inner + ("円" if ending != word else ""), context)
                if isinstance(found, Problem):
                    return found
                return _shaped(found.low or 0, shape)
    return None


def _shaped(yen: int, shape: str) -> AmountRange:
    # 強 and ちょい: up to a fifth more; 弱: up to a tenth less. Wide on purpose, so that a band is asked back.
    if shape == "more":
        return AmountRange(low=yen, high=yen + max(yen // 5, 1))
    if shape == "less":
        return AmountRange(low=yen - yen // 10, high=max(yen - 1, 0))
    if shape == "reach":
        step = 10 ** (len(str(yen)) - len(str(yen).rstrip("0")))
        return AmountRange(low=yen, high=yen + step - 1)
    if shape == "above":
        return AmountRange(low=yen + 1, high=None)
    if shape == "up":
        return AmountRange(low=yen, high=None)
    return AmountRange(low=None, high=yen if shape == "down" else max(yen - 1, 0))


def _single(text: str, context: ReplyContext) -> AmountRange | Problem:
    text = _strip_words(text)
    number = _number(text)
    if number is None:
        return problem("amount.unreadable", context)
    yen = _whole(number, text, context, unit_known=False)
    return yen if isinstance(yen, Problem) else AmountRange(low=yen, high=yen)


def _whole(number: Decimal, text: str, context: ReplyContext, *, unit_known: bool) -> int | Problem:
    if number != number.to_integral_value():
        return problem("amount.fraction", context)
    if number > LARGEST:
        return problem("amount.too_large", context)
    has_unit = unit_known or words.YEN.search(text) or text.startswith("¥")
    cut_short = not has_unit and (
        words.CUT_SHORT.search(text) is not None
        or (number > 10**8 and 0 < number % 10**8 < 10**4 and not text.isdigit())
    )
    if cut_short or (0 < number < SMALLEST_BARE and not has_unit):
        return problem("amount.unit_missing", context)
    return int(number)


def _number(text: str) -> Decimal | None:
    bare = words.YEN.sub("", text).removeprefix("¥").strip()
    bare = spoken_number(bare) or bare
    return parse_number(bare) if bare and _AMOUNT_CHARS.fullmatch(bare) else None


def _unit(text: str) -> str:
    """The units at the end: 万 of 20万円."""
    found = words.UNITS.search(words.YEN.sub("", text))
    return found[0] if found and len(found[0]) < len(words.YEN.sub("", text)) else ""


def _strip_words(text: str) -> str:
    """One side without 約 and くらい."""
    return strip_chatter(text, lead=words.LEAD, tail=words.APPROXIMATE)
