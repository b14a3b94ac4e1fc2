"""``kakunin simulate``: what a cadence and a ladder would do with an imagined bank, before they are switched on."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.office import Office, free_name, progress_bar

if TYPE_CHECKING:
    from bot.forecast.assumptions import Assumptions
    from bot.forecast.simulating import Outcome
    from bot.outreach.cadence import Cadence
    from bot.outreach.ladder import Ladder

_MOST_CUSTOMERS = 1_000_000
_MOST_YEARS = 10
#: Lines of the table that a terminal shows.
_SHOWN = (
    "done",
    "within_30",
    "within_90",
    "overdue_end",
    "restriction",
    "cost",
    "cost_each",
    "letter",
    "call",
    "visit",
)

Months = Annotated[int | None, typer.Option(help="Months between two reviews; the bank's own where left out.")]
Other = Annotated[int | None, typer.Option(help="The same in the plan that is compared.")]


def simulate(
    out: Annotated[Path | None, typer.Option("--out", metavar="FOLDER", help="A new folder (simulation).")] = None,
    customers: Annotated[int, typer.Option(min=10, max=_MOST_CUSTOMERS, help="Customers of the bank.")] = 10_000,
    months: Annotated[int, typer.Option(min=1, max=12 * _MOST_YEARS, help="How long.")] = 36,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same result.")] = 1,
    begin: Annotated[str | None, typer.Option("--from", metavar="YYYY-MM", help="First month (the next one).")] = None,
    ladder: Annotated[Path | None, typer.Option(metavar="FILE.yaml", help="The bank's own ladder.")] = None,
    high: Months = None,
    medium: Months = None,
    low: Months = None,
    compare_ladder: Annotated[Path | None, typer.Option(metavar="FILE.yaml", help="Compare with this ladder.")] = None,
    compare_high: Other = None,
    compare_medium: Other = None,
    compare_low: Other = None,
    assumptions: Annotated[Path | None, typer.Option(metavar="FILE.yaml", help="The bank's own assumptions.")] = None,
    sample: Annotated[int, typer.Option(min=8, max=5000, help="Conversations played with the real form.")] = 160,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run an imagined bank through months of cadence, ladder and answers, and draw what comes of it."""
    import json
    from tempfile import TemporaryDirectory

    from bot.forecast.bank import Plan
    from bot.forecast.report import summarise, write_report
    from bot.forecast.simulating import Order, simulate as run

    office = Office()
    out = out or free_name(Path("simulation"))
    _free(office, out)
    present = _cadence(office)
    plan = Plan(ladder=_ladder(office, ladder), cadence=_changed(office, present, high, medium, low))
    plans = [plan]
    others = (compare_high, compare_medium, compare_low)
    if compare_ladder is not None or any(one is not None for one in others):
        steps = plan.ladder if compare_ladder is None else _ladder(office, compare_ladder)
        plans.append(Plan(ladder=steps, cadence=_changed(office, plan.cadence, *others)))
    order = Order(
        customers=customers,
        months=months,
        seed=seed,
        first=_first(office, begin),
        sample=sample,
        plans=plans,
        before=present,
        assumptions=_assumptions(office, assumptions),
        settings=office.settings,
    )
    with TemporaryDirectory(prefix="kakunin-simulate-") as folder, progress_bar("simulate") as progress:
        outcome = run(order, Path(folder), progress)
    write_report(outcome, out, office.settings.default_locale)
    if as_json:
        typer.echo(json.dumps(summarise(outcome), ensure_ascii=False))
    else:
        _show(office, outcome, out)


def _free(office: Office, out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise office.refuse("simulate.out_exists", name=out.name)
    office.writable(out.absolute().parent / "x")


def _first(office: Office, begin: str | None) -> date:
    from storage.universe import Universe

    if begin is not None:
        try:
            return date.fromisoformat(f"{begin}-01")
        except ValueError:
            raise office.refuse("simulate.bad_month") from None
    today = Universe.real().now().astimezone(office.zone).date()
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)


def _cadence(office: Office) -> Cadence:
    """The one that the bank has decided on, where there is a store; else the one that comes with the program."""
    from bot.cli.store import open_database
    from bot.outreach.cadence import DEFAULT_CADENCE, stored_cadence
    from storage.database import peek_revision

    if peek_revision(office.settings.database_url) is None:
        return DEFAULT_CADENCE
    with open_database(office.settings) as database:
        return database.run_read(stored_cadence)


def _changed(office: Office, cadence: Cadence, *months: int | None) -> Cadence:
    from bot.outreach.cadence import MOST_MONTHS, Cadence

    given = zip(("high", "medium", "low"), months, strict=True)
    found = dict(cadence.months) | {rating: count for rating, count in given if count is not None}
    ordered = found["high"] <= found["medium"] <= found["low"]
    if not ordered or any(not 1 <= count <= MOST_MONTHS for count in found.values()):
        raise office.refuse("simulate.bad_months", most=str(MOST_MONTHS))
    return Cadence(months=found, months_before_expiry=cadence.months_before_expiry)


def _text(office: Office, path: Path, refusal: str) -> str:
    try:
        return office.readable(path).read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise office.refuse(refusal, place="UTF-8") from None


def _ladder(office: Office, path: Path | None) -> Ladder:
    from bot.outreach.ladder import LadderProblem, read_ladder, shipped_ladder

    try:
        return shipped_ladder() if path is None else read_ladder(_text(office, path, "simulate.bad_ladder"))
    except LadderProblem as problem:
        raise office.refuse("simulate.bad_ladder", place=str(problem)) from None


def _assumptions(office: Office, path: Path | None) -> Assumptions:
    from bot.costs import read_costs
    from bot.forecast.assumptions import AssumptionsProblem, read_assumptions

    try:
        text = None if path is None else _text(office, path, "simulate.bad_assumptions")
        return read_assumptions(text, read_costs(office.settings.costs))
    except AssumptionsProblem as problem:
        raise office.refuse("simulate.bad_assumptions", place=str(problem)) from None


def _show(office: Office, outcome: Outcome, out: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from bot.forecast.report import LINES, table
    from locales import load_catalogue

    lines = dict(zip(LINES, table(outcome, load_catalogue(office.settings.default_locale)), strict=True))
    heads = (
        ["A", "B", office.say("simulate.difference")] if len(outcome.tallies) > 1 else [office.say("simulate.value")]
    )
    shown = Table(office.say("simulate.figure_column"))
    for head in heads:
        shown.add_column(head, justify="right")
    for name in _SHOWN:
        words, cells = lines[name]
        shown.add_row(words, *cells)
    Console().print(shown)
    typer.echo(office.say("simulate.written", folder=str(out), file="index.html"))
