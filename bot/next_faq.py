"""The next version of the FAQ: what staff have added to the live one, looked at as ``kakunin faq check`` would.

Promise: nobody publishes what he added himself, only what was looked at is published, and nothing that two topics
share.  The answers are not touched here, so an approved topic stays approved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from bot.phrasing import Doubt, LiveFaq, load_live_faq, new_confusions, publish_phrasing
from dialogs.faq.checking import Layout, layout_problems, shared_phrasings
from dialogs.faq.matcher import matcher_for
from dialogs.faq.topics import sha256_of
from dialogs.faq.words import load_words
from storage import audit, faq_edits
from storage.faq_edits import FaqEdit
from storage.universe import Universe


class CannotPublish(Exception):
    """The next version does not go live; ``code`` names the sentence: own, changed, nothing, shared."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class NextFaq:
    """What is live, what would be, and what leads from one to the other."""

    live: LiveFaq
    after: LiveFaq
    edits: tuple[FaqEdit, ...]
    #: Their topics are not in the live FAQ any more: a file took them away.
    homeless: tuple[FaqEdit, ...] = ()

    def may_publish(self, staff_id: str) -> bool:
        """Whether that member of staff added none of it."""
        return all(edit.staff_id != staff_id for edit in self.edits)


def load_next_faq(conn: Connection, locale: str, *, lock: bool = False) -> NextFaq:
    """The live FAQ with the phrasings that wait."""
    live = load_live_faq(conn, locale)
    waiting = faq_edits.waiting_edits(conn, locale, lock=lock)
    known = {topic.id for topic in live.topics}
    edits = tuple(edit for edit in waiting if edit.topic in known)
    topics = live.topics
    for edit in edits:
        topics = tuple(
            replace(topic, variants=(*topic.variants, edit.phrasing))
            if topic.id == edit.topic and edit.phrasing not in topic.variants
            else topic
            for topic in topics
        )
    after = live if topics == live.topics else LiveFaq(locale, sha256_of(topics), topics)
    return NextFaq(live, after, edits, tuple(edit for edit in waiting if edit.topic not in known))


def warnings(faq: NextFaq) -> list[Doubt]:
    """What the next version makes confusable, and what two topics share. Builds matchers: not for a transaction."""
    matcher = matcher_for(faq.after.topics, faq.after.locale, "off")
    shared = [Doubt("shared", one.topics[0], one.text, one.topics[1]) for one in shared_phrasings(matcher)]
    return shared + new_confusions(faq.live, faq.after)


def layout(faq: NextFaq) -> dict[str, list[Layout]]:
    """By topic what would not fit a phone, in the version that is next; it holds nothing up."""
    found: dict[str, list[Layout]] = {}
    for one in layout_problems(faq.after.topics, load_words(faq.after.locale)):
        found.setdefault(one.topic, []).append(one)
    return found


def publish_next(
    conn: Connection, uni: Universe, locale: str, seen: str, found: Sequence[Doubt], *, staff_id: str
) -> str:
    """Make version ``seen`` live, for which that was ``found``; raises ``CannotPublish`` or ``OtherVersionLive``."""
    faq = load_next_faq(conn, locale, lock=True)
    if faq.after.sha256 != seen:
        raise CannotPublish("changed")
    if not faq.edits or faq.after.sha256 == faq.live.sha256:
        raise CannotPublish("nothing")
    if not faq.may_publish(staff_id):
        raise CannotPublish("own")
    if any(doubt.code == "shared" for doubt in found):
        raise CannotPublish("shared")
    publish_phrasing(conn, uni, faq.live, faq.after, staff_id=staff_id)
    faq_edits.mark_published(conn, uni, [edit.id for edit in faq.edits], faq.after.sha256, staff_id)
    return faq.after.sha256


def take_out(conn: Connection, uni: Universe, edit_id: str, *, staff_id: str) -> bool:
    """A phrasing does not go into the next version, and its questions wait again; false where it is gone already."""
    edit = faq_edits.take_out(conn, edit_id)
    if edit is None:
        return False
    audit.record(
        conn,
        uni,
        "question.phrasing_taken_out",
        actor_kind="staff",
        actor_id=staff_id,
        subjects={"edit": edit_id},
        detail={"topic": edit.topic, "locale": edit.locale},
    )
    return True
