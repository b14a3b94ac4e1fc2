"""Somebody changed or swapped what is stored: nothing wrong is said, nothing loops, a person has the customer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Connection, text

from bot.console.desk import Damaged
from storage.inbound import stale_undone
from storage.undelivered import undelivered
from tests.e2e.conftest import on_both
from tests.e2e.house import House, half_way, say

pytestmark = on_both


def damage(house: House, table: str, where: str = "1 = 1") -> int:
    """Flip the last bit of the sealed values of some rows."""

    def flip(conn: Connection) -> int:
        rows = conn.execute(text(f"SELECT * FROM {table} WHERE {where}")).mappings().all()
        for row in rows:
            blob = bytes(row["sealed"])
            place = {"old": blob, "new": blob[:-1] + bytes([blob[-1] ^ 1])}
            conn.execute(text(f"UPDATE {table} SET sealed = :new WHERE sealed = :old"), place)
        return len(rows)

    return house.database.run(flip)


def swap(house: House, table: str) -> int:
    """Give two rows each other's sealed value."""

    def exchange(conn: Connection) -> int:
        one, two = conn.execute(text(f"SELECT id, sealed FROM {table} ORDER BY id LIMIT 2")).all()
        put = text(f"UPDATE {table} SET sealed = :sealed WHERE id = :id")
        conn.execute(put, [{"id": one.id, "sealed": two.sealed}, {"id": two.id, "sealed": one.sealed}])
        return 2

    return house.database.run(exchange)


def recorded(house: House) -> set[str]:
    rows = house.rows("SELECT subjects FROM audit_entry WHERE action = 'store.value_unreadable'")
    return {row.subjects.split('"table":"')[1].partition('"')[0] for row in rows}


@pytest.mark.parametrize("tamper", [damage, swap])
async def test_a_conversation_that_does_not_open_goes_to_a_person(
    house: House, tamper: Callable[[House, str], int]
) -> None:
    customer = house.on_line()
    await half_way(customer, "0000102")
    before = house.conversation_of("0000102")
    assert tamper(house, "conversation") == 2
    heard = await customer.types("東京都")
    assert [bubble.text for bubble in heard] == [say("handover.bot_failed")]
    # Every later message is kept too, answered with 200, and nothing is said twice.
    assert await customer.types("もしもし") == []
    (row,) = house.rows("SELECT owner, epoch FROM conversation WHERE id = :c", c=before.id)
    assert (row.owner, row.epoch) == ("waiting", before.epoch + 1)
    kept = house.rows(
        "SELECT attempts, done_at FROM inbound_event WHERE conversation_id = :c AND done_at IS NULL", c=before.id
    )
    assert [one.attempts for one in kept] == [1, 1]
    assert recorded(house) == {"conversation"}
    house.advance(minutes=5)
    assert house.database.run_read(lambda conn: stale_undone(conn, house.universe.now())) == []


async def test_a_lobby_that_does_not_open_goes_to_a_person(house: House) -> None:
    customer = house.on_telegram()
    await customer.opens(house.letter("0000102").code)
    assert damage(house, "conversation") == 1
    heard = await customer.types("1980-01-01")
    assert [bubble.text for bubble in heard] == [say("handover.bot_failed")]
    assert await customer.types("1980-01-01") == []
    assert house.rows("SELECT owner FROM conversation")[0].owner == "waiting"


async def test_an_older_snapshot_put_back_is_noticed(house: House) -> None:
    customer = house.on_line()
    await half_way(customer, "0000102")
    place = {"c": house.conversation_of("0000102").id}
    older = house.rows("SELECT sealed FROM conversation WHERE id = :c", **place)[0].sealed
    await customer.answers()
    put = text("UPDATE conversation SET sealed = :sealed WHERE id = :c")
    house.database.run(lambda conn: conn.execute(put, {**place, "sealed": older}))
    heard = await customer.types("東京都")
    assert [bubble.text for bubble in heard] == [say("handover.bot_failed")]
    assert recorded(house) == {"conversation"}


async def test_an_account_that_does_not_open_is_mended_by_its_own_user(house: House) -> None:
    customer, other = house.on_line(), house.on_line()
    await half_way(customer, "0000102")
    await half_way(other, "0000101")
    swap(house, "channel_account")
    heard = await customer.types("東京都千代田区千代田1-1")
    assert heard, "who writes is known by the keyed digest of his id, and is answered"
    assert recorded(house) == {"channel_account"}
    assert customer.account().user_id.reveal() == customer.user_id
    assert await other.types("東京都千代田区千代田1-1")


async def test_an_event_that_was_left_over_and_does_not_open_stops_nobody(house: House) -> None:
    customer = house.on_line()
    await half_way(customer, "0000102")
    place = {"c": house.conversation_of("0000102").id}
    last = "(SELECT max(id) FROM inbound_event WHERE conversation_id = :c)"
    undo = text(f"UPDATE inbound_event SET done_at = NULL WHERE id = {last}")
    house.database.run(lambda conn: conn.execute(undo, place))
    assert damage(house, "inbound_event", "done_at IS NULL") == 1
    house.advance(minutes=1)
    assert await house.service.turns.sweep() == 1
    await house.settle()
    assert await house.service.turns.sweep() == 0
    assert customer.person.received()[-1].text == say("handover.bot_failed")
    assert recorded(house) == {"inbound_event"}
    assert house.conversation_of("0000102").owner == "waiting"


async def test_what_the_bank_holds_does_not_open(house: House) -> None:
    """Met inside the step: the customer hears so once, and a person takes over."""
    customer = house.on_line()
    await customer.opens(house.letter("0000102").code)
    damage(house, "master_record")
    await customer.taps("same")
    await customer.types(house.letter("0000102").master["birth_date"])
    assert customer.said.count(say("handover.bot_failed")) <= 1
    assert "master_record" in recorded(house)
    assert house.rows("SELECT count(*) AS n FROM conversation WHERE owner = 'waiting'")[0].n == 1


async def test_a_message_that_does_not_open_is_on_the_worklist(house: House) -> None:
    customer = house.on_line()
    await half_way(customer, "0000102")
    await customer.types("東京都", settle=False)
    damage(house, "content", "direction = 'out' AND id = (SELECT max(content_id) FROM outgoing_message)")
    await house.settle()
    (lost,) = house.database.run_read(undelivered)
    assert (lost.state, lost.detail) == ("failed", "unreadable")
    assert recorded(house) == {"content"}


async def test_a_submission_that_does_not_open_goes_to_a_person_and_holds_up_no_other(house: House) -> None:
    from datetime import date
    from zoneinfo import ZoneInfo

    from storage.reconciliation.worker import Reconciler

    one, two = house.on_line(), house.on_line()
    for customer, number in ((one, "0000102"), (two, "0000101")):
        await customer.links(number)
        await customer.answers_all()
    case_id = house.case("0000102").id
    assert damage(house, "submission", f"case_id = '{case_id}'") == 1
    reconciler = Reconciler(next_due=lambda *_: date(2029, 1, 1), zone=ZoneInfo("Asia/Tokyo"))
    assert reconciler.run(house.database).submissions == 2
    assert reconciler.run(house.database).submissions == 0
    assert house.case("0000102").status == "70"
    assert recorded(house) == {"submission"}


async def test_staff_see_what_can_be_read_and_cannot_go_on_in_the_chat(house: House) -> None:
    customer = house.on_line()
    await half_way(customer, "0000102")
    conversation_id = house.conversation_of("0000102").id
    damage(house, "conversation")
    await customer.types("東京都")
    view = await house.service.desk.view(conversation_id)
    assert (view.damaged, view.owner, view.answers) == (True, "waiting", ())
    assert view.check_number
    with pytest.raises(Damaged):
        await house.service.desk.claim(conversation_id, house.staff_member())
    assert house.rows("SELECT owner FROM conversation WHERE id = :c", c=conversation_id)[0].owner == "waiting"
