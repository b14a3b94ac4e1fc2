"""``kakunin backup`` and ``kakunin restore``: the store in one file, and a store from such a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.office import Office, note


def backup(
    out: Annotated[Path, typer.Option("--out", help="A new file; what is in it stands beside it in FILE.json.")],
    pg_dump: Annotated[str, typer.Option("--pg-dump", help="PostgreSQL's pg_dump.")] = "pg_dump",
) -> None:
    """Copy the whole store, also while it is served; the keys are not in the copy."""
    from storage import audit
    from storage.backups import make_copy
    from storage.engines import parse_url

    office = Office()
    office.writable(out)
    with office.store() as database:
        note(database, "store.copied", subjects={}, detail={"file": _code(out.name)})
        # The copy's own entry is in it, and chained.
        database.run(lambda conn: audit.seal_chain(conn, database.vault, database.universe))
        account = make_copy(database, parse_url(office.settings.database_url), out, pg_dump=pg_dump)
        key_file = database.key_file if office.settings.encryption_keys is None else None
    found = account.inventory
    typer.echo(
        office.say(
            "backup.made",
            name=out.name,
            rows=str(sum(found.rows.values())),
            seq=str(found.audit_seq),
            mac=found.audit_mac[:16],
        )
    )
    kept = "KAKUNIN_ENCRYPTION_KEYS" if key_file is None else key_file.name
    typer.echo(office.say("backup.keys", keys=", ".join(found.key_ids), place=kept), err=True)


def restore(
    file: Annotated[Path, typer.Argument(help="A copy that kakunin backup made.")],
    pg_restore: Annotated[str, typer.Option("--pg-restore", help="PostgreSQL's pg_restore.")] = "pg_restore",
) -> None:
    """Make the store that KAKUNIN_DATABASE_URL names from a copy, where there is none yet; checks all of it."""
    from bot.cli.store import one_sentence
    from storage.backups import restore_copy
    from storage.encryption import Keyring
    from storage.engines import parse_url
    from storage.migrations import HEAD
    from storage.universe import Universe

    office = Office()
    office.readable(file)
    given = office.settings.encryption_keys
    with one_sentence():
        keys = Keyring.parse(given.get_secret_value()) if given else None
        url = parse_url(office.settings.database_url)
        account = restore_copy(file, url, keys, Universe.real(), pg_restore=pg_restore)
    found = account.inventory
    typer.echo(
        office.say(
            "backup.restored",
            at=account.made_at,
            rows=str(sum(found.rows.values())),
            seq=str(found.audit_seq),
            mac=found.audit_mac[:16],
        )
    )
    if found.revision != HEAD:
        typer.echo(office.say("backup.older", revision=found.revision), err=True)
    if office.settings.audit_head_file is not None:
        typer.echo(office.say("backup.note_head"), err=True)


def _code(name: str) -> str:
    """A file's name as far as the audit record takes it."""
    return "".join(sign if sign.isascii() and (sign.isalnum() or sign in "._-") else "_" for sign in name)[-100:]
