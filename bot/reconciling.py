"""The worker of the comparison with its way into the chat: what looks like a slip is asked once more.

Promise: the question is queued in the transaction of the comparison, so that a kill leaves both or neither; where the
chat is no way to the customer, the case goes to a person at once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.asking_again import CannotAsk, ask_again
from bot.chores import Chore
from bot.live_content import LiveContent
from bot.outreach.cadence import due_on, stored_cadence
from bot.reviewing import review_rules, severity_table
from bot.settings import Settings
from bot.talk import Rules, Talk
from storage.database import Database
from storage.leases import Lease
from storage.reconciliation.rating import reassess
from storage.reconciliation.worker import Ask, Reconciler
from storage.submissions import Submission

_REASSESS_EVERY = timedelta(hours=1)
_ACTOR = "system:reconcile"


def make_reconciler(database: Database, settings: Settings, live: LiveContent, rules: Rules) -> Reconciler:
    """The worker as the bank has set it; raises ``SettingsProblem``."""
    days = settings.ask_again_days
    return Reconciler(
        next_due=due_on,
        zone=ZoneInfo(settings.time_zone),
        table=severity_table(settings),
        review=review_rules(settings),
        ask=_asking(database, live, rules) if days else None,
        ask_for=timedelta(days=days),
        refresh=lambda conn: partial(due_on, cadence=stored_cadence(conn)),
    )


def reassess_in_time(database: Database, settings: Settings) -> Chore:
    """Every so often propose ratings for customers who did not answer or whose letter came back."""
    uni, zone, rules = database.universe, ZoneInfo(settings.time_zone), review_rules(settings)
    last = datetime.min.replace(tzinfo=UTC)

    def is_due(conn: Connection) -> bool:
        return uni.now() - last >= _REASSESS_EVERY

    def step(lease: Lease) -> bool:
        nonlocal last
        reassess(database, rules, zone)
        last = uni.now()
        return False

    return Chore("ratings.reassess", is_due, step)


def reconciler_of_commands(database: Database, settings: Settings) -> Reconciler:
    """The worker of a command, which has no service around it."""
    live = LiveContent(
        facts={"bank_name": settings.bank_name, "bank_phone": settings.bank_phone},
        overlay=settings.content_dir,
        encoder="off",
    )
    rules = Rules(
        zone=ZoneInfo(settings.time_zone),
        default_locale=settings.default_locale,
        sensitive_channels=frozenset(settings.sensitive_channels),
    )
    return make_reconciler(database, settings, live, rules)


def _asking(database: Database, live: LiveContent, rules: Rules) -> Ask:
    uni, vault = database.universe, database.vault

    def ask(conn: Connection, submission: Submission, fields: tuple[str, ...]) -> bool:
        talk = Talk(conn, vault, uni, live, rules, uni.new_id())
        try:
            ask_again(talk, submission.case_id, fields, staff_id=_ACTOR)
        except CannotAsk:
            return False
        return True

    return ask
