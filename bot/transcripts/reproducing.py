"""A stored conversation as the text of a transcript: from the store, over the replay, to the file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo

from bot.transcripts.deeds import Stored
from bot.transcripts.fiction import Fiction
from bot.transcripts.stage import CHANNELS, Opening
from bot.transcripts.writing import Cut, Writer
from dialogs.conversation.understanding import Understanding
from dialogs.definition.yaml_format import load_shipped, shipped_names
from locales import Catalogue
from storage.database import Database
from storage.publishing import load_published


class NotShipped(Exception):
    """The suite could not read the form of the conversation."""

    def __init__(self, form: str) -> None:
        super().__init__(form)
        self.form = form


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
) -> Made:
    """The transcript; with a ``salt`` invented values stand for the customer's, without one the words stay as they are.

    The form is the shipped one of the same id: what the conversation's own version asked otherwise ends the transcript.
    """
    sha256 = str(stored.started["definition_sha256"])
    published = database.run_read(lambda conn: load_published(conn, sha256))
    form_id = "-" if published is None else published.name
    if form_id not in shipped_names():
        raise NotShipped(form_id)
    form = load_shipped(form_id)
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
    )
    writer = Writer(opening, stored.deeds, stored.events, understanding, fiction)
    written = writer.write()
    return Made(text=writer.file(catalogue, form_id), lines=len(written.lines), cut=written.cut)
