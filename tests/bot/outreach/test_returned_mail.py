"""A letter that the post brings back: the phone at once, and nobody who waits for something keeps campaigns busy."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.outreach.flagging import flag, unflag
from storage import campaign_steps
from storage.cases import CaseStatus, move_case
from storage.database import Database
from storage.flags import FlagKind
from storage.notifying.queue import WITHIN
from storage.universe import FrozenUniverse
from tests.bot.outreach.campaign_bank import CampaignBank
from tests.bot.outreach.test_notifying import NotifyingBank, begin
from tests.storage.reconciliation.seeding import move


@pytest.fixture
def bank(database: Database, universe: FrozenUniverse) -> CampaignBank:
    return CampaignBank(database, universe)


def on(day: str) -> date:
    return date.fromisoformat(day)


def comes_back(bank: CampaignBank, reason: str = "returned_mail") -> None:
    case_id, where = bank.cases["0001"].id, CaseStatus.UNDELIVERABLE
    bank.database.run(lambda conn: move_case(conn, bank.universe, case_id, where, actor="clerk", reason=reason))


def letter_comes_back(bank: CampaignBank) -> None:
    """The invitation by letter of one customer, and the post brings it back."""
    bank.customers("0001")
    bank.begin()
    bank.run_until(on("2026-11-16"))
    move(bank.database, bank.case("0001"), CaseStatus.SENT)
    comes_back(bank)


def test_returned_mail_goes_to_the_phone_at_once(bank: CampaignBank) -> None:
    letter_comes_back(bank)
    bank.run_until(on("2026-11-18"))
    assert bank.steps("0001")[-1] == ("phone", "phone", on("2026-11-16"))
    assert bank.case("0001").status is CaseStatus.PHONE_AND_VISITS


def test_returned_mail_of_whom_a_flag_stops_waits_until_it_is_lifted(bank: CampaignBank) -> None:
    """And does not keep the campaigns busy: made due at once, he would be put off and made due again without end."""
    letter_comes_back(bank)
    vault, uni, kind = bank.database.vault, bank.universe, FlagKind.DISPUTE
    who = bank.cases["0001"].customer_id
    bank.database.run(lambda conn: flag(conn, vault, uni, who, kind, reason="x", actor="clerk"))
    bank.run_until(on("2026-11-18"))
    assert [step for step, *_ in bank.steps("0001")] == ["notice", "invitation"]
    bank.database.run(lambda conn: unflag(conn, vault, uni, who, kind, reason="x", actor="clerk"))
    bank.run_until(on("2026-11-20"))
    assert bank.steps("0001")[-1][:2] == ("phone", "phone")


def test_returned_mail_of_whom_his_number_may_reach_waits_for_what_the_platform_says(
    database: Database, universe: FrozenUniverse
) -> None:
    bank = NotifyingBank(database, universe)
    begin(bank)
    bank.plan()
    move(database, bank.case("0001"), CaseStatus.SENT)
    comes_back(bank)
    bank.plan()
    due_at = bank.member("0001")["due_at"]
    universe.advance(timedelta(minutes=1))
    bank.plan()
    assert (bank.member("0001")["due_at"], bank.member("0001")["held_by"]) == (due_at, "notification")
    bank.send()
    universe.advance(WITHIN)
    bank.round()
    assert bank.state() == "undelivered"


def test_a_letter_that_came_back_long_ago_hurries_nobody_who_is_unreached_for_another_reason(
    bank: CampaignBank,
) -> None:
    letter_comes_back(bank)
    move(bank.database, bank.case("0001"), CaseStatus.SENT)
    bank.universe.advance(timedelta(minutes=1))
    comes_back(bank, "blocked")
    bank.plan()
    due_at = bank.member("0001")["due_at"]
    assert bank.database.run_read(campaign_steps.returned) == []
    bank.universe.advance(timedelta(minutes=1))
    bank.plan()
    assert bank.member("0001")["due_at"] == due_at
    assert [step for step, *_ in bank.steps("0001")] == ["notice", "invitation"]


def test_who_is_made_due_again_and_again_lets_the_campaigns_rest(
    bank: CampaignBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter_comes_back(bank)
    monkeypatch.setattr(campaign_steps, "hurry", lambda *arguments: 1)
    bank.plan()
