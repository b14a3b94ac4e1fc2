"""The audit record: what was done, by whom, to which ids; chained so that tampering is seen.

Promise: ``record`` runs in the transaction of the deed (no audit, no deed) and only adds; the sealer chains
the entries in the order in which they appeared, each ``mac`` covering the entry and the ``mac`` before, and
``verify`` names the first place that was changed, removed or reordered.  The end of the chain is sealed, so
a tail that was cut off shows too; against a whole older copy put back, ``chain_head`` is noted outside (audit_heads).
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from storage.counters import insert_or
from storage.direct import Direct
from storage.encryption import Vault, canonical_json
from storage.problems import KeyProblem
from storage.tables import AuditChainRow, AuditEntryRow, AuditHeadRow, AuditSubjectRow, table_of
from storage.universe import Universe

_entry = table_of(AuditEntryRow)
_subject = table_of(AuditSubjectRow)
_INSERT = Direct(insert(_entry))
_INSERT_SUBJECT = Direct(insert(_subject))
_chain = table_of(AuditChainRow)
_head = table_of(AuditHeadRow)

ActorKind = Literal["system", "staff", "customer", "os_user"]

_ACTION = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+", re.ASCII)
#: Ids, codes, counts, digests and plain file names; no sentence, no Japanese, no mail address.
_CODE = re.compile(r"[A-Za-z0-9_.:/,;=+<>()\[\] -]{0,200}", re.ASCII)
_START = bytes(32)
#: No transaction is open longer than this, so nothing older can still appear.
_LATEST_COMMIT = timedelta(days=1)
_PAGE = 1000


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """One deed."""

    id: str
    at: datetime
    #: A dotted id; its sentence is in the catalogue.
    action: str
    actor_kind: str
    actor_id: str | None
    subjects: Mapping[str, str]
    detail: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What ``verify`` found."""

    ok: bool
    #: Entries in the chain that were looked at.
    entries: int
    first_bad_seq: int | None
    #: changed, removed, reordered, tail_removed, head_changed, or (against heads noted outside) older_than_noted,
    #: not_as_noted; empty where all is well.
    why: str
    #: Entries that wait for the sealer.
    unchained: int

    def spoiled(self, seq: int, why: str) -> Verified:
        """The same walk with a fault that only shows from outside."""
        return replace(self, ok=False, first_bad_seq=seq, why=why)


def record(
    conn: Connection,
    uni: Universe,
    action: str,
    *,
    actor_kind: ActorKind,
    actor_id: str | None,
    subjects: Mapping[str, str] | None = None,
    detail: Mapping[str, str] | None = None,
) -> str:
    """Add an entry in the caller's transaction; raises ``ValueError`` for what is no id or code."""
    if not _ACTION.fullmatch(action):
        raise ValueError("an action is a dotted id such as case.opened")
    values = {
        "id": uni.new_id(),
        "at": uni.now(),
        "action": action,
        "actor_kind": actor_kind,
        "actor_id": actor_id,
        "subjects": _codes(subjects or {}),
        "detail": _codes(detail or {}),
    }
    _INSERT.run(conn, values)
    named = [{"subject_id": subject, "entry_id": values["id"]} for subject in set((subjects or {}).values())]
    _INSERT_SUBJECT.run_each(conn, named)
    return str(values["id"])


def record_each(
    conn: Connection,
    uni: Universe,
    action: str,
    *,
    actor_kind: ActorKind,
    actor_id: str | None,
    entries: Sequence[tuple[Mapping[str, str], Mapping[str, str]]],
) -> None:
    """``record`` for one deed done to many: an entry for each of the subjects with their detail, sent together."""
    if not _ACTION.fullmatch(action):
        raise ValueError("an action is a dotted id such as case.opened")
    who = {"at": uni.now(), "action": action, "actor_kind": actor_kind, "actor_id": actor_id}
    rows = [
        {"id": uni.new_id(), **who, "subjects": _codes(subjects), "detail": _codes(detail)}
        for subjects, detail in entries
    ]
    _INSERT.run_each(conn, rows)
    named = [
        {"subject_id": subject, "entry_id": row["id"]}
        for row, (subjects, _) in zip(rows, entries, strict=True)
        for subject in set(subjects.values())
    ]
    _INSERT_SUBJECT.run_each(conn, named)


def _codes(mapping: Mapping[str, str]) -> str:
    for name, value in mapping.items():
        if not _CODE.fullmatch(name) or not _CODE.fullmatch(value):
            # The value stays out of the message: it may be what must not be kept.
            raise ValueError("the audit record holds ids and codes only")
    return canonical_json(dict(mapping)).decode("ascii")


def seal_chain(conn: Connection, vault: Vault, uni: Universe, limit: int = 1000) -> int:
    """Chain entries that are not chained yet and return how many; one sealer works at a time."""
    first = {"id": 1, "seq": 0, "sealed_at": uni.now() - _LATEST_COMMIT, "sealed": _sealed_head(vault, 0, _START)}
    conn.execute(insert_or(conn, _head).on_conflict_do_nothing(), first)
    head = conn.execute(select(_head).where(_head.c.id == 1).with_for_update()).one()
    seq, mac = _open_head(vault, head)
    links: list[dict[str, Any]] = []
    for row in conn.execute(_unchained(head).order_by(_entry.c.id).limit(limit)):
        seq += 1
        before, mac = mac, _mac(vault, mac, row)
        links.append({"seq": seq, "entry_id": row.id, "prev_mac": before, "mac": mac})
    if links:
        conn.execute(insert(_chain), links)
        sealed = {"seq": seq, "sealed": _sealed_head(vault, seq, mac)}
        if len(links) < limit:
            sealed["sealed_at"] = uni.now()
        conn.execute(update(_head).where(_head.c.id == 1).values(sealed))
    return len(links)


def has_unchained(conn: Connection) -> bool:
    """Whether an entry waits for the sealer."""
    head = conn.execute(select(_head).where(_head.c.id == 1)).first()
    return conn.execute(_unchained(head).limit(1)).first() is not None


def unchained(conn: Connection) -> tuple[int, datetime | None]:
    """How many entries wait for the sealer, and since when the oldest does."""
    head = conn.execute(select(_head).where(_head.c.id == 1)).first()
    waiting = _unchained(head).with_only_columns(func.count(), func.min(_entry.c.at), maintain_column_froms=True)
    count, oldest = conn.execute(waiting).one()
    return count, oldest


def _unchained(head: Row[Any] | None) -> Select[Any]:
    query = select(_entry).outerjoin(_chain, _chain.c.entry_id == _entry.c.id).where(_chain.c.seq.is_(None))
    if head is not None and head.seq:
        # Before the last sealing everything older was chained: the whole record need not be read again.
        query = query.where(_entry.c.at >= head.sealed_at - _LATEST_COMMIT)
    return query


def _mac(vault: Vault, before: bytes, row: Row[Any]) -> bytes:
    covered = {
        "id": row.id,
        "at": row.at.isoformat(),
        "action": row.action,
        "actor_kind": row.actor_kind,
        "actor_id": row.actor_id,
        "subjects": row.subjects,
        "detail": row.detail,
    }
    return hmac.digest(vault.audit_key, before + canonical_json(covered), "sha256")


def _sealed_head(vault: Vault, seq: int, mac: bytes) -> bytes:
    return vault.seal(_head.name, "1", {"seq": seq, "mac": mac.hex()})


def _open_head(vault: Vault, row: Row[Any]) -> tuple[int, bytes]:
    opened = vault.open(_head.name, "1", row.sealed)
    return int(opened["seq"]), bytes.fromhex(opened["mac"])


def chain_head(conn: Connection, vault: Vault) -> tuple[int, str]:
    """Number and ``mac`` (hexadecimal) of the last chained entry, to be noted outside the store."""
    row = conn.execute(select(_head).where(_head.c.id == 1)).first()
    seq, mac = (0, _START) if row is None else _open_head(vault, row)
    return seq, mac.hex()


def chain_macs(conn: Connection, seqs: Sequence[int]) -> dict[int, str]:
    """The ``mac`` of these places of the chain, where they are there."""
    macs: dict[int, str] = {}
    for start in range(0, len(seqs), _PAGE):
        query = select(_chain.c.seq, _chain.c.mac).where(_chain.c.seq.in_(seqs[start : start + _PAGE]))
        macs |= {row.seq: bytes(row.mac).hex() for row in conn.execute(query)}
    return macs


def verify(conn: Connection, vault: Vault) -> Verified:
    """Walk the whole chain."""
    expected, mac, why = 0, _START, ""
    for row in _links(conn):
        expected += 1
        why = _fault(vault, row, expected, mac)
        if why:
            break
        mac = bytes(row.mac)
    bad = expected if why else None
    if not why:
        why = _fault_of_head(conn, vault, expected, mac)
        bad = expected + 1 if why else None
    total = conn.execute(select(func.count()).select_from(_entry)).scalar_one()
    chained = conn.execute(
        select(func.count()).select_from(_entry).join(_chain, _chain.c.entry_id == _entry.c.id)
    ).scalar_one()
    return Verified(ok=not why, entries=expected, first_bad_seq=bad, why=why, unchained=total - chained)


def _links(conn: Connection) -> Iterator[Row[Any]]:
    after = 0
    while True:
        query = (
            select(_chain, _entry)
            .outerjoin(_entry, _entry.c.id == _chain.c.entry_id)
            .where(_chain.c.seq > after)
            .order_by(_chain.c.seq)
            .limit(_PAGE)
        )
        rows = conn.execute(query).all()
        yield from rows
        if len(rows) < _PAGE:
            return
        after = rows[-1].seq


def _fault(vault: Vault, row: Row[Any], expected: int, before: bytes) -> str:
    if row.seq != expected or row.id is None:
        return "removed"
    if bytes(row.prev_mac) != before:
        return "reordered"
    return "" if hmac.compare_digest(bytes(row.mac), _mac(vault, before, row)) else "changed"


def _fault_of_head(conn: Connection, vault: Vault, entries: int, mac: bytes) -> str:
    row = conn.execute(select(_head).where(_head.c.id == 1)).first()
    if row is None:
        return "head_changed" if entries else ""
    try:
        seq, noted = _open_head(vault, row)
    except KeyProblem:
        return "head_changed"
    if entries < seq:
        return "tail_removed"
    return "" if (entries, mac) == (seq, noted) and row.seq == seq else "head_changed"


def list_entries(
    conn: Connection, *, limit: int = 200, before_id: str | None = None, subject: str | None = None
) -> list[AuditEntry]:
    """Entries, newest first; those before ``before_id``, those about the id ``subject``."""
    query = select(_entry).order_by(_entry.c.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(_entry.c.id < before_id)
    if subject is not None:
        query = query.where(_entry.c.id.in_(about([subject])))
    return [entry_of(row) for row in conn.execute(query)]


def about(subjects: Sequence[str]) -> Select[tuple[str]]:
    """The ids of the entries about any of these ids."""
    return select(_subject.c.entry_id).where(_subject.c.subject_id.in_(list(subjects)))


def entry_of(row: Row[Any]) -> AuditEntry:
    """An entry as it is stored."""
    return AuditEntry(
        id=row.id,
        at=row.at,
        action=row.action,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        subjects=json.loads(row.subjects),
        detail=json.loads(row.detail),
    )
