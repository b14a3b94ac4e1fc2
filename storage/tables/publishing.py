"""Published questionnaires and FAQ files: immutable versions and the pointer to the live one."""

from __future__ import annotations

from datetime import datetime

from storage.tables.base import Stored, code, text, when


class PublishedRow(Stored, table=True):
    """One version; never altered, so a pinned conversation always finds its own."""

    __tablename__ = "published_content"

    sha256: str = code(64, primary_key=True)
    kind: str = code(16, primary_key=True)
    name: str = code(64, primary_key=True)
    #: Empty where a version covers all languages.
    locale: str = code(16, primary_key=True)
    version: str = code(64)
    body: str = text()
    published_at: datetime = when()
    actor: str = code(80)


class LiveContentRow(Stored, table=True):
    """Which version new conversations take."""

    __tablename__ = "live_content"

    kind: str = code(16, primary_key=True)
    name: str = code(64, primary_key=True)
    locale: str = code(16, primary_key=True)
    sha256: str = code(64)
    since: datetime = when()
    actor: str = code(80)
    #: The last version that came from a file; empty where that is the live one. What differs was edited in the console.
    file_sha256: str | None = code(64, nullable=True)
