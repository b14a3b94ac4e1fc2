"""Questionnaires and FAQ files as sources, and how they become live versions.

The shipped sources are overlaid by the bank's own folder (``CONTENT_DIR`` with ``questionnaires/`` and
``locales/``).  Nothing a customer hears comes from a file directly: only a published version is live.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from dialogs.definition.checker import check
from dialogs.definition.issues import Severity
from dialogs.definition.yaml_format import canonical_source, read_canonical, shipped_names, shipped_source
from dialogs.faq import topics as faq
from locales import SHIPPED_LANGUAGES
from storage import audit, publishing
from storage.universe import Universe


class SourceProblem(Exception):
    """A source cannot be published; the sentence says which and why."""


@dataclass(frozen=True)
class Source:
    """Something ready to be published."""

    kind: str
    name: str
    locale: str | None
    version: str
    body: str
    sha256: str
    #: FAQ answers that nobody has approved yet.
    drafts: int = 0


def sources(content_dir: Path | None) -> Iterator[Source]:
    """All questionnaires and FAQ files, checked; raises ``SourceProblem`` on the first that has an error."""
    for source, origin in _questionnaires(content_dir):
        body = canonical_source(source, origin=origin)
        questionnaire = read_canonical(body)
        errors = [issue for issue in check(questionnaire) if issue.severity is Severity.ERROR]
        if errors:
            raise SourceProblem(
                f"{origin} has {len(errors)} error(s), first {errors[0].code}; run kakunin questionnaire check."
            )
        yield Source("questionnaire", questionnaire.id, None, questionnaire.version, body, questionnaire.sha256)
    for locale in SHIPPED_LANGUAGES:
        topics = _topics(content_dir, locale)
        sha256 = faq.sha256_of(topics)
        drafts = sum(1 for topic in topics if topic.is_draft)
        yield Source("faq", "faq", locale, sha256[:12], faq.canonical_json(topics), sha256, drafts)


def _questionnaires(content_dir: Path | None) -> Iterator[tuple[bytes, str]]:
    own = sorted((content_dir / "questionnaires").glob("*.yaml")) if content_dir is not None else []
    replaced = {path.stem for path in own}
    for name in shipped_names():
        if name not in replaced:
            yield shipped_source(name), f"{name}.yaml"
    for path in own:
        yield path.read_bytes(), path.name


def _topics(content_dir: Path | None, locale: str) -> tuple[faq.Topic, ...]:
    own = content_dir / "locales" / locale / "faq.yaml" if content_dir is not None else None
    if own is not None and own.is_file():
        return faq.read_topics(own.read_text(encoding="utf-8"), locale, name=f"{locale}/faq.yaml")
    return faq.load_shipped(locale)


def publish_all(conn: Connection, uni: Universe, content_dir: Path | None, *, actor: str) -> list[Source]:
    """Make every source live that is not; returns what became live. Raises ``SourceProblem`` before writing."""
    ready = list(sources(content_dir))
    became: list[Source] = []
    for source in ready:
        live = publishing.live(conn, source.kind, source.name, source.locale)
        if live is not None and live.sha256 == source.sha256:
            continue
        publishing.publish(
            conn,
            uni,
            kind=source.kind,
            name=source.name,
            locale=source.locale,
            body=source.body,
            sha256=source.sha256,
            version=source.version,
            actor=actor,
        )
        audit.record(
            conn,
            uni,
            "content.published",
            actor_kind="os_user",
            actor_id=actor,
            subjects={"sha256": source.sha256},
            detail={"kind": source.kind, "name": source.name, "version": source.version},
        )
        became.append(source)
    return became


def live_drafts(conn: Connection) -> int:
    """How many live FAQ answers nobody has approved yet."""
    count = 0
    for locale in SHIPPED_LANGUAGES:
        published = publishing.live(conn, "faq", "faq", locale)
        if published is not None:
            count += sum(1 for topic in faq.read_canonical(published.body) if topic.is_draft)
    return count
