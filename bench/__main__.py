"""``python -m bench``: the pieces that are asked for, as a table and as JSON (docs/performance.md)."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bench.campaign import campaign
from bench.console import pages, spread
from bench.engine import engines
from bench.export import export_rows
from bench.postgres import postgres
from bench.reconcile import reconcile
from bench.report import table
from bench.runs import Order, Row, alone, peer, webhooks
from bench.simulate import simulate
from bench.stores import open_store, postgres_store, sqlite_store
from bench.worker import worker

PIECES = ("engine", "alone", "web", "normal", "rate", "postgresql", "peers", "memory", "flat", "export")
#: Run only where they are named.
NAMED = ("console", "reconcile", "simulate", "worker", "campaign")
#: Conversations of the piece console, unless ``--crowd`` says otherwise.
_CONVERSATIONS = 100_000
#: Customers of the piece simulate, unless ``--crowd`` says otherwise.
_IMAGINED = 100_000
_PEERS = {"python-telegram-bot, pickle": "ptb_bot.py", "aiogram, SQLite FULL": "aiogram_bot.py"}
_ALL = "webhooks,sender,timers,reconcile"
_ONE_OF_SEVERAL = "webhooks,sender"


class Bench:
    """The pieces, over one scratch folder."""

    def __init__(self, options: argparse.Namespace, stack: ExitStack) -> None:
        self._options = options
        self._scratch: Path = options.scratch
        self._stack = stack
        self._server: str | None = None

    @property
    def server(self) -> str:
        """PostgreSQL, started by the first piece that needs it."""
        if self._server is None:
            self._server = self._stack.enter_context(postgres(self._scratch / "postgresql"))
        return self._server

    def _order(self, **wanted: object) -> Order:
        return Order(seconds=self._options.seconds, **wanted)  # type: ignore[arg-type]

    def _on_sqlite(self, piece: str, order: Order, *, synchronous: str = "full", crowd: int = 0) -> Row:
        what = f"SQLite {synchronous.upper()}, {_load(order)}" + (f", {crowd:,} stored" if crowd else "")
        with sqlite_store(self._scratch, crowd) as store:
            return webhooks(piece, what, store, order, self._scratch, roles=(_ALL,), synchronous=synchronous)

    def _on_postgresql(self, piece: str, order: Order, processes: int, *, crowd: int = 0) -> Row:
        what = f"PostgreSQL, {processes} processes, {_load(order)}" + (f", {crowd:,} stored" if crowd else "")
        roles = (_ALL, *[_ONE_OF_SEVERAL] * (processes - 1))
        with postgres_store(self._scratch, self.server, crowd) as store:
            return webhooks(piece, what, store, order, self._scratch, roles=roles)

    # The pieces ---------------------------------------------------------------------------------

    def engine(self) -> Iterator[Row]:
        """The engine without a store, beside the peers' state machines."""
        if self._options.peers is None:
            sys.stderr.write("engine: without its peers, --peers names no Python with bench/peers/requirements.txt\n")
        yield from engines(self._options.peers)

    def alone(self) -> Iterator[Row]:
        """The transaction by itself, beside its floor."""
        for synchronous in ("full", "normal"):
            fresh = partial(sqlite_store, self._scratch, 0)
            yield from alone(fresh, f"SQLite {synchronous.upper()}", synchronous, self._options.turns)
        server = self.server
        yield from alone(lambda: postgres_store(self._scratch, server, 0), "PostgreSQL", "full", self._options.turns)

    def web(self) -> Iterator[Row]:
        """Signed webhooks to delivery, one process."""
        for customers in (1, 50, 500):
            yield self._on_sqlite("webhooks", self._order(customers=customers))

    def normal(self) -> Iterator[Row]:
        """The same where the last turns may be lost with the power."""
        yield self._on_sqlite("webhooks", self._order(customers=50), synchronous="normal")

    def rate(self) -> Iterator[Row]:
        """Acts that arrive whether or not the earlier ones were answered."""
        for rate in self._options.rates:
            yield self._on_sqlite("arrivals", self._order(rate=rate))

    def postgresql(self) -> Iterator[Row]:
        """More processes."""
        for processes in (1, 2, 4):
            yield self._on_postgresql("webhooks", self._order(customers=50), processes)
        yield self._on_postgresql("webhooks", self._order(customers=500), 2)
        yield self._on_postgresql("arrivals", self._order(rate=200), 2)

    def peers(self) -> Iterator[Row]:
        """kakunin and the bots of other libraries, all on Telegram under the same load."""
        if self._options.peers is None:
            sys.stderr.write("peers: left out, --peers names no Python with bench/peers/requirements.txt\n")
            return
        for customers in (1, 50):
            order = self._order(customers=customers, platform="telegram")
            ours = self._on_sqlite("peers", order)
            ours.what = f"kakunin, {ours.what}"
            yield ours
            theirs = self._order(customers=customers, platform="telegram", kind="peer")
            for name, script in (
                ("python-telegram-bot, pickle", "ptb_bot.py"),
                ("aiogram, SQLite FULL", "aiogram_bot.py"),
            ):
                row = peer(f"{name}, {_load(theirs)}", script, theirs, self._scratch, self._options.peers)
                row.note = f"kakunin {ours.turns_per_s / row.turns_per_s:.2f} x"
                yield row

    def memory(self) -> Iterator[Row]:
        """Each role in a process of its own, after some load."""
        roles = ("webhooks", "sender", "timers", "reconcile", "console")
        with postgres_store(self._scratch, self.server, 0) as store:
            yield webhooks("memory", "a process for each role", store, self._order(), self._scratch, roles=roles)

    def flat(self) -> Iterator[Row]:
        """Beside many customers who say nothing."""
        crowd = self._options.crowd
        if not crowd:
            sys.stderr.write("flat: left out, --crowd says how many\n")
            return
        for many in (0, crowd):
            yield self._on_sqlite("flat", self._order(customers=50), crowd=many)
            yield self._on_sqlite("flat", self._order(rate=100), crowd=many)
        for many in (0, crowd):
            yield self._on_postgresql("flat", self._order(customers=50), 2, crowd=many)

    def console(self) -> Iterator[Row]:
        """The pages of the console beside many conversations."""
        crowd = self._options.crowd or _CONVERSATIONS
        stores = {
            "SQLite": lambda: sqlite_store(self._scratch, crowd),
            "PostgreSQL": lambda: postgres_store(self._scratch, self.server, crowd),
        }
        for name, kept in stores.items():
            with kept() as store:
                with open_store(store.url) as database:
                    spread(database)
                yield from pages(f"{name}, {crowd:,} conversations", store, self._scratch)

    def reconcile(self) -> Iterator[Row]:
        """Whole files against each other, and the accuracy on the labelled set."""
        yield from reconcile(self._scratch, self._options.customers, self._options.peers)

    def worker(self) -> Iterator[Row]:
        """A thousand submissions compared, on each database."""
        with sqlite_store(self._scratch, 0) as store:
            yield from worker("SQLite FULL", store)
        with postgres_store(self._scratch, self.server, 0) as store:
            yield from worker("PostgreSQL", store)

    def campaign(self) -> Iterator[Row]:
        """A campaign for a whole bank, to its last message."""
        options = self._options
        stores = tuple(options.stores.split(","))
        many = (options.members, options.messages, stores)
        yield from campaign(self._scratch, lambda: self.server, *many, line_only=options.line_only)

    def simulate(self) -> Iterator[Row]:
        """Three years of an imagined bank."""
        yield from simulate(self._scratch, self._options.crowd or _IMAGINED)

    def export(self) -> Iterator[Row]:
        """Responses to a file, beside the least that it can take."""
        yield from export_rows(self._scratch, self._options.responses)


def _load(order: Order) -> str:
    return f"{order.rate:g}/s" if order.rate else f"{order.customers} at a time"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "scratch", type=Path, help="folder outside the repository for stores and logs, kept between runs"
    )
    parser.add_argument("--pieces", default=",".join(PIECES), help=f"of {', '.join((*PIECES, *NAMED))}")
    parser.add_argument("--seconds", type=float, default=10, help="measured in each run, after three of warming up")
    parser.add_argument("--turns", type=int, default=2000, help="timed by the transaction alone")
    parser.add_argument("--rates", type=lambda text: [float(part) for part in text.split(",")], default=[100, 200, 400])
    parser.add_argument("--crowd", type=int, default=0, help="stored customers of the piece flat: made once, then kept")
    parser.add_argument("--customers", type=int, default=1_000_000, help="of the piece reconcile")
    parser.add_argument("--responses", type=int, default=100_000, help="of the piece export: stored once, then kept")
    parser.add_argument("--members", type=int, default=100_000, help="customers of the piece campaign")
    parser.add_argument("--messages", type=int, default=1_000_000, help="after which the piece campaign ends a run")
    parser.add_argument("--line-only", action="store_true", help="nobody of the piece campaign is on Telegram")
    parser.add_argument("--stores", default="sqlite,postgresql", help="on which the piece campaign runs")
    parser.add_argument("--peers", type=Path, help="Python of the peers' environment")
    parser.add_argument("--json", type=Path, help="also write the rows here")
    options = parser.parse_args()
    unknown = set(options.pieces.split(",")) - {*PIECES, *NAMED}
    if unknown:
        parser.error(f"unknown pieces: {', '.join(sorted(unknown))}")
    return options


def main() -> None:
    """Run, and say what came of it as it comes."""
    # What was started is ended with us.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = _options()
    options.scratch = options.scratch.resolve()
    options.scratch.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    with ExitStack() as stack:
        bench = Bench(options, stack)
        for piece in options.pieces.split(","):
            run: Callable[[], Iterator[Row]] = getattr(bench, piece)
            for row in run():
                rows.append(row)
                sys.stdout.write(table([row], heading=len(rows) == 1) + "\n")
                sys.stdout.flush()
                if options.json is not None:
                    _write(options.json, rows)


def _write(path: Path, rows: list[Row]) -> None:
    machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    found = {"at": now, **machine, "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
