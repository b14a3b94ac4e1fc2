"""Half a year of a bank that dies again and again: what the product promises holds in every month."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.forecast import bank as bank_module
from bot.forecast.assumptions import read_assumptions
from bot.forecast.bank import Bank
from bot.forecast.world import World
from bot.outreach import carrying, climbing, letters, opening
from bot.outreach.coverage import count_coverage, iter_coverage
from bot.outreach.opening import Opened
from dialogs.japanese.holidays import is_holiday
from storage.campaigns import list_campaigns
from storage.database import Database
from storage.reach import iter_reach
from tests.bot.forecast.imagining import task

#: What reaches the customer himself and left the house.
_LEFT = """
    SELECT d.campaign_id, d.case_id, d.customer_id, d.account_id, d.step_no, d.channel, d.at, o.settled_at
    FROM campaign_delivery d LEFT JOIN outgoing_message o ON o.id = d.outgoing_id
    WHERE d.channel IN ('line', 'telegram', 'letter') AND (o.id IS NULL OR o.state = 'sent') ORDER BY d.at
"""


class _Killed(BaseException):
    """The bank's process was killed here: nothing in it can go on."""


def every(times: int, real: Callable[..., Any]) -> Callable[..., Any]:
    """The same, but killed in the middle of its transaction at every so many calls."""
    calls = Counter[str]()

    def call(*given: Any, **named: Any) -> Any:
        done = real(*given, **named)
        calls["all"] += 1
        if calls["all"] % times == 0:
            raise _Killed
        return done

    return call


class Watch:
    """Looks at the store of a world at the end of each month."""

    def __init__(self) -> None:
        self.months = 0

    def __call__(self, world: World) -> None:
        self.months += 1
        self.world = world
        self.everybody_has_a_case_or_a_reason()
        self.messages_leave_when_they_may()
        self.each_step_is_taken_once()
        self.sums_add_up()
        self.nothing_is_lost()

    def rows(self, query: str) -> list[Any]:
        return self.world.database.run_read(lambda conn: list(conn.execute(text(query))))

    def everybody_has_a_case_or_a_reason(self) -> None:
        world = self.world
        totals = world.database.run_read(
            lambda conn: count_coverage(
                conn, iter_coverage(conn, world.database.vault, today=world.today, zone=world.zone)
            )
        )
        assert totals.customers == world.tally.customers
        assert totals.by_state["uncovered"] == totals.by_state["no_record"] == 0

    def messages_leave_when_they_may(self) -> None:
        stopped = {row.customer_id: at(row.placed_at) for row in self.rows("SELECT * FROM customer_flag")}
        moves: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
        for row in self.rows("SELECT case_id, at, to_status FROM case_transition ORDER BY at, id"):
            moves[row.case_id].append((at(row.at), row.to_status))
        last: dict[str, datetime] = {}
        for row in self.rows(_LEFT):
            moment = at(row.at)
            local = moment.astimezone(self.world.zone)
            if row.channel != "letter":
                sent = at(row.settled_at).astimezone(self.world.zone)
                assert 9 <= sent.hour < 20, sent
            assert local.weekday() != 6, local
            assert not is_holiday(local.date()), local
            for whose in filter(None, (row.customer_id, row.account_id)):
                assert whose not in last or moment - last[whose] >= timedelta(days=7)
                last[whose] = moment
            assert row.customer_id not in stopped or moment < stopped[row.customer_id]
            before = [status for when, status in moves[row.case_id] if when < moment]
            assert not before or before[-1] not in {"55", "60", "65", "66", "70", "75", "91"}

    def each_step_is_taken_once(self) -> None:
        steps = Counter((row.campaign_id, row.case_id, row.step_no) for row in self.rows(_LEFT))
        assert set(steps.values()) <= {1}

    def sums_add_up(self) -> None:
        world, month = self.world, self.world.tally.month
        ratings = Counter(world.people.person(f"{number:08d}").rating for number in range(*world.task.numbers))
        for rating, customers in ratings.items():
            assert sum(count for name, count in month.places.items() if name.startswith(f"{rating}.")) == customers
        for campaign in world.database.run_read(list_campaigns):
            reached = world.database.run_read(lambda conn, one=campaign: list(iter_reach(conn, one.id)))
            (row,) = self.rows(f"SELECT count(*) AS members FROM campaign_member WHERE campaign_id = '{campaign.id}'")
            assert len(reached) == row.members

    def nothing_is_lost(self) -> None:
        assert self.rows("SELECT id FROM outgoing_message WHERE state NOT IN ('sent', 'failed', 'dropped')") == []
        forgotten = """
            SELECT m.case_id FROM campaign_member m JOIN campaign c ON c.id = m.campaign_id
            WHERE c.state = 'running' AND m.left_at IS NULL AND m.due_at IS NULL AND m.outgoing_id IS NULL
              AND m.next_step < 7 AND (m.wave = 1 OR c.rest_from IS NULL)
        """
        assert self.rows(forgotten) == []
        late = self.world.universe.now() - timedelta(days=4)
        for row in self.rows("SELECT due_at FROM campaign_member WHERE left_at IS NULL AND due_at IS NOT NULL"):
            assert at(row.due_at) > late


def at(stored: Any) -> datetime:
    moment = stored if isinstance(stored, datetime) else datetime.fromisoformat(stored)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[World]]:
    """Every bank is killed in the middle of its work, and another one takes over: in a transaction, and between two.

    So is whoever opens the cases of the month or writes the letters, and the same command is given again.
    """
    worlds: list[World] = []
    real = Bank.climb

    def climb(bank: Bank) -> None:
        killed = False
        for _ in range(50):
            try:
                if killed:
                    (world,) = worlds
                    # Until the lease of the dead one has run out nobody else may.
                    world.universe.advance(timedelta(minutes=2))
                    world.reopen_bank()
                    bank = world.bank
                real(bank)
            except _Killed:
                killed = True
                kills.append(bank.today)
            else:
                return
        raise AssertionError("the bank comes to no end")

    def opens(*given: Any, **named: Any) -> Opened:
        for _ in range(50):
            try:
                return real_opening(*given, **named)
            except _Killed:
                killed_over["opening"] += 1
        raise AssertionError("the opening comes to no end")

    def writes(database: Database, out: Path, **named: Any) -> int:
        for _ in range(50):
            try:
                real_letters(database, out, **named, resume=out.exists())
                # Also those of the run that was killed.
                return len(out.read_text(encoding="utf-8").splitlines()) - 1
            except _Killed:
                killed_over["letters"] += 1
        raise AssertionError("the letters come to no end")

    kills: list[object] = []
    killed_over = Counter[str]()
    real_opening, real_letters = bank_module.open_due_cases, bank_module.make_letters
    monkeypatch.setattr(bank_module, "open_due_cases", opens)
    monkeypatch.setattr(bank_module, "make_letters", writes)
    # In pieces, so that a part is done when the rest dies.
    monkeypatch.setattr(opening, "BATCH", 4)
    monkeypatch.setattr(letters, "BATCH", 2)
    monkeypatch.setattr(opening, "open_cases", every(2, opening.open_cases))
    monkeypatch.setattr(letters, "_write_batch", every(3, letters._write_batch))
    monkeypatch.setattr(Bank, "climb", climb)
    monkeypatch.setattr(climbing.steps, "advance", every(23, climbing.steps.advance))
    monkeypatch.setattr(climbing.steps, "leave", every(31, climbing.steps.leave))
    monkeypatch.setattr(climbing.Gate, "__call__", every(5, climbing.Gate.__call__))
    monkeypatch.setattr(carrying, "move_cases", every(41, carrying.move_cases))
    monkeypatch.setattr(climbing.steps, "set_sending", every(17, climbing.steps.set_sending))
    yield worlds
    assert len(kills) > 20
    assert min(killed_over["opening"], killed_over["letters"]) > 2


@pytest.mark.slow
def test_what_is_promised_holds_in_every_month_whatever_is_killed(tmp_path: Path, dying: list[World]) -> None:
    busy = read_assumptions(
        """
        bank:
          stopped: 20
          leave: 10
          overdue: 25
          linked: {young: 60, middle: 60, senior: 60, elderly: 60, company: 60}
        troubles:
          blocks: 6
          refused: 12
          returned: {young: 20, middle: 20, senior: 20, elderly: 20, company: 20}
        answers: {with_person: 40}
        """
    )
    world, watch = World(replace(task(tmp_path), numbers=(0, 160), months=7, assumptions=busy)), Watch()
    dying.append(world)
    try:
        tally = world.run(watch)
    finally:
        world.close()
    assert watch.months == 7
    for name in ("line", "letter", "call", "visit", "review", "hand_over", "blocked", "failed", "returned", "done"):
        assert tally.total(name) > 0, name
