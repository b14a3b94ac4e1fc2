"""Stores of earlier revisions as readable text: written once by the program of that time, and never changed again.

A file holds the rows of every table as that revision had them.  A sealed value stands there as it was stored,
beside what is in it, so that a reader sees what a test compares.  To freeze the next revision before it is
released, let its program make a store of invented customers and run, with that store's keys in the environment:

    python -m tests.storage.forward.freezing sqlite:///store.db > tests/storage/forward/frozen/REVISION.json

Then add what the tests have to know (``facts``), as the file before has it.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Table, insert, select

from storage import migrations
from storage.encryption import Keyring
from storage.engines import open_postgresql, open_sqlite, parse_url
from storage.tables import metadata, row_id, sealed_columns

FROZEN = sorted((Path(__file__).parent / "frozen").glob("*.json"))

Frozen = dict[str, Any]


def read_frozen(path: Path) -> Frozen:
    found: Frozen = json.loads(path.read_text(encoding="utf-8"))
    assert found["revision"] == path.stem
    return found


def build(url: str, frozen: Frozen) -> None:
    """An empty store at that revision, and the rows written into it as plain SQL."""
    engine = _engine(url)

    def write(conn: Connection) -> None:
        migrations.upgrade(conn, frozen["revision"])
        for name, rows in frozen["tables"].items():
            if rows:
                # As the revision made it: nothing of what the tables are today.
                table = Table(name, MetaData(), autoload_with=conn, resolve_fks=False)
                conn.execute(insert(table), [{key: _value(one) for key, one in row.items()} for row in rows])

    with engine.begin() as conn:
        write(conn)
    engine.dispose()


def _engine(url: str) -> Engine:
    parsed = parse_url(url)
    if parsed.get_backend_name() == "postgresql":
        return open_postgresql(parsed)
    writer, reader = open_sqlite(Path(str(parsed.database)), "normal")
    reader.dispose()
    return writer


def _value(frozen: Any) -> Any:
    if not isinstance(frozen, dict):
        return frozen
    if "time" in frozen:
        return datetime.fromisoformat(frozen["time"])
    if "day" in frozen:
        return date.fromisoformat(frozen["day"])
    return base64.b64decode(frozen.get("sealed") or frozen["bytes"])


def freeze(conn: Connection, keyring: Keyring) -> dict[str, list[dict[str, Any]]]:
    """All rows of a store of today's revision, as the files hold them."""
    sealed = sealed_columns()
    tables: dict[str, list[dict[str, Any]]] = {}
    for table in metadata.sorted_tables:
        rows = conn.execute(select(table).order_by(*table.primary_key.columns)).all()
        frozen = [{column.name: _frozen(getattr(row, column.name)) for column in table.columns} for row in rows]
        column = sealed.get(table)
        for row, values in zip(rows, frozen, strict=True):
            if column is not None and values[column.name] is not None:
                opened = keyring.open_bytes(table.name, row_id(table, row), getattr(row, column.name))
                values[column.name] = {"sealed": values[column.name]["bytes"], "opened": _readable(table.name, opened)}
        tables[table.name] = frozen
    return tables


def _frozen(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    return {"bytes": base64.b64encode(bytes(value)).decode()}


def _readable(table: str, opened: bytes) -> Any:
    if table == "store_secret":
        return {"root": "..."}
    try:
        return json.loads(opened)
    except ValueError:
        return "a picture"


def lines(revision: str, keys: str, facts: dict[str, Any], tables: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    """One row a line, so that a change of a file can be read."""
    head = {"revision": revision, "keys": keys, "facts": facts}
    yield "{"
    for name, value in head.items():
        yield f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)},"
    yield '"tables": {'
    for place, (name, rows) in enumerate(tables.items(), 1):
        yield f"{json.dumps(name)}: ["
        yield from (
            json.dumps(row, ensure_ascii=False) + ("," if at < len(rows) else "") for at, row in enumerate(rows, 1)
        )
        yield "]" + ("," if place < len(tables) else "")
    yield "}}"


def main(url: str) -> None:
    keys = os.environ["KAKUNIN_ENCRYPTION_KEYS"]
    with _engine(url).connect() as conn:
        for line in lines(migrations.HEAD, keys, {}, freeze(conn, Keyring.parse(keys))):
            sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
