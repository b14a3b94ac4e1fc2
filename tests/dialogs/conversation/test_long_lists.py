"""More than ten choices come in pages, more than forty are typed and narrowed; neither is an answer or a failure."""

from __future__ import annotations

import pytest

from dialogs.conversation import inputs as inp
from dialogs.conversation.events import Form
from tests.dialogs.conversation.talking import Talk, form

FRUITS = """
fruits:
""" + "".join(f"  - {{name: f{at}, label: {{ja: くだもの{at}番目, en: fruit {at}}}}}\n" for at in range(1, 22))
TOWNS = """
towns:
  - {name: tokyo, label: {ja: 東京都, en: Tokyo}, synonyms: とうきょう}
  - {name: kyoto, label: {ja: 京都府, en: Kyoto}, synonyms: きょうと}
  - {name: mie, label: {ja: 三重県, en: Mie}, synonyms: みえ}
""" + "".join(f"  - {{name: t{at}, label: {{ja: 村の{at:02}, en: village {at:02}}}}}\n" for at in range(1, 58))


def one(kind: str, choices: str, *, language: str = "ja") -> Talk:
    name = choices.split(":")[0].strip()
    survey = f"- {{type: {kind} {name}, name: q, label: {{ja: どれですか。, en: Which?}}, required: true()}}\n"
    after = "- {type: text, name: after, label: {ja: つぎ, en: Next}, required: true()}"
    return Talk(form(survey + after, choices), locale=language)


def shown(talk: Talk) -> list[str]:
    return [
        button.label if button.number is None else f"{button.number}. {button.label}"
        for button in talk.said[-1].buttons
    ]


# Pages ----------------------------------------------------------------------------------------


def test_a_list_of_ten_is_shown_whole_and_without_numbers() -> None:
    short = "few:\n" + "".join(f"  - {{name: f{at}, label: {{ja: 品{at}}}}}\n" for at in range(10))
    assert shown(one("select_one", short)) == [f"品{at}" for at in range(10)]


def test_pages_lead_to_every_choice_and_back() -> None:
    talk = one("select_one", FRUITS)
    assert shown(talk) == [*(f"{at}. くだもの{at}番目" for at in range(1, 9)), "次へ →"]
    assert "全21件のうち、1/3ページ目" in talk.texts
    talk.tap("次へ →")
    assert shown(talk) == [*(f"{at}. くだもの{at}番目" for at in range(9, 17)), "← 前へ", "次へ →"]
    talk.tap("次へ →")
    assert shown(talk) == [*(f"{at}. くだもの{at}番目" for at in range(17, 22)), "← 前へ"]
    talk.tap("← 前へ")
    assert shown(talk)[0] == "9. くだもの9番目"
    talk.tap("くだもの12番目")
    assert talk.answers == {"q": "f12"}


def test_turning_a_page_is_no_answer_no_failure_and_changes_the_same_bubble() -> None:
    talk = one("select_one", FRUITS)
    before = talk.open.tokens[-1]
    talk.option("page2")
    assert talk.kinds() == ["page_turned", "asked"]
    assert (talk.asked, talk.failures, talk.answers) == ("q", 0, {})
    assert talk.prompts[-1].replaces == before
    talk.type("使い方")
    assert shown(talk)[0] == "17. くだもの17番目", "the page stays open"
    assert talk.prompts[-1].replaces is None, "what was typed stands between"


@pytest.mark.parametrize("page", [0, 1, 2])
def test_a_number_means_the_same_on_every_page(page: int) -> None:
    talk = one("select_one", FRUITS)
    talk.option(f"page{page}")
    talk.type("13")
    assert talk.answers == {"q": "f13"}


@pytest.mark.parametrize("option", ["page3", "page-1", "page", "page²", "page99999", "others"])
def test_a_page_that_is_not_there_is_a_button_of_no_question(option: str) -> None:
    talk = one("select_one", FRUITS)
    talk.option(option)
    assert "page_turned" not in talk.kinds()
    assert (talk.asked, talk.answers) == ("q", {})


def test_ticks_hold_over_pages() -> None:
    talk = one("select_multiple", FRUITS)
    talk.tap("くだもの2番目")
    talk.tap("次へ →")
    assert "選択中: くだもの2番目" in talk.texts
    talk.tap("くだもの10番目")
    assert "選択中: くだもの2番目、くだもの10番目" in talk.texts
    assert shown(talk)[1] == "10. ☑ くだもの10番目"
    talk.tap("← 前へ")
    assert shown(talk)[1] == "2. ☑ くだもの2番目"
    talk.tap("これで決定")
    assert talk.answers == {"q": "f2 f10"}


def test_a_terminal_shows_a_list_whole() -> None:
    talk = one("select_one", FRUITS)
    talk.lists = None
    talk.send(inp.Returned())
    assert len(talk.said[-1].buttons) == 21


def test_the_answers_to_correct_come_in_pages_too() -> None:
    survey = "\n".join(
        f"- {{type: text, name: q{at}, label: {{ja: 質問{at}}}, required: true()}}" for at in range(1, 15)
    )
    talk = Talk(form(survey))
    talk.say(*[f"答え{at}" for at in range(1, 15)])
    talk.tap("なおす")
    assert shown(talk) == [*(f"{at}. 質問{at}" for at in range(1, 9)), "次へ →"]
    talk.tap("次へ →")
    assert talk.shape is Form.WHICH
    assert shown(talk)[-2:] == ["14. 質問14", "← 前へ"]
    talk.tap("質問11")
    assert talk.asked == "q11"


# Typed ----------------------------------------------------------------------------------------


def test_a_very_long_list_is_not_shown_but_asked_for() -> None:
    talk = one("select_one", TOWNS)
    assert shown(talk) == []
    assert "はじめの数文字" in talk.texts


def test_letters_lead_to_at_most_eight_hits_and_are_no_failure() -> None:
    talk = one("select_one", TOWNS)
    talk.type("村")
    assert len(shown(talk)) == 9
    assert shown(talk)[-1] == "この中にはない"
    assert "もう少し長く" in talk.texts
    assert (talk.failures, talk.answers) == (0, {})
    talk.type("村の5")
    assert shown(talk)[:3] == ["村の50", "村の51", "村の52"]
    talk.tap("村の51")
    assert talk.answers == {"q": "t51"}


def test_a_hit_is_taken_by_its_number_among_those_shown_and_by_no_other() -> None:
    talk = one("select_one", TOWNS)
    talk.type("3")
    assert (talk.problem, talk.answers) == ("type_more", {}), "nobody sees the third of sixty"
    talk.type("三")
    assert shown(talk) == ["三重県", "この中にはない"]
    talk.type("村の1")
    third = shown(talk)[2]
    talk.type("3")
    assert talk.answers == {"q": "t12"}
    assert third == "村の12"


def test_a_name_or_its_reading_is_taken_at_once() -> None:
    for said in ("京都府", "キョウト", "kyoto"):
        talk = one("select_one", TOWNS)
        talk.type(said)
        assert talk.answers == {"q": "kyoto"}, said


def test_none_of_these_leads_back_to_typing_in_the_same_bubble() -> None:
    talk = one("select_one", TOWNS)
    talk.type("村")
    before = talk.open.tokens[-1]
    talk.tap("この中にはない")
    assert shown(talk) == []
    assert (talk.failures, talk.prompts[-1].replaces) == (0, before)
    talk.type("東")
    talk.tap("東京都")
    assert talk.answers == {"q": "tokyo"}


def test_several_are_gathered_word_by_word() -> None:
    talk = one("select_multiple", TOWNS)
    talk.type("東京都")
    assert "選択中: 東京都" in talk.texts
    talk.type("村の2")
    talk.tap("村の22")
    talk.type("京都府")
    assert shown(talk)[:3] == ["☑ 東京都", "☑ 京都府", "☑ 村の22"]
    talk.tap("京都府")
    talk.tap("これで決定")
    assert talk.answers == {"q": "tokyo t22"}


def test_what_begins_like_nothing_is_a_problem_with_help() -> None:
    talk = one("select_one", TOWNS)
    talk.type("ほげほげ")
    assert (talk.problem, talk.failures) == ("type_more", 1)
    talk.say("ほげほげ", "ほげほげ")
    assert "係の者と話す" in [button.label for button in talk.said[-1].buttons]


def test_a_question_and_a_command_are_still_heard() -> None:
    talk = one("select_one", TOWNS)
    talk.type("いつまでに答えればいいですか")
    assert talk.faq
    talk.type("あとで")
    assert talk.state.paused
