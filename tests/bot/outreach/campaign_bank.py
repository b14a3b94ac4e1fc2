"""A bank with customers, a clock moved by hand, two platforms that note what arrives, and the chore of campaigns."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text

from bot.channels.base import Outcome, Recipient, Sent
from bot.channels.limits import LIMITS
from bot.delivery import Sender
from bot.live_content import LiveContent, _Faq
from bot.metrics import Metrics
from bot.outreach.campaigning import approve, make, start
from bot.outreach.climbing import Climbing, Gate, Setting
from bot.outreach.ladder import Ladder, shipped_ladder
from bot.settings import Settings
from bot.talk import Rules
from dialogs.conversation.prompts import Message
from dialogs.personal import Personal
from locales import VOICES
from storage import accounts
from storage.campaign_steps import on_their_way
from storage.campaigns import Actor, Campaign, Rule
from storage.cases import Case, CaseStatus, load_case
from storage.database import Database
from storage.inbound import insert_inbound
from storage.leases import give_back_lease, take_lease
from storage.tables import CampaignMemberRow, CampaignRow, table_of
from storage.universe import FrozenUniverse
from tests.storage.reconciliation.seeding import TARO, add_case, add_customers

TOKYO = ZoneInfo("Asia/Tokyo")
_member, _campaign = table_of(CampaignMemberRow), table_of(CampaignRow)
MAKER, CHECKER = Actor(kind="os_user", id="maker"), Actor(kind="os_user", id="checker")


@dataclass
class Platform:
    """A platform that notes what arrives, or answers as it is told."""

    name: str
    universe: FrozenUniverse
    limits: Any = None
    pushes_once: bool = True
    #: User -> how his messages end.
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    #: User, local day and hour, text.
    sent: list[tuple[str, datetime, str]] = field(default_factory=list)
    #: The people of each call that took something to many, in the order of the calls, and its key.
    calls: list[tuple[str, ...]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    #: How the next calls to many end; the others as those of their people do.
    endings: list[Outcome] = field(default_factory=list)
    #: Keys that were taken.
    taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.limits = LIMITS[self.name]

    async def send(
        self, recipient: Recipient, messages: Sequence[Message], *, reply_token: Personal | None, retry_key: str
    ) -> Sent:
        user = recipient.user_id.reveal()
        outcome = self.outcomes.get(user, Outcome.SENT)
        if outcome is Outcome.SENT:
            at = self.universe.now().astimezone(TOKYO)
            self.sent += [(user, at, message.text) for message in messages]
        return Sent(outcome=outcome, provider_ids=tuple(f"{retry_key}{place}" for place in range(len(messages))))

    async def send_to_many(self, users: Sequence[Personal], message: Message, *, retry_key: str) -> Sent:
        people = [user.reveal() for user in users]
        self.calls.append(tuple(people))
        self.keys.append(retry_key)
        # What it refuses it refuses before anything can be lost on the way.
        ends = [self.outcomes.get(user, Outcome.SENT) for user in people]
        end = min(ends, key=lambda one: (one is Outcome.SENT, one is Outcome.UNCERTAIN))
        outcome = self.endings.pop(0) if self.endings else end
        if retry_key in self.taken:
            return Sent(outcome=Outcome.ACCEPTED_BEFORE)
        if outcome in (Outcome.SENT, Outcome.UNCERTAIN):
            self.taken.add(retry_key)
            self.sent += [(user, self.universe.now().astimezone(TOKYO), message.text) for user in people]
        return Sent(outcome=outcome)


class CampaignBank:
    """The bank of one test."""

    def __init__(self, database: Database, universe: FrozenUniverse) -> None:
        self.database, self.universe = database, universe
        self.settings = Settings(bank_name="みどり銀行", bank_phone="0120-000-000")
        self.line, self.telegram = Platform("line", universe), Platform("telegram", universe)
        #: Calls in a second, where that is not what the platforms say.
        self.speeds: dict[str, float] = {}
        self.cases: dict[str, Case] = {}
        self.accounts: dict[str, str] = {}
        self.rebuild()

    def rebuild(self) -> None:
        """A process of its own over the same store: nothing in memory is carried over."""
        channels = {"line": self.line, "telegram": self.telegram}
        self.setting = Setting(
            database=self.database, settings=self.settings, channels=frozenset(channels), speeds=self.speeds
        )
        live = LiveContent(facts={"bank_name": "みどり銀行", "bank_phone": "0120-000-000"}, encoder="off")
        # No customer writes here: what is said needs the catalogues, and no topic.
        topics: dict[str, Any] = {voice: {} for voice in VOICES}
        live._faq = _Faq(("none",), topics, None, datetime.max.replace(tzinfo=UTC))  # type: ignore[arg-type]
        self.climbing = Climbing(self.setting, live, Rules(zone=TOKYO))
        self.sender = Sender(self.database, channels, "sender", Metrics(), Gate(self.setting))  # type: ignore[arg-type]

    # People -------------------------------------------------------------------------------------

    def customers(self, *numbers: str, **columns: str) -> None:
        add_customers(self.database, *(TARO | {"customer_no": number} | columns for number in numbers))
        for number in numbers:
            self.cases[number] = add_case(self.database, number)

    def link(self, number: str, channel: str = "line", *, of: str | None = None) -> str:
        """Link an account to the customer by an older case, as it is for whoever answered before."""
        vault, uni = self.database.vault, self.database.universe
        before = add_case(self.database, number, cause="event")

        def run(conn: Any) -> str:
            user = Personal(f"U{of or number}")
            account = accounts.upsert_account(conn, vault, uni, channel, user, "ja")
            accounts.make_link(conn, uni, account.id, before.customer_id, before.id)
            conn.execute(text("UPDATE review_case SET status = '75' WHERE id = :id"), {"id": before.id})
            return account.id

        self.accounts[number] = self.database.run(run)
        return self.accounts[number]

    def hear(self, account_id: str) -> None:
        """Something of the customer is stored; it was not read yet."""
        database, uni = self.database, self.universe

        def run(conn: Any) -> None:
            here = conn.execute(
                text("SELECT id FROM conversation WHERE account_id = :a"), {"a": account_id}
            ).scalar_one()
            insert_inbound(
                conn,
                database.vault,
                uni,
                channel="line",
                event_key=uni.new_id(),
                account_id=account_id,
                conversation_id=here,
                kind="text",
                occurred_at=uni.now(),
                content_id=None,
                message_id=None,
                payload={},
            )

        database.run(run)

    def case(self, number: str) -> Case:
        found = self.database.run_read(lambda conn: load_case(conn, self.cases[number].id))
        assert found is not None
        return found

    def statuses(self) -> dict[str, CaseStatus]:
        return {number: self.case(number).status for number in self.cases}

    # The campaign -------------------------------------------------------------------------------

    def begin(
        self, name: str = "c1", *, rule: Rule | None = None, ladder: Ladder | None = None, **ramp: int
    ) -> Campaign:
        """A campaign that is approved and started; without a first wave of its own unless asked for."""
        wanted = ladder or shipped_ladder()
        wanted = wanted.model_copy(update={"ramp": wanted.ramp.model_copy(update={"percent": 100} | ramp)})
        make(self.database, name=name, rule=rule or Rule(), ladder=wanted, actor=MAKER)
        approve(self.database, self.settings, name, actor=CHECKER)
        return start(self.database, self.settings, name, actor=CHECKER)

    def plan(self) -> None:
        """Queue, list and put off what is due at this moment."""
        database, uni = self.database, self.universe
        lease = database.run(
            lambda conn: take_lease(conn, uni, "campaigns", owner="test", duration=timedelta(minutes=1))
        )
        assert lease is not None
        for _ in range(100):
            if not self.climbing.step(lease):
                break
        else:
            raise AssertionError("the campaigns find no rest")
        database.run(lambda conn: give_back_lease(conn, uni, lease))

    def send(self) -> None:
        """Send what is queued."""
        while asyncio.run(self.sender.send_due()):
            pass

    def round(self) -> None:
        """All that can be sent at this moment, also what waits for room until something has left."""
        self.plan()
        for _ in range(50):
            self.send()
            self.plan()
            if not self.database.run_read(on_their_way):
                return

    def run_until(self, day: date) -> None:
        """Let the days pass up to nine at night of ``day``, with a round whenever something is due."""
        end = datetime.combine(day, time(21), TOKYO).astimezone(UTC)
        runs = _campaign.c.state == "running"
        self.round()
        while True:
            due = self.database.run_read(
                lambda conn: conn.execute(
                    select(func.min(_member.c.due_at))
                    .join(_campaign, _campaign.c.id == _member.c.campaign_id)
                    .where(runs, _member.c.left_at.is_(None), _member.c.due_at <= end)
                ).scalar()
            )
            rest = self.database.run_read(
                lambda conn: conn.execute(
                    select(func.min(_campaign.c.rest_from)).where(runs, _campaign.c.rest_from <= end)
                ).scalar()
            )
            moments = [at for at in (due, rest) if at is not None]
            if not moments:
                break
            # What is due already and was not done waits for nothing but time.
            self.go_to(max(min(moments), self.universe.now() + timedelta(minutes=1)))
            if self.universe.now() >= end:
                return
            self.round()
        self.go_to(end)
        self.round()

    def go_to(self, at: datetime) -> None:
        self.universe.advance(max(at.astimezone(UTC) - self.universe.now(), timedelta(0)))

    # What came of it ----------------------------------------------------------------------------

    def rows(self, query: str, **values: Any) -> list[Any]:
        return self.database.run_read(lambda conn: list(conn.execute(text(query), values)))

    def steps(self, number: str) -> list[tuple[str, str, date]]:
        """Step, channel and local day of all that was carried out for a customer, in order."""
        query = "SELECT step, channel, at FROM campaign_delivery WHERE case_id = :c ORDER BY step_no, attempt"
        found = []
        for row in self.rows(query, c=self.cases[number].id):
            at = row.at if isinstance(row.at, datetime) else datetime.fromisoformat(row.at)
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            found.append((row.step, row.channel, at.astimezone(TOKYO).date()))
        return found

    def member(self, number: str) -> Mapping[str, Any]:
        (row,) = self.rows("SELECT * FROM campaign_member WHERE case_id = :c", c=self.cases[number].id)
        return dict(row._mapping)

    def arrived(self) -> list[tuple[str, datetime, str]]:
        return sorted(self.line.sent + self.telegram.sent, key=lambda one: one[1])
