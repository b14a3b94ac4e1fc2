"""Processes of a run: started, watched, ended by their own ids."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Process:
    """One running process."""

    role: str
    popen: subprocess.Popen[bytes]

    @property
    def cpu(self) -> float:
        """Seconds of processor time so far."""
        fields = Path(f"/proc/{self.popen.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def await_rest(self) -> None:
        """Until it has loaded what it needs: a process without a port has nobody to ask."""
        before, ends = -1.0, time.monotonic() + 60
        while (self.cpu < 0.8 or self.cpu - before > 0.05) and time.monotonic() < ends:
            before = self.cpu
            time.sleep(1)

    @property
    def memory(self) -> dict[str, float]:
        """Megabytes: resident, and its fair share of what several processes hold together."""
        found: dict[str, float] = {}
        for line in Path(f"/proc/{self.popen.pid}/smaps_rollup").read_text().splitlines():
            name, _, rest = line.partition(":")
            if name in ("Rss", "Pss"):
                found[name.lower()] = round(int(rest.split()[0]) / 1024, 1)
        return found


@contextmanager
def started(
    role: str, words: Sequence[str], environment: Mapping[str, str], log: Path, *, ready: str | None = None
) -> Iterator[Process]:
    """Run a command until the end of the block; ``ready`` is the address that answers when it can work."""
    with log.open("ab") as out:
        popen = subprocess.Popen(words, env={**os.environ, **environment}, stdout=out, stderr=out)
        process = Process(role, popen)
        try:
            if ready is not None:
                _await(process, ready, log)
            yield process
        finally:
            popen.send_signal(signal.SIGTERM)
            try:
                popen.wait(30)
            except subprocess.TimeoutExpired:
                popen.kill()
                popen.wait()


def _await(process: Process, address: str, log: Path) -> None:
    ends = time.monotonic() + 120
    while time.monotonic() < ends:
        if process.popen.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{process.role} did not start:\n" + log.read_text(errors="replace")[-3000:])


def kakunin(*words: str) -> list[str]:
    """The program of this environment."""
    return [sys.executable, "-c", "from bot.cli import main; main()", *words]
