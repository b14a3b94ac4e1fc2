"""``kakunin support-bundle``: what somebody who helps needs to know, in one file, without anything about a person."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.errors import UserError
from bot.cli.office import Office

if TYPE_CHECKING:
    from bot.settings import Settings

#: Libraries whose version explains a fault.
_LIBRARIES = ("aiohttp", "cryptography", "line-bot-sdk", "psycopg", "python-telegram-bot", "sqlalchemy", "sqlmodel")
#: Seconds for which the running service may think about its metrics.
_PATIENCE = 3.0
_MOST_LINES = 5000


def support_bundle(
    out: Annotated[Path, typer.Option("--out", help="The zip file to write.")],
    log: Annotated[Path | None, typer.Option("--log", help="The service's log; - reads it from stdin.")] = None,
    lines: Annotated[int, typer.Option("--lines", min=1, max=_MOST_LINES, help="How many of its last lines.")] = 1000,
) -> None:
    """Pack versions, settings without secrets and addresses, doctor's findings, counts, metrics and log lines."""
    import os
    import zipfile

    office = Office()
    office.writable(out)
    said = [] if log is None else _last(office, log, lines)
    parts = dict(_parts(office, said))
    with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        os.fchmod(file.fileno(), 0o600)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
            for name, text in parts.items():
                bundle.writestr(name, text)
    typer.echo(office.say("support.made", name=out.name, parts=", ".join(parts)))


def _last(office: Office, log: Path, lines: int) -> list[str]:
    from collections import deque

    if str(log) == "-":
        return list(deque(sys.stdin, lines))
    with office.readable(log).open(encoding="utf-8", errors="replace") as file:
        return list(deque(file, lines))


def _parts(office: Office, said: list[str]) -> Iterator[tuple[str, str]]:
    from bot.cli.checkup import check_up
    from bot.support import private_words, shown_lines, shown_settings, without_addresses

    settings = office.settings
    private = private_words(settings)
    findings = [
        {"part": found.part, "ok": found.ok, "detail": without_addresses(found.detail, private)} for found in check_up()
    ]
    store, gauges = _store(settings, private)
    yield "versions.json", _json(_versions())
    yield "settings.json", _json(shown_settings(settings))
    yield "doctor.json", _json(findings)
    yield "store.json", _json(store)
    yield "metrics.txt", _running_metrics(settings) or gauges
    if said:
        yield "log.txt", "".join(f"{line}\n" for line in shown_lines(said))


def _versions() -> dict[str, str]:
    import platform
    from importlib.metadata import version

    from storage.migrations import HEAD

    found = {name: version(name) for name in ("kakunin", *_LIBRARIES)}
    return found | {"python": platform.python_version(), "system": platform.system(), "schema": HEAD}


def _store(settings: Settings, private: list[str]) -> tuple[dict[str, Any], str]:
    """What is in the store, in counts, and the gauges that are read from it."""
    import asyncio

    from bot.cli.store import open_database
    from bot.metrics import Metrics
    from bot.support import without_addresses
    from storage.database import Database
    from storage.inventory import damages, take_inventory

    def look(database: Database) -> tuple[dict[str, Any], str]:
        found, damaged = database.run_read(lambda conn: (take_inventory(conn), damages(conn)))
        gauges = asyncio.run(Metrics().page(database)).decode()
        return {"dialect": database.dialect, "damages": len(damaged)} | found.as_json(), gauges

    try:
        with open_database(settings) as database:
            return look(database)
    except UserError as problem:
        return {"problem": without_addresses(str(problem), private)}, ""


def _running_metrics(settings: Settings) -> str:
    """The meters of the service on this machine, where it runs; another program's answer is left out."""
    from http.client import HTTPConnection, HTTPException

    connection = HTTPConnection(settings.console_host, settings.console_port, timeout=_PATIENCE)
    try:
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read(1 << 20).decode("utf-8", "replace") if answer.status == 200 else ""
    except (OSError, HTTPException):
        return ""
    finally:
        connection.close()
    kept = [line for line in text.splitlines() if line.startswith(("kakunin_", "# HELP kakunin_", "# TYPE kakunin_"))]
    return "".join(f"{line}\n" for line in kept)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
