"""The bank of a run: customers with a letter in hand, made by the program's own commands.

Promise: what the customers of a run meet is what an import, the opening of cases and the letters leave
behind; nothing is written past the program (``crowd`` adds the others, who never say a word).
"""

from __future__ import annotations

import csv
import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.content_sources import publish_all
from bot.outreach.letters import Channels, make_letters
from bot.outreach.master_rows import row_checker
from bot.outreach.opening import open_due_cases
from storage.database import Database
from storage.masterfile.importing import import_master
from storage.masterfile.problems import RowProblem
from storage.masterfile.reader import MasterFile

_HEADER = (
    "customer_no,kind,name,name_kana,birth_date,postal_code,address,phone,email,occupation,employer,purposes,"
    "nationality,residence_status,residence_expiry,risk_rating,branch_no,last_confirmed_on,locale"
)
_ACTOR = "bench"


@dataclass(frozen=True)
class Letter:
    """What one customer of the run knows."""

    code: str
    birth_date: str
    phone_tail: str


def make_bank(database: Database, count: int, folder: Path) -> list[Letter]:
    """Publish the content, import ``count`` customers, open their cases and write their letters."""
    uni = database.universe
    database.run(lambda conn: publish_all(conn, uni, None, actor=_ACTOR))
    master = folder / "master.csv"
    born = _write_master(master, count)
    today = uni.now().date()
    file = MasterFile(master, encoding="utf-8", mapping={})
    import_master(database, master, file, row_checker(database, today), actor=_ACTOR, reject=_refuse)
    due_by = today + timedelta(days=60)
    open_due_cases(database, due_by=due_by, today=today, zone=ZoneInfo("Asia/Tokyo"), actor=_ACTOR)
    out = folder / "letters.csv"
    channels = Channels(line_basic_id="@bench", telegram_username="bench_bot")
    make_letters(database, out, channels=channels, expires_on=today + timedelta(days=90), actor=_ACTOR)
    with out.open(encoding="utf-8-sig", newline="") as stream:
        return [Letter(row["code"], *born[row["customer_no"]]) for row in csv.DictReader(stream)]


def keep_letters(path: Path, letters: list[Letter]) -> None:
    """For the process that plays the customers."""
    path.write_text(json.dumps([asdict(letter) for letter in letters]), encoding="utf-8")


def read_letters(path: Path) -> list[Letter]:
    """What ``keep_letters`` wrote."""
    return [Letter(**item) for item in json.loads(path.read_text(encoding="utf-8"))]


def _refuse(problem: RowProblem) -> None:
    raise SystemExit(f"the bank's line {problem.line} is wrong in {problem.column}: {problem.code}")


def _write_master(path: Path, count: int) -> dict[str, tuple[str, str]]:
    born: dict[str, tuple[str, str]] = {}
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        stream.write(_HEADER + "\n")
        for at in range(count):
            number = f"{at:08d}"
            birth_date = f"{1945 + at % 55}-{1 + at % 12:02d}-{1 + at % 28:02d}"
            phone = f"0312{at % 1_000_000:06d}"
            born[number] = (birth_date, phone[-4:])
            rows.writerow(
                [
                    *(number, "individual", "山田 花子", "ヤマダ ハナコ", birth_date, "1000001"),
                    *("東京都千代田区千代田1-2-3", phone, "", "pensioner", "", "pension;living_expenses"),
                    *("JPN", "", "", "low", "001", "2023-10-02", "ja"),
                ]
            )
    return born
