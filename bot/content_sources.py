"""Questionnaires and FAQ files as sources, and how they become live versions.

The shipped sources are overlaid by the bank's own folder (``CONTENT_DIR`` with ``questionnaires/`` and
``locales/``).  Nothing a customer hears comes from a file directly: only a published version is live.
What staff added to the live version in the console is never undone by a file unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection

from dialogs.definition.checker import check
from dialogs.definition.issues import DefinitionError, Issue, Severity
from dialogs.definition.source_files import SUFFIXES, read_source
from dialogs.definition.yaml_format import read_canonical, shipped_names, shipped_source
from dialogs.faq import topics as faq
from locales import VOICES, language_of, load_catalogue
from storage import audit, publishing
from storage.universe import Universe


class SourceProblem(Exception):
    """A source cannot be published; the sentence says which file and why."""


@dataclass(frozen=True)
class Edit:
    """A phrasing that staff added to the live FAQ in the console, and that no file holds yet."""

    locale: str
    topic: str
    text: str
    #: The live version that has it.
    sha256: str


class EditsWouldBeLost(Exception):
    """A file would take away what staff added in the console; ``edits`` says what."""

    def __init__(self, edits: tuple[Edit, ...]) -> None:
        super().__init__(f"{len(edits)} phrasings would be lost")
        self.edits = edits


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


def sources(content_dir: Path | None, locale: str = "en") -> Iterator[Source]:
    """All questionnaires and FAQ files, checked; raises ``SourceProblem`` on the first that has an error."""
    yield from _questionnaires(content_dir, locale)
    for language in VOICES:
        topics = _topics(content_dir, language)
        sha256 = faq.sha256_of(topics)
        drafts = sum(1 for topic in topics if topic.is_draft)
        yield Source("faq", "faq", language, sha256[:12], faq.canonical_json(topics), sha256, drafts)


def _questionnaires(content_dir: Path | None, locale: str) -> Iterator[Source]:
    """The bank's own forms, and of the shipped ones those whose id the bank does not use itself."""
    own: dict[str, str] = {}
    found: list[Source] = []
    for path in _own_files(content_dir):
        source = _questionnaire(_read(path), path.name, locale)
        if source.name in own:
            raise SourceProblem(f"{path.name} has the id {source.name!r}, which {own[source.name]} has already.")
        own[source.name] = path.name
        found.append(source)
    for name in shipped_names():
        source = _questionnaire(shipped_source(name), f"{name}.yaml", locale)
        if source.name not in own:
            yield source
    yield from found


def _own_files(content_dir: Path | None) -> list[Path]:
    if content_dir is None:
        return []
    files = (content_dir / "questionnaires").glob("*")
    # Hidden ones, and those of a workbook that is open, are what editors leave behind.
    return sorted(path for path in files if path.suffix.lower() in SUFFIXES and not path.name.startswith((".", "~$")))


@lru_cache(maxsize=16)
def _questionnaire(raw: bytes, origin: str, locale: str) -> Source:
    # Kept: what was proved of a form holds of the same bytes, and the proof takes a second.
    try:
        body = read_source(raw, origin=origin).canonical()
        form = read_canonical(body)
        errors = [issue for issue in check(form) if issue.severity is Severity.ERROR]
    except DefinitionError as problem:
        errors = problem.issues
    if errors:
        raise SourceProblem(_sentence(origin, errors, locale))
    return Source("questionnaire", form.id, None, form.version, body, form.sha256)


def _sentence(origin: str, errors: list[Issue], locale: str) -> str:
    first = errors[0]
    place = f" {first.place}" if str(first.place) else ""
    more = f" ({len(errors)} in all: kakunin questionnaire check)" if len(errors) > 1 else ""
    return f"{origin}{place}: {first.message(load_catalogue(locale).text)}{more}"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise SourceProblem(f"{path.name} cannot be read: {problem.strerror}.") from None


def _topics(content_dir: Path | None, locale: str) -> tuple[faq.Topic, ...]:
    own = _own_faq(content_dir, locale)
    language = language_of(locale)
    if own is None and language != locale and _own_faq(content_dir, language) is not None:
        # Our plain wording says what our answers say, not what the bank's do.
        return ()
    topics = faq.load_shipped(locale) if own is None else _read_topics(own, locale)
    if language != locale:
        known = {topic.id for topic in _topics(content_dir, language)}
        for topic in topics:
            if topic.id not in known:
                raise SourceProblem(
                    f"locales/{locale}/faq.yaml: {topic.id} is no topic of locales/{language}/faq.yaml."
                )
    return topics


def _own_faq(content_dir: Path | None, locale: str) -> Path | None:
    path = None if content_dir is None else content_dir / "locales" / locale / "faq.yaml"
    return path if path is not None and path.exists() else None


def _read_topics(own: Path, locale: str) -> tuple[faq.Topic, ...]:
    try:
        return faq.read_topics(_read(own).decode("utf-8-sig"), locale, name=f"locales/{locale}/faq.yaml")
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        raise SourceProblem(f"locales/{locale}/faq.yaml, line {line}: this is not UTF-8.") from None
    except faq.FaqError as problem:
        raise SourceProblem(str(problem)) from None


def publish_all(conn: Connection, uni: Universe, content_dir: Path | None, *, actor: str) -> list[Source]:
    """Make every source live that is not; returns what became live. Raises ``SourceProblem`` before writing."""
    return publish(conn, uni, list(sources(content_dir)), actor=actor)


def publish(
    conn: Connection, uni: Universe, ready: Iterable[Source], *, actor: str, drop_edits: bool = False
) -> list[Source]:
    """Make the checked sources live, in the caller's transaction; returns those that were not live before.

    Raises ``EditsWouldBeLost`` before anything is written, unless that is wanted (``drop_edits``).
    """
    ready = list(ready)
    lost = () if drop_edits else tuple(edit for source in ready for edit in _edits_missing(conn, source))
    if lost:
        raise EditsWouldBeLost(lost)
    became: list[Source] = []
    for source in ready:
        if not publishing.publish(
            conn,
            uni,
            kind=source.kind,
            name=source.name,
            locale=source.locale,
            body=source.body,
            sha256=source.sha256,
            version=source.version,
            actor=actor,
        ):
            continue
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


def edits(conn: Connection, locale: str) -> list[Edit]:
    """The phrasings that staff added since the live FAQ last came from a file."""
    origin = publishing.file_behind(conn, "faq", "faq", locale)
    live = publishing.live(conn, "faq", "faq", locale)
    base = None if origin is None else publishing.load_published(conn, origin)
    if live is None or base is None:
        return []
    before = {topic.id: topic.variants for topic in faq.read_canonical(base.body)}
    return [
        Edit(locale, topic.id, text, live.sha256)
        for topic in faq.read_canonical(live.body)
        for text in topic.variants
        if text not in before.get(topic.id, ())
    ]


def _edits_missing(conn: Connection, source: Source) -> list[Edit]:
    """Those that a FAQ file does not hold."""
    added = edits(conn, source.locale) if source.kind == "faq" and source.locale is not None else []
    if not added:
        return []
    held = {topic.id: topic.variants for topic in faq.read_canonical(source.body)}
    return [edit for edit in added if edit.text not in held.get(edit.topic, ())]


def live_drafts(conn: Connection) -> int:
    """How many live FAQ answers nobody has approved yet."""
    count = 0
    for locale in VOICES:
        published = publishing.live(conn, "faq", "faq", locale)
        if published is not None:
            count += sum(1 for topic in faq.read_canonical(published.body) if topic.is_draft)
    return count
