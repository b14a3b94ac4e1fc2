"""The days of an imagined bank, one after the other, on a clock that is moved by hand.

Promise: everything follows from the seed; a part of a bank needs no more room than its live cases and its store.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from bot.forecast.assumptions import Assumptions
from bot.forecast.bank import Bank, Plan, fill, open_store
from bot.forecast.chance import Chance
from bot.forecast.customers import Customers
from bot.forecast.people import People
from bot.forecast.sample import Sample
from bot.forecast.talking import Played
from bot.forecast.tally import PLACE_OF, WITHIN, Month, Tally
from bot.forecast.workers import Workers
from bot.office_hours import OfficeHours
from bot.outreach.cadence import Cadence
from bot.outreach.campaigning import hours_of
from bot.settings import Settings
from storage import imagined
from storage.case_status import CaseStatus
from storage.tables import AccountLinkRow, CustomerRow, table_of
from storage.universe import FrozenUniverse, Universe

_AFTERNOON, _EVENING, _NIGHT = time(14), time(19), time(22)
#: So long after messages may leave on a day.
_AFTER_OPENING = timedelta(minutes=10)
#: Days of the week on which letters are made: Monday and Thursday.
_LETTERS = frozenset({0, 3})
#: Once a week the campaigns are looked at in the night as well, when nothing may leave.
_VIGIL = 2
#: Cases for which a restriction was proposed that are asked after in a month.
_MOST_RESTRICTED = 1_000_000

MonthEnd = Callable[["World"], None]


@dataclass(frozen=True, kw_only=True)
class Task:
    """A part of a bank, as it is handed to a process."""

    settings: Settings
    assumptions: Assumptions
    plan: Plan
    #: By which the customers were reviewed before the first day.
    before: Cadence
    numbers: tuple[int, int]
    seed: int
    first: date
    months: int
    played: tuple[Played, ...]
    folder: Path


class World:
    """A part of a bank with its customers and its staff."""

    def __init__(self, task: Task) -> None:
        self.task = task
        zone = ZoneInfo(task.settings.time_zone)
        self.zone = zone
        start = datetime.combine(task.first, time(6), zone).astimezone(UTC)
        self.universe: FrozenUniverse = Universe.frozen(start, task.seed * 1_000_003 + task.numbers[0])
        self.chance = Chance(task.seed)
        self.people = People(task.assumptions, self.chance)
        low, high = task.numbers
        self._names = [f"{number:08d}" for number in range(low, high)]
        self.tally = Tally(customers=len(self._names))
        store = task.folder / "store"
        store.mkdir()
        self.database = open_store(store, self.universe)
        content_dir = task.settings.content_dir
        fill(self.database, self.people, task.plan, task.before, self._names, task.first, content_dir)
        sample = Sample(task.played, self.chance)
        office = task.settings.office
        self.customers = Customers(
            self.database,
            self.people,
            task.assumptions,
            self.chance,
            sample,
            self.tally,
            office,
            task.plan.ladder,
        )
        self.customers.know_accounts(self.database.run_read(_linked))
        self.workers = Workers(
            self.database, task.assumptions, self.chance, self.tally, task.settings, self.customers.promise
        )
        self.bank = self._open_bank()
        self._stops: dict[int, list[str]] = defaultdict(list)
        for number in self._names:
            day = self.people.stopped_after(number)
            if day is not None:
                self._stops[day].append(number)

    def _open_bank(self) -> Bank:
        task = self.task
        return Bank(self.database, task.settings, task.plan, self.customers.message, task.folder)

    def reopen_bank(self) -> None:
        """Another process takes the bank over: nothing of what the one before had in memory is there."""
        self.bank = self._open_bank()

    def close(self) -> None:
        self.database.close()

    # Time ---------------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        return self.universe.now().astimezone(self.zone).date()

    def _go_to(self, moment: datetime) -> None:
        self.universe.advance(max(moment.astimezone(UTC) - self.universe.now(), timedelta(0)))

    def _at(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone)

    def _opens(self, hours: OfficeHours, day: date) -> datetime | None:
        """When a day's hours begin; nothing on a day that has none."""
        begins = hours.next_opening(self._at(day, time())).astimezone(self.zone)
        return begins if begins.date() == day else None

    def run(self, month_ends: MonthEnd = lambda world: None) -> Tally:
        """All months; ``month_ends`` is called at the end of each."""
        year, month = self.task.first.year, self.task.first.month
        for _ in range(self.task.months):
            self.tally.months.append(Month(name=f"{year}-{month:02d}"))
            begun = False
            for number in range(1, monthrange(year, month)[1] + 1):
                begun |= self._day(date(year, month, number), begun)
            self._end_month()
            month_ends(self)
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        self._measure()
        return self.tally

    def _day(self, day: date, begun: bool) -> bool:
        """One day; true where the month's campaign was begun on it."""
        sending = self._opens(hours_of(self.task.plan.ladder, self.task.settings), day)
        # On a day on which nothing may leave the campaigns are looked at as well.
        self._go_to((sending or self._at(day, time(9))) + _AFTER_OPENING)
        for number in self._stops.pop((day - self.task.first).days, ()):
            self.customers.stop(number)
        working = self._opens(self.task.settings.office, day) is not None
        if working:
            self.bank.let_go_on()
        begins = working and not begun
        if begins:
            opened = self.bank.open_month(self.task.assumptions.planning.ahead)
            self.tally.month.done["opened"] += opened
        self.bank.climb()
        if working and day.weekday() in _LETTERS:
            for row in self.bank.write_letters():
                self.customers.letter(row["case_id"], row["customer_no"])
        if working:
            self._go_to(self._at(day, _AFTERNOON))
            self.workers.work(day)
        self._go_to(self._at(day, _EVENING))
        self.customers.evening(self.workers)
        self._go_to(self._at(day, _NIGHT))
        self.customers.compare()
        if day.weekday() == _VIGIL:
            self.bank.climb()
        return begins

    # Counting -----------------------------------------------------------------------------------

    def _end_month(self) -> None:
        month, today = self.tally.month, self.today
        begun = datetime.combine(today.replace(day=1), time(), self.zone).astimezone(UTC)

        def count(conn: Connection) -> tuple[list[imagined.Stand], list[tuple[str, str, str]], int]:
            proposed = imagined.cases_in(conn, CaseStatus.RESTRICTION_CONSIDERED, _MOST_RESTRICTED)
            moved = imagined.count_moves(conn, CaseStatus.RESTRICTION_CONSIDERED, begun)
            return imagined.stands(conn, today), proposed, moved

        stands, proposed, moved = self.database.run_read(count)
        for stand in stands:
            place = "left" if stand.ended else PLACE_OF[stand.status]
            month.places[f"{stand.rating}.{place}"] += stand.customers
            if not stand.ended:
                month.overdue[stand.rating] += stand.overdue
        month.waiting.update(self.workers.waiting(today))
        month.done["restriction"] += moved
        for case_id, number, _ in proposed:
            self.customers.restriction(case_id, number)

    def _measure(self) -> None:
        """How soon those answered who were sent an invitation long enough before the end."""
        now = self.universe.now()

        def count(conn: Connection) -> None:
            for sent, answered in imagined.iter_answers(conn):
                for days in WITHIN:
                    if sent <= now - timedelta(days=days):
                        self.tally.sent[days] += 1
                        self.tally.answered[days] += answered is not None and answered - sent <= timedelta(days=days)

        self.database.run_read(count)


def _linked(conn: Connection) -> dict[str, str]:
    """Customer number -> account."""
    link, customer = table_of(AccountLinkRow), table_of(CustomerRow)
    query = select(customer.c.customer_no, link.c.account_id).join(customer, customer.c.id == link.c.customer_id)
    return {row[0]: row[1] for row in conn.execute(query)}
