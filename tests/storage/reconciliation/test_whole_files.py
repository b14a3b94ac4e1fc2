"""Two whole files: the same result however the work is cut, and nothing wrong after a kill at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.masterfile.reader import MasterFile
from storage.reconciliation.files import Tally, compare_files
from storage.reconciliation.parts import DuplicateKey, Share
from storage.reconciliation.spill import BLOCK, Spill
from tests.storage.reconciliation.labelled.files import COLUMNS, write_pair

ROOT = Path(__file__).parents[3]
WHOLE = Share()
CUSTOMERS = BLOCK * 2 + 77


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_pair(tmp_path_factory.mktemp("pair"), seed=7, customers=CUSTOMERS, share=0.2)


@pytest.fixture
def spill(tmp_path: Path) -> Iterator[Spill]:
    made = Spill.beside(tmp_path / "verdicts.csv")
    yield made
    made.remove()


def compared(pair: tuple[Path, Path], spill: Spill, *, part_bytes: int, share: Share = WHOLE, workers: int = 1) -> str:
    master, answers = (MasterFile(path, encoding="utf-8", mapping={}, required=("customer_no",)) for path in pair)
    tally = Tally()
    rows = b"".join(
        compare_files(
            master,
            answers,
            COLUMNS,
            spill=spill,
            codes={},
            size=sum(path.stat().st_size for path in pair),
            workers=workers,
            share=share,
            tally=tally,
            progress=lambda done, total: None,
            part_bytes=part_bytes,
        )
    )
    assert tally.rows == rows.count(b"\n")
    return rows.decode()


def fresh(tmp_path: Path, name: str) -> Spill:
    return Spill.beside(tmp_path / name)


def test_the_result_does_not_depend_on_parts_processes_or_shares(pair: tuple[Path, Path], tmp_path: Path) -> None:
    whole = compared(pair, fresh(tmp_path, "a"), part_bytes=10**9)
    assert whole.count("\r\n") > CUSTOMERS
    assert [line.split('"')[1] for line in whole.splitlines()] == sorted(
        line.split('"')[1] for line in whole.splitlines()
    )
    assert compared(pair, fresh(tmp_path, "b"), part_bytes=20_000) == whole
    assert compared(pair, fresh(tmp_path, "c"), part_bytes=20_000, workers=2) == whole
    shares = [
        compared(pair, fresh(tmp_path, f"s{number}"), part_bytes=50_000, share=Share(number=number, of=3))
        for number in (1, 2, 3)
    ]
    assert all(shares)
    together = sorted(line for share in shares for line in share.splitlines())
    assert together == sorted(whole.splitlines())


def test_a_duplicate_is_found_in_whatever_part_it_lies(pair: tuple[Path, Path], tmp_path: Path) -> None:
    master, answers = pair
    lines = master.read_bytes().splitlines(keepends=True)
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"".join([*lines, lines[5]]))
    for number, workers in enumerate((1, 2)):
        with pytest.raises(DuplicateKey) as found:
            compared((broken, answers), fresh(tmp_path, f"d{number}"), part_bytes=20_000, workers=workers)
        assert (found.value.in_master, found.value.lines) == (True, (6, CUSTOMERS + 2))


def test_what_lies_on_the_disk_meanwhile_says_nothing(pair: tuple[Path, Path], spill: Spill) -> None:
    name = pair[0].read_text(encoding="utf-8").splitlines()[1].split(",")[5]
    compared(pair, spill, part_bytes=20_000)
    lying = b"".join(path.read_bytes() for path in spill.folder.iterdir())
    assert len(lying) > pair[0].stat().st_size
    assert name.encode() not in lying
    assert b"customer" not in lying
    assert spill.folder.stat().st_mode & 0o077 == 0


def command(pair: tuple[Path, Path], out: Path) -> list[str]:
    words = [
        sys.executable,
        "-c",
        "from bot.cli import main; main()",
        "reconcile",
        "files",
        *map(str, pair),
        "--out",
        str(out),
    ]
    return [*words, "--workers", "2"]


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["m0", "v0"])
def test_a_killed_run_leaves_no_result_no_process_and_nothing_to_read(
    pair: tuple[Path, Path], tmp_path: Path, stage: str
) -> None:
    out = tmp_path / "verdicts.csv"
    running = subprocess.Popen(command(pair, out), cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL)
    parts = tmp_path / "verdicts.csv.parts"
    while running.poll() is None and not (parts / stage).exists():
        time.sleep(0.002)
    running.send_signal(signal.SIGKILL)
    running.wait()
    if running.returncode == -signal.SIGKILL:
        assert not out.exists()
    # The processes that it had started end by themselves.
    for _ in range(1000):
        if not still_there(running.pid):
            break
        time.sleep(0.02)
    assert not still_there(running.pid)
    done = subprocess.run(command(pair, out), cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == ["verdicts.csv"]
    whole = compared(pair, fresh(tmp_path, "again"), part_bytes=10**9)
    assert out.read_text(encoding="utf-8").count("\n") == whole.count("\n") + 1


def still_there(session: int) -> bool:
    """Whether a process of the session that a run had begun lives."""
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if entry.name.isdecimal() and int(fields[3]) == session and fields[0] != "Z" and int(entry.name) != os.getpid():
            return True
    return False
