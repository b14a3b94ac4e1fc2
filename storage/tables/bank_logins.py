"""Logins at the bank's own page that link an account: on their way between the bank and the platform."""

from __future__ import annotations

from datetime import datetime

from storage.tables.base import Stored, code, digest, key, link, when


class BankLoginRow(Stored, table=True):
    """One login, known by the digest of its nonce; gone a day after its time."""

    __tablename__ = "bank_login"

    id: str = key()
    nonce_digest: bytes = digest(unique=True)
    #: registered, early, used, spent
    state: str = code(16)
    #: Who logged in, by the word of the bank.
    customer_id: str | None = link("customer.id", nullable=True)
    #: Whose login it was, by the word of the platform.
    account_id: str | None = link("channel_account.id", nullable=True)
    created_at: datetime = when()
    expires_at: datetime = when(index=True)
