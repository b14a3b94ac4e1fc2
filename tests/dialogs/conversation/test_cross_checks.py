"""Cross checks: asked politely once, then taken and marked; also where another answer brought the doubt."""

from __future__ import annotations

from bot.submitting import answer_rows
from dialogs.conversation import events as ev, inputs as inp
from dialogs.conversation.events import Form, Key
from tests.dialogs.conversation.talking import STAFF_ID, Talk, form

SURVEY = """
- {type: select_one jobs, name: job, label: {ja: 職業, en: Job}, required: "true()", bot: {button: {ja: 職業, en: Job}}}
- {type: select_one uses, name: use, label: {ja: 目的, en: Use}, required: "true()", bot: {button: {ja: 目的, en: Use}, check: "not(. = 'business' and ${job} = 'student')", check_message: {ja: 念のためお確かめください。, en: Please check once more.}}}
- {type: text, name: last, label: {ja: さいご, en: Last}, required: "true()", bot: {button: {ja: さいご, en: Last}}}
"""  # noqa: E501
CHOICES = """
jobs:
- {name: owner, label: {ja: 自営, en: Owner}}
- {name: student, label: {ja: 学生, en: Student}}
uses:
- {name: business, label: {ja: 事業, en: Business}}
- {name: saving, label: {ja: 貯蓄, en: Saving}}
"""
FORM = form(SURVEY, CHOICES)
ASKED = "念のためお確かめください。"


def at_review(*replies: str) -> Talk:
    talk = Talk(FORM)
    talk.say(*replies)
    assert talk.shape is Form.REVIEW
    return talk


def marked(talk: Talk) -> list[str]:
    """What a person will look at."""
    rows = answer_rows(FORM, talk.state, talk.now, lambda _: None)
    return [row["name"] for row in rows if row["marked"]]


def test_asked_once_then_taken_and_marked() -> None:
    talk = Talk(FORM)
    talk.say("[学生]", "[事業]")
    assert (talk.asked, talk.shape, talk.texts.count(ASKED)) == ("use", Form.CHECK, 1)
    assert "use" not in talk.answers
    talk.option("yes")
    assert talk.asked == "last"
    talk.say("おわり")
    assert talk.shape is Form.REVIEW
    assert marked(talk) == ["use"]


def test_a_correction_elsewhere_that_speaks_against_an_answer_is_asked_about_at_once() -> None:
    talk = at_review("[自営]", "[事業]", "おわり")
    talk.say("[なおす]", "[職業]", "[学生]")
    assert (talk.asked, talk.shape) == ("use", Form.CHECK)
    assert ASKED in talk.texts
    assert "事業" in talk.texts
    talk.option("yes")
    assert talk.shape is Form.REVIEW
    assert marked(talk) == ["use"]


def test_it_can_be_changed_instead() -> None:
    talk = at_review("[自営]", "[事業]", "おわり")
    talk.say("[なおす]", "[職業]", "[学生]")
    talk.option("no")
    assert (talk.asked, talk.shape) == ("use", Form.QUESTION)
    assert "いまのご回答:事業" in talk.texts
    talk.say("[貯蓄]")
    assert talk.shape is Form.REVIEW
    assert (talk.answers["use"], marked(talk)) == ("saving", [])


def test_keeping_it_after_all_is_not_asked_about_again() -> None:
    talk = at_review("[自営]", "[事業]", "おわり")
    talk.say("[なおす]", "[職業]", "[学生]")
    talk.option("no")
    talk.say("[このまま変えない]")
    assert talk.shape is Form.REVIEW
    assert marked(talk) == ["use"]


def test_it_is_asked_once_and_no_more() -> None:
    talk = at_review("[自営]", "[事業]", "おわり")
    talk.say("[なおす]", "[職業]", "[学生]")
    talk.option("yes")
    talk.say("[なおす]", "[さいご]", "りんご")
    assert talk.shape is Form.REVIEW
    talk.say("[なおす]", "[職業]", "[自営]")
    assert talk.shape is Form.REVIEW
    assert marked(talk) == [], "the doubt went away with what it came from"
    talk.say("[なおす]", "[職業]", "[学生]")
    assert talk.shape is Form.REVIEW, "about this answer the customer was asked"
    assert marked(talk) == ["use"]


def test_handing_in_waits_for_the_question() -> None:
    talk = at_review("[自営]", "[事業]", "おわり")
    talk.staff_takes()
    talk.send(inp.StaffEntered(key=Key("job"), value="student", display="学生", staff_id=STAFF_ID))
    talk.option("yes", token=talk.state.proposals[0].token)
    talk.hand_back()
    assert (talk.asked, talk.shape) == ("use", Form.CHECK)
    talk.option("yes")
    talk.option("submit")
    assert talk.state.completed


def test_a_new_answer_while_it_is_asked_about_counts() -> None:
    talk = at_review("[自営]", "[事業]", "おわり")
    talk.say("[なおす]", "[職業]", "[学生]", "貯蓄")
    assert talk.shape is Form.REVIEW
    assert (talk.answers["use"], marked(talk)) == ("saving", [])


def test_what_is_asked_elsewhere_is_not_doubted_here() -> None:
    sensitive = SURVEY.replace("bot: {button: {ja: 目的", "bot: {sensitive: 'true', button: {ja: 目的")
    talk = Talk(form(sensitive, CHOICES))
    talk.say("[自営]", "[事業]", "おわり")
    talk.sensitive_allowed = False
    talk.record(ev.ChannelChanged(at=talk.now, sensitive_allowed=False))
    talk.send(inp.Returned())
    talk.say("[なおす]", "[職業]", "[学生]")
    assert talk.shape is Form.REVIEW
    assert talk.answers["use"] == "business"
