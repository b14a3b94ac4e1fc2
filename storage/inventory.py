"""What a store holds, in counts and digests: two copies that have the same inventory are the same store.

Promise: nothing in it is about a person, and no key is needed to take it, so that a copy can be compared by who
must not read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, column, func, inspect, select, table

from storage.migrations import current_revision

_VERSION = "alembic_version"


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """One store at one moment."""

    revision: str
    #: The last link of the audit chain: number and ``mac``; it covers everything that was chained.
    audit_seq: int
    audit_mac: str
    #: The ids of the keys that may be needed to read it; the keys are elsewhere.
    key_ids: tuple[str, ...]
    #: Rows by table.
    rows: Mapping[str, int]

    def differences(self, other: Inventory) -> Iterator[str]:
        """In which points the other one differs."""
        for name in ("revision", "audit_seq", "audit_mac", "key_ids"):
            if getattr(self, name) != getattr(other, name):
                yield name
        yield from sorted(
            name for name in self.rows.keys() | other.rows.keys() if self.rows.get(name) != other.rows.get(name)
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"key_ids": list(self.key_ids), "rows": dict(sorted(self.rows.items()))}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Inventory:
        """The inventory that was written; raises ``KeyError``, ``TypeError`` or ``ValueError`` for anything else."""
        return cls(
            revision=str(found["revision"]),
            audit_seq=int(found["audit_seq"]),
            audit_mac=str(found["audit_mac"]),
            key_ids=tuple(map(str, found["key_ids"])),
            rows={str(name): int(count) for name, count in found["rows"].items()},
        )


def take_inventory(conn: Connection) -> Inventory:
    """Count everything; the tables are those of the store, whichever version of the program made them."""
    names = sorted(set(inspect(conn).get_table_names()) - {_VERSION})
    chain = table("audit_chain", column("seq"), column("mac"))
    last = select(chain.c.seq, chain.c.mac).order_by(chain.c.seq.desc()).limit(1)
    end = conn.execute(last).first() if chain.name in names else None
    keys = table("encryption_key", column("key_id"))
    needed = select(keys.c.key_id).order_by(keys.c.key_id)
    return Inventory(
        revision=current_revision(conn) or "",
        audit_seq=0 if end is None else end.seq,
        audit_mac="" if end is None else bytes(end.mac).hex(),
        key_ids=tuple(conn.execute(needed).scalars()) if keys.name in names else (),
        rows={name: conn.execute(select(func.count()).select_from(table(name))).scalar_one() for name in names},
    )


def damages(conn: Connection) -> list[str]:
    """What the database itself finds wrong; PostgreSQL checks its pages and references as it goes."""
    if conn.dialect.name != "sqlite":
        return []
    pages = [str(row[0]) for row in conn.exec_driver_sql("PRAGMA quick_check(10)") if row[0] != "ok"]
    # The table of the row, and the one where it finds nothing.
    loose = {f"{row[0]} refers to a missing {row[2]}" for row in conn.exec_driver_sql("PRAGMA foreign_key_check")}
    return [*pages, *sorted(loose)]
