"""``kakunin cases cadence|event|coverage``: how often reviews come round, what makes one due, who is covered."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.office import Office, os_user

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from bot.outreach.coverage import Covered, Totals
    from bot.outreach.triggers import Happened
    from storage.database import Database

#: Refused lines that are named on the screen.
_SHOWN = 10

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def cadence(
    high: Annotated[int | None, typer.Option(help="Months between two reviews, rated high.")] = None,
    medium: Annotated[int | None, typer.Option(help="The same, rated medium.")] = None,
    low: Annotated[int | None, typer.Option(help="The same, rated low.")] = None,
    before_expiry: Annotated[int | None, typer.Option(help="Months before a residence permit ends.")] = None,
    reason: Annotated[str, typer.Option(help="Why; kept sealed.")] = "",
    as_json: Json = False,
) -> None:
    """Show the cadence of reviews, or decide on another one with its reason."""
    from bot.outreach.cadence import MOST_MONTHS, stored_cadence
    from storage import audit
    from storage.cadences import decide_cadence

    office = Office()
    given = {"high": high, "medium": medium, "low": low, "before_expiry": before_expiry}
    changes = {name: value for name, value in given.items() if value is not None}
    if changes and not reason.strip():
        raise office.refuse("cases.cadence_reason")
    if any(not 1 <= value <= MOST_MONTHS for value in changes.values()):
        raise office.refuse("cases.cadence_months", most=str(MOST_MONTHS))
    with office.store() as database:
        vault, uni, who = database.vault, database.universe, os_user()

        def deed(conn: Connection) -> dict[str, int]:
            now = stored_cadence(conn)
            months = {**now.months, "before_expiry": now.months_before_expiry} | changes
            if not months["high"] <= months["medium"] <= months["low"]:
                raise office.refuse("cases.cadence_order")
            if changes:
                decide_cadence(conn, vault, uni, **months, reason=reason.strip(), by=f"os_user:{who}")
                detail = {name: str(value) for name, value in months.items()}
                audit.record(conn, uni, "case.cadence_decided", actor_kind="os_user", actor_id=who, detail=detail)
            return months

        months = database.run(deed)
    if as_json:
        typer.echo(json.dumps(months))
    else:
        typer.echo(office.say("cases.cadence", **{name: str(value) for name, value in months.items()}))


def event(
    customer: Annotated[str | None, typer.Option(metavar="NO", help="To whom it happened.")] = None,
    kind: Annotated[
        str, typer.Option("--event", metavar="KIND", help="risk_raised, address_changed, returned_mail, ...")
    ] = "",
    on: Annotated[str | None, typer.Option(metavar="DATE", help="When it happened (today).")] = None,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Columns customer_no, event, happened_on.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Note what happened to customers; a review is opened where none is open."""
    from bot.outreach.triggers import note_events

    office = Office()
    if (file is None) == (customer is None):
        raise office.refuse("cases.event_how")
    with office.store() as database:
        today = office.today(database)
        if file is not None:
            rows = list(_lines(office, office.readable(file)))
        else:
            day = today if on is None else office.day("--on", on)
            rows = [(0, {"customer_no": customer or "", "event": kind, "happened_on": day.isoformat()})]
        events, refused = _events(office, database, rows, today)
        if customer is not None and refused:
            raise office.refuse(refused[0][1], number=customer, known=_kinds())
        source = "file" if file is not None else "command"
        counts = note_events(database, events, source=source, actor=os_user(), today=today)
    names = ("opened", "covered", "recent", "ended", "stopped", "known")
    shown = {name: counts[name] for name in names} | {"refused": len(refused)}
    if as_json:
        typer.echo(json.dumps(shown))
    else:
        typer.echo(office.say("cases.events_noted", **{name: str(count) for name, count in shown.items()}))
    for line, key in refused[:_SHOWN]:
        number = next(row["customer_no"] for at, row in rows if at == line)
        why = office.say(key, number=number, known=_kinds())
        typer.echo(office.say("cases.event_refused", line=str(line), reason=why), err=True)


def coverage(
    out: Annotated[Path | None, typer.Option(metavar="FILE.csv", help="Every customer with his state.")] = None,
    as_json: Json = False,
) -> None:
    """Whether every customer has a case, or a reason why there is none."""
    from bot.outreach.coverage import COLUMNS, STATES, count_coverage, iter_coverage

    office = Office()
    if out is not None:
        office.writable(out)
    with office.store() as database:
        today = office.today(database)

        def run(conn: Connection) -> Totals:
            found = iter_coverage(conn, database.vault, today=today, zone=office.zone)
            if out is None:
                return count_coverage(conn, found)
            with out.open("w", encoding="utf-8", newline="") as stream:
                writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
                writer.writerow(COLUMNS)
                return count_coverage(conn, _written(found, writer))

        totals = database.run_read(run)
    counts = {state: totals.by_state[state] for state in STATES}
    if as_json:
        by_risk: dict[str, dict[str, int]] = {}
        for (rating, state), count in sorted(totals.by_risk.items()):
            by_risk.setdefault(rating, {})[state] = count
        by_branch: dict[str, dict[str, int]] = {}
        for (branch, state), count in sorted(totals.by_branch.items()):
            by_branch.setdefault(branch, {})[state] = count
        report = {"customers": totals.customers, **counts, "by_risk": by_risk, "by_branch": by_branch}
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    shown = {name: str(count) for name, count in counts.items()}
    typer.echo(office.say("cases.coverage", customers=str(totals.customers), **shown))


def _written(found: Iterator[Covered], writer: Any) -> Iterator[Covered]:
    for one in found:
        writer.writerow(one.row())
        yield one


def _lines(office: Office, file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    from storage.masterfile.decoding import read_lines, settle_encoding
    from storage.masterfile.problems import MasterFileProblem

    try:
        reader = csv.DictReader(read_lines(file, settle_encoding(file)), restval="")
        if not {"customer_no", "event"} <= set(reader.fieldnames or ()):
            raise office.refuse("cases.event_columns")
        for row in reader:
            yield reader.line_num, {name: (value or "").strip() for name, value in row.items() if name}
    except MasterFileProblem as problem:
        raise office.refuse(f"masterfile.{problem.code}", **problem.params) from None
    except csv.Error:
        raise office.refuse("cases.event_columns") from None


def _events(
    office: Office, database: Database, rows: list[tuple[int, dict[str, str]]], today: date
) -> tuple[list[Happened], list[tuple[int, str]]]:
    """The events of the rows, and the lines that are refused with the key of the reason."""
    from bot.outreach.triggers import Happened
    from storage.customers import find_customer_no
    from storage.triggers import Trigger

    def read(conn: Connection) -> tuple[list[Happened], list[tuple[int, str]]]:
        events, refused = [], []
        for line, row in rows:
            kind = next((known for known in Trigger if known == row["event"]), None)
            customer_id = find_customer_no(conn, row["customer_no"])
            day = _day(row.get("happened_on", ""), today)
            if customer_id is None:
                refused.append((line, "cases.no_customer"))
            elif kind is None:
                refused.append((line, "cases.bad_event"))
            elif day is None or day > today:
                refused.append((line, "cases.bad_day"))
            else:
                events.append(Happened(customer_id=customer_id, kind=kind, on=day))
        return events, refused

    return database.run_read(read)


def _day(text: str, today: date) -> date | None:
    try:
        return date.fromisoformat(text) if text else today
    except ValueError:
        return None


def _kinds() -> str:
    from storage.triggers import Trigger

    return ", ".join(Trigger)
