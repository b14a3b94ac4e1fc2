"""What has come to its time goes by itself, not a day earlier, and a backup that is put back is erased again."""

from __future__ import annotations

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from storage import erasures, retention
from storage.audit import list_entries
from storage.cases import CaseStatus, move_case
from storage.content import save_content, transcript
from storage.database import Database
from storage.encryption import Keyring
from storage.erasures import last_run, reapply
from storage.holds import place_hold, release_hold
from storage.outside import append_lines, read_lines
from storage.retention import Done, Policy, kept_until, plan_retention, run_retention
from storage.universe import FrozenUniverse
from tests.storage.conftest import Scene, import_rows, master_row, set_scene
from tests.storage.keeping.conftest import HIS, OTHER, canaries_left, customer_of, end_relationship
from tests.storage.test_canaries import Canaries


def run(database: Database, policy: Policy) -> Done:
    *_, done = run_retention(database, policy, actor="timers")
    return done


def until(database: Database, number: str, policy: Policy) -> date | None:
    customer_id = customer_of(database, number)
    return database.run_read(lambda conn: kept_until(conn, customer_id, policy))


def test_a_duty_runs_from_the_end_or_from_the_last_record(kept: Database, policy: Policy) -> None:
    assert until(kept, HIS, policy) is None, "the relationship goes on"
    end_relationship(kept, HIS, date(2020, 2, 29))
    # Answered on 2 November 2026: that record must be kept for seven years too.
    assert until(kept, HIS, policy) == date(2033, 11, 2)
    end_relationship(kept, HIS, date(2028, 2, 29))
    assert until(kept, HIS, policy) == date(2035, 2, 28)


def test_nobody_goes_a_day_too_early(
    kept: Database, canaries: Canaries, policy: Policy, universe: FrozenUniverse
) -> None:
    end_relationship(kept, HIS, date(2027, 3, 31))
    everything = canaries_left(kept, canaries)
    last_day = datetime.fromisoformat("2034-03-31T23:59:00+09:00")
    universe.advance(last_day - universe.now())
    assert plan_retention(kept, policy).customers == []
    run(kept, policy)
    assert canaries_left(kept, canaries) == everything
    universe.advance(timedelta(minutes=2))
    assert plan_retention(kept, policy).customers == [customer_of(kept, HIS)]
    assert run(kept, policy).customers == [customer_of(kept, HIS)]
    assert canaries_left(kept, canaries) == []
    assert run(kept, policy) == Done()
    erased = [entry for entry in kept.run_read(list_entries) if entry.action == "erasure.customer"]
    assert [entry.subjects["customer"] for entry in erased][:1] == [customer_of(kept, HIS)]


def test_a_held_customer_stays(kept: Database, canaries: Canaries, policy: Policy, universe: FrozenUniverse) -> None:
    end_relationship(kept, HIS, date(2027, 3, 31))
    his = customer_of(kept, HIS)
    kept.run(lambda conn: place_hold(conn, kept.vault, universe, his, reason="訴訟", by="bank"))
    before = canaries_left(kept, canaries)
    universe.advance(timedelta(days=366 * 8))
    assert plan_retention(kept, policy).held == [his]
    done = run(kept, policy)
    assert (done.customers, done.held, done.words) == ([], [his], 0)
    assert canaries_left(kept, canaries) == before


@pytest.fixture
def told(database: Database, scene: Scene) -> Scene:
    """A closed case in which something was said."""
    vault, uni = database.vault, database.universe
    for direction in ("in", "out"):
        database.run(
            lambda conn, d=direction: save_content(  # type: ignore[misc]
                conn, vault, uni, scene.conversation.id, direction=d, body={"text": "東京都"}
            )
        )
    return scene


def bodies(database: Database, scene: Scene) -> list[Any]:
    lines = database.run_read(lambda conn: transcript(conn, database.vault, scene.conversation.id))
    return [line.body for line in lines]


def test_raw_words_go_some_months_after_the_case(
    database: Database, told: Scene, policy: Policy, universe: FrozenUniverse
) -> None:
    universe.advance(timedelta(days=800))
    assert run(database, policy).words == 0, "the case is still open"
    database.run(
        lambda conn: move_case(conn, universe, told.case.id, CaseStatus.CANCELLED, actor="bank", reason="moved")
    )
    assert run(database, policy).words == 0, "it has only just been closed"
    universe.advance(timedelta(days=720))
    assert run(database, policy).words == 0
    universe.advance(timedelta(days=20))
    assert plan_retention(database, policy).words == 1
    assert None not in bodies(database, told)
    assert run(database, policy).words == 2
    assert bodies(database, told) == [None, None]
    assert database.run_read(last_run) == universe.now()


def test_a_backup_that_is_put_back_is_erased_again(
    database_url: str,
    canaries: Canaries,
    policy: Policy,
    keyring: Keyring,
    universe: FrozenUniverse,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    from tests.storage.keeping.test_erasing import erase_now
    from tests.storage.test_canaries import plant

    def open_at(url: str) -> Database:
        return Database.open(url, keys=keyring, universe=universe, sqlite_synchronous="normal")

    with open_at(database_url) as database:
        plant(database, canaries)
        told = set_scene(database, OTHER, "U0000456")
        vault, say = database.vault, {"text": "東京都千代田区"}
        database.run(lambda c: save_content(c, vault, universe, told.conversation.id, direction="in", body=say))
        cancel = (told.case.id, CaseStatus.CANCELLED)
        database.run(lambda conn: move_case(conn, universe, *cancel, actor="bank", reason="moved"))
    if database_url.startswith("sqlite"):
        backup = f"sqlite:///{tmp_path}/backup.db"
        shutil.copyfile(database_url.removeprefix("sqlite:///"), tmp_path / "backup.db")
    else:
        server = request.getfixturevalue("postgres_server")
        name = server.create(database_url.rpartition("/")[2])
        request.addfinalizer(lambda: server.drop(name))
        backup = server.url(name)
    assert policy.outside is not None
    with open_at(database_url) as database:
        erase_now(database, HIS, policy)
        universe.advance(timedelta(days=760))
        assert run(database, policy).words == 1
        assert reapply(database, policy.outside) == 0, "the store knows what it has erased"
    assert len(read_lines(policy.outside)) == 2
    with open_at(backup) as database:
        assert len(canaries_left(database, canaries)) >= 45
        assert reapply(database, policy.outside) == 2
        assert canaries_left(database, canaries) == []
        assert bodies(database, told) == [None]
        assert reapply(database, policy.outside) == 0
        causes = text("SELECT cause FROM erasure ORDER BY at")
        found = database.run_read(lambda conn: list(conn.execute(causes).scalars()))
        # The first one was in the backup already.
        assert sorted(found) == ["request", "request", "retention"]


def test_lines_of_another_store_erase_nothing(kept: Database, canaries: Canaries, policy: Policy) -> None:
    from storage.outside import append_lines

    assert policy.outside is not None
    line = {"store": "0" * 16, "id": "x", "scope": "customer", "customer": customer_of(kept, HIS), "cause": "request"}
    append_lines(policy.outside, [line | {"actor": "bank"}])
    before = canaries_left(kept, canaries)
    assert reapply(kept, policy.outside) == 0
    assert canaries_left(kept, canaries) == before


def test_what_changes_while_a_run_goes_on_counts(
    kept: Database, policy: Policy, universe: FrozenUniverse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the list and the deed one customer is put under a hold, the other comes back to the bank."""
    for number in (HIS, OTHER):
        end_relationship(kept, number, date(2027, 3, 31))
    his, other = customer_of(kept, HIS), customer_of(kept, OTHER)
    universe.advance(timedelta(days=366 * 8))
    listed = list(retention.due_customers(kept, policy))
    assert {customer for customer, held in listed if not held} == {his, other}
    kept.run(lambda conn: place_hold(conn, kept.vault, universe, his, reason="訴訟", by="bank"))
    import_rows(kept, [master_row(OTHER)])
    monkeypatch.setattr(retention, "due_customers", lambda *_: iter(listed))
    done = run(kept, policy)
    assert (done.customers, done.held) == ([], [his])
    assert customer_of(kept, OTHER) == other


def test_a_hold_placed_after_an_erasure_that_failed_keeps_the_customer(
    kept: Database, canaries: Canaries, policy: Policy, universe: FrozenUniverse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line stands outside although the transaction was rolled back; the next start must not follow it."""
    from tests.storage.keeping.test_erasing import erase_now

    everything = canaries_left(kept, canaries)
    with monkeypatch.context() as patch:

        def note_and_fail(path: Path, lines: list[Any]) -> None:
            append_lines(path, lines)
            raise OSError

        patch.setattr(erasures, "append_lines", note_and_fail)
        with pytest.raises(OSError):
            erase_now(kept, HIS, policy)
    assert policy.outside is not None
    assert len(read_lines(policy.outside)) == 1
    his = customer_of(kept, HIS)
    universe.advance(timedelta(hours=1))
    kept.run(lambda conn: place_hold(conn, kept.vault, universe, his, reason="訴訟", by="bank"))
    assert reapply(kept, policy.outside) == 0
    assert canaries_left(kept, canaries) == everything
    kept.run(lambda conn: release_hold(conn, kept.vault, universe, his, reason="終結", by="bank"))
    assert reapply(kept, policy.outside) == 1
    assert canaries_left(kept, canaries) == []
