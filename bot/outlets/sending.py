"""Sending new responses to a server by the clock, as the drop folder drops them.

Promise: whoever waits for the ``.done`` of an export finds every file of it whole, each with its ``.sha256``, also
when there is nothing new; nothing arrives twice and nothing is left out, whatever stops in between (the connection,
this process, the server).  All files are placed as ``.part`` before any of them gets its name, the mark last:

    finish what was left -> export into a private folder -> *.part, the mark's last -> placed
    -> rename each file and its .sha256 -> rename .done -> sent

What was placed is only finished; what was not is given up, and the next export carries what it would have (see
``storage.exports.sendings``).  A server that is away costs no export: it is signed in to first.  One that was placed on
another server than that of now is given up too, and an error is logged.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from bot.outlets.sftp import PART, Server, ServerProblem, Stopped, connected
from bot.outreach.wording import program
from bot.settings import Settings
from bot.threaded import keep_working
from locales import load_catalogue
from storage import audit
from storage.branches import WHOLE_BANK
from storage.database import Database
from storage.exports.drop import DropBusy, alone, export_marked
from storage.exports.files import private_folder
from storage.exports.options import Options
from storage.exports.parquet import ParquetMissing
from storage.exports.responses import Exported, NoQuestionnaire
from storage.exports.sendings import (
    Sending,
    SendingState,
    begin_sending,
    last_arriving,
    note_sending,
    open_sendings,
)
from storage.outlets.faring import ALARM_AFTER, load_outlet, note_failure, note_success

log = structlog.get_logger("kakunin.sftp")

SFTP = "sftp"
_LEASE = "exports.sftp"
_LOOK_EVERY = 5.0
#: Connections that are tried for the files of one export; they lie here in clear no longer than that.
_CONNECTIONS = 3
_PROBLEMS = {NoQuestionnaire: "no_questionnaire", ParquetMissing: "no_parquet"}


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What one run did."""

    exported: Exported
    mark: str
    #: Exports of an earlier run that were finished now.
    recovered: int


class ExportSender:
    """Sends what is new, when it is time; several processes may do so on one store."""

    def __init__(self, database: Database, settings: Settings, name: str) -> None:
        self._database = database
        self._settings = settings
        self._name = name
        self._zone = ZoneInfo(settings.time_zone)
        self._words = load_catalogue(settings.default_locale, settings.content_dir and settings.content_dir / "locales")
        self._stopping = threading.Event()

    async def run(self) -> None:
        """Work until cancelled; what is on its way is left to the next start."""
        await keep_working(self.work, self._stopping, _LOOK_EVERY)

    def work(self) -> bool:
        """Send if it is time; false, because there is never more to do at once."""
        if self.is_due():
            # What went wrong is said and noted already; or another process is at it.
            with suppress(DropBusy, Stopped, ServerProblem):
                self.send(actor="timers", actor_kind="system")
        return False

    def is_due(self) -> bool:
        """Whether it is time; costs one look into the store."""
        if not self._settings.sftp_url:
            return False
        now = self._database.universe.now()
        outlet = self._database.run_read(lambda conn: load_outlet(conn, SFTP))
        if outlet is None or (outlet.not_before is not None and now < outlet.not_before):
            return False
        return outlet.done_at is None or outlet.done_at < last_time(self._settings.sftp_at, now, self._zone)

    def send(self, *, actor: str, actor_kind: audit.ActorKind) -> Sent:
        """Send what came since the last time; raises ``DropBusy``, ``Stopped`` or ``ServerProblem``."""
        database, uni = self._database, self._database.universe
        try:
            with alone(database, _LEASE, self._name) as hold:
                sent = self._send(hold, actor, actor_kind)
        except (DropBusy, Stopped):
            raise
        except Exception as error:
            code = error.code if isinstance(error, ServerProblem) else _PROBLEMS.get(type(error), "error")
            outlet = database.run(lambda conn: note_failure(conn, uni, SFTP, code))
            tell = log.error if outlet.failures >= ALARM_AFTER else log.warning
            tell("sftp.failed", failures=outlet.failures, why=code, error=type(error).__name__)
            raise error if isinstance(error, ServerProblem) else ServerProblem(code) from error
        database.run(lambda conn: note_success(conn, uni, SFTP))
        log.info("sftp.sent", rows=sent.exported.rows, batch=sent.exported.batch.seq, recovered=sent.recovered)
        return sent

    def _send(self, hold: Callable[[], None], actor: str, actor_kind: audit.ActorKind) -> Sent:
        settings, database = self._settings, self._database
        # Named after the store: whoever comes after a killed process clears what it left here, also where the server is
        # away.
        place = database.vault.session_digest(SFTP, "folder").hex()[:12]
        with private_folder(Path(tempfile.gettempdir()) / f"kakunin-sftp-{place}") as folder:
            recovered = asyncio.run(self._finish_open(hold))
            since = database.run_read(lambda conn: last_arriving(conn, settings.sftp_status, WHOLE_BANK))
            options = Options(
                format=settings.sftp_format,
                encoding=settings.sftp_encoding,
                status=settings.sftp_status,
                since=since,
                zone=self._zone,
                to=SFTP,
            )
            exported, mark = export_marked(
                database,
                folder,
                options,
                actor=actor,
                actor_kind=actor_kind,
                program=program(),
                word=self._words.text,
                progress=lambda done, total: self._go_on(hold),
            )
            names = [*sorted(path.name for path in folder.iterdir() if path.name != mark), mark]
            uni = database.universe
            sending = database.run(lambda conn: begin_sending(conn, uni, exported.batch.id, names, settings.sftp_url))
            self._upload(sending, folder, hold)
        return Sent(exported=exported, mark=mark, recovered=recovered)

    def _go_on(self, hold: Callable[[], None]) -> None:
        if self._stopping.is_set():
            raise Stopped
        hold()

    # On the server -----------------------------------------------------------------------------

    def _upload(self, sending: Sending, folder: Path, hold: Callable[[], None]) -> None:
        """Place the files and name them; a cut connection is made again, and what lies there whole stays."""
        placed: set[str] = set()
        for left in reversed(range(_CONNECTIONS)):
            try:
                asyncio.run(self._place(sending, folder, placed, hold))
                return
            except ServerProblem as problem:
                if problem.code not in ("cut", "silent") or not left or self._stopping.is_set():
                    raise
                log.warning("sftp.again", why=problem.code)

    async def _place(self, sending: Sending, folder: Path, placed: set[str], hold: Callable[[], None]) -> None:
        def is_stopping() -> bool:
            hold()
            return self._stopping.is_set()

        async with connected(self._settings) as server:
            for name in sending.files:
                if name not in placed:
                    await server.put(folder / name, f"{name}{PART}", is_stopping)
                    placed.add(name)
            self._note(sending, SendingState.PLACED)
            await self._name_all(server, sending, hold)

    async def _finish_open(self, hold: Callable[[], None]) -> int:
        """Finish or give up what an earlier run left; returns how many exports arrived by that."""
        finished = 0
        async with connected(self._settings) as server:
            for sending in self._database.run_read(open_sendings):
                self._go_on(hold)
                if sending.is_elsewhere(self._settings.sftp_url):
                    # That its parts are not here means nothing: they lie where nobody signs in any more.
                    log.error("sftp.other_server", batch=sending.batch_id, state=sending.state)
                    self._note(sending, SendingState.GIVEN_UP)
                    continue
                there = await server.names()
                if sending.state == SendingState.WRITTEN:
                    mark = f"{sending.files[-1]}{PART}"
                    # The mark is placed last: where it is whole, so is everything before it.
                    whole = mark in there and _is_mark_of(await server.read(mark), sending.batch_id)
                    if not whole:
                        await self._give_up(server, sending, there, hold)
                        continue
                    self._note(sending, SendingState.PLACED)
                await self._name_all(server, sending, hold)
                finished += 1
        return finished

    async def _give_up(self, server: Server, sending: Sending, there: set[str], hold: Callable[[], None]) -> None:
        """Take away what lies there of it; none of it has its name."""
        for name in sending.files:
            if f"{name}{PART}" in there:
                self._go_on(hold)
                await server.remove(f"{name}{PART}")
        self._note(sending, SendingState.GIVEN_UP)

    async def _name_all(self, server: Server, sending: Sending, hold: Callable[[], None]) -> None:
        """Each file its name, the mark last; what has no part any more has its name, or was taken under it already."""
        there = await server.names()
        for name in sending.files:
            if f"{name}{PART}" in there:
                self._go_on(hold)
                await server.rename(f"{name}{PART}", name)
        self._note(sending, SendingState.SENT)

    def _note(self, sending: Sending, state: SendingState) -> None:
        database, uni = self._database, self._database.universe

        def note(conn: Connection) -> None:
            note_sending(conn, uni, sending.batch_id, state)
            if state is not SendingState.PLACED:
                action = "export.sent" if state is SendingState.SENT else "export.not_sent"
                who = {"actor_kind": "system", "actor_id": SFTP}
                audit.record(conn, uni, action, **who, subjects={"batch": sending.batch_id})  # type: ignore[arg-type]

        database.run(note)


def _is_mark_of(mark: bytes, batch_id: str) -> bool:
    try:
        return bool(json.loads(mark)["batch_id"] == batch_id)
    except (ValueError, KeyError, TypeError):
        # Cut off while it was being written.
        return False


def last_time(times: tuple[str, ...], now: datetime, zone: ZoneInfo) -> datetime:
    """The last of the times of day (in order) that is over."""
    here = now.astimezone(zone)
    moments = [
        datetime.combine(here.date() - timedelta(days=back), time.fromisoformat(one), zone)
        for back in (0, 1)
        for one in reversed(times)
    ]
    return next(moment for moment in moments if moment <= here)
