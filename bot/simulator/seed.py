"""The demo's fake bank: imported, reviewed and written to exactly as a real one would be."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import as_file, files
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.content_sources import publish_all
from bot.outreach.letters import Channels, make_letters
from bot.outreach.master_rows import row_checker
from bot.outreach.opening import open_due_cases
from bot.settings import Settings
from storage.customers import find_customer_no, load_customer
from storage.database import Database
from storage.masterfile.importing import import_master
from storage.masterfile.problems import RowProblem
from storage.masterfile.reader import MasterFile

_ACTOR = "demo"
_BANK = "bank.csv"


@dataclass(frozen=True)
class SeededLetter:
    """One row of the letters' file together with what the customer knows by heart."""

    customer_no: str
    case_id: str
    code: str = field(repr=False)
    check_number: str
    line_url: str = field(repr=False)
    telegram_url: str = field(repr=False)
    expires_on: str
    #: The master record, as the bank holds it.
    master: dict[str, str] = field(repr=False)


def _refuse(problem: RowProblem) -> None:
    raise AssertionError(f"the fake bank's line {problem.line} is wrong in {problem.column}: {problem.code}")


def seed(database: Database, settings: Settings, folder: Path) -> list[SeededLetter]:
    """Publish the shipped content, import the fake bank, open the due cases and write their letters."""
    uni = database.universe
    database.run(lambda conn: publish_all(conn, uni, settings.content_dir, actor=_ACTOR))
    with as_file(files("bot.simulator") / _BANK) as path:
        _import(database, path)
    _open_cases(database, settings)
    return _write_letters(database, settings, folder / "letters.csv")


def copy_customer(
    database: Database, settings: Settings, folder: Path, customer_no: str, *, as_number: str
) -> SeededLetter:
    """Another customer with the same data, whose review is due and whose letter is fresh."""
    bank = (files("bot.simulator") / _BANK).read_text(encoding="utf-8")
    row = next(row for row in csv.DictReader(bank.splitlines()) if row["customer_no"] == customer_no)
    path = folder / f"customer-{as_number}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, row.keys())
        writer.writeheader()
        writer.writerow({**row, "customer_no": as_number})
    _import(database, path)
    _open_cases(database, settings)
    customer_id = database.run_read(lambda conn: find_customer_no(conn, as_number))
    assert customer_id is not None
    (letter,) = _write_letters(database, settings, folder / f"letter-{as_number}.csv", [customer_id])
    return letter


def _import(database: Database, path: Path) -> None:
    import_master(
        database,
        path,
        MasterFile(path, encoding="utf-8", mapping={}),
        row_checker(database, database.universe.now().date()),
        actor=_ACTOR,
        reject=_refuse,
    )


def _open_cases(database: Database, settings: Settings) -> None:
    today = database.universe.now().date()
    due_by = today + timedelta(days=60)
    open_due_cases(database, due_by=due_by, today=today, zone=ZoneInfo(settings.time_zone), actor=_ACTOR)


def _write_letters(
    database: Database, settings: Settings, out: Path, customer_ids: Sequence[str] | None = None
) -> list[SeededLetter]:
    make_letters(
        database,
        out,
        channels=Channels(line_basic_id=settings.line_basic_id, telegram_username=settings.telegram_bot_username),
        expires_on=database.universe.now().date() + timedelta(days=90),
        actor=_ACTOR,
        again_for=customer_ids,
    )
    letters: list[SeededLetter] = []
    with out.open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            number = row["customer_no"]
            customer_id = database.run_read(lambda conn, n=number: find_customer_no(conn, n))  # type: ignore[misc]
            customer = database.run_read(
                lambda conn, c=customer_id: load_customer(conn, database.vault, c or "")  # type: ignore[misc]
            )
            letters.append(SeededLetter(**row, master={} if customer is None else dict(customer.fields)))
    return letters
