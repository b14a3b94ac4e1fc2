"""Random pairs of versions, random conversations at random points: nobody is stranded and no answer is lost."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, strategies as st

from dialogs.conversation import events as ev, inputs as inp
from dialogs.conversation.answers import Answer
from dialogs.conversation.events import AnswerState, Form, Key, Owner
from dialogs.conversation.upgrade import Fate, Upgrade, upgrade
from dialogs.definition.model import Questionnaire, QuestionType
from dialogs.definition.versions import ChangeKind, Policy, changes_between, policies_of
from tests.dialogs.conversation.driving import LONG, QUICK, SEEDS, finish, is_whole, settle, start, wander
from tests.dialogs.conversation.form_pairs import both, pairs
from tests.dialogs.conversation.talking import Talk


def go_over(talk: Talk, new: Questionnaire) -> Upgrade:
    """The conversation in the other version; the snapshot is the fold of the log, as after every turn."""
    found = upgrade(talk.definition, new, talk.state, talk.now)
    if found.step is not None:
        talk.definition = new
        talk._keep(found.step.events, found.step.state)
    return found


def nothing_is_lost(before: dict[Key, Answer], waiting: dict[Key, Answer], talk: Talk, found: Upgrade) -> None:
    """Each answer stands, or waits to be offered, or is named among those that have no place."""
    state = talk.state
    for key, answer in before.items():
        if state.answers.get(key) == answer:
            continue
        if key in state.answers:
            # It has no place in the new form or does not fit it, and may not be asked anew on this channel.
            assert state.answers[key].state is AnswerState.OTHER_CHANNEL
        if key in found.dropped:
            assert key not in state.set_aside
        elif key in state.answers:
            slot = talk.position.slot(key)
            assert slot is not None
            assert answer.state is AnswerState.UNCHANGED or not talk.position.is_valid(slot, answer)
        else:
            assert state.set_aside.get(key) == answer, f"{key} was lost"
    for key in waiting:
        assert key in state.set_aside or key in _dropped(talk), f"{key} waited and was lost"
    told = {(event.key, event.value) for event in talk.events if isinstance(event, ev.Answered)}
    assert {(key, answer.value) for key, answer in before.items()} <= told, "the log holds every answer"


def _dropped(talk: Talk) -> set[Key]:
    return {key for event in talk.events if isinstance(event, ev.Migrated) for key in event.dropped}


def the_state_is_valid(talk: Talk) -> None:
    """Only what the new form asks is answered, by codes that it knows."""
    position = talk.position
    assert talk.state.definition_sha256 == talk.definition.sha256
    for key, answer in talk.state.answers.items():
        slot = position.slot(key)
        assert slot is not None, f"{key} is answered and not asked"
        if slot.question is None or not slot.question.is_select:
            continue
        several = slot.question.type is QuestionType.SELECT_MULTIPLE
        known = talk.definition.codes[slot.question.list_name or ""]
        assert all(code in known for code in (answer.codes if several else (answer.value,)) if code)


def what_stands_is_the_same_in_both(old: Questionnaire, talk: Talk) -> None:
    """An open question is one of which nothing was changed, an answer, also one that waits, one of the same type."""
    changes = changes_between(old, talk.definition)
    prompt = talk.state.open
    if prompt is not None and prompt.key is not None:
        assert prompt.key.question not in {change.name for change in changes}
    other = {change.name for change in changes if change.kind is ChangeKind.TYPE}
    known = (*talk.state.answers.items(), *talk.state.set_aside.items())
    taken_over = [key for key, one in known if one.definition_sha256 != talk.definition.sha256]
    assert other.isdisjoint(key.question for key in taken_over)


def old_buttons_are_worth_nothing(talk: Talk, tokens: tuple[str, ...], random: Random) -> None:
    """A tap on what was shown before is no answer, unless the question stands as it was."""
    answers = talk.state.answers
    for option in ("c0", "c1", "yes", "same", "ok", "submit", "skip"):
        if random.random() < 0.5:
            talk.option(option, token=random.choice(tokens))
            assert talk.state.answers == answers, option
            assert not any(isinstance(event, ev.Confirmed) for event in talk.last)


def migrates(old: Questionnaire, new: Questionnaire, allowed: bool, seed: int, turns: int) -> None:
    random = Random(seed)
    talk = start(old, allowed)
    wander(talk, random, turns)
    before = talk.state
    found = go_over(talk, new)
    if found.fate is Fate.KEPT:
        assert before.is_over or Policy.KEEP in {policies_of(new)[one.kind] for one in found.touching}
        assert talk.state == before
    else:
        what_stands_is_the_same_in_both(old, talk)
        nothing_is_lost(dict(before.answers), dict(before.set_aside), talk, found)
        the_state_is_valid(talk)
        assert (talk.state.owner, talk.state.paused, talk.state.asked) == (before.owner, before.paused, before.asked)
        if found.fate is Fate.CARRIED:
            assert found.again == ()
        if before.open is not None and talk.state.open is None and talk.state.owner is Owner.BOT:
            old_buttons_are_worth_nothing(talk, before.open.tokens, random)
    if talk.state.completed:
        return
    _comes_back(talk)
    finish(talk, seed)
    is_whole(talk)
    assert {answer.definition_sha256 for answer in talk.state.answers.values()} <= {old.sha256, new.sha256}


def _comes_back(talk: Talk) -> None:
    """The customer is asked the next question, or shown the review."""
    settle(talk)
    talk.send(inp.Returned())
    if talk.state.paused:
        talk.option("resume")
    if talk.shape in (Form.STOP, Form.UNLINK):
        talk.option("no")
    if talk.shape is Form.WHICH:
        talk.option("review")
    current = talk.position.current
    assert talk.shape is Form.REVIEW if current is None else talk.open.key is not None


@QUICK
@given(pairs(), st.booleans(), SEEDS, st.integers(0, 25))
def test_nobody_is_stranded_and_no_answer_is_lost(pair: tuple[str, str], allowed: bool, seed: int, turns: int) -> None:
    migrates(*both(pair), allowed, seed, turns)


@pytest.mark.slow
@LONG
@given(pairs(), st.booleans(), SEEDS, st.integers(0, 40))
def test_nobody_is_stranded_at_length(pair: tuple[str, str], allowed: bool, seed: int, turns: int) -> None:
    migrates(*both(pair), allowed, seed, turns)


@QUICK
@given(pairs(), SEEDS, st.integers(0, 25))
def test_there_and_back_again(pair: tuple[str, str], seed: int, turns: int) -> None:
    """A version that is taken back takes the conversations back, wherever they have got to."""
    old, new = both(pair)
    talk = start(old, True)
    random = Random(seed)
    wander(talk, random, turns)
    go_over(talk, new)
    wander(talk, random, 4)
    go_over(talk, old)
    assert go_over(talk, talk.definition).fate in (Fate.CARRIED, Fate.KEPT), "nothing differs from itself"
    if not talk.state.completed:
        _comes_back(talk)
        finish(talk, seed)
        is_whole(talk)


@QUICK
@given(pairs())
def test_a_version_differs_in_nothing_from_itself(pair: tuple[str, str]) -> None:
    old, new = both(pair)
    assert changes_between(old, old) == changes_between(new, new) == ()
    if {question.name for question in old.questions} != {question.name for question in new.questions}:
        assert changes_between(old, new)
