"""Random forms and random customers: what must hold whatever is said, tapped, interrupted or restarted.

``Talk`` checks after every input that the snapshot is the fold of the log (both written and read back), that
tokens are unique, that only relevant questions are asked and that the bot is silent with staff.  Here stand the
promises about whole conversations:

- nothing that anybody does makes ``step`` raise;
- side questions, staff and back, restarts and repeated taps anywhere change nothing in the submission;
- back and the same answer again is the identity;
- a submission holds exactly the relevant answers, each valid under the form;
- a bounded number of valid replies reaches the submission, also where another version of the form came between.
"""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dialogs.conversation import events as ev, inputs as inp
from dialogs.conversation.events import Form, Key, Owner
from dialogs.conversation.prompts import Message
from dialogs.conversation.steps import Leave
from dialogs.definition.model import Questionnaire
from tests.dialogs.conversation.driving import (
    ASIDES,
    LONG,
    QUICK,
    SEEDS,
    finish,
    give,
    is_whole,
    reply,
    settle,
    start,
)
from tests.dialogs.conversation.form_pairs import both, pairs
from tests.dialogs.conversation.machine_forms import forms
from tests.dialogs.conversation.talking import STAFF_ID, Talk
from tests.dialogs.conversation.test_upgrade_machine import go_over

ANYTHING = (
    "はい", "いいえ", "1", "2", "99", "あか", "a,c", "りんご", "7", "090-1234-5678", "戻る", "あとで", "続き",
    "以上です", "訂正したい", "回答しません", "わからない", "答えたくない", "スキップ", "なぜ聞くの?", "係の者と話す",
    "連携解除", "別の確認", "英語で", "日本語で", "使い方", "あと何問ですか", "いつまでに答えればいいですか",
    "これ詐欺じゃないですか", "紙で答える", "提出します", "変わっていません", "変わりました", "暗証番号は1234です",
    "大丈夫です", "?", "　", "ー", "𠮷",
    "12", "札", "札01", "札012", "a" * 3000, "\u0000\u200b", "<b>%s{0}</b>", "{value}", "yes", "back", "/start",
)  # fmt: skip
OPTIONS = ("staff", "later", "resume", "why", "verify", "q.F01", "q.X", "back", "same", "diff", "yes", "no", "ok",
           "decline", "skip", "submit", "fix", "review",
           "k0", "k1", "k99", "c0", "c1", "c9", "c", "page0", "page1", "page7", "page", "others", "",
           "x" * 300)  # fmt: skip


def with_asides(definition: Questionnaire, allowed: bool, seed: int, data: st.DataObject) -> None:
    """The same replies, once in peace and once with interruptions, come to the same submission."""
    peace = start(definition, allowed)
    finish(peace, seed)
    is_whole(peace)
    wanted = data.draw(st.dictionaries(st.integers(0, 12), st.sampled_from(range(len(ASIDES))), max_size=4))

    def interrupt(talk: Talk, turn: int) -> None:
        if turn in wanted:
            before = talk.open
            answers = talk.submission()
            ASIDES[wanted[turn]](talk)
            came = f"aside {wanted[turn]} at {before.form} {before.key}: {talk.texts}"
            assert (talk.shape, talk.open.key, talk.failures) == (before.form, before.key, before.failures), came
            assert talk.submission() == answers, came

    disturbed = start(definition, allowed)
    finish(disturbed, seed, interrupt)
    assert disturbed.submission() == peace.submission()


def with_back(definition: Questionnaire, allowed: bool, seed: int) -> None:
    """Back and the same answer again, before every reply: nothing has changed."""

    def there_and_back(talk: Talk, turn: int) -> None:
        position = talk.position
        if position.previous is None or talk.shape not in (Form.QUESTION, Form.OFFERED, Form.REVIEW, Form.MORE):
            return
        before, answers = talk.state, talk.submission()
        talk.type("戻る")
        assert talk.state.open is not None
        key = talk.open.key
        assert key is not None
        if talk.shape is Form.MORE:
            talk.option(answers[str(key)][0])
        else:
            talk.option("same")
            if talk.shape is Form.CHECK and talk.open.key == key:
                talk.option("yes")
        settle(talk)
        assert talk.submission() == answers
        assert before.open is not None
        assert (talk.shape, talk.open.key) == (before.open.form, before.open.key)

    talk = start(definition, allowed)
    finish(talk, seed, there_and_back)
    plain = start(definition, allowed)
    finish(plain, seed)
    assert talk.submission() == plain.submission()


def with_repeated_taps(definition: Questionnaire, allowed: bool, seed: int) -> None:
    """Every tap arrives twice: the second is stale, or its option holds nothing new."""
    talk = start(definition, allowed)
    random = Random(seed)
    for _ in range(60):
        if talk.state.completed:
            break
        said, token = reply(talk, random), talk.open.tokens[-1]
        give(talk, said)
        before = talk.submission()
        if said.startswith("+"):
            talk.option(said[1:], token=token)
            assert talk.submission() == before
        settle(talk)
    assert talk.state.completed
    is_whole(talk)


@QUICK
@given(forms(), st.booleans(), SEEDS, st.data())
def test_interruptions_change_nothing(definition: Questionnaire, allowed: bool, seed: int, data: st.DataObject) -> None:
    with_asides(definition, allowed, seed, data)


@QUICK
@given(forms(), st.booleans(), SEEDS)
def test_back_and_the_same_answer_change_nothing(definition: Questionnaire, allowed: bool, seed: int) -> None:
    with_back(definition, allowed, seed)


@QUICK
@given(forms(), st.booleans(), SEEDS)
def test_a_tap_that_arrives_twice_counts_once(definition: Questionnaire, allowed: bool, seed: int) -> None:
    with_repeated_taps(definition, allowed, seed)


@pytest.mark.slow
@LONG
@given(forms(), st.booleans(), SEEDS, st.data())
def test_interruptions_change_nothing_at_length(
    definition: Questionnaire, allowed: bool, seed: int, data: st.DataObject
) -> None:
    with_asides(definition, allowed, seed, data)


@pytest.mark.slow
@LONG
@given(forms(), st.booleans(), SEEDS)
def test_back_and_repeated_taps_at_length(definition: Questionnaire, allowed: bool, seed: int) -> None:
    with_back(definition, allowed, seed)
    with_repeated_taps(definition, allowed, seed)


class AnyConversation(RuleBasedStateMachine):
    """Everybody does anything, in any order."""

    @initialize(pair=pairs(), allowed=st.booleans(), seed=SEEDS)
    def begin(self, pair: tuple[str, str], allowed: bool, seed: int) -> None:
        definition, self.other = both(pair)
        self.talk = start(definition, allowed)
        self.random = Random(seed)

    @rule(text=st.one_of(st.sampled_from(ANYTHING), st.text(max_size=30)))
    def types(self, text: str) -> None:
        self.talk.type(text)
        self.comes_back_when_unlinked()

    @rule(option=st.sampled_from(OPTIONS), age=st.integers(0, 3))
    def taps_anything(self, option: str, age: int) -> None:
        asked = [event for event in self.talk.events if isinstance(event, ev.Asked)]
        self.talk.option(option, token=asked[-1 - age].token if age < len(asked) else "p999")
        self.comes_back_when_unlinked()

    @rule(where=st.integers(0, 30), older=st.integers(0, 4))
    def taps_what_is_shown(self, where: int, older: int) -> None:
        messages = [message for message in self.talk.shown if message.buttons or message.shortcuts]
        if messages:
            message: Message = messages[-1 - older % len(messages)]
            buttons = (*message.buttons, *message.shortcuts)
            button = buttons[where % len(buttons)]
            self.talk.send(inp.Chose(token=message.token or "-", option=button.option))
            self.comes_back_when_unlinked()

    def comes_back_when_unlinked(self) -> None:
        """Nothing reaches the talk of an account that is not linked, before it is linked again."""
        if Leave.UNLINK in self.talk.leaves:
            self.talk.send(inp.Returned())

    @rule(names=st.lists(st.sampled_from("abcz"), max_size=3))
    def picks(self, names: list[str]) -> None:
        self.talk.pick(*names)

    @precondition(
        lambda self: (
            self.talk.state.owner is Owner.BOT
            and self.talk.state.phase in ("asking", "review")
            and self.talk.state.open is not None
        )
    )
    @rule()
    def replies_well(self) -> None:
        if self.talk.shape in (Form.STOP, Form.UNLINK):
            self.talk.option("no")
        elif self.talk.shape is Form.WHICH:
            self.talk.option("review")
        else:
            give(self.talk, reply(self.talk, self.random))

    @rule(name=st.sampled_from(["q0", "q1", "q2a", "none"]), instance=st.integers(0, 2))
    def corrects(self, name: str, instance: int) -> None:
        self.talk.send(inp.AskedToCorrect(question=name, instance=instance))

    @rule(what=st.sampled_from([inp.Returned(), inp.MediaSent(media="image"), inp.SecretWithheld(secret="pin"),
                                inp.BotFailed(), inp.Began()]))  # fmt: skip
    def something_happens(self, what: inp.Input) -> None:
        self.talk.send(what)

    @rule(what=st.sampled_from(["take", "release", "back"]))
    def staff(self, what: str) -> None:
        owner = self.talk.state.owner
        if what == "take" and owner is not Owner.STAFF:
            self.talk.staff_takes()
        elif what == "release" and owner is Owner.STAFF:
            self.talk.send(inp.StaffReleased(staff_id=STAFF_ID, reason="shift"))
        elif what == "back" and owner is Owner.STAFF:
            self.talk.hand_back()

    @rule(allowed=st.booleans())
    def moves_to_another_channel(self, allowed: bool) -> None:
        if not self.talk.state.completed:
            self.talk.sensitive_allowed = allowed
            self.talk.record(ev.ChannelChanged(at=self.talk.now, sensitive_allowed=allowed))
            self.talk.send(inp.Returned())

    @rule()
    def another_version_comes(self) -> None:
        before = self.talk.definition
        go_over(self.talk, self.other)
        if self.talk.definition is not before:
            self.other = before

    @rule(hours=st.integers(1, 24 * 40))
    def time_passes(self, hours: int) -> None:
        self.talk.later(hours=hours)

    @invariant()
    def a_submission_is_whole(self) -> None:
        talk = getattr(self, "talk", None)
        if talk is not None and talk.state.completed and talk.last and talk.last[-1].kind == "confirmed":
            assert talk.position.current is None
            assert all(talk.position.is_settled(slot) for slot in talk.position.asked_slots)

    @invariant()
    def the_open_prompt_can_be_answered(self) -> None:
        talk = getattr(self, "talk", None)
        if talk is None or talk.state.phase not in ("asking", "review"):
            return
        assert talk.state.open is not None or talk.state.renewed

    def teardown(self) -> None:
        """From wherever the talk got to, valid replies still lead to the end."""
        talk = getattr(self, "talk", None)
        if talk is None or talk.state.completed:
            return
        settle(talk)
        if talk.state.paused:
            talk.option("resume")
        if talk.state.open is None:
            talk.send(inp.Returned())
        if talk.shape in (Form.STOP, Form.UNLINK):
            talk.option("no")
        if talk.shape is Form.WHICH:
            talk.option("review")
        finish(talk, 1)
        assert set(talk.state.answers) == {slot.key for slot in talk.position.asked_slots}


AnyConversation.TestCase.settings = settings(QUICK, max_examples=30, stateful_step_count=25)
TestAnyConversation = AnyConversation.TestCase


class AnyLongConversation(AnyConversation):
    """The same at length."""


AnyLongConversation.TestCase.settings = settings(QUICK, max_examples=1000, stateful_step_count=60)
TestAnyLongConversation = pytest.mark.slow(AnyLongConversation.TestCase)


def test_keys_are_what_the_machine_takes_them_for() -> None:
    assert str(Key("q1", 2)) == "q1[2]"
