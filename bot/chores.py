"""Chores: what one process at a time does beside the service, whichever of several processes it is.

Promise: a chore runs under a lease that is renewed while it works, so two processes with the role ``timers`` never
do the same one together, and what a killed process left is taken over.  A chore that fails holds up no other one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from bot.settings import Settings
from bot.threaded import keep_working
from storage import audit, audit_heads, key_rotation
from storage.database import Database
from storage.erasures import last_run
from storage.leases import Lease, fence, give_back_lease, renew_lease, take_lease
from storage.problems import LeaseLost
from storage.retention import Done, Policy, run_retention

log = structlog.get_logger("kakunin.chores")

_EVERY_SECONDS, _SOON_SECONDS = 5.0, 0.25
_LEASE = timedelta(minutes=1)
_CHAIN_AT_ONCE = 500
_RETENTION_EVERY = timedelta(days=1)
#: Steps that a chore makes in one round; between the rounds others come to their turn.
_STEPS = 20


@dataclass(frozen=True)
class Chore:
    """One kind of work."""

    #: The name of its lease.
    name: str
    #: A look without a write: whether there is anything to do.
    is_due: Callable[[Connection], bool]
    #: One short step; false where nothing is left for now.
    step: Callable[[Lease], bool]
    #: Whether what is left waits for something that comes within a moment.
    soon: Callable[[], bool] = lambda: False


def chain_audit(database: Database) -> Chore:
    """Chain the entries of the audit record."""

    def step(lease: Lease) -> bool:
        def seal(conn: Connection) -> int:
            fence(conn, lease)
            return audit.seal_chain(conn, database.vault, database.universe, _CHAIN_AT_ONCE)

        return database.run(seal) == _CHAIN_AT_ONCE

    return Chore("audit.chain", audit.has_unchained, step)


def note_heads(database: Database, file: Path, every: timedelta) -> Chore:
    """Note the end of the audit chain outside the database."""
    uni, vault = database.universe, database.vault
    last = datetime.min.replace(tzinfo=UTC)

    def is_due(conn: Connection) -> bool:
        return uni.now() - last >= every

    def step(lease: Lease) -> bool:
        nonlocal last
        if not database.run_read(lambda conn: audit_heads.follows(conn, vault, file)):
            # An older copy of the store, or another chain: noting on would bury it.
            log.error("audit.does_not_follow", file=file.name, advice="kakunin audit verify")
        else:
            database.run_read(lambda conn: audit_heads.note_head(conn, vault, uni, file))
        last = uni.now()
        return False

    return Chore("audit.head", is_due, step)


def rotate_keys(database: Database) -> Chore:
    """Bring all sealed values under the first key."""
    # Who ran before this start may have sealed under an older key until the end.
    looked = False

    def is_due(conn: Connection) -> bool:
        return key_rotation.is_due(conn, database.universe, database.vault.keyring, looked=looked)

    def step(lease: Lease) -> bool:
        nonlocal looked
        done = key_rotation.rotate_step(database, lease)
        looked |= done.settled
        if done.settled:
            log.info("keys.settled", key=database.vault.keyring.current)
        return not done.settled

    return Chore(key_rotation.LEASE, is_due, step)


def policy_of(settings: Settings) -> Policy:
    """How long the bank keeps what."""
    return Policy(
        years=settings.retention_years,
        words_months=settings.retention_words_months,
        zone=ZoneInfo(settings.time_zone),
        outside=settings.erasure_file,
    )


def erase_in_time(database: Database, policy: Policy) -> Chore:
    """Erase once a day what has come to its time, a step at a time."""
    running: Iterator[Done] | None = None

    def is_due(conn: Connection) -> bool:
        last = last_run(conn)
        return running is not None or last is None or database.universe.now() - last >= _RETENTION_EVERY

    def step(lease: Lease) -> bool:
        nonlocal running
        if running is None:
            running = run_retention(database, policy, actor="timers")
        try:
            more = next(running, None) is not None
        except BaseException:
            running = None
            raise
        if not more:
            running = None
        return more

    return Chore("retention", is_due, step)


def keeping_chores(database: Database, settings: Settings) -> list[Chore]:
    """What keeps the store in order: the audit record, its end outside, the keys, what has come to its time."""
    chores = [chain_audit(database), rotate_keys(database), erase_in_time(database, policy_of(settings))]
    if settings.audit_head_file is not None:
        chores.append(note_heads(database, settings.audit_head_file, timedelta(minutes=settings.audit_head_minutes)))
    return chores


class Chores:
    """The chores of one process."""

    def __init__(self, database: Database, owner: str, chores: Sequence[Chore]) -> None:
        self._database = database
        self._owner = owner
        self._chores = chores
        self._stopping = threading.Event()
        self._round = threading.Lock()
        #: Whether something that was done in the last round is to be done again within a moment.
        self._soon = False

    async def run(self) -> None:
        """Do what is due until cancelled; the step at hand is finished first, for its thread uses the store."""
        await keep_working(self.tick, self._stopping, self._pause)

    def _pause(self) -> float:
        return _SOON_SECONDS if self._soon else _EVERY_SECONDS

    def tick(self) -> bool:
        """One round, and one at a time; true where a chore has more to do at once."""
        more = False
        with self._round:
            self._soon = False
            for chore in self._chores:
                try:
                    more |= self._do(chore)
                except Exception as error:
                    log.exception("chore.failed", chore=chore.name, error=type(error).__name__)
        return more

    def _do(self, chore: Chore) -> bool:
        database, uni = self._database, self._database.universe
        if not database.run_read(chore.is_due):
            return False
        lease = database.run(lambda conn: take_lease(conn, uni, chore.name, owner=self._owner, duration=_LEASE))
        if lease is None:
            return False
        try:
            for _ in range(_STEPS):
                held = lease
                if self._stopping.is_set() or not chore.step(held):
                    return False
                lease = database.run(lambda conn: renew_lease(conn, uni, held, duration=_LEASE))  # noqa: B023
            return True
        except LeaseLost:
            log.warning("chore.taken_over", chore=chore.name)
            return False
        finally:
            self._soon |= chore.soon()
            last = lease
            database.run(lambda conn: give_back_lease(conn, uni, last))
