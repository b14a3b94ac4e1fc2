"""The promises about random conversations can fail: each is seen to, by a fault that is planted in the engine.

The machines of this folder are the proof of the engine; here is the proof of the machines.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from dialogs.conversation import (
    commanding,
    engine,
    events as ev,
    faq_replies,
    form,
    inputs as inp,
    people,
    state,
    turn,
    upgrade,
)
from dialogs.conversation.moves import aside, back
from dialogs.conversation.turn import Turn
from dialogs.definition.model import Questionnaire
from dialogs.records import changed
from tests.dialogs.conversation.driving import SEEDS, finish, is_whole, settle, start
from tests.dialogs.conversation.form_pairs import both, pairs
from tests.dialogs.conversation.machine_forms import forms
from tests.dialogs.conversation.talking import Talk
from tests.dialogs.conversation.test_leaving_answers import leaves_at_once_and_is_offered
from tests.dialogs.conversation.test_machine import with_asides, with_back, with_repeated_taps
from tests.dialogs.conversation.test_upgrade_machine import migrates

Patch = pytest.MonkeyPatch
#: One example that fails is enough: it need not be the smallest.
SEARCH = settings(
    max_examples=1000, phases=[Phase.generate], report_multiple_bugs=False, suppress_health_check=list(HealthCheck)
)


# The promises -------------------------------------------------------------------------------


@SEARCH
@given(forms(), st.booleans(), SEEDS, st.data())
def interruptions(definition: Questionnaire, allowed: bool, seed: int, data: st.DataObject) -> None:
    with_asides(definition, allowed, seed, data)


@SEARCH
@given(forms(), st.booleans(), SEEDS)
def there_and_back(definition: Questionnaire, allowed: bool, seed: int) -> None:
    with_back(definition, allowed, seed)


@SEARCH
@given(forms(), st.booleans(), SEEDS)
def repeated_taps(definition: Questionnaire, allowed: bool, seed: int) -> None:
    with_repeated_taps(definition, allowed, seed)


@SEARCH
@given(forms(), st.booleans(), SEEDS)
def bounds(definition: Questionnaire, allowed: bool, seed: int) -> None:
    """A number out of bounds is tried at every question."""

    def tries(talk: Talk, _: int) -> None:
        talk.type("99")
        settle(talk)

    talk = start(definition, allowed)
    finish(talk, seed, tries)
    is_whole(talk)


@SEARCH
@given(forms(), st.booleans(), SEEDS)
def leaving(definition: Questionnaire, allowed: bool, seed: int) -> None:
    leaves_at_once_and_is_offered(definition, allowed, seed)


@SEARCH
@given(pairs(), st.booleans(), SEEDS, st.integers(0, 25))
def new_version(pair: tuple[str, str], allowed: bool, seed: int, turns: int) -> None:
    migrates(*both(pair), allowed, seed, turns)


# The faults ---------------------------------------------------------------------------------


def a_field_is_missing_in_the_snapshot(patch: Patch) -> None:
    patch.setattr(state, "_PLAIN", tuple(name for name in state._PLAIN if name != "asked"))


def a_change_without_an_event(patch: Patch) -> None:
    done = Turn.done
    patch.setattr(
        Turn, "done", lambda self: changed(done(self), state=changed(self.state, misses=self.state.misses + 1))
    )


def a_token_is_given_twice(patch: Patch) -> None:
    patch.setattr(Turn, "next_token", lambda self: "p1")


def old_buttons_work_on(patch: Patch) -> None:
    opened = state.opened

    def keeping(before: Any, event: ev.Asked) -> Any:
        found = opened(before, event)
        return found if before is None else changed(found, tokens=(*before.tokens, event.token))

    patch.setattr(state, "opened", keeping)


def a_side_question_counts_as_a_failure(patch: Patch) -> None:
    def failing(talk: Turn, *pieces: Any, **named: Any) -> None:
        talk.record(ev.Refused(at=talk.now, key=None, problem="choose"))
        aside(talk, *pieces, **named)

    patch.setattr(faq_replies, "aside", failing)
    patch.setattr(commanding, "aside", failing)


def staff_lose_an_answer(patch: Patch) -> None:
    hand_back = people.hand_back

    def losing(talk: Turn, *arguments: Any, **named: Any) -> None:
        for key in list(talk.state.answers)[:1]:
            talk.record(ev.SetAside(at=talk.now, key=key))
        hand_back(talk, *arguments, **named)

    patch.setattr(people, "hand_back", losing)


def back_forgets_the_answer(patch: Patch) -> None:
    def forgetting(talk: Turn) -> None:
        previous = talk.position.previous
        back(talk)
        if previous is not None and previous.key in talk.state.answers:
            talk.record(ev.SetAside(at=talk.now, key=previous.key))

    patch.setattr(engine, "back", forgetting)
    patch.setattr(commanding, "back", forgetting)


def what_is_irrelevant_is_asked(patch: Patch) -> None:
    relevant = form.Position.__dict__["current"].fget

    def current(self: form.Position) -> Any:
        for slot in self.plan.slots.values():
            if slot.is_asked and slot.key not in self.state.answers:
                return slot
        return relevant(self)

    patch.setattr(form.Position, "current", property(current))


def what_does_not_fit_is_taken(patch: Patch) -> None:
    patch.setattr(form.Position, "_is_settled", lambda self, slot, answer: True)
    patch.setattr(
        Turn,
        "offer_answer",
        lambda self, slot, taken, content_id, *, typed, echo=False: self.check_answer(
            slot, taken.value, taken.display, content_id, echo=echo
        ),
    )


def an_echo_without_an_end(patch: Patch) -> None:
    patch.setattr(
        Turn,
        "check_answer",
        lambda self, slot, value, display, content_id, *, echo: self.ask_confirm(slot, value, display, content_id),
    )


def the_bot_speaks_beside_staff(patch: Patch) -> None:
    patch.setattr(engine, "_HEARD_WITH_STAFF", (*engine._HEARD_WITH_STAFF, inp.Said))


def irrelevant_answers_stay(patch: Patch) -> None:
    patch.setattr(Turn, "settle", lambda self: None)


def nothing_of_before_is_offered(patch: Patch) -> None:
    offered = turn.offered_value

    def without(position: Any, slot: Any) -> Any:
        found = offered(position, slot)
        return None if found is not None and found[0] == "previous" else found

    patch.setattr(turn, "offered_value", without)


def the_old_prompt_is_taken_for_the_new_one(patch: Patch) -> None:
    patch.setattr(upgrade, "_prompt_stands", lambda *_: True)


def an_answer_of_another_type_stays(patch: Patch) -> None:
    patch.setattr(upgrade, "_dropped", lambda *_: ())


def a_choice_that_is_gone_stays(patch: Patch) -> None:
    patch.setattr(upgrade, "_stands", lambda *_: True)


def what_is_asked_again_is_lost(patch: Patch) -> None:
    moved = state._in_another_version

    def losing(before: Any, event: ev.Migrated) -> Any:
        after = moved(before, event)
        kept = {key: one for key, one in after.set_aside.items() if key not in event.again}
        return changed(after, set_aside=MappingProxyType(kept))

    patch.setitem(state._AFTER, ev.Migrated, losing)


#: Of these the first example comes late.
RARE = frozenset(
    {
        the_bot_speaks_beside_staff,
        the_old_prompt_is_taken_for_the_new_one,
        a_choice_that_is_gone_stays,
        nothing_of_before_is_offered,
    }
)
FAULTS: tuple[tuple[Callable[[Patch], None], Callable[[], None]], ...] = (
    (a_field_is_missing_in_the_snapshot, interruptions),
    (a_change_without_an_event, interruptions),
    (a_token_is_given_twice, interruptions),
    (a_side_question_counts_as_a_failure, interruptions),
    (staff_lose_an_answer, interruptions),
    (the_bot_speaks_beside_staff, interruptions),
    (an_echo_without_an_end, interruptions),
    (old_buttons_work_on, repeated_taps),
    (back_forgets_the_answer, there_and_back),
    (what_is_irrelevant_is_asked, there_and_back),
    (what_does_not_fit_is_taken, bounds),
    (irrelevant_answers_stay, leaving),
    (nothing_of_before_is_offered, leaving),
    (the_old_prompt_is_taken_for_the_new_one, new_version),
    (an_answer_of_another_type_stays, new_version),
    (a_choice_that_is_gone_stays, new_version),
    (what_is_asked_again_is_lost, new_version),
)


@pytest.mark.parametrize(
    ("plant", "promise"),
    [
        pytest.param(plant, promise, id=plant.__name__, marks=[pytest.mark.slow] if plant in RARE else [])
        for plant, promise in FAULTS
    ],
)
def test_the_fault_is_seen(plant: Callable[[Patch], None], promise: Callable[[], None], monkeypatch: Patch) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        promise()
