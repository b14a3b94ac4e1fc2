"""``kakunin customers flag|unflag|flags``: who is left alone, why, and since when."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.customer_keeping import Number, Reason, known, stated
from bot.cli.office import Office, os_user

if TYPE_CHECKING:
    from storage.flags import FlagKind

Kind = Annotated[str, typer.Option("--kind", help="sdd, deceased, guardianship, dispute or stopped.")]


def flag(number: Number, kind: Kind = "", reason: Reason = "") -> None:
    """Leave a customer alone: death, guardianship, a dispute; or spare him the cycle (sdd)."""
    from bot.outreach import flagging

    office = Office()
    what = _kind(office, kind)
    stated(office, reason)
    with office.store() as database:
        vault, uni = database.vault, database.universe
        customer_id = known(office, database, number)
        ended = database.run(
            lambda conn: flagging.flag(conn, vault, uni, customer_id, what, reason=reason, actor=os_user())
        )
    if ended is None:
        raise office.refuse("customers.flagged_already", number=number, kind=kind)
    typer.echo(office.say("customers.flagged", number=number, kind=kind, cases=str(ended)))


def unflag(number: Number, kind: Kind = "", reason: Reason = "") -> None:
    """Lift a flag; the next review comes by the cadence."""
    from bot.outreach import flagging

    office = Office()
    what = _kind(office, kind)
    stated(office, reason)
    with office.store() as database:
        vault, uni = database.vault, database.universe
        customer_id = known(office, database, number)
        lifted = database.run(
            lambda conn: flagging.unflag(conn, vault, uni, customer_id, what, reason=reason, actor=os_user())
        )
    if not lifted:
        raise office.refuse("customers.not_flagged", number=number, kind=kind)
    typer.echo(office.say("customers.unflagged", number=number, kind=kind))


def flags(number: Number, as_json: Annotated[bool, typer.Option("--json", help="JSON Lines.")] = False) -> None:
    """All flags of a customer, lifted ones too, with their reasons."""
    from storage.flags import flags_of

    office = Office()
    with office.store() as database:
        customer_id = known(office, database, number)
        found = database.run_read(lambda conn: flags_of(conn, database.vault, customer_id))

    def moment(at: datetime | None) -> str:
        return "" if at is None else at.astimezone(office.zone).isoformat(timespec="seconds")

    for one in found:
        shown = {
            "kind": one.kind.value,
            "placed_at": moment(one.placed_at),
            "placed_by": one.placed_by,
            "reason": one.reason,
            "lifted_at": moment(one.lifted_at),
            "lifted_by": one.lifted_by or "",
            "lifted_because": one.lifted_because,
        }
        if as_json:
            typer.echo(json.dumps(shown, ensure_ascii=False))
        else:
            typer.echo("  ".join(shown.values()).rstrip())


def _kind(office: Office, kind: str) -> FlagKind:
    from storage.flags import FlagKind

    try:
        return FlagKind(kind)
    except ValueError:
        raise office.refuse("customers.bad_flag", known=", ".join(FlagKind)) from None
