"""A stored conversation as the text of a transcript: from the store, over the replay, to the file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from bot.office_hours import OfficeHours
from bot.transcripts.deeds import Stored
from bot.transcripts.fiction import Fiction
from bot.transcripts.stage import CHANNELS, Opening
from bot.transcripts.writing import Cut, Writer
from dialogs.conversation.understanding import Understanding
from dialogs.definition.yaml_format import load_shipped, read_canonical, shipped_names
from locales import Catalogue
from storage.database import Database
from storage.publishing import load_published


class NoVersion(Exception):
    """The store does not hold the version of the form that the conversation is about."""


@dataclass(frozen=True, kw_only=True)
class Made:
    text: str
    lines: int
    cut: Cut | None


def reproduce(
    database: Database,
    stored: Stored,
    *,
    understanding: Understanding,
    zone: tzinfo,
    catalogue: Catalogue,
    salt: str | None,
    office: OfficeHours,
) -> Made:
    """The transcript; with a ``salt`` invented values stand for the customer's, without one the words stay as they are.

    The form is that of the conversation; where it is not the shipped one as it is today, the file holds it too.
    """
    sha256 = str(stored.started["definition_sha256"])
    published = database.run_read(lambda conn: load_published(conn, sha256))
    if published is None:
        raise NoVersion(sha256)
    form = read_canonical(published.body)
    is_shipped = form.id in shipped_names() and load_shipped(form.id).sha256 == sha256
    start = datetime.fromisoformat(stored.started["at"]).astimezone(zone)
    fiction = None if salt is None else Fiction(salt, start.date())
    master = dict(stored.started.get("master") or {})
    opening = Opening(
        definition=form,
        channel=stored.channel if stored.channel in CHANNELS else "line",
        locale=str(stored.started["locale"]),
        sensitive_allowed=bool(stored.started.get("sensitive_allowed", True)),
        start=start,
        master=master if fiction is None else fiction.master(master, form),
        office=office,
    )
    writer = Writer(opening, stored.deeds, stored.events, understanding, fiction)
    written = writer.write()
    text = writer.file(catalogue, None if is_shipped else published.body)
    return Made(text=text, lines=len(written.lines), cut=written.cut)
