"""The store's own secrets, sealed under the key ring, and the counters that number things without gaps."""

from __future__ import annotations

from storage.tables.base import Stored, code, number, sealed


class StoreSecretRow(Stored, table=True):
    """A secret of the store: the random root from which the digests' keys are derived."""

    __tablename__ = "store_secret"

    name: str = code(40, primary_key=True)
    sealed: bytes = sealed()


class CounterRow(Stored, table=True):
    """The last number given out; the row lock makes the order of numbers the order of commits."""

    __tablename__ = "counter"

    name: str = code(40, primary_key=True)
    value: int = number()
