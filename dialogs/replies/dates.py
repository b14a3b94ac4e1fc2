"""A typed day becomes a date: Western or Japanese calendar, 8 digits, or a word such as 今日.

Eras end on their real day (see ``dialogs.japanese.eras``); 昭和100年 is refused with the year that was
meant, and so is a day whose weekday or age, where one was added, says otherwise.  Two figures
without an era could be either calendar and are refused as ambiguous, and so is a month and a day
that could stand in either order.  Whether a day is plausible (future, past) is the question's own
constraint.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from dialogs.japanese.eras import SOLAR_CALENDAR, SPELLINGS, Era, era_year, era_year_name
from dialogs.japanese.kana import to_hiragana
from dialogs.japanese.numerals import arabic
from dialogs.japanese.spoken import spoken_before
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import CASUAL_TAIL, WRITTEN, about, opening, strip_chatter
from dialogs.replies.problems import problem
from dialogs.replies.relative_dates import read_relative
from dialogs.replies.sentences import without_asides

_LEAD = (
    *about(
        "生年月日", "誕生日", "生まれ", "日付", "満了日", "在留期限", "在留期間満了日", "有効期限", "期限", "設立日"
    ),
    *about("設立年月日", "birthday", "date of birth", "born"),
    *about(
        "たんじょうび", "せいねんがっぴ", "ゆうこうきげん", "カードの日付", "設立", "創業", "開業", "until", "expires"
    ),
    *(
        "会社は",
        "当社は",
        "弊社は",
        "在留カードには",
        "在留カードに",
        "カードには",
        "until ",
        "expires on ",
        "期日は",
        "満了は",
    ),
    *("西暦で", "西暦", "和暦で", "和暦", "born on ", "on "),
    *("在留カードの", "在留の", "ビザの", "カードの", "会社の", "期限が", "誕生日が", "生年月日が"),
)
_TAIL = (
    *("生まれ", "うまれ", "生まれの者", "生", "まで", "迄", "から", "付け", "付", "設立", "創業", "満了", "予定"),
    *(f"が{what}" for what in ("期限", "満了日", "有効期限", "誕生日", "生年月日", "設立日", "在留期限")),
    *(
        f"に{done}"
        for done in (
            "切れます",
            "満了",
            "満了します",
            "生まれました",
            "うまれました",
            "生まれ",
            "作りました",
            "できました",
        )
    ),
    *(f"に{done}" for done in ("設立しました", "設立", "創業しました", "創業", "開業しました", "開業", "登記しました")),
    *("まで有効", "有効", "となってる", "でした", *WRITTEN),
    *CASUAL_TAIL,
)

_YEARS = (1800, 2199)
_ERA = "|".join(sorted(map(re.escape, SPELLINGS), key=len, reverse=True))
_AFTER_YEAR = r"(?: ?年の ?| ?[年/.\-・,、_] ?| )"
_AFTER_MONTH = r"(?: ?月の ?| ?[月/.\-・,、_] ?| )"
#: Spelled in kana: しがつついたち.
_SPOKEN_UNITS = {"ねん": "年", "がつ": "月", "にち": "日"}
_SPOKEN_DAYS = {
    **{
        "ついたち": "1日",
        "ふつか": "2日",
        "みっか": "3日",
        "よっか": "4日",
        "いつか": "5日",
        "むいか": "6日",
        "なのか": "7日",
    },
    **{"ようか": "8日", "ここのか": "9日", "とおか": "10日", "はつか": "20日", "がんねん": "元年"},
}
#: 10か of しがつ10か, beside the days that are spelled out.
_DAY_IN_FIGURES = re.compile(r"(?<=がつ)(\d{1,2})か(?=$|[^ぁ-ん])")
_SPOKEN_DAY = re.compile("|".join(sorted(_SPOKEN_DAYS, key=len, reverse=True)))
_SPOKEN_LAST = re.compile(f"月の?({_SPOKEN_DAY.pattern})")
_WEEKDAYS = "月火水木金土日"
_WEEKDAY = re.compile(rf" ?(?:(?P<long>[{_WEEKDAYS}])曜日?|\((?P<short>[{_WEEKDAYS}])(?:曜日?)?\))$")
_AGE = re.compile(r"(?:生まれ)?(?:の|で|、|,| |\()+(?:今|いま|現在|満)* ?(?P<age>\d{1,3})(?:歳|才)\)?$")
_MONTH_END = re.compile(
    rf"(?:(?P<era>{_ERA})[. ]?(?P<era_year>元|\d{{1,3}})|(?P<year>\d{{4}}))(?: ?年の?|[/.\-]) ?"
    r"(?P<month>\d{1,2})月?(?:の?末日?|の?月末|の最終日)"
)
_NAMED_YEAR = re.compile(rf"^(?:(?P<era>{_ERA})[. ]?(?P<era_year>元|\d{{1,3}})|(?P<year>\d{{1,4}}))年?")
_ERA_DATE = re.compile(
    rf"(?P<era>{_ERA})[. ]? ?(?P<year>元|\d{{1,3}}){_AFTER_YEAR}"
    rf"(?P<month>\d{{1,2}}){_AFTER_MONTH}(?P<day>\d{{1,2}})(?: ?日)?"
)
_ERA_DIGITS = re.compile(rf"(?P<era>{_ERA}) ?(?P<year>\d\d)(?P<month>\d\d)(?P<day>\d\d)")
_WESTERN = re.compile(rf"(?P<year>\d{{1,4}}){_AFTER_YEAR}(?P<month>\d{{1,2}}){_AFTER_MONTH}(?P<day>\d{{1,2}})(?: ?日)?")
_EIGHT = re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)")
_SIX = re.compile(r"\d{6}")
_DAY_OR_MONTH_FIRST = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")
_BOTH_CALENDARS = re.compile(
    rf"(?P<western>\d{{4}}|(?:{_ERA}) ?(?:元|\d{{1,2}}))年?\((?P<era>[^()]{{2,16}})\)年?(?P<rest>.+)"
    r"|(?P<before>[^()]+)\((?P<year>[^()]{2,16})\)"
)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sept", "sep"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}
_MONTH_NAME = "|".join(sorted(_MONTHS, key=len, reverse=True))
_ENGLISH = (
    re.compile(
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)?[ \-]?(?P<name>{_MONTH_NAME})\.?,?[ \-]?(?P<year>\d{{1,4}})"
    ),
    re.compile(rf"(?P<name>{_MONTH_NAME})\.? ?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{1,4}})"),
    re.compile(rf"(?P<year>\d{{4}})[ \-](?P<name>{_MONTH_NAME})\.?[ \-](?P<day>\d{{1,2}})"),
)
_PARTIAL = re.compile(
    rf"(?:(?:{_ERA}) ?(?:元|\d{{1,3}})|\d{{4}})(?:年|$)(?: ?\d{{1,2}}月?)?"
    r"|\d{4}[/.\-]\d{1,2}|\d{1,2}月(?:\d{1,2}日)?|\d{1,2}[/.\-]\d{1,2}|\d{1,2}日"
)


def read_date(text: str, context: ReplyContext) -> Parsed | Problem:
    """The day as ISO 8601; the display shows both calendars, because people check the one they know."""
    plain = opening("date", text, context)
    if isinstance(plain, Problem):
        return plain
    plain = strip_chatter(without_asides(plain) if "(" not in plain else plain, lead=_LEAD, tail=_TAIL)
    relative = read_relative(plain, context.today)
    found = relative if relative is not None else _read(plain, context)
    if isinstance(found, Problem):
        return found
    if not _YEARS[0] <= found.year <= _YEARS[1]:
        return problem("date.year_out_of_range", context)
    return Parsed(value=found.isoformat(), display=show_date(found, context.locale))


def show_date(day: date, locale: str) -> str:
    """How a day is read back: 1964年10月10日(昭和39年), or ISO 8601 outside Japanese."""
    if locale == "en":
        return day.isoformat()
    era = era_year_name(day)
    return f"{day.year}年{day.month}月{day.day}日" + (f"({era})" if era else "")


def _read(plain: str, context: ReplyContext) -> date | Problem:
    """The day, where nothing that was said beside it contradicts it."""
    text = arabic(_without_kana(plain.lower()))
    weekday, age = _WEEKDAY.search(text), _AGE.search(text)
    if age is not None:
        text = text[: age.start()]
    if weekday is not None:
        text = text[: weekday.start()]
    found = _read_calendar(text.strip(), context)
    if isinstance(found, Problem):
        return found
    if weekday is not None and _WEEKDAYS[found.weekday()] != (weekday["long"] or weekday["short"]):
        return problem("date.mismatch", context)
    return found if age is None or _age(found, context.today) == int(age["age"]) else problem("date.mismatch", context)


def _without_kana(text: str) -> str:
    """さんがつはつか as 三月20日; a text without these words stays."""
    kana = to_hiragana(text)
    if any(unit in kana for unit in _SPOKEN_UNITS):
        kana = _DAY_IN_FIGURES.sub(r"\1日", kana)
        return spoken_before(_SPOKEN_DAY.sub(lambda match: _SPOKEN_DAYS[match[0]], kana), _SPOKEN_UNITS)
    return _SPOKEN_LAST.sub(lambda match: f"月{_SPOKEN_DAYS[match[1]]}", text)


def _age(birth: date, today: date) -> int:
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def _read_calendar(text: str, context: ReplyContext) -> date | Problem:
    if "(" in text:
        return _read_both_calendars(text, context)
    text = strip_chatter(text, tail=_TAIL).rstrip(".")
    if match := _MONTH_END.fullmatch(text):
        return _month_end(match, context)
    if match := _ERA_DATE.fullmatch(text) or _ERA_DIGITS.fullmatch(text):
        era_year = 1 if match["year"] == "元" else int(match["year"])
        return _era_day(SPELLINGS[match["era"]], era_year, int(match["month"]), int(match["day"]), context)
    if match := _EIGHT.fullmatch(text) or _WESTERN.fullmatch(text):
        return _western_day(match["year"], int(match["month"]), int(match["day"]), context)
    if match := _DAY_OR_MONTH_FIRST.fullmatch(text):
        return _either_order(int(match[1]), int(match[2]), int(match[3]), context)
    for pattern in _ENGLISH:
        if match := pattern.fullmatch(text):
            return _western_day(match["year"], _MONTHS[match["name"]], int(match["day"]), context)
    if _SIX.fullmatch(text):
        return problem("date.year_ambiguous", context)
    if _PARTIAL.fullmatch(text):
        return problem("date.incomplete", context)
    return problem("date.unreadable", context)


def _read_both_calendars(text: str, context: ReplyContext) -> date | Problem:
    """1964年(昭和39年)10月10日 and our own display: both years must say the same."""
    match = _BOTH_CALENDARS.fullmatch(text)
    if match is None:
        return problem("date.unreadable", context)
    if match["western"]:
        first = _read_calendar(f"{match['western']}年{match['rest']}".replace("年年", "年"), context)
        named = match["era"]
    else:
        first = _read_calendar(match["before"].strip(), context)
        named = match["year"]
    if isinstance(first, Problem):
        return first
    year = _NAMED_YEAR.fullmatch(named.strip())
    second: date | Problem
    if year is None:
        second = _read_calendar(named, context)
    elif year["era"]:
        era_year = 1 if year["era_year"] == "元" else int(year["era_year"])
        second = _era_day(SPELLINGS[year["era"]], era_year, first.month, first.day, context)
    else:
        second = _western_day(year["year"], first.month, first.day, context)
    return first if second == first else problem("date.mismatch", context)


def _month_end(match: re.Match[str], context: ReplyContext) -> date | Problem:
    """2028年3月末: the last day of a month, in the era that was named."""
    month = int(match["month"])
    if not 1 <= month <= 12:
        return problem("date.no_such_day", context)
    if match["year"]:
        return _western_day(match["year"], month, monthrange(int(match["year"]), month)[1], context)
    era, era_year = SPELLINGS[match["era"]], 1 if match["era_year"] == "元" else int(match["era_year"])
    last = monthrange(min(era.western_year(era_year), _YEARS[1]), month)[1]
    return _era_day(era, era_year, month, last, context)


def _western_day(year: str, month: int, day: int, context: ReplyContext) -> date | Problem:
    if len(year) < 3:
        return problem("date.year_ambiguous", context)
    if len(year) == 3:
        return problem("date.unreadable", context)
    if not _YEARS[0] <= int(year) <= _YEARS[1]:
        return problem("date.year_out_of_range", context)
    return _day(int(year), month, day) or problem("date.no_such_day", context)


def _either_order(first: int, second: int, year: int, context: ReplyContext) -> date | Problem:
    """10/12/1964 may be October or December; only a figure above 12, or twice the same, settles it."""
    readings = {found for found in (_day(year, first, second), _day(year, second, first)) if found}
    if not readings:
        return problem("date.no_such_day", context)
    return readings.pop() if len(readings) == 1 else problem("date.order_ambiguous", context)


def _era_day(era: Era, era_year: int, month: int, day: int, context: ReplyContext) -> date | Problem:
    if era_year == 0:
        return problem("date.no_such_day", context)
    year = era.western_year(era_year)
    if year > _YEARS[1]:
        return problem("date.year_out_of_range", context)
    found = _day(year, month, day)
    if found is None:
        return problem("date.no_such_day", context)
    if found < SOLAR_CALENDAR:
        return problem("date.before_calendar", context)
    if era.last is not None and found > era.last:
        return problem("date.era_over", context, **_named(era, found, context))
    if found < era.first:
        return problem("date.era_not_begun", context, **_named(era, found, context))
    return found


def _named(era: Era, day: date, context: ReplyContext) -> dict[str, str]:
    """The era that was typed and the year that the day really has."""
    real = era_year(day)
    if context.locale != "en" or real is None:
        return {"era": era.name, "right_year": era_year_name(day)}
    return {"era": era.romaji.title(), "right_year": f"{real[0].romaji.title()} {real[1]}"}


def _day(year: int, month: int, day: int) -> date | None:
    if not 1 <= month <= 12 or not 1 <= day <= monthrange(year, month)[1]:
        return None
    return date(year, month, day)
