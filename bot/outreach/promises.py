"""Reminding a customer, once and in his chat, of what he promised on the telephone.

Promise: the reminder goes through the queue of every other message, in office hours, and only where it is still wanted,
looked at under the lock of the conversation: not once he has answered, not while staff have the conversation, not where
he blocked the account or the case is over.  Who has no chat is left to the list of calls, which he joins the day after.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from sqlalchemy import Connection

from bot.chores import Chore
from bot.conversing import person_speaks
from bot.live_content import LiveContent
from bot.talk import Rules, Talk
from dialogs.conversation.events import Owner
from dialogs.conversation.prompts import Phrase
from storage import accounts, audit, contacts, conversations
from storage.case_status import ANSWERABLE
from storage.cases import Case, lock_case
from storage.conversations import Conversation
from storage.database import Database
from storage.leases import Lease

log = structlog.get_logger("kakunin.promises")

#: Reminders of one step.
_AT_ONCE = 20
#: When one that failed is tried again.
_AGAIN = timedelta(minutes=5)
#: Who wrote so lately is at it: he is left to it.
_PAUSE = timedelta(hours=1)


class PromiseReminders:
    """The reminders of one process."""

    def __init__(self, database: Database, live: LiveContent, rules: Rules) -> None:
        self._database = database
        self._live = live
        self._rules = rules

    def chore(self) -> Chore:
        """As a chore: one process at a time."""
        uni = self._database.universe

        def is_due(conn: Connection) -> bool:
            return bool(contacts.due_promises(conn, uni.now(), 1))

        # No fence: whoever reminds settles the promise in the same transaction.
        return Chore("promise.reminders", is_due, self._step)

    def _step(self, _: Lease) -> bool:
        database = self._database
        cases = database.run_read(lambda conn: contacts.due_promises(conn, database.universe.now(), _AT_ONCE))
        for case_id in cases:
            try:
                database.run(lambda conn, one=case_id: self._carry_out(conn, one))  # type: ignore[misc]
            except Exception as error:
                log.exception("promise.failed", case=case_id, error=type(error).__name__)
                later = database.universe.now() + _AGAIN
                database.run(lambda conn, one=case_id, at=later: contacts.put_off_promise(conn, one, at))  # type: ignore[misc]
        return len(cases) == _AT_ONCE

    def _carry_out(self, conn: Connection, case_id: str) -> None:
        database = self._database
        talk = Talk(conn, database.vault, database.universe, self._live, self._rules, database.universe.new_id())
        # The conversation first, as every turn locks.
        conversation_id = conversations.conversation_of_case(conn, case_id)
        conversation = None if conversation_id is None else talk.lock(conversation_id)
        case = lock_case(conn, case_id)
        promise = contacts.load_promise(conn, case_id)
        if case is None or promise is None or promise.remind_at > talk.now:
            return
        if not self._rules.office.is_open(talk.now):
            # The service stood still, or their hours were changed: nobody is disturbed at night.
            contacts.put_off_promise(conn, case_id, self._rules.office.next_opening(talk.now))
            return
        if conversation is not None and _is_answering(talk, conversation):
            contacts.put_off_promise(conn, case_id, talk.now + _PAUSE)
            return
        outcome = self._outcome(talk, case, conversation)
        if outcome == "reminded" and conversation is not None:
            talk.say(conversation, Phrase(key="promise.reminder"))
        contacts.settle_promise(conn, database.universe, case_id, outcome)
        audit.record(
            conn,
            database.universe,
            "contact.promise_settled",
            actor_kind="system",
            actor_id=None,
            subjects={"case": case_id},
            detail={"outcome": outcome},
        )

    def _outcome(self, talk: Talk, case: Case, conversation: Conversation | None) -> str:
        """Whether the customer is reminded, or why not."""
        if case.status not in ANSWERABLE:
            return "answered"
        if conversation is None:
            return "no_chat"
        if conversation.closed_at is not None:
            return "answered"
        if conversation.owner != Owner.BOT.value or person_speaks(talk, conversation):
            return "with_staff"
        linked = {link.case_id for link in accounts.live_links(talk.conn, conversation.account_id)}
        active = talk.account(conversation.account_id).state == "active"
        return "reminded" if case.id in linked and active else "blocked"


def _is_answering(talk: Talk, conversation: Conversation) -> bool:
    heard = conversation.last_inbound_at
    return heard is not None and talk.now - heard < _PAUSE
