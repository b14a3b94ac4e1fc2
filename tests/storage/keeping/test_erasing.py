"""Erased means gone: from every table, from every look-up, from the exports, from SQLite's free pages and log."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select, text

from dialogs.personal import Personal
from storage.accounts import find_account, lock_account, make_link, upsert_account
from storage.audit import list_entries, verify
from storage.cases import open_case
from storage.content import save_content
from storage.conversations import load_conversation, load_events, lock_conversation
from storage.customers import find_customers, load_customer
from storage.database import Database
from storage.erasing import ERASED, KEPT
from storage.erasures import Held, erase, new_erasure
from storage.holds import place_hold, release_hold
from storage.key_rotation import count_keys
from storage.outgoing import all_settled
from storage.outside import read_lines
from storage.retention import Policy
from storage.submissions import iter_submissions
from storage.tables import sealed_columns
from tests.storage.conftest import import_rows, master_row
from tests.storage.keeping.conftest import HIS, OTHER, canaries_left, customer_of, everything_opened
from tests.storage.test_audit import seal
from tests.storage.test_canaries import Canaries


def erase_now(database: Database, number: str, policy: Policy, reason: str = "") -> dict[str, int]:
    vault, uni = database.vault, database.universe
    erasure = new_erasure(uni, cause="request", actor="bank", customer_id=customer_of(database, number), before=None)
    counts = database.run(lambda conn: erase(conn, vault, uni, erasure, outside=policy.outside, reason=reason))
    database.scrub()
    return counts


def test_every_sealed_column_is_erased_or_listed_with_its_reason() -> None:
    """A new sealed column fails here until ``erase_customer`` covers it."""
    assert {table.name for table in sealed_columns()} == ERASED.keys() | KEPT.keys()
    assert ERASED.keys() & KEPT.keys() == set()


def test_nothing_that_was_planted_can_be_read_any_more(kept: Database, canaries: Canaries, policy: Policy) -> None:
    # What is no record of a customer: the code of a letter and a session were never kept.
    before = canaries_left(kept, canaries)
    assert len(before) >= 45
    other = load(kept, OTHER)
    counts = erase_now(kept, HIS, policy)
    assert canaries_left(kept, canaries) == []
    assert counts["words"] >= 5
    assert {counts[name] for name in ("submissions", "accounts", "pictures", "master_records")} == {1}
    assert load(kept, OTHER) == other, "the customer beside him is untouched"


def load(database: Database, number: str) -> Any:
    customer_id = customer_of(database, number)
    return database.run_read(lambda conn: load_customer(conn, database.vault, customer_id))


def test_he_is_found_by_no_look_up(kept: Database, canaries: Canaries, policy: Policy) -> None:
    vault, row = kept.vault, load(kept, HIS).fields
    find = {"name": row["name"], "phone": row["phone"]}
    user = kept.run_read(lambda conn: conn.execute(text("SELECT id, sealed FROM channel_account")).first())
    user_id = Personal(vault.open("channel_account", user.id, user.sealed)["user_id"])
    assert kept.run_read(lambda conn: find_customers(conn, vault, **find)) == [customer_of(kept, HIS)]
    assert kept.run_read(lambda conn: find_account(conn, vault, "line", user_id)) is not None
    erase_now(kept, HIS, policy)
    assert kept.run_read(lambda conn: find_customers(conn, vault, **find)) == []
    assert kept.run_read(lambda conn: find_account(conn, vault, "line", user_id)) is None
    assert load(kept, HIS) is None
    assert list(kept.run_read(lambda conn: list(iter_submissions(conn, vault)))) == []
    # Who writes again is somebody new.
    made = kept.run(lambda conn: upsert_account(conn, vault, kept.universe, "line", user_id, "ja"))
    assert made.id != user.id


def test_ids_states_times_and_the_audit_record_stay(kept: Database, policy: Policy) -> None:
    def ids(table: str) -> list[Any]:
        return kept.run_read(lambda conn: list(conn.execute(text(f"SELECT * FROM {table}")).mappings()))

    tables = ("conversation_event", "submission", "difference", "inbound_event", "content", "outgoing_message")
    before = {table: len(ids(table)) for table in tables}
    erase_now(kept, HIS, policy)
    assert {table: len(ids(table)) for table in tables} == before
    assert all(row["done_at"] is not None for row in ids("inbound_event"))
    assert kept.run_read(all_settled), "nothing of him is on its way"
    conversation_id = ids("submission")[0]["conversation_id"]
    assert kept.run_read(lambda conn: load_events(conn, kept.vault, conversation_id)) == []
    conversation = kept.run_read(lambda conn: load_conversation(conn, kept.vault, conversation_id))
    assert conversation is not None
    assert (conversation.owner, conversation.phase, conversation.state) == ("closed", "erased", {})
    entry = kept.run_read(list_entries)[0]
    assert (entry.action, entry.subjects["customer"]) == ("erasure.customer", customer_of(kept, HIS))
    seal(kept)
    assert kept.run_read(lambda conn: verify(conn, kept.vault)).ok
    assert kept.run_read(count_keys), "and every value opens: the key can be changed"
    assert everything_opened(kept)


def test_the_record_outside_holds_ids_and_the_reason_stays_sealed(kept: Database, policy: Policy) -> None:
    erase_now(kept, HIS, policy, reason="依頼による")
    assert policy.outside is not None
    (line,) = read_lines(policy.outside)
    assert line["customer"] == customer_of(kept, HIS)
    assert line["store"] == kept.vault.store_id
    assert "依頼" not in policy.outside.read_text()
    find = text("SELECT id, sealed FROM erasure WHERE id = :id")
    row = kept.run_read(lambda conn: conn.execute(find, {"id": line["id"]}).one())
    assert kept.vault.open("erasure", row.id, row.sealed) == {"reason": "依頼による"}


def test_where_the_outside_cannot_be_written_nothing_is_erased(
    kept: Database, canaries: Canaries, policy: Policy, tmp_path: Path
) -> None:
    before = canaries_left(kept, canaries)
    nowhere = Policy(years=7, words_months=24, zone=policy.zone, outside=tmp_path / "nowhere" / "file")
    with pytest.raises(Exception, match="cannot be written"):
        erase_now(kept, HIS, nowhere)
    assert canaries_left(kept, canaries) == before


def test_a_hold_keeps_everything(kept: Database, canaries: Canaries, policy: Policy) -> None:
    vault, uni, customer_id = kept.vault, kept.universe, customer_of(kept, HIS)
    before = canaries_left(kept, canaries)
    assert kept.run(lambda conn: place_hold(conn, vault, uni, customer_id, reason="訴訟", by="bank"))
    assert not kept.run(lambda conn: place_hold(conn, vault, uni, customer_id, reason="訴訟", by="bank"))
    with pytest.raises(Held):
        erase_now(kept, HIS, policy)
    assert canaries_left(kept, canaries) == before
    assert kept.run(lambda conn: release_hold(conn, vault, uni, customer_id, reason="終結", by="bank"))
    assert not kept.run(lambda conn: release_hold(conn, vault, uni, customer_id, reason="終結", by="bank"))
    erase_now(kept, HIS, policy)
    assert canaries_left(kept, canaries) == []


def test_an_account_that_acts_for_somebody_else_too_stays(kept: Database, policy: Policy) -> None:
    both = "SELECT account_id, case_id FROM account_link WHERE customer_id = :c"
    his, other = customer_of(kept, HIS), customer_of(kept, OTHER)

    def share(conn: Connection) -> None:
        mine = conn.execute(text(both), {"c": his}).one()
        conn.execute(
            text("UPDATE account_link SET account_id = :a WHERE customer_id = :c"), {"a": mine.account_id, "c": other}
        )

    kept.run(share)
    assert erase_now(kept, HIS, policy)["accounts"] == 0
    # The last one takes it along.
    assert erase_now(kept, OTHER, policy)["accounts"] == 2


def test_an_account_of_somebody_who_came_back_stays(kept: Database, policy: Policy) -> None:
    his, other = customer_of(kept, HIS), customer_of(kept, OTHER)
    erase_now(kept, OTHER, policy)
    kept.universe.advance(timedelta(days=1))  # type: ignore[attr-defined]
    mine = kept.run_read(
        lambda conn: conn.execute(text("SELECT account_id FROM account_link WHERE customer_id = :c"), {"c": his}).one()
    )

    def link_again(conn: Connection) -> None:
        case = open_case(
            conn,
            kept.universe,
            other,
            cause="event",
            reason="cadence",
            due_on=date(2027, 1, 1),
            questionnaire_id="individual",
        )
        make_link(conn, kept.universe, mine.account_id, other, case.id)

    kept.run(link_again)
    assert erase_now(kept, HIS, policy)["accounts"] == 0


def test_who_is_imported_again_is_a_customer_again(kept: Database, policy: Policy) -> None:
    erase_now(kept, HIS, policy)
    import_rows(kept, [master_row(HIS)])
    assert load(kept, HIS).fields["name"] == "山田 花子"
    erase_now(kept, HIS, policy)
    assert load(kept, HIS) is None


def test_no_sealed_value_of_his_is_left_in_the_file(
    sqlite_database: Database, canaries: Canaries, policy: Policy, sqlite_url: str
) -> None:
    """Sealed values are no words, and the key is at hand: so they have to go from free pages and the log as well."""
    from tests.storage.test_canaries import plant

    plant(sqlite_database, canaries)
    vault, uni = sqlite_database.vault, sqlite_database.universe

    def tell_at_length(conn: Connection) -> None:
        # Long enough for pages of its own, which come free when it goes.
        (conversation_id,) = conn.execute(text("SELECT id FROM conversation")).scalars()
        save_content(conn, vault, uni, conversation_id, direction="in", body={"text": "長" * 20_000})

    sqlite_database.run(tell_at_length)
    erased = [(table, column) for table, column in sealed_columns().items() if table.name in ERASED]

    def blobs(conn: Connection) -> list[bytes]:
        found = (conn.execute(select(column).where(column.is_not(None))).scalars() for _, column in erased)
        return [bytes(blob) for values in found for blob in values]

    before = sqlite_database.run_read(blobs)
    # The nonce behind the header is in one place only, and so is the end.
    marks = [mark for blob in before for mark in (blob[2 + blob[1] :][:12], blob[-16:])]
    path = Path(sqlite_url.removeprefix("sqlite:///"))

    def found() -> int:
        files = [path, path.with_name(f"{path.name}-wal")]
        data = b"".join(file.read_bytes() for file in files if file.exists())
        return sum(mark in data for mark in marks)

    assert found() == len(marks) > 15
    erase_now(sqlite_database, HIS, policy)
    assert found() == 0


def test_what_he_says_while_he_is_erased_goes_too(kept: Database, policy: Policy) -> None:
    vault, uni, word = kept.vault, kept.universe, "消去の最中の言葉"
    of_his = (
        "SELECT id, account_id FROM conversation WHERE case_id IN (SELECT id FROM review_case WHERE customer_id = :c)"
    )
    erasing = threading.Thread(target=erase_now, args=(kept, HIS, policy))

    def turn(conn: Connection) -> None:
        his = conn.execute(text(of_his), {"c": customer_of(kept, HIS)}).first()
        assert his is not None
        lock_account(conn, vault, his.account_id)
        lock_conversation(conn, vault, his.id)
        erasing.start()
        erasing.join(1)
        assert erasing.is_alive()
        save_content(conn, vault, uni, his.id, direction="in", body={"text": word})

    kept.run(turn)
    erasing.join()
    assert word not in everything_opened(kept)
