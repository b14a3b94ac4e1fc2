"""``kakunin letters``: one code per case, the letters around it, and what becomes of them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import results
from bot.cli.office import Office, os_user, progress_bar

if TYPE_CHECKING:
    from bot.outreach.letter_files import Drawn
    from storage.database import Database

app = typer.Typer(no_args_is_help=True, help="Letters with the code that links a customer.")
app.command("returned")(results.returned)

_OUT = typer.Option(metavar="FILE.csv", help="Where the codes go; they exist nowhere else.")
_PDF = typer.Option(metavar="FILE.pdf", help="The letters themselves.")
_MERGE = typer.Option(metavar="FILE.csv", help="Addresses and codes for the bank's own mail merge.")
_WORKERS = typer.Option(metavar="N", help="Processes that draw the pages (default: one per core).")
_ENCODING = typer.Option(help="Of --merge: utf-8-sig, utf-8 or cp932.")
_RESUME = typer.Option("--resume", help="Go on with the file of codes that a run which was cut off left.")
_DAYS = typer.Option(help="For how many days a code works.")
_JSON = typer.Option("--json", help="Print one JSON object.")


@app.callback()
def _group() -> None:
    """Letters with the code that links a customer."""


@app.command("make")
def make(
    out: Annotated[Path, _OUT],
    campaign: Annotated[
        str | None, typer.Option(metavar="NAME", help="The cases that wait on a campaign's list.")
    ] = None,
    pdf: Annotated[Path | None, _PDF] = None,
    merge: Annotated[Path | None, _MERGE] = None,
    encoding: Annotated[str, _ENCODING] = "utf-8-sig",
    workers: Annotated[int | None, _WORKERS] = None,
    customer: Annotated[
        list[str] | None, typer.Option(metavar="NO", help="Only this customer, again where a letter went out.")
    ] = None,
    valid_days: Annotated[int, _DAYS] = 90,
    resume: Annotated[bool, _RESUME] = False,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Make the codes of all cases that wait for their letter."""
    office = Office()
    if campaign is not None and customer:
        raise office.refuse("letters.one_or_all")
    chosen = partial(_cases, customer or (), campaign=campaign)
    _make(office, out, chosen, valid_days, (pdf, merge, encoding, workers), resume=resume, as_json=as_json)


@app.command("reissue")
def reissue(
    out: Annotated[Path, _OUT],
    customer: Annotated[
        list[str] | None, typer.Option(metavar="NO", help="Whose letter was lost or came back.")
    ] = None,
    moved: Annotated[
        bool, typer.Option("--moved", help="All whose letter came back and whose address has changed since.")
    ] = False,
    pdf: Annotated[Path | None, _PDF] = None,
    merge: Annotated[Path | None, _MERGE] = None,
    encoding: Annotated[str, _ENCODING] = "utf-8-sig",
    workers: Annotated[int | None, _WORKERS] = None,
    valid_days: Annotated[int, _DAYS] = 90,
    resume: Annotated[bool, _RESUME] = False,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """A new letter for these customers; the code of the one before links nobody any more."""
    office = Office()
    if moved is bool(customer):
        raise office.refuse("letters.whose")
    chosen = partial(_cases, customer or (), moved=moved)
    _make(office, out, chosen, valid_days, (pdf, merge, encoding, workers), resume=resume, as_json=as_json)


@app.command("draw")
def draw(
    codes: Annotated[Path, typer.Argument(metavar="CODES.csv", help="What letters make wrote.")],
    pdf: Annotated[Path | None, _PDF] = None,
    merge: Annotated[Path | None, _MERGE] = None,
    encoding: Annotated[str, _ENCODING] = "utf-8-sig",
    workers: Annotated[int | None, _WORKERS] = None,
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """The pages and the table for the mail merge again, of codes that were made before."""
    office = Office()
    office.readable(codes)
    if pdf is None and merge is None:
        raise office.refuse("letters.nothing_wanted")
    _check(office, codes, pdf, merge, encoding, workers)
    with office.store() as database:
        drawn = _draw(office, database, codes, (pdf, merge, encoding, workers))
    _report(office, {"letters": drawn.letters}, codes, drawn, as_json=as_json, key="letters.drawn")


@app.command("revoke")
def revoke(
    customer: Annotated[str, typer.Option(metavar="NO", help="The customer whose letter is in the wrong hands.")],
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Let the code of a letter link nobody any more."""
    from bot.outreach.letters import revoke_codes

    office = Office()
    with office.store() as database:
        count = revoke_codes(database, _customer_id(office, database, customer), actor=os_user())
    if as_json:
        typer.echo(json.dumps({"revoked": count}))
    else:
        typer.echo(office.say("letters.revoked", count=str(count)))


@app.command("unlock")
def unlock(
    customer: Annotated[str, typer.Option(metavar="NO", help="The customer whose code was tried too often.")],
    as_json: Annotated[bool, _JSON] = False,
) -> None:
    """Let a locked code be tried again."""
    from bot.outreach.letters import unlock_codes

    office = Office()
    with office.store() as database:
        count = unlock_codes(database, _customer_id(office, database, customer), actor=os_user())
    if as_json:
        typer.echo(json.dumps({"unlocked": count}))
    else:
        typer.echo(office.say("letters.unlocked", count=str(count)))


#: Where the pages and the table of the mail merge go, the encoding of the latter, and by how many processes.
_Wishes = tuple[Path | None, Path | None, str, int | None]


#: For whom: customers in any case, or the campaign on whose list they stand; neither for all who wait.
_Chosen = tuple[list[str] | None, str | None]


def _cases(
    customers: Sequence[str], office: Office, database: Database, *, campaign: str | None = None, moved: bool = False
) -> _Chosen:
    from storage.campaigns import CampaignProblem, load_campaign
    from storage.worklists import moved_since

    if moved:
        return database.run_read(moved_since), None
    again_for = [_customer_id(office, database, number) for number in customers] or None
    try:
        return again_for, campaign and database.run_read(lambda conn: load_campaign(conn, campaign)).id
    except CampaignProblem:
        raise office.refuse("campaign.unknown", name=str(campaign)) from None


def _make(
    office: Office,
    out: Path,
    choose: Callable[[Office, Database], _Chosen],
    valid_days: int,
    wishes: _Wishes,
    *,
    resume: bool,
    as_json: bool,
) -> None:
    from bot.outreach.letter_codes import BadCodes, InUse
    from bot.outreach.letters import Channels, make_letters

    if not 1 <= valid_days <= 365:
        raise office.refuse("letters.bad_days")
    office.writable(out)
    pdf, merge, *_ = wishes
    _check(office, out, *wishes)
    settings = office.settings
    channels = Channels(line_basic_id=settings.line_basic_id, telegram_username=settings.telegram_bot_username)
    with office.store() as database:
        again_for, campaign_id = choose(office, database)
        with progress_bar(office.say("letters.progress")) as progress:
            try:
                count = make_letters(
                    database,
                    out,
                    channels=channels,
                    expires_on=office.today(database) + timedelta(days=valid_days),
                    actor=os_user(),
                    again_for=again_for,
                    campaign_id=campaign_id,
                    resume=resume,
                    progress=progress,
                )
            except FileExistsError as problem:
                key = "letters.exists" if problem.args[0] == out.name else "letters.part_exists"
                raise office.refuse(key, name=out.name if key == "letters.exists" else f"{out.name}.part") from None
            except FileNotFoundError:
                raise office.refuse("letters.nothing_to_resume", name=out.name) from None
            except InUse:
                raise office.refuse("letters.in_use", name=out.name) from None
            except BadCodes as problem:
                raise office.refuse("letters.other_codes", name=out.name, line=str(problem.line)) from None
        drawn = None if pdf is None and merge is None else _draw(office, database, out, wishes)
    _report(office, {"letters": count, "file": str(out)}, out, drawn, as_json=as_json, key="letters.made")


def _check(
    office: Office, codes: Path, pdf: Path | None, merge: Path | None, encoding: str, workers: int | None
) -> None:
    """Refuse what cannot be drawn before a code is made."""
    from importlib.util import find_spec

    from storage.exports.options import ENCODINGS

    if workers is not None and workers < 1:
        raise office.refuse("reconcile.bad_workers")
    if encoding not in ENCODINGS:
        raise office.refuse("export.bad_encoding", encoding=encoding)
    wanted = [office.writable(path).resolve() for path in (pdf, merge) if path is not None]
    if len({codes.resolve(), *wanted}) != 1 + len(wanted):
        raise office.refuse("backoffice.same_file")
    if pdf is not None and find_spec("fpdf") is None:
        raise office.refuse("letters.no_pdf")


def _draw(office: Office, database: Database, codes: Path, wishes: _Wishes) -> Drawn:
    from bot.outreach.letter_codes import BadCodes, InUse
    from bot.outreach.letter_files import Wanted, draw_letters
    from bot.outreach.letter_pages import Sender
    from locales import load_catalogue

    settings = office.settings
    overlay = settings.content_dir / "locales" if settings.content_dir else None
    pdf, merge, encoding, workers = wishes
    sender = Sender(
        bank_name=settings.bank_name,
        bank_phone=settings.bank_phone,
        today=office.today(database),
        window=settings.letter_window,
        words=partial(load_catalogue, overlay=overlay),
    )
    with progress_bar(office.say("letters.drawing")) as progress:
        try:
            return draw_letters(
                database,
                codes,
                Wanted(pdf=pdf, merge=merge, encoding=encoding),
                sender,
                default_voice=settings.default_locale,
                actor=os_user(),
                progress=progress,
                workers=workers or os.cpu_count() or 1,
            )
        except InUse:
            raise office.refuse("letters.in_use", name=str(pdf and pdf.name)) from None
        except BadCodes as problem:
            raise office.refuse("letters.bad_codes", name=codes.name, line=str(problem.line)) from None


def _report(
    office: Office, counts: dict[str, int | str], named: Path, drawn: Drawn | None, *, as_json: bool, key: str
) -> None:
    if as_json:
        if drawn is not None:
            files = [{"name": one.name, "rows": one.rows, "sha256": one.sha256} for one in drawn.files]
            counts = {**counts, "drawn": drawn.letters, "unmappable": drawn.unmappable}
            typer.echo(json.dumps({**counts, "files": files}))
        else:
            typer.echo(json.dumps(counts))
        return
    typer.echo(office.say(key, count=str(counts["letters"]), name=str(named)))
    if drawn is not None:
        names = ", ".join(one.name for one in drawn.files)
        typer.echo(office.say("letters.files", names=names))
        if drawn.drawn_before:
            typer.echo(office.say("letters.drawn_before", count=str(drawn.drawn_before)))
        if drawn.unmappable:
            typer.echo(
                office.say("letters.unmappable", count=str(drawn.unmappable), name=drawn.files[-1].name), err=True
            )


def _customer_id(office: Office, database: Database, number: str) -> str:
    from storage.customers import find_customer_no

    found = database.run_read(lambda conn: find_customer_no(conn, number))
    if found is None:
        raise office.refuse("letters.no_customer", number=number)
    return found
