"""Bringing a store back to an earlier version of the schema, where a new version of the program did not prove itself.

Promise: nothing that is kept goes without being named and agreed to, and what is done is in the audit record.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, column, create_engine, func, inspect, select, table

from storage import audit, migrations
from storage.problems import StoreProblem
from storage.tables import metadata
from storage.universe import Universe


class RollbackProblem(StoreProblem):
    """The store cannot or must not be brought back."""


def earlier(revision: str) -> str:
    """A revision to which this program can bring a store back; raises ``RollbackProblem`` for any other."""
    if revision not in migrations.REVISIONS[:-1]:
        known = f"{migrations.REVISIONS[0]} to {migrations.REVISIONS[-2]}"
        raise RollbackProblem(f"{revision} is no earlier revision of the store; there are {known}.")
    return revision


def losses(conn: Connection, revision: str) -> dict[str, int]:
    """Rows of each table, and filled values of each column, that the earlier schema has no place for."""
    then = _schema_at(revision)
    found: dict[str, int] = {}
    for name, one in metadata.tables.items():
        if name not in then:
            found[name] = conn.execute(select(func.count()).select_from(table(name))).scalar_one()
            continue
        for gone in (part.name for part in one.columns if part.name not in then[name]):
            query = select(func.count(column(gone))).select_from(table(name))
            found[f"{name}.{gone}"] = conn.execute(query).scalar_one()
    return {name: count for name, count in sorted(found.items()) if count}


def roll_back(conn: Connection, uni: Universe, revision: str, *, actor: str, despite_loss: bool) -> dict[str, int]:
    """Change the schema in the caller's transaction; returns what went with it."""
    lost = losses(conn, earlier(revision))
    if lost and not despite_loss:
        names = ", ".join(f"{name} ({count})" for name, count in lost.items())
        raise RollbackProblem(f"Going back to {revision} would lose: {names}. Make a backup; then --despite-loss.")
    detail = {"from": migrations.HEAD, "to": revision, "lost": str(sum(lost.values()))}
    audit.record(conn, uni, "store.rolled_back", actor_kind="os_user", actor_id=actor, detail=detail)
    migrations.downgrade(conn, revision)
    return lost


def _schema_at(revision: str) -> Mapping[str, frozenset[str]]:
    """Tables and their columns as that revision makes them: asked of an empty store that lives for a moment."""
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as conn:
            migrations.upgrade(conn, revision)
            look = inspect(conn)
            names = look.get_table_names()
            return {name: frozenset(part["name"] for part in look.get_columns(name)) for name in names}
    finally:
        engine.dispose()
