"""The published questionnaires and FAQ that the bot speaks from, opened once and kept.

Conversations are pinned to the questionnaire version (by SHA-256) with which they began; FAQ answers
always come from the live version.  A newly published version is noticed within seconds, without a
restart, and without a query in every turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from dialogs.conversation.understanding import Understanding
from dialogs.conversation.wording import Voice
from dialogs.definition.model import Questionnaire
from dialogs.definition.yaml_format import read_canonical
from dialogs.faq.encoder import Mode, encoder_for
from dialogs.faq.matcher import matcher_for
from dialogs.faq.topics import Topic, in_voice, read_canonical as read_topics
from locales import SHIPPED_LANGUAGES, VOICES, load_catalogue
from storage import publishing

log = structlog.get_logger("kakunin.content")

#: How long a look at what is live stays good.
_FRESH = timedelta(seconds=5)


class NothingPublished(Exception):
    """No version of what is needed is live: run ``kakunin content publish``."""


@dataclass(frozen=True)
class _Faq:
    """The live FAQ of all languages; the topics of each voice."""

    versions: tuple[str, ...]
    topics: Mapping[str, Mapping[str, Topic]]
    understanding: Understanding | None
    looked_at: datetime


@dataclass
class LiveContent:
    """One per process; filled as it is asked for. Threads may race to fill it: the result is the same."""

    facts: Mapping[str, str]
    overlay: Path | None = None
    encoder: Mode = "auto"
    #: Who only speaks needs nothing that understands what is said to him.
    listens: bool = True
    _definitions: dict[str, Questionnaire] = field(default_factory=dict)
    _faq: _Faq | None = None

    def definition(self, conn: Connection, sha256: str) -> Questionnaire:
        """The questionnaire of that version; raises ``NothingPublished`` where the store has none."""
        found = self._definitions.get(sha256)
        if found is None:
            published = publishing.load_published(conn, sha256)
            if published is None:
                raise NothingPublished(f"questionnaire version {sha256[:12]} is not in the store")
            found = self._definitions[sha256] = read_canonical(published.body)
        return found

    def live_definition(self, conn: Connection, questionnaire_id: str) -> Questionnaire:
        """The live version of a questionnaire, for a conversation that begins now."""
        published = publishing.live(conn, "questionnaire", questionnaire_id)
        if published is None:
            raise NothingPublished(f"no version of the questionnaire {questionnaire_id!r} is published")
        return self.definition(conn, published.sha256)

    def refresh(self, conn: Connection, now: datetime) -> None:
        """Look what FAQ is live, unless that was done a moment ago; builds the matchers when it changed."""
        if self._faq is not None and now - self._faq.looked_at < _FRESH:
            return
        found = {voice: publishing.live(conn, "faq", "faq", voice) for voice in VOICES}
        live = {voice: published for voice, published in found.items() if published is not None}
        missing = [language for language in SHIPPED_LANGUAGES if language not in live]
        if missing:
            raise NothingPublished(f"no FAQ is published for {', '.join(missing)}")
        versions = tuple(published.sha256 for published in live.values())
        if self._faq is not None and self._faq.versions == versions:
            self._faq = _Faq(versions, self._faq.topics, self._faq.understanding, now)
            return
        topics = {voice: read_topics(published.body) for voice, published in live.items()}
        understanding = None
        if self.listens:
            understanding = Understanding(
                {language: matcher_for(topics[language], language, self.encoder) for language in SHIPPED_LANGUAGES}
            )
        by_id = {voice: {topic.id: topic for topic in items} for voice, items in topics.items()}
        answers = {voice: in_voice(voice, by_id) for voice in VOICES}
        self._faq = _Faq(versions, answers, understanding, now)
        log.info("content.faq_live", encoder=self.listens and encoder_for(self.encoder) is not None)

    def try_refresh(self, conn: Connection, now: datetime) -> None:
        """``refresh``, but where the live FAQ cannot be read the last good one stays, if there was any.

        A turn must not fail before the event is stored: what then cannot be said is the step's trouble, and
        a person takes over.  ``refresh`` itself tells (``/health/ready``).
        """
        try:
            self.refresh(conn, now)
        except SQLAlchemyError:
            raise
        except Exception as error:
            log.error("content.faq_not_readable", error=type(error).__name__, kept=self._faq is not None)

    @property
    def can_understand(self) -> bool:
        """Whether a FAQ was ever read, to understand by it."""
        return self._faq is not None and self.listens

    @property
    def understanding(self) -> Understanding:
        """The reader of customers' texts over the live FAQ; ``refresh`` comes first."""
        if self._faq is None or self._faq.understanding is None:
            raise NothingPublished("the FAQ has not been looked at yet")
        return self._faq.understanding

    def voice(self, locale: str, **facts: str) -> Voice:
        """What is needed to say something in ``locale``."""
        if self._faq is None:
            raise NothingPublished("the FAQ has not been looked at yet")
        overlay = self.overlay / "locales" if self.overlay is not None else None
        return Voice(
            catalogue=load_catalogue(locale, overlay),
            topics=self._faq.topics[locale],
            facts={**self.facts, **facts},
        )
