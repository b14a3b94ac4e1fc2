"""The letters: one code per case, written to a file that nobody else can read.

Promise: a clear code exists in that file and nowhere else; the store keeps its keyed digest.  A code
is on the disk before its case counts as sent, and after a failure in the middle the file holds exactly
the codes that the store knows; a run that was killed is gone on with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection

from bot.outreach.letter_codes import BadCodes, CodesFile
from storage import audit
from storage.bulk.moving import Way, lock_cases, move_cases
from storage.campaign_steps import cases_for_letters
from storage.case_status import ANSWERABLE
from storage.cases import Case, CaseStatus, cases_of_customer, cases_without_letter, load_cases
from storage.database import Database
from storage.flags import stopped_of
from storage.link_codes import (
    find_link_code,
    link_codes_of_case,
    make_link_codes,
    revoke_link_codes,
    unlock_link_code,
)

#: Statuses from which a letter moves a case on; 30 is a customer whose last letter came back.
_BEFORE_LETTER = (CaseStatus.SELECTED, CaseStatus.ANNOUNCED, CaseStatus.UNDELIVERABLE)

#: Cases per transaction.
BATCH = 60


@dataclass(frozen=True, kw_only=True)
class Channels:
    """Where the letter's links lead; an empty name means the bank has no such channel."""

    line_basic_id: str = ""
    telegram_username: str = ""

    def line_url(self, code: str) -> str:
        """Opens LINE with the code as the message to send."""
        if not self.line_basic_id:
            return ""
        account = self.line_basic_id if self.line_basic_id.startswith("@") else f"@{self.line_basic_id}"
        return f"https://line.me/R/oaMessage/{quote(account, safe='')}/?{quote(code, safe='')}"

    def telegram_url(self, code: str) -> str:
        """Opens Telegram with the code as the start parameter."""
        if not self.telegram_username:
            return ""
        return f"https://t.me/{quote(self.telegram_username.removeprefix('@'), safe='')}?start={quote(code, safe='')}"


def make_letters(
    database: Database,
    out: Path,
    *,
    channels: Channels,
    expires_on: date,
    actor: str,
    again_for: Sequence[str] | None = None,
    campaign_id: str | None = None,
    resume: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Write a code for every case that waits for its letter and return how many; ``FileExistsError`` if ``out`` is.

    Nobody for whom every mailing is stopped gets one, asked for or not.

    With customer ids in ``again_for`` only their open cases get one, also where an earlier letter went out:
    its code is revoked.  With ``campaign_id`` the cases on the list of that campaign get one, and no others.
    With ``resume`` what an earlier run left is gone on with: whoever stands in it gets no second code.
    """
    codes = CodesFile(out, resume=resume)
    try:
        waiting = database.run_read(lambda conn: _waiting(conn, again_for, campaign_id))
        if resume:
            written = database.run_read(lambda conn: _written(conn, database, codes))
            waiting = [case for case in waiting if case.id not in written]
        made = 0
        for start in range(0, len(waiting), BATCH):
            batch = waiting[start : start + BATCH]

            def write(conn: Connection, batch: list[Case] = batch) -> tuple[int, int]:
                # The store may run this again: each run writes from the same place.
                rows = _write_batch(conn, database, batch, channels, expires_on, actor)
                return len(rows), codes.add(rows)

            added, length = database.run_piece(write)
            codes.keep(length)
            made += added
            progress(min(start + BATCH, len(waiting)), len(waiting))
    except BadCodes:
        codes.leave()
        raise
    except BaseException:
        _save(database, codes)
        raise
    codes.finish()
    return made


def _written(conn: Connection, database: Database, codes: CodesFile) -> set[str]:
    """The cases whose letter in the file still holds."""
    written = set()
    for code, case_id in codes.settle(conn, database.vault, most=BATCH).items():
        link = find_link_code(conn, database.vault, code)
        if link is not None and link.state != "revoked":
            written.add(case_id)
    return written


def _save(database: Database, codes: CodesFile) -> None:
    """After a failure: the codes of committed batches are in the file and nowhere else."""
    try:
        # It may have been the answer to the commit that was lost, and not the commit.
        database.run_read(lambda conn: codes.settle(conn, database.vault, most=BATCH))
    except BadCodes:
        pass
    except Exception:
        codes.leave()
        return
    if codes.is_empty:
        codes.discard()
    else:
        codes.finish()


def _waiting(conn: Connection, again_for: Sequence[str] | None, campaign_id: str | None) -> list[Case]:
    if again_for is not None:
        return _open_cases(conn, again_for)
    if campaign_id is None:
        return cases_without_letter(conn)
    return [case for case in load_cases(conn, cases_for_letters(conn, campaign_id)) if case.status in ANSWERABLE]


def _open_cases(conn: Connection, customer_ids: Sequence[str]) -> list[Case]:
    return [
        case
        for customer_id in customer_ids
        for case in cases_of_customer(conn, customer_id, open_only=True)
        if case.status in ANSWERABLE
    ]


def unlock_codes(database: Database, customer_id: str, *, actor: str) -> int:
    """Let the customer's locked codes be tried again, as a person decided; returns how many were locked."""

    def unlock(conn: Connection) -> int:
        opened = 0
        for case in cases_of_customer(conn, customer_id, open_only=True):
            for code in link_codes_of_case(conn, case.id):
                if code.state == "locked" and unlock_link_code(conn, code.id):
                    opened += 1
                    audit.record(
                        conn,
                        database.universe,
                        "letter.unlocked",
                        actor_kind="os_user",
                        actor_id=actor,
                        subjects={"case": case.id, "link_code": code.id},
                        detail={},
                    )
        return opened

    return database.run(unlock)


def revoke_codes(database: Database, customer_id: str, *, actor: str) -> int:
    """Let the customer's codes link nobody any more, as a person decided; returns how many could have."""

    def revoke(conn: Connection) -> int:
        revoked = 0
        for case in cases_of_customer(conn, customer_id, open_only=True):
            for link_code_id in revoke_link_codes(conn, case.id):
                revoked += 1
                audit.record(
                    conn,
                    database.universe,
                    "letter.revoked",
                    actor_kind="os_user",
                    actor_id=actor,
                    subjects={"case": case.id, "link_code": link_code_id},
                    detail={},
                )
        return revoked

    return database.run(revoke)


def _write_batch(
    conn: Connection, database: Database, cases: list[Case], channels: Channels, expires_on: date, actor: str
) -> list[tuple[str, ...]]:
    uni, vault = database.universe, database.vault
    locked = lock_cases(conn, [case.id for case in cases])
    stopped = stopped_of(conn, [case.customer_id for case in cases])
    # Where another command was quicker its letter counts.
    mine = [case for case in cases if locked.get(case.id) is case.status and case.customer_id not in stopped]
    numbers = {case.id: case.check_number for case in mine}
    made = make_link_codes(conn, vault, uni, numbers, expires_on=expires_on)
    sent = [
        Way(case_id=case.id, over=(CaseStatus.SENT,), reason="letter", source=made[case.id][0].id)
        for case in mine
        if case.status in _BEFORE_LETTER
    ]
    move_cases(conn, uni, locked, sent, actor=f"os_user:{actor}")
    day = expires_on.isoformat()
    entries = [({"case": case.id, "link_code": made[case.id][0].id}, {"expires_on": day}) for case in mine]
    audit.record_each(conn, uni, "letter.made", actor_kind="os_user", actor_id=actor, entries=entries)
    rows: list[tuple[str, ...]] = []
    for case in mine:
        code = made[case.id][1]
        links = channels.line_url(code), channels.telegram_url(code)
        rows.append((case.customer_no, case.id, code, case.check_number, *links, day))
    return rows
