"""Where a conversation stands: a fold over its events, and nothing that is not in them.

The snapshot that the store keeps is only a cache of this fold (tests/dialogs/conversation prove
them equal after every turn).  The position is not in here: ``form.Position`` computes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from dialogs.conversation import events as ev
from dialogs.conversation.events import AnswerState, Event, Form, Key, Owner
from dialogs.conversation.open_prompts import OpenPrompt, open_from_json, open_json, opened


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is known at one key."""

    value: str = field(repr=False)
    display: str = field(repr=False)
    state: AnswerState
    at: datetime
    locale: str
    by: str = "customer"
    content_id: str | None = None
    marked: bool = False

    @property
    def codes(self) -> tuple[str, ...]:
        """The choices of a select_multiple."""
        return tuple(self.value.split())


@dataclass(frozen=True, kw_only=True)
class State:
    definition_sha256: str = ""
    locale: str = "ja"
    receipt_no: str = field(default="", repr=False)
    master: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    sensitive_allowed: bool = True
    answers: Mapping[Key, Answer] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    #: Answers that stopped being relevant; offered again when their question returns.
    set_aside: Mapping[Key, Answer] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    notes_shown: frozenset[Key] = frozenset()
    #: Prefilled questions whose master value the customer called outdated.
    changes: frozenset[Key] = frozenset()
    open: OpenPrompt | None = None
    #: What was open before "are you sure?" was asked; it waits again when that is closed.
    beneath: OpenPrompt | None = None
    #: Prompts asked so far: tokens are numbered by it, hence unique in the conversation.
    asked: int = 0
    correcting: Key | None = None
    paused: bool = False
    ended: str | None = None
    ended_at: Key | None = None
    completed: bool = False
    owner: Owner = Owner.BOT
    staff_id: str | None = None
    epoch: int = 0
    waiting_told: bool = False
    #: A topic was answered while waiting for a person: that is done once.
    waiting_answered: bool = False
    #: The answer that called for a person, until one hands back.
    handover_at: Key | None = None
    #: Topics that were offered just now: nothing has happened since.
    offered: ev.FaqShown | None = None
    #: The customer was invited to write down what staff are to know: what is typed next is that.
    noting: bool = False
    #: Questions in a row that nothing fitted.
    misses: int = 0

    @property
    def phase(self) -> str:
        """asking, review, paused, staff, ended or completed."""
        if self.owner in (Owner.WAITING, Owner.STAFF):
            return "staff"
        if self.completed:
            return "completed"
        if self.ended is not None:
            return "ended"
        if self.paused:
            return "paused"
        if self.open is not None and self.open.form in (Form.REVIEW, Form.WHICH):
            return "review"
        return "asking"

    @property
    def is_over(self) -> bool:
        return self.completed or self.ended is not None


def fold(events: Iterable[Event], state: State | None = None) -> State:
    """The state after ``events``."""
    state = state or State()
    for event in events:
        state = apply(state, event)
    return state


def apply(state: State, event: Event) -> State:
    """The state after one more event."""
    if state.offered is not None:
        state = replace(state, offered=None)
    if state.noting:
        state = replace(state, noting=False)
    match event:
        case ev.Started():
            return replace(
                state,
                definition_sha256=event.definition_sha256,
                locale=event.locale,
                receipt_no=event.receipt_no,
                master=MappingProxyType(dict(event.master)),
                sensitive_allowed=event.sensitive_allowed,
            )
        case ev.ChannelChanged():
            kept = state.answers
            if event.sensitive_allowed and not state.completed:
                # What could not be asked there can be asked here.
                kept = MappingProxyType({k: a for k, a in kept.items() if a.state is not AnswerState.OTHER_CHANNEL})
            return replace(state, sensitive_allowed=event.sensitive_allowed, answers=kept)
        case ev.Asked():
            beneath = None
            if event.form in (Form.STOP, Form.UNLINK):
                over_it = state.open is not None and state.open.form in (Form.STOP, Form.UNLINK)
                beneath = state.beneath if over_it else state.open
            return replace(state, open=opened(state.open, event), beneath=beneath, asked=state.asked + 1)
        case ev.NoteShown():
            return replace(state, notes_shown=state.notes_shown | {event.key})
        case ev.Answered():
            answer = Answer(
                value=event.value,
                display=event.display,
                state=event.state,
                at=event.at,
                locale=event.locale,
                by=event.by,
                content_id=event.content_id,
                marked=event.marked,
            )
            return replace(
                state,
                answers=_with(state.answers, event.key, answer),
                set_aside=_without(state.set_aside, event.key),
                correcting=None if state.correcting == event.key else state.correcting,
                misses=0,
            )
        case ev.SetAside():
            return replace(
                state,
                answers=_without(state.answers, event.key),
                set_aside=_with(state.set_aside, event.key, state.answers[event.key]),
                changes=state.changes - {event.key},
                correcting=None if state.correcting == event.key else state.correcting,
            )
        case ev.TakenBack():
            return _without_message(state, event.content_id)
        case ev.Toggled():
            assert state.open is not None
            return replace(state, open=replace(state.open, selection=event.selection))
        case ev.PageTurned():
            assert state.open is not None
            return replace(state, open=replace(state.open, page=event.page))
        case ev.ChangeAnnounced():
            return replace(state, changes=state.changes | {event.key}, set_aside=_without(state.set_aside, event.key))
        case ev.Refused():
            if state.open is None:
                return state
            return replace(state, open=replace(state.open, failures=state.open.failures + 1))
        case ev.CorrectionOpened():
            return replace(state, correcting=event.key, changes=state.changes - {event.key}, open=None)
        case ev.Paused():
            return replace(state, paused=True)
        case ev.Resumed():
            return replace(state, paused=False)
        case ev.OwnerChanged():
            return replace(
                state,
                owner=event.owner,
                staff_id=event.staff_id,
                epoch=event.epoch,
                waiting_told=False,
                waiting_answered=False,
                misses=0,
                handover_at=None if event.owner is Owner.BOT else event.key or state.handover_at,
            )
        case ev.PersonAsked():
            return replace(state, noting=event.reason == "customer_asked", misses=0)
        case ev.NotUnderstood():
            return replace(state, misses=state.misses + 1)
        case ev.WaitingTold():
            return replace(state, waiting_told=True)
        case ev.FaqShown() if state.owner is Owner.WAITING:
            return replace(state, waiting_answered=True)
        case ev.FaqShown(action="offer"):
            return replace(state, offered=event)
        case ev.FaqShown():
            return replace(state, misses=0)
        case ev.PromptClosed():
            return replace(state, open=state.beneath, beneath=None)
        case ev.LanguageChanged():
            return replace(state, locale=event.locale)
        case ev.Ended():
            return replace(state, ended=event.reason, ended_at=event.key, open=None, beneath=None, correcting=None)
        case ev.Reopened():
            answers = state.answers if state.ended_at is None else _without(state.answers, state.ended_at)
            return replace(state, ended=None, ended_at=None, answers=answers)
        case ev.AskedOnceMore():
            again = frozenset(event.keys)
            return replace(
                state,
                completed=False,
                paused=False,
                receipt_no=event.receipt_no,
                answers=MappingProxyType({key: one for key, one in state.answers.items() if key not in again}),
                # The question itself is asked: nothing that was said or is registered is offered for it.
                set_aside=MappingProxyType({key: one for key, one in state.set_aside.items() if key not in again}),
                changes=state.changes | again,
            )
        case ev.Confirmed():
            return replace(state, completed=True, open=None, beneath=None, correcting=None)
        case _:
            return state


def _without_message(state: State, content_id: str) -> State:
    """Without what a message said; what was submitted stays."""
    gone = {
        key for key, answer in (*state.answers.items(), *state.set_aside.items()) if answer.content_id == content_id
    }
    answers = state.answers if state.completed else _kept(state.answers, content_id)
    set_aside = _kept(state.set_aside, content_id)

    def unless_of_it(prompt: OpenPrompt | None) -> OpenPrompt | None:
        return None if prompt is not None and (prompt.basis == content_id or prompt.key in gone) else prompt

    opened, beneath = unless_of_it(state.open), unless_of_it(state.beneath)
    return replace(state, answers=answers, set_aside=set_aside, open=opened, beneath=beneath)


def _kept(mapping: Mapping[Key, Answer], content_id: str) -> Mapping[Key, Answer]:
    return MappingProxyType({key: answer for key, answer in mapping.items() if answer.content_id != content_id})


def _with(mapping: Mapping[Key, Answer], key: Key, answer: Answer) -> Mapping[Key, Answer]:
    return MappingProxyType({**mapping, key: answer})


def _without(mapping: Mapping[Key, Answer], key: Key) -> Mapping[Key, Answer]:
    return MappingProxyType({k: v for k, v in mapping.items() if k != key})


# The snapshot -------------------------------------------------------------------------------


def to_json(state: State) -> dict[str, Any]:
    """The state as plain data for the snapshot; ``from_json`` is its inverse."""
    # Written only where there is one: snapshots from before it was known are equal to the fold as they are.
    some: dict[str, Any] = {} if state.offered is None else {"offered": ev.to_json(state.offered)}
    some |= {"noting": True} if state.noting else {}
    some |= {"misses": state.misses} if state.misses else {}
    return some | {
        "definition_sha256": state.definition_sha256,
        "locale": state.locale,
        "receipt_no": state.receipt_no,
        "master": dict(state.master),
        "sensitive_allowed": state.sensitive_allowed,
        "answers": _answers_json(state.answers),
        "set_aside": _answers_json(state.set_aside),
        "notes_shown": sorted([k.question, k.instance] for k in state.notes_shown),
        "changes": sorted([k.question, k.instance] for k in state.changes),
        "open": open_json(state.open),
        "beneath": open_json(state.beneath),
        "asked": state.asked,
        "correcting": _key_json(state.correcting),
        "paused": state.paused,
        "ended": state.ended,
        "ended_at": _key_json(state.ended_at),
        "completed": state.completed,
        "owner": state.owner.value,
        "staff_id": state.staff_id,
        "epoch": state.epoch,
        "waiting_told": state.waiting_told,
        "waiting_answered": state.waiting_answered,
        "handover_at": _key_json(state.handover_at),
    }


def from_json(data: Mapping[str, Any]) -> State:
    """The state behind a snapshot; the empty snapshot is the state before the first event."""
    if not data:
        return State()
    return State(
        definition_sha256=data["definition_sha256"],
        locale=data["locale"],
        receipt_no=data["receipt_no"],
        master=MappingProxyType(dict(data["master"])),
        sensitive_allowed=data["sensitive_allowed"],
        answers=_answers(data["answers"]),
        set_aside=_answers(data["set_aside"]),
        notes_shown=frozenset(Key(*item) for item in data["notes_shown"]),
        changes=frozenset(Key(*item) for item in data["changes"]),
        open=open_from_json(data["open"]),
        beneath=open_from_json(data["beneath"]),
        asked=data["asked"],
        correcting=_key(data["correcting"]),
        paused=data["paused"],
        ended=data["ended"],
        ended_at=_key(data["ended_at"]),
        completed=data["completed"],
        owner=Owner(data["owner"]),
        staff_id=data["staff_id"],
        epoch=data["epoch"],
        waiting_told=data["waiting_told"],
        waiting_answered=data.get("waiting_answered", False),
        handover_at=_key(data["handover_at"]),
        offered=_offered(data.get("offered")),
        noting=data.get("noting", False),
        misses=data.get("misses", 0),
    )


def _offered(data: Mapping[str, Any] | None) -> ev.FaqShown | None:
    event = None if data is None else ev.from_json(data)
    return event if isinstance(event, ev.FaqShown) else None


def _key_json(key: Key | None) -> list[Any] | None:
    return None if key is None else [key.question, key.instance]


def _key(data: list[Any] | None) -> Key | None:
    return None if data is None else Key(data[0], data[1])


def _answers_json(answers: Mapping[Key, Answer]) -> list[dict[str, Any]]:
    return [
        {
            "key": _key_json(key),
            "value": answer.value,
            "display": answer.display,
            "state": answer.state.value,
            "at": answer.at.isoformat(),
            "locale": answer.locale,
            "by": answer.by,
            "content_id": answer.content_id,
            "marked": answer.marked,
        }
        for key, answer in answers.items()
    ]


def _answers(rows: Iterable[Mapping[str, Any]]) -> Mapping[Key, Answer]:
    return MappingProxyType(
        {
            Key(*row["key"]): Answer(
                value=row["value"],
                display=row["display"],
                state=AnswerState(row["state"]),
                at=datetime.fromisoformat(row["at"]),
                locale=row["locale"],
                by=row["by"],
                content_id=row["content_id"],
                marked=row["marked"],
            )
            for row in rows
        }
    )
