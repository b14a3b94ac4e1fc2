"""Seen, there, put off, passed on: what the console keeps about conversations, on both databases."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from bot.console.queue import find_slip, list_slips
from storage import passing_on, snoozes, staff, visits
from storage.database import Database
from storage.staff import StaffMember
from storage.universe import FrozenUniverse
from tests.bot.console.house import Bank, seed


@pytest.fixture
def bank(database: Database, universe: FrozenUniverse) -> Bank:
    return seed(database, universe)


def member(bank: Bank, login: str) -> StaffMember:
    found = bank.database.run_read(lambda conn: staff.find_staff(conn, login))
    assert found is not None
    return found[0]


def give(bank: Bank, name: str, login: str) -> int | None:
    """Pass the conversation on under its present epoch."""
    epoch, to = bank.conversation(name).epoch, member(bank, login).id
    conversation_id = bank.conversation_id(name)
    return bank.database.run(lambda conn: passing_on.pass_on(conn, conversation_id, to=to, seen_epoch=epoch))


def sees(bank: Bank, login: str, name: str) -> bool:
    who = member(bank, login)
    return bank.database.run_read(lambda conn: find_slip(conn, who, bank.refs[name])) is not None


def names(bank: Bank, login: str, folder: str) -> list[str]:
    who, now = member(bank, login), bank.universe.now()
    by_ref = {ref: name for name, ref in bank.refs.items()}
    return [by_ref[s.ref] for s in bank.database.run_read(lambda conn: list_slips(conn, who, folder, now))]


def test_whoever_passes_it_on_no_longer_sees_it_until_the_owner_changes_again(bank: Bank) -> None:
    assert give(bank, "waiting_long", "sato") == 1
    assert sees(bank, "sato", "waiting_long")
    assert give(bank, "waiting_long", "kato") == 2
    assert (bank.conversation("waiting_long").owner_staff_id, sees(bank, "sato", "waiting_long")) == (
        member(bank, "kato").id,
        False,
    )
    assert names(bank, "sato", "staff") == []
    assert sees(bank, "suzuki", "waiting_long"), "a supervisor sees everything of his branch"
    assert sees(bank, "ono", "waiting_long"), "a colleague who never had it sees as much as before"
    assert give(bank, "waiting_long", "ono") == 3
    assert not sees(bank, "sato", "waiting_long"), "it is still the same takeover"
    assert not sees(bank, "kato", "waiting_long")
    assert give(bank, "waiting_long", "sato") == 4
    assert sees(bank, "sato", "waiting_long"), "it was given back to him"
    assert not sees(bank, "ono", "waiting_long")


async def test_after_handing_back_everybody_sees_it_again(bank: Bank) -> None:
    give(bank, "waiting_long", "sato")
    give(bank, "waiting_long", "kato")
    await bank.desk.hand_back(bank.conversation_id("waiting_long"), member(bank, "kato"), "")
    assert sees(bank, "sato", "waiting_long")


def test_a_stale_idea_of_the_conversation_passes_nothing_on(bank: Bank) -> None:
    conversation_id, kato = bank.conversation_id("waiting_long"), member(bank, "kato").id
    give(bank, "waiting_long", "sato")
    stale = bank.database.run(lambda conn: passing_on.pass_on(conn, conversation_id, to=kato, seen_epoch=0))
    assert stale is None
    assert bank.conversation("waiting_long").owner_staff_id == member(bank, "sato").id
    assert sees(bank, "sato", "waiting_long")
    assert give(bank, "over", "kato") is None, "what was erased belongs to nobody"


def test_put_off_until_a_time_or_until_the_customer_writes(bank: Bank) -> None:
    for name, hours in (("waiting_long", 1), ("waiting_short", None)):
        give(bank, name, "sato")
        conversation = bank.conversation(name)
        until = None if hours is None else bank.universe.now() + timedelta(hours=hours)
        sato = member(bank, "sato").id
        put_off = partial(snoozes.snooze, uni=bank.universe, conversation=conversation, staff_id=sato, until=until)
        bank.database.run(put_off)
    assert (names(bank, "sato", "mine"), sorted(names(bank, "sato", "snoozed"))) == (
        [],
        ["waiting_long", "waiting_short"],
    )
    assert sorted(names(bank, "sato", "staff")) == ["waiting_long", "waiting_short"], "a supervisor still finds them"
    bank.universe.advance(timedelta(hours=1))
    assert names(bank, "sato", "mine") == ["waiting_long"]
    bank.customer_says("waiting_short", "もしもし")
    assert sorted(names(bank, "sato", "mine")) == ["waiting_long", "waiting_short"]


def test_a_change_of_owner_and_waking_end_it(bank: Bank) -> None:
    give(bank, "waiting_long", "sato")
    conversation, sato = bank.conversation("waiting_long"), member(bank, "sato").id
    bank.database.run(lambda conn: snoozes.snooze(conn, bank.universe, conversation, sato, None))
    now = bank.universe.now()
    assert bank.database.run_read(lambda conn: snoozes.snoozed_until(conn, conversation.id, now)) == (True, None)
    give(bank, "waiting_long", "kato")
    assert names(bank, "kato", "mine") == ["waiting_long"]
    later = bank.conversation("waiting_long")
    bank.database.run(lambda conn: snoozes.snooze(conn, bank.universe, later, member(bank, "kato").id, None))
    bank.database.run(lambda conn: snoozes.wake(conn, later.id))
    assert names(bank, "kato", "mine") == ["waiting_long"]


def test_who_is_there_is_forgotten_by_itself(bank: Bank) -> None:
    conversation_id, uni = bank.conversation_id("waiting_long"), bank.universe
    sato, kato = member(bank, "sato").id, member(bank, "kato").id

    def there() -> list[tuple[str, bool]]:
        present = bank.database.run_read(lambda conn: visits.who_is_there(conn, conversation_id, uni.now()))
        return [(one.login, one.typing) for one in present]

    bank.database.run(lambda conn: visits.note_here(conn, uni, conversation_id, sato))
    bank.database.run(lambda conn: visits.note_typing(conn, uni, conversation_id, kato))
    assert there() == [("kato", True), ("sato", False)]
    uni.advance(visits.TYPING_FOR)
    assert there() == [("kato", False), ("sato", False)]
    bank.database.run(lambda conn: visits.note_left(conn, conversation_id, kato))
    assert there() == [("sato", False)]
    uni.advance(visits.HERE_FOR)
    assert there() == []


def test_unread_is_each_members_own(bank: Bank) -> None:
    def unread(login: str) -> bool:
        who = member(bank, login)
        slip = bank.database.run_read(lambda conn: find_slip(conn, who, bank.refs["waiting_long"]))
        assert slip is not None
        return slip.unread

    conversation_id, sato = bank.conversation_id("waiting_long"), member(bank, "sato").id
    assert unread("sato")
    bank.database.run(lambda conn: visits.note_seen(conn, bank.universe, conversation_id, sato))
    assert (unread("sato"), unread("kato")) == (False, True)
    bank.universe.advance(timedelta(seconds=1))
    bank.customer_says("waiting_long", "まだですか")
    assert unread("sato")
