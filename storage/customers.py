"""Customers and their master record: staging a new version of the file, and reading the current one.

Promise: an import of any size is invisible until ``finish_master_version`` flips one row, and a file that
was imported before changes nothing.  Only rows that differ are stored; the current record of a customer
is the one with the highest ``seq`` up to the current version.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    ScalarSelect,
    Select,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from storage.counters import insert_or, next_value
from storage.direct import Direct
from storage.encryption import DigestKind, Vault, canonical_json
from storage.problems import MasterVersionProblem
from storage.tables import CustomerRow, MasterCurrentRow, MasterRecordRow, MasterVersionRow, table_of
from storage.universe import Universe

_customer = table_of(CustomerRow)
_version = table_of(MasterVersionRow)
_current = table_of(MasterCurrentRow)
_record = table_of(MasterRecordRow)


@dataclass(frozen=True, kw_only=True)
class Customer:
    """A customer with the record that counts today."""

    id: str
    customer_no: str
    #: individual, corporate
    kind: str
    branch_no: str
    #: high, medium, low; never shown to the customer
    risk_rating: str
    last_confirmed_on: date | None
    relationship_end_on: date | None
    locale: str
    #: Id and version of the master record.
    master_id: str
    master_seq: int
    #: The whole row of the master file, extra fields included.
    fields: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class StageCounts:
    """What became of a batch of rows."""

    rows: int
    #: Customers that were not in the store before.
    new: int
    #: Rows that were stored, new customers included.
    changed: int
    unchanged: int
    #: Rows whose customer number came before in the same file; the first one counts.
    repeated: int


def normal_name(name: str) -> str:
    """The spelling under which an exact full name is found: full-width and half-width alike, without blanks."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def normal_phone(phone: str) -> str:
    """The digits of a phone number, as its digest covers them."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", phone) if sign in "0123456789+")


def load_customer(conn: Connection, vault: Vault, customer_id: str) -> Customer | None:
    """The customer with its current record; ``None`` where there is none."""
    row = _BY_ID.first(conn, {"wanted": customer_id})
    return None if row is None else _customer_of(vault, row)


def find_customer_no(conn: Connection, customer_no: str) -> str | None:
    """The id behind a customer number."""
    found: str | None = conn.execute(select(_customer.c.id).where(_customer.c.customer_no == customer_no)).scalar()
    return found


def find_customers(conn: Connection, vault: Vault, *, name: str = "", phone: str = "") -> list[str]:
    """The ids of customers whose current record has exactly this name and phone number (those that are given)."""
    query = _current_records()
    if not name and not phone:
        return []
    if name:
        query = query.where(_record.c.name_digest == vault.digest(DigestKind.FULL_NAME, normal_name(name)))
    if phone:
        query = query.where(_record.c.phone_digest == vault.digest(DigestKind.FULL_PHONE, normal_phone(phone)))
    return [row.customer_id for row in conn.execute(query.order_by(_customer.c.customer_no))]


def iter_customers(conn: Connection, vault: Vault, *, batch: int = 500) -> Iterator[Customer]:
    """All customers with a current record, by id; consume it inside the transaction."""
    after = ""
    while True:
        query = _current_records().where(_customer.c.id > after).order_by(_customer.c.id).limit(batch)
        rows = conn.execute(query).all()
        for row in rows:
            yield _customer_of(vault, row)
        if len(rows) < batch:
            return
        after = rows[-1].customer_id


def current_seq(customer_id: ColumnElement[str]) -> ScalarSelect[Any]:
    """Under which number a customer's record counts, for queries that join ``master_record`` to ``customer_id``."""
    counts = select(_current.c.seq).where(_current.c.id == 1).scalar_subquery()
    newest = select(func.max(_record.c.seq)).where(_record.c.customer_id == customer_id, _record.c.seq <= counts)
    return newest.correlate_except(_record).scalar_subquery()


def _current_records() -> Select[Any]:
    older = _record.alias("older")
    newest = (
        select(func.max(older.c.seq))
        .where(older.c.customer_id == _customer.c.id, older.c.seq <= _current.c.seq)
        .scalar_subquery()
    )
    return (
        select(_record, _customer.c.customer_no)
        .select_from(_customer)
        .join(_current, _current.c.id == 1)
        .join(_record, (_record.c.customer_id == _customer.c.id) & (_record.c.seq == newest))
    )


_BY_ID = Direct(_current_records().where(_customer.c.id == bindparam("wanted")))


def _customer_of(vault: Vault, row: Row[Any]) -> Customer:
    return Customer(
        id=row.customer_id,
        customer_no=row.customer_no,
        kind=row.kind,
        branch_no=row.branch_no,
        risk_rating=row.risk_rating,
        last_confirmed_on=row.last_confirmed_on,
        relationship_end_on=row.relationship_end_on,
        locale=row.locale,
        master_id=row.id,
        master_seq=row.seq,
        fields=vault.open(_record.name, row.id, row.sealed),
    )


def staged_master_versions(conn: Connection) -> list[int]:
    """Versions that are being staged, or were when their import was interrupted."""
    return list(conn.execute(select(_version.c.seq).where(_version.c.state == "staged")).scalars())


def begin_master_version(conn: Connection, uni: Universe, file_sha256: str) -> int:
    """Begin staging; what an interrupted import left behind is discarded."""
    for seq in staged_master_versions(conn):
        discard_master_version(conn, seq)
    seq = next_value(conn, _version.name)
    values = {"seq": seq, "state": "staged", "file_sha256": file_sha256, "rows": 0, "changed": 0, "rejected": 0}
    conn.execute(insert(_version), {**values, "started_at": uni.now(), "made_current_at": None})
    return seq


def stage_master_rows(
    conn: Connection, vault: Vault, uni: Universe, seq: int, rows: Sequence[Mapping[str, str]]
) -> StageCounts:
    """Stage some rows of the file (contract columns; a few hundred at a time keep the transaction short)."""
    _staged(conn, seq)
    by_number: dict[str, Mapping[str, str]] = {}
    for row in rows:
        by_number.setdefault(row["customer_no"], row)
    known = _known(conn, list(by_number))
    current, staged = _digests(conn, list(known.values()), seq)
    customers: list[dict[str, Any]] = []
    records: list[dict[str, Any]] = []
    repeated = len(rows) - len(by_number)
    now = uni.now()
    for customer_no, row in by_number.items():
        customer_id = known.get(customer_no)
        if customer_id is None:
            customer_id = uni.new_id()
            customers.append({"id": customer_id, "customer_no": customer_no, "created_at": now})
        elif customer_id in staged:
            repeated += 1
            continue
        row_digest = vault.digest(DigestKind.MASTER_ROW, canonical_json(dict(row)).decode("utf-8", "surrogatepass"))
        if current.get(customer_id) != row_digest:
            records.append(_record_values(vault, uni.new_id(), customer_id, seq, row_digest, row))
    if customers:
        conn.execute(insert(_customer), customers)
    if records:
        conn.execute(insert(_record), records)
    counted = {"rows": _version.c.rows + len(rows), "changed": _version.c.changed + len(records)}
    conn.execute(update(_version).where(_version.c.seq == seq).values(counted))
    unchanged = len(rows) - repeated - len(records)
    return StageCounts(rows=len(rows), new=len(customers), changed=len(records), unchanged=unchanged, repeated=repeated)


def _known(conn: Connection, numbers: list[str]) -> dict[str, str]:
    query = select(_customer.c.customer_no, _customer.c.id).where(
        _customer.c.customer_no.in_(bindparam("numbers", expanding=True))
    )
    return {row.customer_no: row.id for row in conn.execute(query, {"numbers": numbers})}


def _digests(conn: Connection, customer_ids: list[str], seq: int) -> tuple[dict[str, bytes], set[str]]:
    """The digests of the current records, and the customers that this version has staged already."""
    query = (
        select(_record.c.customer_id, _record.c.seq, _record.c.row_digest, _current.c.seq.label("current_seq"))
        .join(_current, _current.c.id == 1)
        .where(_record.c.customer_id.in_(bindparam("ids", expanding=True)))
        .order_by(_record.c.customer_id, _record.c.seq)
    )
    current: dict[str, bytes] = {}
    staged: set[str] = set()
    for row in conn.execute(query, {"ids": customer_ids}):
        if row.seq == seq:
            staged.add(row.customer_id)
        elif row.seq <= row.current_seq:
            current[row.customer_id] = bytes(row.row_digest)
    return current, staged


def _record_values(
    vault: Vault, record_id: str, customer_id: str, seq: int, row_digest: bytes, row: Mapping[str, str]
) -> dict[str, Any]:
    name = normal_name(row.get("name", ""))
    phone = normal_phone(row.get("phone", ""))
    return {
        "id": record_id,
        "customer_id": customer_id,
        "seq": seq,
        "row_digest": row_digest,
        "branch_no": row.get("branch_no", ""),
        "kind": row.get("kind", "") or "individual",
        "risk_rating": row.get("risk_rating", ""),
        "last_confirmed_on": _day(row.get("last_confirmed_on", "")),
        "relationship_end_on": _day(row.get("relationship_end_on", "")),
        "locale": row.get("locale", "") or "ja",
        "name_digest": vault.digest(DigestKind.FULL_NAME, name) if name else None,
        "phone_digest": vault.digest(DigestKind.FULL_PHONE, phone) if phone else None,
        "sealed": vault.seal(_record.name, record_id, row),
    }


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def finish_master_version(conn: Connection, uni: Universe, seq: int, rejected: int = 0) -> None:
    """Make the staged version the one that counts: one row flips, and every reader sees the whole file."""
    _staged(conn, seq)
    now = uni.now()
    conn.execute(update(_version).where(_version.c.state == "current").values(state="retired"))
    conn.execute(
        update(_version).where(_version.c.seq == seq).values(state="current", rejected=rejected, made_current_at=now)
    )
    flip = insert_or(conn, _current).values(id=1, seq=seq)
    conn.execute(flip.on_conflict_do_update(index_elements=[_current.c.id], set_={"seq": seq}))


def discard_master_rows(conn: Connection, seq: int, limit: int) -> bool:
    """Drop some rows of a staged version, so that discarding the rest is short; false when all are gone."""
    if conn.execute(select(_version.c.state).where(_version.c.seq == seq)).scalar() != "staged":
        return False
    some = list(conn.execute(select(_record.c.id).where(_record.c.seq == seq).limit(limit)).scalars())
    conn.execute(delete(_record).where(_record.c.id.in_(some)))
    return bool(some)


def discard_master_version(conn: Connection, seq: int) -> None:
    """Drop a staged version: its rows go, and what is current stays."""
    _staged(conn, seq)
    conn.execute(delete(_record).where(_record.c.seq == seq))
    conn.execute(update(_version).where(_version.c.seq == seq).values(state="failed"))


def _staged(conn: Connection, seq: int) -> None:
    # The row lock keeps a second import from discarding this one in the middle of a batch.
    query = select(_version.c.state).where(_version.c.seq == seq).with_for_update(key_share=True)
    if conn.execute(query).scalar() != "staged":
        raise MasterVersionProblem("This import was replaced by a later one; start it again.")
