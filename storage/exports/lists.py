"""The lists beside the responses: differences, how cases moved, and customers whom the chat did not reach.

Promise: a list is a recorded, audited export like any other: one snapshot in bounded memory, whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from dialogs.replies.masking import mask
from storage import audit
from storage.cases import CaseStatus, list_cases
from storage.customers import load_customer
from storage.database import Database
from storage.differences import Difference
from storage.export_batches import ExportBatch, save_export_batch
from storage.exports.codebook import word_of_zone
from storage.exports.files import OutputSet
from storage.exports.members import recorded_members
from storage.exports.options import Options
from storage.exports.responses import Exported
from storage.exports.selection import local_time
from storage.exports.tables import Lost, Word, open_table, write_manifest
from storage.exports.walks import walk_differences, walk_transitions

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
HISTORY_COLUMNS = ("case_id", "customer_no", "branch_no", "at", "from_status", "to_status", "actor", "reason", "source")
_TYPED = frozenset({"master", "answer", "name", "name_kana", "address"})
_TIMES = frozenset({"at", "decided_at", "proposed_at"})

#: Statuses in which the next channel takes over, by channel. The first three wait for nobody's day;
#: a letter that nobody answered joins a list only when the case is overdue.
WORKLISTS = {
    "phone": (CaseStatus.UNDELIVERABLE, CaseStatus.PHONE_AND_VISITS, CaseStatus.REMINDED_2, CaseStatus.REMINDED_3),
    "visit": (CaseStatus.PHONE_AND_VISITS, CaseStatus.REMINDED_3),
    "post": (CaseStatus.UNDELIVERABLE, CaseStatus.REMINDED_1, CaseStatus.REMINDED_2, CaseStatus.REMINDED_3),
}
_OVERDUE = (CaseStatus.SENT, CaseStatus.LINKED, CaseStatus.PAUSED, CaseStatus.REMINDED_1)
_JOINS_OVERDUE = ("phone", "post")
#: How a field of the master file is masked; one that is not named is free text.
_MASKED_AS = {
    "name": "name",
    "name_kana": "kana",
    "representative_name": "name",
    "birth_date": "date",
    "residence_expiry": "expiry",
    "owners": "owners",
    **{kind: kind for kind in ("phone", "email", "address", "postal_code", "corporate_number", "residence_card")},
}
#: Fields whose values are codes that say nothing of who somebody is.
_CODES = frozenset({"occupation", "purposes", "nationality", "residence_status", "business"})

#: One row of a list, and under which number the submission was completed that it comes from, where it has one.
Row = tuple[int | None, list[str]]


@dataclass(frozen=True, kw_only=True)
class ListKind:
    """One kind of list."""

    kind: str
    columns: tuple[str, ...]
    rows: Callable[[Connection], Iterator[Row]]


def export_differences(
    database: Database,
    out: Path,
    options: Options,
    *,
    actor: str,
    actor_kind: audit.ActorKind = "os_user",
    program: str = "",
    word: Word,
    reason: Callable[[Difference], str],
) -> Exported:
    """Every verdict but "same"; ``reason`` words it for people. With ``program`` a manifest lies beside it."""

    def shown(field: str, value: Any) -> str:
        text = str(value or "")
        return mask(_MASKED_AS.get(field, "text"), text) if options.masked and field not in _CODES else text

    def rows(conn: Connection) -> Iterator[Row]:
        for place, difference, completed_seq in walk_differences(conn, database.vault, options.branches):
            if difference.verdict == "same":
                continue
            decided = difference.decided_at
            yield (
                completed_seq,
                [
                    *place,
                    difference.field,
                    shown(difference.field, difference.master),
                    shown(difference.field, difference.answer),
                    difference.verdict,
                    reason(difference),
                    difference.severity,
                    difference.decision or "",
                    difference.decided_by or "",
                    local_time(decided, options.zone) if decided else "",
                ],
            )

    wanted = ListKind(kind="differences", columns=DIFFERENCE_COLUMNS, rows=rows)
    return export_list(database, out, wanted, options, actor=actor, actor_kind=actor_kind, program=program, word=word)


def export_history(
    database: Database,
    out: Path,
    options: Options,
    *,
    actor: str,
    actor_kind: audit.ActorKind = "os_user",
    program: str = "",
    word: Word,
) -> Exported:
    """How every case came to its status: ids, codes and times alone."""

    def rows(conn: Connection) -> Iterator[Row]:
        for place, move in walk_transitions(conn, options.branches):
            before = "" if move.from_status is None else move.from_status
            at = local_time(move.at, options.zone)
            yield None, [*place, at, before, move.to_status, move.actor, move.reason, move.source or ""]

    wanted = ListKind(kind="history", columns=HISTORY_COLUMNS, rows=rows)
    return export_list(database, out, wanted, options, actor=actor, actor_kind=actor_kind, program=program, word=word)


def export_worklist(
    database: Database, out: Path, name: str, options: Options, *, actor: str, today: date, word: Word
) -> Exported:
    """The customers that the channel ``name`` (phone, visit, post) is to reach."""
    statuses = WORKLISTS[name]
    late = _OVERDUE if name in _JOINS_OVERDUE else ()

    def rows(conn: Connection) -> Iterator[Row]:
        for case in list_cases(conn, statuses=[*dict.fromkeys((*statuses, *late))]):
            if case.status not in statuses and case.due_on >= today:
                continue
            customer = load_customer(conn, database.vault, case.customer_id)
            fields: dict[str, Any] = {} if customer is None else dict(customer.fields)
            personal = [fields.get(column, "") for column in ("name", "name_kana", "phone", "postal_code", "address")]
            branch = "" if customer is None else customer.branch_no
            place = [case.id, case.customer_no, branch, case.kind]
            yield None, [*place, *personal, case.status.value, case.due_on.isoformat()]

    wanted = ListKind(kind=f"worklist.{name}", columns=WORKLIST_COLUMNS, rows=rows)
    return export_list(database, out, wanted, options, actor=actor, actor_kind="os_user", program="", word=word)


def export_list(
    database: Database,
    out: Path,
    wanted: ListKind,
    options: Options,
    *,
    actor: str,
    actor_kind: audit.ActorKind = "os_user",
    program: str = "",
    word: Word,
) -> Exported:
    """Write one kind of list, and record it."""
    uni = database.universe
    batch_id = uni.new_id()
    columns = wanted.columns
    with OutputSet() as outputs:
        lost = Lost(out.parent / "unmappable.csv", options, word, outputs)
        table = open_table(
            out,
            columns,
            options,
            uni,
            typed=[column in _TYPED for column in columns],
            titles=[_title(column, word, options) for column in columns],
            times=[column in _TIMES for column in columns],
            lost=lost,
        )
        outputs.add(table.output)
        with recorded_members(database, batch_id) as members:

            def write(conn: Connection) -> None:
                for completed_seq, cells in wanted.rows(conn):
                    table.write(cells)
                    members.add_once(completed_seq)

            database.run_read(write)
            members.finish()
            files = [table.finish(), *lost.finish()]

            def record(conn: Connection) -> ExportBatch:
                batch = save_export_batch(
                    conn,
                    uni,
                    batch_id=batch_id,
                    kind=wanted.kind,
                    actor=actor,
                    rows=files[0].rows,
                    sha256=files[0].sha256,
                    filters=options.filters(),
                )
                audit.record(
                    conn,
                    uni,
                    f"export.{wanted.kind.partition('.')[0]}",
                    actor_kind=actor_kind,
                    actor_id=actor,
                    subjects={"batch": batch.id},
                    detail={"kind": wanted.kind, "rows": str(batch.rows), "sha256": batch.sha256},
                )
                if program:
                    path = out.parent / "manifest.json"
                    outputs.replace(write_manifest(path, batch, options, program, files, lost.count)[0])
                return batch

            batch = database.run(record)
        outputs.publish()
    return Exported(batch=batch, rows=batch.rows, unmappable=lost.count, files=tuple(files), path=out)


def _title(column: str, word: Word, options: Options) -> str:
    title = word(f"export.list.{column}")
    return f"{title} ({word_of_zone(word, options.zone)})" if column in _TIMES else title
