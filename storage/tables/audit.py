"""Audit entries and the chain over them; rows of both are only ever added."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index

from storage.tables.base import Stored, code, digest, key, link, number, sealed, text, when


class AuditEntryRow(Stored, table=True):
    """One deed; ids and codes only."""

    __tablename__ = "audit_entry"
    # Ids rise with time, so each of these gives its entries newest first.
    __table_args__ = (Index("ix_audit_entry_action", "action", "id"), Index("ix_audit_entry_actor", "actor_id", "id"))

    id: str = key()
    at: datetime = when(index=True)
    action: str = code(64)
    actor_kind: str = code(16)
    actor_id: str | None = code(80, nullable=True)
    #: Canonical JSON of ids.
    subjects: str = text()
    #: Canonical JSON of codes.
    detail: str = text()


class AuditSubjectRow(Stored, table=True):
    """One id that an entry is about: by these it is found, what it says stands in the entry alone."""

    __tablename__ = "audit_subject"

    subject_id: str = code(200, primary_key=True)
    entry_id: str = link("audit_entry.id", primary_key=True)


class AuditChainRow(Stored, table=True):
    """The place of an entry in the chain; ``mac`` covers the entry and the ``mac`` before."""

    __tablename__ = "audit_chain"

    seq: int = number(primary_key=True)
    entry_id: str = link("audit_entry.id", unique=True)
    prev_mac: bytes = digest()
    mac: bytes = digest()


class AuditHeadRow(Stored, table=True):
    """The end of the chain (id is always 1); sealed, so that cutting the tail is noticed."""

    __tablename__ = "audit_head"

    id: int = number(primary_key=True)
    seq: int = number()
    #: When nothing was left to chain.
    sealed_at: datetime = when()
    sealed: bytes = sealed()
