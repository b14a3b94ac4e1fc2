"""The facts that are recorded about a conversation; the state is a fold over them.

An event never holds the raw text of a message, only the id of the content row that does, so that
an unsent or expired text can be erased while the log still folds.  Answers that were read stand in
the event (which the store seals): they are what the customer told the bank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from dialogs.conversation.vocabulary import AnswerState, Form, Key, Owner
from dialogs.records import quick

__all__ = ["AnswerState", "Form", "Key", "Owner"]


@dataclass(frozen=True, kw_only=True)
class Event:
    """A recorded fact."""

    kind: ClassVar[str]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Started(Event):
    kind = "started"
    definition_sha256: str
    locale: str
    #: The number under which a submission will be acknowledged; allotted at the start, so that replay is exact.
    receipt_no: str = field(repr=False)
    #: Master values by column, as the bank holds them.
    master: Mapping[str, str] = field(default_factory=dict, repr=False)
    #: Whether questions marked sensitive may be asked on this channel.
    sensitive_allowed: bool = True
    #: The platform, for the evidence of each answer.
    channel: str = ""


@dataclass(frozen=True, kw_only=True)
class ChannelChanged(Event):
    """The case goes on with another account, perhaps on another platform."""

    kind = "channel_changed"
    sensitive_allowed: bool
    channel: str = ""


@quick
@dataclass(frozen=True, kw_only=True)
class Asked(Event):
    kind = "asked"
    token: str
    form: Form
    key: Key | None = None
    #: The value that is offered, echoed or checked.
    value: str | None = field(default=None, repr=False)
    display: str | None = field(default=None, repr=False)
    #: OFFERED: master, previous or default.  CHECK and CONFIRM: the content row of the reply.
    basis: str | None = None
    #: The choices that are shown, where a reply fitted several; empty means all.
    only: tuple[str, ...] = ()
    #: The choices that are ticked already, when a multiple choice is asked again.
    selection: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NoteShown(Event):
    kind = "note_shown"
    key: Key


@quick
@dataclass(frozen=True, kw_only=True)
class Answered(Event):
    kind = "answered"
    key: Key
    value: str = field(repr=False)
    display: str = field(repr=False)
    state: AnswerState
    locale: str
    #: customer, proxy, or the id of the member of staff who typed it
    by: str = "customer"
    content_id: str | None = None
    #: A cross check spoke against it and the customer kept it: a person looks.
    marked: bool = False


@dataclass(frozen=True, kw_only=True)
class SetAside(Event):
    """An answer stopped being relevant, or is to be given again: it stays in the log and leaves the current set."""

    kind = "set_aside"
    key: Key


@dataclass(frozen=True, kw_only=True)
class TakenBack(Event):
    """The customer took a message back: what it answered is open again, unless it was submitted."""

    kind = "taken_back"
    content_id: str


@dataclass(frozen=True, kw_only=True)
class Toggled(Event):
    kind = "toggled"
    key: Key
    selection: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PageTurned(Event):
    """Another part of a long list is shown; the question waits for its answer as before."""

    kind = "page_turned"
    #: From 0.
    page: int


@dataclass(frozen=True, kw_only=True)
class ChangeAnnounced(Event):
    """The offered value is no longer right: ask the question itself."""

    kind = "change_announced"
    key: Key


@quick
@dataclass(frozen=True, kw_only=True)
class Refused(Event):
    """A reply was not taken; ``problem`` is its code."""

    kind = "refused"
    key: Key | None
    problem: str


@dataclass(frozen=True, kw_only=True)
class FaqShown(Event):
    kind = "faq_shown"
    topics: tuple[str, ...]
    #: answer or offer
    action: str
    #: Hash of the FAQ version that spoke, and the best score.
    version: str
    score: float
    #: Of an offer: the text that led to it, and how well each of the topics fits.
    content_id: str | None = None
    scores: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class NotUnderstood(Event):
    """A question that no topic answered: staff find it in their list, with the words of its content row."""

    kind = "not_understood"
    content_id: str
    locale: str
    #: unknown, none_fits (topics were offered, and none was it), no_reply (marked as a question, like no topic)
    why: str
    #: Name of the question of the form that was open, or the lobby's step.
    asked: str | None = None
    #: The nearest topics, best first, with their scores, by that version of the FAQ.
    topics: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    version: str


@dataclass(frozen=True, kw_only=True)
class CorrectionOpened(Event):
    kind = "correction_opened"
    key: Key


@dataclass(frozen=True, kw_only=True)
class Paused(Event):
    kind = "paused"


@dataclass(frozen=True, kw_only=True)
class Resumed(Event):
    kind = "resumed"


@dataclass(frozen=True, kw_only=True)
class OwnerChanged(Event):
    kind = "owner_changed"
    owner: Owner
    epoch: int
    staff_id: str | None = None
    #: customer_asked, handover:<question>, faq:<topic>, danger, unmatched, third_failure:<question>, engine_error,
    #: claimed, transferred, assigned, released:<why>, handed_back, customer_returned, customer_silent, nobody_came;
    #: external and external_left: another system holds the chat, and has left it
    reason: str
    #: The answer that called for a person: without one the form does not go past it.
    key: Key | None = None


@dataclass(frozen=True, kw_only=True)
class PersonAsked(Event):
    """A person is needed and none is there: staff reply on a working day, and the bot goes on."""

    kind = "person_asked"
    #: As of ``OwnerChanged``.
    reason: str


@dataclass(frozen=True, kw_only=True)
class NoteLeft(Event):
    """What the customer wrote down for staff."""

    kind = "note_left"
    content_id: str | None


@dataclass(frozen=True, kw_only=True)
class Proposed(Event):
    """A member of staff entered an answer; it counts when the customer has confirmed it."""

    kind = "proposed"
    token: str
    key: Key
    value: str = field(repr=False)
    display: str = field(repr=False)
    staff_id: str
    #: What was typed.
    content_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class ProposalSettled(Event):
    """What the customer said to it."""

    kind = "proposal_settled"
    token: str
    confirmed: bool


@dataclass(frozen=True, kw_only=True)
class WaitingTold(Event):
    """The customer wrote while waiting and was told once that a person is coming."""

    kind = "waiting_told"


@dataclass(frozen=True, kw_only=True)
class PromptClosed(Event):
    """ "Are you sure?" waits for no reply any more; what was asked before it does again."""

    kind = "prompt_closed"


@dataclass(frozen=True, kw_only=True)
class LanguageChanged(Event):
    kind = "language_changed"
    locale: str


@dataclass(frozen=True, kw_only=True)
class SecretKeptBack(Event):
    kind = "secret_kept_back"
    secret: str


@dataclass(frozen=True, kw_only=True)
class Ended(Event):
    """Closed without a submission: refused, or form:<question>."""

    kind = "ended"
    reason: str
    key: Key | None = None


@dataclass(frozen=True, kw_only=True)
class Reopened(Event):
    kind = "reopened"


@dataclass(frozen=True, kw_only=True)
class AskedOnceMore(Event):
    """After the submission the bank asks some of it again; what is confirmed then is a further submission."""

    kind = "asked_once_more"
    keys: tuple[Key, ...]
    #: Of the further submission.
    receipt_no: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Migrated(Event):
    """The conversation goes on in another version of its form."""

    kind = "migrated"
    definition_sha256: str
    #: Answers that are to be given again: they are offered where they still fit.
    again: tuple[Key, ...] = ()
    #: What has no place in this version, or says nothing there: it stays in the log alone.
    dropped: tuple[Key, ...] = ()
    #: Whether the open question stands as it was shown; otherwise its buttons are worth nothing.
    prompt_stands: bool = False


@dataclass(frozen=True, kw_only=True)
class Confirmed(Event):
    """The customer submitted the answers as shown."""

    kind = "confirmed"


_KINDS: dict[str, type[Event]] = {
    cls.kind: cls
    for cls in (
        Started, ChannelChanged, Asked, NoteShown, Answered, SetAside, Toggled, PageTurned, ChangeAnnounced, Refused,
        FaqShown, NotUnderstood, TakenBack, CorrectionOpened, Paused, Resumed, OwnerChanged, PersonAsked, NoteLeft,
        Proposed, ProposalSettled, WaitingTold, PromptClosed, LanguageChanged, SecretKeptBack, Ended, Reopened,
        AskedOnceMore, Migrated, Confirmed,
    )
}  # fmt: skip

_ENUMS: dict[tuple[str, str], type[StrEnum]] = {
    ("asked", "form"): Form,
    ("answered", "state"): AnswerState,
    ("owner_changed", "owner"): Owner,
}


_NAMES: dict[type[Event], tuple[str, ...]] = {cls: tuple(spec.name for spec in fields(cls)) for cls in _KINDS.values()}


def to_json(event: Event) -> dict[str, Any]:
    """The event as plain data; ``from_json`` is its inverse."""
    data: dict[str, Any] = {"kind": event.kind}
    for name in _NAMES[type(event)]:
        value = getattr(event, name)
        if name == "at":
            value = value.isoformat()
        elif isinstance(value, tuple):  # a key is one too
            value = list(value)
        elif isinstance(value, Mapping):
            value = dict(value)
        data[name] = value
    return data


def from_json(data: Mapping[str, Any]) -> Event:
    """The event behind plain data; raises ``KeyError`` for a kind that this version does not know."""
    cls = _KINDS[data["kind"]]
    values: dict[str, Any] = {}
    for spec in fields(cls):
        if spec.name not in data:
            continue
        value = data[spec.name]
        if spec.name == "at":
            value = datetime.fromisoformat(value)
        elif spec.name == "key" and value is not None:
            value = Key(value[0], value[1])
        elif spec.name in ("keys", "again", "dropped"):
            value = tuple(Key(question, instance) for question, instance in value)
        elif spec.name in ("selection", "topics", "scores", "only"):
            value = tuple(value)
        enum = _ENUMS.get((cls.kind, spec.name))
        values[spec.name] = enum(value) if enum else value
    return cls(**values)
