"""What Alembic runs: the migrations, on the connection that ``storage.migrations`` hands in."""

from __future__ import annotations

from alembic import context

from storage.tables import metadata


def run() -> None:
    """Run the migrations in the caller's transaction."""
    connection = context.config.attributes.get("connection")
    if connection is None:
        raise RuntimeError("migrations run through storage.migrations.upgrade, which hands in the connection")
    context.configure(
        connection=connection,
        target_metadata=metadata,
        # SQLite cannot alter most things in place; batch mode rewrites the table.
        render_as_batch=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
