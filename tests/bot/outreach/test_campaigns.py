"""Campaigns: chosen by rule, counted, approved by a second person, begun with few, paused and stopped."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.channels.base import Outcome
from bot.outreach.campaigning import approve, count, make, pause, release, start, stop
from bot.outreach.flagging import flag
from bot.outreach.ladder import shipped_ladder
from storage.accounts import set_account_state
from storage.campaign_members import count_members
from storage.campaigns import CampaignProblem, Rule, load_campaign
from storage.cases import CaseStatus
from storage.database import Database
from storage.flags import FlagKind
from storage.quota import note_quota
from storage.universe import FrozenUniverse
from tests.bot.outreach.campaign_bank import CHECKER, MAKER, CampaignBank
from tests.storage.reconciliation.seeding import move


@pytest.fixture
def bank(database: Database, universe: FrozenUniverse) -> CampaignBank:
    return CampaignBank(database, universe)


def state_of(bank: CampaignBank, name: str = "c1") -> str:
    return bank.database.run_read(lambda conn: load_campaign(conn, name)).state


def counts_of(bank: CampaignBank, name: str = "c1") -> dict[str, int]:
    campaign = bank.database.run_read(lambda conn: load_campaign(conn, name))
    return dict(bank.database.run_read(lambda conn: count_members(conn, campaign.id)))


def test_the_preview_counts_by_way_and_says_who_is_left_out(bank: CampaignBank) -> None:
    bank.customers("0001", "0002", "0003", "0004", "0005", "0006")
    bank.customers("0007", "0008", risk_rating="high", branch_no="012")
    bank.customers("0009", relationship_end_on="2026-01-01")
    bank.link("0001")
    bank.link("0002", "telegram")
    blocked = bank.link("0003")
    bank.database.run(lambda conn: set_account_state(conn, blocked, "blocked"))
    vault, uni = bank.database.vault, bank.universe
    stopped = bank.cases["0004"].customer_id
    bank.database.run(lambda conn: flag(conn, vault, uni, stopped, FlagKind.DISPUTE, reason="x", actor="clerk"))
    move(bank.database, bank.cases["0005"], CaseStatus.SENT)
    move(bank.database, bank.cases["0006"], CaseStatus.WITH_STAFF)
    bank.database.run(lambda conn: note_quota(conn, uni, "line", allowed=1000, used=990))

    def counted(rule: Rule) -> dict[str, object]:
        name = f"c{len(bank.rows('SELECT id FROM campaign'))}"
        campaign = make(bank.database, name=name, rule=rule, ladder=shipped_ladder(), actor=MAKER)
        found = bank.database.run_read(lambda conn: count(conn, bank.database, bank.settings, campaign))
        assert found.line_left == 10
        return {**found.found.by_channel, "all": found.found.chosen, **found.found.by_rating}

    assert counted(Rule()) == {"line": 1, "telegram": 1, "letter": 3, "all": 5, "medium": 3, "high": 2}
    campaign = make(bank.database, name="again", rule=Rule(again=True), ladder=shipped_ladder(), actor=MAKER)
    found = bank.database.run_read(lambda conn: count(conn, bank.database, bank.settings, campaign)).found
    assert (found.chosen, found.stopped, found.with_staff, found.busy) == (6, 1, 1, 0)
    assert counted(Rule(ratings=("high",)))["all"] == 2
    assert counted(Rule(branches=("007",), channels=("line", "telegram")))["all"] == 2
    assert counted(Rule(due_by=date(2026, 11, 29)))["all"] == 0
    assert counted(Rule(kinds=("corporate",)))["all"] == 0


def test_who_made_it_cannot_approve_it_and_nothing_starts_without_approval(bank: CampaignBank) -> None:
    bank.customers("0001")
    make(bank.database, name="c1", rule=Rule(), ladder=shipped_ladder(), actor=MAKER)
    with pytest.raises(CampaignProblem, match="exists"):
        make(bank.database, name="c1", rule=Rule(), ladder=shipped_ladder(), actor=MAKER)
    with pytest.raises(CampaignProblem, match="state"):
        start(bank.database, bank.settings, "c1", actor=MAKER)
    with pytest.raises(CampaignProblem, match="same_person"):
        approve(bank.database, bank.settings, "c1", actor=MAKER)
    approve(bank.database, bank.settings, "c1", actor=CHECKER)
    with pytest.raises(CampaignProblem, match="state"):
        approve(bank.database, bank.settings, "c1", actor=CHECKER)
    assert start(bank.database, bank.settings, "c1", actor=MAKER).state == "running"
    audited = [row.action for row in bank.rows("SELECT action FROM audit_entry ORDER BY id")]
    assert audited == ["campaign.made", "campaign.approved", "campaign.running"]


def test_a_case_is_in_one_campaign_at_a_time(bank: CampaignBank) -> None:
    bank.customers("0001", "0002")
    bank.begin("c1")
    bank.begin("c2")
    assert (counts_of(bank, "c1")["members"], counts_of(bank, "c2")["members"]) == (2, 0)
    stop(bank.database, "c1", actor=CHECKER)
    bank.begin("c3")
    assert counts_of(bank, "c3")["members"] == 2
    assert counts_of(bank, "c1")["left_campaign_stopped"] == 2


def test_the_first_wave_is_small_and_the_rest_follows_after_a_day(bank: CampaignBank) -> None:
    numbers = [f"{number:04}" for number in range(1, 41)]
    bank.customers(*numbers)
    for number in numbers:
        bank.link(number)
    expected = [number for number in numbers if bank.cases[number].check_number < "2000"]
    assert 0 < len(expected) < 20
    assert bank.begin(percent=20).rest_from is not None
    bank.round()
    assert sorted(user for user, *_ in bank.arrived()) == [f"U{number}" for number in expected]
    bank.universe.advance(timedelta(hours=23))
    bank.round()
    assert len(bank.arrived()) == len(expected)
    # One o'clock in the night of the second day passes, and the holiday of 3 November: Wednesday at nine.
    bank.run_until(date(2026, 11, 4))
    assert len(bank.arrived()) == 40
    assert {at.strftime("%m-%d") for _, at, _ in bank.arrived()} == {"11-02", "11-04"}


def test_a_first_wave_that_is_not_reached_pauses_the_campaign(bank: CampaignBank) -> None:
    numbers = [f"{number:04}" for number in range(1, 21)]
    bank.customers(*numbers)
    for number in numbers:
        bank.link(number)
    bank.line.outcomes = dict.fromkeys([f"U{number}" for number in numbers], Outcome.BLOCKED)
    bank.begin(percent=50)
    bank.run_until(date(2026, 11, 4))
    assert state_of(bank) == "paused"
    assert {row.wave for row in bank.rows("SELECT DISTINCT wave FROM campaign_member WHERE base_on IS NULL")} == {2}
    # A person looked at it and lets the rest follow all the same.
    release(bank.database, "c1", actor=CHECKER)
    start(bank.database, bank.settings, "c1", actor=CHECKER)
    bank.round()
    assert state_of(bank) == "running"


def test_a_pause_and_a_stop_hold_for_what_is_queued_already(bank: CampaignBank) -> None:
    numbers = ("0001", "0002", "0003")
    bank.customers(*numbers)
    for number in numbers:
        bank.link(number)
    bank.begin()
    bank.plan()
    assert len(bank.rows("SELECT id FROM outgoing_message WHERE state = 'pending'")) == 3
    pause(bank.database, "c1", actor=CHECKER)
    bank.send()
    assert bank.arrived() == []
    bank.universe.advance(timedelta(hours=1))
    bank.round()
    assert bank.arrived() == []
    start(bank.database, bank.settings, "c1", actor=CHECKER)
    bank.universe.advance(timedelta(minutes=10))
    bank.round()
    assert len(bank.arrived()) == 3
    bank.run_until(date(2026, 11, 15))
    bank.universe.advance(timedelta(hours=12))
    bank.plan()
    stop(bank.database, "c1", actor=CHECKER)
    bank.send()
    bank.run_until(date(2026, 12, 31))
    assert len(bank.arrived()) == 3
    assert state_of(bank) == "stopped"
    with pytest.raises(CampaignProblem, match="state"):
        start(bank.database, bank.settings, "c1", actor=CHECKER)


def test_a_start_that_was_killed_goes_on_where_it_was(bank: CampaignBank, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.outreach import campaigning
    from storage import campaign_members

    numbers = [f"{number:04}" for number in range(1, 8)]
    bank.customers(*numbers)
    make(bank.database, name="c1", rule=Rule(), ladder=shipped_ladder(), actor=MAKER)
    approve(bank.database, bank.settings, "c1", actor=CHECKER)
    monkeypatch.setattr(campaign_members, "PIECE", 3)
    real, calls = campaigning.join_piece, []

    def killed(*arguments: object, **options: object) -> object:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(campaigning, "join_piece", killed)
    with pytest.raises(KeyboardInterrupt):
        start(bank.database, bank.settings, "c1", actor=CHECKER)
    assert (state_of(bank), counts_of(bank)["members"]) == ("approved", 3)
    bank.plan()
    start(bank.database, bank.settings, "c1", actor=CHECKER)
    assert (state_of(bank), counts_of(bank)["members"]) == ("running", 7)
