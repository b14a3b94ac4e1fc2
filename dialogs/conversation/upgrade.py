"""A conversation goes over to another version of its form, as that version's policies have it.

Promise: nobody is stranded and no answer is lost.  Afterwards every answer is either where it was, or waits to be
offered, or stands in the log alone because the new form has no place for it; what is open can be answered, and a
button that was shown under the older version is never taken for something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dialogs.conversation import events as ev
from dialogs.conversation.answering import from_master
from dialogs.conversation.answers import Answer
from dialogs.conversation.form import Position
from dialogs.conversation.open_prompts import OpenPrompt
from dialogs.conversation.state import State, apply
from dialogs.conversation.steps import Step
from dialogs.conversation.turn import Turn
from dialogs.conversation.vocabulary import AnswerState, Form, Key
from dialogs.definition.model import Decline, Questionnaire
from dialogs.definition.versions import Change, ChangeKind, Policy, changes_between, policies_of
from dialogs.records import changed


class Fate(StrEnum):
    """What becomes of a conversation."""

    #: It stays on its version.
    KEPT = "kept"
    #: It goes over, and nothing that was answered is asked again.
    CARRIED = "carried"
    #: It goes over, and something that was answered is asked again.
    ASKED_AGAIN = "asked_again"
    #: It begins again, with everything offered.
    RESTARTED = "restarted"


@dataclass(frozen=True, kw_only=True)
class Upgrade:
    """What a new version means for one conversation."""

    fate: Fate
    #: The changes that touch it.
    touching: tuple[Change, ...]
    #: What was answered and is to be answered again, or has no place any more.
    again: tuple[Key, ...] = ()
    dropped: tuple[Key, ...] = ()
    #: ``None`` where the conversation stays as it is.
    step: Step | None = None


def upgrade(old: Questionnaire, new: Questionnaire, state: State, now: datetime) -> Upgrade:
    """The conversation in the new version; ``now`` is aware and in the bank's time zone."""
    changes = new.once(("changes", old.sha256), lambda: changes_between(old, new))
    policies = policies_of(new)
    dropped = _dropped(old, new, changes, state)
    moved = ev.Migrated(at=now, definition_sha256=new.sha256, dropped=dropped)
    carried = Position(new, apply(state, moved), now)
    touching = tuple(change for change in changes if _touches(change, old, state, carried))
    wanted = {policies[change.kind] for change in touching}
    if Policy.KEEP in wanted or state.is_over:
        return Upgrade(fate=Fate.KEPT, touching=touching)
    restart = Policy.RESTART in wanted
    asked = {name for one in touching if policies[one.kind] is Policy.ASK for name in _names(one, old)}
    again = tuple(
        key
        for key, answer in state.answers.items()
        if key not in dropped
        and (((restart or key.question in asked) and _can_be_asked(carried, key)) or not _stands(carried, key, answer))
    )
    notes = (key for key in state.notes_shown if restart or key.question in asked)
    moved = changed(moved, again=(*again, *sorted(notes)))
    turn = _go_over(new, state, moved)
    if not restart and _prompt_stands(state, turn.position, changes, moved):
        turn = _go_over(new, state, changed(moved, prompt_stands=True))
    lost = tuple(key for key in dropped if key in state.answers)
    anew = bool(again) or any(key.question in new.by_name for key in lost)
    fate = Fate.RESTARTED if restart else Fate.ASKED_AGAIN if anew else Fate.CARRIED
    return Upgrade(fate=fate, touching=touching, again=again, dropped=lost, step=turn.done())


def _go_over(new: Questionnaire, state: State, moved: ev.Migrated) -> Turn:
    turn = Turn(new, state, moved.at)
    turn.record(moved)
    turn.settle()
    return turn


def _dropped(old: Questionnaire, new: Questionnaire, changes: tuple[Change, ...], state: State) -> tuple[Key, ...]:
    """The places of which nothing can be said in the new form."""
    other = {change.name for change in changes if change.kind is ChangeKind.TYPE}

    def is_gone(name: str) -> bool:
        same = (name in old.by_name) == (name in new.by_name) and (name in old.groups) == (name in new.groups)
        return not same or name in other

    known = dict.fromkeys((*state.answers, *state.set_aside, *(one.key for one in state.proposals), *state.changes))
    return tuple(key for key in known if is_gone(key.question))


def _names(change: Change, form: Questionnaire) -> set[str]:
    """The question, or the group and all that stands in it."""
    return {change.name} | {one.name for one in form.questions if change.name in one.groups}


def _touches(change: Change, old: Questionnaire, state: State, carried: Position) -> bool:
    """Whether the customer has met what is changed, or will meet what is new."""
    if change.kind is ChangeKind.ADDITION and not change.columns:
        return any(slot.key.question == change.name for slot in carried.asked_slots)
    prompts = (state.open, state.beneath)
    met = {key.question for key in (*state.answers, *(one.key for one in prompts if one is not None and one.key))}
    return not met.isdisjoint(_names(change, old))


def _can_be_asked(position: Position, key: Key) -> bool:
    """What was answered on another channel and may not be asked on this one stays as it was answered."""
    slot = position.slot(key)
    return slot is None or not position.is_elsewhere(slot)


def _stands(position: Position, key: Key, answer: Answer) -> bool:
    """Whether an answer may stay where it is; of one that its rules refuse now, the engine says so when it asks."""
    slot = position.slot(key)
    question = None if slot is None else slot.question
    if slot is None or question is None:
        return True
    match answer.state:
        case AnswerState.DECLINED:
            return question.bot.decline is not Decline.NONE
        case AnswerState.OTHER_CHANNEL:
            return position.is_elsewhere(slot)
        case AnswerState.UNCHANGED:
            known = from_master(position, slot)
            return known is not None and known.value == answer.value
    if not question.is_select or not answer.value:
        return True
    several = question.takes_several
    return position.are_choices(question, key, answer.codes if several else (answer.value,))


def _prompt_stands(state: State, position: Position, changes: tuple[Change, ...], moved: ev.Migrated) -> bool:
    """Whether all that was shown of the open question holds in the new form."""
    otherwise = {change.name for change in changes} | {key.question for key in (*moved.again, *moved.dropped)}

    def stands(prompt: OpenPrompt | None) -> bool:
        if prompt is None or prompt.form in (Form.STOP, Form.UNLINK):
            return True
        key = prompt.key
        return key is not None and key.question not in otherwise and position.slot(key) is not None

    return stands(state.open) and stands(state.beneath)
