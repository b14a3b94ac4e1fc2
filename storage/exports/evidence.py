"""The evidence of one case: what was asked and answered, in whose words, and what was made of it.

Promise: everything that the store knows about the case stands in ``evidence.json``, each part with its SHA-256;
``evidence.pdf`` shows the same for people and names the digest of the JSON on every page.  An erased customer has
no evidence any more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from dialogs.definition.model import Questionnaire, QuestionType
from dialogs.definition.yaml_format import read_canonical
from storage import audit
from storage.cases import load_case, load_stated_reason, transitions_of
from storage.customers import load_customer
from storage.database import Database
from storage.differences import Difference, load_differences
from storage.encryption import canonical_json
from storage.entries import Entry, Pass, entries_of_case
from storage.export_batches import ExportBatch, save_export_batch
from storage.exports.files import OutputFile, OutputSet, WrittenFile
from storage.exports.members import recorded_members
from storage.exports.options import Options
from storage.exports.responses import Exported
from storage.exports.selection import local_time
from storage.exports.tables import Lost, Word, write_manifest
from storage.publishing import load_published
from storage.reviews import history_of
from storage.staff import list_staff
from storage.submissions import Submission, submissions_of_case
from storage.tables import CaseRow, CustomerRow, table_of

_case, _customer = table_of(CaseRow), table_of(CustomerRow)

#: The question by which a customer agrees to go on, besides those that only ask for a nod.
_CONSENT = "consent"

Pack = dict[str, Any]


class NoCase(Exception):
    """There is no such case, or all about its customer was erased."""


def find_case(conn: Connection, text: str) -> str | None:
    """The id of a case by itself, or by the number of its customer (the latest one)."""
    query = (
        select(_case.c.id)
        .join(_customer, _customer.c.id == _case.c.customer_id)
        .where((_case.c.id == text) | (_customer.c.customer_no == text))
        .order_by(_case.c.opened_at.desc(), _case.c.id.desc())
        .limit(1)
    )
    found: str | None = conn.execute(query).scalar()
    return found


def export_evidence(
    database: Database,
    case_id: str,
    folder: Path,
    options: Options,
    *,
    actor: str,
    actor_kind: audit.ActorKind = "os_user",
    program: str,
    word: Word,
    reason: Callable[[Difference], str],
) -> Exported:
    """Write ``evidence.json``, ``evidence.pdf`` (with ``options.format`` pdf) and the manifest; raises ``NoCase``."""
    uni = database.universe
    batch_id = uni.new_id()
    folder.mkdir(parents=True, exist_ok=True)
    with OutputSet() as outputs:
        lost = Lost(folder / "unmappable.csv", options, word, outputs)
        with recorded_members(database, batch_id) as members:
            pack, completed = database.run_read(
                lambda conn: gather(conn, database, case_id, options, program=program, actor=actor, reason=reason)
            )
            for number in completed:
                members.add(number)
            members.finish()
            body = (json.dumps(pack, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode(
                "utf-8", "surrogatepass"
            )
            files = [_write(outputs, folder / "evidence.json", body)]
            if options.format == "pdf":
                from storage.exports.evidence_pdf import draw_evidence

                drawn = draw_evidence(
                    pack, files[0].sha256, made_at=uni.now(), zone=options.zone, word=word, losses=lost
                )
                files.append(_write(outputs, folder / "evidence.pdf", drawn))
            files += lost.finish()

            def record(conn: Connection) -> ExportBatch:
                batch = save_export_batch(
                    conn,
                    uni,
                    batch_id=batch_id,
                    kind="evidence",
                    actor=actor,
                    rows=1,
                    sha256=files[0].sha256,
                    filters={"format": options.format, "case": case_id, "values": "full"},
                )
                audit.record(
                    conn,
                    uni,
                    "export.evidence",
                    actor_kind=actor_kind,
                    actor_id=actor,
                    subjects={"batch": batch.id, "case": case_id},
                    detail={"sha256": batch.sha256},
                )
                path = folder / "manifest.json"
                outputs.replace(write_manifest(path, batch, options, program, files, lost.count)[0])
                return batch

            batch = database.run(record)
        outputs.publish()
    return Exported(batch=batch, rows=1, unmappable=lost.count, files=tuple(files), path=folder / files[-1].name)


def _write(outputs: OutputSet, path: Path, body: bytes) -> WrittenFile:
    output = OutputFile(path)
    outputs.add(output)
    output.write(body)
    return output.finish(1)


def gather(
    conn: Connection,
    database: Database,
    case_id: str,
    options: Options,
    *,
    program: str,
    actor: str,
    reason: Callable[[Difference], str],
) -> tuple[Pack, list[int]]:
    """The pack, and the numbers under which its submissions were completed; raises ``NoCase``."""
    vault = database.vault
    case = load_case(conn, case_id)
    customer = None if case is None else load_customer(conn, vault, case.customer_id)
    if case is None or customer is None:
        raise NoCase

    def time(moment: Any) -> str:
        return "" if moment is None else local_time(moment, options.zone)

    submissions = submissions_of_case(conn, vault, case_id)
    forms = {one.questionnaire_sha256: _form(conn, one.questionnaire_sha256) for one in submissions}
    parts: Pack = {
        "case": {
            "case_id": case.id,
            "customer_no": case.customer_no,
            "name": str(customer.fields.get("name", "")),
            "branch_no": customer.branch_no,
            "kind": case.kind,
            "cause": case.cause,
            "reason": load_stated_reason(conn, vault, case_id) or case.reason,
            "status": case.status.value,
            "check_number": case.check_number,
            "opened_at": time(case.opened_at),
            "due_on": case.due_on.isoformat(),
            "next_due_on": "" if case.next_due_on is None else case.next_due_on.isoformat(),
        },
        "consent": [line for one in submissions for line in _consents(one, forms[one.questionnaire_sha256])],
        "submissions": [_submission(one, time) for one in submissions],
        "entries": [_entry(one, time) for one in entries_of_case(conn, vault, case_id)],
        "reconciliation": [
            {
                "field": one.field,
                "master": one.master,
                "answer": one.answer,
                "verdict": one.verdict,
                "reason": reason(one),
                "rules": list(one.rules),
                "severity": one.severity,
                "comparator_version": one.comparator_version,
                "submission_id": one.submission_id,
                "decision": one.decision or "",
                "decided_by": one.decided_by or "",
                "decided_at": time(one.decided_at),
            }
            for one in load_differences(conn, vault, case_id=case_id)
        ],
        "decisions": [
            {
                "field": one.field,
                "before": one.before,
                "decision": one.decision,
                "decided_by": one.decided_by,
                "decided_at": time(one.decided_at),
                "note": one.note,
            }
            for one in history_of(conn, vault, case_id)
        ],
        "history": [
            {
                "at": time(move.at),
                "from_status": "" if move.from_status is None else move.from_status.value,
                "to_status": move.to_status.value,
                "actor": move.actor,
                "reason": move.reason,
                "source": move.source or "",
            }
            for move in transitions_of(conn, case_id)
        ],
    }
    pack = {
        "program": program,
        "made_at": time(database.universe.now()),
        "made_by": actor,
        **parts,
        "people": _people(conn, parts, actor),
        "sha256": {name: hashlib.sha256(canonical_json(part)).hexdigest() for name, part in parts.items()},
    }
    return pack, sorted(one.completed_seq for one in submissions if one.completed_seq is not None)


def _form(conn: Connection, sha256: str) -> Questionnaire | None:
    found = load_published(conn, sha256)
    return None if found is None else read_canonical(found.body)


def _submission(one: Submission, time: Callable[[Any], str]) -> Pack:
    """One submission with every answer as it was kept, and the digest of the answers."""
    return {
        "submission_id": one.id,
        "receipt_no": one.receipt_no,
        "started_at": time(one.started_at),
        "submitted_at": time(one.submitted_at),
        "channel": one.channel,
        "locale": one.locale,
        "answered_by": one.answered_by,
        "questionnaire_id": one.questionnaire_id,
        "questionnaire_version": one.questionnaire_version,
        "definition_sha256": one.questionnaire_sha256,
        "answers_sha256": hashlib.sha256(canonical_json(one.answers)).hexdigest(),
        "answers": one.answers,
    }


def _entry(one: Entry, time: Callable[[Any], str]) -> Pack:
    """A form that staff entered from paper or from the telephone: by whom, and whose words it was."""
    return {
        "submission_id": one.submission_id or "",
        "medium": one.medium,
        "scan_no": one.scan_no or "",
        "said_by": one.said_by,
        "entry_state": one.state,
        "opened_by": one.opened_by,
        "opened_at": time(one.opened_at),
        "typed_by": sorted(one.typists),
        "second_by": one.second_by or "",
        "decided": sorted(one.passes.get("decided", {}).keys() & _differing(one)),
        "ended_by": one.ended_by or "",
        "ended_at": time(one.ended_at),
    }


def _differing(one: Entry) -> set[str]:
    """Where two people typed other texts."""
    first, second = one.passes.get("first", {}), one.passes.get("second", {})
    return {key for key in first.keys() | second.keys() if _text(first, key) != _text(second, key)}


def _text(typed: Pass, key: str) -> str:
    return typed.get(key, {}).get("text", "")


def _consents(one: Submission, form: Questionnaire | None) -> list[Pack]:
    """To what the customer agreed, in the words that he saw."""
    nods = {
        question.name
        for question in (() if form is None else form.questions)
        if question.type is QuestionType.ACKNOWLEDGE or question.name == _CONSENT
    }
    return [
        {
            "receipt_no": one.receipt_no,
            "question": answer["name"],
            "wording": answer.get("wording", ""),
            "display": answer.get("display", ""),
            "at": answer.get("at", ""),
        }
        for answer in one.answers
        if answer["name"] in nods
    ]


def _people(conn: Connection, parts: Mapping[str, Any], actor: str) -> dict[str, str]:
    """The logins behind the ids of staff in the pack."""
    named = {actor}
    for one in parts["entries"]:
        named.update((one["opened_by"], one["second_by"], one["ended_by"], *one["typed_by"]))
    named.update(str(answer.get("by", "")) for one in parts["submissions"] for answer in one["answers"])
    rows: Sequence[Mapping[str, Any]] = [*parts["reconciliation"], *parts["decisions"], *parts["history"]]
    for row in rows:
        named.update(str(row.get(name, "")).removeprefix("staff:") for name in ("decided_by", "actor"))
    return {member.id: member.login for member in list_staff(conn) if member.id in named}
