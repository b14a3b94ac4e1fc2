"""What the lobby remembers, looks up and decides; ``linking`` holds its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

from dialogs.conversation.events import NotUnderstood
from dialogs.conversation.prompts import Prompt

MAX_FAILURES = 5


class LobbyStep(StrEnum):
    """What the lobby waits for."""

    CODE = "code"
    CHECK_NUMBER = "check_number"
    BIRTH_DATE = "birth_date"
    PHONE_TAIL = "phone_tail"
    WHICH = "which"
    #: The customer said the check number differs: the bot asks nothing more.
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class LobbyState:
    """Where the lobby stands; sealed like any snapshot."""

    step: LobbyStep = LobbyStep.CODE
    #: The code being linked, or none when an existing link is verified again.
    code_id: str | None = None
    case_id: str | None = None
    check_number: str = ""
    is_corporate: bool = False
    birth_date_fits: bool = False
    asked: int = 0
    #: Tokens of the prompt that is open now.
    tokens: tuple[str, ...] = ()
    locale: str = "ja"
    greeted: bool = False
    waiting_told: bool = False
    #: Questions in a row that nothing fitted.
    misses: int = 0
    #: Replies in a row to what is being asked that were not taken: unreadable, or not the right ones.
    failures: int = 0
    #: What is recorded if none of the topics that were offered just now is chosen.
    offered: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        data["step"] = self.step.value
        data["tokens"] = list(self.tokens)
        if self.offered is None:
            del data["offered"]  # snapshots from before it was known stay as they are
        for count in ("misses", "failures"):
            if not data[count]:
                del data[count]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LobbyState:
        if not data:
            return cls()
        values = dict(data)
        values["step"] = LobbyStep(values["step"])
        values["tokens"] = tuple(values["tokens"])
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class OfferedCase:
    """A case that a code or a link leads to."""

    case_id: str
    check_number: str
    is_corporate: bool
    code_id: str | None = None


class LobbyFacts(Protocol):
    """What the lobby looks up, within the turn's transaction."""

    def is_locked(self) -> bool:
        """Whether this account has failed too often lately."""

    def can_log_in(self) -> bool:
        """Whether the channel can lead this account to the bank's login page, and it has nothing open."""

    def usable_code(self, code: str) -> OfferedCase | None:
        """The case of an active, unexpired code; nothing for any other."""

    def own_code(self, code: str) -> OfferedCase | None:
        """The case of a used code, where this account is the one that is linked to it."""

    def is_linked(self) -> bool:
        """Whether there is anything to unlink."""

    def count_failure(self, code_id: str | None) -> bool:
        """Count a failed try on the account and the code; true when that locked one of them."""

    def are_staff_there(self) -> bool:
        """Whether a person who is called comes today."""

    def birth_date_fits(self, case_id: str, value: date) -> bool:
        """Whether the master record of the case's customer has this birth date."""

    def phone_tail_fits(self, case_id: str, digits: str) -> bool:
        """Whether the phone number of the master record ends in these four digits."""

    def open_cases(self) -> Sequence[OfferedCase]:
        """The cases linked to this account that can still be answered."""


class Outcome(StrEnum):
    """What the turn has to do after the lobby's step."""

    #: Link ``case_id`` with ``code_id`` and open its conversation.
    LINK = "link"
    #: The second factor was confirmed again, or a case was chosen: go on with ``case_id``.
    ENTER = "enter"
    #: Ask the second factor for ``case_id`` before entering.
    VERIFY = "verify"
    UNLINK = "unlink"
    STAFF = "staff"


@dataclass(frozen=True, kw_only=True)
class LobbyResult:
    state: LobbyState
    says: tuple[Prompt, ...] = ()
    outcome: Outcome | None = None
    case_id: str | None = None
    code_id: str | None = None
    #: Dotted audit ids of what happened, without personal data.
    audit: tuple[str, ...] = ()
    #: Why a person is to take over.
    reason: str = "customer_asked"
    #: A question that no topic answered.
    unmatched: NotUnderstood | None = None
