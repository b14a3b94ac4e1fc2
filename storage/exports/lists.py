"""The two lists beside the responses: differences, and customers whom the chat did not reach.

Promise: a list is a recorded, audited export like any other, and appears whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from storage import audit
from storage.cases import CaseStatus, list_cases, load_case
from storage.customers import load_customer
from storage.database import Database
from storage.differences import Difference, load_differences
from storage.export_batches import save_export_batch
from storage.exports.writers import CsvOutput, OutputSet, WrittenFile

DIFFERENCE_COLUMNS = (
    "case_id",
    "customer_no",
    "branch_no",
    "field",
    "master",
    "answer",
    "verdict",
    "reason",
    "severity",
    "decision",
    "decided_by",
    "decided_at",
)
WORKLIST_COLUMNS = (
    "case_id",
    "customer_no",
    "branch_no",
    "kind",
    "name",
    "name_kana",
    "phone",
    "postal_code",
    "address",
    "status",
    "due_on",
)
_TYPED = frozenset({"master", "answer", "name", "name_kana", "address"})

#: Statuses in which the next channel takes over, by channel. The first three wait for nobody's day;
#: a letter that nobody answered joins a list only when the case is overdue.
WORKLISTS = {
    "phone": (CaseStatus.UNDELIVERABLE, CaseStatus.PHONE_AND_VISITS, CaseStatus.REMINDED_2, CaseStatus.REMINDED_3),
    "visit": (CaseStatus.PHONE_AND_VISITS, CaseStatus.REMINDED_3),
    "post": (CaseStatus.UNDELIVERABLE, CaseStatus.REMINDED_1, CaseStatus.REMINDED_2, CaseStatus.REMINDED_3),
}
_OVERDUE = (CaseStatus.SENT, CaseStatus.LINKED, CaseStatus.PAUSED, CaseStatus.REMINDED_1)
_JOINS_OVERDUE = ("phone", "post")


def export_differences(
    database: Database, out: Path, *, actor: str, zone: ZoneInfo, encoding: str, reason: Callable[[Difference], str]
) -> WrittenFile:
    """Every verdict but "same"; ``reason`` words it for people."""

    def rows(conn: Connection) -> Iterator[Sequence[str]]:
        for difference in load_differences(conn, database.vault):
            if difference.verdict == "same":
                continue
            case = load_case(conn, difference.case_id)
            customer = None if case is None else load_customer(conn, database.vault, case.customer_id)
            decided = difference.decided_at
            yield (
                difference.case_id,
                "" if case is None else case.customer_no,
                "" if customer is None else customer.branch_no,
                difference.field,
                str(difference.master or ""),
                str(difference.answer or ""),
                difference.verdict,
                reason(difference),
                difference.severity,
                difference.decision or "",
                difference.decided_by or "",
                decided.astimezone(zone).isoformat(timespec="seconds") if decided else "",
            )

    return _export(database, out, "differences", DIFFERENCE_COLUMNS, rows, actor=actor, encoding=encoding)


def export_worklist(database: Database, out: Path, name: str, *, actor: str, today: date, encoding: str) -> WrittenFile:
    """The customers that the channel ``name`` (phone, visit, post) is to reach."""
    statuses = WORKLISTS[name]
    late = _OVERDUE if name in _JOINS_OVERDUE else ()

    def rows(conn: Connection) -> Iterator[Sequence[str]]:
        for case in list_cases(conn, statuses=[*dict.fromkeys((*statuses, *late))]):
            if case.status not in statuses and case.due_on >= today:
                continue
            customer = load_customer(conn, database.vault, case.customer_id)
            fields: dict[str, Any] = {} if customer is None else dict(customer.fields)
            personal = [fields.get(column, "") for column in ("name", "name_kana", "phone", "postal_code", "address")]
            branch = "" if customer is None else customer.branch_no
            yield (
                case.id,
                case.customer_no,
                branch,
                case.kind,
                *personal,
                case.status.value,
                case.due_on.isoformat(),
            )

    return _export(database, out, f"worklist.{name}", WORKLIST_COLUMNS, rows, actor=actor, encoding=encoding)


def _export(
    database: Database,
    out: Path,
    kind: str,
    columns: Sequence[str],
    rows: Callable[[Connection], Iterator[Sequence[str]]],
    *,
    actor: str,
    encoding: str,
) -> WrittenFile:
    uni = database.universe
    with OutputSet() as outputs:
        output = CsvOutput(out, columns, typed=[column in _TYPED for column in columns], encoding=encoding)
        outputs.add(output.output)

        def write(conn: Connection) -> None:
            for row in rows(conn):
                output.write(row)

        database.run_read(write)
        written = output.finish()

        def record(conn: Connection) -> None:
            filters = {"encoding": encoding}
            batch = save_export_batch(
                conn, uni, kind=kind, actor=actor, rows=written.rows, sha256=written.sha256, filters=filters
            )
            audit.record(
                conn,
                uni,
                f"export.{kind.partition('.')[0]}",
                actor_kind="os_user",
                actor_id=actor,
                subjects={"batch": batch.id},
                detail={"kind": kind, "rows": str(written.rows), "sha256": written.sha256},
            )

        database.run(record)
        outputs.publish()
    return written
