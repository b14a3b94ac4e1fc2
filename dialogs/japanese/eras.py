"""The Japanese eras with their real first and last days.

Source: the imperial edicts and cabinet orders on the change of era.  Two days belong to two eras:
30 July 1912 (明治45 and 大正1) and 25 December 1926 (大正15 and 昭和1), because those edicts took
effect on the day they were given.  昭和 ended on 7 January 1989, 平成 on 30 April 2019.
Before 1 January 1873 (明治6) Japan counted by a lunisolar calendar, so a date of 明治1 to 5 has no day
here that could be computed; it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dialogs.japanese.kana import to_katakana


@dataclass(frozen=True, kw_only=True)
class Era:
    """One era: its name, how forms abbreviate it, and its days (``last`` is ``None`` while it runs)."""

    name: str
    letter: str
    romaji: str
    kana: str
    first: date
    last: date | None

    def western_year(self, year: int) -> int:
        """The Western year of the era's year (元年 is 1)."""
        return self.first.year + year - 1


MEIJI = Era(name="明治", letter="M", romaji="meiji", kana="めいじ", first=date(1868, 1, 25), last=date(1912, 7, 30))
TAISHO = Era(
    name="大正", letter="T", romaji="taisho", kana="たいしょう", first=date(1912, 7, 30), last=date(1926, 12, 25)
)
SHOWA = Era(name="昭和", letter="S", romaji="showa", kana="しょうわ", first=date(1926, 12, 25), last=date(1989, 1, 7))
HEISEI = Era(name="平成", letter="H", romaji="heisei", kana="へいせい", first=date(1989, 1, 8), last=date(2019, 4, 30))
REIWA = Era(name="令和", letter="R", romaji="reiwa", kana="れいわ", first=date(2019, 5, 1), last=None)

#: In order of time.
ERAS = (MEIJI, TAISHO, SHOWA, HEISEI, REIWA)

#: The first day of the solar calendar in Japan.
SOLAR_CALENDAR = date(1873, 1, 1)

#: Every way to write an era, folded to lower case: 昭和, 昭, s, showa, しょうわ, ショウワ.
SPELLINGS: dict[str, Era] = {
    spelling: era
    for era in ERAS
    for spelling in (era.name, era.name[0], era.letter.lower(), era.romaji, era.kana, to_katakana(era.kana))
}


def era_of(day: date) -> Era | None:
    """The era of a day, the later one where a day has two; ``None`` before the solar calendar."""
    if day < SOLAR_CALENDAR:
        return None
    for era in reversed(ERAS):
        if day >= era.first:
            return era
    return None


def era_year(day: date) -> tuple[Era, int] | None:
    """The era of a day and the year within it."""
    era = era_of(day)
    return None if era is None else (era, day.year - era.first.year + 1)


def era_year_name(day: date) -> str:
    """``昭和39年``, ``令和元年``; empty before the solar calendar."""
    found = era_year(day)
    if found is None:
        return ""
    era, year = found
    return f"{era.name}{'元' if year == 1 else year}年"
