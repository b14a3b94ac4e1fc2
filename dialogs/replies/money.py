"""Typed amounts of yen: one amount, or the range that somebody means by 10〜20万 or 30万弱.

くらい, 約, ほど are taken as the number itself; 弱, 強, 以上, 未満 and 〜 make a range, which a question
for one amount refuses and a question with bands compares as a whole.  A small bare figure could be
yen or 万円 and is refused.  A sum per week or per year is refused: the question names its own period.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from dialogs.japanese.numerals import NUMERAL_CHARS, parse_number
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import CASUAL_TAIL, about, opening, strip_chatter
from dialogs.replies.problems import problem

#: Below ten 兆: an amount never has as many figures as a card number.
LARGEST = 9_999_999_999_999
#: A bare figure below this could mean 万円.
SMALLEST_BARE = 1000

_LEAD = (
    *(
        f"{noun}{particle}"
        for noun in ("給料", "お給料", "給与", "年金", "生活費", "毎月の給料")
        for particle in "はが"
    ),
    "ちょうど",
    *about("金額", "予算", "年収", "月収", "合計", "総額", "収入", "入金", "取引額", "取引金額"),
    *(
        "だいたい",
        "大体",
        "おおよそ",
        "おおむね",
        "概ね",
        "およそ",
        "大よそ",
        "約",
        "ざっと",
        "ざっくり",
        "たぶん",
        "多分",
    ),
    *(
        "毎月",
        "月に",
        "月々",
        "月額",
        "一月に",
        "ひと月に",
        "ひと月",
        "1か月",
        "1ヶ月",
        "月",
        "手取り",
        "月給",
        "毎週",
        "週に",
        "1週間に",
        "毎日",
        "1日に",
        "年間で",
        "年間",
        "年に",
        "毎年",
        "年",
        "合計で",
        "合計",
        "全部で",
    ),
    *(
        "年収",
        "月収",
        "平均して",
        "平均",
        "about ",
        "around ",
        "approximately ",
        "approx. ",
        "roughly ",
        "金",
        "jpy",
        "yen ",
    ),
)
_APPROXIMATE = (
    *(
        "くらい",
        "ぐらい",
        "位",
        "ほど",
        "程度",
        "程",
        "前後",
        "見当",
        "くらいかな",
        "ぐらいかな",
        "かな",
        "かと",
        "と思います",
        "と思う",
    ),
    *("くらいだと思います", "だと思います", "だと思う", "かかります", "あります", "です", "也", "なり", "ばかり"),
    *CASUAL_TAIL,
)
_LITTLE_MORE = (
    "ちょいちょい",
    "ちょい",
    "ちょっと",
    "強",
    "余り",
    "あまり",
    "余",
    "ちょっとくらい",
    "とちょっと",
    "少々",
)
_UPWARDS, _ABOVE = ("以上", "から", "~"), ("超", "超え", "を超える", "より多い", "より上", "オーバー")
_DOWNWARDS, _BELOW = ("以下", "まで", "以内"), ("未満", "より少ない", "より下", "足らず", "ない位", "に満たない")

_FIGURE_FOLLOWS = r"(?=[約¥\d〇一二三四五六七八九十百千])"
_PERIODS = tuple(
    (re.compile(pattern), period)
    for pattern, period in (
        (r"月収|月給|手取り", "month_income"),
        (r"年収", "year_income"),
        (rf"(?:1?年(?:間|額)?(?:に|で)?|毎年){_FIGURE_FOLLOWS}|/ ?年", "year"),
        (rf"(?:(?:毎週|1?週間?に?|1?日に|毎日|1日){_FIGURE_FOLLOWS})|/ ?[週日]", "other"),
        (rf"(?:毎月|月々|月額|(?:1か|1ヶ|ひと)?月(?:に|で)?){_FIGURE_FOLLOWS}|/ ?月", "month"),
    )
)
_PER_MONTH = re.compile("/ ?[月年]$")
_FOREIGN = re.compile(r"[$€£元₩]|ドル|ユーロ|ポンド|ウォン|ペソ|dollar|usd|eur|euro|pound|cny|人民元|バーツ")
_YEN = re.compile(r"(?:円|圓|えん|エン|yen|jpy|¥)$")
_MAN = re.compile(r"(?<=[\d〇一二三四五六七八九十百千.])(?:マン|まん)")
_SEN = re.compile(r"(?<=[\d〇一二三四五六七八九十百])(?:セン|せん)")
_OKU = re.compile(r"(?<=[\d〇一二三四五六七八九十百千.])(?:オク|おく)")
_TO = re.compile(r"~|から|ないし|乃至| to |(?<=[\d万億千百円])-(?=[\d〇一二三四五六七八九十百千¥])")
_UNITS = re.compile("[十百千万億兆]+$")
_NEIGHBOURS = re.compile(r"([\d一二三四五六七八九]) ?[,、・] ?([\d一二三四五六七八九])(?P<unit>[十百千万億]+)")
_AMOUNT_CHARS = re.compile(f"[\\d{NUMERAL_CHARS}., ]+")
_ENGLISH = re.compile(r"(\d+(?:\.\d+)?) ?(thousand|million|billion|k)\b")


class Period(StrEnum):
    """Per what the customer said the amount is."""

    UNSAID = "unsaid"
    MONTH = "month"
    #: 月収: certainly not an answer to a question about a year.
    MONTH_INCOME = "month_income"
    YEAR = "year"
    YEAR_INCOME = "year_income"
    OTHER = "other"

    def fits(self, asked: str | None) -> bool:
        """Whether it answers a question about ``asked`` (month, year, or ``None`` where that is not known)."""
        if self is Period.UNSAID:
            return True
        if asked == "month":
            return self in (Period.MONTH, Period.MONTH_INCOME)
        if asked == "year":
            return self in (Period.YEAR, Period.YEAR_INCOME)
        return self in (Period.MONTH, Period.YEAR_INCOME)


@dataclass(frozen=True, kw_only=True)
class AmountRange:
    """Yen from ``low`` to ``high``, both included; ``None`` is open on that side."""

    low: int | None
    high: int | None
    period: Period = Period.UNSAID


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
    plain = plain.lower()
    period = next((Period(name) for pattern, name in _PERIODS if pattern.search(plain)), Period.UNSAID)
    plain = _tidy(strip_chatter(plain, lead=_LEAD, tail=_APPROXIMATE))
    plain = _PER_MONTH.sub("", plain)
    if _FOREIGN.search(plain):
        return problem("amount.currency", context)
    if re.match(r"-|マイナス|▲|△", plain):
        return problem("amount.negative", context)
    found = _two_sided(plain, context) or _open_sided(plain, context) or _single(plain, context)
    return found if isinstance(found, Problem) else replace(found, period=period)


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
    text = text.replace("ゼロ", "0").replace("ぜろ", "0")
    text = _OKU.sub("億", _SEN.sub("千", _MAN.sub("万", text)))
    text = _ENGLISH.sub(_in_japanese, text)
    text = re.sub(r"(?<=[\d円])-$", "", text)
    return re.sub(r" ?(円|万|億|千|百|~) ?", r"\1", text).strip()


def _in_japanese(match: re.Match[str]) -> str:
    size = {"thousand": 10**3, "k": 10**3, "million": 10**6, "billion": 10**9}[match[2]]
    return f"{(Decimal(match[1]) * size).normalize():f}"


def _two_sided(text: str, context: ReplyContext) -> AmountRange | Problem | None:
    """10〜20万, 10万円以上20万円未満, 2、3万; ``None`` where there are not two sides."""
    if match := _NEIGHBOURS.fullmatch(_YEN.sub("", text)):
        low, high = parse_number(match[1] + match["unit"]), parse_number(match[2] + match["unit"])
        if low is None or high is None or parse_number(match[2]) != (parse_number(match[1]) or 0) + 1:
            return problem("amount.unreadable", context)
        return AmountRange(low=int(low), high=int(high))
    for mark in ("以上", "超"):
        first, found, second = text.partition(mark)
        if found and second.strip("、,~ "):
            lower, upper = _open_sided(first + mark, context), _open_sided(second.strip("、,~ "), context)
            return _between(lower, upper, context)
    sides = _TO.split(text)
    if len(sides) != 2 or not all(side.strip() for side in sides):
        return None
    left, right = (_strip_words(side.strip()) for side in sides)
    high_number = _number(right)
    low_number = _number(left)
    if low_number is None or high_number is None:
        return problem("amount.unreadable", context)
    low_unit, high_unit = _unit(left), _unit(right)
    if high_unit and not low_unit and not _YEN.search(left):
        shared = parse_number(f"{_YEN.sub('', left)}{high_unit}")
        low_number = shared if shared is not None and shared <= high_number else low_number
    elif low_unit and not high_unit and high_number < low_number:
        high_number = parse_number(f"{_YEN.sub('', right)}{low_unit}")
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
    for words, shape in (
        (_LITTLE_MORE, "more"),
        (("弱",), "less"),
        (_ABOVE, "above"),
        (_BELOW, "below"),
        (_UPWARDS, "up"),
        (_DOWNWARDS, "down"),
    ):
        for word in sorted(words, key=len, reverse=True):
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
    has_unit = unit_known or _YEN.search(text) or text.startswith("¥")
    if 0 < number < SMALLEST_BARE and not has_unit:
        return problem("amount.unit_missing", context)
    return int(number)


def _number(text: str) -> Decimal | None:
    bare = _YEN.sub("", text).removeprefix("¥").strip()
    return parse_number(bare) if bare and _AMOUNT_CHARS.fullmatch(bare) else None


def _unit(text: str) -> str:
    """The units at the end: 万 of 20万円."""
    found = _UNITS.search(_YEN.sub("", text))
    return found[0] if found and len(found[0]) < len(_YEN.sub("", text)) else ""


def _strip_words(text: str) -> str:
    """One side without 約 and くらい."""
    return strip_chatter(text, lead=_LEAD, tail=_APPROXIMATE)
