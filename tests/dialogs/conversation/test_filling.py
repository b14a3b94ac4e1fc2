"""A form that is entered all at once: the questions, readers and constraints of the chat, and the same answers."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dialogs.conversation import events as ev, inputs as inp
from dialogs.conversation.events import AnswerState, Form, Key
from dialogs.conversation.filling import Filled, Line, Written, fill, key_of, moving, secret_in
from dialogs.definition.model import Questionnaire
from tests.dialogs.conversation.talking import NOW, Talk, form, shipped

CLERK = "staff-1"
SMALL = form(
    """
- {name: born, type: date, required: "true()", label: {ja: 生年月日}, bot: {prefill: birth_date}}
- {name: job, type: select_one jobs, required: "true()", label: {ja: ご職業}}
- {name: firm, type: text, required: "true()", relevant: "${job} = 'clerk'", label: {ja: 勤務先}}
- {name: years, type: integer, label: {ja: 何年ですか}, constraint: ". > 0", constraint_message: {ja: 1以上です},
   bot: {check: ". < 60", check_message: {ja: 長いようです}}}
- {name: income, type: integer, required: "true()", label: {ja: 年収}, bot: {decline: refuse}}
- {name: owners, type: begin_repeat, label: {ja: 共有者}, bot: {max_repeats: "3"}}
- {name: owner, type: text, required: "true()", label: {ja: お名前}, bot: {kind: name}}
- {type: end_repeat}
- {name: going_on, type: select_one yes_no, required: "true()", label: {ja: 続けますか}, bot: {end: ". = 'no'"}}
""",
    """
jobs:
  - {name: clerk, label: {ja: 会社員}}
  - {name: none, label: {ja: 無職}}
yes_no:
  - {name: "yes", label: {ja: はい}}
  - {name: "no", label: {ja: いいえ}}
""",
)
WHOLE = {"born": "S55.5.1", "job": "2", "years": "3", "income": "-", "owner[1]": "山田 太郎", "going_on": "1"}


def filled(texts: Mapping[str, str], definition: Questionnaire = SMALL, **master: str) -> Filled:
    started = ev.Started(
        at=NOW, definition_sha256=definition.sha256, locale="ja", receipt_no="", master=master, sensitive_allowed=True
    )
    written = {}
    for name, text in texts.items():
        key = key_of(name)
        assert key is not None
        written[key] = Written(text=text, by=CLERK, at=NOW)
    return fill(definition, started, written, NOW, by=CLERK)


def line(found: Filled, name: str) -> Line:
    (one,) = [one for one in found.lines if one.slot.key == key_of(name)]
    return one


def test_what_is_typed_is_read_like_a_reply() -> None:
    found = filled(WHOLE)
    assert found.is_complete
    answers = {str(key): (one.value, one.state.value) for key, one in found.state.answers.items()}
    assert answers == {
        "born": ("1980-05-01", "answered"),
        "job": ("none", "answered"),
        "years": ("3", "answered"),
        "income": ("", "declined"),
        "owner[1]": ("山田 太郎", "answered"),
        "owners[1]": ("no", "answered"),
        "going_on": ("yes", "answered"),
    }
    assert {one.by for one in found.state.answers.values()} == {CLERK}


def test_what_is_asked_is_what_is_relevant() -> None:
    assert "firm" not in {one.slot.key.question for one in filled(WHOLE).lines}
    with_firm = filled(WHOLE | {"job": "会社員"})
    assert line(with_firm, "firm").is_missing
    assert not with_firm.is_complete
    # What was typed there before counts for nothing once the question is gone.
    gone = filled(WHOLE | {"firm": "見本商事"})
    assert gone.is_complete
    assert Key("firm") not in gone.state.answers


def test_further_people_come_one_by_one() -> None:
    more = filled(WHOLE | {"owners[1]": "1"})
    assert line(more, "owner[2]").is_missing
    assert line(more, "owners[2]").answer is not None
    assert filled(WHOLE | {"owners[1]": "はい", "owner[2]": "山田 花子"}).is_complete


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("years", "0", "constraint"),
        ("born", "いつか", "date"),
        ("job", "9", "choice"),
        ("job", "-", "entry.needed"),
        ("job", "=", "entry.nothing_registered"),
        ("going_on", "2", "entry.ends"),
    ],
)
def test_a_text_that_is_no_answer_says_why(name: str, text: str, code: str) -> None:
    found = filled(WHOLE | {name: text})
    problem = line(found, name).problem
    assert problem is not None
    assert problem.code.startswith(code)
    assert not found.is_complete


def test_what_is_registered_is_confirmed_by_one_sign() -> None:
    found = filled(WHOLE | {"born": "="}, birth_date="1980-05-01")
    answer = line(found, "born").answer
    assert answer is not None
    assert (answer.value, answer.state) == ("1980-05-01", AnswerState.UNCHANGED)
    # The same value in other words is no change either, as in the chat.
    same = line(filled(WHOLE, birth_date="1980-05-01"), "born").answer
    assert same is not None
    assert same.state is AnswerState.UNCHANGED
    # A field that was left empty confirms nothing.
    assert line(filled(WHOLE | {"born": ""}, birth_date="1980-05-01"), "born").is_missing


def test_what_a_cross_check_speaks_against_is_marked() -> None:
    answer = line(filled(WHOLE | {"years": "75"}), "years").answer
    assert answer is not None
    assert answer.marked
    assert filled(WHOLE | {"years": "75"}).is_complete


AMOUNTS = form(
    """
- {name: monthly, type: select_one bands, label: {ja: 毎月の金額}, bot: {kind: amount}}
- {name: why, type: select_multiple whys, label: {ja: 目的}}
""",
    """
bands:
  - {name: low, label: {ja: 10万円未満}, to: "100000"}
  - {name: high, label: {ja: 10万円以上}, from: "100000"}
whys:
  - {name: living, label: {ja: 生活費}}
  - {name: saving, label: {ja: 貯蓄}}
  - {name: other, label: {ja: その他}}
""",
)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("monthly", "2", "high"),
        ("monthly", "２", "high"),
        ("monthly", "15万円", "high"),
        ("why", "3 1", "living other"),
        ("why", "1,2", "living saving"),
        ("why", "貯蓄", "saving"),
    ],
)
def test_a_number_is_that_of_the_box_on_paper(name: str, text: str, value: str) -> None:
    answer = line(filled({name: text}, AMOUNTS), name).answer
    assert answer is not None
    assert answer.value == value


def test_secrets_are_found_before_anything_is_read() -> None:
    assert secret_in(SMALL, Key("firm"), "4111 1111 1111 1111") == "card_number"
    assert secret_in(SMALL, Key("firm"), "見本商事") is None
    assert secret_in(SMALL, Key("no_such"), "暗証番号は1234") == "pin"


def test_keys_are_read_from_their_own_text() -> None:
    for key in (Key("born"), Key("owner", 2)):
        assert key_of(str(key)) == key
    assert [key_of(text) for text in ("", "[1]", "owner[", "owner[0]", "owner[x]", "owner[1]x")] == [None] * 6


def test_only_what_others_depend_on_moves() -> None:
    assert moving(SMALL) & {"job", "years", "born", "owners"} == {"job", "owners"}


def test_the_answers_are_those_of_the_chat() -> None:
    """The whole shipped form: asked one by one by the engine, and entered at once, it comes to the same."""
    definition = shipped("individual")
    master = {"name": "山田 花子", "birth_date": "1951-04-01", "risk_rating": "high", "nationality": "JPN"}
    talk, typed = Talk(definition, master=master), dict[str, str]()
    for _ in range(200):
        prompt = talk.state.open
        if prompt is None:
            break
        if prompt.form is not Form.QUESTION or prompt.key is None:
            yes = "submit" if prompt.form is Form.REVIEW else "same" if prompt.form is Form.OFFERED else "yes"
            option = "no" if prompt.form is Form.MORE else yes
            if prompt.form is Form.OFFERED and prompt.key is not None:
                typed[str(prompt.key)] = "="
            talk.send(inp.Chose(token=prompt.tokens[-1], option=option))
            continue
        assert str(prompt.key) not in typed, prompt.key
        text = reply_to(definition, prompt.key)
        typed[str(prompt.key)] = text
        talk.say(text)
    assert talk.state.completed, talk.state.open
    found = filled(typed, definition, **master)
    assert [str(one.slot.key) for one in found.lines if one.answer is None or one.problem is not None] == []
    for key, answer in talk.state.answers.items():
        mine = found.state.answers[key]
        assert (mine.value, mine.state, mine.marked) == (answer.value, answer.state, answer.marked), key
    assert found.state.answers.keys() == talk.state.answers.keys()


#: What a customer replies where the first choice will not do.
_REPLIES = {
    "name_kana": "ヤマダ ハナコ",
    "address": "東京都千代田区千代田1-2-3",
    "postal_code": "100-0001",
    "phone": "090-1234-5678",
    "email": "hanako@example.jp",
    "employer": "見本商事",
    "employer_kana": "ミホンショウジ",
}


def reply_to(definition: Questionnaire, key: Key) -> str:
    question = definition.question(key.question)
    if not question.is_select:
        return _REPLIES.get(key.question, "なし")
    names = [choice.name for choice in definition.choices[question.list_name or ""]]
    # "No" wherever that calls nobody.
    name = next((name for name in ("no", "none") if name in names and key.question != "own_use"), names[0])
    return definition.choices[question.list_name or ""][names.index(name)].label["ja"]
