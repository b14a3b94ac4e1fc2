"""Opening the store for a command, with every refusal turned into one sentence."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.errors import Failed, UserError
from bot.settings import Settings
from locales import load_catalogue

if TYPE_CHECKING:
    from storage.database import Database


@contextmanager
def one_sentence() -> Iterator[None]:
    """What is wrong with a store's address, keys or schema, as a ``UserError``; ``Failed`` where it does not answer."""
    from sqlalchemy.exc import ProgrammingError

    from storage.problems import StoreAway, StoreProblem

    try:
        yield
    except StoreAway as problem:
        raise Failed(str(problem)) from None
    except StoreProblem as problem:
        raise UserError(str(problem)) from None
    except ProgrammingError as problem:
        # The driver refuses a parameter of the address; its first line names it.
        first = str(problem.orig).strip().partition("\n")[0]
        raise UserError(f"The database cannot be used: {first}") from None


def open_database(settings: Settings, *, migrate: bool = False) -> Database:
    """The store that the settings name; raises ``UserError`` where it cannot be opened."""
    from storage.database import Database
    from storage.encryption import Keyring
    from storage.universe import Universe

    with one_sentence():
        keys = Keyring.parse(settings.encryption_keys.get_secret_value()) if settings.encryption_keys else None
        database = Database.open(
            settings.database_url,
            keys=keys,
            sqlite_synchronous=settings.sqlite_synchronous,
            universe=Universe.real(),
            migrate=migrate,
        )
        if settings.erasure_file is not None:
            _erase_again(database, settings.erasure_file)
    if database.made_key is not None:
        words = load_catalogue(settings.default_locale)
        sys.stderr.write(words.text("store.key_made", path=str(database.made_key)) + "\n")
    return database


def _erase_again(database: Database, outside: Path) -> None:
    """A backup that was put back loses what was erased since, before anybody sees it."""
    from storage.erasures import reapply

    try:
        reapply(database, outside)
        if outside.exists():
            from bot.taken_back import forget_again

            forget_again(database, outside)
    except BaseException:
        database.close()
        raise
