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
from storage.contacts import SHIPPED_RULES, TryRules
from storage.customers import load_customer
from storage.database import Database
from storage.differences import Difference
from storage.export_batches import ExportBatch, save_export_batch
from storage.exports.codebook import about_file, word_of_zone
from storage.exports.columns import Cell
from storage.exports.files import OutputSet
from storage.exports.members import recorded_members
from storage.exports.options import Options
from storage.exports.responses import Exported
from storage.exports.selection import local_time
from storage.exports.tables import Lost, Word, open_table, write_manifest
from storage.exports.walks import walk_differences, walk_transitions
from storage.worklists import items, read_items

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
    "tries",
    "last_channel",
    "last_result",
    "last_at",
    "promised_on",
    "best_time",
)
HISTORY_COLUMNS = ("case_id", "customer_no", "branch_no", "at", "from_status", "to_status", "actor", "reason", "source")
_TYPED = frozenset({"master", "answer", "name", "name_kana", "address"})
_TIMES = frozenset({"at", "decided_at", "last_at", "proposed_at"})
_CELLS = dict.fromkeys(_TIMES, Cell.TIME)

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
    database: Database,
    out: Path,
    name: str,
    options: Options,
    *,
    actor: str,
    today: date,
    word: Word,
    rules: TryRules = SHIPPED_RULES,
) -> Exported:
    """The customers of a list (storage.worklists) with what was tried, as of ``today``."""

    def rows(conn: Connection) -> Iterator[Row]:
        for item in read_items(conn, items(name, today, options.branches, rules=rules)):
            customer = load_customer(conn, database.vault, item.customer_id)
            fields: dict[str, Any] = {} if customer is None else dict(customer.fields)
            personal = [fields.get(column, "") for column in ("name", "name_kana", "phone", "postal_code", "address")]
            place = [item.case_id, item.customer_no, item.branch_no or "", item.kind]
            last_at = "" if item.last_at is None else local_time(item.last_at, options.zone)
            promised = "" if item.promised_on is None else item.promised_on.isoformat()
            tried = [str(item.tries), item.last_channel or "", item.last_result or "", last_at, promised]
            yield None, [*place, *personal, item.status, item.due_on.isoformat(), *tried, item.best_time or ""]

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
            cells=[_CELLS.get(column, Cell.TEXT) for column in columns],
            about=about_file(program, batch_id, (), ()),
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
