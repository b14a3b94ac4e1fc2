"""Where the audit record cannot be written, no turn and no deed of staff takes place, and the platform hears 503."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from storage.tables import metadata
from tests.e2e.conftest import on_both
from tests.e2e.house import House, half_way, post_line

pytestmark = on_both

_FUNCTION = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no room'; END $$"
_REFUSE = {
    "sqlite": [
        "CREATE TRIGGER no_audit BEFORE INSERT ON audit_entry BEGIN SELECT RAISE(ABORT, 'no room'); END",
    ],
    "postgresql": [
        _FUNCTION,
        "CREATE TRIGGER no_audit BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION refuse()",
    ],
}


def without_audit(house: House) -> None:
    for statement in _REFUSE[house.database.dialect]:
        house.database.run(lambda conn, s=statement: conn.exec_driver_sql(s))  # type: ignore[misc]


def everything(house: House) -> dict[str, list[Any]]:
    return {name: sorted(map(repr, house.rows(f"SELECT * FROM {name}"))) for name in metadata.tables}


async def test_a_turn_that_links_is_not_stored(house: House) -> None:
    customer = house.on_line()
    number = "0000102"
    await customer.opens(house.letter(number).code)
    await customer.taps("same")
    await customer.types(house.letter(number).master["birth_date"])
    without_audit(house)
    before = everything(house)
    text = {"type": "text", "id": "1", "text": house.letter(number).master["phone"][-4:], "quoteToken": "q"}
    event = {
        "type": "message",
        "mode": "active",
        "timestamp": int(house.universe.now().timestamp() * 1000),
        "source": {"type": "user", "userId": customer.user_id},
        "webhookEventId": "01FZ74A0TDDPYRVKNK77XKC3ZR",
        "deliveryContext": {"isRedelivery": False},
        "replyToken": "r" * 32,
        "message": text,
    }
    assert await post_line(house, event) == 503
    assert everything(house) == before
    # With room again the platform's next delivery is taken.
    drop = "DROP TRIGGER no_audit" + ("" if house.database.dialect == "sqlite" else " ON audit_entry")
    house.database.run(lambda conn: conn.exec_driver_sql(drop))
    assert await post_line(house, event) == 200
    assert "link.made" in house.audited()


Deed = Callable[[House, str, Any], Awaitable[object]]
DEEDS: dict[str, Deed] = {
    "claim": lambda house, where, who: house.service.desk.claim(where, who),
    "say": lambda house, where, who: house.service.desk.say(where, who, "お電話いたします。"),
    "hand back": lambda house, where, who: house.service.desk.hand_back(where, who, ""),
    "release": lambda house, where, who: house.service.desk.release(where, who, "交代"),
}


@pytest.mark.parametrize("deed", DEEDS)
async def test_a_deed_of_staff_is_not_done(house: House, deed: str) -> None:
    customer = house.on_line()
    await half_way(customer, "0000102")
    where, who = house.conversation_of("0000102").id, house.staff_member()
    if deed != "claim":
        await house.service.desk.claim(where, who)
    without_audit(house)
    before = everything(house)
    with pytest.raises(DBAPIError, match="no room"):
        await DEEDS[deed](house, where, who)
    assert everything(house) == before
