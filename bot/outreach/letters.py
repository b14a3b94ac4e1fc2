"""The letters: one code per case, written to a file that nobody else can read.

Promise: a clear code exists in that file and nowhere else; the store keeps its keyed digest.  A code
is on the disk before its case counts as sent, and after a failure in the middle the file holds exactly
the codes that the store knows.
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection

from storage import audit
from storage.campaign_steps import cases_for_letters
from storage.case_status import ANSWERABLE
from storage.cases import Case, CaseStatus, cases_of_customer, cases_without_letter, load_case, move_case
from storage.database import Database
from storage.flags import STOPS, flags_in_force
from storage.link_codes import link_codes_of_case, make_link_code, revoke_link_codes, unlock_link_code

LETTER_COLUMNS = ("customer_no", "case_id", "code", "check_number", "line_url", "telegram_url", "expires_on")

#: Statuses from which a letter moves a case on; 30 is a customer whose last letter came back.
_BEFORE_LETTER = (CaseStatus.SELECTED, CaseStatus.ANNOUNCED, CaseStatus.UNDELIVERABLE)

#: Cases per transaction.
BATCH = 15


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
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Write a code for every case that waits for its letter and return how many; ``FileExistsError`` if ``out`` is.

    Nobody for whom every mailing is stopped gets one, asked for or not.

    With customer ids in ``again_for`` only their open cases get one, also where an earlier letter went out:
    its code is revoked.  With ``campaign_id`` the cases on the list of that campaign get one, and no others.
    """
    waiting = database.run_read(lambda conn: _waiting(conn, again_for, campaign_id))
    part = out.with_name(out.name + ".part")
    if out.exists():
        # Its codes exist nowhere else: writing over them would make those letters worthless.
        raise FileExistsError(out.name)
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    made, kept = 0, 0
    with os.fdopen(descriptor, "w+b") as file:
        kept = file.write(_row(LETTER_COLUMNS))
        try:
            for start in range(0, len(waiting), BATCH):
                batch = waiting[start : start + BATCH]

                def write(conn: Connection, batch: list[Case] = batch, kept: int = kept) -> tuple[int, int]:
                    # The store may run this again: each run writes from the same place.
                    file.seek(kept)
                    file.truncate()
                    rows = _write_batch(conn, database, batch, channels, expires_on, actor)
                    written = sum(file.write(_row(row)) for row in rows)
                    file.flush()
                    os.fsync(file.fileno())
                    return len(rows), kept + written

                added, kept = database.run_piece(write)
                made += added
                progress(min(start + BATCH, len(waiting)), len(waiting))
        except BaseException:
            # The codes of committed batches are in the file and nowhere else: they must stay readable.
            file.truncate(kept)
            file.flush()
            os.fsync(file.fileno())
            if made:
                part.replace(out)
            else:
                part.unlink()
            raise
        file.flush()
        os.fsync(file.fileno())
        part.replace(out)
    return made


def _waiting(conn: Connection, again_for: Sequence[str] | None, campaign_id: str | None) -> list[Case]:
    if again_for is not None:
        return _open_cases(conn, again_for)
    if campaign_id is None:
        return cases_without_letter(conn)
    found = (load_case(conn, case_id) for case_id in cases_for_letters(conn, campaign_id))
    return [case for case in found if case is not None and case.status in ANSWERABLE]


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
    rows: list[tuple[str, ...]] = []
    uni, vault = database.universe, database.vault
    for listed in cases:
        case = load_case(conn, listed.id)
        if case is None or case.status != listed.status:
            # Another command was quicker; its letter counts.
            continue
        if flags_in_force(conn, case.customer_id) & STOPS:
            continue
        link, code = make_link_code(conn, vault, uni, case.id, expires_on=expires_on)
        if case.status in _BEFORE_LETTER:
            move_case(conn, uni, case.id, CaseStatus.SENT, actor=f"os_user:{actor}", reason="letter", source=link.id)
        audit.record(
            conn,
            uni,
            "letter.made",
            actor_kind="os_user",
            actor_id=actor,
            subjects={"case": case.id, "link_code": link.id},
            detail={"expires_on": expires_on.isoformat()},
        )
        rows.append(
            (
                case.customer_no,
                case.id,
                code,
                link.check_number,
                channels.line_url(code),
                channels.telegram_url(code),
                expires_on.isoformat(),
            )
        )
    return rows


def _row(cells: tuple[str, ...]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return text.getvalue().encode("utf-8")
