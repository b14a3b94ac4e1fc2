"""What every page is handed: the service's parts, and who is asking.

Handlers take a ``Visit`` instead of a request, so that the only way to a page's data is through the
door that made the visit (``access``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.buckets import Buckets
from bot.console.desk import Desk
from bot.console.entry_desk import EntryDesk
from bot.console.passwords import Passwords
from bot.console.recent import Recent
from bot.console.review_desk import ReviewDesk
from bot.settings import Settings
from bot.sign_on.provider import Provider
from locales import SHIPPED_LANGUAGES, Catalogue, load_catalogue
from storage.database import Database
from storage.reach import ReachCounts
from storage.staff import Session, StaffMember
from storage.universe import Universe

#: Where the console is mounted; its pages link to themselves by it.
MOUNT = "/console"


@dataclass(frozen=True, kw_only=True)
class Console:
    """The parts of the running service that pages use."""

    database: Database
    desk: Desk
    settings: Settings
    universe: Universe
    passwords: Passwords
    #: Failed sign-ins by network address.
    failures: Buckets
    #: Ways to the provider by network address.
    departures: Buckets
    #: Ways back from it that began nowhere, by network address.
    strays: Buckets
    #: Refused tokens that end a session, by network address.
    farewells: Buckets
    #: How far the customers of each campaign were reached.
    reach: Recent[ReachCounts]
    #: A demonstration says so on every page.
    demo: bool
    #: Without it there are no pages of review.
    reviews: ReviewDesk | None = None
    #: Without it nothing is entered from paper.
    entries: EntryDesk | None = None
    #: Without it everybody signs in here.
    provider: Provider | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.time_zone)

    @property
    def overlay(self) -> Path | None:
        """The bank's own texts, where it has some."""
        return None if self.settings.content_dir is None else self.settings.content_dir / "locales"


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request of a person, after the door let it in."""

    request: web.Request
    console: Console
    #: ``None`` on the few pages that stand before sign-in.
    session: Session | None
    #: What a form of this page has to send back.
    csrf: str
    #: The fields of a form; empty on GET.
    form: Mapping[str, str]

    @property
    def staff(self) -> StaffMember:
        """Who is signed in; only for pages behind the door."""
        if self.session is None:
            raise LookupError("a page before sign-in asked who is signed in")
        return self.session.staff

    @property
    def locale(self) -> str:
        chosen = self.request.cookies.get("kakunin_locale", "")
        return chosen if chosen in SHIPPED_LANGUAGES else self.console.settings.default_locale

    @property
    def catalogue(self) -> Catalogue:
        return load_catalogue(self.locale, self.console.overlay)
