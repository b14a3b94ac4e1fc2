"""``kakunin campaign reach``: how far the customers of a campaign were reached, now or on a day, and one's history."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.office import Office

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.reach import Reach, ReachCounts, Reached

COLUMNS = ("customer_no", "case_id", "risk_rating", "reach", "with_staff")


def reach(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the campaign.")],
    customer: Annotated[str | None, typer.Option(metavar="NO", help="One customer's history (JSON Lines).")] = None,
    on: Annotated[str | None, typer.Option(metavar="DATE", help="As it was at the end of this day.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE.csv", help="Every customer with his reach.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """How far the customers were reached; accepted by a platform is not delivered, and is not called so."""
    from storage.campaigns import CampaignProblem, load_campaign
    from storage.reach import Reach, ReachCounts, count_reach, iter_reach

    office = Office()
    if out is not None:
        office.writable(out)
    until = None
    if on is not None:
        until = datetime.combine(office.day("--on", on) + timedelta(days=1), time(0), office.zone)
    with office.store() as database:
        try:
            campaign = database.run_read(lambda conn: load_campaign(conn, name))
        except CampaignProblem:
            raise office.refuse("campaign.unknown", name=name) from None

        def run(conn: Connection) -> tuple[ReachCounts, list[Reached]]:
            if customer is not None:
                found = list(iter_reach(conn, campaign.id, until=until, customer_no=customer))
                return ReachCounts(members=Counter(), with_staff=0), found
            if out is not None:
                _write(iter_reach(conn, campaign.id, until=until), out)
            return count_reach(conn, campaign.id, until=until), []

        counts, found = database.run_read(run)
    if customer is not None:
        if not found:
            raise office.refuse("campaign.no_member", name=name, number=customer)
        _show_history(office, found[0], as_json=as_json)
        return
    totals: Counter[Reach] = Counter()
    for (_, value), count in counts.members.items():
        totals[value] += count
    if as_json:
        ratings: dict[str, dict[str, int]] = {}
        for (rating, value), count in sorted(counts.members.items()):
            ratings.setdefault(rating, {})[value.value] = count
        shown = {value.value: totals[value] for value in Reach}
        more = {"with_staff": counts.with_staff, "by_rating": ratings}
        typer.echo(json.dumps({"customers": totals.total(), **shown, **more}))
        return
    for value in Reach:
        if totals[value]:
            typer.echo(f"{office.say(f'reach.{value.value}')}: {totals[value]}")
    if counts.with_staff:
        typer.echo(f"{office.say('reach.with_staff')}: {counts.with_staff}")


def _write(found: Iterable[Reached], out: Path) -> None:
    with out.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for one in found:
            staff = "1" if one.stand.with_staff else "0"
            writer.writerow((one.customer_no, one.case_id, one.rating, one.stand.reach.value, staff))


def _show_history(office: Office, one: Reached, *, as_json: bool) -> None:
    from storage.reach import history

    for fact, stand in history(one.facts):
        at = fact.at.astimezone(office.zone).isoformat(timespec="seconds")
        if as_json:
            line = {"at": at, "what": fact.what, "cause": fact.cause, "reach": stand.reach.value}
            typer.echo(json.dumps(line | {"with_staff": stand.with_staff}))
        else:
            typer.echo(f"{at}  {fact.what} {fact.cause}".rstrip() + f"  {office.say(f'reach.{stand.reach.value}')}")
