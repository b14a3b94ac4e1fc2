"""What a version of the master file changed about customers that matters for their next review."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from storage.encryption import Vault
from storage.tables import MasterCurrentRow, MasterRecordRow, MasterVersionRow, table_of
from storage.triggers import Trigger

_record, _version, _current = table_of(MasterRecordRow), table_of(MasterVersionRow), table_of(MasterCurrentRow)

_RISK = {"low": 0, "medium": 1, "high": 2}
#: Columns whose change is an event of its own; a blank one is no news.
_COLUMNS = {
    Trigger.ADDRESS_CHANGED: ("address",),
    Trigger.NAME_CHANGED: ("name",),
    Trigger.RESIDENCE_CHANGED: ("nationality", "residence_status"),
    Trigger.OWNER_CHANGED: ("representative_name", "owners"),
}
#: An extra column of the bank's: the day on which a letter came back.
RETURNED_MAIL = "returned_mail_on"
_PAGE = 500


@dataclass(frozen=True, kw_only=True)
class Change:
    """What became different about one customer."""

    customer_id: str
    kinds: tuple[Trigger, ...]


def versions_after(conn: Connection, seq: int) -> list[int]:
    """The versions that became current after ``seq``, oldest first."""
    query = select(_version.c.seq).where(
        _version.c.seq > seq, _version.c.seq <= select(_current.c.seq).where(_current.c.id == 1).scalar_subquery()
    )
    counted = query.where(_version.c.state.in_(("current", "retired"))).order_by(_version.c.seq)
    return list(conn.execute(counted).scalars())


def changes_of(conn: Connection, vault: Vault, seq: int) -> Iterator[Change]:
    """Customers about whom this version says something new, by id; consume it inside the transaction."""
    before, older = _record.alias("before"), _record.alias("older")
    newest = (
        select(func.max(older.c.seq))
        .where(older.c.customer_id == _record.c.customer_id, older.c.seq < seq)
        .scalar_subquery()
    )
    query = (
        select(
            _record.c.customer_id,
            _record.c.id,
            _record.c.risk_rating,
            _record.c.sealed,
            before.c.id.label("before_id"),
            before.c.risk_rating.label("before_rating"),
            before.c.sealed.label("before_sealed"),
        )
        .select_from(_record)
        .join(before, (before.c.customer_id == _record.c.customer_id) & (before.c.seq == newest))
        .where(_record.c.seq == seq)
        .order_by(_record.c.customer_id)
        .limit(_PAGE)
    )
    after = ""
    while True:
        rows = conn.execute(query.where(_record.c.customer_id > after)).all()
        for row in rows:
            was = vault.open(_record.name, row.before_id, row.before_sealed)
            kinds = _kinds(was, vault.open(_record.name, row.id, row.sealed))
            if _RISK.get(row.risk_rating, 0) > _RISK.get(row.before_rating, 2):
                kinds.insert(0, Trigger.RISK_RAISED)
            if kinds:
                yield Change(customer_id=row.customer_id, kinds=tuple(kinds))
        if len(rows) < _PAGE:
            return
        after = rows[-1].customer_id


def _kinds(was: Mapping[str, str], is_now: Mapping[str, str]) -> list[Trigger]:
    def differs(column: str) -> bool:
        old, new = was.get(column, ""), is_now.get(column, "")
        return bool(old and new) and old != new

    found = [kind for kind, columns in _COLUMNS.items() if any(map(differs, columns))]
    came_back = is_now.get(RETURNED_MAIL, "")
    if came_back and came_back != was.get(RETURNED_MAIL, ""):
        found.append(Trigger.RETURNED_MAIL)
    return found
