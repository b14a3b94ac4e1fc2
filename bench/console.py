"""The console's pages beside many conversations: what a member of staff waits for when he clicks.

Promise: the pages are asked for over HTTP of a running ``kakunin serve --roles console``, behind the real door; the
crowd is spread over branches, folders and times as a bank's is, and the conversation that is opened was really held.
"""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import Connection, text

from bench.alone import run_alone
from bench.bank import read_letters
from bench.phones import LINE_SECRET
from bench.runs import Row, percentile, settings_of
from bench.service import free_port, kakunin, started
from bench.stores import Store, open_store
from bot.settings import load_settings
from storage import staff
from storage.branches import WHOLE_BANK, Branches
from storage.database import Database

#: Of the crowd's hexadecimal numbers, by their last signs: one in sixteen belongs to each branch, ten of sixteen are
#: over, and one in some thousands waits, is with staff or is put to be checked.
_SPREAD = (
    "UPDATE master_record SET branch_no = 'b' || substr(id, 36, 1) WHERE id LIKE '01900000-%'",
    "UPDATE conversation SET closed_at = created_at WHERE id LIKE '01900000-%' AND substr(id, 35, 1) < 'a'",
    "UPDATE conversation SET owner = 'waiting', waiting_since = last_inbound_at "
    "WHERE id LIKE '01900000-%' AND substr(id, 34, 2) = '0a'",
    "UPDATE conversation SET owner = 'staff', owner_staff_id = :member "
    "WHERE id LIKE '01900000-%' AND substr(id, 34, 2) = '0b'",
    "UPDATE review_case SET status = '70' WHERE id LIKE '01900000-%' AND substr(id, 34, 2) = '10'",
    "INSERT INTO submission (id, case_id, customer_id, conversation_id, receipt_digest, started_at, submitted_at, "
    "answered_by, channel, locale, questionnaire_id, questionnaire_version, questionnaire_sha256, completed_seq, "
    "reconciled_at, sealed) SELECT r.id, r.id, r.customer_id, c.id, {digest}, c.created_at, c.created_at, 'customer', "
    "'line', 'ja', 'individual', '1', '0', NULL, c.created_at, c.sealed FROM review_case r "
    "JOIN conversation c ON c.case_id = r.id WHERE r.status = '70' AND r.id LIKE '01900000-%' "
    "AND NOT EXISTS (SELECT 1 FROM submission s WHERE s.id = r.id)",
    "INSERT INTO difference (id, case_id, submission_id, field, verdict, severity, reason, rules, master_digest, "
    "comparator_version, created_at, sealed) SELECT s.id, s.case_id, s.id, 'address', 'changed', 'medium', "
    "'value_differs', '', {digest}, '1', s.submitted_at, s.sealed FROM submission s WHERE s.id LIKE '01900000-%' "
    "AND NOT EXISTS (SELECT 1 FROM difference d WHERE d.id = s.id)",
)
_LATER = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', '2026-10-01', '+' || (rowid * 37 % 2000000) || ' seconds') || '000'",
    "postgresql": "timestamptz '2026-10-01 00:00:00+00' + interval '1 second' * "
    "(('x' || right(id, 7))::bit(28)::int * 37 % 2000000)",
}
_DIGEST = {"sqlite": "randomblob(32)", "postgresql": "sha256(random()::text::bytea)"}
#: Enough turns for two whole forms and the better part of a third, which is the one that is opened.
_TURNS = 60
_TIMES = 40
_WARM_UP = 5


@dataclass(frozen=True)
class _Member:
    """Who looks, and the cookie of his session."""

    name: str
    role: str
    branches: Branches
    pages: tuple[str, ...]


_FOLDERS = ("waiting", "owed", "mine", "staff", "review", "bot", "closed", "undelivered")
_MEMBERS = (
    _Member("operator", "operator", WHOLE_BANK, (*(f"/?folder={name}" for name in _FOLDERS), "conversation", "search")),
    _Member("branch", "operator", Branches.of("b3"), tuple(f"/?folder={name}" for name in _FOLDERS)),
    _Member(
        "approver", "approver", WHOLE_BANK, ("/?folder=waiting", "conversation", "print", "/questions", "/exports")
    ),
)


def pages(what: str, store: Store, scratch: Path) -> Iterator[Row]:
    """Every page, one after another, as each member of staff sees it."""
    with open_store(store.url) as database:
        tokens = {member.name: _signed_in(database, member) for member in _MEMBERS}
        ref = _held_conversation(database, store)
    port = free_port()
    environment = settings_of(free_port()) | {"KAKUNIN_DATABASE_URL": store.url}
    environment |= {"KAKUNIN_CONSOLE_PORT": str(port), "KAKUNIN_PORT": str(free_port())}
    environment["KAKUNIN_SECOND_FACTOR_ROLES"] = ""
    address = f"http://127.0.0.1:{port}"
    words = kakunin("serve", "--roles", "console")
    with started("console", words, environment, scratch / "serve.log", ready=f"{address}/health/live") as process:
        for member in _MEMBERS:
            for page in member.pages:
                for _ in range(_WARM_UP):
                    _ask(address, page, ref, tokens[member.name])
                before = process.cpu
                took = [_ask(address, page, ref, tokens[member.name]) for _ in range(_TIMES)]
                row = Row("console", f"{what}, {member.name}: {page}", round(len(took) / sum(took), 1))
                row.answer_p50, row.answer_p99 = percentile(took, 0.5), percentile(took, 0.99)
                row.cpu = {"console": round((process.cpu - before) / len(took) * 1000, 1)}
                yield row


def spread(database: Database) -> None:
    """Give the crowd its branches, folders and times; what was given before stays."""
    member = _member(database, _MEMBERS[0])
    dialect = database.dialect

    def deed(conn: Connection) -> None:
        later = f"UPDATE conversation SET last_inbound_at = {_LATER[dialect]} WHERE id LIKE '01900000-%'"
        for statement in (later, *_SPREAD):
            # Every word in it is written in this file.
            query = statement.replace("{digest}", _DIGEST[dialect])
            conn.execute(text(query), {"member": member} if ":member" in query else {})
        conn.execute(text("ANALYZE"))

    database.run(deed)
    if dialect == "postgresql":
        # What the server would do by itself within minutes, and during the first pages.
        with database._writer.connect() as conn:
            conn.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


def _member(database: Database, member: _Member) -> str:
    def deed(conn: Connection) -> str:
        found = staff.find_staff(conn, member.name)
        if found is not None:
            return found[0].id
        made = staff.add_staff(
            conn, database.universe, member.name, member.role, member.branches, "-", must_change=False
        )
        return made.id

    return database.run(deed)


def _signed_in(database: Database, member: _Member) -> str:
    """The token of a session: who proves himself is not what is measured."""
    staff_id, day = _member(database, member), timedelta(days=1)
    return database.run(
        lambda conn: staff.create_session(
            conn, database.universe, database.vault, staff_id, idle=day, absolute=day, factor_given=True
        )
    )


def _held_conversation(database: Database, store: Store) -> str:
    """The name of a conversation in the middle of its form, held through the real turns."""
    settings = load_settings(line_channel_secret=LINE_SECRET, line_channel_access_token="t")
    run_alone(database, settings, read_letters(store.letters), skip=store.skip, turns=_TURNS, warm_up=0)
    newest = "SELECT ref FROM conversation WHERE kind = 'case' ORDER BY id DESC LIMIT 1"
    ref: str = database.run_read(lambda conn: conn.execute(text(newest)).scalar_one())
    return ref


def _ask(address: str, page: str, ref: str, token: str) -> float:
    """Seconds until the last byte."""
    body = None
    if page == "conversation":
        page = f"/conversations/{ref}"
    elif page == "print":
        page = f"/conversations/{ref}/print"
    request = urllib.request.Request(f"{address}/console{page}", headers={"Cookie": f"kakunin={token}"})
    if page == "search":
        request.full_url = f"{address}/console/search"
        body = urlencode({"q": "03-1200-0007", "csrf": _csrf(address, token)}).encode()
    began = time.perf_counter()
    with urllib.request.urlopen(request, body, timeout=60) as answer:
        shown = answer.read()
    took = time.perf_counter() - began
    if answer.url != request.full_url or b"<main" not in shown:
        raise SystemExit(f"{page} was not shown, but {answer.url}")
    return took


def _csrf(address: str, token: str) -> str:
    request = urllib.request.Request(f"{address}/console/", headers={"Cookie": f"kakunin={token}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        page = answer.read().decode()
    return str(page.partition('name="csrf" value="')[2].partition('"')[0])
