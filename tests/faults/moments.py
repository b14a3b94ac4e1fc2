"""Moments of one customer's way from the letter to the receipt, played once and kept for many deaths."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from storage.tables import metadata
from tests.e2e.house import House
from tests.faults.bank import Moment, remember
from tests.postgres import PostgresServer

MORI = "0000124"


class Stores:
    """Copies of stores on one of the two databases."""

    def __init__(self, folder: Path, server: PostgresServer | None) -> None:
        self._folder = folder
        self._server = server
        self._number = 0

    @property
    def kind(self) -> str:
        return "sqlite" if self._server is None else "postgresql"

    def url(self, store: str) -> str:
        return f"sqlite:///{store}" if self._server is None else self._server.url(store)

    def new(self, template: str) -> str:
        """Another store that begins as ``template`` is."""
        if self._server is not None:
            return self._server.create(template)
        return str(shutil.copyfile(template, self._path()))

    def drop(self, store: str) -> None:
        if self._server is not None:
            if store not in _KEPT:
                self._server.drop(store)
            return
        for path in self._folder.glob(f"{Path(store).name}*"):
            path.unlink()

    def keep(self, house: House) -> str:
        """A copy of the store as it is now, to begin from again and again."""
        if self._server is not None:
            # A database can only be copied while nobody is in it.
            house.database._writer.dispose()
            kept = self._server.create(house.database._writer.url.database or "")
            _KEPT.add(kept)
            self._in(kept, _REMEMBER)
            return kept
        kept = self._path()
        with closing(sqlite3.connect(str(house.database._path))) as source, closing(sqlite3.connect(kept)) as copy:
            source.backup(copy)
        return kept

    def again(self, kept: str) -> str:
        """The store as it was when it was kept; PostgreSQL puts the same one back: a copy takes ten times as long."""
        if self._server is None:
            return self.new(kept)
        self._in(kept, _PUT_BACK)
        return kept

    def _in(self, store: str, statements: str) -> None:
        with psycopg.connect(self.url(store), autocommit=True) as connection:
            connection.execute(statements.encode())

    def _path(self) -> str:
        self._number += 1
        return str(self._folder / f"store-{id(self)}-{self._number}.db")


#: PostgreSQL's kept stores: the rows of the moment lie in a second schema.
_KEPT: set[str] = set()
_REMEMBER = ";".join(
    ["CREATE SCHEMA kept", *(f"CREATE TABLE kept.{name} AS TABLE public.{name}" for name in metadata.tables)]
)
_PUT_BACK = ";".join(
    [
        "SET session_replication_role = replica",
        *(f"DELETE FROM public.{name}" for name in metadata.tables),
        *(f"INSERT INTO public.{name} SELECT * FROM kept.{name}" for name in metadata.tables),
    ]
)


async def play(house: House, channel: str, keep: Callable[[House], str], last: str) -> dict[str, Moment]:
    """From the code to the moment ``last``, keeping each moment before a turn that matters."""
    moments: dict[str, Moment] = {}
    customer = house.on(channel)
    master: dict[str, Any] = house.letter(MORI).master

    def reached(name: str) -> bool:
        moments[name] = remember(house, keep(house), customer)
        return name == last

    await customer.opens(house.letter(MORI).code)
    await customer.taps("same")
    await customer.types(master["birth_date"])
    if reached("linking"):
        return moments
    await customer.types(master["phone"][-4:])
    if reached("answering"):
        return moments
    await customer.answers()
    await customer.taps("staff")
    if reached("waiting"):
        return moments
    await customer.types("つづける")
    for _ in range(60):
        if "submit" in customer.options():
            break
        await customer.answers()
    assert reached("submitting")
    return moments
