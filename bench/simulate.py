"""The piece simulate: an imagined bank through its months, timed; from two cores on it runs in two processes."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.runs import Row

_MONTHS = 36


def simulate(scratch: Path, customers: int) -> Iterator[Row]:
    """``kakunin simulate`` as it is called, with what it took and what its largest process held."""
    out = scratch / f"simulate-{time.time_ns()}"
    order = [
        "simulate",
        "--customers",
        str(customers),
        "--months",
        str(_MONTHS),
        "--from",
        "2027-01",
        "--out",
        str(out),
    ]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", "from bot.cli import main; main()", *order, "--json"],
        check=True,
        capture_output=True,
        cwd=scratch,
    )
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    (plan,) = json.loads(done.stdout)["plans"]
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    figures = plan["figures"]
    cases, messages = figures["opened"], figures["line"] + figures["telegram"] + figures["letter"]
    yield Row(
        piece="simulate",
        what=f"{customers:,} customers, {_MONTHS} months (cases/s)",
        turns_per_s=round(cases / took, 1),
        note=(
            f"{took:.0f} s, {spent:.0f} s of processor time, {after.ru_maxrss / 1024:.0f} MB at most in a process; "
            f"{cases:,} cases, {messages:,} messages and letters, {plan['conversations']:,} conversations"
        ),
    )
