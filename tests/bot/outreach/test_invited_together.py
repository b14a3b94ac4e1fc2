"""Invited together: what is written down for each is what would be for him alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from bot.live_content import LiveContent
from bot.talk import Rules, Talk
from dialogs.conversation import wording
from dialogs.conversation.prompts import MessageKind
from storage import accounts, conversations
from storage.content import transcript
from storage.conversations import Conversation
from storage.database import Database
from storage.universe import FrozenUniverse
from tests.bot.outreach.campaign_bank import TOKYO, CampaignBank


@pytest.fixture
def bank(database: Database, universe: FrozenUniverse) -> CampaignBank:
    return CampaignBank(database, universe)


def lobby_of(bank: CampaignBank, number: str) -> Conversation:
    def load(conn: Any) -> Conversation:
        found = conversations.lobby_of_account(conn, bank.accounts[number])
        assert found is not None
        lobby = conversations.load_conversation(conn, bank.database.vault, found)
        assert lobby is not None
        return lobby

    return bank.database.run_read(load)


def test_each_has_his_own_words_link_and_conversation(bank: CampaignBank) -> None:
    numbers = ["0001", "0002", "0003"]
    bank.customers(*numbers)
    for number in numbers:
        bank.link(number)
    linked_at = bank.universe.now()
    bank.universe.advance(timedelta(days=2))  # the day between is a holiday
    bank.begin()
    bank.plan()
    vault = bank.database.vault
    texts = []
    for number in numbers:
        lobby, account_id = lobby_of(bank, number), bank.accounts[number]
        assert (lobby.version, lobby.out_seq, lobby.event_seq) == (1, 1, 0)
        (line,) = bank.database.run_read(lambda conn, c=lobby.id: transcript(conn, vault, c))  # type: ignore[misc]
        assert (line.kind, line.delivery_state, line.at) == ("invitation", "pending", bank.universe.now())
        message = wording.from_json(line.body or {})
        assert (message.kind, message.token) == (MessageKind.INVITATION, "l0")
        assert [button.option for button in message.buttons] == ["resume", "staff"]
        texts.append(message.text)
        links = bank.database.run_read(lambda conn, a=account_id: accounts.live_links(conn, a))  # type: ignore[misc]
        (link,) = [link for link in links if link.case_id == bank.cases[number].id]
        assert (link.account_id, link.linked_at) == (account_id, linked_at)
        account = bank.database.run_read(lambda conn, a=account_id: accounts.load_account(conn, vault, a))  # type: ignore[misc]
        assert account is not None
        assert account.active_conversation_id == lobby.id
    assert len(set(texts)) == 1
    touched = bank.rows("SELECT account_id FROM account_menu WHERE touched > 0")
    assert {row.account_id for row in touched} >= set(bank.accounts.values())
    # A row of its own for each, or taking one person's words back would take everybody's.
    assert len(bank.rows("SELECT DISTINCT content_id FROM outgoing_message")) == 3


def test_what_is_said_next_comes_after_it(bank: CampaignBank) -> None:
    bank.customers("0001", "0002")
    for number in ("0001", "0002"):
        bank.link(number)
    bank.begin()
    bank.plan()
    live = LiveContent(facts={}, encoder="off")
    live._faq = bank.climbing._live._faq

    before = lobby_of(bank, "0001")

    def say(conn: Any) -> None:
        talk = Talk(conn, bank.database.vault, bank.universe, live, Rules(zone=TOKYO), bank.universe.new_id())
        talk.say(talk.lock(before.id))

    bank.database.run(say)
    assert (lobby_of(bank, "0001").version, lobby_of(bank, "0001").out_seq) == (2, 2)
    bank.universe.advance(timedelta(seconds=1))
    bank.send()
    assert [sorted(call) for call in bank.line.calls] == [], "who waits for more than the invitation goes by himself"
    assert sorted({user for user, *_ in bank.arrived()}) == ["U0001", "U0002"]


def test_a_case_that_another_account_had_is_taken_over(bank: CampaignBank) -> None:
    """He is reached by the account that was linked last, whoever began to answer by another one."""
    bank.customers("0001", "0002")
    for number in ("0001", "0002"):
        bank.link(number)
    old, case = bank.accounts["0001"], bank.cases["0001"]
    bank.database.run(lambda conn: accounts.make_link(conn, bank.universe, old, case.customer_id, case.id))
    bank.universe.advance(timedelta(seconds=1))
    new = bank.link("0001", of="new phone")
    bank.begin()
    bank.round()
    assert sorted(user for user, *_ in bank.arrived()) == ["U0002", "Unew phone"]
    ended = bank.rows("SELECT end_reason FROM account_link WHERE account_id = :a AND case_id = :c", a=old, c=case.id)
    assert [row.end_reason for row in ended] == ["moved"]
    links = bank.database.run_read(lambda conn: accounts.links_of_case(conn, case.id, live_only=True))
    assert [link.account_id for link in links] == [new]
    assert {row.state for row in bank.rows("SELECT state FROM outgoing_message")} == {"sent"}


def test_who_has_an_older_conversation_put_back_is_put_aside(bank: CampaignBank) -> None:
    """The values of an account and its conversation are opened, though nothing of them is read."""
    bank.customers("0001", "0002", "0003")
    for number in ("0001", "0002", "0003"):
        bank.link(number)
    vault = bank.database.vault

    def begin(conn: Any) -> dict[str, str]:
        wanted = {"kind": "lobby", "case_id": None, "questionnaire_sha256": None, "locale": "ja"}
        lobbies = {
            number: conversations.create_conversation(conn, vault, bank.universe, account_id=account_id, **wanted)  # type: ignore[arg-type]
            for number, account_id in bank.accounts.items()
        }
        event = {"kind": "owner_changed", "at": bank.universe.now().isoformat()}
        for number, times in (("0002", 1), ("0003", 12)):
            lobby = lobbies[number]
            lobbies[number] = conversations.save_conversation(conn, vault, lobby, [event] * times)
        return {number: lobby.id for number, lobby in lobbies.items()}

    ids = bank.database.run(begin)
    # One event was recorded by then, and not twelve.
    old = vault.seal("conversation", ids["0003"], {"event_seq": 1, "state": {}})
    bank.database.run(
        lambda conn: conn.execute(
            text("UPDATE conversation SET sealed = :s WHERE id = :i"), {"s": old, "i": ids["0003"]}
        )
    )
    bank.begin()
    bank.round()
    assert sorted(user for user, *_ in bank.arrived()) == ["U0001", "U0002"]
    assert bank.member("0003")["held_by"] == "damaged"
    found = bank.rows("SELECT subjects FROM audit_entry WHERE action = 'store.value_unreadable'")
    assert [ids["0003"] in row.subjects for row in found] == [True]
    assert lobby_of(bank, "0002").event_seq == 1
