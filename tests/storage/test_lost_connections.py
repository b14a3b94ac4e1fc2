"""A connection that is lost takes its transaction with it, which is run again; lost in the commit, nobody can say."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from storage.counters import next_value
from storage.database import Database
from storage.encryption import Keyring
from storage.universe import FrozenUniverse


@pytest.fixture
def database(postgres_url: str, keyring: Keyring, universe: FrozenUniverse) -> Any:
    with Database.open(postgres_url, keys=keyring, universe=universe) as opened:
        yield opened


def end_backend(url: str, pid: int) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_lost_before_the_commit_it_is_run_again(database: Database, postgres_url: str) -> None:
    runs = 0

    def count(conn: Connection) -> int:
        nonlocal runs
        runs += 1
        number = next_value(conn, "test")
        if runs == 1:
            end_backend(postgres_url, conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
            conn.exec_driver_sql("SELECT 1")
        return number

    assert database.run(count) == 1
    assert runs == 2


def test_a_reading_is_done_again(database: Database, postgres_url: str) -> None:
    (pid,) = database.run_read(lambda conn: conn.exec_driver_sql("SELECT pg_backend_pid()").one())
    end_backend(postgres_url, pid)
    assert database.run_read(lambda conn: conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()) != pid


def test_lost_in_the_commit_it_is_not_run_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be stored: the webhook says 503, and the second delivery finds the event or does not."""
    dialect: Any = database._writer.dialect
    commit, runs = dialect.do_commit, 0

    def lose_the_answer(connection: Any) -> None:
        commit(connection)
        connection.driver_connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    def count(conn: Connection) -> int:
        nonlocal runs
        runs += 1
        return next_value(conn, "test")

    monkeypatch.setattr(dialect, "do_commit", lose_the_answer)
    with pytest.raises(OperationalError):
        database.run(count)
    monkeypatch.undo()
    assert runs == 1
    assert database.run(count) == 2
