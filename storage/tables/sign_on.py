"""Staff who sign in at the bank's identity provider: whose subject it is, and who is on the way there and back."""

from __future__ import annotations

from datetime import datetime

from storage.tables.base import Stored, code, digest, key, link, when


class StaffIdentityRow(Stored, table=True):
    """The one person at the provider who is this member of staff."""

    __tablename__ = "staff_identity"

    staff_id: str = link("staff.id", primary_key=True)
    #: Of the issuer and the subject.
    identity_digest: bytes = digest(unique=True)
    linked_at: datetime = when()


class SignOnRequestRow(Stored, table=True):
    """A browser that was sent to the provider and is expected back."""

    __tablename__ = "sign_on_request"

    id: str = key()
    state_digest: bytes = digest(unique=True)
    browser_digest: bytes = digest()
    #: The page of the console that was asked for.
    after: str = code(255)
    expires_at: datetime = when(index=True)


class SpentTokenRow(Stored, table=True):
    """A logout token that was taken, until it would be refused as too old anyway."""

    __tablename__ = "spent_token"

    id: str = key()
    token_digest: bytes = digest(unique=True)
    expires_at: datetime = when(index=True)
