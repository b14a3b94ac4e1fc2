"""Published questionnaires and FAQ files.

Promise: a version is never altered and can always be loaded by its SHA-256, so a conversation stays on the
wording it began with; which version is live is one row.  That row also knows whether staff edited what came from a
file, so that the next file does not undo it unseen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select, update

from storage.counters import insert_or
from storage.tables import LiveContentRow, PublishedRow, table_of
from storage.universe import Universe

_published = table_of(PublishedRow)
_live = table_of(LiveContentRow)


class OtherVersionLive(Exception):
    """The version that was edited is not the live one any more."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """One version of a questionnaire or FAQ file."""

    #: questionnaire, faq
    kind: str
    name: str
    #: ``None`` where the version covers all languages.
    locale: str | None
    sha256: str
    version: str
    published_at: datetime
    actor: str
    #: Whether new conversations take it.
    is_live: bool
    #: Canonical JSON.
    body: str = field(repr=False)


def publish(
    conn: Connection,
    uni: Universe,
    *,
    kind: str,
    name: str,
    locale: str | None,
    body: str,
    sha256: str,
    version: str,
    actor: str,
    edits: str | None = None,
) -> bool:
    """Make a version live; true where it was not live before (an older version may become live again).

    ``edits`` is the live version that staff made it from; raises ``OtherVersionLive`` where another one is live.
    Without it the version comes from a file.
    """
    place = {"kind": kind, "name": name, "locale": locale or ""}
    before = conn.execute(select(_live).where(*_at(_live, place)).with_for_update()).first()
    if edits is not None and (before is None or before.sha256 != edits):
        raise OtherVersionLive
    file_sha256 = None if before is None or edits is None else before.file_sha256 or edits
    if before is not None and before.sha256 == sha256:
        if before.file_sha256 != file_sha256:
            # The file holds by now what was edited.
            conn.execute(update(_live).where(*_at(_live, place)).values(file_sha256=file_sha256))
        return False
    now = uni.now()
    values = {**place, "sha256": sha256, "version": version, "body": body, "published_at": now, "actor": actor}
    conn.execute(insert_or(conn, _published).on_conflict_do_nothing(), values)
    pointer = {"sha256": sha256, "since": now, "actor": actor, "file_sha256": file_sha256}
    flip = insert_or(conn, _live).values(**place, **pointer)
    keys = [_live.c.kind, _live.c.name, _live.c.locale]
    conn.execute(flip.on_conflict_do_update(index_elements=keys, set_=pointer))
    return True


def _at(table: Any, place: dict[str, str]) -> list[Any]:
    return [table.c[name] == value for name, value in place.items()]


def live(conn: Connection, kind: str, name: str, locale: str | None = None) -> Published | None:
    """The version that new conversations take."""
    place = {"kind": kind, "name": name, "locale": locale or ""}
    query = _versions().where(*_at(_published, place), _live.c.sha256 == _published.c.sha256)
    row = conn.execute(query).first()
    return None if row is None else _published_of(row)


def file_behind(conn: Connection, kind: str, name: str, locale: str | None = None) -> str | None:
    """The SHA-256 of what last came from a file, where staff have edited it since."""
    place = {"kind": kind, "name": name, "locale": locale or ""}
    found: str | None = conn.execute(select(_live.c.file_sha256).where(*_at(_live, place))).scalar()
    return found


def load_published(conn: Connection, sha256: str) -> Published | None:
    """The version with this digest, live or not."""
    row = conn.execute(_versions().where(_published.c.sha256 == sha256).limit(1)).first()
    return None if row is None else _published_of(row)


def list_published(conn: Connection, *, live_only: bool = False) -> list[Published]:
    """All versions by kind, name, language and time."""
    query = _versions().order_by(
        _published.c.kind, _published.c.name, _published.c.locale, _published.c.published_at, _published.c.sha256
    )
    if live_only:
        query = query.where(_live.c.sha256 == _published.c.sha256)
    return [_published_of(row) for row in conn.execute(query)]


def _versions() -> Select[Any]:
    same_place = (
        (_live.c.kind == _published.c.kind)
        & (_live.c.name == _published.c.name)
        & (_live.c.locale == _published.c.locale)
    )
    return select(_published, _live.c.sha256.label("live_sha256")).join(_live, same_place)


def _published_of(row: Row[Any]) -> Published:
    return Published(
        kind=row.kind,
        name=row.name,
        locale=row.locale or None,
        sha256=row.sha256,
        version=row.version,
        published_at=row.published_at,
        actor=row.actor,
        is_live=row.sha256 == row.live_sha256,
        body=row.body,
    )
