"""A mobile number that two customers share is one telephone: written to once in so many days."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Connection

from storage.database import Database
from storage.erasing import erase_customer
from storage.notifying.queue import begin_sending, take_number
from storage.universe import FrozenUniverse
from tests.bot.outreach.notifying_bank import NotifyingBank, ladder


@pytest.fixture
def bank(database: Database, universe: FrozenUniverse) -> NotifyingBank:
    """A couple, each with a case; the file writes their number in two ways."""
    bank = NotifyingBank(database, universe)
    bank.customers("0001", phone="090-1234-5678", risk_rating="low")
    bank.customers("0002", phone="+819012345678", risk_rating="low")
    bank.begin(ladder=ladder())
    return bank


def states(bank: NotifyingBank) -> list[tuple[str, str]]:
    return sorted((row.state, row.detail) for row in bank.rows("SELECT state, detail FROM notification"))


def test_the_second_waits_for_as_many_days_as_one_customer_would(bank: NotifyingBank) -> None:
    bank.round()
    assert states(bank) == [("accepted", ""), ("pending", "days_between")]
    assert bank.deliver()
    bank.run_until(date(2026, 11, 8))
    assert len(bank.numbers.told) == 1
    bank.run_until(date(2026, 11, 12))
    assert len({tag for _, _, tag in bank.numbers.told}) == 2


def test_while_one_is_called_the_other_waits(bank: NotifyingBank) -> None:
    bank.plan()
    first, second = (row.id for row in bank.rows("SELECT id FROM notification ORDER BY id"))

    def take(notification_id: str) -> bool:
        def run(conn: Connection) -> bool:
            assert begin_sending(conn, bank.universe, notification_id) is not None
            return take_number(conn, notification_id, b"n" * 32)

        return bank.database.run(run)

    assert [take(first), take(second)] == [True, False]


def test_of_an_erased_customer_no_digest_is_left(bank: NotifyingBank) -> None:
    bank.round()
    kept = "SELECT count(*) AS n FROM notification WHERE number_digest IS NOT NULL"
    assert bank.rows(kept)[0].n == 1
    for number in ("0001", "0002"):
        who = bank.cases[number].customer_id
        bank.database.run(lambda conn, who=who: erase_customer(conn, bank.database.vault, bank.universe, who))
    assert bank.rows(kept)[0].n == 0
