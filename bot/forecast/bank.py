"""The imagined bank: its store, its customers on the first day, and what its office does with the real commands.

Promise: cases, campaigns, messages and letters come from the product's own code alone, so a change there changes what
is simulated; a bank that was killed in the middle of its work opens again over its store and goes on.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.content_sources import publish_all
from bot.forecast.people import People
from bot.forecast.posting import Platform, Post
from bot.live_content import LiveContent
from bot.outreach.cadence import Cadence
from bot.outreach.campaigning import approve, make, release, start
from bot.outreach.climbing import Climbing, Gate, Setting
from bot.outreach.ladder import Ladder
from bot.outreach.letters import Channels, make_letters
from bot.outreach.opening import open_due_cases
from bot.settings import Settings
from bot.talk import Rules
from storage import imagined
from storage.cadences import decide_cadence
from storage.campaigns import Actor, Rule, list_campaigns
from storage.customers import begin_master_version, finish_master_version, stage_master_rows
from storage.database import Database
from storage.encryption import Keyring, new_key
from storage.imagined import NewAccount
from storage.leases import give_back_lease, take_lease
from storage.universe import FrozenUniverse

PLATFORMS = ("line", "telegram")
_MAKER, _CHECKER = Actor(kind="os_user", id="maker"), Actor(kind="os_user", id="checker")
_ACTOR = "simulated"
#: Rows of one transaction.
_BATCH = 1000
_LEASE = timedelta(minutes=1)
#: A letter's code holds so long.
_CODE_DAYS = 90


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is tried out."""

    ladder: Ladder
    cadence: Cadence


class Bank:
    """The bank's own side: everything here would be a command or a chore of the service."""

    def __init__(self, database: Database, settings: Settings, plan: Plan, platform: Platform, folder: Path) -> None:
        self.database, self._settings, self._plan, self._folder = database, settings, plan, folder
        self.zone = ZoneInfo(settings.time_zone)
        # Nobody counts the calls to a platform that is imagined: all of a day's messages leave at one moment.
        speeds = dict.fromkeys(PLATFORMS, 0.0)
        setting = Setting(database=database, settings=settings, channels=frozenset(PLATFORMS), speeds=speeds)
        facts = {"bank_name": settings.bank_name, "bank_phone": settings.bank_phone}
        self._climbing = Climbing(
            setting, LiveContent(facts=facts, encoder="off", listens=False), Rules(zone=self.zone)
        )
        self._post = Post(database, Gate(setting), platform)
        self._files = 0

    @property
    def today(self) -> date:
        return self.database.universe.now().astimezone(self.zone).date()

    def open_month(self, ahead: int) -> int:
        """Open what falls due, and begin a campaign for all who wait for their first message; returns how many."""
        database, today = self.database, self.today
        due_by = today + timedelta(days=ahead)
        opened = open_due_cases(database, due_by=due_by, today=today, actor=_ACTOR, zone=self.zone)
        name = f"{today:%Y-%m}"
        make(database, name=name, rule=Rule(), ladder=self._plan.ladder, actor=_MAKER)
        approve(database, self._settings, name, actor=_CHECKER)
        start(database, self._settings, name, actor=_CHECKER)
        return opened.opened

    def climb(self) -> None:
        """Let the campaigns do what is due, as the chore of the service does."""
        database, uni = self.database, self.database.universe
        lease = database.run(lambda conn: take_lease(conn, uni, "campaigns", owner=_ACTOR, duration=_LEASE))
        if lease is None:
            return
        while self._climbing.step(lease) or self._post.send():
            pass
        database.run(lambda conn: give_back_lease(conn, uni, lease))

    def let_go_on(self) -> None:
        """Somebody looks at what has paused of itself, and finds nothing but people who could not be reached."""
        for campaign in self.database.run_read(lambda conn: list_campaigns(conn, state="paused")):
            release(self.database, campaign.id, actor=_CHECKER)
            start(self.database, self._settings, campaign.id, actor=_CHECKER)

    def write_letters(self) -> Iterator[Mapping[str, str]]:
        """Make the letters that wait; each as a row of the printer's file."""
        running = self.database.run_read(lambda conn: list_campaigns(conn, state="running"))
        for campaign in running:
            self._files += 1
            out = self._folder / f"letters-{self._files}.csv"
            made = make_letters(
                self.database,
                out,
                channels=Channels(line_basic_id="@simulated"),
                expires_on=self.today + timedelta(days=_CODE_DAYS),
                actor=_ACTOR,
                campaign_id=campaign.id,
            )
            if made:
                with out.open(encoding="utf-8", newline="") as stream:
                    yield from csv.DictReader(stream)
            out.unlink()


def open_store(folder: Path, universe: FrozenUniverse, *, name: str = "bank") -> Database:
    """The scratch store of a folder, with a key of its own."""
    key = folder / f"{name}.keys"
    if not key.exists():
        key.write_text(new_key("simulated"), encoding="ascii")
    keys = Keyring.parse(key.read_text(encoding="ascii"))
    url = f"sqlite:///{folder / name}.db"
    return Database.open(url, keys=keys, universe=universe, alone=True)


def fill(
    database: Database,
    people: People,
    plan: Plan,
    cadence: Cadence,
    numbers: list[str],
    first: date,
    content_dir: Path | None,
) -> None:
    """The customers of the first day with their accounts, the texts, and the cadence of the plan.

    ``cadence`` is the one by which they were reviewed so far.
    """
    vault, uni = database.vault, database.universe
    database.run(lambda conn: publish_all(conn, uni, content_dir, actor=_ACTOR))
    months = {**plan.cadence.months, "before_expiry": plan.cadence.months_before_expiry}
    database.run(lambda conn: decide_cadence(conn, vault, uni, **months, reason="simulated", by=_ACTOR))
    seq = database.run(lambda conn: begin_master_version(conn, uni, "0" * 64))
    for at in range(0, len(numbers), _BATCH):
        rows = [people.row(people.person(number), first, cadence) for number in numbers[at : at + _BATCH]]
        database.run(lambda conn, rows=rows: stage_master_rows(conn, vault, uni, seq, rows))  # type: ignore[misc]
    database.run(lambda conn: finish_master_version(conn, uni, seq))
    ids = {number: one for one, number in database.run_read(imagined.numbers_of).items()}
    linked = [person for person in map(people.person, numbers) if person.channel]
    for at in range(0, len(linked), _BATCH):
        wanted = [
            NewAccount(customer_id=ids[one.number], channel=one.channel, user=one.number, kind=one.kind)
            for one in linked[at : at + _BATCH]
        ]
        database.run(lambda conn, wanted=wanted: imagined.add_accounts(conn, vault, uni, wanted))  # type: ignore[misc]
