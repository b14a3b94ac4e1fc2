"""What ``kakunin demo`` plays first and prints: one customer, from the letter to the export."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.outreach.cadence import due_on
from bot.service import Service
from bot.simulator.people import Speaker
from bot.simulator.platform_line import LinePlatform
from bot.simulator.robot import Robot
from bot.simulator.seed import SeededLetter
from dialogs.personal import Personal
from locales import load_catalogue
from storage import accounts, conversations, outgoing
from storage.exports.cells import NOT_APPLICABLE
from storage.exports.responses import Options, export_responses
from storage.reconciliation.worker import Reconciler

#: The customer who is played.
PLAYED = "0000124"


async def play_one(
    service: Service, line: LinePlatform, item: SeededLetter, folder: Path, say: Callable[[str], None]
) -> None:
    """Play the customer of a letter and print what was said, then what is exported of it."""
    words = load_catalogue("ja")
    person = line.add_person(item.master["name"], friend=True)
    database = service.database
    definition = await database.read(lambda conn: service.live.live_definition(conn, "individual"))

    def asked() -> str | None:
        def look(conn: Connection) -> str | None:
            account = accounts.find_account(conn, database.vault, "line", Personal(person.user_id))
            if account is None or account.active_conversation_id is None:
                return None
            found = conversations.load_conversation(conn, database.vault, account.active_conversation_id)
            return None if found is None else found.open_question

        return database.run_read(look)

    robot = Robot(
        line,
        person,
        definition,
        asked=asked,
        answered=lambda: database.run_read(outgoing.all_settled),
    )
    await robot.link(
        lambda: line.type_text(person.user_id, item.code),
        date.fromisoformat(item.master["birth_date"]),
        item.master["phone"],
    )
    await robot.answer_all()
    say(words.text("tour.begins"))
    for bubble in person.bubbles:
        who = words.text("tour.customer" if bubble.speaker is Speaker.PERSON else "tour.bank")
        lines = [text for text in bubble.text.splitlines() if text]
        for number, text in enumerate(lines):
            say(f"{who if number == 0 else '':　<3}{text}")
    await asyncio.to_thread(_export, service, folder, say)


def _export(service: Service, folder: Path, say: Callable[[str], None]) -> None:
    """Reconcile and export as the commands do."""
    words = load_catalogue("ja")
    zone = ZoneInfo(service.settings.time_zone)
    done = Reconciler(next_due=due_on, zone=zone).run(service.database)
    say(words.text("tour.reconciled", **{name: str(count) for name, count in asdict(done).items()}))
    exported = export_responses(
        service.database,
        folder / "export",
        Options(zone=zone),
        actor="demo",
        program=f"kakunin {version('kakunin')}",
        word=words.text,
    )
    say(words.text("tour.exported", rows=str(exported.rows), path=str(exported.path)))
    with exported.path.open(encoding="utf-8-sig", newline="") as stream:
        names, *rows = csv.reader(stream)
    for row in rows:
        for name, text in zip(names, row, strict=True):
            # Of 200 columns most are empty for one customer; the file has them all.
            if text and text != NOT_APPLICABLE:
                say(f"  {name:<24} {text}")
