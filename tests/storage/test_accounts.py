"""Accounts and links."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dialogs.personal import Personal
from storage.accounts import (
    Account,
    Link,
    end_link,
    find_account,
    links_of_case,
    live_links,
    load_account,
    lock_account,
    make_link,
    set_account_failures,
    set_account_locale,
    set_account_state,
    set_active_conversation,
    upsert_account,
)
from storage.database import Database


def make_account(database: Database, user: str, channel: str = "line") -> Account:
    return database.run(
        lambda conn: upsert_account(conn, database.vault, database.universe, channel, Personal(user), "ja")
    )


def test_an_account_is_made_once_and_found_by_its_user(database: Database) -> None:
    account = make_account(database, "U1")
    assert make_account(database, "U1") == account
    assert account.user_id == "U1"
    assert "U1" not in repr(account)

    def look(conn: Any) -> list[Account | None]:
        vault = database.vault
        return [
            find_account(conn, vault, "line", Personal("U1")),
            load_account(conn, vault, account.id),
            find_account(conn, vault, "telegram", Personal("U1")),
            load_account(conn, vault, "nobody"),
        ]

    assert database.run_read(look) == [account, account, None, None]


def test_the_same_user_id_on_another_platform_is_another_account(database: Database) -> None:
    assert make_account(database, "1", "line").id != make_account(database, "1", "telegram").id


def test_what_changes_about_an_account_is_kept(database: Database) -> None:
    account = make_account(database, "U1")
    until = database.universe.now() + timedelta(hours=1)

    def change(conn: Any) -> Account | None:
        set_active_conversation(conn, account.id, "c-1")
        set_account_state(conn, account.id, "blocked")
        set_account_locale(conn, account.id, "en")
        set_account_failures(conn, account.id, 5, until)
        return lock_account(conn, database.vault, account.id)

    changed = database.run(change)
    assert changed is not None
    assert (changed.active_conversation_id, changed.state, changed.locale) == ("c-1", "blocked", "en")
    assert (changed.failures, changed.locked_until) == (5, until)


def test_a_case_has_one_live_link_and_a_second_account_takes_it_over(database: Database, scene: Any) -> None:
    uni = database.universe
    (first,) = database.run_read(lambda conn: live_links(conn, scene.account.id))
    other = make_account(database, "U2")

    def take(account: Account) -> Link:
        return database.run(lambda conn: make_link(conn, uni, account.id, scene.customer_id, scene.case.id))

    assert take(scene.account) == first
    second = take(other)
    assert second.account_id == other.id
    assert database.run_read(lambda conn: live_links(conn, scene.account.id)) == []
    history = database.run_read(lambda conn: links_of_case(conn, scene.case.id))
    assert [(link.id, link.ended_at) for link in history] == [(first.id, uni.now()), (second.id, None)]
    assert database.run_read(lambda conn: links_of_case(conn, scene.case.id, live_only=True)) == [second]
    assert database.run(lambda conn: end_link(conn, uni, second.id, "unlinked"))
    assert not database.run(lambda conn: end_link(conn, uni, second.id, "unlinked"))


def test_one_account_may_act_for_several_customers(database: Database, scene: Any, another_scene: Any) -> None:
    uni = database.universe
    database.run(lambda conn: make_link(conn, uni, scene.account.id, another_scene.customer_id, another_scene.case.id))
    links = database.run_read(lambda conn: live_links(conn, scene.account.id))
    assert [link.customer_id for link in links] == [scene.customer_id, another_scene.customer_id]
