"""Time-outs of the waiting line: nobody is there yet, nobody came, the member of staff does not answer.

Promise: a timer fires only in the state for which it was set, looked at again under the lock of the conversation;
what fails for one customer is counted, tried again later and holds up nobody else.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import Connection

from bot.chores import Chore
from bot.conversing import apply_input
from bot.live_content import LiveContent
from bot.metrics import Metrics
from bot.talk import Rules, Talk
from dialogs.conversation import inputs as inp
from storage import audit, hand_overs, snoozes
from storage.conversations import Conversation
from storage.database import Database
from storage.hand_overs import HandOver, Timer
from storage.leases import Lease

log = structlog.get_logger("kakunin.time_outs")

#: Time-outs of one step; a morning's first step tells many at once.
_AT_ONCE = 20
#: When one that failed is tried again.
_AGAIN = timedelta(minutes=5)
#: Between "still waiting" and "nobody came" lies at least this.
_LEAST = timedelta(minutes=1)


class TimeOuts:
    """The timers of one process."""

    def __init__(self, database: Database, live: LiveContent, rules: Rules, metrics: Metrics) -> None:
        self._database = database
        self._live = live
        self._rules = rules
        self._metrics = metrics

    def chore(self) -> Chore:
        """As a chore: one process at a time."""
        uni = self._database.universe

        def is_due(conn: Connection) -> bool:
            return bool(hand_overs.due(conn, uni.now(), 1))

        # No fence: whoever carries a time-out out holds the conversation, and it is not due any more afterwards.
        return Chore("hand_over.time_outs", is_due, self._step)

    def _step(self, _: Lease) -> bool:
        database = self._database
        ids = database.run_read(lambda conn: hand_overs.due(conn, database.universe.now(), _AT_ONCE))
        for hand_over_id in ids:
            try:
                database.run(lambda conn, one=hand_over_id: self._carry_out(conn, one))  # type: ignore[misc]
            except Exception as error:
                log.exception("time_out.failed", hand_over=hand_over_id, error=type(error).__name__)
                self._metrics.time_outs_failed.inc()
                later = database.universe.now() + _AGAIN
                database.run(lambda conn, one=hand_over_id, at=later: hand_overs.put_back(conn, one, at))  # type: ignore[misc]
        return len(ids) == _AT_ONCE

    def _carry_out(self, conn: Connection, hand_over_id: str) -> None:
        database = self._database
        talk = Talk(conn, database.vault, database.universe, self._live, self._rules, database.universe.new_id())
        seen = hand_overs.load_hand_over(conn, hand_over_id)
        if seen is None:
            return
        conversation = talk.lock(seen.conversation_id)
        # Somebody may have moved it between the look and the lock.
        found = hand_overs.load_hand_over(conn, hand_over_id)
        if found is None or found.timer is None or found.due_at is None or found.due_at > talk.now:
            return
        if found.epoch != conversation.epoch:
            hand_overs.set_timer(conn, found.id, None, None)
            return
        if found.timer == Timer.IDLE.value:
            self._idle(talk, conversation, found)
        else:
            self._waiting(talk, conversation, found)

    def _waiting(self, talk: Talk, conversation: Conversation, found: HandOver) -> None:
        office, patience = self._rules.office, self._rules.patience
        if not office.is_open(talk.now):
            # They closed meanwhile, or their hours were changed: nobody is disturbed at night.
            hand_overs.set_timer(talk.conn, found.id, Timer(found.timer or ""), office.next_opening(talk.now))
        elif found.timer == Timer.TOLD.value:
            apply_input(talk, conversation, inp.WaitedLong())
            due = max(office.after(conversation.waiting_since or talk.now, patience.most), talk.now + _LEAST)
            hand_overs.set_timer(talk.conn, found.id, Timer.NOBODY, due)
        else:
            hand_overs.set_timer(talk.conn, found.id, None, None)
            apply_input(talk, conversation, inp.NobodyCame())
            _record(talk, "handoff.nobody_came", conversation)

    def _idle(self, talk: Talk, conversation: Conversation, found: HandOver) -> None:
        office, idle = self._rules.office, self._rules.patience.idle
        touched = found.touched_at or found.asked_at
        heard = conversation.last_inbound_at
        put_off = snoozes.load_snooze(talk.conn, conversation, talk.now)
        if put_off is not None:
            if not put_off.is_asleep:
                # It has come back to its owner: his time begins anew, once.
                snoozes.wake(talk.conn, conversation.id)
            if not put_off.is_asleep or put_off.until is not None:
                hand_overs.set_timer(talk.conn, found.id, Timer.IDLE, talk.now + idle)
                return
            # He waits for the customer: whatever was said before, it is the customer's turn.
            touched = put_off.at
        if heard is None or heard <= touched:
            # It is the customer who is silent: the conversation stays with its member of staff, for a day.
            if talk.now - touched < self._rules.verify_after:
                hand_overs.set_timer(talk.conn, found.id, Timer.IDLE, talk.now + idle)
                return
            apply_input(talk, conversation, inp.HandedBack(reason="customer_silent"))
        elif office.is_open(talk.now):
            apply_input(
                talk, conversation, inp.StaffReleased(staff_id=conversation.owner_staff_id or "", reason="idle")
            )
        else:
            apply_input(talk, conversation, inp.NobodyCame())
        _record(talk, "handoff.idle", conversation)


def _record(talk: Talk, action: str, conversation: Conversation) -> None:
    audit.record(
        talk.conn,
        talk.uni,
        action,
        actor_kind="system",
        actor_id=None,
        subjects={"conversation": conversation.id},
        detail={},
    )
