"""Where the bank's systems are told: how each outlet fares, exports on their way to a server, messages of the hook."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text as sql

from storage.tables.base import Stored, code, key, link, number, text, when

_ON_ITS_WAY = sql("settled_at IS NULL")
_SETTLED = sql("settled_at IS NOT NULL")


class OutletRow(Stored, table=True):
    """One outlet by its name: what it does, and how its last tries went."""

    __tablename__ = "outlet"

    name: str = code(16, primary_key=True)
    #: on, off, gone (the other side said that it is to be left alone)
    state: str = code(16)
    #: Which kinds of events it is told, with commas between them.
    kinds: str = code(120)
    #: Digest of the address, by which a new one is noticed.
    address_sha256: str = code(64)
    #: Tries in a row that failed, when the next one may be, and why the last one failed: a code.
    failures: int = number()
    not_before: datetime | None = when(nullable=True)
    detail: str = code(64)
    #: The last time that it worked.
    done_at: datetime | None = when(nullable=True)


class ExportSendingRow(Stored, table=True):
    """One export on its way to a server."""

    __tablename__ = "export_sending"
    __table_args__ = (
        Index("ix_export_sending_open", "made_at", sqlite_where=_ON_ITS_WAY, postgresql_where=_ON_ITS_WAY),
    )

    batch_id: str = link("export_batch.id", primary_key=True)
    #: written, placed, sent, given_up
    state: str = code(16)
    #: The names of its files in the order of their appearance, with commas between them; no name holds one.
    files: str = text()
    made_at: datetime = when()
    settled_at: datetime | None = when(nullable=True)
    #: Digest of the address that it is sent to; empty in stores of before it was kept.
    address_sha256: str | None = code(64, nullable=True)


class HookMessageRow(Stored, table=True):
    """One message for the bank's system, written in the transaction of what it tells."""

    __tablename__ = "hook_message"
    __table_args__ = (
        Index("ix_hook_message_open", "due_at", "id", sqlite_where=_ON_ITS_WAY, postgresql_where=_ON_ITS_WAY),
        Index("ix_hook_message_settled", "settled_at", sqlite_where=_SETTLED, postgresql_where=_SETTLED),
    )

    id: str = key()
    kind: str = code(16)
    #: JSON of ids, codes and counts: exactly the bytes that are signed.
    body: str = text()
    created_at: datetime = when()
    due_at: datetime = when()
    #: When it is given up.
    ends_at: datetime = when()
    lease_owner: str | None = code(80, nullable=True)
    lease_until: datetime | None = when(nullable=True)
    attempts: int = number()
    #: How the last try ended: a code.
    detail: str = code(64)
    #: sent or given_up, and since when; empty while it is on its way.
    outcome: str | None = code(16, nullable=True)
    settled_at: datetime | None = when(nullable=True)
