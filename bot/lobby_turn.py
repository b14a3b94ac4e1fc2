"""One step of the lobby in the making: what it says, what it asks next, and whether a person has to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.lobby_people import CALL_AFTER_FAILURES, reason_of_failures
from bot.lobby_prompts import step_prompt
from bot.lobby_state import LobbyFacts, LobbyResult, LobbyState, LobbyStep, Outcome
from dialogs.conversation.asking import STAFF
from dialogs.conversation.events import NotUnderstood
from dialogs.conversation.prompts import Button, MessageKind, Phrase, Piece, Prompt


@dataclass
class LobbyTurn:
    """One step in the making."""

    state: LobbyState
    facts: LobbyFacts
    now: datetime
    says: list[Prompt] = field(default_factory=list)
    outcome: Outcome | None = None
    case_id: str | None = None
    code_id: str | None = None
    audit: list[str] = field(default_factory=list)
    unmatched: NotUnderstood | None = None
    reason: str = "customer_asked"

    def result(self) -> LobbyResult:
        return LobbyResult(
            state=self.state,
            says=tuple(self.says),
            outcome=self.outcome,
            case_id=self.case_id,
            code_id=self.code_id,
            audit=tuple(self.audit),
            unmatched=self.unmatched,
            reason=self.reason,
        )

    # Saying -------------------------------------------------------------------------------

    def say(self, *pieces: Piece, buttons: Sequence[Button] = ()) -> None:
        self.says.append(
            Prompt(
                kind=MessageKind.NOTICE,
                pieces=pieces,
                buttons=tuple(buttons),
                token="l0" if buttons else None,
                alt=Phrase(key="alt.notice"),
            )
        )

    def ask(self, *lead: Piece) -> None:
        """Ask what the present step waits for, with a fresh token."""
        if self.state.step is LobbyStep.STOPPED:
            # No way on from here is safe but the number that the customer has in his own hands.
            self.say(*lead, Phrase(key="lobby.other_number"), Phrase(key="lobby.begin_again"))
            return
        token = f"l{self.state.asked + 1}"
        tokens = (*self.state.tokens[-4:], token)
        self.state = replace(self.state, asked=self.state.asked + 1, tokens=tokens, offered=None)
        self.says.append(step_prompt(self.state, self.facts, token, lead, self.now.date()))

    @property
    def staff_button(self) -> tuple[Button, ...]:
        return () if self.state.step is LobbyStep.STOPPED else (STAFF,)

    def fail(self, *lead: Piece) -> None:
        """The reply was not taken: asked again, and the third time a person is called who tells how it goes."""
        self.state = replace(self.state, failures=self.state.failures + 1)
        asked_for = reason_of_failures(self.state, are_staff_there=self.facts.are_staff_there())
        if asked_for:
            self.say(*lead, Phrase(key="lobby.person_helps"))
            self.call(asked_for)
        elif self.state.failures >= CALL_AFTER_FAILURES and self.staff_button:
            self.ask(*lead, Phrase(key="engine.offer_person"))
        else:
            self.ask(*lead)

    def call(self, reason: str) -> None:
        """A person takes over."""
        self.outcome, self.reason, self.state = Outcome.STAFF, reason, replace(self.state, misses=0)

    def to(self, step: LobbyStep, *lead: Piece, **changes: Any) -> None:
        self.state = replace(self.state, step=step, tokens=(), **changes)
        self.ask(*lead)
