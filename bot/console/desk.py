"""The one way in which the console touches a conversation.

The pages never change a conversation themselves: who may speak, the epoch and the never-ask guard
are decided behind this protocol, in the same transaction as the deed.  Without it a page could
answer on a stale idea of who owns a conversation.  What a view holds of the customer is masked
already, so that no template can show more than it was given.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from storage.staff import StaffMember


class NotOwner(Exception):
    """Somebody else answers this conversation now."""


class NothingOwed(Exception):
    """No reply is owed to the customer any more."""


class NothingToRecord(Exception):
    """The tap answers nothing that is still asked."""


class EntryRefused(Exception):
    """What a member of staff entered is no answer to the question; ``code`` is the reader's problem."""

    def __init__(self, code: str, params: dict[str, str]) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class Damaged(Exception):
    """What is stored of this conversation does not open; it can be looked at and not gone on with."""


class SecretTyped(Exception):
    """What a member of staff typed looks like a secret that the bank never handles in a chat."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        #: card_number, pin, password, one_time_code, my_number
        self.kind = kind


@dataclass(frozen=True, kw_only=True)
class AnswerLine:
    """One answer so far."""

    label: str
    display: str = field(repr=False)
    #: answered, unchanged, changed, skipped, declined, other_channel, check, by_staff,
    #: reading (which hardly belongs to the name before it)
    state: str


@dataclass(frozen=True, kw_only=True)
class CustomerFact:
    """Something about the customer, masked."""

    #: name, name_kana, birth_date, address, phone, email, customer_no, kind, branch_no, ...:
    #: the console writes the label (``fact.<key>``).
    key: str
    masked: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class HandOver:
    """One change of who answers."""

    at: datetime
    #: bot, waiting, staff, closed
    to: str
    #: Login of the member of staff who took it or gave it back; empty where nobody did.
    staff: str = ""
    #: A code (asked, unmatched, third_failure, engine_error, ...) or the note that staff left.
    reason: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Need:
    """Why a person is needed."""

    #: As of the change of owner: customer_asked, unmatched, third_failure:<question>, danger, faq:<topic>, ...
    reason: str
    asked_at: datetime
    #: The customer was told that staff reply on a working day.
    is_later: bool
    #: The question of the FAQ topic that may help; empty where none is near.
    topic: str


@dataclass(frozen=True, kw_only=True)
class DifferenceLine:
    """An answer that says otherwise than the bank's record."""

    label: str
    #: Masked.
    master: str = field(repr=False)
    answer: str = field(repr=False)
    #: incomplete, missing, new, suspected_slip, changed, conflict, unreadable
    verdict: str


@dataclass(frozen=True, kw_only=True)
class EntryQuestion:
    """A question that staff may answer for the customer."""

    question: str
    instance: int
    label: str
    #: Something was entered that the customer has not confirmed yet.
    is_proposed: bool = False


@dataclass(frozen=True, kw_only=True)
class ConversationView:
    """What stands beside a conversation."""

    conversation_id: str
    #: bot, waiting, staff, closed
    owner: str
    owner_staff_id: str | None
    #: Login of the owner, empty unless ``owner`` is staff.
    owner_login: str
    epoch: int
    #: linking, consent, asking, review, paused, ended, completed, ...
    phase: str
    #: Answered questions and how many there will be as far as is known now; (0, 0) before the form.
    progress: tuple[int, int]
    #: Wording of the open question, ``None`` where none is open.
    current_question: str | None
    answers: tuple[AnswerLine, ...]
    facts: tuple[CustomerFact, ...]
    check_number: str | None
    receipt_no: str | None
    #: Code of the case status (10 to 99), ``None`` before linking.
    case_status: str | None
    hand_overs: tuple[HandOver, ...] = ()
    #: Its stored state was changed or moved: nobody can go on with it in the chat.
    damaged: bool = False
    #: Taps during the takeover, by content id: those that answer the open question, and those that count already.
    recordable: frozenset[str] = frozenset()
    recorded: frozenset[str] = frozenset()
    need: Need | None = None
    differences: tuple[DifferenceLine, ...] = ()
    entry_questions: tuple[EntryQuestion, ...] = ()
    #: Put off by its owner, until then or (``None``) until the customer writes.
    snoozed: bool = False
    snoozed_until: datetime | None = None


class Desk(Protocol):
    """What staff can do with a conversation."""

    async def view(self, conversation_id: str) -> ConversationView:
        """What stands beside the transcript."""

    async def claim(self, conversation_id: str, staff: StaffMember) -> bool:
        """Take it over; false where somebody else was faster; raises ``Damaged``, as every deed may."""

    async def say(self, conversation_id: str, staff: StaffMember, text: str, *, epoch: int | None = None) -> None:
        """Answer the customer; raises ``NotOwner`` (also under another epoch than that) or ``SecretTyped``."""

    async def hand_back(self, conversation_id: str, staff: StaffMember, note: str, *, epoch: int | None = None) -> None:
        """Give it back to the bot at the same question; raises ``NotOwner``."""

    async def release(self, conversation_id: str, staff: StaffMember, reason: str, *, epoch: int | None = None) -> None:
        """Put it back into the queue; raises ``NotOwner``."""

    async def transfer(
        self, conversation_id: str, staff: StaffMember, to: StaffMember, reason: str, *, epoch: int
    ) -> None:
        """The owner passes it on to a colleague; raises ``NotOwner`` or ``SecretTyped``."""

    async def assign(
        self, conversation_id: str, staff: StaffMember, to: StaffMember, reason: str, *, epoch: int
    ) -> None:
        """A supervisor gives it to somebody, whoever has it; raises ``NotOwner`` where it changed meanwhile."""

    async def snooze(self, conversation_id: str, staff: StaffMember, until: datetime | None, *, epoch: int) -> None:
        """Put it off until then, or without a time until the customer writes; raises ``NotOwner``."""

    async def wake(self, conversation_id: str, staff: StaffMember, *, epoch: int) -> None:
        """Back into the list; raises ``NotOwner``."""

    async def settle(self, conversation_id: str, staff: StaffMember, note: str, *, epoch: int) -> None:
        """The promised reply was given outside the chat; raises ``NotOwner``, ``NothingOwed`` or ``SecretTyped``."""

    async def note(self, conversation_id: str, staff: StaffMember, text: str) -> None:
        """Write something for colleagues, which is never sent; raises ``SecretTyped``."""

    async def record_tap(self, conversation_id: str, staff: StaffMember, content_id: str, *, epoch: int) -> None:
        """Let a tap of the takeover count as the customer's answer; raises ``NotOwner`` or ``NothingToRecord``."""

    async def enter(
        self, conversation_id: str, staff: StaffMember, question: str, instance: int, text: str, *, epoch: int
    ) -> None:
        """Enter an answer that the customer confirms; raises ``NotOwner``, ``SecretTyped`` or ``EntryRefused``."""

    async def full(self, conversation_id: str) -> tuple[CustomerFact, ...]:
        """Who the customer is, unmasked; the view was recorded with its reason before."""
