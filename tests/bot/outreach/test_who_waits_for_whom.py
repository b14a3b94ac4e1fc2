"""A platform that is down, a campaign that fails: they hold up what is theirs, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.channels.base import Outcome
from bot.outreach import ahead as room
from storage import campaign_facts
from storage.database import Database
from storage.universe import FrozenUniverse
from tests.bot.outreach.campaign_bank import CampaignBank


@pytest.fixture
def bank(database: Database, universe: FrozenUniverse) -> CampaignBank:
    return CampaignBank(database, universe)


def crowd(bank: CampaignBank, first: int, count: int, channel: str | None) -> list[str]:
    numbers = [f"{number:04}" for number in range(first, first + count)]
    bank.customers(*numbers)
    for number in numbers:
        if channel is not None:
            bank.link(number, channel)
    return numbers


@pytest.mark.parametrize("look", [400, 7])
def test_a_platform_that_is_down_holds_up_nobody_else(
    bank: CampaignBank, monkeypatch: pytest.MonkeyPatch, look: int
) -> None:
    """However far a look goes: of those who wait for it there may be any number ahead of the others."""
    monkeypatch.setattr(room, "_FIRST", 6)
    monkeypatch.setattr(campaign_facts, "_LOOK", look)
    down = crowd(bank, 1, 60, "line")
    others = [*crowd(bank, 101, 10, "telegram"), *crowd(bank, 201, 3, None)]
    bank.line.outcomes = {f"U{number}": Outcome.RETRY for number in down}
    bank.begin()
    for _ in range(20):
        bank.plan()
        bank.send()
        bank.universe.advance(timedelta(seconds=0.25))
    assert {number: len(bank.steps(number)) for number in others} == dict.fromkeys(others, 1)
    assert sorted(user for user, *_ in bank.arrived()) == [f"U{number}" for number in others[:10]]
    # Of the platform no more waits than before, and all are written to when it is back.
    assert sum(len(bank.steps(number)) for number in down) == 6
    bank.line.outcomes = {}
    for _ in range(30):
        bank.universe.advance(timedelta(seconds=5))
        bank.plan()
        bank.send()
    assert sorted(user for user, *_ in bank.line.sent) == [f"U{number}" for number in down]
