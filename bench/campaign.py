"""A campaign for a whole bank: the report, the cases, the choice, and how fast its messages leave.

Promise: customers come by an import, cases, campaign and messages by the program's own code; the platforms take
messages over HTTP, with their own limits or without.  Nine of ten have LINE, one in twenty Telegram, the others
nothing; all of them answered a year before.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select, text

from bench.bank import _refuse, _write_master
from bench.phones import Line, Telegram
from bench.postgres import copy_database
from bench.runs import Row, settings_of
from bench.sending import shifted
from bench.service import Process, free_port
from bench.stores import KEYS
from bench.wire import Served
from bot.content_sources import publish_all
from bot.outreach.campaigning import approve, count, make, start
from bot.outreach.coverage import count_coverage, iter_coverage
from bot.outreach.ladder import sending_hours, shipped_ladder
from bot.outreach.master_rows import row_checker
from bot.outreach.opening import open_due_cases
from bot.settings import load_settings
from dialogs.personal import Personal
from storage.accounts import upsert_account
from storage.audit import seal_chain
from storage.campaign_members import count_members
from storage.campaigns import Actor, Rule
from storage.content import new_row as new_content
from storage.conversations import create_conversation
from storage.database import Database
from storage.encryption import Keyring
from storage.masterfile.importing import import_master
from storage.masterfile.reader import MasterFile
from storage.opening_cases import NewCase, open_cases
from storage.outgoing import new_row as new_message
from storage.sending.alike import to_many
from storage.tables import AccountLinkRow, CaseRow, ContentRow, CustomerRow, OutgoingRow, metadata, table_of

_ZONE = ZoneInfo("Asia/Tokyo")
_MAKER, _CHECKER = Actor(kind="os_user", id="bench"), Actor(kind="os_user", id="other")
#: What everybody was told a year before, and how such a message ended.
_SAID, _SENT = 3, {"state": "sent", "detail": "sent", "attempts": 1}
#: Seconds without a message after which nothing more is expected.
_PATIENCE = 20.0


@dataclass
class _Taker:
    """Both platforms; with ``limits`` by channel, in calls a second, what comes faster is refused as they do."""

    limits: dict[str, float]
    taken: dict[str, int] = field(default_factory=lambda: {"line": 0, "telegram": 0})
    refused: int = 0
    calls: int = 0
    first: float = 0.0
    last: float = 0.0
    _platforms: dict[str, Any] = field(default_factory=lambda: {"line": Line(), "telegram": Telegram()})
    _paid: dict[str, float] = field(default_factory=dict)

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        channel = "telegram" if path.startswith("/bot") else "line"
        said, seen = self._platforms[channel].take(method, path, body)
        if not seen:
            return 200, said
        now = time.monotonic()
        counted = to_many(channel) if path.endswith("/multicast") else channel
        if limit := self.limits.get(counted):
            paid = max(self._paid.get(counted, now), now - 1)
            if paid > now:
                self.refused += 1
                return 429, b'{"ok":false,"error_code":429,"message":"rate","parameters":{"retry_after":1}}'
            self._paid[counted] = paid + 1 / limit
        self.first, self.last = self.first or now, now
        self.taken[channel] += len(seen)
        self.calls += 1
        return 200, said


def seed(database: Database, customers: int, folder: Path, *, line_only: bool) -> None:
    """The bank a year after everybody answered."""
    uni = database.universe
    database.run(lambda conn: publish_all(conn, uni, None, actor="bench"))
    master = folder / "master.csv"
    _write_master(master, customers)
    today = uni.now().date()
    file = MasterFile(master, encoding="utf-8", mapping={})
    import_master(database, master, file, row_checker(database, today), actor="bench", reject=_refuse)
    ids = database.run_read(
        lambda conn: list(conn.execute(text("SELECT id FROM customer ORDER BY customer_no")).scalars())
    )
    for begin in range(0, len(ids), 500):
        some = {"first": begin, "ids": ids[begin : begin + 500], "line_only": line_only}
        database.run(partial(_answered, database=database, **some))
    # What the import left to be chained is no work of a campaign.
    _chain(database)
    database.run(_analyze)


def _analyze(conn: Connection) -> None:
    """Let the database look at what there is, as it does by itself.

    Not at what is empty: PostgreSQL would remember that there is nothing, and look through all that comes in, row for
    row, for each row that refers to it.
    """
    for table in metadata.sorted_tables:
        if conn.execute(select(table).limit(1)).first() is not None:
            conn.execute(text(f"ANALYZE {table.name}"))


def _chain(database: Database) -> None:
    """Chain the audit entries of what was done so far, as the service does meanwhile."""
    while database.run(lambda conn: seal_chain(conn, database.vault, database.universe, 500)):
        pass


def _answered(conn: Connection, database: Database, first: int, ids: list[str], line_only: bool) -> None:
    """Accounts with their own conversation, linked by a case that is done."""
    uni, vault = database.universe, database.vault
    new = [NewCase(customer_id=one, kind="individual", reason="bench", due_on=uni.now().date()) for one in ids]
    open_cases(conn, uni, new, cause="event", actor="bench")
    case, customer = table_of(CaseRow), table_of(CustomerRow)
    conn.execute(case.update().where(case.c.customer_id.in_(ids)).values(status="75"))
    found = {row.customer_id: row.id for row in conn.execute(case.select().where(case.c.customer_id.in_(ids)))}
    assert len(found) == len(ids), customer.name
    links: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    contents: list[dict[str, Any]] = []
    long_ago = uni.now() - timedelta(days=365)
    for place, customer_id in enumerate(ids, first):
        kind = place % 20
        if kind == 19:
            continue
        channel = "telegram" if kind == 18 and not line_only else "line"
        user = Personal(str(10_000_000 + place) if channel == "telegram" else f"U{place:032x}")
        account = upsert_account(conn, vault, uni, channel, user, "ja")
        wanted = {"kind": "lobby", "account_id": account.id, "case_id": None, "questionnaire_sha256": None}
        lobby = create_conversation(conn, vault, uni, **wanted, locale="ja")  # type: ignore[arg-type]
        for seq in range(1, _SAID + 1):
            sealed = vault.seal_bytes("content", content_id := uni.new_id(), b'{"kind": "notice", "text": "%d"}' % seq)
            contents.append(new_content(uni, content_id, lobby.id, direction="out", sealed=sealed) | {"at": long_ago})
            wanted = {"seq": seq - _SAID, "kind": "notice", "content_id": content_id, "turn_id": uni.new_id()}
            messages.append(new_message(uni, uni.new_id(), lobby.id, epoch=0, **wanted) | _SENT | _all_at(long_ago))
        links.append(
            {
                **{"id": uni.new_id(), "account_id": account.id, "customer_id": customer_id},
                **{"case_id": found[customer_id], "linked_at": uni.now(), "ended_at": None},
            }
        )
    for table, rows in ((AccountLinkRow, links), (ContentRow, contents), (OutgoingRow, messages)):
        conn.execute(insert(table_of(table)), rows)


def _all_at(moment: datetime) -> dict[str, datetime]:
    return dict.fromkeys(("due_at", "created_at", "settled_at"), moment)


@contextmanager
def _timed(row: Row, units: int) -> Iterator[None]:
    began, used = time.perf_counter(), time.process_time()
    yield
    took, used = time.perf_counter() - began, time.process_time() - used
    row.turns_per_s, row.cpu = round(units / took, 1), {"ms": round(used / units * 1000, 3)}
    row.note = f"{took:.2f} s for {units:,}"


def plan(name: str, database: Database, customers: int) -> Iterator[Row]:
    """Each part up to the start, one after another."""
    settings, uni = load_settings(), database.universe
    today = uni.now().astimezone(_ZONE).date()
    vault = database.vault
    ladder = shipped_ladder()
    ladder = ladder.model_copy(update={"ramp": ladder.ramp.model_copy(update={"percent": 100})})

    def coverage(conn: Connection) -> object:
        return count_coverage(conn, iter_coverage(conn, vault, today=today, zone=_ZONE))

    def opening() -> None:
        due = today + timedelta(days=60)
        open_due_cases(database, due_by=due, today=today, actor="bench", zone=_ZONE)
        _chain(database)

    campaign = make(database, name="bench", rule=Rule(causes=("periodic",)), ladder=ladder, actor=_MAKER)
    parts: list[tuple[str, Callable[[], object]]] = [
        ("coverage", lambda: database.run_read(coverage)),
        ("opening", opening),
        ("preview", lambda: database.run_read(lambda conn: count(conn, database, settings, campaign))),
        ("approving", lambda: approve(database, settings, "bench", actor=_CHECKER)),
        ("choosing", lambda: start(database, settings, "bench", actor=_CHECKER)),
    ]
    for part, do in parts:
        row = Row("campaign", f"{name}, {part}", 0)
        with _timed(row, customers):
            do()
        yield row


def send(name: str, url: str, shift: float, scratch: Path, *, processes: int, limited: bool, most: int) -> Row:
    """Run until everybody has his first message, or ``most`` have."""
    return asyncio.run(_send(name, url, shift, scratch, processes=processes, limited=limited, most=most))


async def _send(name: str, url: str, shift: float, scratch: Path, *, processes: int, limited: bool, most: int) -> Row:
    port = free_port()
    taker = _Taker(limits={"line": 2000.0, to_many("line"): 200.0, "telegram": 30.0} if limited else {})
    server = await asyncio.get_running_loop().create_server(lambda: Served(taker.answer), "127.0.0.1", port)
    environment = settings_of(port) | {"KAKUNIN_TELEGRAM_CALLS_PER_SECOND": "30" if limited else "0"}
    # Whoever fills the queue comes last: nothing is sent before all are there.
    roles = [*[["sender"]] * (processes - 1), ["sender", "timers"]]
    log = scratch / "sending.log"
    running = [await asyncio.to_thread(_started, url, shift, role, environment, log) for role in roles]
    before = [process.cpu for process in running]
    try:
        seen, quiet = 0, time.monotonic()
        while sum(taker.taken.values()) < most and time.monotonic() - quiet < _PATIENCE:
            await asyncio.sleep(0.25)
            if seen != (seen := sum(taker.taken.values())):
                quiet = time.monotonic()
        taken = sum(taker.taken.values())
        used = {
            process.role: round((process.cpu - was) / max(taken, 1) * 1000, 3)
            for process, was in zip(running, before, strict=True)
        }
        memory = {process.role: process.memory for process in running}
    finally:
        for process in running:
            process.popen.terminate()
        for process in running:
            await asyncio.to_thread(process.popen.wait, 30)
        server.close()
    seconds = max(taker.last - taker.first, 0.001)
    what = f"{name}, sending, {processes} processes, {'limits on' if limited else 'no limits'}"
    row = Row("campaign", what, round(taken / seconds, 1), cpu=used, memory=memory)
    row.note = f"{taken:,} messages in {taker.calls:,} calls and {seconds:.1f} s: {taker.taken}"
    row.failed = {"429": taker.refused} if taker.refused else {}
    return row


def _started(url: str, shift: float, roles: list[str], environment: dict[str, str], log: Path) -> Process:
    words = [sys.executable, "-m", "bench.sending"]
    with log.open("ab") as out:
        popen = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out, env={**os.environ, **environment}
        )
    assert popen.stdin is not None
    assert popen.stdout is not None
    popen.stdin.write(json.dumps({"url": url, "shift": shift, "roles": roles}).encode() + b"\n")
    popen.stdin.flush()
    if popen.stdout.readline() != b"ready\n":
        popen.kill()
        raise SystemExit("sending does not start:\n" + log.read_text(errors="replace")[-3000:])
    return Process("+".join(roles), popen)


def morning() -> float:
    """Seconds from now to ten o'clock on the next day on which messages leave, and on the day after as well."""
    now = shifted(0).now()
    hours = sending_hours(shipped_ladder(), _ZONE, load_settings().office.closed)
    ten = datetime.combine(now.astimezone(_ZONE).date() + timedelta(days=1), datetime.min.time(), _ZONE)
    while not hours.is_open(ten := ten.replace(hour=10)):
        ten += timedelta(days=1)
    return (ten - now).total_seconds()


def campaign(
    scratch: Path, server: Callable[[], str], customers: int, most: int, databases: tuple[str, ...], *, line_only: bool
) -> Iterator[Row]:
    """All parts, on each database."""
    shift = morning()
    for name in databases:
        folder = scratch / f"campaign-{name}-{customers}{'-line' if line_only else ''}"
        folder.mkdir(parents=True, exist_ok=True)
        for processes, limited in ((1, False), (1, True)) if name == "sqlite" else ((1, False), (2, False), (2, True)):
            first = (processes, limited) == (1, False)
            url = _fresh(name, folder, server, customers, shift, line_only=line_only)
            with _open(url, shift) as database:
                rows = list(plan(name, database, customers))
                members = database.run_read(lambda conn: count_members(conn, _id(conn)))["members"]
            yield from rows if first else ()
            reached = customers - sum(place % 20 == 19 for place in range(customers))
            row = send(name, url, shift, folder, processes=processes, limited=limited, most=min(most, reached))
            row.what += f", {members:,} members"
            yield row


def _id(conn: Connection) -> str:
    return str(conn.execute(text("SELECT id FROM campaign")).scalar_one())


def _open(url: str, shift: float) -> Database:
    return Database.open(url, keys=Keyring.parse(KEYS), universe=shifted(shift), migrate=True)


def _fresh(name: str, folder: Path, server: Callable[[], str], customers: int, shift: float, *, line_only: bool) -> str:
    """A store as it is before the campaign: made once, then copied."""
    made = folder / "made-with-messages"
    if name == "sqlite":
        seeded, run = folder / "seeded.db", folder / "run.db"
        if not made.is_file():
            seeded.unlink(missing_ok=True)
            with _open(f"sqlite:///{seeded}", shift) as database:
                seed(database, customers, folder, line_only=line_only)
            made.touch()
        for old in folder.glob("run.db*"):
            old.unlink()
        shutil.copyfile(seeded, run)
        return f"sqlite:///{run}"
    base = f"campaign_{customers}{'_line' if line_only else ''}"
    if not made.is_file():
        with _open(copy_database(server(), "template0", base), shift) as database:
            seed(database, customers, folder, line_only=line_only)
        made.touch()
    return copy_database(server(), base, "campaign_run")
