"""``kakunin cases``: open those that are due or one after an event, and say what became of one outside the chat."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import case_due
from bot.cli.office import Office, os_user

if TYPE_CHECKING:
    from sqlalchemy import Connection

app = typer.Typer(no_args_is_help=True, help="Cases: one review of one customer.")
app.command("cadence")(case_due.cadence)
app.command("event")(case_due.event)
app.command("coverage")(case_due.coverage)


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
    from bot.outreach.triggers import scan_master

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
        # Whoever the newest master file says is due at once comes before the cycle.
        scan_master(database, actor=os_user(), today=today)
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


@app.command("move")
def move_cases(
    customer: Annotated[str, typer.Option(metavar="NO", help="Whose open cases.")],
    to: Annotated[str, typer.Option(metavar="WHY", help="returned_mail, follow_up, refused, stopped, ...")],
    note: Annotated[str, typer.Option(help="In words; kept sealed.")],
) -> None:
    """Say what became of a customer's open cases outside the chat: returned mail, refusal, death, duplicate, ..."""
    from bot.moving import CannotMove, Move, move
    from storage.cases import cases_of_customer
    from storage.customers import find_customer_no

    office = Office()
    what = next((known for known in Move if known == to), None)
    if what is None:
        raise office.refuse("cases.bad_move", why=to, known=", ".join(Move))
    if not note.strip():
        raise office.refuse("cases.no_note")
    with office.store() as database:
        uni, vault, who = database.universe, database.vault, os_user()

        def run(conn: Connection) -> int:
            customer_id = find_customer_no(conn, customer)
            if customer_id is None:
                raise office.refuse("cases.no_customer", number=customer)
            moved = 0
            for case in cases_of_customer(conn, customer_id, open_only=what is not Move.DUE_AGAIN):
                try:
                    move(conn, vault, uni, case.id, what, actor_kind="os_user", actor=who, note=note.strip())
                except CannotMove:
                    continue
                moved += 1
            return moved

        moved = database.run(run)
    if not moved:
        raise office.refuse("cases.none_moved", number=customer, why=to)
    typer.echo(office.say("cases.moved", count=str(moved), number=customer))
