"""Days named from today: 今日, 昨日, 来月末, 来月15日, 3日後.  The day comes in; no clock is read."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

from dialogs.japanese.numerals import arabic

_DAYS = {
    **dict.fromkeys(("今日", "きょう", "本日", "本日付", "ほんじつ", "today"), 0),
    **dict.fromkeys(("昨日", "きのう", "さくじつ", "前日", "yesterday"), -1),
    **dict.fromkeys(("一昨日", "おととい", "おとつい"), -2),
    **dict.fromkeys(("明日", "あした", "あす", "tomorrow"), 1),
    **dict.fromkeys(("明後日", "あさって"), 2),
}
_MONTHS = {
    **dict.fromkeys(("今月", "当月", "こんげつ"), 0),
    **dict.fromkeys(("来月", "翌月", "らいげつ"), 1),
    **dict.fromkeys(("再来月", "さらいげつ"), 2),
    **dict.fromkeys(("先月", "前月", "せんげつ"), -1),
    **dict.fromkeys(("先々月", "せんせんげつ"), -2),
}
_YEARS = {
    **dict.fromkeys(("今年", "本年", "ことし"), 0),
    **dict.fromkeys(("来年", "翌年", "らいねん"), 1),
    **dict.fromkeys(("再来年",), 2),
    **dict.fromkeys(("去年", "昨年", "前年", "きょねん"), -1),
    **dict.fromkeys(("一昨年", "1昨年", "おととし"), -2),
}


def _one_of(words: dict[str, int]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_IN_MONTH = re.compile(
    rf"(?P<month>{_one_of(_MONTHS)})の? ?(?:(?P<day>\d{{1,2}})日|(?P<end>末日?|の?月末|最終日)|(?P<first>初日))"
)
_IN_YEAR = re.compile(
    rf"(?P<year>{_one_of(_YEARS)})の? ?"
    r"(?:(?P<month>\d{1,2})月の?(?:(?P<day>\d{1,2})日|(?P<end>末日?))|(?P<close>末|の?年末))"
)
_AWAY = re.compile(r"(?P<count>\d{1,3}) ?(?P<unit>日|週間|週)(?P<side>後|前)")


def read_relative(text: str, today: date) -> date | None:
    """The day that the words mean on ``today``; ``None`` for other words and for days that do not exist."""
    if (days := _DAYS.get(text.lower())) is not None:
        return today + timedelta(days=days)
    figures = arabic(text)
    if match := _IN_MONTH.fullmatch(figures):
        months = today.year * 12 + today.month - 1 + _MONTHS[match["month"]]
        return _in_month(months // 12, months % 12 + 1, "1" if match["first"] else match["day"])
    if match := _IN_YEAR.fullmatch(figures):
        year = today.year + _YEARS[match["year"]]
        if match["close"]:
            return date(year, 12, 31)
        month = int(match["month"])
        return _in_month(year, month, match["day"]) if 1 <= month <= 12 else None
    if match := _AWAY.fullmatch(figures):
        days = int(match["count"]) * (1 if match["unit"] == "日" else 7)
        return today + timedelta(days=days if match["side"] == "後" else -days)
    return None


def _in_month(year: int, month: int, day: str | None) -> date | None:
    """That day of the month, or its last one; ``None`` where the month has no such day."""
    last = monthrange(year, month)[1]
    number = last if day is None else int(day)
    return date(year, month, number) if 1 <= number <= last else None
