"""What can happen to a conversation, as the engine sees it.

Inputs are what came in; ``events`` are the facts that the engine records about them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dialogs.conversation.events import Key
from dialogs.conversation.understanding import Reading
from dialogs.records import quick


@dataclass(frozen=True, kw_only=True)
class Began:
    """The conversation opens: ask the first question."""


@dataclass(frozen=True, kw_only=True)
class Returned:
    """The customer is back (identity checked again, or chosen from several cases): ask the current question again."""

    #: The account had blocked us in between.
    after_blocking: bool = False


@quick
@dataclass(frozen=True, kw_only=True)
class Said:
    """A typed text, already read outside the transaction."""

    reading: Reading = field(repr=False)
    #: Where the raw text is kept; the log refers to it and never repeats it.
    content_id: str | None = None
    #: The open question never arrived, so this is no answer to it.
    unseen: bool = False


#: The option that stands for a text which came in after newer ones: it was written to another question.
TYPED_LATE = "typed_late"


@quick
@dataclass(frozen=True, kw_only=True)
class Chose:
    """A tap on a button of one of our prompts."""

    token: str
    option: str
    content_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Picked:
    """Several choices at once, by name: what a page or a test sends for a select_multiple."""

    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SecretWithheld:
    """The guard kept a secret back; nothing of the text was stored."""

    secret: str


@dataclass(frozen=True, kw_only=True)
class MediaSent:
    """A picture, sticker, voice note, ...: never an answer."""

    media: str


@dataclass(frozen=True, kw_only=True)
class TookBack:
    """The customer took back the message whose words were in that content row."""

    content_id: str


@dataclass(frozen=True, kw_only=True)
class AskedToCorrect:
    """Open one earlier question again, by name (a page, a test; a customer uses the review list)."""

    question: str
    instance: int = 0


@dataclass(frozen=True, kw_only=True)
class AskedOnceMore:
    """The bank asks submitted answers again; ``receipt_no`` is that of the further submission."""

    keys: tuple[Key, ...]
    receipt_no: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class StaffTook:
    """A member of staff has claimed the conversation; ``epoch`` is the one the claim made."""

    staff_id: str
    epoch: int
    #: claimed, transferred, assigned
    reason: str = "claimed"


@dataclass(frozen=True, kw_only=True)
class TapRecorded:
    """A member of staff lets a button count that the customer tapped while a person had the conversation."""

    token: str
    option: str
    content_id: str


@dataclass(frozen=True, kw_only=True)
class StaffReleased:
    """Back to the waiting line, for somebody else."""

    staff_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class HandedBack:
    """The bot goes on, at the same question."""

    staff_id: str | None = None
    reason: str = "handed_back"
    #: The day by which the bank asked for the answers is over, and it still takes them.
    past_due: bool = False


@dataclass(frozen=True, kw_only=True)
class StaffEntered:
    """A member of staff entered an answer for the customer, read and checked already."""

    key: Key
    value: str = field(repr=False)
    display: str = field(repr=False)
    staff_id: str
    content_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class HeldElsewhere:
    """Another system of the bank holds the chat: a person speaks there."""


@dataclass(frozen=True, kw_only=True)
class WaitedLong:
    """The customer has waited for a while, and nobody is there yet."""


@dataclass(frozen=True, kw_only=True)
class NobodyCame:
    """The time is over in which somebody could have come."""


@dataclass(frozen=True, kw_only=True)
class BotFailed:
    """The engine raised on an earlier input: a person takes over, the customer is told once."""


Input = (
    Began
    | Returned
    | Said
    | Chose
    | Picked
    | SecretWithheld
    | MediaSent
    | TookBack
    | AskedToCorrect
    | AskedOnceMore
    | StaffTook
    | TapRecorded
    | StaffReleased
    | HandedBack
    | StaffEntered
    | HeldElsewhere
    | WaitedLong
    | NobodyCame
    | BotFailed
)
