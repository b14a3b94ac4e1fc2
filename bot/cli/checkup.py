"""What ``kakunin doctor`` looks at: settings, store, keys, channels, content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.cli.errors import UserError
from bot.cli.store import open_database
from bot.content_sources import live_drafts
from bot.settings import Settings, SettingsProblem, load_settings
from storage import publishing
from storage.database import Database


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    part: str
    ok: bool
    detail: str


def check_up() -> list[Finding]:
    """All findings; a part that cannot be looked at because an earlier one failed is left out."""
    return list(_look())


def _look() -> Iterator[Finding]:
    try:
        settings = load_settings()
    except SettingsProblem as problem:
        yield Finding("settings", False, str(problem))
        return
    yield Finding("settings", True, "readable")
    yield from _channels(settings)
    try:
        database = open_database(settings)
    except UserError as problem:
        yield Finding("database", False, str(problem))
        return
    try:
        yield Finding("database", True, f"{database.dialect}, schema and keys fit")
        yield from _content(database, settings)
    finally:
        database.close()


def _channels(settings: Settings) -> Iterator[Finding]:
    for name, is_on, needed in (
        ("line", settings.line_is_on, "KAKUNIN_LINE_CHANNEL_SECRET and KAKUNIN_LINE_CHANNEL_ACCESS_TOKEN"),
        ("telegram", settings.telegram_is_on, "KAKUNIN_TELEGRAM_BOT_TOKEN and KAKUNIN_TELEGRAM_SECRET_TOKEN"),
    ):
        yield Finding(name, True, "on" if is_on else f"off; set {needed} to turn it on")
    if not (settings.line_is_on or settings.telegram_is_on):
        yield Finding("channels", False, "no channel is on: customers cannot be reached")


def _content(database: Database, settings: Settings) -> Iterator[Finding]:
    published = database.run_read(publishing.list_published)
    live = [row for row in published if row.is_live]
    if not live:
        yield Finding("content", False, "nothing is published; run: kakunin content publish")
        return
    yield Finding("content", True, f"{len(live)} live versions")
    drafts = database.run_read(live_drafts)
    ok = drafts == 0 or settings.allow_drafts
    advice = "all approved" if drafts == 0 else f"{drafts} FAQ answers are drafts; approve and publish them"
    yield Finding("faq", ok, advice)
