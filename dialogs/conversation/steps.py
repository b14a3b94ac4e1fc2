"""What one input comes to, as the engine hands it out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dialogs.conversation.events import Event
from dialogs.conversation.prompts import Prompt
from dialogs.conversation.state import State
from dialogs.records import quick


class Leave(StrEnum):
    """What a conversation cannot do by itself and leaves to the account's lobby."""

    #: The customer confirmed that this account is to be forgotten.
    UNLINK = "unlink"
    #: The customer wants another of the open cases.
    SWITCH = "switch"


@quick
@dataclass(frozen=True, kw_only=True)
class Step:
    """The outcome of one input."""

    events: tuple[Event, ...]
    state: State
    says: tuple[Prompt, ...]
    leaves: tuple[Leave, ...] = ()
