"""What one transaction needs to change conversations: the store, the clock, the published texts.

``case_room`` and ``lobby_room`` decide what is said in the two kinds of conversation; here is how it is
saved and queued.  Nothing here talks to a network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import structlog
from babel.dates import format_date
from sqlalchemy import Connection

from bot.channels.base import Limits
from bot.channels.limits import LIMITS
from bot.keyboards import Changes, decide_changes, holds_keyboard, phone_button
from bot.live_content import LiveContent
from bot.office_hours import OfficeHours
from bot.waiting_line import OfficeStaffing, Patience, follow, with_place
from dialogs.conversation import inputs as inp, wording
from dialogs.conversation.prompts import FaqText, Message, MessageKind, Phrase, Prompt
from dialogs.conversation.wording import Translator
from dialogs.definition.model import Questionnaire
from dialogs.personal import Personal
from dialogs.records import changed
from locales import language_of
from storage import accounts, cases, conversations, hand_overs, outgoing
from storage.accounts import Account
from storage.case_status import ANSWERABLE
from storage.cases import CaseStatus
from storage.conversations import Conversation
from storage.encryption import Vault
from storage.staff import StaffMember
from storage.universe import Universe

log = structlog.get_logger("kakunin.talk")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the bank has set for conversations."""

    zone: tzinfo
    default_locale: str = "ja"
    sensitive_channels: frozenset[str] = frozenset({"line"})
    #: Channels that can lead to the bank's login page.
    login_channels: frozenset[str] = frozenset()
    #: Where erasures are noted outside the database.
    erasure_file: Path | None = None
    #: After this silence the second factor is asked again before any value is shown.
    verify_after: timedelta = timedelta(hours=24)
    #: When staff are there; by itself at any hour.
    office: OfficeHours = field(default_factory=lambda: OfficeHours(zone=UTC))
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True, kw_only=True)
class ReplyRight:
    """LINE's right to answer an event for free, for a minute."""

    token: Personal
    until: datetime


class Talk:
    """The conversations of one transaction."""

    def __init__(
        self, conn: Connection, vault: Vault, uni: Universe, live: LiveContent, rules: Rules, turn_id: str
    ) -> None:
        self.conn = conn
        self.vault = vault
        self.uni = uni
        self.live = live
        self.rules = rules
        self.turn_id = turn_id
        #: The messages that were queued, in their order.
        self.queued: list[str] = []
        self.now = uni.now()
        #: The right of the event at hand to a free answer.
        self.reply: ReplyRight | None = None
        self._replying_in: str | None = None
        #: What the customer said or tapped, as far as it was read.
        self.heard: inp.Input | None = None
        self._channels: dict[str, str] = {}
        live.try_refresh(conn, self.now)

    @property
    def local_now(self) -> datetime:
        return self.now.astimezone(self.rules.zone)

    @property
    def staffing(self) -> OfficeStaffing:
        """Whether staff are there now."""
        return OfficeStaffing(self.rules.office, self.now)

    def account(self, account_id: str) -> Account:
        found = accounts.load_account(self.conn, self.vault, account_id)
        assert found is not None
        self._channels[account_id] = found.channel
        return found

    def channel(self, account_id: str) -> str:
        """The platform of an account; it never changes."""
        return self._channels.get(account_id) or self.account(account_id).channel

    def lock(self, conversation_id: str) -> Conversation:
        found = conversations.lock_conversation(self.conn, self.vault, conversation_id)
        assert found is not None
        return found

    def lobby_of(self, account: Account) -> Conversation:
        """The account's own conversation, made where there is none."""
        conversation_id = conversations.lobby_of_account(self.conn, account.id)
        if conversation_id is not None:
            return self.lock(conversation_id)
        lobby = self.new_lobby(account.id, account.locale)
        conversations.add_conversations(self.conn, self.vault, [lobby])
        return lobby

    def new_lobby(self, account_id: str, locale: str) -> Conversation:
        """A conversation for an account that has none of its own; it is still to be added."""
        return conversations.new_conversation(
            self.uni,
            kind="lobby",
            account_id=account_id,
            case_id=None,
            questionnaire_sha256=None,
            locale=locale,
        )

    def definition(self, conversation: Conversation) -> Questionnaire:
        """The questionnaire version to which a case's conversation is pinned."""
        assert conversation.questionnaire_sha256 is not None
        return self.live.definition(self.conn, conversation.questionnaire_sha256)

    def begin_reply(self, reply: ReplyRight | None) -> None:
        """What is said from here on answers another event."""
        self.reply, self._replying_in, self.heard = reply, None, None

    # Saving and saying --------------------------------------------------------------------------

    def save(
        self,
        conversation: Conversation,
        events: Sequence[dict[str, Any]],
        says: Sequence[Prompt] = (),
        definition: Questionnaire | None = None,
    ) -> Conversation:
        """Append the events, save the snapshot, queue what is said: in the order the customer will see it."""
        limits = LIMITS[self.channel(conversation.account_id)]
        says = with_place(self.conn, conversation, self.now, says)
        changes = self._changes(conversation, events, says) if limits.changes else None
        first = conversation.out_seq + 1
        said = self._said(conversation, says, definition, limits, changes)
        conversation = changed(conversation, out_seq=conversation.out_seq + len(said))
        conversation = conversations.save_conversation(self.conn, self.vault, conversation, events)
        follow(self.conn, self.uni, conversation, events, definition, self.rules.office, self.rules.patience)
        for seq, (message, token, replaces) in enumerate(said, first):
            self._queue(conversation, message, seq, token=token, replaces=replaces)
        return conversation

    def _said(
        self,
        conversation: Conversation,
        says: Sequence[Prompt],
        definition: Questionnaire | None,
        limits: Limits,
        changes: Changes | None,
    ) -> list[tuple[Message, str | None, str | None]]:
        """The messages, each with the token of its buttons and the message in whose place it comes."""
        said: list[tuple[Message, str | None, str | None]] = []
        if says:
            voice = self.live.voice(conversation.locale, **self._facts(conversation, says))
        for prompt in says:
            token = prompt.token if limits.changes and holds_keyboard(prompt) else None
            takes_over = changes is not None and token is not None and token == changes.taken_by
            replaces = changes.outgoing_id if changes is not None and takes_over else None
            said.append((wording.render(prompt, definition, voice), token, replaces))
        if limits.shares_number:
            button = phone_button(self._words(conversation), conversation, says, changes)
            # Before the question, whose own buttons are then the last thing in the chat.
            if button is not None:
                said.insert(max(len(said) - 1, 0), (button, None, None))
        if changes is not None and changes.settled is not None:
            # Last, so that the next question does not wait for it.
            said.append((changes.settled, None, changes.outgoing_id))
        return said

    def _changes(
        self, conversation: Conversation, events: Sequence[dict[str, Any]], says: Sequence[Prompt]
    ) -> Changes | None:
        words = self._words(conversation)
        return decide_changes(self.conn, self.vault, words, conversation, events, says, self.heard)

    def _words(self, conversation: Conversation) -> Callable[[], Translator]:
        """Looked up only where something is said: a turn that is silent needs no catalogue."""
        return lambda: self.live.voice(conversation.locale).catalogue

    def _facts(self, conversation: Conversation, says: Sequence[Prompt]) -> dict[str, str]:
        """What the approved answers refer to beyond the bank itself; looked up only when one is quoted."""
        if not any(isinstance(piece, FaqText) for prompt in says for piece in prompt.pieces):
            return {}
        words = self.live.voice(conversation.locale).catalogue
        channel = self.account(conversation.account_id).channel
        case = None if conversation.case_id is None else cases.load_case(self.conn, conversation.case_id)
        due_on = (
            words.text("fact.due_on")
            if case is None
            else format_date(case.due_on, "long", language_of(conversation.locale))
        )
        return {"channel_name": words.text(f"fact.channel_{channel}"), "due_on": due_on}

    def is_past_due(self, case_id: str) -> bool:
        """Whether the day by which the bank asked for the answers is over, and it still takes them."""
        case = cases.load_case(self.conn, case_id)
        return case is not None and case.status in ANSWERABLE and case.due_on < self.local_now.date()

    def say(self, conversation: Conversation, *phrases: Phrase) -> Conversation:
        """A notice of the bot outside any step."""
        return self.save(conversation, [], [notice(*phrases)])

    def introduce_staff(self, conversation: Conversation, staff: StaffMember) -> Conversation:
        """The customer hears who speaks from here on, in that person's name."""
        words = self.live.voice(conversation.locale).catalogue
        name = self._shown_name(conversation, staff)
        return self.say_as_staff(conversation, staff, words.text("handover.joined", staff_name=name))

    def _shown_name(self, conversation: Conversation, staff: StaffMember) -> str:
        # The login is for colleagues: customers see the name that was given for them, or none.
        words = self.live.voice(conversation.locale).catalogue
        return staff.display_name or words.text("handover.staff_name")

    def say_as_staff(self, conversation: Conversation, staff: StaffMember, text: str) -> Conversation:
        """Queue what a member of staff typed."""
        conversation = changed(conversation, out_seq=conversation.out_seq + 1)
        conversation = conversations.save_conversation(self.conn, self.vault, conversation, [])
        hand_overs.touch(self.conn, self.uni, conversation.id, self.now + self.rules.patience.idle)
        alt = self.live.voice(conversation.locale).catalogue.text("alt.staff")
        sender = self._shown_name(conversation, staff)
        message = Message(kind=MessageKind.STAFF, text=text, alt=alt, sender=sender)
        self._queue(conversation, message, conversation.out_seq, staff.id)
        return conversation

    def _queue(
        self,
        conversation: Conversation,
        message: Message,
        seq: int,
        staff_id: str | None = None,
        *,
        token: str | None = None,
        replaces: str | None = None,
    ) -> None:
        if self._replying_in is None:
            self._replying_in = conversation.id
        # The right to reply for free is good once: the first conversation that speaks uses it.
        reply = self.reply if self._replying_in == conversation.id else None
        queued = outgoing.insert_outgoing(
            self.conn,
            self.vault,
            self.uni,
            conversation=changed(conversation, out_seq=seq),
            kind=message.kind.value,
            body=wording.to_json(message),
            turn_id=self.turn_id,
            epoch=conversation.epoch,
            reply_token=None if reply is None else reply.token,
            reply_until=None if reply is None else reply.until,
            staff_id=staff_id,
            token=token,
            replaces=replaces,
        )
        self.queued.append(queued)

    def move_case(self, case_id: str, target: CaseStatus, reason: str, source: str) -> None:
        """Move the case where its status machine allows it; a late answer never fails on the status."""
        case = cases.seen_case(self.conn, case_id)
        if case is None or case.status == target or not cases.can_move(case, target):
            return
        try:
            cases.move_case(self.conn, self.uni, case_id, target, actor="conversation", reason=reason, source=source)
        except cases.IllegalTransition:
            # The office moved it between the look and the lock; what the customer said counts all the same.
            log.info("case.moved_meanwhile", case=case_id, target=target.value)


def notice(*phrases: Phrase) -> Prompt:
    """A bubble that expects nothing."""
    return Prompt(kind=MessageKind.NOTICE, pieces=phrases, alt=Phrase(key="alt.notice"))
