"""Dropping new responses for another system by the clock, with patience for a folder that is away.

Promise: a drop that fails is tried again, at first soon and then ever more rarely; somebody hears of it when it
goes on failing.  When the last one was is in the store, so several processes and restarts change nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.outreach.wording import program
from bot.settings import Settings
from locales import load_catalogue
from storage.branches import WHOLE_BANK
from storage.database import Database
from storage.export_batches import previous_drop
from storage.exports.drop import DropBusy, drop_responses
from storage.exports.options import Options

log = structlog.get_logger("kakunin.drop")

_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)
#: From so many failures in a row on a person has to look.
ALARM_AFTER = 5


class Dropper:
    """Drops what is new into the folder of the settings, when it is time."""

    def __init__(self, database: Database, settings: Settings, name: str) -> None:
        self._database = database
        self._settings = settings
        self._name = name
        self._words = load_catalogue(settings.default_locale, settings.content_dir and settings.content_dir / "locales")
        self._options = Options(encoding=settings.drop_encoding, zone=ZoneInfo(settings.time_zone))
        self._failures = 0
        self._not_before: datetime | None = None

    def is_due(self) -> bool:
        """Whether it is time; costs one look into the store."""
        now = self._database.universe.now()
        if self._settings.drop_folder is None or (self._not_before is not None and now < self._not_before):
            return False
        last = self._database.run_read(lambda conn: previous_drop(conn, self._options.status, WHOLE_BANK))
        return last is None or now - last.made_at >= timedelta(hours=self._settings.drop_hours)

    def drop(self) -> bool:
        """Try it; false where it failed and is tried again later."""
        folder = self._settings.drop_folder
        assert folder is not None
        try:
            done = drop_responses(
                self._database,
                folder,
                self._options,
                owner=self._name,
                actor="timers",
                actor_kind="system",
                program=program(),
                word=self._words.text,
            )
        except DropBusy:
            # Another process is at it; its batch tells when the next one is due.
            self._not_before = self._database.universe.now() + _FIRST_WAIT
            return True
        except Exception as error:
            self._put_off(error)
            return False
        self._failures, self._not_before = 0, None
        log.info("drop.done", rows=done.exported.rows, batch=done.exported.batch.seq, recovered=done.recovered)
        return True

    def _put_off(self, error: Exception) -> None:
        self._failures += 1
        wait = min(_FIRST_WAIT * 2 ** (self._failures - 1), _LONGEST_WAIT)
        self._not_before = self._database.universe.now() + wait
        tell = log.error if self._failures >= ALARM_AFTER else log.warning
        tell("drop.failed", failures=self._failures, again_in=str(wait), error=type(error).__name__)
