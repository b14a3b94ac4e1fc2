"""What is kept of a form after an answer is what comes out when all of it is worked out from nothing."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings

from dialogs.conversation import events as ev
from dialogs.conversation.events import AnswerState, Event, Key
from dialogs.conversation.form import Position
from dialogs.conversation.plan import Outline, When, plan_of
from dialogs.conversation.state import State, apply
from dialogs.definition.model import Questionnaire
from tests.dialogs.conversation.machine_forms import MASTER, forms
from tests.dialogs.conversation.talking import NOW, form
from tests.dialogs.conversation.test_machine import LONG, QUICK, SEEDS

#: Fitting and not, for any kind of question.
VALUES = ("", "a", "b", "c", "a c", "z", "3", "7", "13", "99", "yes", "no", "2026-12-01", "りんご")


def keys_of(definition: Questionnaire) -> list[Key]:
    """Every place at which an answer may stand, and some where none may."""
    named = [Key(question.name, instance) for question in definition.questions for instance in (0, 1, 2)]
    return [*named, *(Key(name, instance) for name in definition.groups for instance in (1, 2))]


def seen(position: Position) -> dict[str, object]:
    """All that can be asked of a position."""
    definition = position.definition
    slots = [(slot.key, slot.question, slot.repeat) for slot in position.slots]
    places = [Key(question.name, int(question.name in definition.repeats)) for question in definition.questions]
    return {
        "slots": slots,
        "asked": [slot.key for slot in position.asked_slots],
        "at": {key: position.slot(key) is not None for key in keys_of(definition)},
        "current": position.current and position.current.key,
        "previous": position.previous and position.previous.key,
        "notes": [slot.key for slot in position.pending_notes],
        "progress": position.progress,
        "settled": {slot.key: position.is_settled(slot) for slot in position.asked_slots},
        "required": {slot.key: position.is_required(slot) for slot in position.asked_slots},
        "relevant": {key: position.is_relevant(key) for key in places},
        "values": {key: position.value(key) for key in places},
        "choices": {key: position.choices(definition.question(key.question), key) for key in places},
    }


def look(position: Position, random: Random) -> None:
    """Something of it, so that only a part has been worked out when the next answer comes."""
    for _ in range(random.randrange(4)):
        key = random.choice(keys_of(position.definition))
        match random.randrange(5):
            case 0:
                position.slot(key)
            case 1 if key.question in position.definition.by_name:
                position.value(key)
            case 2:
                _ = position.current
            case 3:
                _ = position.progress
            case _:
                _ = position.pending_notes


def something(state: State, definition: Questionnaire, random: Random) -> Event:
    """An answer anywhere, a correction of one, one that goes, or another language."""
    answered = list(state.answers)
    what = random.randrange(8)
    if what == 0 and answered:
        return ev.SetAside(at=NOW, key=random.choice(answered))
    if what == 1:
        return ev.LanguageChanged(at=NOW, locale=random.choice(["ja", "en"]))
    if what == 2 and answered:
        return ev.CorrectionOpened(at=NOW, key=random.choice(answered))
    if what == 3:
        return ev.ChannelChanged(at=NOW, sensitive_allowed=random.choice([True, False]))
    key = random.choice(answered) if what == 4 and answered else random.choice(keys_of(definition))
    value, how = random.choice(VALUES), random.choice([AnswerState.ANSWERED, *AnswerState])
    return ev.Answered(at=NOW, key=key, value=value, display=value, state=how, locale="ja")


def in_any_order(definition: Questionnaire, seed: int) -> None:
    random = Random(seed)
    started = ev.Started(at=NOW, definition_sha256=definition.sha256, locale="ja", receipt_no="R", master=MASTER)
    state = apply(State(), started)
    position = Position(definition, state, NOW)
    for _ in range(12):
        look(position, random)
        state = apply(state, something(state, definition, random))
        position = position.after(state)
        assert seen(position) == seen(Position(definition, state, NOW))


@settings(QUICK, max_examples=60)
@given(forms(), SEEDS)
def test_what_is_kept_is_what_comes_out_from_nothing(definition: Questionnaire, seed: int) -> None:
    in_any_order(definition, seed)


@pytest.mark.slow
@LONG
@given(forms(), SEEDS)
def test_what_is_kept_is_what_comes_out_from_nothing_at_length(definition: Questionnaire, seed: int) -> None:
    in_any_order(definition, seed)


def test_an_answer_touches_what_reads_it_however_far_and_nothing_else() -> None:
    definition = form(
        """
- {type: integer, name: one, label: {ja: 一}, required: "true()"}
- {type: calculate, name: two, calculation: "${one} + 1"}
- {type: begin_group, name: three, relevant: "${two} > 5"}
- {type: text, name: four, label: {ja: 四}, required: "true()"}
- {type: end_group, name: three}
- {type: text, name: five, label: {ja: 五}, required: "true()", constraint: ". != ${four}"}
- {type: text, name: six, label: {ja: 六}, required: "true()"}
"""
    )
    plan = plan_of(definition)
    assert plan.touched("one") == {"one", "two", "three", "four", "five"}
    assert plan.touched("four") == {"four", "five"}
    assert plan.touched("six") == {"six"}
    assert plan_of(definition) is plan


GROUPED = """
- {type: select_one sides, name: one, label: {ja: 一}, required: "true()"}
- {type: note, name: two, label: {ja: 二}}
- {type: text, name: three, label: {ja: 三}, relevant: "${one} = 'left'"}
- {type: integer, name: four, label: {ja: 四}, required: "true()", constraint: ". > 5"}
- {type: begin_repeat, name: five, label: {ja: 五}, bot: {max_repeats: 3}}
- {type: text, name: six, label: {ja: 六}, required: "true()"}
- {type: end_repeat, name: five}
"""
SIDES = """
sides:
  - {name: left, label: {ja: 左}}
  - {name: right, label: {ja: 右}}
"""


def test_an_answer_moves_the_places_where_a_condition_or_a_repeat_hangs_on_it() -> None:
    plan = plan_of(form(GROUPED, SIDES))
    assert {name: plan.moves(name) for name in ("one", "three", "four", "five", "six")} == {
        "one": True, "three": False, "four": False, "five": True, "six": False,
    }  # fmt: skip


def test_conversations_whose_conditions_stand_alike_share_their_places() -> None:
    definition = form(GROUPED, SIDES)

    def outline(side: str) -> Outline:
        started = ev.Started(at=NOW, definition_sha256=definition.sha256, locale="ja", receipt_no="R")
        answered = ev.Answered(
            at=NOW, key=Key("one"), value=side, display=side, state=AnswerState.ANSWERED, locale="ja"
        )
        return Position(definition, apply(apply(State(), started), answered), NOW).outline

    assert outline("left") is outline("left")
    assert outline("left") is not outline("right")
    assert [str(slot.key) for slot in outline("left").asked] == ["one", "three", "four", "six[1]", "five[1]"]
    assert [(before, str(slot.key)) for before, slot in outline("right").notes] == [(1, "two")]


def test_what_no_rule_speaks_of_is_settled_by_its_value_alone() -> None:
    slots = plan_of(form(GROUPED, SIDES)).slots
    assert slots["one"].fits is not None
    assert [value in slots["one"].fits for value in ("left", "up", "")] == [True, False, False]
    assert slots["three"].fits is None, "whatever is typed"
    assert slots["four"].fits == (), "its constraint speaks of it"
    assert slots["one"].is_always_required
    assert not slots["three"].is_always_required


@pytest.mark.parametrize(
    ("constraint", "written"),
    [
        (". >= 3 and . <= 13", range(3, 14)),
        (". > 2.5 and . < 13", range(3, 13)),
        (". > 3 and . < 12.5 and . < 99", range(4, 13)),
        (". >= 3 and . <= 2", range(0)),
        (". >= 0 and . <= 1000", None),
        (". >= 3", None),
        (". <= 13", None),
        (". >= 3 or . <= 13", None),
        (". >= 3 and . <= 13 and . != 7", None),
        (". >= ${one} and . <= 13", None),
        ("3 <= . and . <= 13", None),
    ],
)
def test_a_short_range_of_whole_numbers_is_known_by_its_answers(constraint: str, written: range | None) -> None:
    definition = form(
        f"""
- {{type: integer, name: one, label: {{ja: 一}}, required: "true()"}}
- {{type: integer, name: two, label: {{ja: 二}}, required: "true()", constraint: "{constraint}"}}
"""
    )
    slot, rule = plan_of(definition).slots["two"], definition.question("two").constraint
    assert slot.fits == (() if written is None else {str(number) for number in written})
    assert rule is not None
    position = Position(definition, State(), NOW)
    for value in (*map(str, range(16)), "03", "3.0", "-3", "7.5", "abc", ""):
        assert position.is_allowed(slot, value) is position.truth(rule, slot.key, value)


@pytest.mark.parametrize(
    ("condition", "when"),
    [
        ("${one} = 'left'", When("one", frozenset({"left"}), True)),
        ("${one} != ''", When("one", frozenset({""}), False)),
        ("${one} = 'left' or ${one} = 'right'", When("one", frozenset({"left", "right"}), True)),
        ("${one} != 'left' and ${one} != ''", When("one", frozenset({"left", ""}), False)),
        ("${one} = 'left' and ${one} = 'right'", None),
        ("${one} != 'left' or ${one} != 'right'", None),
        ("${one} = 'left' or ${two} = 'left'", None),
        ("${one} = 'left' or ${one} != 'right'", None),
        ("${one} = 1", None),
        ("${one} = ${two}", None),
        ("selected(${one}, 'left')", None),
    ],
)
def test_conditions_that_ask_for_codes_are_known_as_such(condition: str, when: When | None) -> None:
    definition = form(
        f"""
- {{type: select_one sides, name: one, label: {{ja: 一}}, required: "true()"}}
- {{type: select_one sides, name: two, label: {{ja: 二}}, required: "true()"}}
- {{type: text, name: three, label: {{ja: 三}}, relevant: "{condition}"}}
""",
        SIDES,
    )
    assert plan_of(definition).whens.get("three") == when
    relevant = definition.question("three").relevant
    assert relevant is not None
    for one in ("", "left", "right"):
        for two in ("", "left", "right"):
            state = apply(State(), ev.Started(at=NOW, definition_sha256="x", locale="ja", receipt_no="R"))
            for name, value in (("one", one), ("two", two)):
                told = ev.Answered(
                    at=NOW, key=Key(name), value=value, display="", state=AnswerState.ANSWERED, locale="ja"
                )
                state = apply(state, told)
            position = Position(definition, state, NOW)
            there = Key("three") in position.places
            assert (
                there
                is position.truth(relevant, Key("three"))
                is Position(definition, state, NOW).is_relevant(Key("three"))
            )
