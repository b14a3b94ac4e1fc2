"""``kakunin customers hold|release|erase``: what is kept of one customer, longer or no longer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.office import Office, os_user

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.database import Database

Number = Annotated[str, typer.Argument(metavar="CUSTOMER_NO", help="As the bank's file names the customer.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept sealed.")]


def hold(number: Number, reason: Reason = "") -> None:
    """Put a customer under a legal hold: nothing is erased while it lasts."""
    _change_hold(number, reason, place=True)


def release(number: Number, reason: Reason = "") -> None:
    """End the legal hold of a customer."""
    _change_hold(number, reason, place=False)


def _change_hold(number: str, reason: str, *, place: bool) -> None:
    from storage import audit
    from storage.holds import place_hold, release_hold

    office = Office()
    stated(office, reason)
    with office.store() as database:
        vault, uni, who = database.vault, database.universe, os_user()
        customer_id = known(office, database, number)

        def deed(conn: Connection) -> bool:
            change = place_hold if place else release_hold
            if not change(conn, vault, uni, customer_id, reason=reason, by=who):
                return False
            action = "customer.held" if place else "customer.released"
            subjects = {"customer": customer_id}
            audit.record(conn, uni, action, actor_kind="os_user", actor_id=who, subjects=subjects)
            return True

        changed = database.run(deed)
    if not changed:
        raise office.refuse("customers.held_already" if place else "customers.not_held", number=number)
    typer.echo(office.say("customers.held" if place else "customers.released", number=number))


def erase(
    number: Number,
    reason: Reason = "",
    despite_duty: Annotated[bool, typer.Option("--despite-duty", help="No duty to keep records applies.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Erase all that is kept of a customer outside the duty to keep records."""
    from bot.chores import policy_of
    from storage import holds
    from storage.erasures import erase as erase_now, new_erasure
    from storage.retention import has_record, kept_until

    office = Office()
    stated(office, reason)
    policy = policy_of(office.settings)
    with office.store() as database:
        vault, uni = database.vault, database.universe
        customer_id = known(office, database, number)
        if database.run_read(lambda conn: holds.is_held(conn, customer_id)):
            raise office.refuse("customers.is_held", number=number)
        until = database.run_read(lambda conn: kept_until(conn, customer_id, policy))
        if not despite_duty and database.run_read(lambda conn: has_record(conn, customer_id)):
            if until is None:
                raise office.refuse("customers.duty_open", number=number)
            if until >= office.today(database):
                raise office.refuse("customers.duty_until", number=number, day=until.isoformat())
        erasure = new_erasure(uni, cause="request", actor=os_user(), customer_id=customer_id, before=None)
        counts = database.run(lambda conn: erase_now(conn, vault, uni, erasure, outside=policy.outside, reason=reason))
        database.scrub()
    if as_json:
        typer.echo(json.dumps({"customer_no": number, "erasure": erasure.id, **counts}))
        return
    shown = {"words": counts["words"], "submissions": counts["submissions"], "records": counts["master_records"]}
    texts = {name: str(count) for name, count in shown.items()}
    typer.echo(office.say("customers.erased", number=number, **texts))


def stated(office: Office, reason: str) -> None:
    """Refuse a deed without its reason."""
    if not reason.strip():
        raise office.refuse("customers.no_reason")


def known(office: Office, database: Database, number: str) -> str:
    """The id behind a customer number, or one sentence."""
    from storage.customers import find_customer_no

    customer_id = database.run_read(lambda conn: find_customer_no(conn, number))
    if customer_id is None:
        raise office.refuse("customers.unknown", number=number)
    return customer_id
