"""The figures of the day: who waited how long and why, who is there, within a branch, along an index."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, insert, select

from storage import hand_overs, second_factors, staff
from storage.branches import WHOLE_BANK, Branches
from storage.conversations import claim_conversation
from storage.database import Database
from storage.supervision import Period, line, online, periods
from storage.tables import HandOverRow, table_of
from storage.universe import FrozenUniverse
from tests.conftest import START
from tests.storage.conftest import Scene, import_rows, master_row
from tests.storage.plans import plan_of

_hand_over = table_of(HandOverRow)
HOUR = timedelta(hours=1)


def waited(database: Database, scene: Scene, seconds: list[int | None], reason: str = "customer_asked") -> None:
    """Hand-overs that are over, one for each."""
    now, uni = database.universe.now(), database.universe
    rows = [
        {
            "id": uni.new_id(),
            "conversation_id": scene.conversation.id,
            "reason": reason,
            "state": "ended",
            "asked_at": now,
            "waited_seconds": one,
            "ended_at": now,
            "epoch": 1,
        }
        for one in seconds
    ]
    database.run(lambda conn: conn.execute(insert(_hand_over), rows))


def figures(database: Database, since: datetime = START, branches: Branches = WHOLE_BANK) -> Period:
    (found,) = database.run_read(lambda conn: periods(conn, (since,), branches))
    return found


def test_half_and_nine_of_ten_are_those_that_waited(database: Database, scene: Scene) -> None:
    waited(database, scene, [60 * minute + 59 for minute in range(1, 11)] + [None, None])
    found = figures(database)
    assert (found.hand_overs, found.waited) == (12, 10)
    assert (found.half, found.most) == (timedelta(minutes=5), timedelta(minutes=9))


def test_nobody_waited(database: Database, scene: Scene) -> None:
    found = figures(database)
    assert (found.hand_overs, found.waited, found.half, found.most, found.reasons) == (0, 0, None, None, {})


def test_one_wait_is_half_and_nine_of_ten(database: Database, scene: Scene) -> None:
    waited(database, scene, [30])
    found = figures(database)
    assert found.half == found.most == timedelta(0)


def test_reasons_are_counted_without_what_follows_the_colon(
    database: Database, scene: Scene, universe: FrozenUniverse
) -> None:
    waited(database, scene, [1], "handover:income")
    universe.advance(HOUR)
    waited(database, scene, [1, 1], "handover:occupation")
    waited(database, scene, [1], "customer_asked")
    found = figures(database)
    assert list(found.reasons.items()) == [("handover", 3), ("customer_asked", 1)]
    both = database.run_read(lambda conn: periods(conn, (START + HOUR, START), WHOLE_BANK))
    assert both == [figures(database, START + HOUR), found]
    assert both[0].reasons == {"handover": 2, "customer_asked": 1}


def test_a_hand_over_counts_for_the_branch_in_which_it_began(
    database: Database, scene: Scene, another_scene: Scene, universe: FrozenUniverse
) -> None:
    def ask(conn: Connection) -> None:
        for one in (scene, another_scene):
            hand_overs.begin(conn, universe, one.conversation.id, reason="customer_asked", topic=None, epoch=1)

    import_rows(database, [master_row("0000123"), master_row("0000456", branch_no="200")])
    database.run(ask)
    import_rows(database, [master_row("0000123", branch_no="300"), master_row("0000456", branch_no="300")])
    asked = ("", "012", "200", "300", "200 300", "012 200")
    counted = {one: figures(database, branches=Branches.read(one)).hand_overs for one in asked}
    assert counted == {"": 2, "012": 1, "200": 1, "300": 0, "200 300": 1, "012 200": 2}


@pytest.mark.parametrize(
    ("put_off", "asked_before", "counted"),
    [(False, timedelta(minutes=4), 240), (True, timedelta(hours=10), None), (False, timedelta(0), None)],
)
def test_a_wait_is_noted_at_the_first_claim(
    database: Database,
    scene: Scene,
    universe: FrozenUniverse,
    put_off: bool,
    asked_before: timedelta,
    counted: int | None,
) -> None:
    conversation_id = scene.conversation.id

    def ask(conn: Connection) -> None:
        hand_overs.begin(conn, universe, conversation_id, reason="customer_asked", topic=None, epoch=1)

    def put(conn: Connection) -> None:
        found = hand_overs.open_hand_over(conn, conversation_id)
        assert found is not None
        hand_overs.put_off(conn, universe, found)

    def claim(conn: Connection) -> int | None:
        found = hand_overs.open_hand_over(conn, conversation_id)
        assert found is not None
        hand_overs.claimed(conn, universe, found)
        return conn.execute(select(_hand_over.c.waited_seconds)).scalar()

    database.run(ask)
    if put_off:
        database.run(put)
    universe.advance(asked_before)
    assert database.run(claim) == counted
    universe.advance(HOUR)
    assert database.run(claim) == counted, "a second member of staff changes nothing"


def test_who_is_signed_in_and_what_each_has_in_hand(database: Database, scene: Scene, universe: FrozenUniverse) -> None:
    ids = {}
    for login, numbers in (("sato", "012 100"), ("suzuki", ""), ("mori", "200 100"), ("away", "")):
        branches = Branches.read(numbers)
        ids[login] = database.run(
            lambda conn, n=login, b=branches: staff.add_staff(conn, universe, n, "operator", b, "h").id  # type: ignore[misc]
        )
    vault = database.vault

    def sign_in(login: str, idle: timedelta = HOUR) -> None:
        database.run(
            lambda conn: staff.create_session(conn, universe, vault, ids[login], idle=idle, absolute=10 * HOUR)
        )

    sign_in("away", timedelta(minutes=1))
    sign_in("sato")
    sign_in("sato")
    universe.advance(timedelta(minutes=2))
    sign_in("mori")
    sign_in("suzuki")
    database.run(lambda conn: claim_conversation(conn, universe, scene.conversation.id, ids["sato"]))
    now = universe.now()
    seen = database.run_read(lambda conn: online(conn, now, WHOLE_BANK, None))
    assert [(one.login, one.in_hand) for one in seen] == [("mori", 0), ("suzuki", 0), ("sato", 1)]
    for asked, there in (("200", ["mori"]), ("012 300", ["sato"]), ("100", ["mori", "sato"]), ("300", [])):
        branches = Branches.read(asked)
        seen = database.run_read(lambda conn, one=branches: online(conn, now, one, None))  # type: ignore[misc]
        assert [one.login for one in seen] == there
    assert database.run_read(lambda conn: line(conn, None)).with_staff == 1
    # Between the password and the code nobody is in yet.
    database.run(lambda conn: second_factors.begin_factor(conn, vault, universe, ids["mori"], b"k" * 20))
    database.run(lambda conn: second_factors.confirm_factor(conn, universe, ids["mori"], 1))
    assert [one.login for one in database.run_read(lambda conn: online(conn, now, Branches.of("200"), None))] == []


def test_the_figures_are_read_along_their_index_alone(database: Database, scene: Scene) -> None:
    waited(database, scene, list(range(50)))
    for asked in ("", "012", "012 200"):
        branches = Branches.read(asked)
        plan = plan_of(database, lambda conn, one=branches: periods(conn, (START, START + HOUR), one))  # type: ignore[misc]
        assert plan.count("ix_hand_over_figures") == 1
        assert "Seq Scan" not in plan
        if database.dialect == "sqlite":
            assert "COVERING INDEX ix_hand_over_figures" in plan
    now_plan = plan_of(database, lambda conn: line(conn, None))
    assert "ix_conversation_owner" in now_plan
