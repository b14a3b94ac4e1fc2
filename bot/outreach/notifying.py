"""Sending LINE notification messages: to the mobile number of a customer who has no account with us.

Promise: whatever holds for a message in the chat holds here and is asked once more just before the call; a number goes
out as its SHA-256 alone and stands in no log; what may have left the house is never sent again; and what LINE does not
take, or does not deliver within a day, is decided on anew for the next way of the ladder.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from babel.dates import format_date
from sqlalchemy import Connection

from bot.channels.base import Outcome, Sent
from bot.outreach.climbing import Setting
from bot.outreach.ladder import Step
from bot.outreach.next_step import Now, why_not_notify
from bot.outreach.notified import note_sent
from dialogs.personal import Personal
from locales import VOICES, language_of, load_catalogue
from storage.campaign_facts import MemberFacts, facts_of_cases
from storage.campaigns import list_campaigns
from storage.customers import Customer, load_customer, normal_phone
from storage.encryption import DigestKind
from storage.notifying.queue import (
    begin_sending,
    due_notifications,
    last_told,
    note_call,
    put_off,
    settle,
    take_number,
    tries_of,
)
from storage.problems import KeyMissing, SealBroken

log = structlog.get_logger("kakunin.notifications")

#: Seconds between two looks where nothing is due.
_LOOK_EVERY = 5.0
_PIECE = 20
_AGAIN = timedelta(minutes=10)
#: An outage of some hours is outlasted.
MOST_TRIES = 12
_FIRST_WAIT = timedelta(seconds=30)
_MOBILE = re.compile(r"0[6789]0[0-9]{8}", re.ASCII)
#: The campaign or the customer needs it no more: anything else is only for now.
_FOR_GOOD = frozenset({"account", "withdrawn", "answered", "refused", "climbed", "ended"})


class Notifies(Protocol):
    """A platform that finds somebody by his number."""

    async def notify(self, hashed: Personal, text: str, *, tag: str) -> Sent:
        """Send a text to whoever has this number; never raises for the platform's answers."""


@dataclass(frozen=True, kw_only=True)
class _Ready:
    """A message that is to leave now."""

    facts: MemberFacts
    step: Step
    hashed: Personal
    text: str


def mobile_number(phone: str) -> str | None:
    """A Japanese mobile number in its international form (E.164); ``None`` for any other."""
    digits = re.sub(r"^\+?81", "0", normal_phone(phone))
    return f"+81{digits[1:]}" if _MOBILE.fullmatch(digits) else None


def hashed_number(number: str) -> Personal:
    """As LINE takes it: SHA-256, hexadecimal."""
    return Personal(hashlib.sha256(number.encode()).hexdigest())


class Notifier:
    """The sender of one process; several may run on one store."""

    def __init__(self, setting: Setting, channel: Notifies) -> None:
        self._setting = setting
        self._database = setting.database
        self._channel = channel
        self._stopping = asyncio.Event()

    def finish(self) -> None:
        """Begin no call more; ``run`` ends when the present one has been recorded."""
        self._stopping.set()

    async def run(self) -> None:
        """Until told to finish; a call that is cut off counts as perhaps sent."""
        while not self._stopping.is_set():
            sent = 0
            try:
                sent = await self.send_due()
            except Exception as error:
                log.exception("notifications.round_failed", error=type(error).__name__)
            if not sent:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_EVERY):
                        await self._stopping.wait()

    async def send_due(self) -> int:
        """Send what is due now, one after the other; how many were looked at."""
        database, uni = self._database, self._database.universe
        due = await database.read(lambda conn: due_notifications(conn, uni.now(), _PIECE))
        for notification_id in due:
            if self._stopping.is_set():
                break
            try:
                ready = await database.transact(lambda conn, one=notification_id: self._prepare(conn, one))  # type: ignore[misc]
            except (SealBroken, KeyMissing) as problem:
                log.error("notifications.does_not_open", why=type(problem).__name__)
                await database.transact(lambda conn, one=notification_id: self._give_up(conn, one))  # type: ignore[misc]
                continue
            if ready is None:
                continue
            sent = await self._channel.notify(ready.hashed, ready.text, tag=notification_id)
            await database.transact(
                lambda conn, one=notification_id, now=ready, end=sent: self._record(conn, one, now, end)  # type: ignore[misc]
            )
        return len(due)

    def _prepare(self, conn: Connection, notification_id: str) -> _Ready | None:
        """Take the message and ask everything once more; ``None`` where it must not leave now."""
        database, uni = self._database, self._database.universe
        taken = begin_sending(conn, uni, notification_id)
        if taken is None:
            return None
        facts = next(iter(facts_of_cases(conn, taken.campaign_id, [taken.case_id])), None)
        campaign = next((one for one in list_campaigns(conn) if one.id == taken.campaign_id), None)
        if facts is None or campaign is None or facts.next_step != taken.step_no:
            settle(conn, uni, notification_id, "dropped", "gone_on")
            return None
        now = self._setting.now(conn, campaign.ladder)
        why = why_not_notify(facts, now)
        if why in _FOR_GOOD or campaign.state in ("stopped", "finished"):
            settle(conn, uni, notification_id, "dropped", why or campaign.state)
            return None
        if why:
            put_off(conn, notification_id, now.hours.next_opening(now.at + _AGAIN), why)
            return None
        customer = load_customer(conn, database.vault, taken.customer_id)
        number = None if customer is None else mobile_number(customer.fields.get("phone", ""))
        if customer is None or number is None:
            settle(conn, uni, notification_id, "unreachable", "no_mobile_number")
            return None
        if (until := self._shared(conn, notification_id, number, now)) is not None:
            put_off(conn, notification_id, until, "days_between")
            return None
        step = now.ladder.steps(facts.rating)[facts.next_step]
        note_call(conn, notification_id)
        return _Ready(facts=facts, step=step, hashed=hashed_number(number), text=self._text(customer, step, now))

    def _shared(self, conn: Connection, notification_id: str, number: str, now: Now) -> datetime | None:
        """Until when the message waits because somebody else with this number is written to, or was."""
        digest = self._database.vault.digest(DigestKind.FULL_PHONE, number)
        if not take_number(conn, notification_id, digest):
            return now.hours.next_opening(now.at + _AGAIN)
        told = last_told(conn, digest)
        between = timedelta(days=now.ladder.days_between)
        return None if told is None or now.at - told >= between else now.hours.next_opening(told + between)

    def _give_up(self, conn: Connection, notification_id: str) -> None:
        uni = self._database.universe
        if begin_sending(conn, uni, notification_id) is not None:
            settle(conn, uni, notification_id, "failed", "unreadable")

    def _text(self, customer: Customer, step: Step, now: Now) -> str:
        """The approved words; nothing about the customer stands in them."""
        settings = self._setting.settings
        overlay = None if settings.content_dir is None else settings.content_dir / "locales"
        voice = customer.locale if customer.locale in VOICES else settings.default_locale
        answer_by = format_date(now.today + timedelta(days=step.answer), "long", language_of(voice))
        return load_catalogue(voice, overlay).text(
            "outreach.notification",
            bank_name=settings.bank_name,
            bank_phone=settings.bank_phone,
            answer_by=answer_by,
        )

    def _record(self, conn: Connection, notification_id: str, ready: _Ready, sent: Sent) -> None:
        uni = self._database.universe
        match sent.outcome:
            case Outcome.SENT | Outcome.ACCEPTED_BEFORE | Outcome.UNCERTAIN:
                state = "unknown" if sent.outcome is Outcome.UNCERTAIN else "accepted"
                note_sent(conn, uni, notification_id, ready.facts, ready.step, state=state, detail=sent.detail)
            case Outcome.REJECTED | Outcome.BLOCKED if sent.detail.startswith(("400", "422")):
                settle(conn, uni, notification_id, "unreachable", sent.detail)
            case Outcome.RETRY | Outcome.QUOTA if (wait := self._wait(conn, notification_id)) is not None:
                put_off(conn, notification_id, uni.now() + (sent.retry_after or wait), sent.detail)
            case _:
                # Above all 403: LINE has not approved the account for this.
                log.error("notifications.refused", detail=sent.detail)
                settle(conn, uni, notification_id, "failed", sent.detail)

    def _wait(self, conn: Connection, notification_id: str) -> timedelta | None:
        """How long until the next try; ``None`` after the last."""
        tries = tries_of(conn, notification_id)
        return None if tries >= MOST_TRIES else min(_FIRST_WAIT * 2**tries, timedelta(hours=1))
