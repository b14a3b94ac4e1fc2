"""The migrations make exactly the tables that the code declares, on both databases, forward and back."""

from __future__ import annotations

from importlib.resources import files

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from storage.database import Database
from storage.migrations import HEAD, REVISIONS, current_revision
from storage.tables import metadata


def config_for(conn: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("storage.migrations")))
    config.attributes["connection"] = conn
    return config


def test_the_schema_has_not_drifted_from_the_migrations(database: Database) -> None:
    def compare(conn: Connection) -> list[object]:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    assert database.run(compare) == []


def test_a_missing_column_would_be_noticed(database: Database) -> None:
    """Negative control of the test above."""

    def compare(conn: Connection) -> list[object]:
        conn.exec_driver_sql("ALTER TABLE staff DROP COLUMN display_name")
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    assert len(database.run(compare)) == 1


def test_the_program_knows_its_revisions(database: Database) -> None:
    scripts = ScriptDirectory.from_config(config_for())
    assert tuple(one.revision for one in reversed(list(scripts.walk_revisions()))) == REVISIONS
    assert scripts.get_current_head() == HEAD
    assert database.run_read(current_revision) == HEAD


def test_the_way_back_leaves_nothing(database: Database) -> None:
    def down(conn: Connection) -> list[str]:
        command.downgrade(config_for(conn), "base")
        return inspect(conn).get_table_names()

    assert database.run(down) == ["alembic_version"]


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    database.upgrade()
    assert database.run_read(current_revision) == HEAD


def test_every_constraint_and_index_has_a_name_that_both_databases_take() -> None:
    names: list[str] = []
    for table in metadata.tables.values():
        found = [one.name for one in table.constraints] + [one.name for one in table.indexes]
        assert None not in found, table.name
        names += map(str, found)
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 63


def test_at_most_one_sealed_column_and_no_free_text_beside_it() -> None:
    """In clear only ids, codes, states, times, counts and digests: long texts are listed here one by one."""
    texts = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if type(column.type).__name__ == "Text"
    }
    assert texts == {
        "audit_entry.detail",
        "audit_entry.subjects",
        "campaign.ladder",
        "campaign.rule",
        "difference.rules",
        "export_batch.filters",
        "export_request.branches",
        "export_request.query",
        "export_sending.files",
        "faq_edit.phrasing",
        "hook_message.body",
        "published_content.body",
        "staff.password_hash",
    }
