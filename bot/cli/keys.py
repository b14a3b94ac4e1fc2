"""``kakunin keys``: which keys the store needs, a new one, and bringing all rows under it."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.errors import Failed
from bot.cli.office import Office, note, os_user, progress_bar

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database import Database

app = typer.Typer(no_args_is_help=True, help="The keys under which personal records are sealed.")


@app.callback()
def _group() -> None:
    """The keys under which personal records are sealed."""


@app.command("status")
def status(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """How many values are sealed under which key; a key with none may be retired."""
    from storage.key_rotation import count_keys

    office = Office()
    with office.store() as database:
        uses = database.run_read(count_keys)
        given = database.vault.keyring.key_ids
    current = given[0]
    keys = {key: dict[str, int]() for key in given} | {use.key_id: dict(use.values) for use in uses}
    if as_json:
        may_go = [key for key, values in keys.items() if not values and key != current]
        typer.echo(json.dumps({"current": current, "keys": keys, "may_be_retired": may_go}))
        return
    for key, values in keys.items():
        total = str(sum(values.values()))
        word = "keys.current" if key == current else "keys.in_use" if values else "keys.unused"
        typer.echo(office.say(word, key_id=key, count=total))
        for table, count in values.items():
            typer.echo(f"  {table}: {count}")


@app.command("new")
def new() -> None:
    """Make a key: in front of ``kakunin.key``, or, where the keys are a setting, as a line to put first there."""
    from storage.encryption import new_key
    from storage.engines import parse_url
    from storage.key_file import add_key

    office = Office()
    if office.settings.encryption_keys or parse_url(office.settings.database_url).get_backend_name() != "sqlite":
        # The first one is made before there is a store.
        typer.echo(new_key("key"))
        typer.echo(office.say("keys.put_first"), err=True)
        return
    with office.store() as database:
        path = database.key_file
        assert path is not None
        # A service that runs has read the file: it could not open what others seal under a key it does not know.
        with database.serve_lock():
            key_id = add_key(path)
        note(database, "keys.made", subjects={"key": key_id})
    typer.echo(office.say("keys.made", key_id=key_id, name=path.name))


@app.command("rotate")
def rotate() -> None:
    """Bring every sealed value under the first key; may be stopped and goes on where it stood."""
    from storage.key_rotation import count_sealed, lead_to

    office = Office()
    with office.store() as database:
        uni, keyring = database.universe, database.vault.keyring
        database.run(lambda conn: lead_to(conn, uni, keyring))
        total = database.run_read(count_sealed)
        resealed, broken = _rotate(office, database, total)
        found = {"resealed": str(resealed), "broken": str(broken)}
        note(database, "keys.rotated", subjects={"key": keyring.current}, detail=found)
    typer.echo(office.say("keys.rotated", key_id=keyring.current, count=str(resealed)))
    if broken:
        raise Failed(office.say("keys.broken", count=str(broken)))


def _rotate(office: Office, database: Database, total: int) -> tuple[int, int]:
    """All steps until a pass finds nothing; how many values were renewed, and how many do not open."""
    from datetime import timedelta

    from storage.key_rotation import LEASE, rotate_step
    from storage.leases import give_back_lease, renew_lease, take_lease

    uni, minute, owner = database.universe, timedelta(minutes=1), f"command:{os_user()}"
    resealed = broken = 0
    with progress_bar(office.say("keys.progress")) as progress:
        # The service does the same beside us, a round at a time: whoever has the lease goes on.
        while (lease := database.run(lambda c: take_lease(c, uni, LEASE, owner=owner, duration=minute))) is None:
            time.sleep(0.2)
        try:
            while True:
                held = lease
                step = rotate_step(database, held)
                resealed, broken = resealed + step.resealed, broken + step.broken
                if step.ended and not step.settled:
                    broken = 0  # the next pass meets them again
                progress(min(resealed, total), total)
                if step.settled:
                    return resealed, broken
                lease = database.run(lambda conn: renew_lease(conn, uni, held, duration=minute))  # noqa: B023
        finally:
            last = lease
            database.run(lambda conn: give_back_lease(conn, uni, last))


@app.command("retire")
def retire(key_id: Annotated[str, typer.Argument(metavar="KEY_ID", help="As `keys status` names it.")]) -> None:
    """Take a key that nothing needs out of ``kakunin.key``."""
    from storage.key_file import remove_key
    from storage.key_register import is_used

    office = Office()
    with office.store() as database:
        path = _key_file(office, database)
        if path is None:
            raise office.refuse("keys.is_a_setting", key_id=key_id)
        if key_id == database.vault.keyring.current or database.run_read(lambda conn: is_used(conn, key_id)):
            raise office.refuse("keys.still_needed", key_id=key_id)
        with database.serve_lock():
            if not remove_key(path, key_id):
                raise office.refuse("keys.not_there", key_id=key_id, name=path.name)
        note(database, "keys.retired", subjects={"key": key_id})
    typer.echo(office.say("keys.retired", key_id=key_id, name=path.name))


def _key_file(office: Office, database: Database) -> Path | None:
    """The key file beside a SQLite store, where the keys are no setting."""
    return None if office.settings.encryption_keys else database.key_file
