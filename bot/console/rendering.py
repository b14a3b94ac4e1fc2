"""Drawing a page: the template, the language, and how times and codes are shown.

Templates are given codes and ask the catalogue for words; everything they print is escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

from aiohttp import web
from babel.dates import format_skeleton
from jinja2 import Environment, PackageLoader, StrictUndefined

from bot.console.access import Permission, lacks_factor, may
from bot.console.context import MOUNT, Visit
from bot.settings import Settings
from locales import Catalogue


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bot.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(visit: Visit, template: str, context: Mapping[str, Any], *, status: int = 200) -> web.Response:
    """The page as a response."""
    values = {**_surroundings(visit), **context}
    body = _environment().get_template(template).render(values)
    return web.Response(text=body, status=status, content_type="text/html", charset="utf-8")


def waited(catalogue: Catalogue, now: datetime, since: datetime | None) -> str:
    """How long somebody waits, in words: minutes, then hours, then days."""
    if since is None:
        return catalogue.text("console.none")
    minutes = max(0, int((now - since).total_seconds() // 60))
    if minutes < 60:
        return catalogue.text("console.waited.minutes", minutes=str(minutes))
    if minutes < 24 * 60:
        return catalogue.text("console.waited.hours", hours=str(minutes // 60), minutes=f"{minutes % 60:02d}")
    return catalogue.text("console.waited.days", days=str(minutes // (24 * 60)))


def promised(settings: Settings, locale: str, at: datetime) -> str:
    """The working day of the reply that was promised at ``at``."""
    return format_skeleton("MMMEd", settings.office.day_promised(at).astimezone(settings.office.zone), locale=locale)


def name_of(catalogue: Catalogue, prefix: str) -> Callable[[str], str]:
    """Words for a code; a code that has none yet is shown as it is."""

    def name(code: str) -> str:
        key = f"{prefix}.{code}"
        return catalogue.text(key) if key in catalogue else code

    return name


def reason_words(catalogue: Catalogue, reason: str) -> str:
    """Words for why the owner changed: a code, perhaps with its question after a colon, or what staff wrote."""
    key = f"console.reason.{reason.partition(':')[0]}"
    return catalogue.text(key) if key in catalogue else reason


def lobby_question(catalogue: Catalogue, phase: str) -> str:
    """What somebody is asked who is not linked yet; empty in a case, whose form has the words."""
    place, _, step = phase.partition(":")
    key = f"console.lobby.{step}"
    return catalogue.text(key) if place == "lobby" and key in catalogue else ""


def delivery_reason(catalogue: Catalogue, detail: str) -> str:
    """Words for why a message did not arrive; a platform's own words are for the log and stay there."""
    key = f"console.delivery_reason.{detail}"
    return catalogue.text(key) if key in catalogue else ""


def shorten(text: str, limit: int = 24) -> str:
    """The first line, cut where it would make a button unwieldy."""
    line = text.strip().partition("\n")[0]
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _has_entered(visit: Visit) -> bool:
    """Whether nothing is missing any more before the pages of the console can be used."""
    session = visit.session
    if session is None or session.factor == "due" or session.staff.must_change:
        return False
    return not lacks_factor(session, visit.console.settings.second_factor_roles)


def _surroundings(visit: Visit) -> dict[str, Any]:
    console, catalogue, locale = visit.console, visit.catalogue, visit.locale
    now, zone = console.universe.now(), console.zone
    staff = None if visit.session is None else visit.session.staff

    def clock(at: datetime) -> str:
        return at.astimezone(zone).strftime("%H:%M")

    def day(at: date) -> str:
        return format_skeleton("MMMEd", at, locale=locale)

    def moment(at: datetime) -> str:
        local = at.astimezone(zone)
        return clock(at) if local.date() == now.astimezone(zone).date() else f"{day(local)} {clock(at)}"

    def came(at: datetime, channel: str) -> str:
        # Of the post only the day is known.
        return day(at.astimezone(zone)) if channel == "post" else moment(at)

    def second(at: datetime) -> str:
        return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")

    return {
        "t": lambda key, **params: catalogue.text(key, **{name: str(value) for name, value in params.items()}),
        "locale": locale,
        "other_locale": "en" if locale == "ja" else "ja",
        "mount": MOUNT,
        "bank": console.settings.bank_name,
        "demo": console.demo,
        "staff": staff,
        "entered": _has_entered(visit),
        "may": lambda name: staff is not None and may(staff, Permission(name)),
        "csrf": visit.csrf,
        "path": visit.request.path,
        "area": "",
        "clock": clock,
        "day": day,
        "moment": moment,
        "came": came,
        "second": second,
        "promised": lambda at: promised(console.settings, locale, at),
        "waited": lambda since: waited(catalogue, now, since),
        "shorten": shorten,
        # A phase may name its step after a colon.
        "phase_name": lambda phase: name_of(catalogue, "console.phase")(phase.partition(":")[0]),
        "lobby_question": lambda phase: lobby_question(catalogue, phase),
        "fact_name": name_of(catalogue, "console.fact"),
        "secret_name": name_of(catalogue, "console.secret"),
        "state_name": name_of(catalogue, "console.answer_state"),
        "delivery_reason": lambda detail: delivery_reason(catalogue, detail),
        "reason_name": lambda reason: reason_words(catalogue, reason),
    }
