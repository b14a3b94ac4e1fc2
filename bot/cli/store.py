"""Opening the store for a command, with every refusal turned into one sentence."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bot.cli.errors import UserError
from bot.settings import Settings
from locales import load_catalogue

if TYPE_CHECKING:
    from storage.database import Database


def open_database(settings: Settings) -> Database:
    """The store that the settings name; raises ``UserError`` where it cannot be opened."""
    from storage.database import Database, StoreProblem
    from storage.encryption import KeyProblem, Keyring
    from storage.universe import Universe

    try:
        keys = Keyring.parse(settings.encryption_keys.get_secret_value()) if settings.encryption_keys else None
        database = Database.open(
            settings.database_url,
            keys=keys,
            sqlite_synchronous=settings.sqlite_synchronous,
            universe=Universe.real(),
        )
    except (KeyProblem, StoreProblem) as problem:
        raise UserError(str(problem)) from problem
    if database.made_key is not None:
        words = load_catalogue(settings.default_locale)
        sys.stderr.write(words.text("store.key_made", path=str(database.made_key)) + "\n")
    return database
