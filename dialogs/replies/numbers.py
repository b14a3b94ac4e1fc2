"""Whole numbers, decimals and percentages, in figures or in words.

A counter (3人, 2回) is taken off; anything that is not surely one number is refused.
"""

from __future__ import annotations

import re
from decimal import Decimal

from dialogs.japanese.kana import to_hiragana
from dialogs.japanese.numerals import arabic, digits_of, parse_number
from dialogs.japanese.spoken import spoken_before, spoken_digits, spoken_number
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import CASUAL_TAIL, WRITTEN, about, opening, strip_chatter, words
from dialogs.replies.problems import problem
from dialogs.replies.sentences import without_asides

LARGEST = 10**15

_COUNTERS = (
    *words("人 名 名様 回 個 件 社 つ 歳 才 年 年間 日 日間 口 株 枚 本 台 度 匹 コ ヶ 種類 世帯 名義 冊"),
    *words(
        "軒 棟 戸 店舗 店 箇所 通 校 部 足 頭 杯 人位 名位 回位 個位 件位 年位 日位 人家族 人暮らし 人世帯 人きょうだい"
    ),
    *(f"{mark}{unit}" for mark in "かヶカヵケ箇ヵ" for unit in ("国", "月", "月間", "所", "年")),
    *words("にん かい こ けん しゃ さい ねん にち かこく people persons times"),
    *(" people", " persons", " person", " times", " years", " months"),
)
#: What is measured has decimals.
_MEASURES = words("倍 時間 キロ kg km 坪 平米 m2 畳")
_LEAD = (
    *about("人数", "回数", "件数", "年齢", "割合", "比率", "持株比率", "持ち株比率", "議決権", "持分", "出資比率"),
    *(
        "約",
        "だいたい",
        "大体",
        "およそ",
        "おおよそ",
        "全部で",
        "合計で",
        "合計",
        "全員で",
        "満",
        "平均して",
        "平均で",
        "平均",
    ),
    *(
        "たぶん",
        "多分",
        "おそらく",
        "議決権の",
        "議決権",
        "株式の",
        "株の",
        "全体の",
        "ちょうど",
        "丁度",
        "書類には",
        "書類に",
        "about ",
        "around ",
    ),
    *("approximately ", "exactly "),
)
_TAIL = (
    *CASUAL_TAIL,
    *("くらい", "ぐらい", "ほど", "程度", "前後", "だけ", "のみ", "かな", "ですかね", "と思います", "だと思います"),
    *(
        "おります",
        "います",
        "いてます",
        "いる",
        "おる",
        "あります",
        "ある",
        "ございます",
        "ちょうど",
        "丁度",
        "ずつ",
        "しかいません",
        "しかいない",
    ),
    *("私", "自分で", "自分", "私が", "を自分で", "持っとる", "自分で持っとる"),
    *("を持っています", "を持ってます", "持っています", "持ってます", "持ってる", "を保有", "保有", "を保有しています"),
    *WRITTEN,
)
_PERSON = "私|わたし|自分|妻|夫|夫婦|家族|子供|子ども|両親|父|母"
_COUNTABLE = (
    "従業員|社員|役員|株主|職員|スタッフ|パート|家族|子供|子ども|世帯|店舗|お?店|受益者|実質的支配者|人数|回数|件数|国の数"
    "|株式?|持ち?株|持ち?分|出資|議決権|割合|比率|たった"
)
#: What is counted, in front of the count: 従業員は, 妻と私の. Nothing else: 暗証番号は1234 counts nothing.
_COUNTED = re.compile(
    rf"^(?:(?:{_COUNTABLE})数?(?:は|が|の)?|(?:(?:{_PERSON})(?:と|、))*(?:{_PERSON})(?:の|で)|私|わたし|自分"
    r"|夫婦(?=2人|二人|ふたり)|全員で?)(?=[\d〇一二三四五六七八九十百千ひふみよい])"
)
_NATIVE = {
    **{"ひとつ": 1, "一つ": 1, "ふたつ": 2, "みっつ": 3, "よっつ": 4, "いつつ": 5, "むっつ": 6, "ななつ": 7},
    **{"やっつ": 8, "ここのつ": 9, "とお": 10, "ひとり": 1, "一人": 1, "ふたり": 2, "二人": 2},
    **{"おひとり": 1, "お一人": 1, "おふたり": 2, "お二人": 2},
    **{"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10},
    **{"eleven": 11, "twelve": 12, "zero": 0},
}
_FRACTION = re.compile(r"(\d{1,4}) ?分の ?(\d{1,4})|(\d{1,4}) ?/ ?(\d{1,4})")
_WARI = re.compile(r"(?:(\d{1,2}(?:\.\d)?) ?割)(?: ?(\d) ?分)?(?: ?(\d) ?厘)?")
_PERCENT = re.compile(r" ?(?:%|パーセント|ぱーせんと|パー|プロ|percent)$")
_HALVES = {
    **dict.fromkeys(("半分", "半々", "はんぶん", "half", "a half", "one half"), 50),
    **dict.fromkeys(("全部", "ぜんぶ", "全て", "すべて", "全額", "全株", "全株式", "all"), 100),
    **dict.fromkeys(("a quarter", "quarter", "one quarter"), 25),
}
_SPOKEN_SHARE = re.compile("わり|ワリ|ぶんの|ぱーせんと")
_DECIMAL_DOT = re.compile(r"(?<=[\d〇一二三四五六七八九])・(?=[\d〇一二三四五六七八九])")


#: 2年半, 1つ半, 2と半分: a half more than what is counted.
_AND_A_HALF = re.compile(f"(?P<whole>.+?)(?:と|(?:{'|'.join(sorted(_COUNTERS, key=len, reverse=True))}))半(?:分)?")
_PART_OF = re.compile(r"(\d{1,4}) ?分の ?(\d{1,4})")
_ENGLISH_DIGITS = {**{word: str(number) for word, number in _NATIVE.items() if word.isascii()}, "point": "."}


def read_integer(text: str, context: ReplyContext) -> Parsed | Problem:
    """A whole number."""
    number = _read("integer", text, context)
    if isinstance(number, Problem):
        return number
    if number != number.to_integral_value():
        return problem("integer.fraction", context)
    return Parsed(value=int(number), display=f"{int(number):,}")


def read_decimal(text: str, context: ReplyContext) -> Parsed | Problem:
    """A number with or without decimals."""
    number = _read("decimal", text, context)
    if isinstance(number, Problem):
        return number
    return Parsed(value=float(number), display=_shown(number))


def read_percentage(text: str, context: ReplyContext) -> Parsed | Problem:
    """A share in per cent: 25%, 2割5分, 4分の1, 半分. A bare 0.25 could be either and is refused."""
    plain = opening("percentage", text, context)
    if isinstance(plain, Problem):
        return plain
    plain = without_asides(plain.lower(), people_matter=False)
    # 全部です would lose 全部で as an opening.
    whole = strip_chatter(plain, tail=_TAIL)
    plain = whole if whole in _HALVES else strip_chatter(_COUNTED.sub("", plain), lead=_LEAD, tail=_TAIL)
    number = _share(plain)
    if number is None:
        return problem("percentage.unreadable", context)
    if number < 0:
        return problem("percentage.negative", context)
    if 0 < number < 1 and not _PERCENT.search(plain) and not re.search("[/分割]", plain):
        return problem("percentage.ambiguous", context)
    if number > 100:
        return problem("percentage.over", context)
    value = int(number) if number == number.to_integral_value() else float(number)
    return Parsed(value=value, display=f"{_shown(number)}%")


def _share(plain: str) -> Decimal | None:
    if plain in _HALVES:
        return Decimal(_HALVES[plain])
    plain = (
        spoken_before(to_hiragana(plain), {"わり": "割", "ぶんの": "分の", "ぱーせんと": "%"})
        if _SPOKEN_SHARE.search(plain)
        else plain
    )
    figures = arabic(_DECIMAL_DOT.sub(".", plain))
    if match := _FRACTION.fullmatch(figures):
        part, whole = (match[2], match[1]) if match[1] else (match[3], match[4])
        # 50/50 and 70/30 are two shares and no fraction.
        if match[3] and (part == whole or int(part) + int(whole) == 100):
            return None
        return None if int(whole) == 0 else _two_places(Decimal(part) * 100 / Decimal(whole))
    if match := _WARI.fullmatch(figures):
        return Decimal(match[1]) * 10 + Decimal(match[2] or 0) + Decimal(match[3] or 0) / 10
    return _number(_PERCENT.sub("", plain))


def _read(kind: str, text: str, context: ReplyContext) -> Decimal | Problem:
    plain = opening(kind, text, context)
    if isinstance(plain, Problem):
        return plain
    told = without_asides(plain.lower(), people_matter=False)
    plain = strip_chatter(_COUNTED.sub("", strip_chatter(told, lead=_LEAD, tail=_TAIL)), lead=_LEAD, tail=_TAIL)
    counted = strip_chatter(plain, tail=(*_COUNTERS, *_MEASURES) if kind == "decimal" else _COUNTERS)
    for word in (plain, counted):
        if word in _NATIVE:
            return Decimal(_NATIVE[word])
    number = _number(counted)
    if number is None:
        number = _in_words(plain)
    if number is None:
        return problem(f"{kind}.unreadable", context)
    return problem(f"{kind}.too_large", context) if abs(number) > LARGEST else number


def _in_words(plain: str) -> Decimal | None:
    """2年半, two and a half, 四分の三, two point five; a third, which no decimal is, stays unread."""
    if plain.endswith(" and a half") and (whole := _NATIVE.get(plain.removesuffix(" and a half"))) is not None:
        return whole + Decimal("0.5")
    if (half := _AND_A_HALF.fullmatch(plain)) and (counted := _number(half["whole"])) is not None and counted >= 0:
        return counted + Decimal("0.5") if counted == counted.to_integral_value() else None
    if part := _PART_OF.fullmatch(arabic(plain)):
        number = Decimal(part[2]) / Decimal(part[1]) if int(part[1]) else None
        return number if number is None or number == round(number, 4) else None
    spelled = plain.split()
    if "point" in spelled and all(word in _ENGLISH_DIGITS for word in spelled):
        return _number("".join(_ENGLISH_DIGITS[word] for word in spelled))
    return None


def _number(text: str) -> Decimal | None:
    """One number, possibly negative; 三点五 is 3.5."""
    sign = Decimal(1)
    for mark in ("-", "マイナス", "▲"):
        if text.startswith(mark):
            text, sign = text.removeprefix(mark).strip(), Decimal(-1)
            break
    text = _DECIMAL_DOT.sub(".", text.replace("ゼロ", "0").replace("ぜろ", "0"))
    whole, point, places = text.replace("コンマ", "点").partition("点")
    if not point and "てん" in (kana := to_hiragana(text)):
        whole, point, places = kana.partition("てん")
        whole, places = (spoken_number(part) or spoken_digits(part) or part for part in (whole, places))
    if not point and "." in text and not text.isascii():
        whole, point, places = text.partition(".")
    if point:
        text = f"{arabic(whole)}.{digits_of(places)}"
    if re.match(r"\.\d", text):
        text = f"0{text}"
    number = parse_number(spoken_number(text) or text.removeprefix("+"))
    return None if number is None else sign * number


def _two_places(number: Decimal) -> Decimal:
    return number.quantize(Decimal("0.01")).normalize()


def _shown(number: Decimal) -> str:
    """Without an exponent and without trailing zeros."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
