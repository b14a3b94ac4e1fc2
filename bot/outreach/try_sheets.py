"""Files of results: calls and visits of an outside office, letters that came back.

Promise: a file is checked as a whole before anything of it is done, and one bad line refuses it; what is done is done
in short transactions, and a file that was taken before (or half of it, by a run that was killed) changes nothing twice.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path

from sqlalchemy import Connection

from bot.office_hours import OfficeHours
from bot.outreach.contacting import check_note, enter_try
from dialogs.japanese import fold
from storage.cases import Case, cases_of_customer
from storage.contacts import RESULTS, RETURNED, SHIPPED_RULES, BadTry, Try, TryRules, check_try, is_known_try
from storage.customers import find_customer_no
from storage.database import Database
from storage.link_codes import link_codes_of_case
from storage.masterfile.decoding import read_lines, settle_encoding
from storage.masterfile.problems import MasterFileProblem, RowProblem

#: Tries per transaction.
BATCH = 10

RETURNED_COLUMNS = ("customer_no", "returned_on", "reason")
TRY_COLUMNS = ("customer_no", "channel", "result", "at")
_OPTIONAL = ("case_id", "promised_on", "best_time", "note")


class RefusedSheet(Exception):
    """Lines that cannot be taken; nothing was done."""

    def __init__(self, problems: Sequence[RowProblem]) -> None:
        super().__init__(len(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """How the lines of a file are to be read."""

    columns: tuple[str, ...]
    #: What people write for a result, folded, and its code.
    words: Mapping[str, str]
    #: Columns whose lines are letters that came back.
    returned: bool


def returned_sheet(words: Mapping[str, str]) -> Sheet:
    """Letters that came back: customer_no, returned_on, reason."""
    short = {code.removeprefix("returned_"): code for code in RETURNED}
    return Sheet(columns=RETURNED_COLUMNS, words={**_folded(words, RETURNED), **short}, returned=True)


def try_sheet(words: Mapping[str, str]) -> Sheet:
    """Calls and visits: customer_no, channel, result, at."""
    codes = {code for results in RESULTS.values() for code in results}
    return Sheet(columns=TRY_COLUMNS, words={**_folded(words, codes), **{code: code for code in codes}}, returned=False)


def _folded(words: Mapping[str, str], codes: Sequence[str] | set[str]) -> dict[str, str]:
    return {fold(word): code for code, word in words.items() if code in codes}


def import_tries(
    database: Database,
    file: Path,
    sheet: Sheet,
    *,
    encoding: str,
    office: OfficeHours,
    actor: str,
    rules: TryRules = SHIPPED_RULES,
) -> Counter[str]:
    """Take a file of results; counts entered, known and closed. Raises ``RefusedSheet``, ``MasterFileProblem``."""
    lines = list(_lines(file, sheet, encoding))
    tries, problems = database.run_read(lambda conn: _read(conn, database, lines, sheet, office, actor))
    if problems:
        raise RefusedSheet(problems)
    counts: Counter[str] = Counter(entered=0, known=0, closed=0)
    for start in range(0, len(tries), BATCH):
        batch = tries[start : start + BATCH]

        def enter(conn: Connection, batch: Sequence[Try] = batch) -> Counter[str]:
            return Counter(_enter(conn, database, one, office, rules) for one in batch)

        counts.update(database.run_piece(enter))
    return counts


def _enter(conn: Connection, database: Database, one: Try, office: OfficeHours, rules: TryRules) -> str:
    if is_known_try(conn, one):
        return "known"
    try:
        enter_try(conn, database.vault, database.universe, one, office=office, actor_kind="os_user", rules=rules)
    except BadTry:
        # The case was closed since the file was checked; the file is about yesterday.
        return "closed"
    return "entered"


def _lines(file: Path, sheet: Sheet, encoding: str) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(read_lines(file, settle_encoding(file, encoding)), restval="", strict=True)
    try:
        named = [name.strip() for name in reader.fieldnames or ()]
        missing = [column for column in sheet.columns if column not in named]
        if missing:
            raise MasterFileProblem("sheet_columns", columns=", ".join(missing))
        for cells in reader:
            kept = {name.strip(): cell.strip() for name, cell in cells.items() if name and isinstance(cell, str)}
            if any(kept.values()):
                yield reader.line_num, {name: kept.get(name, "") for name in (*sheet.columns, *_OPTIONAL)}
    except csv.Error:
        raise MasterFileProblem("broken_csv", line=str(reader.line_num)) from None


class _Bad(Exception):
    """A cell that cannot be taken."""

    def __init__(self, column: str, code: str) -> None:
        super().__init__(column, code)
        self.column, self.code = column, code


def _read(
    conn: Connection,
    database: Database,
    lines: Sequence[tuple[int, dict[str, str]]],
    sheet: Sheet,
    office: OfficeHours,
    actor: str,
) -> tuple[list[Try], list[RowProblem]]:
    now = database.universe.now()
    tries: list[Try] = []
    problems: list[RowProblem] = []
    seen: set[tuple[str, str, datetime]] = set()
    for line, cells in lines:
        try:
            one = _try_of(conn, cells, sheet, office, actor, now)
            place = (one.case_id, one.channel, one.at)
            if place in seen:
                raise _Bad("customer_no", "twice")
            seen.add(place)
            tries.append(one)
        except _Bad as bad:
            number = cells["customer_no"]
            problems.append(RowProblem(line=line, column=bad.column, code=bad.code, customer_no=number))
    return tries, problems


def _try_of(
    conn: Connection, cells: Mapping[str, str], sheet: Sheet, office: OfficeHours, actor: str, now: datetime
) -> Try:
    name, when = ("reason", "returned_on") if sheet.returned else ("result", "at")
    at = _moment(cells[when], office)
    if at is None:
        raise _Bad(when, "moment")
    result = sheet.words.get(fold(cells[name]))
    if result is None:
        raise _Bad(name, "result")
    channel = "post" if sheet.returned else cells["channel"]
    case = _case_of(conn, cells, at, office, needs_letter=sheet.returned)
    promised = _day(cells["promised_on"])
    if cells["promised_on"] and promised is None:
        raise _Bad("promised_on", "promised_on")
    one = Try(
        case_id=case.id,
        channel=channel,
        result=result,
        at=at,
        by=actor,
        promised_on=promised,
        best_time=cells["best_time"] or None,
        note=cells["note"],
    )
    try:
        check_note(one.note)
        check_try(one, today=now.astimezone(office.zone).date(), now=now)
    except BadTry as problem:
        raise _Bad(when if problem.code == "at" else problem.code, problem.code) from None
    return one


def _case_of(
    conn: Connection, cells: Mapping[str, str], at: datetime, office: OfficeHours, *, needs_letter: bool
) -> Case:
    customer_id = find_customer_no(conn, cells["customer_no"])
    if customer_id is None:
        raise _Bad("customer_no", "no_customer")
    cases = cases_of_customer(conn, customer_id, open_only=True)
    if cells["case_id"]:
        cases = [case for case in cases if case.id == cells["case_id"]]
    if needs_letter and cases:
        day = at.astimezone(office.zone).date()
        sent = [
            (code.created_at, case)
            for case in cases
            for code in link_codes_of_case(conn, case.id)
            if code.created_at.astimezone(office.zone).date() <= day
        ]
        if not sent:
            raise _Bad("customer_no", "no_letter")
        # The letter that was sent last before it came back.
        return max(sent, key=lambda one: one[0])[1]
    if not cases:
        raise _Bad("case_id" if cells["case_id"] else "customer_no", "no_case")
    if len(cases) > 1:
        raise _Bad("case_id", "several_cases")
    return cases[0]


def _moment(text: str, office: OfficeHours) -> datetime | None:
    """A day (its beginning), or a day and a time, in the bank's zone."""
    day = _day(text)
    if day is not None:
        return datetime.combine(day, time(), office.zone)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=office.zone) if found.tzinfo is None else found


def _day(text: str) -> date | None:
    for form in ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None
