"""What is looked for in the audit record, as it stands in an address: codes, days and ids, no word about a person.

Promise: an address that was changed by hand finds less or nothing and breaks nothing; receipt and customer numbers come
by a form of their own and turn into an id before they get into any address.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from locales import SHIPPED_LANGUAGES, load_catalogue
from storage import customers, submissions
from storage.audit_search import Wanted, related
from storage.conversations import find_conversation_ref
from storage.encryption import Vault
from storage.staff import StaffMember

#: Deeds by which somebody saw or took out personal data as it is, not masked.
FULL_VIEWS = (
    "console.case_viewed",
    "console.conversation_printed",
    "console.entry_viewed",
    "console.identity_viewed",
    "console.image_viewed",
    "export.differences",
    "export.evidence",
    "export.fetched",
    "export.names",
    "export.responses",
    "export.sent",
    "export.worklist",
    "letter.made",
)
#: Their name where a deed is chosen.
FULL = "full"

_ID = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_REF = re.compile(r"[0-9a-z]{8}", re.ASCII)
_PREFIX = "audit."


@dataclass(frozen=True, kw_only=True)
class Filter:
    """The fields of the form; empty ones ask for nothing."""

    who: str = ""
    action: str = ""
    since: date | None = None
    until: date | None = None
    #: An id.
    about: str = ""

    def fields(self) -> dict[str, str]:
        """As they stand in an address or in a hidden field."""
        days = {"from": self.since and self.since.isoformat(), "to": self.until and self.until.isoformat()}
        given = {"who": self.who, "action": self.action, **days, "about": self.about}
        return {name: value for name, value in given.items() if value}

    def wanted(self, conn: Connection, members: list[StaffMember], zone: ZoneInfo) -> Wanted:
        """The same for the store; a name that no member has may be a user of the operating system."""
        logins = {member.login: member.id for member in members}
        return Wanted(
            actions=FULL_VIEWS if self.action == FULL else (self.action,) if self.action else (),
            actor_id=logins.get(self.who, self.who),
            since=None if self.since is None else _midnight(self.since, zone),
            until=None if self.until is None else _midnight(self.until + timedelta(days=1), zone),
            about=related(conn, self.about) if self.about else (),
        )


def read_filter(given: Mapping[str, str]) -> Filter:
    """What an address or a form holds; what cannot be meant is left out."""
    about, action = given.get("about", ""), given.get("action", "")
    return Filter(
        who=_plain(given.get("who", "")),
        action=action if action == FULL or action in known_actions() else "",
        since=_day(given.get("from", "")),
        until=_day(given.get("to", "")),
        about=about if _ID.fullmatch(about) else "",
    )


def read_place(given: Mapping[str, str]) -> str | None:
    """The id before which the page begins."""
    before = given.get("before", "")
    return before if _UUID.fullmatch(before) else None


@cache
def known_actions() -> tuple[str, ...]:
    """Every deed that has its sentence."""
    keys = load_catalogue(SHIPPED_LANGUAGES[0]).keys()
    actions = (key.removeprefix(_PREFIX) for key in keys if key.startswith(_PREFIX))
    return tuple(sorted(action for action in actions if "." in action))


def find_about(conn: Connection, vault: Vault, typed: str) -> str | None:
    """The id behind a receipt number, a customer number, a conversation's short name, or an id itself."""
    text = unicodedata.normalize("NFKC", typed).strip()
    if not text or not text.isprintable():
        return None
    if _UUID.fullmatch(text):
        return text
    submission = submissions.find_receipt(conn, vault, text)
    if submission is not None:
        return submission.case_id
    customer = customers.find_customer_no(conn, text)
    if customer is not None:
        return customer
    return find_conversation_ref(conn, text.lower()) if _REF.fullmatch(text.lower()) else None


def _plain(text: str) -> str:
    text = text.strip()
    # PostgreSQL takes no NUL and no driver half of a surrogate pair.
    return text if text.isprintable() and len(text) <= 80 else ""


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1970 < day.year < 3000 else None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
