"""Every answer proves itself: raw reply, value, wording shown, time, platform, who; and the log replays without words.

The words of a message lie in its content row alone.  Here a conversation is written down with its rows, the rows
are erased, and what is folded and asked again must be the same.
"""

from __future__ import annotations

from random import Random

from hypothesis import given, strategies as st

from bot.submitting import answer_rows
from dialogs.conversation import engine, events as ev, inputs as inp, state
from dialogs.conversation.events import Key
from dialogs.conversation.state import State
from dialogs.definition.model import Questionnaire
from tests.dialogs.conversation.driving import QUICK, SEEDS, start, wander
from tests.dialogs.conversation.machine_forms import forms
from tests.dialogs.conversation.talking import NOW, STAFF_ID, Talk, form, shipped

SURVEY = """
- {type: select_one pets, name: pet, label: {ja: ペットは何ですか。, en: Which pet?}, required: "true()"}
- {type: text, name: breed, label: {ja: 種類は何ですか。, en: Which breed?}, required: "true()"}
- {type: integer, name: weight, label: {ja: 体重は, en: Its weight?}, required: "true()"}
"""
CHOICES = """
pets:
- {name: dog, label: {ja: いぬ, en: Dog}}
- {name: cat, label: {ja: ねこ, en: Cat}}
"""
FORM = form(SURVEY, CHOICES)


def rows(talk: Talk, words: dict[str, str] | None = None) -> dict[str, dict[str, object]]:
    found = answer_rows(talk.definition, talk.state, talk.now, (words or {}).get, lambda _: talk.definition)
    return {str(Key(row["name"], row["instance"])): row for row in found}


def test_each_answer_says_where_when_by_whom_and_in_which_words() -> None:
    talk = Talk(FORM)
    talk.record(ev.ChannelChanged(at=talk.now, sensitive_allowed=True, channel="line"))
    talk.send(inp.Returned())
    talk.say("[いぬ]")
    talk.later(hours=1)
    talk.record(ev.ChannelChanged(at=talk.now, sensitive_allowed=True, channel="telegram"))
    talk.say("英語で")
    talk.type("Shiba")
    talk.staff_takes()
    talk.send(inp.StaffEntered(key=Key("weight"), value="12", display="12", staff_id=STAFF_ID))
    talk.option("yes", token=talk.state.proposals[0].token)
    evidence = rows(talk, {talk.typed: "Shiba"})
    common = {"definition_sha256": FORM.sha256, "by": "customer", "state": "answered", "marked": False}
    pet = evidence["pet"]
    assert pet.items() >= (common | {"value": "dog", "channel": "line", "locale": "ja", "at": NOW.isoformat()}).items()
    assert (pet["wording"], pet["choices"]) == ("ペットは何ですか。", ["いぬ", "ねこ"])
    breed = evidence["breed"]
    assert breed.items() >= (common | {"value": "Shiba", "raw": "Shiba", "channel": "telegram", "locale": "en"}).items()
    assert (breed["wording"], breed["at"]) == ("Which breed?", talk.now.isoformat())
    assert (evidence["weight"]["by"], evidence["weight"]["value"]) == (STAFF_ID, "12")


def test_who_answers_for_the_customer_says_so_with_every_answer() -> None:
    asked = (
        '- {type: select_one pets, name: who, label: {ja: どなた}, required: "true()", bot: {proxy: ". = \'cat\'"}}\n'
        '- {type: text, name: told, label: {ja: 何を}, required: "true()"}'
    )
    talk = Talk(form(asked, CHOICES))
    talk.say("[ねこ]", "はな")
    assert {name: row["by"] for name, row in rows(talk).items()} == {"who": "proxy", "told": "proxy"}
    talk.say("もどる", "もどる", "[いぬ]", "もどる", "ほね")
    assert {name: row["by"] for name, row in rows(talk).items()} == {"who": "customer", "told": "customer"}


def test_an_answer_that_was_taken_over_keeps_its_evidence_and_a_new_one_gets_its_own() -> None:
    talk = Talk(FORM)
    talk.say("[いぬ]", "しば")
    before = rows(talk)
    talk.say("もどる")
    talk.later(days=1)
    talk.say("[このまま変えない]", "もどる", "あきた")
    after = rows(talk)
    assert after["pet"] == before["pet"]
    assert after["breed"]["at"] == talk.now.isoformat() != before["breed"]["at"]


def prompts_of(definition: Questionnaire, at: State, talk: Talk) -> object:
    return engine.step(definition, at, inp.Returned(), talk.now, talk.lists).says


@QUICK
@given(forms(), st.booleans(), SEEDS)
def test_the_log_alone_gives_the_state_and_the_prompts(definition: Questionnaire, allowed: bool, seed: int) -> None:
    """From the events as they are kept, one by one; no event holds what was typed, so no erasure can touch them."""
    talk, random = start(definition, allowed), Random(seed)
    lived: list[tuple[int, State]] = []
    for _ in range(15):
        wander(talk, random, 1)
        lived.append((len(talk.log), talk.state))
    for length, then in lived:
        replayed = state.fold(ev.from_json(data) for data in talk.log[:length])
        assert replayed == then
        assert prompts_of(definition, replayed, talk) == prompts_of(definition, then, talk)


def test_no_event_holds_the_words_of_a_message() -> None:
    """What was typed and not taken as an answer is nowhere in the log or the snapshot."""
    talk = Talk(shipped("individual"))
    for words in ("カナリアの歌をききたい", "カナリアは鳥ですか", "英語で", "canary please", "日本語で"):
        talk.type(words)
    kept = "".join(map(str, talk.log)) + talk.snapshot
    assert "カナリア" not in kept
    assert "canary" not in kept
