"""A phrasing that staff add to a topic of the live FAQ, looked at as ``kakunin faq check`` would.

Promise: no phrasing is published that two topics share, that holds personal data or that the file format would refuse;
what it makes confusable is said first.  The answers are not touched, so an approved topic stays approved.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from bot.redacting import is_clean
from dialogs.faq.checking import confusable_phrasings, shared_phrasings
from dialogs.faq.matcher import Matcher, matcher_for
from dialogs.faq.topics import Topic, canonical_json, read_canonical, sha256_of
from dialogs.japanese import fold, normalise
from storage import audit, publishing
from storage.universe import Universe

#: A phrasing is what a customer says in one breath.
LONGEST = 120


class PhrasingRefused(Exception):
    """The phrasing cannot be added; ``code`` names the sentence."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        #: empty, long, signs, personal, no_topic, already, shared
        self.code = code
        self.params = params


@dataclass(frozen=True)
class Doubt:
    """Why somebody should think twice."""

    #: confusable (nearer to ``other`` than to the rest of ``topic``), shared (``other`` has it too),
    #: no_effect (the bot would still not say ``topic``)
    code: str
    topic: str
    text: str
    other: str = ""


@dataclass(frozen=True)
class LiveFaq:
    """The live FAQ of one language."""

    locale: str
    sha256: str
    topics: tuple[Topic, ...]

    def topic(self, name: str) -> Topic | None:
        return next((topic for topic in self.topics if topic.id == name), None)


def load_live_faq(conn: Connection, locale: str) -> LiveFaq:
    """The FAQ that speaks now; without topics where none is published."""
    live = publishing.live(conn, "faq", "faq", locale)
    return LiveFaq(locale, "", ()) if live is None else LiveFaq(locale, live.sha256, read_canonical(live.body))


def with_phrasing(faq: LiveFaq, name: str, typed: str, names: Iterable[str] = ()) -> tuple[LiveFaq, str]:
    """The FAQ with one phrasing more, and the phrasing as it stands there; raises ``PhrasingRefused``.

    ``names`` are those of the customer who asked.
    """
    text, topic = normalise(typed), faq.topic(name)
    if topic is None:
        raise PhrasingRefused("no_topic")
    if not any(sign.isalnum() for sign in text):
        raise PhrasingRefused("empty")
    if len(text) > LONGEST:
        raise PhrasingRefused("long", limit=str(LONGEST))
    if not is_clean(text, names):
        raise PhrasingRefused("personal")
    if set("{}") & set(text):
        raise PhrasingRefused("signs", brackets="{ }")
    if fold(text).rstrip("?") in {fold(one).rstrip("?") for one in (topic.question, *topic.variants)}:
        raise PhrasingRefused("already", topic=topic.id)
    changed = replace(topic, variants=(*topic.variants, text))
    topics = tuple(changed if one.id == name else one for one in faq.topics)
    return LiveFaq(faq.locale, sha256_of(topics), topics), text


def doubts(before: LiveFaq, after: LiveFaq, name: str, text: str) -> list[Doubt]:
    """What the phrasing makes confusable; raises ``PhrasingRefused`` where another topic has it too.

    Builds a matcher: not for a transaction.
    """
    matcher = matcher_for(after.topics, after.locale, "off")
    for shared in shared_phrasings(matcher):
        if name in shared.topics and fold(shared.text).rstrip("?") == fold(text).rstrip("?"):
            raise PhrasingRefused("shared", topic=next(one for one in shared.topics if one != name))
    found = new_confusions(before, after)
    if name not in matcher.match(text).offered:
        found.append(Doubt("no_effect", name, text))
    return found


def new_confusions(before: LiveFaq, after: LiveFaq) -> list[Doubt]:
    """The phrasings that are nearer to another topic than to their own since ``before``. Builds matchers."""
    known = _confusable(matcher_for(before.topics, before.locale, "off"))
    now = _confusable(matcher_for(after.topics, after.locale, "off"))
    return [Doubt("confusable", topic, phrase, other) for topic, phrase, other in sorted(now - known)]


def _confusable(matcher: Matcher) -> set[tuple[str, str, str]]:
    return {(one.topic, one.text, one.other) for one in confusable_phrasings(matcher)}


def publish_phrasing(conn: Connection, uni: Universe, before: LiveFaq, after: LiveFaq, *, staff_id: str) -> None:
    """Make the FAQ with the phrasing live; raises ``OtherVersionLive`` where ``before`` is not live any more."""
    publishing.publish(
        conn,
        uni,
        kind="faq",
        name="faq",
        locale=after.locale,
        body=canonical_json(after.topics),
        sha256=after.sha256,
        version=after.sha256[:12],
        actor=staff_id,
        edits=before.sha256,
    )
    audit.record(
        conn,
        uni,
        "content.published",
        actor_kind="staff",
        actor_id=staff_id,
        subjects={"sha256": after.sha256},
        detail={"kind": "faq", "name": "faq", "version": after.sha256[:12]},
    )
