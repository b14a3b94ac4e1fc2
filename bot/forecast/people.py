"""The customers of an imagined bank, and what each does about a message.  Pure: everything follows from the seed.

Promise: a customer is made from his number alone, so a hundred thousand of them take no room.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from bot.forecast.assumptions import Assumptions, Group, Rating
from bot.forecast.chance import Chance
from bot.outreach.cadence import Cadence

_YEAR = 365.25
#: From which to which age, in years.
_YEARS: dict[str, tuple[int, int]] = {"young": (20, 39), "middle": (40, 59), "senior": (60, 74), "elderly": (75, 92)}
_CUSTOMERS_OF_A_BRANCH = 2500
#: The residence permits that end do so within so many years.
_PERMIT_YEARS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One customer."""

    number: str
    rating: Rating
    #: Age, or company.
    group: Group
    persona: str
    #: line, telegram; empty where no account is linked when the simulation begins.
    channel: str
    #: Answers nothing, whatever comes.
    never: bool

    @property
    def kind(self) -> str:
        return "corporate" if self.group == "company" else "individual"


class People:
    """All customers, and their habits."""

    def __init__(self, assumptions: Assumptions, chance: Chance) -> None:
        self._all, self._chance = assumptions, chance

    def person(self, number: str) -> Person:
        """The customer of a number."""
        bank, chance = self._all.bank, self._chance
        company = chance.happens(bank.companies, number, "company")
        group: Group = "company" if company else chance.pick(bank.ages, number, "age")
        channel = "line"
        if not chance.happens(bank.linked[group], number, "linked"):
            channel = ""
        elif chance.happens(bank.telegram, number, "telegram"):
            channel = "telegram"
        return Person(
            number=number,
            rating=chance.pick(bank.ratings, number, "rating"),
            group=group,
            persona=chance.pick(self._all.people[group], number, "persona"),
            channel=channel,
            never=chance.happens(self._all.answers.never, number, "never"),
        )

    def row(self, person: Person, start: date, cadence: Cadence) -> dict[str, str]:
        """His row of the bank's master file on the first day; the names are nobody's."""
        bank, chance, number = self._all.bank, self._chance, person.number
        cycle = cadence.months[person.rating] * _YEAR / 12
        if chance.happens(bank.overdue, number, "overdue"):
            since = cycle * (1 + 0.5 * chance.of(number, "since"))
        else:
            since = cycle * chance.of(number, "since")
        leaves = chance.of(number, "leave") * 100 / bank.leave if bank.leave else None
        row = {
            "customer_no": number,
            "kind": person.kind,
            "name": f"Customer {number}",
            "name_kana": "",
            "phone": "" if chance.happens(bank.no_phone, number, "phone") else f"03{int(number) % 10**8:08d}",
            "risk_rating": person.rating,
            "branch_no": f"{int(number) // _CUSTOMERS_OF_A_BRANCH + 1:03d}",
            "last_confirmed_on": (start - timedelta(days=int(since) + 1)).isoformat(),
            "locale": "ja",
        }
        if leaves is not None and leaves * _YEAR < _LONGEST_DAYS:
            row["relationship_end_on"] = (start + timedelta(days=int(leaves * _YEAR) + 1)).isoformat()
        if person.group == "company":
            return row
        young, old = _YEARS[person.group]
        born = start.year - young - int(chance.of(number, "born") * (old - young + 1))
        row["birth_date"] = date(born, 1 + int(12 * chance.of(number, "month")), 15).isoformat()
        if chance.happens(bank.permits, number, "permit"):
            ends = start + timedelta(days=1 + int(chance.of(number, "permit ends") * _PERMIT_YEARS * _YEAR))
            row |= {"nationality": "VNM", "residence_status": "engineer", "residence_expiry": ends.isoformat()}
        return row

    def stopped_after(self, number: str) -> int | None:
        """After how many days a flag stops all mailing to a customer; nothing where that is long after the end."""
        share = self._all.bank.stopped
        days = self._chance.of(number, "stop") * 100 / share * _YEAR if share else None
        return None if days is None or days > _LONGEST_DAYS else int(days)

    # Habits -------------------------------------------------------------------------------------

    def begins(self, person: Person, way: str, step: str, *occasion: object) -> int | None:
        """After how many days he begins to answer because of a message; nothing where he does not."""
        habits = self._all.answers
        by = habits.letter if way == "letter" else habits.chat
        percent: float = getattr(by, step)
        percent *= habits.by_age[person.group] * habits.by_rating[person.rating]
        if person.never or not self._chance.happens(percent, person.number, "begins", *occasion):
            return None
        return self._chance.pick(habits.days, person.number, "day", *occasion)

    def answers_on_paper(self, person: Person) -> bool:
        """Whether he takes a letter's paper instead of its code."""
        return self._chance.happens(self._all.answers.paper[person.group], person.number, "paper")


_LONGEST_DAYS = 15 * _YEAR
