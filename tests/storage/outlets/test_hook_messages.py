"""Messages of the web hook in the store: one for each event, in its transaction, without a word about anybody."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from storage import hand_overs
from storage.conversations import conversation_of_case
from storage.database import Database
from storage.outlets import hooks
from storage.outlets.faring import is_set_up, load_outlet, note_failure, note_gone, note_success, set_up
from storage.outlets.hooks import HOOKS, KINDS, HookMessage
from storage.reconciliation.worker import Reconciler
from storage.universe import FrozenUniverse
from tests.conftest import OpenDatabase
from tests.storage.reconciliation.seeding import (
    SAME_ANSWERS,
    TARO,
    add_case,
    add_customers,
    answer,
    publish_form,
    submit,
)

URL = "https://bank.example/hook"
LEASE = timedelta(seconds=60)


@pytest.fixture
def told(database: Database) -> Database:
    """A bank whose system wants to hear of everything."""
    database.run(lambda conn: set_up(conn, HOOKS, URL, KINDS))
    add_customers(database, TARO, TARO | {"customer_no": "0002"})
    return database


def messages(database: Database, **wanted: Any) -> list[HookMessage]:
    return list(reversed(database.run_read(lambda conn: hooks.list_messages(conn, **wanted))))


def reconcile(database: Database) -> None:
    Reconciler(next_due=lambda *_: date(2028, 11, 2), zone=ZoneInfo("Asia/Tokyo")).run(database)


def claim(database: Database, owner: str, limit: int = 10) -> list[HookMessage]:
    uni = database.universe
    return database.run(lambda conn: hooks.claim_messages(conn, uni, owner=owner, lease=LEASE, limit=limit))


def write(database: Database, count: int) -> list[str]:
    uni = database.universe
    return [database.run(lambda conn: hooks.write_message(conn, uni, "submission", {})).id for _ in range(count)]


def test_a_submission_and_what_differs_are_told(told: Database) -> None:
    form, case = publish_form(told), add_case(told, "0001")
    moved = answer("address", "大阪府大阪市北区梅田9丁目9番9号")
    changed = [moved if one["name"] == "address" else one for one in SAME_ANSWERS]
    submission = submit(told, form, case, changed)
    reconcile(told)
    first, second = (json.loads(one.body) for one in messages(told))
    assert first == {
        "type": "submission",
        "timestamp": "2026-11-02T01:00:00.000Z",
        "data": {
            **{"submission_id": submission.id, "channel": "line", "questionnaire_id": "individual"},
            **{"case_id": case.id, "kind": "individual", "branch_no": "007", "console": f"/console/cases/{case.id}"},
            "counts": {"answers": len(SAME_ANSWERS)},
        },
    }
    assert (second["type"], second["data"]["case_id"]) == ("difference", case.id)
    assert second["data"]["counts"]["changed"] == 1
    bodies = "".join(one.body for one in messages(told))
    assert not [word for word in ("髙橋", "090", "0001", "千代田", "梅田", "\\u") if word in bodies]
    assert bodies.isascii()


def test_where_nothing_needs_a_person_nothing_differs(told: Database) -> None:
    submit(told, publish_form(told), add_case(told, "0001"), SAME_ANSWERS)
    reconcile(told)
    assert [one.kind for one in messages(told)] == ["submission"]


def test_a_hand_over_is_told_once(told: Database) -> None:
    case = add_case(told, "0001")
    submit(told, publish_form(told), case, SAME_ANSWERS)

    def begin(conn: Connection, reason: str) -> None:
        conversation_id = conversation_of_case(conn, case.id)
        assert conversation_id is not None
        hand_overs.begin(conn, told.universe, conversation_id, reason=reason, topic="address", epoch=1)

    told.run(lambda conn: begin(conn, "faq:address"))
    told.run(lambda conn: begin(conn, "customer_asked"))
    (found,) = [json.loads(one.body)["data"] for one in messages(told) if one.kind == "hand_over"]
    assert (found["case_id"], found["branch_no"], found["reason"]) == (case.id, "007", "faq")


def test_no_event_without_its_message_and_no_message_without_its_event(told: Database) -> None:
    form, case = publish_form(told), add_case(told, "0001")

    def undone(conn: Connection) -> None:
        hooks.tell(conn, told.universe, "submission", case_id=case.id, facts={}, counts={})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        told.run(undone)
    assert messages(told) == []
    submit(told, form, case, SAME_ANSWERS)
    assert len(messages(told)) == 1


def test_who_does_not_want_to_hear_hears_nothing(database: Database) -> None:
    add_customers(database, TARO)
    form = publish_form(database)
    assert database.run_read(lambda conn: is_set_up(conn, HOOKS, ""))
    submit(database, form, add_case(database, "0001"), SAME_ANSWERS)
    assert messages(database) == []
    database.run(lambda conn: set_up(conn, HOOKS, URL, ("difference",)))
    assert not database.run_read(lambda conn: is_set_up(conn, HOOKS, URL, KINDS))
    submit(database, form, add_case(database, "0001", cause="event"), SAME_ANSWERS)
    assert messages(database) == []


def test_two_senders_never_hold_the_same(open_database: OpenDatabase) -> None:
    first, second = open_database(), open_database()
    ids = write(first, 5)
    one, two = claim(first, "one", 3), claim(second, "two", 3)
    assert [message.id for message in (*one, *two)] == ids
    assert claim(first, "one") == []
    assert {message.attempts for message in (*one, *two)} == {1}


def test_how_a_try_ended_counts_only_from_who_holds_it(database: Database, universe: FrozenUniverse) -> None:
    (message_id,) = write(database, 1)
    claim(database, "dead")
    universe.advance(timedelta(seconds=61))
    (again,) = claim(database, "alive")
    assert (again.id, again.attempts) == (message_id, 2)

    def settle(owner: str) -> bool:
        return database.run(
            lambda conn: hooks.settle_message(conn, universe, message_id, owner=owner, outcome="sent", detail="ok")
        )

    later = universe.now() + timedelta(hours=1)
    assert not settle("dead")
    assert not database.run(
        lambda conn: hooks.put_off_message(conn, message_id, owner="dead", due_at=later, detail="late")
    )
    assert settle("alive")
    assert not settle("alive")
    assert messages(database)[0].outcome == "sent"


def test_sending_again_and_forgetting(database: Database, universe: FrozenUniverse) -> None:
    ids = write(database, 3)
    claim(database, "one")
    for message_id, outcome in zip(ids, ("sent", "given_up", "sent"), strict=True):
        database.run(
            lambda conn, one=message_id, how=outcome: hooks.settle_message(  # type: ignore[misc]
                conn, universe, one, owner="one", outcome=how, detail="x"
            )
        )
    assert database.run_read(hooks.count_given_up) == 1
    assert database.run(lambda conn: hooks.resend_messages(conn, universe, given_up=True)) == 1
    assert [one.id for one in claim(database, "one")] == [ids[1]]
    assert database.run(lambda conn: hooks.resend_messages(conn, universe, ids=ids)) == 2, "what is on its way stays"
    assert database.run(lambda conn: hooks.resend_messages(conn, universe, since=universe.now())) == 0
    assert database.run_read(hooks.count_waiting) == (3, messages(database)[0].created_at)
    assert database.run(lambda conn: hooks.give_up_all(conn, universe, "off")) == 3
    universe.advance(timedelta(days=31))
    assert database.run_read(lambda conn: hooks.is_any_old(conn, universe.now() - timedelta(days=30)))
    assert database.run(lambda conn: hooks.forget_messages(conn, universe.now() - timedelta(days=30), 2)) == 2
    assert len(messages(database)) == 1


def test_what_was_learned_of_an_address_holds_until_there_is_another(database: Database) -> None:
    uni = database.universe

    def state() -> tuple[str, int]:
        found = database.run_read(lambda conn: load_outlet(conn, HOOKS))
        assert found is not None
        return found.state, found.failures

    def settings(url: str) -> None:
        database.run(lambda conn: set_up(conn, HOOKS, url, KINDS))

    settings(URL)
    for _ in range(6):
        database.run(lambda conn: note_failure(conn, uni, HOOKS, "silent"))
    assert database.run(lambda conn: note_gone(conn, HOOKS))
    assert not database.run(lambda conn: note_gone(conn, HOOKS))
    settings(URL)
    assert state() == ("gone", 6)
    settings("https://bank.example/other")
    assert state() == ("on", 0)
    database.run(lambda conn: note_gone(conn, HOOKS))
    assert not database.run(lambda conn: note_success(conn, uni, HOOKS))
    assert state() == ("gone", 0)
    database.run(lambda conn: note_success(conn, uni, HOOKS, turn_on=True))
    assert state() == ("on", 0)
    settings("")
    assert state() == ("off", 0)
