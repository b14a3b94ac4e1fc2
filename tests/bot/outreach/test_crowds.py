"""Campaign messages by the hundred: more people than a claim has batches, none before his turn, nobody twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from bot import delivery
from dialogs.conversation import wording
from dialogs.conversation.prompts import Message, MessageKind
from storage.accounts import lock_account
from storage.claims import _HEADS
from storage.content import save_content
from storage.conversations import create_conversation
from storage.database import Database
from storage.outgoing import OutgoingBatch, insert_outgoing
from storage.sending.crowd import hold_crowd
from storage.universe import FrozenUniverse
from tests.bot.outreach.campaign_bank import CampaignBank
from tests.bot.outreach.test_one_call_for_many import claim, planned, states, users
from tests.conftest import OpenDatabase
from tests.storage.plans import plan_of

_QUESTION = wording.to_json(Message(kind=MessageKind.QUESTION, text="?"))


@pytest.fixture
def bank(database: Database, universe: FrozenUniverse) -> CampaignBank:
    return CampaignBank(database, universe)


def people_of(batches: list[OutgoingBatch]) -> list[str]:
    return [one.user_id.reveal() for one in batches]


def answer(bank: CampaignBank, number: str) -> str:
    """Something that this customer has asked for waits for him as well."""
    uni, vault = bank.universe, bank.database.vault

    def write(conn: Any) -> str:
        account = lock_account(conn, vault, bank.accounts[number])
        assert account is not None
        talk = create_conversation(
            conn, vault, uni, kind="case", account_id=account.id, case_id=bank.cases[number].id,
            questionnaire_sha256=None, locale="ja",
        )  # fmt: skip
        return insert_outgoing(
            conn, vault, uni, conversation=talk, kind="question", body=_QUESTION, turn_id=uni.new_id(), epoch=0,
            reply_token=None, reply_until=None,
        )  # fmt: skip

    return bank.database.run(write)


def test_a_crowd_comes_on_top_of_the_limit(bank: CampaignBank) -> None:
    people = planned(bank, 12)
    first = claim(bank, "s", limit=3, crowd=9)
    assert people_of(first) == people[:9]
    assert len({one.retry_key for one in first}) == 1
    assert people_of(claim(bank, "s", limit=3, crowd=9)) == people[9:]
    assert claim(bank, "s", limit=3, crowd=9) == []


def test_who_has_asked_comes_before_the_crowd_and_may_come_alone(bank: CampaignBank) -> None:
    people = planned(bank, 6)
    for number in ("0004", "0005"):
        answer(bank, number)
    both = claim(bank, "s", limit=1, crowd=9)
    assert [(one.is_shared, one.user_id.reveal()) for one in both] == [(False, "U0004")], "no room for anybody else"
    assert people_of(claim(bank, "s", limit=5, crowd=9, answers_only=True)) == ["U0005"]
    assert claim(bank, "s", limit=5, crowd=9, answers_only=True) == []
    assert people_of(claim(bank, "s", limit=5, crowd=9)) == people


def test_what_waits_behind_something_else_is_in_no_crowd(bank: CampaignBank) -> None:
    people = planned(bank, 4)
    found = "SELECT * FROM outgoing_message ORDER BY id LIMIT 1 OFFSET 1"

    def write(conn: Any) -> None:
        row = dict(conn.execute(text(found)).one()._mapping)
        row |= {"id": bank.universe.new_id(), "retry_key": bank.universe.new_id(), "kind": "notice", "seq": 0}
        names = ", ".join(row)
        places = ", ".join(f":{name}" for name in row)
        conn.execute(text(f"INSERT INTO outgoing_message ({names}) VALUES ({places})"), row)

    bank.database.run(write)
    batches = claim(bank, "s", crowd=9)
    assert sorted(people_of([one for one in batches if one.is_shared])) == [people[0], *people[2:]]
    (his,) = [one for one in batches if not one.is_shared]
    assert [message.kind for message in his.messages] == ["notice", "invitation"]


def test_a_crowd_in_which_everybody_gets_something_else_keeps_to_the_limit(bank: CampaignBank) -> None:
    people = planned(bank, 8)

    def write(conn: Any) -> None:
        rows = conn.execute(text("SELECT id, conversation_id FROM outgoing_message ORDER BY id")).all()
        for place, row in enumerate(rows):
            other = save_content(
                conn,
                bank.database.vault,
                bank.universe,
                row.conversation_id,
                direction="out",
                body={"text": f"{place}"},
            )
            conn.execute(text("UPDATE outgoing_message SET content_id = :c WHERE id = :i"), {"c": other, "i": row.id})

    bank.database.run(write)
    first = claim(bank, "s", limit=3, crowd=9)
    assert people_of(first) == people[:3]
    assert not any(one.is_shared for one in first)
    # What was found and not taken is as it was.
    assert people_of(claim(bank, "s", limit=9, crowd=9)) == people[3:]


def test_one_that_does_not_open_is_missed_by_nobody_else(bank: CampaignBank) -> None:
    people = planned(bank, 5)
    other = "UPDATE channel_account SET sealed = (SELECT sealed FROM channel_account WHERE id = :o) WHERE id = :b"
    values = {"o": bank.accounts["0001"], "b": bank.accounts["0003"]}
    bank.database.run(lambda conn: conn.execute(text(other), values))
    assert people_of(claim(bank, "s", crowd=9)) == [*people[:2], *people[3:]]
    assert [state for state, _ in states(bank)] == ["leased", "leased", "failed", "leased", "leased"]


async def test_two_senders_take_different_crowds(open_database: OpenDatabase, universe: FrozenUniverse) -> None:
    banks = [CampaignBank(open_database(), universe) for _ in range(2)]
    people = await asyncio.to_thread(planned, banks[0], 30)
    found = await asyncio.gather(
        *(asyncio.to_thread(claim, bank, f"s{at}", limit=3, crowd=15) for at, bank in enumerate(banks))
    )
    assert sorted(one for batches in found for one in people_of(batches)) == people
    assert len({one.retry_key for batches in found for one in batches}) == 2


async def test_an_answer_leaves_while_a_crowd_gathers(
    open_database: OpenDatabase, universe: FrozenUniverse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "_GATHER", 3600)
    bank = CampaignBank(open_database(), universe)
    people = await asyncio.to_thread(planned, bank, 3)
    sending = asyncio.create_task(bank.sender.run())

    async def until(count: int) -> None:
        async with asyncio.timeout(20):
            while len(bank.line.sent) < count:  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    await until(3)
    assert [sorted(call) for call in bank.line.calls] == [people]
    # All are due once more, and one has asked for something.
    once_more = "UPDATE outgoing_message SET state = 'pending', attempts = 0, batch_key = NULL"
    await bank.database.transact(lambda conn: conn.execute(text(once_more)))
    await asyncio.to_thread(answer, bank, "0002")
    bank.sender.wake()
    await until(4)
    assert bank.line.sent[3][0] == "U0002"
    assert len(bank.line.calls) == 1
    bank.sender.finish()
    await sending
    assert sorted(state for state, _ in states(bank)) == [*["pending"] * 3, "sent"]
    assert users(bank) == sorted([*people, "U0002"])


def test_a_crowd_is_not_sought_among_all_accounts(database: Database) -> None:
    plan = plan_of(database, lambda conn: hold_crowd(conn, ["line"], database.universe.now(), 500))
    assert "ix_outgoing_message_due" in plan
    for table in ("channel_account", "conversation", "content", "outgoing_message"):
        assert f"SCAN {table}" not in plan
        assert f"Seq Scan on {table}" not in plan


def test_the_place_in_a_conversation_is_looked_up_and_not_joined(bank: CampaignBank) -> None:
    """Where nothing was open when the database last counted, a join goes through all that wait for each of them."""
    bank.database.run(lambda conn: conn.execute(text("ANALYZE outgoing_message")))
    planned(bank, 3)
    for ask in (lambda conn: hold_crowd(conn, ["line"], bank.universe.now(), 500), lambda conn: heads_of(bank, conn)):
        plan = plan_of(bank.database, ask)
        assert "Anti Join" not in plan
        assert "ix_outgoing_message_due" in plan


def heads_of(bank: CampaignBank, conn: Any) -> list[Any]:
    return _HEADS[False].rows(conn, {"now": bank.universe.now(), "heads": 50})
