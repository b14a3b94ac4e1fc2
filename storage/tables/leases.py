"""Which process does a job that only one may do at a time."""

from __future__ import annotations

from datetime import datetime

from storage.tables.base import Stored, code, number, when


class JobLeaseRow(Stored, table=True):
    """One job by its name; the row stays when nobody holds it, so that terms only rise."""

    __tablename__ = "job_lease"

    name: str = code(64, primary_key=True)
    #: The process that holds it; empty where it was given back.
    owner: str | None = code(80, nullable=True)
    #: How often it was taken: the number by which a late holder is told from the present one.
    term: int = number()
    lease_until: datetime = when()
