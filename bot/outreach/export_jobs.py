"""The exports that staff asked for on the console, written one after another in the background.

Promise: a job writes what was asked and approved, or nothing; what a killed process left is begun anew by the next
one.  In clear the file lies only in a private folder while it is written; what is kept is sealed.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from bot.chores import Chore
from bot.outreach.dropping import Dropper
from bot.outreach.wording import difference_reason, program
from bot.settings import Settings
from bot.threaded import keep_working
from locales import load_catalogue
from storage import audit
from storage.database import Database
from storage.export_batches import load_batch
from storage.export_requests import (
    ExportRequest,
    add_part,
    claim_export,
    end_exports,
    fail_export,
    finish_export,
    give_back_export,
    is_export_due,
    is_export_over,
    note_progress,
    seal_part,
    why_not,
)
from storage.exports.evidence import NoCase, export_evidence
from storage.exports.files import private_folder
from storage.exports.lists import export_differences, export_history
from storage.exports.options import Options, OtherScope
from storage.exports.parquet import ParquetMissing
from storage.exports.responses import Exported, NoQuestionnaire, export_responses
from storage.leases import Lease, fence
from storage.problems import LeaseLost

log = structlog.get_logger("kakunin.exports")

#: Longer than anything between two notes of progress.
LEASE = timedelta(minutes=5)
_LOOK_EVERY = 1.0
#: Rows between two notes of progress.
NOTE_EVERY = 2_000
#: A sealed piece of the file: written in a few milliseconds.
PIECE = 512 * 1024
_PIECES_AT_ONCE = 20
#: What a job may end with besides a file, by what was raised.
_PROBLEMS = {
    NoQuestionnaire: "no_questionnaire",
    OtherScope: "other_scope",
    NoCase: "no_case",
    # The extra that draws pages is not installed.
    ModuleNotFoundError: "no_pdf",
    ParquetMissing: "no_parquet",
}


class _Stopped(Exception):
    """The process ends; the job is begun anew by the next one."""


class ExportJobs:
    """Writes what waits; several processes may do so on one store."""

    def __init__(self, database: Database, settings: Settings, name: str) -> None:
        self._database = database
        self._settings = settings
        #: Who holds the leases: unique per process.
        self._name = name
        self._words = load_catalogue(settings.default_locale, settings.content_dir and settings.content_dir / "locales")
        self._zone = ZoneInfo(settings.time_zone)
        self._dropper = Dropper(database, settings, name)
        self._stopping = threading.Event()

    async def run(self) -> None:
        """Work until cancelled; a job at hand is left for the next process."""
        await keep_working(self.work, self._stopping, _LOOK_EVERY)

    def work(self) -> bool:
        """One job from its beginning to its end; false where none waits."""
        database = self._database
        if self._dropper.is_due():
            self._dropper.drop()
        if not database.run_read(lambda conn: is_export_due(conn, database.universe.now())):
            return False
        request = database.run(
            lambda conn: claim_export(conn, database.vault, database.universe, owner=self._name, lease=LEASE)
        )
        if request is None:
            return False
        try:
            self._do(request)
        except LeaseLost:
            log.warning("export.taken_over", request=request.id)
        except _Stopped:
            database.run(lambda conn: give_back_export(conn, request.id, owner=self._name))
        except Exception as error:
            log.exception("export.failed", request=request.id, error=type(error).__name__)
            self._fail(request, _PROBLEMS.get(type(error), "error"))
        return True

    def _do(self, request: ExportRequest) -> None:
        refused = why_not(request)
        if refused:
            log.error("export.refused", request=request.id, why=refused)
            self._fail(request, refused)
            return
        # Named after the request: whoever takes over from a killed process clears what it left here.
        with private_folder(Path(tempfile.gettempdir()) / f"kakunin-export-{request.id}") as folder:
            done = self._write(request, folder / "files")
            self._keep(request, done, _archive(folder / "files", folder / "archive.zip"))

    def _fail(self, request: ExportRequest, detail: str) -> None:
        def fail(conn: Connection) -> None:
            fail_export(conn, request.id, owner=self._name, detail=detail)
            self._record(conn, "export.failed", request, {"why": detail})

        try:
            self._database.run(fail)
        except LeaseLost:
            log.warning("export.taken_over", request=request.id)

    def _write(self, request: ExportRequest, folder: Path) -> Exported:
        """The files that go into the archive."""
        database, query, word = self._database, request.query, self._words.text
        since = query.get("since")
        batch = database.run_read(lambda conn: load_batch(conn, since)) if since else None
        options = Options(
            format=query["format"],
            encoding=query["encoding"],
            status=query.get("status", "reconciled"),
            since=batch,
            branches=request.branches,
            zone=self._zone,
            masked=not request.is_full,
        )
        who: dict[str, Any] = {"actor": request.requested_by, "program": program()}
        folder.mkdir(mode=0o700)
        table = folder / f"{query['kind']}.{query['format']}"
        if query["kind"] == "evidence":
            return export_evidence(
                database,
                query["case"],
                folder,
                options,
                **who,
                actor_kind="staff",
                word=word,
                reason=lambda difference: difference_reason(word, difference),
            )
        if query["kind"] == "history":
            return export_history(database, table, options, **who, actor_kind="staff", word=word)
        if query["kind"] == "differences":
            return export_differences(
                database,
                table,
                options,
                **who,
                actor_kind="staff",
                word=word,
                reason=lambda difference: difference_reason(word, difference),
            )
        return export_responses(
            database, folder, options, **who, actor_kind="staff", word=word, progress=self._progress(request)
        )

    def _progress(self, request: ExportRequest) -> Callable[[int, int], None]:
        database, noted = self._database, 0

        def note(done: int, total: int) -> None:
            nonlocal noted
            if self._stopping.is_set():
                raise _Stopped
            if done - noted < NOTE_EVERY:
                return
            noted = done
            database.run(
                lambda conn: note_progress(
                    conn, database.universe, request.id, owner=self._name, lease=LEASE, done=done, total=total
                )
            )

        return note

    def _keep(self, request: ExportRequest, done: Exported, archive: Path) -> None:
        """Seal the archive into the store, piece by piece; it can be fetched when the last one is there."""
        database, uni = self._database, self._database.universe
        digest = hashlib.sha256()
        with archive.open("rb") as file:
            no = 0
            while piece := file.read(PIECE):
                if self._stopping.is_set():
                    raise _Stopped
                digest.update(piece)
                sealed = seal_part(database.vault, request.id, no, piece)
                database.run_piece(
                    lambda conn, no=no, sealed=sealed: add_part(  # type: ignore[misc]
                        conn, uni, request.id, owner=self._name, lease=LEASE, no=no, sealed=sealed
                    )
                )
                no += 1
            size = file.tell()
        made = uni.now().astimezone(self._zone)

        def finish(conn: Connection) -> None:
            finish_export(
                conn,
                uni,
                request.id,
                owner=self._name,
                batch_id=done.batch.id,
                file_name=f"{request.query['kind']}-{made:%Y%m%d-%H%M}.zip",
                file_bytes=size,
                file_sha256=digest.hexdigest(),
                unmappable=done.unmappable,
                keep=timedelta(days=self._settings.export_days),
            )
            facts = {"rows": str(done.rows), "sha256": digest.hexdigest()}
            self._record(conn, "export.ready", request, facts, batch=done.batch.id)

        database.run(finish)

    def _record(
        self, conn: Connection, action: str, request: ExportRequest, detail: dict[str, str], **subjects: str
    ) -> None:
        audit.record(
            conn,
            self._database.universe,
            action,
            actor_kind="system",
            actor_id="exports",
            subjects={"request": request.id, **subjects},
            detail=detail,
        )


def _archive(folder: Path, path: Path) -> Path:
    """The folder's files in one archive."""
    with ZipFile(path, "x", ZIP_DEFLATED) as archive:
        for entry in sorted(folder.iterdir()):
            archive.write(entry, entry.name)
    return path


def end_old_exports(database: Database) -> Chore:
    """Take away files, questions and approvals whose time is over."""
    uni = database.universe

    def step(lease: Lease) -> bool:
        def end(conn: Connection) -> None:
            fence(conn, lease)
            request_id = end_exports(conn, uni, pieces=_PIECES_AT_ONCE)
            if request_id is not None:
                who = {"actor_kind": "system", "actor_id": "timers"}
                audit.record(conn, uni, "export.over", **who, subjects={"request": request_id})  # type: ignore[arg-type]

        database.run(end)
        return database.run_read(lambda conn: is_export_over(conn, uni.now()))

    return Chore("exports.over", lambda conn: is_export_over(conn, uni.now()), step)
