"""The schema's history: which revision the program needs, and how a store gets there.

Promise: a store is only used when its revision is exactly ``HEAD``.  The comparison costs one query;
Alembic itself is imported only when something has to be changed.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

#: All revisions, oldest first; a test compares them with the scripts.
REVISIONS: tuple[str, ...] = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
    "0015",
    "0016",
    "0017",
    "0018",
    "0019",
    "0020",
    "0021",
    "0022",
    "0023",
    "0024",
    "0025",
    "0026",
    "0027",
    "0028",
    "0029",
    "0030",
    "0031",
    "0032",
    "0033",
    "0034",
    "0035",
    "0036",
)
HEAD = REVISIONS[-1]


def current_revision(conn: Connection) -> str | None:
    """The revision of the store, or ``None`` where Alembic has never run."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    found: str | None = conn.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def has_tables(conn: Connection) -> bool:
    """Whether anything at all lies in the store."""
    return bool(inspect(conn).get_table_names())


def upgrade(conn: Connection, revision: str = "head") -> None:
    """Bring the store to ``revision`` inside the caller's transaction: all of it or nothing."""
    from alembic import command

    command.upgrade(_config(conn), revision)


def downgrade(conn: Connection, revision: str) -> None:
    """Bring the store back to ``revision`` inside the caller's transaction: all of it or nothing."""
    from alembic import command

    command.downgrade(_config(conn), revision)


def _config(conn: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    # A percent sign in a folder's name is no interpolation.
    config.set_main_option("script_location", str(files("storage.migrations")).replace("%", "%%"))
    config.attributes["connection"] = conn
    return config
