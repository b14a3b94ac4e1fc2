"""A copy shows one moment, holds no key, and only becomes a store when all in it is what it was."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, text

from storage.audit import chain_head, record, seal_chain, verify
from storage.backups import Account, BackupProblem, account_of, make_copy, restore_copy
from storage.database import Database
from storage.encryption import Keyring, new_key
from storage.engines import parse_url
from storage.inventory import Inventory, take_inventory
from storage.problems import AlreadyServing, KeyProblem, StoreNewer, StoreUnreachable
from storage.universe import FrozenUniverse
from tests.postgres import PostgresServer

EmptyPlace = Callable[[], URL]


def deeds(database: Database, count: int) -> None:
    def add(conn: object) -> None:
        for _ in range(count):
            record(conn, database.universe, "case.opened", actor_kind="system", actor_id=None)  # type: ignore[arg-type]

    database.run(add)
    database.run(lambda conn: seal_chain(conn, database.vault, database.universe))


@pytest.fixture
def place(database_url: str, postgres_server: PostgresServer, tmp_path: Path) -> Iterator[EmptyPlace]:
    """Where a store may be made that is not there yet, on the database of the test."""
    made: list[str] = []

    def empty() -> URL:
        if database_url.startswith("sqlite"):
            return parse_url(f"sqlite:///{tmp_path}/restored.db")
        made.append(postgres_server.create())
        return parse_url(postgres_server.url(made[-1]))

    yield empty
    for name in made:
        postgres_server.drop(name)


@pytest.fixture
def copy(database: Database, database_url: str, postgres_server: PostgresServer, tmp_path: Path) -> Path:
    """A copy of a store with three chained deeds."""
    deeds(database, 3)
    out = tmp_path / "copy"
    make_copy(database, parse_url(database_url), out, pg_dump=str(postgres_server.binaries / "pg_dump"))
    return out


@pytest.fixture
def restore(keyring: Keyring, universe: FrozenUniverse, postgres_server: PostgresServer) -> Callable[..., Account]:
    def run(copy: Path, url: URL, keys: Keyring | None = keyring) -> Account:
        return restore_copy(copy, url, keys, universe, pg_restore=str(postgres_server.binaries / "pg_restore"))

    return run


def test_a_store_that_was_restored_is_the_same(
    database: Database,
    copy: Path,
    place: EmptyPlace,
    restore: Callable[..., Account],
    keyring: Keyring,
    universe: FrozenUniverse,
) -> None:
    before = database.run_read(take_inventory)
    head = database.run_read(lambda conn: chain_head(conn, database.vault))
    deeds(database, 2)
    url = place()
    account = restore(copy, url)
    address = url.render_as_string(hide_password=False)
    with Database.open(address, keys=keyring, universe=universe) as restored:
        assert restored.run_read(take_inventory) == before == account.inventory
        assert restored.run_read(lambda conn: chain_head(conn, restored.vault)) == head
        assert restored.run_read(lambda conn: verify(conn, restored.vault)).ok
        # It goes on from there, as a store does.
        deeds(restored, 1)
        assert restored.run_read(lambda conn: verify(conn, restored.vault)).entries == 4


def test_files_are_the_owners_alone_and_nothing_else_is_left(copy: Path, keyring: Keyring) -> None:
    for path in (copy, account_of(copy)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {path.name for path in copy.parent.glob(".*")} == set()
    said = json.loads(account_of(copy).read_text())
    assert said["inventory"]["rows"]["audit_entry"] == 3
    assert said["inventory"]["audit_seq"] == 3


def test_a_copy_never_replaces_another(database: Database, database_url: str, copy: Path) -> None:
    kept = copy.read_bytes()
    with pytest.raises(BackupProblem, match="already"):
        make_copy(database, parse_url(database_url), copy)
    assert copy.read_bytes() == kept


def test_a_copy_shows_one_moment_while_others_write(
    database: Database, database_url: str, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    """Every transaction writes two entries: a copy from between them would hold an odd number."""
    enough = threading.Event()

    def write() -> None:
        while not enough.is_set():
            deeds(database, 2)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(6):
            out = tmp_path / f"copy{number}"
            account = make_copy(
                database, parse_url(database_url), out, pg_dump=str(postgres_server.binaries / "pg_dump")
            )
            assert account.inventory.rows["audit_entry"] % 2 == 0
            assert account.inventory.audit_seq == account.inventory.rows["audit_chain"]
    finally:
        enough.set()
        writer.join()


def test_a_changed_copy_is_refused(copy: Path, place: EmptyPlace, restore: Callable[..., Account]) -> None:
    whole = copy.read_bytes()
    copy.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(BackupProblem, match="not the file"):
        restore(copy, place())


def test_an_account_of_another_copy_is_noticed(copy: Path, place: EmptyPlace, restore: Callable[..., Account]) -> None:
    """Also where somebody wrote the file's digest into it."""
    said = json.loads(account_of(copy).read_text())
    said["inventory"]["rows"]["audit_entry"] += 1
    account_of(copy).write_text(json.dumps(said))
    with pytest.raises(BackupProblem, match="audit_entry"):
        restore(copy, place())


def test_a_copy_needs_the_keys_of_its_time(copy: Path, place: EmptyPlace, restore: Callable[..., Account]) -> None:
    url = place()
    with pytest.raises(KeyProblem):
        restore(copy, url, Keyring.parse(new_key("other")))
    if url.get_backend_name() == "sqlite":
        assert not Path(url.database or "").exists()
        assert list(Path(url.database or "").parent.glob(".*")) == []


def test_a_store_that_is_there_is_left_alone(
    copy: Path, database_url: str, restore: Callable[..., Account], database: Database
) -> None:
    deeds(database, 1)
    with pytest.raises(BackupProblem, match=r"in the way|not empty"):
        restore(copy, parse_url(database_url))
    assert database.run_read(take_inventory).rows["audit_entry"] == 4


def test_a_copy_of_a_newer_version_is_refused(copy: Path, place: EmptyPlace, restore: Callable[..., Account]) -> None:
    said = json.loads(account_of(copy).read_text())
    said["inventory"]["revision"] = "9999"
    account_of(copy).write_text(json.dumps(said))
    with pytest.raises(StoreNewer):
        restore(copy, place())


@pytest.mark.parametrize("words", ["", "[]", "{}", '{"inventory": {}}', '{"inventory": 1, "made_at": 1}'])
def test_an_account_that_is_none(copy: Path, place: EmptyPlace, restore: Callable[..., Account], words: str) -> None:
    account_of(copy).write_text(words)
    with pytest.raises(BackupProblem, match="does not say"):
        restore(copy, place())


def test_a_store_that_is_served_is_not_made_anew(
    sqlite_database: Database, sqlite_url: str, keyring: Keyring, universe: FrozenUniverse, tmp_path: Path
) -> None:
    """The service goes on with the file that was moved away; a second store must not appear beside it."""
    out, store = tmp_path / "copy", tmp_path / "kakunin.db"
    make_copy(sqlite_database, parse_url(sqlite_url), out)
    with sqlite_database.serve_lock():
        store.rename(tmp_path / "moved.db")
        with pytest.raises(AlreadyServing):
            restore_copy(out, parse_url(sqlite_url), keyring, universe)
        (tmp_path / "moved.db").rename(store)


def test_a_broken_audit_record_does_not_become_a_store(
    sqlite_database: Database, sqlite_url: str, keyring: Keyring, universe: FrozenUniverse, tmp_path: Path
) -> None:
    deeds(sqlite_database, 2)
    sqlite_database.run(lambda conn: conn.execute(text("UPDATE audit_entry SET actor_id = 'somebody'")))
    make_copy(sqlite_database, parse_url(sqlite_url), tmp_path / "copy")
    with pytest.raises(BackupProblem, match="entry 1: changed"):
        restore_copy(tmp_path / "copy", parse_url(f"sqlite:///{tmp_path}/new.db"), keyring, universe)
    assert not (tmp_path / "new.db").exists()


def test_a_tool_that_is_missing_is_one_sentence(database: Database, database_url: str, tmp_path: Path) -> None:
    if database.dialect == "sqlite":
        make_copy(database, parse_url(database_url), tmp_path / "copy", pg_dump="no-such-tool")
        return
    with pytest.raises(StoreUnreachable, match="no-such-tool"):
        make_copy(database, parse_url(database_url), tmp_path / "copy", pg_dump="no-such-tool")
    assert list(tmp_path.glob("*copy*")) == []


def test_an_inventory_names_what_differs() -> None:
    one = Inventory(revision="1", audit_seq=1, audit_mac="a", key_ids=("k",), rows={"a": 1, "b": 2})
    other = Inventory(revision="2", audit_seq=1, audit_mac="b", key_ids=("k",), rows={"a": 1, "c": 2})
    assert list(one.differences(other)) == ["revision", "audit_mac", "b", "c"]
    assert Inventory.from_json(json.loads(json.dumps(one.as_json()))) == one
