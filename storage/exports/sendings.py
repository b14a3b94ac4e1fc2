"""Exports on their way to a server: how far each of them came.

Promise: what comes after an export is counted from the last one that was **placed** (all its files lie whole on the
server, none has its name yet).  From then on it is only finished there, never made again; before, none of its files
ever had its name, so that it may be given up and made anew.  Either way nothing arrives twice and nothing is left out.
One that was on its way to another server than that of now is given up however far it came: nobody there names it.

    written -> placed -> sent        written | placed -> given_up
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from storage.branches import Branches
from storage.export_batches import ExportBatch, branches_of, load_batch
from storage.outlets.faring import address_digest
from storage.tables import ExportSendingRow, table_of
from storage.universe import Universe

_sending = table_of(ExportSendingRow)


class SendingState(StrEnum):
    """How far an export came."""

    WRITTEN = "written"
    PLACED = "placed"
    SENT = "sent"
    GIVEN_UP = "given_up"


_ARRIVES = (SendingState.PLACED.value, SendingState.SENT.value)


#: Ids of batches rise as well, so that two of one moment keep their order.
_NEWEST_FIRST = (_sending.c.made_at.desc(), _sending.c.batch_id.desc())


@dataclass(frozen=True, kw_only=True)
class Sending:
    """One export on its way."""

    batch_id: str
    state: str
    #: The names of its files in the order in which they appear; the last one is the mark.
    files: tuple[str, ...]
    made_at: datetime
    settled_at: datetime | None
    #: Digest of the address; ``None`` in stores of before it was kept.
    address_sha256: str | None

    def is_elsewhere(self, address: str) -> bool:
        """Whether it was sent to another address than this one."""
        return self.address_sha256 is not None and self.address_sha256 != address_digest(address)


def begin_sending(conn: Connection, uni: Universe, batch_id: str, files: Sequence[str], address: str) -> Sending:
    """Its files are written here, and nothing of it left the house."""
    values = {"batch_id": batch_id, "state": SendingState.WRITTEN.value, "files": ",".join(files)}
    where = {"address_sha256": address_digest(address)}
    conn.execute(insert(_sending), values | where | {"made_at": uni.now(), "settled_at": None})
    return _loaded(conn, batch_id)


def note_sending(conn: Connection, uni: Universe, batch_id: str, state: SendingState) -> None:
    """It came so far."""
    settled = None if state is SendingState.PLACED else uni.now()
    on_its_way = (_sending.c.batch_id == batch_id) & _sending.c.settled_at.is_(None)
    conn.execute(update(_sending).where(on_its_way).values(state=state.value, settled_at=settled))


def open_sendings(conn: Connection) -> list[Sending]:
    """What is neither sent nor given up, oldest first."""
    query = select(_sending).where(_sending.c.settled_at.is_(None)).order_by(_sending.c.made_at, _sending.c.batch_id)
    return [_sending_of(row) for row in conn.execute(query)]


def list_sendings(conn: Connection, limit: int = 20) -> list[tuple[Sending, ExportBatch]]:
    """The newest ones with their exports, newest first."""
    found = []
    for row in conn.execute(select(_sending).order_by(*_NEWEST_FIRST).limit(limit)):
        batch = load_batch(conn, row.batch_id)
        assert batch is not None
        found.append((_sending_of(row), batch))
    return found


def last_arriving(conn: Connection, status: str, branches: Branches) -> ExportBatch | None:
    """The last export of this scope that arrived, or will whatever happens."""
    query = select(_sending.c.batch_id).where(_sending.c.state.in_(_ARRIVES)).order_by(*_NEWEST_FIRST)
    for batch_id in conn.execute(query).scalars():
        batch = load_batch(conn, batch_id)
        assert batch is not None
        if (batch.filters.get("status"), branches_of(batch.filters)) == (status, branches):
            return batch
    return None


def _loaded(conn: Connection, batch_id: str) -> Sending:
    return _sending_of(conn.execute(select(_sending).where(_sending.c.batch_id == batch_id)).one())


def _sending_of(row: Row[Any]) -> Sending:
    return Sending(**dict(row._mapping) | {"files": tuple(row.files.split(","))})
