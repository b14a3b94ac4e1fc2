"""A bank that may write to telephone numbers, and a LINE that notes what it is told."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

from sqlalchemy import text

from bot.channels.base import Outcome, Sent
from bot.outreach.climbing import Setting
from bot.outreach.ladder import RATINGS, Ladder, shipped_ladder
from bot.outreach.notifying import Notifier
from dialogs.personal import Personal
from storage.database import Database
from storage.notifying.queue import note_delivered
from storage.universe import FrozenUniverse
from tests.bot.outreach.campaign_bank import CampaignBank


@dataclass
class Numbers:
    """Notes what it is told, and answers as it is told to."""

    answers: list[Sent] = field(default_factory=list)
    told: list[tuple[str, str, str]] = field(default_factory=list)

    async def notify(self, hashed: Personal, text: str, *, tag: str) -> Sent:
        self.told.append((hashed.reveal(), text, tag))
        return self.answers.pop(0) if self.answers else Sent(outcome=Outcome.SENT)


class NotifyingBank(CampaignBank):
    """A bank that may write to telephone numbers."""

    def __init__(self, database: Database, universe: FrozenUniverse, *, on: bool = True) -> None:
        super().__init__(database, universe)
        self.numbers = Numbers()
        self.switch(on=on)

    def switch(self, *, on: bool) -> None:
        """From now on the bank may, or may not: processes of their own over the same store."""
        self.settings = self.settings.model_copy(update={"line_notifications": on})
        self.rebuild()
        self.answered_by(self.numbers)

    def answered_by(self, numbers: Numbers) -> None:
        """From now on LINE is this one."""
        setting = Setting(database=self.database, settings=self.settings, channels=frozenset({"line", "telegram"}))
        self.numbers, self.notifier = numbers, Notifier(setting, numbers)

    def move_campaigns(self, state: str) -> None:
        self.database.run(lambda conn: conn.execute(text("UPDATE campaign SET state = :s"), {"s": state}))

    def send(self) -> None:
        super().send()
        while self.settings.line_notifications and asyncio.run(self.notifier.send_due()):
            pass

    def state(self) -> str:
        (row,) = self.rows("SELECT state FROM notification")
        return str(row.state)

    def deliver(self) -> bool:
        tag = self.numbers.told[-1][2]
        return self.database.run(lambda conn: note_delivered(conn, self.universe, tag))


def ladder() -> Ladder:
    """As shipped, from the invitation on and with the telephone number before the letter."""
    rules = json.loads(shipped_ladder().to_json())
    for rating in RATINGS:
        rules[rating] = [step for step in rules[rating] if step["day"] >= 0]
        rules[rating][0]["by"] = ["chat", "line_notification", "letter"]
    return Ladder.model_validate(rules)


def begin(bank: CampaignBank, phone: str = "090-1234-5678", number: str = "0001") -> None:
    bank.customers(number, phone=phone, risk_rating="low")
    bank.begin(ladder=ladder())
