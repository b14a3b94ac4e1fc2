"""Forms that staff enter for a customer, until they are submitted or put away.

Promise: a draft is saved under the version that was seen, so of two clerks at once the later one is told and nothing
is overwritten; a case is entered once at a time, and a sheet of paper (its scan number) once at all.  What was typed,
by whom and when stays sealed in the row after it was submitted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update
from sqlalchemy.exc import IntegrityError

from storage.encryption import Vault
from storage.tables import EntryRow, table_of
from storage.universe import Universe

_entry = table_of(EntryRow)

#: In which the form can still be changed.
OPEN_STATES = ("first", "second", "compare")
MEDIA = ("paper", "phone")
#: Whose words they are.
SAID_BY = ("customer", "family", "guardian", "clerk")

#: What was typed in one go through the form, by the text of its key: text, by, at.
Pass = Mapping[str, Mapping[str, str]]


class StaleEntry(Exception):
    """Somebody else has saved this form meanwhile, or it is no longer open."""


class AlreadyEntered(Exception):
    """The case is being entered already, or a form with this scan number was; ``entry_id`` is that entry."""

    def __init__(self, entry_id: str, what: str) -> None:
        super().__init__(what)
        self.entry_id = entry_id
        #: case, scan_no
        self.what = what


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One form that is being entered, or was."""

    id: str
    case_id: str
    #: paper, phone
    medium: str
    scan_no: str | None
    #: customer, family, guardian, clerk
    said_by: str
    locale: str
    questionnaire_sha256: str
    #: first, second (the same again), compare (of both), submitted, discarded
    state: str
    #: Whether a second person enters the same again.
    doubled: bool
    version: int
    opened_by: str
    opened_at: datetime
    saved_by: str
    saved_at: datetime
    second_by: str | None
    ended_by: str | None
    ended_at: datetime | None
    submission_id: str | None
    #: first, second, and of both what was decided on.
    passes: Mapping[str, Pass] = field(repr=False)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def typists(self) -> frozenset[str]:
        """Who typed something of the first pass."""
        return frozenset(one["by"] for one in self.passes.get("first", {}).values())


def open_entry(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    *,
    case_id: str,
    medium: str,
    scan_no: str | None,
    said_by: str,
    locale: str,
    questionnaire_sha256: str,
    doubled: bool,
    staff_id: str,
) -> Entry:
    """Begin to enter a form; raises ``AlreadyEntered``."""
    same = _entry.c.state.in_(OPEN_STATES) & (_entry.c.case_id == case_id)
    _refuse(conn, select(_entry.c.id).where(same), "case")
    if scan_no is not None:
        scanned = (_entry.c.scan_no == scan_no) & (_entry.c.state != "discarded")
        _refuse(conn, select(_entry.c.id).where(scanned), "scan_no")
    entry_id, now = uni.new_id(), uni.now()
    values = {
        "id": entry_id,
        "case_id": case_id,
        "medium": medium,
        "scan_no": scan_no,
        "said_by": said_by,
        "locale": locale,
        "questionnaire_sha256": questionnaire_sha256,
        "state": "first",
        "doubled": int(doubled),
        "version": 0,
        "opened_by": staff_id,
        "opened_at": now,
        "saved_by": staff_id,
        "saved_at": now,
        "second_by": None,
        "ended_by": None,
        "ended_at": None,
        "submission_id": None,
        "sealed": vault.seal(_entry.name, entry_id, {"passes": {}}),
    }
    try:
        with conn.begin_nested():
            conn.execute(insert(_entry), values)
    except IntegrityError:
        # Somebody began at the same moment; the look above did not see it.
        raise AlreadyEntered("", "case") from None
    found = load_entry(conn, vault, entry_id)
    assert found is not None
    return found


def _refuse(conn: Connection, query: Select[Any], what: str) -> None:
    found = conn.execute(query).scalar()
    if found is not None:
        raise AlreadyEntered(found, what)


def load_entry(conn: Connection, vault: Vault, entry_id: str, *, lock: bool = False) -> Entry | None:
    """One entry with what was typed."""
    query = select(_entry).where(_entry.c.id == entry_id)
    row = conn.execute(query.with_for_update(key_share=True) if lock else query).first()
    return None if row is None else _entry_of(vault, row)


def save_entry(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    entry: Entry,
    *,
    staff_id: str,
    passes: Mapping[str, Pass] | None = None,
    state: str | None = None,
    second_by: str | None = None,
    submission_id: str | None = None,
) -> int:
    """Save over ``entry`` as it was read; the new version, or ``StaleEntry`` where it changed meanwhile."""
    state, now = state or entry.state, uni.now()
    kept = entry.passes if passes is None else passes
    values: dict[str, Any] = {
        "state": state,
        "version": entry.version + 1,
        "saved_by": staff_id,
        "saved_at": now,
        "second_by": second_by or entry.second_by,
        "sealed": vault.seal(_entry.name, entry.id, {"passes": kept}),
    }
    if state not in OPEN_STATES:
        values |= {"ended_by": staff_id, "ended_at": now, "submission_id": submission_id}
    seen = (_entry.c.id == entry.id) & (_entry.c.version == entry.version) & _entry.c.state.in_(OPEN_STATES)
    if conn.execute(update(_entry).where(seen).values(values)).rowcount != 1:
        raise StaleEntry
    return entry.version + 1


def entries_of_case(conn: Connection, vault: Vault, case_id: str) -> list[Entry]:
    """Every entry of a case, oldest first."""
    query = select(_entry).where(_entry.c.case_id == case_id).order_by(_entry.c.opened_at, _entry.c.id)
    return [_entry_of(vault, row) for row in conn.execute(query)]


def _entry_of(vault: Vault, row: Row[Any]) -> Entry:
    clear = {name: getattr(row, name) for name in Entry.__dataclass_fields__ if name != "passes"}
    clear["doubled"] = bool(row.doubled)
    opened = vault.open(_entry.name, row.id, row.sealed)
    return Entry(**clear, passes=opened.get("passes", {}))
