"""One run of each kind: what is started, what is asked of it, what is read off."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.alone import run_alone
from bench.bank import read_letters
from bench.floor import recorded, replay_postgres, replay_sqlite
from bench.phones import LINE_SECRET, TELEGRAM_SECRET, TELEGRAM_TOKEN
from bench.service import Process, free_port, kakunin, started
from bench.stores import KEYS, Store, open_store
from bot.settings import Settings, load_settings


@dataclass
class Row:
    """One line of the report; times in milliseconds."""

    piece: str
    what: str
    turns_per_s: float
    answer_p50: float | None = None
    answer_p99: float | None = None
    delivered_p99: float | None = None
    #: Milliseconds of processor time for a turn, by role.
    cpu: dict[str, float] = field(default_factory=dict)
    #: Megabytes by role.
    memory: dict[str, dict[str, float]] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    note: str = ""


def percentile(values: Sequence[float], share: float) -> float | None:
    """In milliseconds; ``None`` of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 2)


def settings_of(platform_port: int) -> dict[str, str]:
    """The environment of a bank that speaks to the stand-in."""
    base = f"http://127.0.0.1:{platform_port}"
    return {
        "KAKUNIN_ENCRYPTION_KEYS": KEYS,
        "KAKUNIN_ALLOW_DRAFTS": "1",
        "KAKUNIN_SENSITIVE_CHANNELS": "line,telegram",
        "KAKUNIN_LINE_CHANNEL_SECRET": LINE_SECRET,
        "KAKUNIN_LINE_CHANNEL_ACCESS_TOKEN": "bench-line-token",
        "KAKUNIN_LINE_API_BASE": base,
        "KAKUNIN_LINE_DATA_API_BASE": base,
        "KAKUNIN_TELEGRAM_BOT_TOKEN": TELEGRAM_TOKEN,
        "KAKUNIN_TELEGRAM_BOT_USERNAME": "bench_bot",
        "KAKUNIN_TELEGRAM_SECRET_TOKEN": TELEGRAM_SECRET,
        "KAKUNIN_TELEGRAM_API_BASE": base,
        # What the real Telegram takes would be all that is measured.
        "KAKUNIN_TELEGRAM_CALLS_PER_SECOND": "0",
    }


# The transaction alone, and the floor ----------------------------------------------------------


def alone(fresh: Callable[[], AbstractContextManager[Store]], what: str, synchronous: str, turns: int) -> list[Row]:
    """Turns in this process, one after another, then their statements through the bare driver on a like store."""
    settings: Settings = load_settings(
        line_channel_secret=LINE_SECRET, line_channel_access_token="t", sensitive_channels=("line", "telegram")
    )
    with fresh() as store, open_store(store.url, synchronous=synchronous) as database:
        letters = read_letters(store.letters)
        with recorded(database._writer) as recording:
            found = run_alone(database, settings, letters, skip=store.skip, turns=turns, warm_up=turns // 5)
    cpu = {part: round(used / found.turns * 1000, 3) for part, used in found.cpu.items()}
    above = _timed_row("transaction alone", what, found.latencies, f"{found.statements / found.turns:.1f} statements")
    above.cpu = cpu
    with fresh() as store:
        if store.url.startswith("sqlite"):
            took = replay_sqlite(Path(store.url.removeprefix("sqlite:///")), synchronous, recording)
        else:
            took = replay_postgres(store.url, recording)
    return [above, _timed_row("floor", what, took[-found.turns :], "the same statements, bare driver")]


def _timed_row(piece: str, what: str, took: Sequence[float], note: str) -> Row:
    rate = round(len(took) / sum(took), 1)
    return Row(piece, what, rate, percentile(took, 0.5), percentile(took, 0.99), note=note)


# Webhooks over HTTP -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """What the load generator is asked for."""

    platform: str = "line"
    customers: int = 50
    #: Acts a second; 0 for as fast as the customers can.
    rate: float = 0
    seconds: float = 10
    warm_up: float = 3
    kind: str = "kakunin"
    people: int = 100_000


@contextmanager
def _generator(order: Order, ports: Sequence[int], platform_port: int, store: Store | None) -> Iterator[Any]:
    words = [sys.executable, "-m", "bench.load"]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    asked = {**asdict(order), "ports": list(ports), "platform_port": platform_port}
    asked["seconds"] = order.seconds + order.warm_up
    if store is not None:
        asked |= {"letters": str(store.letters), "skip": store.skip}
    process.stdin.write(json.dumps(asked) + "\n")
    process.stdin.flush()
    if process.stdout.readline() != "ready\n":
        raise SystemExit("the load generator does not start")
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _play(generator: Any, processes: Sequence[Process]) -> tuple[dict[str, Any], dict[str, float]]:
    before = {process.role: process.cpu for process in processes}
    generator.stdin.write("go\n")
    generator.stdin.flush()
    found: dict[str, Any] = json.loads(generator.stdout.readline())
    turns = max(found["all_turns"], 1)
    used = {p.role: round((p.cpu - before[p.role]) / turns * 1000, 3) for p in processes}
    return found, {**used, "generator": round(found["generator_cpu"] / turns * 1000, 3)}


def _row(piece: str, what: str, found: Mapping[str, Any], cpu: dict[str, float], processes: Sequence[Process]) -> Row:
    return Row(
        piece,
        what,
        round(found["turns"] / found["seconds"], 1),
        percentile(found["answered"], 0.5),
        percentile(found["answered"], 0.99),
        percentile(found["delivered"], 0.99),
        cpu,
        {process.role: process.memory for process in processes},
        found["failed"],
    )


def webhooks(
    piece: str,
    what: str,
    store: Store,
    order: Order,
    scratch: Path,
    *,
    roles: Sequence[str] = ("webhooks,sender,timers,reconcile",),
    synchronous: str = "full",
) -> Row:
    """kakunin's own processes, one for each of ``roles``, under load."""
    platform_port = free_port()
    ports = [free_port() for _ in roles]
    environment = settings_of(platform_port)
    environment |= {"KAKUNIN_DATABASE_URL": store.url, "KAKUNIN_SQLITE_SYNCHRONOUS": synchronous}
    reached = [port for port, role in zip(ports, roles, strict=True) if "webhooks" in role]
    with ExitStack() as stack:
        generator = stack.enter_context(_generator(order, reached, platform_port, store))
        processes = []
        for number, (role, port) in enumerate(zip(roles, ports, strict=True), 1):
            name = f"{number}:{role.replace(',', '+')}" if len(roles) > 1 else "serve"
            ready = f"http://127.0.0.1:{port}/health/ready" if port in reached else None
            extra = {"KAKUNIN_PORT": str(port), "KAKUNIN_CONSOLE_PORT": str(free_port())}
            words = kakunin("serve", "--roles", role)
            run = started(name, words, {**environment, **extra}, scratch / "serve.log", ready=ready)
            processes.append(stack.enter_context(run))
        for process in processes:
            process.await_rest()
        found, cpu = _play(generator, processes)
        return _row(piece, what, found, cpu, processes)


def peer(what: str, script: str, order: Order, scratch: Path, python: Path) -> Row:
    """A bot of another library, under the same load."""
    platform_port, port = free_port(), free_port()
    folder = scratch / "peer"
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    environment = {
        "PORT": str(port),
        "API_BASE": f"http://127.0.0.1:{platform_port}",
        "TOKEN": TELEGRAM_TOKEN,
        "SECRET": TELEGRAM_SECRET,
        "FOLDER": str(folder),
    }
    words = [str(python), str(Path(__file__).parent / "peers" / script)]
    address = f"http://127.0.0.1:{port}/health/ready"
    with (
        _generator(order, [port], platform_port, None) as generator,
        started("peer", words, environment, scratch / "peer.log", ready=address) as process,
    ):
        found, cpu = _play(generator, [process])
        return _row("peers", what, found, cpu, [process])
