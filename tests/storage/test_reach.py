"""How far a customer was reached: a fold over facts, the same for now and for any moment before."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from bot.channels.base import Outcome
from storage.cases import CaseStatus
from storage.database import Database
from storage.reach import Reach, Reached, Stand, after, count_reach, history, iter_reach
from storage.universe import FrozenUniverse
from tests.bot.outreach.campaign_bank import CampaignBank
from tests.storage.reconciliation.seeding import move


def fold(*whats: str) -> Stand:
    stand = Stand()
    for what in whats:
        stand = after(stand, what)
    return stand


@pytest.mark.parametrize(
    ("whats", "reach"),
    [
        ((), Reach.REGISTERED),
        (("queued",), Reach.QUEUED),
        (("queued", "dropped"), Reach.HELD),
        (("queued", "dropped", "queued", "accepted"), Reach.ACCEPTED),
        (("queued", "refused_by_platform"), Reach.UNDELIVERABLE),
        (("queued", "refused_by_platform", "queued"), Reach.QUEUED),
        (("queued", "accepted", "queued"), Reach.ACCEPTED),
        (("queued", "accepted", "case:30"), Reach.UNDELIVERABLE),
        (("queued", "accepted", "case:25"), Reach.OPENED),
        (("queued", "accepted", "opened", "case:40", "queued", "accepted"), Reach.STARTED),
        (("accepted", "case:40", "case:30"), Reach.STARTED),
        (("accepted", "case:40", "case:60", "case:65"), Reach.COMPLETED),
        (("accepted", "case:40", "case:45", "case:50", "case:35"), Reach.BREAKOFF),
        (("accepted", "case:50", "case:35"), Reach.UNRESPONSIVE),
        (("accepted", "case:50", "case:35", "case:40"), Reach.STARTED),
        (("queued", "refused_by_platform", "case:35"), Reach.UNDELIVERABLE),
        (("accepted", "case:92"), Reach.REFUSED),
        (("accepted", "case:92", "case:40", "case:60"), Reach.COMPLETED),
        (("accepted", "case:91"), Reach.INELIGIBLE),
        # Asked once more after he had answered: he has answered all the same.
        (("case:40", "case:60", "case:70", "case:40"), Reach.COMPLETED),
    ],
)
def test_what_the_facts_say(whats: tuple[str, ...], reach: Reach) -> None:
    assert fold(*whats).reach is reach


def test_a_person_lies_over_it() -> None:
    assert fold("accepted", "case:40", "case:55") == Stand(reach=Reach.STARTED, with_staff=True, started=True)
    assert not fold("accepted", "case:40", "case:55", "case:40").with_staff


FACTS = ["queued", "accepted", "refused_by_platform", "dropped", "opened", "listed"]
FACTS += [f"case:{status.value}" for status in CaseStatus]


@given(st.lists(st.sampled_from(FACTS)))
def test_nobody_is_accepted_whom_no_platform_took_and_who_answered_stays_so(whats: list[str]) -> None:
    stand = fold(*whats)
    if stand.reach is Reach.ACCEPTED:
        assert "accepted" in whats
    assert (stand.reach is Reach.COMPLETED) == ("case:60" in whats)


@pytest.fixture
def bank(database: Database, universe: FrozenUniverse) -> CampaignBank:
    return CampaignBank(database, universe)


def test_reach_now_and_on_a_day_before(bank: CampaignBank) -> None:
    numbers = ("0001", "0002", "0003", "0004", "0005")
    bank.customers(*numbers)
    for number in numbers[:4]:
        # A call to several of LINE ends the same way for all of them.
        bank.link(number, "telegram" if number in ("0002", "0003") else "line")
    campaign = bank.begin()

    def reach(until: datetime | None = None) -> dict[str, str]:
        found = bank.database.run_read(lambda conn: list(iter_reach(conn, campaign.id, until=until)))
        # Counted in the database it is the same.
        counts = bank.database.run_read(lambda conn: count_reach(conn, campaign.id, until=until))
        assert counts.members == Counter((one.rating, one.stand.reach) for one in found)
        assert counts.with_staff == sum(one.stand.with_staff for one in found)
        return {one.customer_no: one.stand.reach.value for one in found}

    assert set(reach().values()) == {"registered"}
    assert reach(bank.universe.now() - timedelta(seconds=1)) == {}
    bank.plan()
    assert reach() == dict.fromkeys(numbers[:4], "queued") | {"0005": "registered"}
    bank.telegram.outcomes = {"U0002": Outcome.BLOCKED, "U0003": Outcome.UNCERTAIN}
    bank.send()
    sent_at = bank.universe.now()
    first = {"0001": "accepted", "0002": "undeliverable", "0003": "queued", "0004": "accepted", "0005": "registered"}
    assert reach() == first
    bank.universe.advance(timedelta(hours=1))
    bank.plan()
    bank.universe.advance(timedelta(hours=1))
    move(bank.database, bank.case("0004"), CaseStatus.SENT, CaseStatus.LINKED, CaseStatus.ANSWERING)
    assert reach()["0004"] == "started"
    move(bank.database, bank.case("0004"), CaseStatus.WITH_STAFF)
    bank.universe.advance(timedelta(days=5))
    bank.round()
    assert reach()["0004"] == "started"
    assert reach(sent_at) == first


def test_one_customers_history_tells_each_fact_and_where_it_left_him(bank: CampaignBank) -> None:
    bank.customers("0001", "0002")
    bank.link("0001")
    bank.universe.advance(timedelta(seconds=1))
    campaign = bank.begin()
    bank.round()
    found: list[Reached] = bank.database.run_read(lambda conn: list(iter_reach(conn, campaign.id, customer_no="0001")))
    (one,) = found
    told = [(fact.what, fact.cause, stand.reach.value) for fact, stand in history(one.facts)]
    assert told == [
        ("queued", "line", "queued"),
        ("case:15", "campaign:notice", "queued"),
        ("accepted", "line", "accepted"),
    ]
