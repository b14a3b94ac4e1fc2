"""What staff edit in the live content: under the version they saw, and known to differ from the file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from storage.database import Database
from storage.publishing import OtherVersionLive, file_behind, live, publish

FILE, EDITED, AGAIN = "a" * 64, "b" * 64, "c" * 64


def put(database: Database, sha256: str, *, edits: str | None = None) -> bool:
    return database.run(
        lambda conn: publish(
            conn,
            database.universe,
            kind="faq",
            name="faq",
            locale="ja",
            body=f'["{sha256}"]',
            sha256=sha256,
            version=sha256[:12],
            actor="tests",
            edits=edits,
        )
    )


def state(database: Database) -> tuple[str, str | None]:
    """What is live, and the file behind it where they differ."""
    now = database.run_read(lambda conn: live(conn, "faq", "faq", "ja"))
    assert now is not None
    return now.sha256, database.run_read(lambda conn: file_behind(conn, "faq", "faq", "ja"))


def test_edits_know_the_file_they_began_with(database: Database) -> None:
    put(database, FILE)
    assert state(database) == (FILE, None)
    assert put(database, EDITED, edits=FILE)
    assert state(database) == (EDITED, FILE)
    assert put(database, AGAIN, edits=EDITED)
    assert state(database) == (AGAIN, FILE)


def test_the_file_that_holds_the_edits_ends_the_difference(database: Database) -> None:
    put(database, FILE)
    put(database, EDITED, edits=FILE)
    assert not put(database, EDITED), "it was live before"
    assert state(database) == (EDITED, None)


def test_who_edits_an_older_version_is_refused(database: Database) -> None:
    with pytest.raises(OtherVersionLive):
        put(database, EDITED, edits=FILE)
    put(database, FILE)
    put(database, EDITED, edits=FILE)
    with pytest.raises(OtherVersionLive):
        put(database, AGAIN, edits=FILE)
    assert state(database) == (EDITED, FILE)


def test_of_two_edits_of_one_version_one_wins(database: Database) -> None:
    put(database, FILE)

    def edit(sha256: str) -> bool:
        try:
            return put(database, sha256, edits=FILE)
        except OtherVersionLive:
            return False

    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(edit, (EDITED, AGAIN)))
    assert sorted(won) == [False, True]
    assert state(database) == (EDITED if won[0] else AGAIN, FILE)


def test_a_pointer_from_before_the_mark_counts_as_from_a_file(database: Database) -> None:
    put(database, FILE)
    rows = database.run_read(lambda conn: conn.execute(text("SELECT file_sha256 FROM live_content")).scalars().all())
    assert list(rows) == [None]
    put(database, EDITED, edits=FILE)
    assert state(database) == (EDITED, FILE)
