"""What the customers of an imagined bank do of themselves: begin, give up, come back, block, move, die.

Promise: a customer does something only where his case stands so that he could; nothing here decides who is written to.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from bot.forecast.assumptions import Assumptions
from bot.forecast.chance import Chance
from bot.forecast.people import People, Person
from bot.forecast.sample import Sample
from bot.forecast.tally import Tally
from bot.forecast.workers import STAFF, Workers
from bot.office_hours import OfficeHours
from bot.outreach.contacting import enter_try
from bot.outreach.flagging import flag
from bot.outreach.ladder import RATINGS, Ladder
from storage import accounts, imagined
from storage.bulk.moving import Way, lock_cases, move_cases
from storage.case_status import ALLOWED, CaseStatus
from storage.contacts import Try
from storage.database import Database
from storage.flags import FlagKind
from storage.imagined import NewAccount, Waiting

_ACTOR = "customer"
_CAN_BEGIN = frozenset(CaseStatus(code) for code in ("20", "25", "30", "35", "45", "50", "51", "52", "80", "81"))
_BY_CHAT = frozenset(CaseStatus(code) for code in ("20", "25", "40", "45", "50", "51", "52"))
#: Whose letter may come back.
_BY_POST = frozenset(CaseStatus(code) for code in ("20", "50", "51", "52"))
_REVIEWED = (CaseStatus.RECONCILING, CaseStatus.TO_CHECK)
_NO_DIFFERENCE = (CaseStatus.RECONCILING, CaseStatus.RECONCILED, CaseStatus.DONE)
#: More than a night ever brings.
_ALL = 1_000_000


@dataclass(frozen=True, order=True)
class _Event:
    """Something that a customer is going to do."""

    day: date
    order: int
    #: begin, idle, block, return, paper
    what: str
    case_id: str
    number: str
    #: Way by which he was reached: chat, letter, promise.
    way: str


class Customers:
    """All customers of one bank."""

    def __init__(
        self,
        database: Database,
        people: People,
        assumptions: Assumptions,
        chance: Chance,
        sample: Sample,
        tally: Tally,
        office: OfficeHours,
        ladder: Ladder,
    ) -> None:
        self._database, self._people, self._all = database, people, assumptions
        self._chance, self._sample, self._tally, self._office = chance, sample, tally, office
        self._kinds = {(rating, step.step): step.kind.value for rating in RATINGS for step in ladder.steps(rating)}
        self._ids = {number: one for one, number in database.run_read(imagined.numbers_of).items()}
        self._coming: list[_Event] = []
        self._order = 0
        #: Who can write to the bot; empty: he has blocked it.
        self._accounts: dict[str, str] = {}
        self._letters: dict[str, int] = {}

    def know_accounts(self, linked: Mapping[str, str]) -> None:
        """Customer number -> account."""
        self._accounts |= linked

    @property
    def today(self) -> date:
        return self._database.universe.now().astimezone(self._office.zone).date()

    def _later(self, days: int, what: str, case_id: str, number: str, way: str) -> None:
        self._order += 1
        day = self.today + timedelta(days=days)
        heapq.heappush(self._coming, _Event(day, self._order, what, case_id, number, way))

    # What reaches them --------------------------------------------------------------------------

    def message(self, one: Waiting) -> str:
        """A message of a campaign arrives, or does not: the platform of ``Post``."""
        number, troubles = one.customer_no, self._all.troubles
        occasion = self.today.year, one.step
        if self._chance.happens(troubles.refused, number, "refused", *occasion):
            self._tally.month.done["failed"] += 1
            return "failed"
        self._tally.month.done[one.channel] += 1
        if self._chance.happens(troubles.blocks, number, "blocks", *occasion):
            self._later(0, "block", one.case_id, number, "chat")
            return "sent"
        kind = self._kinds[one.rating, one.step]
        days = self._people.begins(self._people.person(number), "chat", kind, *occasion)
        if days is not None:
            self._later(days, "begin", one.case_id, number, "chat")
        return "sent"

    def letter(self, case_id: str, number: str) -> None:
        """A letter is posted."""
        person, planning = self._people.person(number), self._all.planning
        self._tally.month.done["letter"] += 1
        before = self._letters.get(case_id, 0)
        self._letters[case_id] = before + 1
        occasion = self.today.year, "letter", before
        if self._chance.happens(self._all.troubles.returned[person.group], number, "returned", *occasion):
            self._later(planning.back, "return", case_id, number, "letter")
            return
        days = self._people.begins(person, "letter", "reminder" if before else "invitation", *occasion)
        if days is not None:
            self._later(planning.post + days, "begin", case_id, number, "letter")

    def promise(self, case_id: str, number: str, until: date) -> None:
        """Somebody has promised to answer."""
        if self._chance.happens(self._all.answers.promise, number, "promise", self.today):
            days = int(self._chance.of(number, "promised", self.today) * ((until - self.today).days + 1))
            self._later(days, "begin", case_id, number, "promise")

    def restriction(self, case_id: str, number: str) -> None:
        """A restriction was proposed and he hears of it: at most once a year that moves him."""
        if self._chance.happens(self._all.answers.restriction, number, "restriction", self.today.year):
            days = int(self._chance.of(number, "restricted", self.today.year) * 28)
            self._later(days, "begin", case_id, number, "letter")

    # What they do -------------------------------------------------------------------------------

    def evening(self, workers: Workers) -> None:
        """What they do on this day."""
        due: list[_Event] = []
        while self._coming and self._coming[0].day <= self.today:
            due.append(heapq.heappop(self._coming))
        # One thing a day for each case: a second waits for the next one.
        first: dict[str, _Event] = {}
        for event in due:
            if event.case_id in first:
                self._later(1, event.what, event.case_id, event.number, event.way)
            else:
                first[event.case_id] = event
        if first:
            self._database.run(lambda conn: self._do(conn, list(first.values()), workers))

    def _do(self, conn: Connection, events: Sequence[_Event], workers: Workers) -> None:
        locked = lock_cases(conn, [event.case_id for event in events])
        ways: list[Way] = []
        linked: list[tuple[_Event, Person]] = []
        for event in events:
            status = locked.get(event.case_id)
            if status is None:
                continue
            match event.what:
                case "begin" if status in _CAN_BEGIN:
                    ways += self._begin(event, status, linked)
                case "idle" if status is CaseStatus.ANSWERING:
                    ways.append(Way(case_id=event.case_id, over=(CaseStatus.PAUSED,), reason="idle"))
                case "paper" if status in _CAN_BEGIN:
                    workers.paper.append((event.case_id, event.number))
                case "return" if status in _BY_POST:
                    self._returned(conn, event)
                case "block":
                    ways += self._block(conn, event, status)
        wanted = [
            NewAccount(
                customer_id=self._ids[one.number],
                channel="line",
                user=f"{one.number}/{self._order}",
                case_id=one.case_id,
                kind=person.kind,
            )
            for one, person in linked
        ]
        made = imagined.add_accounts(conn, self._database.vault, self._database.universe, wanted)
        self._accounts |= {one.number: account for (one, _), account in zip(linked, made, strict=True)}
        move_cases(conn, self._database.universe, locked, ways, actor=_ACTOR)

    def _begin(self, event: _Event, status: CaseStatus, linked: list[tuple[_Event, Person]]) -> list[Way]:
        """He takes the letter's paper, or goes through a conversation that somebody of his kind has had."""
        person, number = self._people.person(event.number), event.number
        account = self._accounts.get(number)
        if not account and (account == "" or self._people.answers_on_paper(person)):
            self._later(self._all.planning.post, "paper", event.case_id, number, event.way)
            return []
        moves = [CaseStatus.ANSWERING]
        if account is None:
            linked.append((event, person))
            if CaseStatus.LINKED in ALLOWED[status]:
                moves.insert(0, CaseStatus.LINKED)
        played = self._sample.draw(person.kind, person.persona, number, self.today)
        self._tally.talks += 1
        if played.outcome == "completed":
            moves.append(CaseStatus.ANSWERED)
            self._tally.month.done["answered"] += 1
        elif played.outcome == "left":
            self._later(1, "idle", event.case_id, number, event.way)
            habits = self._all.answers
            if self._chance.happens(habits.come_back, number, "back", self.today):
                self._later(habits.come_back_days + 1, "begin", event.case_id, number, event.way)
        else:
            moves.append(CaseStatus.WITH_STAFF)
        return [Way(case_id=event.case_id, over=tuple(moves), reason="chat", source=account or None)]

    def _block(self, conn: Connection, event: _Event, status: CaseStatus) -> list[Way]:
        account = self._accounts.get(event.number)
        if not account:
            return []
        accounts.set_account_state(conn, account, "blocked")
        self._accounts[event.number] = ""
        self._tally.month.done["blocked"] += 1
        if status not in _BY_CHAT:
            return []
        return [Way(case_id=event.case_id, over=(CaseStatus.UNDELIVERABLE,), reason="blocked", source=account)]

    def _returned(self, conn: Connection, event: _Event) -> None:
        vault, uni = self._database.vault, self._database.universe
        one = Try(case_id=event.case_id, channel="post", result="returned_moved", at=uni.now(), by=STAFF)
        enter_try(conn, vault, uni, one, office=self._office, actor_kind="os_user")
        self._tally.month.done["returned"] += 1

    def stop(self, number: str) -> None:
        """A customer dies, and the bank hears of it."""
        vault, uni, customer = self._database.vault, self._database.universe, self._ids[number]
        kind = FlagKind.DECEASED
        self._database.run(lambda conn: flag(conn, vault, uni, customer, kind, reason="simulated", actor=STAFF))

    def compare(self) -> None:
        """What came in is compared at night: done at once, or for a person to look at."""
        reviews = self._all.reviews

        def run(conn: Connection) -> int:
            found = imagined.cases_in(conn, CaseStatus.ANSWERED, _ALL)
            locked = lock_cases(conn, [case_id for case_id, *_ in found])
            ways = []
            for case_id, number, kind in found:
                percent = reviews.company if kind == "corporate" else reviews.individual
                person = self._chance.happens(percent, number, "review", self.today.year)
                ways.append(Way(case_id=case_id, over=_REVIEWED if person else _NO_DIFFERENCE, reason="compared"))
                self._letters.pop(case_id, None)
            move_cases(conn, self._database.universe, locked, ways, actor="system:reconcile")
            return sum(CaseStatus.DONE in way.over for way in ways)

        self._tally.month.done["done"] += self._database.run(run)
