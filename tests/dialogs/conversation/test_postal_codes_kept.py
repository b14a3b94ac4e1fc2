"""A postal code typed where the address is asked for, and one that does not belong to the address."""

from __future__ import annotations

from dialogs.conversation.events import Key
from dialogs.conversation.form import Slot
from dialogs.conversation.pairs import partner
from dialogs.definition.model import Questionnaire
from tests.dialogs.conversation.talking import Talk, form
from tests.dialogs.conversation.test_taking_back import take_back

HOME = """
- {type: text, name: home, label: {ja: ご住所}, required: "true()", bot: {kind: address, confirm: "true"}}
- type: text
  name: code
  label: {ja: 郵便番号}
  required: "true()"
  relevant: "${home} != ''"
  bot: {kind: postal_code}
"""
WORK = """
- {type: text, name: work, label: {ja: お勤め先の住所}, required: "true()", bot: {kind: address}}
"""
OWNERS = """
- {type: begin_repeat, name: owners, label: {ja: 持ち主}, bot: {max_repeats: "2"}}
- {type: text, name: at, label: {ja: 持ち主の住所}, bot: {kind: address}}
- {type: text, name: at_code, label: {ja: 持ち主の郵便番号}, bot: {kind: postal_code}}
- {type: end_repeat, name: owners}
"""


def test_a_code_alone_is_completed_by_what_is_typed_next_and_is_not_asked_for_again() -> None:
    talk = Talk(form(HOME))
    talk.say("１６０－００２３")
    assert "東京都新宿区西新宿ですね。" in talk.texts
    assert talk.asked == "home"
    assert not talk.answers
    talk.say("2-8-1 みほんハイツ301")
    assert "「東京都新宿区西新宿2-8-1 みほんハイツ301」" in talk.texts
    talk.say("はい")
    assert talk.asked == "code"
    assert "前のご回答:160-0023" in talk.texts
    talk.say("はい")
    assert talk.answers == {"home": "東京都新宿区西新宿2-8-1 みほんハイツ301", "code": "1600023"}


def test_a_code_in_front_of_an_address_is_offered() -> None:
    talk = Talk(form(HOME))
    talk.say("〒160-0023 新宿区西新宿2-8-1")
    talk.say("はい")
    assert "前のご回答:160-0023" in talk.texts


def test_a_whole_address_is_taken_whatever_code_was_typed_before() -> None:
    talk = Talk(form(HOME))
    talk.say("160-0023")
    talk.say("大阪府大阪市北区梅田1-1")
    talk.say("はい")
    # The first code belongs elsewhere: it is not offered, and the same once more is asked back.
    assert "前のご回答" not in talk.texts
    talk.say("160-0023")
    assert "市区町村が合わない" in talk.texts
    talk.say("530-0001")
    assert talk.answers == {"home": "大阪府大阪市北区梅田1-1", "code": "5300001"}


def test_an_address_that_moves_elsewhere_asks_for_its_code_again() -> None:
    talk = Talk(form(HOME))
    talk.say("東京都新宿区西新宿2-8-1", "はい", "160-0023")
    talk.say("[なおす]", "ご住所", "大阪府大阪市北区梅田1-1", "はい")
    assert talk.asked == "code"
    assert "前のご回答" not in talk.texts
    talk.say("530-0001")
    assert talk.answers == {"home": "大阪府大阪市北区梅田1-1", "code": "5300001"}


def test_an_address_that_stays_in_its_municipality_keeps_its_code() -> None:
    talk = Talk(form(HOME))
    talk.say("東京都新宿区西新宿2-8-1", "はい", "160-0023")
    talk.say("[なおす]", "ご住所", "160-0023", "2-8-2", "はい")
    assert talk.asked is None
    assert talk.answers == {"home": "東京都新宿区西新宿2-8-2", "code": "1600023"}


def test_a_code_that_was_taken_back_completes_nothing() -> None:
    talk = Talk(form(HOME))
    talk.say("160-0023")
    take_back(talk, talk.typed)
    assert not talk.state.set_aside
    talk.say("2-8-1")
    assert not talk.answers
    assert "都道府県が見つかりません" in talk.texts


def test_without_a_question_for_it_the_code_is_to_be_typed_with_the_rest() -> None:
    talk = Talk(form(WORK))
    talk.say("160-0023")
    assert "郵便番号に続けて" in talk.texts
    talk.say("160-0023 2-8-1")
    assert talk.answers == {"work": "東京都新宿区西新宿2-8-1"}


def test_each_address_has_the_code_that_is_nearest_to_it_in_its_repeat() -> None:
    def pair(definition: Questionnaire, name: str, instance: int = 0) -> Key | None:
        return partner(definition, Slot(Key(name, instance), definition.by_name[name]))

    several = form(HOME + WORK + OWNERS)
    assert pair(several, "home") == Key("code")
    assert pair(several, "code") == Key("home")
    assert pair(several, "work") is None
    assert pair(several, "at", 2) == Key("at_code", 2)
    assert pair(several, "at_code", 1) == Key("at", 1)
