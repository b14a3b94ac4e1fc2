"""The marks of the chart of answers: what campaigns sent and what left the house, not what a case went through."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from bot.channels.base import Outcome
from bot.console.charts import count
from bot.outreach.campaigning import pause, start
from bot.outreach.letters import Channels, make_letters
from storage.branches import WHOLE_BANK
from storage.cases import CaseStatus
from storage.charts import Span
from storage.database import Database
from storage.universe import FrozenUniverse
from tests.bot.outreach.campaign_bank import CHECKER, TOKYO, CampaignBank


@pytest.fixture
def bank(database: Database, universe: FrozenUniverse) -> CampaignBank:
    return CampaignBank(database, universe)


def marks(bank: CampaignBank) -> dict[CaseStatus, dict[date, int]]:
    """What was sent, by the bank's day."""
    now = bank.universe.now()
    span = Span(since=now - timedelta(days=400), now=now, branches=WHOLE_BANK)
    sent = bank.database.run_read(lambda conn: count(conn, span)).sent
    found: dict[CaseStatus, dict[date, int]] = {}
    for status, hours in sent.items():
        for hour, messages in hours.items():
            days = found.setdefault(status, {})
            day = hour.astimezone(TOKYO).date()
            days[day] = days.get(day, 0) + messages
    return found


def test_invitations_and_reminders_stand_where_they_left_the_house(bank: CampaignBank, tmp_path: Path) -> None:
    bank.customers("0001", "0002", "0003")
    bank.link("0001")
    bank.link("0002")
    campaign = bank.begin()
    bank.run_until(date(2026, 11, 15))
    # Paused on the day of the invitation, and started again two days later: what was queued then did not leave.
    bank.go_to(datetime(2026, 11, 16, 9, 0, tzinfo=TOKYO))
    bank.plan()
    pause(bank.database, "c1", actor=CHECKER)
    bank.send()
    bank.go_to(datetime(2026, 11, 18, 9, 0, tzinfo=TOKYO))
    start(bank.database, bank.settings, "c1", actor=CHECKER)
    # One has left the platform, and goes to the list of letters; the third one has been on it since the 16th.
    bank.line.outcomes = {"U0002": Outcome.GONE}
    bank.run_until(date(2026, 11, 20))
    assert marks(bank) == {CaseStatus.SENT: {date(2026, 11, 18): 1}}
    bank.go_to(datetime(2026, 11, 24, 9, 0, tzinfo=TOKYO))
    made = make_letters(
        bank.database, tmp_path / "codes.csv", channels=Channels(), expires_on=date(2027, 3, 1), actor="clerk",
        campaign_id=campaign.id,
    )  # fmt: skip
    assert made == 2
    bank.run_until(date(2026, 12, 10))
    assert marks(bank) == {
        CaseStatus.SENT: {date(2026, 11, 18): 1, date(2026, 11, 24): 2},
        CaseStatus.REMINDED_1: {date(2026, 12, 2): 1},
    }
