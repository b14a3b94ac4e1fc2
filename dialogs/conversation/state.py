"""Where a conversation stands: a fold over its events, and nothing that is not in them.

The snapshot that the store keeps is only a cache of this fold (tests/dialogs/conversation prove
them equal after every turn).  The position is not in here: ``form.Position`` computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from dialogs.conversation import events as ev
from dialogs.conversation.answers import Answer, Answers, answers_of, rows_of
from dialogs.conversation.events import AnswerState, Event, Form, Key, Owner
from dialogs.conversation.open_prompts import OpenPrompt, open_from_json, open_json, opened
from dialogs.records import changed, maker, quick


@quick
@dataclass(frozen=True, kw_only=True)
class State:
    definition_sha256: str = ""
    locale: str = "ja"
    #: The platform; empty where the log does not say.
    channel: str = ""
    receipt_no: str = field(default="", repr=False)
    master: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), repr=False)
    sensitive_allowed: bool = True
    answers: Answers = field(default_factory=lambda: MappingProxyType({}), repr=False)
    #: Answers that stopped being relevant; offered again when their question returns.
    set_aside: Answers = field(default_factory=lambda: MappingProxyType({}), repr=False)
    notes_shown: frozenset[Key] = frozenset()
    #: Prefilled questions whose master value the customer called outdated.
    changes: frozenset[Key] = frozenset()
    open: OpenPrompt | None = None
    #: The form was renewed beneath the open question; told with the next one.
    renewed: bool = False
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
    #: What staff have entered and the customer has not decided on; how much was entered so far.
    proposals: tuple[ev.Proposed, ...] = ()
    proposed: int = 0

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


_answer = maker(Answer)


def fold(events: Iterable[Event], state: State | None = None) -> State:
    """The state after ``events``."""
    state = state or State()
    for event in events:
        state = apply(state, event)
    return state


def apply(state: State, event: Event) -> State:
    """The state after one more event."""
    if (state.offered is not None or state.noting) and not isinstance(event, ev.Migrated | ev.SetAside):
        state = changed(state, offered=None, noting=False)
    after = _AFTER.get(type(event))
    return state if after is None else after(state, event)


def _started(state: State, event: ev.Started) -> State:
    return changed(
        state,
        definition_sha256=event.definition_sha256,
        locale=event.locale,
        channel=event.channel,
        receipt_no=event.receipt_no,
        master=MappingProxyType(dict(event.master)),
        sensitive_allowed=event.sensitive_allowed,
    )


def _on_another_channel(state: State, event: ev.ChannelChanged) -> State:
    kept = state.answers
    if event.sensitive_allowed and not state.completed:
        # What could not be asked there can be asked here.
        kept = MappingProxyType({k: a for k, a in kept.items() if a.state is not AnswerState.OTHER_CHANNEL})
    channel = event.channel or state.channel
    return changed(state, sensitive_allowed=event.sensitive_allowed, channel=channel, answers=kept)


def _asked(state: State, event: ev.Asked) -> State:
    beneath = None
    if event.form in _SURE:
        over_it = state.open is not None and state.open.form in _SURE
        beneath = state.beneath if over_it else state.open
    asked = state.asked + 1
    return changed(state, open=opened(state.open, event), beneath=beneath, asked=asked, renewed=False)


def _answered(state: State, event: ev.Answered) -> State:
    key = event.key
    answer = _answer(
        value=event.value,
        display=event.display,
        state=event.state,
        at=event.at,
        locale=event.locale,
        by=event.by,
        content_id=event.content_id,
        marked=event.marked,
        definition_sha256=state.definition_sha256,
        channel=state.channel,
    )
    return changed(
        state,
        answers=_with(state.answers, key, answer),
        set_aside=_without(state.set_aside, key),
        correcting=None if state.correcting == key else state.correcting,
        misses=0,
        proposals=_other_proposals(state, key),
    )


def _proposed(state: State, event: ev.Proposed) -> State:
    return changed(state, proposals=(*_other_proposals(state, event.key), event), proposed=state.proposed + 1)


def _other_proposals(state: State, key: Key) -> tuple[ev.Proposed, ...]:
    return state.proposals and tuple(one for one in state.proposals if one.key != key)


def _set_aside(state: State, event: ev.SetAside) -> State:
    return changed(
        state,
        answers=_without(state.answers, event.key),
        set_aside=_with(state.set_aside, event.key, state.answers[event.key]),
        changes=state.changes - {event.key},
        correcting=None if state.correcting == event.key else state.correcting,
    )


def _toggled(state: State, event: ev.Toggled) -> State:
    assert state.open is not None
    return changed(state, open=changed(state.open, selection=event.selection))


def _page_turned(state: State, event: ev.PageTurned) -> State:
    assert state.open is not None
    return changed(state, open=changed(state.open, page=event.page))


def _change_announced(state: State, event: ev.ChangeAnnounced) -> State:
    return changed(state, changes=state.changes | {event.key}, set_aside=_without(state.set_aside, event.key))


def _refused(state: State, event: ev.Refused) -> State:
    prompt = state.open
    return state if prompt is None else changed(state, open=changed(prompt, failures=prompt.failures + 1))


def _correction_opened(state: State, event: ev.CorrectionOpened) -> State:
    return changed(state, correcting=event.key, changes=state.changes - {event.key}, open=None)


def _owner_changed(state: State, event: ev.OwnerChanged) -> State:
    return changed(
        state,
        owner=event.owner,
        staff_id=event.staff_id,
        epoch=event.epoch,
        waiting_told=False,
        waiting_answered=False,
        misses=0,
        handover_at=None if event.owner is Owner.BOT else event.key or state.handover_at,
    )


def _faq_shown(state: State, event: ev.FaqShown) -> State:
    if state.owner is Owner.WAITING:
        return changed(state, waiting_answered=True)
    return changed(state, offered=event) if event.action == "offer" else changed(state, misses=0)


def _ended(state: State, event: ev.Ended) -> State:
    return changed(state, ended=event.reason, ended_at=event.key, open=None, beneath=None, correcting=None)


def _reopened(state: State, event: ev.Reopened) -> State:
    answers = state.answers if state.ended_at is None else _without(state.answers, state.ended_at)
    return changed(state, ended=None, ended_at=None, answers=answers)


def _asked_once_more(state: State, event: ev.AskedOnceMore) -> State:
    again = frozenset(event.keys)
    return changed(
        state,
        completed=False,
        paused=False,
        receipt_no=event.receipt_no,
        answers=MappingProxyType({key: one for key, one in state.answers.items() if key not in again}),
        # The question itself is asked: nothing that was said or is registered is offered for it.
        set_aside=MappingProxyType({key: one for key, one in state.set_aside.items() if key not in again}),
        changes=state.changes | again,
    )


def _in_another_version(state: State, event: ev.Migrated) -> State:
    again, dropped = frozenset(event.again), frozenset(event.dropped)
    waiting = {key: state.answers[key] for key in event.again if key in state.answers}
    stands = event.prompt_stands or state.open is None
    return changed(
        state,
        definition_sha256=event.definition_sha256,
        answers=MappingProxyType({k: one for k, one in state.answers.items() if k not in again | dropped}),
        set_aside=MappingProxyType({k: one for k, one in (state.set_aside | waiting).items() if k not in dropped}),
        notes_shown=state.notes_shown - again - dropped,
        changes=state.changes - again - dropped,
        open=state.open if stands else None,
        beneath=state.beneath if stands else None,
        renewed=state.renewed or not stands,
        correcting=None if state.correcting in again | dropped else state.correcting,
        proposals=tuple(one for one in state.proposals if one.key not in dropped),
    )


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
    return changed(state, answers=answers, set_aside=set_aside, open=opened, beneath=beneath)


def _kept(answers: Answers, content_id: str) -> Answers:
    return MappingProxyType({key: answer for key, answer in answers.items() if answer.content_id != content_id})


def _with(answers: Answers, key: Key, answer: Answer) -> Answers:
    return MappingProxyType(answers | {key: answer})


def _without(answers: Answers, key: Key) -> Answers:
    return MappingProxyType({k: v for k, v in answers.items() if k != key}) if key in answers else answers


#: The prompts that ask whether the customer is sure.
_SURE = (Form.STOP, Form.UNLINK)
#: The state after each kind of event; the others are recorded and change nothing.
_AFTER: dict[type[Event], Callable[[State, Any], State]] = {
    ev.Started: _started,
    ev.ChannelChanged: _on_another_channel,
    ev.Asked: _asked,
    ev.NoteShown: lambda state, event: changed(state, notes_shown=state.notes_shown | {event.key}),
    ev.Answered: _answered,
    ev.Proposed: _proposed,
    ev.ProposalSettled: lambda state, event: changed(
        state, proposals=tuple(one for one in state.proposals if one.token != event.token)
    ),
    ev.SetAside: _set_aside,
    ev.TakenBack: lambda state, event: _without_message(state, event.content_id),
    ev.Toggled: _toggled,
    ev.PageTurned: _page_turned,
    ev.ChangeAnnounced: _change_announced,
    ev.Refused: _refused,
    ev.CorrectionOpened: _correction_opened,
    ev.Paused: lambda state, _: changed(state, paused=True),
    ev.Resumed: lambda state, _: changed(state, paused=False),
    ev.OwnerChanged: _owner_changed,
    ev.PersonAsked: lambda state, event: changed(state, noting=event.reason == "customer_asked", misses=0),
    ev.NotUnderstood: lambda state, _: changed(state, misses=state.misses + 1),
    ev.WaitingTold: lambda state, _: changed(state, waiting_told=True),
    ev.FaqShown: _faq_shown,
    ev.PromptClosed: lambda state, _: changed(state, open=state.beneath, beneath=None),
    ev.LanguageChanged: lambda state, event: changed(state, locale=event.locale),
    ev.Ended: _ended,
    ev.Reopened: _reopened,
    ev.AskedOnceMore: _asked_once_more,
    ev.Migrated: _in_another_version,
    ev.Confirmed: lambda state, _: changed(state, completed=True, open=None, beneath=None, correcting=None),
}


# The snapshot -------------------------------------------------------------------------------

#: Fields that are JSON as they are.
_PLAIN = (
    "definition_sha256", "locale", "channel", "receipt_no", "sensitive_allowed", "asked", "paused", "ended",
    "completed", "staff_id", "epoch", "waiting_told", "waiting_answered", "noting", "misses", "proposed", "renewed",
)  # fmt: skip
_KEYS = ("correcting", "ended_at", "handover_at")
_SETS = ("notes_shown", "changes")
_ANSWERS = ("answers", "set_aside")
_PROMPTS = ("open", "beneath")
_NEW = State()


def to_json(state: State) -> dict[str, Any]:
    """The state as plain data for the snapshot; ``from_json`` is its inverse.

    It is sealed, stored and read with every turn, so it is short: what is as in a new conversation is left out, and
    an answer is a row in which the end may be missing (``answers.rows_of``), its time counted from the first one's.
    """
    data: dict[str, Any] = {name: value for name in _PLAIN if (value := getattr(state, name)) != getattr(_NEW, name)}
    if state.owner is not Owner.BOT:
        data["owner"] = state.owner.value
    if state.master:
        data["master"] = dict(state.master)
    data |= {name: list(key) for name in _KEYS if (key := getattr(state, name)) is not None}
    data |= {name: sorted(map(list, keys)) for name in _SETS if (keys := getattr(state, name))}
    since = min((answer.at for name in _ANSWERS for answer in getattr(state, name).values()), default=None)
    if since is not None:
        data["since"] = since.isoformat()
        common = (state.locale, state.definition_sha256, state.channel)
        data |= {name: rows_of(answers, common, since) for name in _ANSWERS if (answers := getattr(state, name))}
    data |= {name: open_json(prompt) for name in _PROMPTS if (prompt := getattr(state, name)) is not None}
    if state.offered is not None:
        data["offered"] = ev.to_json(state.offered)
    if state.proposals:
        data["proposals"] = [ev.to_json(one) for one in state.proposals]
    return data


def from_json(data: Mapping[str, Any]) -> State:
    """The state behind a snapshot; the empty snapshot is the state before the first event."""
    fields: dict[str, Any] = {name: data[name] for name in _PLAIN if name in data}
    fields |= {name: Key(*data[name]) for name in _KEYS if data.get(name) is not None}
    fields |= {name: frozenset(Key(*key) for key in data[name]) for name in _SETS if name in data}
    fields |= {name: open_from_json(data[name]) for name in _PROMPTS if name in data}
    since = datetime.fromisoformat(data["since"]) if "since" in data else None
    common = (data.get("locale", _NEW.locale), data.get("definition_sha256", ""), data.get("channel", ""))
    fields |= {name: answers_of(data[name], common, since) for name in _ANSWERS if name in data}
    if "owner" in data:
        fields["owner"] = Owner(data["owner"])
    if "master" in data:
        fields["master"] = MappingProxyType(dict(data["master"]))
    offered = ev.from_json(data["offered"]) if "offered" in data else None
    entered = map(ev.from_json, data.get("proposals", ()))
    fields["proposals"] = tuple(event for event in entered if isinstance(event, ev.Proposed))
    return State(**fields, offered=offered if isinstance(offered, ev.FaqShown) else None)
