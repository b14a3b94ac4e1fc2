"""What the commands of the back office share: their words, who runs them, the bank's day, progress.

Heavy things are imported inside the functions: this module is loaded by ``kakunin --help``.
"""

from __future__ import annotations

import os
import pwd
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.errors import UserError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from bot.settings import Settings
    from locales import Catalogue
    from storage.database import Database


class Office:
    """One command's view of settings, words and store."""

    def __init__(self) -> None:
        from zoneinfo import ZoneInfo

        from bot.settings import load_settings
        from locales import load_catalogue

        self.settings: Settings = load_settings()
        overlay = self.settings.content_dir / "locales" if self.settings.content_dir else None
        try:
            self._words: Catalogue = load_catalogue(self.settings.default_locale, overlay)
        except (UnicodeDecodeError, OSError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8"
            raise UserError(f"A catalogue (.po) below KAKUNIN_CONTENT_DIR cannot be read: {reason}.") from None
        self.zone: ZoneInfo = ZoneInfo(self.settings.time_zone)

    def say(self, key: str, **params: str) -> str:
        """A sentence in the user's language."""
        return self._words.text(key, **params)

    def refuse(self, key: str, **params: str) -> UserError:
        """The error that ends a command with one sentence."""
        return UserError(self.say(key, **params))

    @contextmanager
    def store(self) -> Iterator[Database]:
        """The store, closed again whatever happens."""
        from bot.cli.store import open_database
        from storage import audit

        database = open_database(self.settings)
        try:
            yield database
            # What the command did is chained before it ends, so that a check right after it covers it.
            database.run(lambda conn: audit.seal_chain(conn, database.vault, database.universe))
        finally:
            database.close()

    def today(self, database: Database) -> date:
        """The bank's day."""
        return database.universe.now().astimezone(self.zone).date()

    def day(self, option: str, text: str) -> date:
        """A day that was given as an option."""
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise self.refuse("backoffice.bad_date", option=option) from None

    def readable(self, path: Path) -> Path:
        """A file that can be read, or one sentence."""
        if not path.is_file() or not os.access(path, os.R_OK):
            raise self.refuse("backoffice.no_file", name=path.name)
        return path

    def writable(self, path: Path) -> Path:
        """A file that can be written in a folder that exists, or one sentence; before any work is done."""
        folder = path.parent
        if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
            raise self.refuse("backoffice.no_folder", name=str(path))
        return path


def free_name(path: Path) -> Path:
    """The path, or where something is there the same with the first number that is free."""
    number, found = 1, path
    while found.exists():
        number += 1
        found = path.with_stem(f"{path.stem}-{number}")
    return found


def os_user() -> str:
    """The operating system's user: commands have no other sign-in, so the audit names this one."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        # Containers often run under a number that no passwd file names.
        return str(os.getuid())


def note(
    database: Database, action: str, *, subjects: Mapping[str, str], detail: Mapping[str, str] | None = None
) -> None:
    """Record what the operating system's user did outside the store; what is done in it records itself."""
    from storage import audit

    uni, who = database.universe, os_user()
    database.run(
        lambda conn: audit.record(
            conn, uni, action, actor_kind="os_user", actor_id=who, subjects=subjects, detail=detail
        )
    )


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal's standard error; nothing where the output goes to a file or a script."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
