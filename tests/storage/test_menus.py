"""Menus on both databases: what marks an account, who may take the mark off, and what the menu follows from."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from dialogs.personal import Personal
from storage import menus
from storage.accounts import (
    end_link,
    live_links,
    make_link,
    set_account_locale,
    set_account_state,
    set_active_conversation,
    upsert_account,
)
from storage.cases import CaseStatus, move_case
from storage.database import Database
from storage.erasing import erase_customer
from storage.menus import DueMenu
from storage.universe import FrozenUniverse
from tests.storage.conftest import Scene, set_scene

LEASE = timedelta(minutes=3)


@pytest.fixture
def scene(database: Database) -> Scene:
    return set_scene(database, user="U" + "1" * 32)


def claim(database: Database, owner: str = "one", limit: int = 10) -> list[DueMenu]:
    uni = database.universe
    return database.run(
        lambda conn: menus.claim_menus(conn, database.vault, uni, owner=owner, lease=LEASE, limit=limit)
    )


def settle(database: Database, rows: list[DueMenu], shown: str = "m-1", owner: str = "one") -> int:
    return database.run(lambda conn: menus.settle_menus(conn, rows, owner=owner, shown=shown))


def settle_all(database: Database) -> None:
    settle(database, claim(database))
    assert claim(database) == []


def due(database: Database) -> int:
    return database.run_read(lambda conn: menus.count_due_menus(conn, "line"))


def make_live(database: Database, menu_id: str) -> None:
    """Make this the live menu, and go through the accounts one by one."""
    database.run(lambda conn: menus.set_live_menus(conn, database.universe, "line", {"open-ja": menu_id}))
    after: str | None = ""
    while after is not None:
        after = database.run(lambda conn, a=after: menus.mark_behind(conn, "line", after=a, limit=1))


def test_who_is_linked_is_marked_with_all_that_the_menu_follows_from(database: Database, scene: Scene) -> None:
    [row] = claim(database)
    assert row.account_id == scene.account.id
    assert row.user_id.reveal() == "U" + "1" * 32
    assert (row.linked, row.answerable, row.locale, row.is_blocked, row.shown) == (True, True, "ja", False, "")
    assert settle(database, [row]) == 1
    assert (claim(database), due(database)) == ([], 0)


def test_everything_that_may_change_a_menu_marks_the_account(database: Database, scene: Scene) -> None:
    uni, account = database.universe, scene.account
    other = database.run(lambda conn: upsert_account(conn, database.vault, uni, "line", Personal("U" + "2" * 32), "ja"))

    def unlink(conn: Connection) -> None:
        for link in live_links(conn, account.id):
            end_link(conn, uni, link.id, "customer")

    def move(conn: Connection, to: CaseStatus) -> None:
        move_case(conn, uni, scene.case.id, to, actor="test", reason="test")

    settle_all(database)
    seen: list[tuple[bool, bool, str, bool]] = []
    for change in (
        lambda conn: set_account_locale(conn, account.id, "en"),
        lambda conn: set_account_state(conn, account.id, "blocked"),
        lambda conn: set_account_state(conn, account.id, "active"),
        lambda conn: set_active_conversation(conn, account.id, scene.conversation.id),
        lambda conn: move(conn, CaseStatus.CANCELLED),
        unlink,
    ):
        database.run(change)
        [row] = claim(database)
        seen.append((row.linked, row.answerable, row.locale, row.is_blocked))
        settle(database, [row])
    assert seen == [
        (True, True, "en", False),
        (True, True, "en", True),
        (True, True, "en", False),
        # What counts is the language of the conversation that is active.
        (True, True, "ja", False),
        (True, False, "ja", False),
        (False, False, "ja", False),
    ]
    assert claim(database) == []
    # A link that moves marks both.
    database.run(lambda conn: make_link(conn, uni, account.id, scene.customer_id, scene.case.id))
    settle_all(database)
    database.run(lambda conn: make_link(conn, uni, other.id, scene.customer_id, scene.case.id))
    assert {row.account_id for row in claim(database)} == {account.id, other.id}


def test_a_move_that_keeps_the_case_answerable_marks_nobody(database: Database, scene: Scene) -> None:
    settle_all(database)
    database.run(
        lambda conn: move_case(
            conn, database.universe, scene.case.id, CaseStatus.UNDELIVERABLE, actor="test", reason="test"
        )
    )
    assert claim(database) == []


def test_a_platform_without_menus_marks_nobody(database: Database) -> None:
    set_scene(database, user="1001")
    uni = database.universe

    def telegram(conn: Connection) -> None:
        account = upsert_account(conn, database.vault, uni, "telegram", Personal("77"), "ja")
        set_account_locale(conn, account.id, "en")

    settle_all(database)
    database.run(telegram)
    assert claim(database) == []


def test_what_happens_meanwhile_is_not_lost(database: Database, scene: Scene) -> None:
    rows = claim(database)
    database.run(lambda conn: set_account_locale(conn, scene.account.id, "en"))
    # Held still: nobody else takes it.
    assert claim(database, "two") == []
    assert settle(database, rows) == 1
    [again] = claim(database, "two")
    assert (again.locale, again.shown, again.touched) == ("en", "m-1", rows[0].touched + 1)


def test_only_the_holder_of_the_lease_takes_the_mark_off(
    database: Database, scene: Scene, universe: FrozenUniverse
) -> None:
    late = claim(database)
    universe.advance(LEASE)
    [taken] = claim(database, "two")
    assert taken.tries == 2
    assert settle(database, late) == 0
    assert database.run(lambda conn: menus.retry_menus(conn, late, owner="one", due_at=universe.now())) == 0
    assert settle(database, [taken], owner="two") == 1


def test_later_is_later(database: Database, scene: Scene, universe: FrozenUniverse) -> None:
    rows = claim(database)
    due_at = universe.now() + timedelta(minutes=1)
    assert database.run(lambda conn: menus.retry_menus(conn, rows, owner="one", due_at=due_at)) == 1
    assert claim(database) == []
    universe.advance(timedelta(minutes=1))
    assert len(claim(database)) == 1


def test_new_menus_mark_who_is_shown_others(database: Database, scene: Scene) -> None:
    settle(database, claim(database), "m-1")
    make_live(database, "m-1")
    assert due(database) == 0
    make_live(database, "m-2")
    assert due(database) == 1
    known = database.run_read(lambda conn: menus.load_menus(conn, "line"))
    assert [(menu.menu_id, menu.kind, menu.state) for menu in known] == [
        ("m-1", "open-ja", "old"),
        ("m-2", "open-ja", "live"),
    ]
    assert database.run_read(lambda conn: menus.is_shown(conn, "m-1"))
    settle(database, claim(database), "m-2")
    assert not database.run_read(lambda conn: menus.is_shown(conn, "m-1"))
    database.run(lambda conn: menus.forget_menu(conn, "m-1"))
    assert [menu.menu_id for menu in database.run_read(lambda conn: menus.load_menus(conn, "line"))] == ["m-2"]


def test_who_was_there_before_there_were_menus_is_marked(database: Database, scene: Scene) -> None:
    database.run(lambda conn: conn.execute(text("DELETE FROM account_menu")))
    make_live(database, "m-1")
    assert len(claim(database)) == 1


def test_an_erased_customer_changes_the_menu_of_who_acted_for_him(database: Database, scene: Scene) -> None:
    other = set_scene(database, "0000456", "U" + "2" * 32)
    uni = database.universe
    database.run(lambda conn: make_link(conn, uni, scene.account.id, other.customer_id, other.case.id))
    settle_all(database)
    database.run(lambda conn: erase_customer(conn, database.vault, uni, scene.customer_id))
    [row] = claim(database)
    # The other customer's case is still there.
    assert (row.account_id, row.linked, row.answerable) == (scene.account.id, True, True)


def test_an_account_that_does_not_open_holds_nobody_up(database: Database, scene: Scene) -> None:
    other = set_scene(database, "0000456", "U" + "2" * 32)
    spoil = text("UPDATE channel_account SET sealed = :sealed WHERE id = :id")
    database.run(lambda conn: conn.execute(spoil, {"sealed": b"nothing that opens", "id": scene.account.id}))
    assert [row.account_id for row in claim(database)] == [other.account.id]
    assert claim(database) == []


def test_what_who_has_blocked_us_is_shown_is_not_known_any_more(database: Database, scene: Scene) -> None:
    settle(database, claim(database), "m-1")
    # Blocked and back before anybody looked.
    database.run(lambda conn: set_account_state(conn, scene.account.id, "blocked"))
    database.run(lambda conn: set_account_state(conn, scene.account.id, "active"))
    [row] = claim(database)
    assert (row.shown, row.is_blocked) == ("", False)
