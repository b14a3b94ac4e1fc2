"""What people of the bank do in a simulation, as far as their hours go: calls, visits, reviews, hand-overs, paper.

Promise: the lists are those of the product (``storage.worklists``), each result is written down as the console would
do it (``bot.outreach.contacting``), and nobody works longer than the assumptions give him time for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from sqlalchemy import Connection

from bot.forecast.assumptions import Assumptions
from bot.forecast.chance import Chance
from bot.forecast.tally import Tally, capacity
from bot.outreach.contacting import enter_try
from bot.settings import Settings
from storage import imagined, worklists
from storage.bulk.moving import Way, lock_cases, move_cases
from storage.case_status import ANSWERABLE, CaseStatus, way_to_answered
from storage.contacts import PROMISED, Try
from storage.database import Database

#: Working days of a month, among which its hours are divided.
_DAYS_OF_A_MONTH = 21
_CHANNELS = {"call": "phone", "visit": "visit"}
#: Tries of one transaction.
_BATCH = 100
STAFF = "simulated"

#: Somebody has promised to answer until a day: case, customer number, day.
Promised = Callable[[str, str, date], None]


class Workers:
    """The people of one bank."""

    def __init__(
        self,
        database: Database,
        assumptions: Assumptions,
        chance: Chance,
        tally: Tally,
        settings: Settings,
        promised: Promised,
    ) -> None:
        self._database, self._all, self._chance = database, assumptions, chance
        self._tally, self._promised = tally, promised
        self._office, self._rules = settings.office, settings.try_rules
        #: Of each work the part of a piece for which there was time yesterday.
        self._parts: dict[str, float] = {}
        #: The week's lists of calls and visits, and answers on paper: case and customer number.
        self._lists: dict[str, deque[tuple[str, str]]] = {"call": deque(), "visit": deque()}
        self.paper: deque[tuple[str, str]] = deque()

    def work(self, today: date) -> None:
        """One working day."""
        for work in ("call", "visit"):
            if today.weekday() == 0 or not self._lists[work]:
                self._take_list(work, today)
            self._try(work, today)
        if today.weekday() == 0:
            self._settle_deaths()
        self._review()
        self._take_over()
        self._enter_paper()

    def waiting(self, today: date) -> dict[str, int]:
        """What is left to do, by work."""

        def count(conn: Connection) -> dict[str, int]:
            found = {}
            for work, channel in _CHANNELS.items():
                by_branch = worklists.count_items(conn, channel, today, rules=self._rules)
                found[work] = sum(by_branch.values())
            found["review"] = imagined.count_in(conn, CaseStatus.TO_CHECK)
            found["hand_over"] = imagined.count_in(conn, CaseStatus.WITH_STAFF)
            return found

        return {**self._database.run_read(count), "paper": len(self.paper)}

    # Time ---------------------------------------------------------------------------------------

    def _pieces(self, work: str) -> int:
        """How many pieces of a work today's time is enough for; the rest of a piece is kept for tomorrow."""
        a_day = capacity(self._all, work, self._tally.customers) / _DAYS_OF_A_MONTH
        ready = self._parts.get(work, 0.0) + a_day
        pieces = int(ready)
        self._parts[work] = ready - pieces
        return pieces

    def _did(self, work: str, pieces: int) -> None:
        self._tally.month.done[work] += pieces

    # Calls and visits ---------------------------------------------------------------------------

    def _take_list(self, work: str, today: date) -> None:
        """As many of the list as a week has time for, those that are due first ahead."""
        week = int(capacity(self._all, work, self._tally.customers) / _DAYS_OF_A_MONTH * 5) + 1

        def read(conn: Connection) -> list[tuple[str, str]]:
            listed = worklists.items(_CHANNELS[work], today, rules=self._rules).limit(week)
            shown = listed.selected_columns.case_id, listed.selected_columns.customer_no
            rows = conn.execute(listed.with_only_columns(*shown, maintain_column_froms=True))
            return [(row.case_id, row.customer_no) for row in rows]

        self._lists[work] = deque(self._database.run_read(read))

    def _try(self, work: str, today: date) -> None:
        ready, done = self._pieces(work), 0
        while done < ready and self._lists[work]:
            batch = [self._lists[work].popleft() for _ in range(min(_BATCH, ready - done, len(self._lists[work])))]
            done += self._database.run(lambda conn, batch=batch: self._enter(conn, work, batch, today))  # type: ignore[misc]
        self._did(work, done)

    def _enter(self, conn: Connection, work: str, batch: Sequence[tuple[str, str]], today: date) -> int:
        locked = lock_cases(conn, [case_id for case_id, _ in batch])
        uni, channel = self._database.universe, _CHANNELS[work]
        weights = self._all.calls if work == "call" else self._all.visits
        done = 0
        for case_id, number in batch:
            if case_id not in locked or locked[case_id] not in _TO_BE_REACHED:
                continue  # he has answered since the list was made
            result = self._chance.pick(weights, number, work, today)
            until = today + timedelta(days=7) if result == PROMISED else None
            one = Try(case_id=case_id, channel=channel, result=result, at=uni.now(), by=STAFF, promised_on=until)
            enter_try(
                conn, self._database.vault, uni, one, office=self._office, actor_kind="os_user", rules=self._rules
            )
            done += 1
            if until is not None:
                self._promised(case_id, number, until)
        return done

    def _settle_deaths(self) -> None:
        """Once a week a superior ends the cases of those of whom it was said that they have died."""

        def run(conn: Connection) -> None:
            dead = imagined.cases_of_dead(conn)
            locked = lock_cases(conn, dead)
            ways = [Way(case_id=one, over=(CaseStatus.STOPPED,), reason="deceased") for one in dead]
            move_cases(conn, self._database.universe, locked, ways, actor=f"staff:{STAFF}")

        self._database.run(run)

    # What came in -------------------------------------------------------------------------------

    def _review(self) -> None:
        ready = self._pieces("review")
        done = self._settle(CaseStatus.TO_CHECK, ready, lambda number: _DONE, "approved")
        self._did("review", len(done))

    def _take_over(self) -> None:
        """A person ends a conversation with the answers complete, or leaves it to the bot."""

        def ways(number: str) -> tuple[CaseStatus, ...]:
            ends = self._chance.happens(self._all.answers.with_person, number, "person", self._tally.month.name)
            return _ANSWERED if ends else _LEFT

        ready = self._pieces("hand_over")
        done = self._settle(CaseStatus.WITH_STAFF, ready, ways, "handed_back")
        self._did("hand_over", len(done))

    def _settle(
        self, status: CaseStatus, most: int, ways: Callable[[str], tuple[CaseStatus, ...]], reason: str
    ) -> list[Way]:
        def run(conn: Connection) -> list[Way]:
            found = imagined.cases_in(conn, status, most)
            locked = lock_cases(conn, [case_id for case_id, *_ in found])
            moved = [Way(case_id=case_id, over=ways(number), reason=reason) for case_id, number, _ in found]
            move_cases(conn, self._database.universe, locked, moved, actor=f"staff:{STAFF}")
            return moved

        moved = self._database.run(run) if most else []
        for way in moved:
            self._tally.month.done["answered"] += CaseStatus.ANSWERED in way.over
            self._tally.month.done["done"] += CaseStatus.DONE in way.over
        return moved

    def _enter_paper(self) -> None:
        ready = self._pieces("paper")
        batch = [self.paper.popleft() for _ in range(min(ready, len(self.paper)))]

        def run(conn: Connection) -> int:
            locked = lock_cases(conn, [case_id for case_id, _ in batch])
            ways = [
                Way(case_id=one, over=way_to_answered(locked[one]), reason="paper")
                for one, _ in batch
                if one in locked and locked[one] in ANSWERABLE
            ]
            move_cases(conn, self._database.universe, locked, ways, actor=f"staff:{STAFF}")
            return sum(CaseStatus.ANSWERED in way.over for way in ways)

        if batch:
            self._tally.month.done["answered"] += self._database.run(run)
        self._did("paper", len(batch))


_TO_BE_REACHED = frozenset(CaseStatus(code) for code in ("20", "25", "30", "35", "45", "50", "51", "52"))
_DONE = (CaseStatus.DONE,)
_ANSWERED = (CaseStatus.ANSWERING, CaseStatus.ANSWERED)
_LEFT = (CaseStatus.ANSWERING, CaseStatus.PAUSED)
