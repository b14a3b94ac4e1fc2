"""What gets to the staff's list of questions that were not understood, and what must not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialogs.conversation import events as ev, inputs as inp
from dialogs.conversation.understanding import Reading
from dialogs.faq.matcher import Action, Match, Reason, Scored
from tests.dialogs.conversation.talking import Talk, form, read

FORM = form("""
- {type: integer, name: many, label: {ja: いくつ, en: How many}, required: "true()"}
- {type: text, name: word, label: {ja: ことば, en: Word}, required: "true()"}
""")
QUESTION, SLIP = "ふくろうは夜に来ますか?", "ふくろうの森"
NEAR = (Scored("F01", 0.31), Scored("F06", 0.2), Scored("F08", 0.1), Scored("F09", 0.05))


def heard(text: str, action: Action, reason: Reason, *offered: str) -> Reading:
    """The text as a matcher would have it that finds just this."""
    match = Match(action=action, ranked=NEAR, version="v" * 64, reason=reason, offered=offered)
    return replace(read(text, "ja"), exact=None, find=lambda: match)


UNKNOWN = heard(QUESTION, Action.STAFF, Reason.UNKNOWN)
OFFER = heard(QUESTION, Action.OFFER, Reason.SIMILAR, "F01", "F06")


def said(talk: Talk, reading: Reading, content_id: str | None = "content-77") -> None:
    talk.send(inp.Said(reading=reading, content_id=content_id))


def listed(talk: Talk) -> list[ev.NotUnderstood]:
    return [event for event in talk.events if isinstance(event, ev.NotUnderstood)]


def test_a_question_that_nothing_fits_is_recorded_with_what_was_near() -> None:
    talk = Talk(FORM)
    said(talk, UNKNOWN)
    (event,) = listed(talk)
    assert (event.content_id, event.locale, event.why, event.asked) == ("content-77", "ja", "unknown", "many")
    assert dict(zip(event.topics, event.scores, strict=True)) == {"F01": 0.31, "F06": 0.2, "F08": 0.1}
    assert event.version == "v" * 64
    assert QUESTION not in str(talk.log), "the words are in the content row only"
    assert talk.asked == "many"
    assert talk.failures == 0


def test_a_topic_that_is_as_good_as_impossible_is_no_suggestion() -> None:
    talk, far = Talk(FORM), (Scored("F25", 0.012), Scored("F31", 0.004))
    match = Match(action=Action.STAFF, ranked=far, version="v" * 64, reason=Reason.UNKNOWN, offered=())
    said(talk, replace(UNKNOWN, find=lambda: match))
    (event,) = listed(talk)
    assert (event.topics, event.scores) == (("F25",), (0.012,))


def test_a_question_that_is_like_no_topic_and_no_answer_is_recorded() -> None:
    talk = Talk(FORM)
    said(talk, heard(QUESTION, Action.NONE, Reason.NO_QUESTION))
    assert [event.why for event in listed(talk)] == ["no_reply"]
    assert talk.problem is not None


@pytest.mark.parametrize(
    "reading",
    [
        heard(SLIP, Action.STAFF, Reason.UNKNOWN),
        heard(SLIP, Action.NONE, Reason.NO_QUESTION),
        heard("元気ですか?", Action.NONE, Reason.CHIT_CHAT),
        heard(QUESTION, Action.STAFF, Reason.OTHER_BUSINESS),
        heard(QUESTION, Action.STAFF, Reason.DANGER),
        heard(QUESTION, Action.ANSWER, Reason.NEAR, "F01"),
        heard("12-34?", Action.STAFF, Reason.UNKNOWN),
    ],
)
def test_slips_small_talk_other_business_and_figures_are_not(reading: Reading) -> None:
    talk = Talk(FORM)
    said(talk, reading)
    assert listed(talk) == []


def test_without_a_content_row_there_is_nothing_to_list() -> None:
    talk = Talk(FORM)
    said(talk, UNKNOWN, content_id=None)
    said(talk, OFFER, content_id=None)
    talk.tap("係の者と話す")
    assert listed(talk) == []


@pytest.mark.parametrize("way", ["係の者と話す", "質問票にもどる"])
def test_none_of_the_topics_that_were_offered(way: str) -> None:
    talk = Talk(FORM)
    said(talk, OFFER)
    assert listed(talk) == []
    talk.tap(way)
    (event,) = listed(talk)
    assert (event.content_id, event.why, event.topics, event.scores) == (
        "content-77",
        "none_fits",
        ("F01", "F06"),
        (0.31, 0.2),
    )


def test_an_offer_ends_with_whatever_comes_next() -> None:
    talk = Talk(FORM)
    said(talk, OFFER)
    talk.say("12")
    talk.tap("係の者と話す")
    assert listed(talk) == []
    chosen = Talk(FORM)
    said(chosen, OFFER)
    chosen.option("q.F01")
    chosen.tap("係の者と話す")
    assert listed(chosen) == []


def test_a_question_in_a_free_text_answer_is_recorded_there() -> None:
    talk = Talk(FORM)
    talk.say("3")
    said(talk, UNKNOWN)
    assert [event.asked for event in listed(talk)] == ["word"]
    assert talk.asked == "word"


def test_while_a_person_is_waited_for_the_person_reads_it() -> None:
    talk = Talk(FORM)
    talk.tap("係の者と話す")
    said(talk, UNKNOWN)
    assert listed(talk) == []
