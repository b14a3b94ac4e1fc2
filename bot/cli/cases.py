"""``kakunin cases open``: cases for customers whose review is due, or for one customer after an event."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from bot.cli.office import Office, os_user

app = typer.Typer(no_args_is_help=True, help="Cases: one review of one customer.")


@app.callback()
def _group() -> None:
    """Cases: one review of one customer."""


@app.command("open")
def open_cases(
    due_by: Annotated[str | None, typer.Option(metavar="DATE", help="Reviews due up to this day (today).")] = None,
    customer: Annotated[str | None, typer.Option(metavar="NO", help="Only this customer, whenever due.")] = None,
    cause: Annotated[str, typer.Option(help="periodic or event.")] = "periodic",
    reason: Annotated[str | None, typer.Option(help="What happened, for --cause event.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Open the cases that are due by cadence or residence expiry, or one after an event."""
    from bot.outreach.opening import NoSuchCustomer, open_case_of, open_due_cases

    office = Office()
    if cause not in ("periodic", "event"):
        raise office.refuse("cases.bad_cause")
    if cause == "event" and (customer is None or not (reason or "").strip()):
        raise office.refuse("cases.event_needs")
    if cause == "periodic" and reason is not None:
        raise office.refuse("cases.reason_alone")
    day = office.day("--due-by", due_by) if due_by is not None else None
    with office.store() as database:
        today = office.today(database)
        try:
            if customer is None:
                opened = open_due_cases(database, due_by=day or today, today=today, actor=os_user(), zone=office.zone)
            else:
                opened = open_case_of(
                    database,
                    customer,
                    cause=cause,
                    reason=(reason or "requested").strip(),
                    due=day or today,
                    today=today,
                    actor=os_user(),
                )
        except NoSuchCustomer:
            raise office.refuse("cases.no_customer", number=customer or "") from None
    counts = asdict(opened)
    if as_json:
        typer.echo(json.dumps(counts))
    else:
        typer.echo(office.say("cases.opened", **{name: str(count) for name, count in counts.items()}))
