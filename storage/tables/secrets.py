"""The store's own secrets, the keys it needs to be read, and the counters that number things without gaps."""

from __future__ import annotations

from datetime import datetime

from storage.tables.base import Stored, code, digest, number, sealed, when


class StoreSecretRow(Stored, table=True):
    """A secret of the store: the random root from which the digests' keys are derived."""

    __tablename__ = "store_secret"

    name: str = code(40, primary_key=True)
    sealed: bytes = sealed()


class EncryptionKeyRow(Stored, table=True):
    """A key under which something was sealed, by its id, and how far the rows have been brought under it."""

    __tablename__ = "encryption_key"

    key_id: str = code(32, primary_key=True)
    #: Tells another key of the same id; empty while the key has not been seen.
    proof: bytes | None = digest(nullable=True)
    #: When it was first, or again, asked to seal everything; the latest one is what rotation leads to.
    since: datetime = when()
    #: Where the pass over all sealed values stands.
    pass_table: str | None = code(64, nullable=True)
    #: The primary key of the last row looked at, as JSON.
    pass_after: str | None = code(200, nullable=True)
    #: Values that the pass had to bring under this key.
    pass_found: int = number()
    #: When a whole pass last found nothing under another key.
    settled_at: datetime | None = when(nullable=True)


class CounterRow(Stored, table=True):
    """The last number given out; the row lock makes the order of numbers the order of commits."""

    __tablename__ = "counter"

    name: str = code(40, primary_key=True)
    value: int = number()
