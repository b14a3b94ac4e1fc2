"""Staff members, their second factors and their signed-in sessions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Column
from sqlmodel import Field

from storage.tables.base import Stored, code, digest, key, link, number, sealed, text, when


class StaffRow(Stored, table=True):
    """A member of staff."""

    __tablename__ = "staff"

    id: str = key()
    login: str = code(64, unique=True)
    #: What customers see; the login is for colleagues and the audit record.
    display_name: str | None = code(64, nullable=True)
    #: operator, back_office, approver, auditor, admin
    role: str = code(16)
    #: active, disabled
    state: str = code(16)
    must_change: bool = Field(sa_column=Column(Boolean, nullable=False))
    #: argon2id
    password_hash: str = text()
    failures: int = number()
    locked_until: datetime | None = when(nullable=True)
    created_at: datetime = when()


class StaffBranchRow(Stored, table=True):
    """A branch that a member is bound to; who is bound to none is of the head office."""

    __tablename__ = "staff_branch"

    staff_id: str = link("staff.id", primary_key=True)
    branch_no: str = code(16, primary_key=True)


class StaffFactorRow(Stored, table=True):
    """The authenticator app of a member: its secret, sealed, and how far its codes are spent."""

    __tablename__ = "staff_factor"

    staff_id: str = link("staff.id", primary_key=True)
    created_at: datetime = when()
    #: When a code of it was shown first; before that it does not count.
    confirmed_at: datetime | None = when(nullable=True)
    #: Number of the half minute whose code was taken last.
    last_step: int = number()
    sealed: bytes = sealed()


class StaffSessionRow(Stored, table=True):
    """A session, known by the digest of its token."""

    __tablename__ = "staff_session"

    id: str = key()
    staff_id: str = link("staff.id", index=True)
    token_digest: bytes = digest(unique=True)
    created_at: datetime = when()
    last_seen_at: datetime = when()
    idle_seconds: int = number()
    idle_until: datetime = when()
    absolute_until: datetime = when()
    #: When the second factor was given in it.
    factor_at: datetime | None = when(nullable=True)
    #: Of the issuer and its session, where the provider let the member in; it ends what it began.
    elsewhere_digest: bytes | None = digest(nullable=True, index=True)
