"""The drop folder: each export is what came since the last one, as files that another system picks up.

Promise: whoever waits for the ``.done`` of an export finds every file of it whole, each with its ``.sha256``, also
when there is nothing new; nothing is dropped twice and nothing is left out.  Everything is written under ``.part``
and brought to the disk before the export is recorded, and renamed after, ``.done`` last; so what a crash left
either was recorded, and the next run gives it its names, or was not, and the next run takes it away.

    write *.part, sync -> record the batch -> rename each file and its .sha256 -> rename .done
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from storage import audit
from storage.database import Database
from storage.export_batches import ExportBatch, load_batch, previous_drop
from storage.exports.files import PART, OutputFile, OutputSet, WrittenFile, sync_folder
from storage.exports.options import Options
from storage.exports.responses import Exported, export_responses
from storage.exports.tables import Word
from storage.leases import give_back_lease, renew_lease, take_lease

#: What marks an export in the folder as complete.
DONE = ".done"
_SUM = ".sha256"


#: Longer than anything between two looks at the progress.
_LEASE = timedelta(minutes=5)
_RENEW = timedelta(minutes=1)
_NAME = "exports.drop"


class DropBusy(Exception):
    """Another process does the same for this store just now."""


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """What one run did."""

    exported: Exported
    #: The mark's name; the names of the files begin like it.
    done: str
    #: Exports of an earlier run that was killed, and that are complete now.
    recovered: int


def drop_responses(
    database: Database,
    folder: Path,
    options: Options,
    *,
    owner: str,
    actor: str,
    actor_kind: audit.ActorKind,
    program: str,
    word: Word,
) -> Dropped:
    """Drop what came since the last drop of the same scope; raises ``DropBusy``, ``NoQuestionnaire`` or ``OSError``."""
    if not folder.is_dir():
        # A share that is not mounted must not become a folder of this machine.
        raise NotADirectoryError(folder)
    with alone(database, _NAME, owner) as hold:
        recovered = recover(database, folder)
        last = database.run_read(lambda conn: previous_drop(conn, options.status, options.branches))
        done, mark = export_marked(
            database,
            folder,
            replace(options, since=last, to="drop"),
            actor=actor,
            actor_kind=actor_kind,
            program=program,
            word=word,
            progress=lambda done, total: hold(),
        )
    return Dropped(exported=done, done=mark, recovered=recovered)


def export_marked(
    database: Database,
    folder: Path,
    options: Options,
    *,
    actor: str,
    actor_kind: audit.ActorKind,
    program: str,
    word: Word,
    progress: Callable[[int, int], None],
) -> tuple[Exported, str]:
    """An export whose files have names of their own, each with its sum, and the name of the mark behind them."""
    uni = database.universe
    prefix = f"{uni.now().astimezone(options.zone):%Y%m%d-%H%M%S}-{uni.new_id()[-8:]}-"

    def mark(outputs: OutputSet, batch: ExportBatch, files: Sequence[WrittenFile]) -> None:
        for file in files:
            sums = f"{file.sha256}  {file.name}\n"
            outputs.replace(_written(folder / f"{file.name}{_SUM}", sums))
        body = {"batch_id": batch.id, "batch": batch.seq, "rows": batch.rows, "files": [one.name for one in files]}
        outputs.replace(_written(folder / f"{prefix}responses{DONE}", json.dumps(body) + "\n"))

    done = export_responses(
        database,
        folder / f"{prefix}responses.{options.format}",
        options,
        actor=actor,
        actor_kind=actor_kind,
        program=program,
        word=word,
        progress=progress,
        prefix=prefix,
        mark=mark,
    )
    return done, f"{prefix}responses{DONE}"


@contextmanager
def alone(database: Database, name: str, owner: str) -> Iterator[Callable[[], None]]:
    """One at a time, whichever process does it: another one's unfinished files are not what a crash left.

    Raises ``DropBusy``; what is yielded holds on to the right, and raises ``LeaseLost`` where it was taken over.
    """
    uni = database.universe
    lease = database.run(lambda conn: take_lease(conn, uni, name, owner=owner, duration=_LEASE))
    if lease is None:
        raise DropBusy

    def hold() -> None:
        nonlocal lease
        assert lease is not None
        if lease.until - uni.now() < _LEASE - _RENEW:
            held = lease
            lease = database.run(lambda conn: renew_lease(conn, uni, held, duration=_LEASE))

    try:
        yield hold
    finally:
        last = lease
        database.run(lambda conn: give_back_lease(conn, uni, last))


def recover(database: Database, folder: Path) -> int:
    """Finish or remove what a killed run left; returns how many exports are complete now."""
    recovered = 0
    for mark in sorted(folder.glob(f"*{DONE}{PART}")):
        batch_id = _batch_of(mark)
        batch = None if batch_id is None else database.run_read(lambda conn, wanted=batch_id: load_batch(conn, wanted))  # type: ignore[misc]
        prefix = mark.name.removesuffix(f"{DONE}{PART}")
        # The mark is called after the table; the side files only share what stands before its name.
        parts = sorted(part for part in folder.glob(f"{prefix.removesuffix('responses')}*{PART}") if part != mark)
        for part in parts:
            if batch is None:
                part.unlink()
            else:
                part.replace(part.with_name(part.name.removesuffix(PART)))
        sync_folder(folder)
        if batch is None:
            mark.unlink()
        else:
            mark.replace(mark.with_name(mark.name.removesuffix(PART)))
            recovered += 1
        sync_folder(folder)
    _remove_orphans(folder)
    return recovered


def _batch_of(mark: Path) -> str | None:
    try:
        found = json.loads(mark.read_text(encoding="utf-8"))["batch_id"]
    except (ValueError, KeyError, TypeError, UnicodeDecodeError):
        # Killed while it was being written: it was not recorded then.
        return None
    return str(found)


def _remove_orphans(folder: Path) -> None:
    """Parts without a mark: killed before the end of writing, so nothing of it was recorded."""
    for part in folder.glob(f"*{PART}"):
        part.unlink()
    for pieces in folder.glob("*.pieces"):
        shutil.rmtree(pieces)


def _written(path: Path, text: str) -> OutputFile:
    output = OutputFile(path)
    output.write(text.encode())
    output.finish(0)
    return output
