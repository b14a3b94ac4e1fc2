"""No text of a questionnaire, a customer, the FAQ or staff makes a message that LINE or Telegram refuses.

Whole forms with arbitrary texts go the whole way: engine, wording, both drawings, and the rules of both platforms
as the stand-ins and the official descriptions know them.  What one turn says goes out in one call on LINE.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from bot.channels.base import Tap
from bot.channels.limits import is_blank, utf16_units
from bot.channels.line import drawing as line_drawing
from bot.channels.telegram import drawing as telegram_drawing
from bot.simulator.platform_line_rules import check_messages
from bot.simulator.platform_telegram_rules import check_keyboard, check_text
from dialogs.conversation import inputs as inp, wording
from dialogs.conversation.prompts import Message, MessageKind, Prompt
from dialogs.definition.model import Choice, Question, Questionnaire
from tests.dialogs.conversation.talking import Talk, form, read, voice
from tests.specs import line_spec, specs_at_hand, telegram_spec

REF = "abcd2345"

ODD = (
    "", " ", "\n\n", "\u200b\u2060", "\u3164", "\x00\x07", "\ud800", "\udfff x", "\u202eright to left\u202c", "á̧̂" * 30,
    "👨\u200d👩\u200d👧\u200d👦" * 40, "🇯🇵" * 70, "葛\U000e0100城", "𠮷" * 3000, "あ" * 6000,
    "一。" * 3000, "a b\n" * 2000,
    "LINE", "1. りんご", "☑ ", "☐ \u200b", "{value}", "%s", "<b>&", "\u2028\u2029\r\n\t",
    "가" * 50, "क्षि" * 30, "ﾊﾞ" * 40,
)  # fmt: skip
any_text = st.one_of(
    st.sampled_from(ODD),
    st.text(st.characters(exclude_categories=[]), max_size=40),
    st.builds(lambda piece, times: piece * times, st.text(min_size=1, max_size=6), st.integers(1, 700)),
    st.text(alphabet=st.sampled_from("あ𠮷\u3099👍🏽\u200d \n\u200b。.1"), max_size=60),
)

SURVEY = """
- {type: note, name: welcome, label: {ja: x}}
- {type: select_one few, name: one, label: {ja: x}, hint: {ja: x}, bot: {why: {ja: x}}, required: true()}
- {type: select_multiple long, name: many, label: {ja: x}, required: true()}
- {type: select_one typed, name: typed, label: {ja: x}, required: true()}
- {type: text, name: words, label: {ja: x}, constraint: ". != 'no'", constraint_message: {ja: x}, bot: {confirm: 'true', example: {ja: x}}, required: true()}
- {type: integer, name: number, label: {ja: x}, bot: {check: ". > 5", check_message: {ja: x}}, required: true()}
- {type: acknowledge, name: agree, label: {ja: x}, required: true()}
"""  # noqa: E501
LISTS = "\n".join(
    f"{name}:\n" + "\n".join(f"  - {{name: {name}{at}, label: {{ja: y{at}}}}}" for at in range(count))
    for name, count in (("few", 3), ("long", 23), ("typed", 45))
)


@st.composite
def questionnaires(draw: st.DrawFn) -> Questionnaire:
    """The small form above with any words in every place."""
    plain = form(SURVEY, LISTS)
    pool = draw(st.lists(any_text, min_size=3, max_size=8))

    def text() -> dict[str, str]:
        return {"ja": draw(st.sampled_from(pool))}

    def question(one: Question) -> Question:
        bot = replace(one.bot, why=text(), example=text(), button=text(), check_message=text())
        return replace(one, label=text(), hint=text(), constraint_message=text(), bot=bot)

    def choice(one: Choice) -> Choice:
        return replace(one, label=text(), button=text())

    size = draw(st.integers(1, 300))
    lists = {name: tuple(choice(one) for one in some) for name, some in plain.choices.items()}
    lists["few"] = tuple(replace(lists["few"][at % 3], name=f"few{at}") for at in range(size))
    return replace(plain, questions=tuple(map(question, plain.questions)), choices=lists)


class AnyTalk(Talk):
    """A talk whose messages are drawn and judged as they are said."""

    words = "x"

    def _render(self, prompt: Prompt) -> Message:
        known = voice(self.state.locale)
        # An answer with a placeholder that nobody fills is refused before it can be published.
        said = self.words.replace("{", "(")
        topics = {name: replace(topic, answer=said, question=self.words) for name, topic in known.topics.items()}
        return wording.render(prompt, self.definition, replace(known, topics=topics))


def judge(said: Sequence[Message]) -> None:
    """Every call that these messages lead to is one that the platforms take."""
    objects = [part.to_dict() for parts in line_drawing.render_all(said, REF) for part in parts]
    for at in range(0, len(objects), 5):
        call = json.loads(json.dumps(objects[at : at + 5]))
        assert check_messages(call) == []
        if specs_at_hand():
            line_spec().check_messages(call)
    for message in said:
        for part in telegram_drawing.render(message, REF):
            body: dict[str, Any] = {"chat_id": 1, "text": part.text}
            if part.keyboard is not None:
                body["reply_markup"] = json.loads(json.dumps(part.keyboard.to_dict()))
            assert check_text(body["text"])
            check_keyboard(body.get("reply_markup"))
            if specs_at_hand():
                telegram_spec().observe("POST", "/sendMessage", body)
                telegram_spec().observe("POST", "/editMessageText", {**body, "message_id": 1})


def press(talk: Talk, where: int) -> None:
    messages = [message for message in talk.shown if message.buttons or message.shortcuts]
    if messages:
        buttons = (*messages[-1].buttons, *messages[-1].shortcuts)
        talk.send(inp.Chose(token=messages[-1].token or "-", option=buttons[where % len(buttons)].option))


acts = st.one_of(
    st.builds(lambda where: ("tap", str(where)), st.integers(0, 14)),
    st.builds(lambda words: ("type", words), any_text),
    st.sampled_from([("type", "1"), ("type", "7"), ("type", "りんご"), ("type", "y1"), ("type", "訂正したい")]),
    st.sampled_from([("option", "q.F01"), ("option", "why"), ("option", "page1"), ("option", "submit")]),
)


def talk_over(definition: Questionnaire, words: str, deeds: list[tuple[str, str]]) -> None:
    """Play the form with these deeds; every turn is judged."""
    talk = AnyTalk(definition, begun=False)
    talk.words = words
    talk.send(inp.Began())
    judge(talk.said)
    for kind, what in deeds:
        if kind == "tap":
            press(talk, int(what))
        elif kind == "option":
            talk.option(what)
        else:
            talk.send(inp.Said(reading=read(what, talk.state.locale)))
        if talk.said:
            judge(talk.said)


ANY_TALK = (questionnaires(), any_text, st.lists(acts, min_size=8, max_size=25))
ALL = list(HealthCheck)


@settings(max_examples=15, deadline=None, suppress_health_check=ALL)
@given(*ANY_TALK)
def test_whatever_is_written_anywhere_both_platforms_take_it(
    definition: Questionnaire, words: str, deeds: list[tuple[str, str]]
) -> None:
    talk_over(definition, words, deeds)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=ALL)
@given(*ANY_TALK)
def test_the_same_at_length(definition: Questionnaire, words: str, deeds: list[tuple[str, str]]) -> None:
    talk_over(definition, words, deeds)


@settings(max_examples=40, deadline=None)
@given(any_text, any_text, any_text)
def test_staff_and_settled_texts(text: str, name: str, answer: str) -> None:
    staff = Message(kind=MessageKind.STAFF, text=text, sender=name, alt=name)
    settled = Message(kind=MessageKind.SETTLED, text=f"{text}\n\n▶ {answer}", alt=name)
    judge([staff, settled, staff])


def test_the_judge_knows_what_is_refused() -> None:
    """Negative control: without the drawings' care the same texts are refused."""
    refused = []
    for text in ODD:
        try:
            check_text(text)
        except Exception:
            refused.append(text)
    assert len(refused) > 8
    assert all(is_blank(text) or max(text) >= "\ud800" or utf16_units(text) > 4096 for text in refused)
    assert check_messages([{"type": "text", "text": "あ" * 5001}]) != []


def test_every_option_of_the_engine_fits_beside_the_longest_reference() -> None:
    data = Tap(conversation_ref="z" * 8, token=f"p{10**9}", option=f"c{10**6}").encode()
    assert len(data.encode()) <= 64
