"""A customer with two accounts: a message goes where he is answering, and never takes a form out of his hands."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import update

from storage import accounts
from storage.campaign_members import preview
from storage.campaigns import Rule
from storage.conversations import create_conversation
from storage.database import Database
from storage.tables import ConversationRow, table_of
from storage.universe import FrozenUniverse
from tests.bot.outreach.campaign_bank import TOKYO, CampaignBank

_conversation = table_of(ConversationRow)
REMINDED = datetime(2026, 11, 30, 9, 0, tzinfo=TOKYO)


@pytest.fixture
def bank(database: Database, universe: FrozenUniverse) -> CampaignBank:
    """One customer, invited in LINE."""
    bank = CampaignBank(database, universe)
    bank.customers("0001")
    bank.link("0001")
    bank.begin()
    bank.run_until(date(2026, 11, 17))
    assert [user for user, *_ in bank.line.sent] == ["U0001", "U0001"]
    bank.line.sent.clear()
    return bank


def begin(bank: CampaignBank) -> None:
    """He opens the form there."""
    case, account_id = bank.cases["0001"], bank.accounts["0001"]
    uni, vault = bank.universe, bank.database.vault
    his = {"account_id": account_id, "case_id": case.id, "questionnaire_sha256": None, "locale": "ja"}
    bank.database.run(lambda conn: create_conversation(conn, vault, uni, kind="case", **his))


def holder(bank: CampaignBank) -> str:
    """The account that holds the case."""
    case_id = bank.cases["0001"].id
    (link,) = bank.database.run_read(lambda conn: accounts.links_of_case(conn, case_id, live_only=True))
    return link.account_id


def test_a_reminder_goes_where_he_has_begun_although_he_has_linked_another_since(bank: CampaignBank) -> None:
    begin(bank)
    old = bank.accounts["0001"]
    bank.link("0001", "telegram")
    bank.go_to(REMINDED)
    bank.round()
    assert [user for user, *_ in bank.line.sent] == ["U0001"]
    assert bank.telegram.sent == []
    assert holder(bank) == old


def test_who_has_begun_on_an_account_that_blocks_us_is_reached_by_the_other_one(bank: CampaignBank) -> None:
    begin(bank)
    old = bank.accounts["0001"]
    bank.link("0001", "telegram")
    bank.database.run(lambda conn: accounts.set_account_state(conn, old, "blocked"))
    bank.go_to(REMINDED)
    bank.round()
    assert [user for user, *_ in bank.telegram.sent] == ["U0001"]
    assert holder(bank) == bank.accounts["0001"] != old


def test_who_is_writing_by_another_account_is_left_alone_until_he_is_done(bank: CampaignBank) -> None:
    """Another review of his, another account: he is answering all the same."""
    old = bank.accounts["0001"]
    bank.link("0001", "telegram")
    bank.go_to(REMINDED)
    bank.hear(old)
    bank.round()
    assert bank.arrived() == []
    assert bank.member("0001")["held_by"] == "answering"
    bank.universe.advance(timedelta(minutes=61))
    bank.round()
    assert [user for user, *_ in bank.telegram.sent] == ["U0001"]


def test_the_preview_counts_him_where_he_will_be_written_to(bank: CampaignBank) -> None:
    def counted() -> dict[str, int]:
        rule, day = Rule(again=True), date(2026, 11, 17)
        found = bank.database.run_read(lambda conn: preview(conn, rule, day))
        return dict(found.by_channel) if found.chosen else {"busy": found.busy}

    assert counted() == {"busy": 1}
    begin(bank)
    bank.link("0001", "telegram")
    bank.database.run(lambda conn: conn.exec_driver_sql("UPDATE campaign_member SET left_at = joined_at"))
    assert counted() == {"line": 1, "telegram": 0, "letter": 0}


def test_that_one_is_writing_keeps_nobody_else_waiting(database: Database, universe: FrozenUniverse) -> None:
    bank = CampaignBank(database, universe)
    bank.customers("0001", "0002")
    bank.link("0001")
    bank.link("0002")
    bank.begin()
    bank.run_until(date(2026, 11, 17))
    bank.line.sent.clear()
    bank.go_to(REMINDED)
    bank.hear(bank.accounts["0001"])
    bank.round()
    assert [user for user, *_ in bank.line.sent] == ["U0002"]
    assert bank.member("0001")["held_by"] == "answering"


@pytest.mark.parametrize("what", ["writes", "with_staff"])
def test_what_another_customer_does_holds_back_nobody_else(bank: CampaignBank, what: str) -> None:
    other = "0002"
    bank.customers(other)
    account_id = bank.link(other, "telegram")
    bank.begin("c2")
    bank.run_until(date(2026, 11, 29))
    bank.line.sent.clear()
    bank.go_to(REMINDED)
    if what == "writes":
        bank.hear(account_id)
    else:
        his = update(_conversation).where(_conversation.c.account_id == account_id).values(owner="staff")
        bank.database.run(lambda conn: conn.execute(his))
    bank.round()
    assert [user for user, *_ in bank.line.sent] == ["U0001"]
