"""Differences between a submission and the master record (what people decide about them: ``storage.reviews``).

Promise: comparing again never shows a verdict twice: what is no longer true is superseded, not deleted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from storage.counters import insert_of
from storage.direct import Direct
from storage.encryption import DigestKind, Vault, canonical_json
from storage.tables import DifferenceRow, table_of
from storage.universe import Universe

_difference = table_of(DifferenceRow)

_KEY = (
    _difference.c.submission_id,
    _difference.c.field,
    _difference.c.master_digest,
    _difference.c.comparator_version,
)

_SUPERSEDE = Direct(
    update(_difference)
    .where(_difference.c.submission_id == bindparam("wanted"), _difference.c.superseded_at.is_(None))
    .values(superseded_at=bindparam("now"))
)


def _upsert(dialect: str) -> Any:
    statement = insert_of(dialect, _difference)
    renewed = {name: statement.excluded[name] for name in ("verdict", "severity", "reason", "rules")}
    # The sealed value stays: its key is the row's id, and the unique key says that it is the same.
    return statement.on_conflict_do_update(index_elements=_KEY, set_={**renewed, "superseded_at": None})


_UPSERT = Direct(_upsert)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The verdict on one field of a submission."""

    id: str
    case_id: str
    submission_id: str
    field: str
    verdict: str
    severity: str
    reason: str
    #: Codes of the rules that led to the verdict.
    rules: tuple[str, ...]
    comparator_version: str
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None
    #: What the bank holds and what the customer said.
    master: Any = dataclasses.field(repr=False)
    answer: Any = dataclasses.field(repr=False)


def replace_differences(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    submission_id: str,
    case_id: str,
    rows: Sequence[Mapping[str, Any]],
) -> int:
    """Keep these verdicts (field, verdict, severity, reason, rules, master, answer, comparator_version)."""
    now = uni.now()
    _SUPERSEDE.run(conn, {"wanted": submission_id, "now": now})
    inserted: list[dict[str, Any]] = []
    for row in rows:
        difference_id = uni.new_id()
        rules = row.get("rules", ())
        values = {
            "id": difference_id,
            "case_id": case_id,
            "submission_id": submission_id,
            "field": row["field"],
            "verdict": str(row["verdict"]),
            "severity": str(row["severity"]),
            "reason": str(row["reason"]),
            "rules": rules if isinstance(rules, str) else " ".join(rules),
            "master_digest": _master_digest(vault, row["field"], row["master"]),
            "comparator_version": row["comparator_version"],
            "created_at": now,
            "superseded_at": None,
            "decision": None,
            "decided_by": None,
            "decided_at": None,
            "sealed": vault.seal(_difference.name, difference_id, {"master": row["master"], "answer": row["answer"]}),
        }
        inserted.append(values)
    _UPSERT.run_each(conn, inserted)
    return len(rows)


def _master_digest(vault: Vault, name: str, master: Any) -> bytes:
    return vault.digest(DigestKind.MASTER_ROW, canonical_json([name, master]).decode("utf-8", "surrogatepass"))


def load_differences(
    conn: Connection, vault: Vault, *, case_id: str | None = None, submission_id: str | None = None
) -> list[Difference]:
    """The verdicts that hold, of one case, of one submission or of all."""
    query = select(_difference).where(_difference.c.superseded_at.is_(None))
    if case_id is not None:
        query = query.where(_difference.c.case_id == case_id)
    if submission_id is not None:
        query = query.where(_difference.c.submission_id == submission_id)
    query = query.order_by(_difference.c.case_id, _difference.c.id)
    return [difference_of(vault, row) for row in conn.execute(query)]


def difference_of(vault: Vault, row: Row[Any]) -> Difference:
    """A row of the table with its values opened."""
    opened = vault.open(_difference.name, row.id, row.sealed)
    return Difference(
        id=row.id,
        case_id=row.case_id,
        submission_id=row.submission_id,
        field=row.field,
        verdict=row.verdict,
        severity=row.severity,
        reason=row.reason,
        rules=tuple(row.rules.split()),
        comparator_version=row.comparator_version,
        decision=row.decision,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        master=opened["master"],
        answer=opened["answer"],
    )
