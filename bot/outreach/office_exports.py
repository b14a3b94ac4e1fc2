"""The console's one-click export: the same files as the command writes, in one archive that is sent once."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

from bot.settings import Settings
from locales import load_catalogue
from storage.database import Database
from storage.exports.responses import Options, export_responses
from storage.staff import StaffMember


def console_export(database: Database, settings: Settings) -> Callable[[StaffMember], Awaitable[Path]]:
    """What the console calls: writes the archive and hands it over; the caller deletes it."""
    words = load_catalogue(settings.default_locale, settings.content_dir and settings.content_dir / "locales")
    # Without a second person's approval the console gives out masked values only.
    options = Options(zone=ZoneInfo(settings.time_zone), masked=True)

    def write(staff: StaffMember) -> Path:
        folder = Path(tempfile.mkdtemp(prefix="kakunin-export-"))
        try:
            export_responses(
                database,
                folder / "responses",
                options,
                actor=staff.id,
                actor_kind="staff",
                program=f"kakunin {version('kakunin')}",
                word=words.text,
            )
            return _archive(folder / "responses")
        finally:
            shutil.rmtree(folder)

    async def export(staff: StaffMember) -> Path:
        return await asyncio.to_thread(write, staff)

    return export


def _archive(folder: Path) -> Path:
    """The folder's files in one archive; nothing is left behind where it cannot be written."""
    descriptor, name = tempfile.mkstemp(prefix="kakunin-", suffix=".zip")
    try:
        with open(descriptor, "wb") as stream, ZipFile(stream, "w", ZIP_DEFLATED) as archive:
            for path in sorted(folder.iterdir()):
                archive.write(path, path.name)
    except BaseException:
        Path(name).unlink()
        raise
    return Path(name)
