"""``repro`` where a customer leaves the straight way: each turn is played again, or the test ends there and says so."""

from __future__ import annotations

from typing import Any

import pytest

from bot.transcripts.reproducing import Made
from bot.transcripts.writing import sentence
from dialogs.faq.topics import APPROVED, Topic, canonical_json, load_shipped, sha256_of
from locales import load_catalogue
from storage import publishing
from tests.e2e.house import Customer, House, post_line
from tests.e2e.people import MORI, in_the_form
from tests.e2e.test_reproduced import assert_nobody_in, assert_passes, finishes, made_of, says

#: What only this bank's FAQ knows.
OWN = Topic(
    id="B01",
    question="フクロウの羽根は何色ですか",
    variants=("フクロウの羽根の色を教えてください", "梟の羽根は何色ですか"),
    answer="茶色です。",
    source=("-",),
    status=APPROVED,
)


def lines_of(transcript: dict[str, Any]) -> list[str]:
    """What the customer does in it."""
    return [line["客"] for line in transcript["conversation"] if "客" in line]


def assert_cut(made: Made, house: House) -> dict[str, Any]:
    """It ends where it cannot be played, with the sentence, and what is there passes."""
    assert made.cut is not None
    assert sentence(made.cut, load_catalogue("ja")) in made.text
    assert_nobody_in(made.text, house)
    return assert_passes(made.text)


def assert_whole(made: Made, house: House) -> dict[str, Any]:
    assert made.cut is None, made.cut
    assert_nobody_in(made.text, house)
    return assert_passes(made.text)


async def begun(house: House, channel: str) -> Customer:
    """One at a question with buttons, a moment after having been linked."""
    customer = house.on(channel)
    await customer.links(MORI)
    house.advance(seconds=9)
    await customer.answers()
    assert customer.active().open_question == "respondent"
    return customer


@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_one_who_goes_back_and_answers_otherwise(house: House, channel: str) -> None:
    customer = await begun(house, channel)
    await says(customer, "+c0", "戻る")
    assert customer.active().open_question == "respondent"
    await says(customer, "+c0")
    transcript = assert_whole(made_of(house), house)
    assert "戻る" in lines_of(transcript)
    assert len(lines_of(transcript)) == 4


async def test_one_who_corrects_what_was_said_and_finishes(house: House) -> None:
    customer = await begun(house, "line")
    await says(customer, "+c0", "訂正", "+k1", "+c0")
    await finishes(customer)
    transcript = assert_whole(made_of(house), house)
    assert "訂正" in lines_of(transcript)
    assert transcript["outcome"]["phase"] == "completed"


async def test_one_who_asks_is_answered_and_goes_on(house: House) -> None:
    customer = await begun(house, "line")
    await says(customer, "榊原ですが、これは本物の銀行からですか", "+c0")
    transcript = assert_whole(made_of(house), house)
    assert transcript["outcome"]["faq"] == ["F08"]


async def test_one_who_is_offered_several_questions_and_takes_one(house: House) -> None:
    customer = await begun(house, "line")
    await says(customer, "どうやって本人確認をするのですか")
    offered = next(option for option in customer.options() if option.startswith("q"))
    await says(customer, f"+{offered}", "+c0")
    transcript = assert_whole(made_of(house), house)
    assert transcript["outcome"]["faq"] == [offered.removeprefix("q.")]
    assert "どうやって本人確認をするのですか" not in lines_of(transcript)


async def test_what_only_the_banks_own_faq_knows_ends_the_test(house: House) -> None:
    topics = (*load_shipped("ja")[:5], OWN)

    def publish(conn: Any) -> None:
        publishing.publish(
            conn,
            house.universe,
            kind="faq",
            name="faq",
            locale="ja",
            body=canonical_json(topics),
            sha256=sha256_of(topics),
            version="own",
            actor="os_user:test",
        )

    customer = await begun(house, "line")
    house.database.run(publish)
    house.advance(minutes=10)
    await says(customer, OWN.variants[0])
    assert OWN.answer in customer.said
    made = made_of(house)
    transcript = assert_cut(made, house)
    assert made.cut is not None
    assert made.cut.why == "value"
    assert "フクロウ" not in made.text
    assert transcript["outcome"]["faq"] == []


@pytest.mark.parametrize("wish", ["+staff", "係の人と話したい"])
async def test_a_wish_for_a_person_when_nobody_is_there(house: House, wish: str) -> None:
    house.advance(hours=8)
    customer = await begun(house, "line")
    await says(customer, wish)
    assert customer.active().owner == "bot", "nobody is there"
    await says(customer, "榊原です。引っ越した家族のことでうかがいたいです", "+c0")
    transcript = assert_whole(made_of(house), house)
    assert transcript["office"]["hours"] == "09:00-17:00"
    assert transcript["outcome"]["handover"] == []
    assert transcript["outcome"]["phase"] == "asking"
    assert transcript["outcome"]["answers"]["respondent"] == "self"


async def test_what_was_done_in_one_moment_is_played_one_after_the_other(house: House) -> None:
    """As messages that come in one call of the platform: all that they led to bears one time."""
    await in_the_form(house, "line")
    transcript = assert_whole(made_of(house), house)
    assert len(lines_of(transcript)) == 1


async def test_two_messages_of_one_call_are_two_lines(house: House) -> None:
    customer = await begun(house, "line")
    await says(customer, "+c0", "+diff")
    house.advance(seconds=9)
    texts = ("これは本物の銀行からですか", "榊原 薫子")
    assert await post_line(house, *(house.line.text_event(customer.user_id, text) for text in texts)) == 200
    await house.settle()
    house.advance(seconds=9)
    await says(customer, "+yes")
    transcript = assert_whole(made_of(house), house)
    assert transcript["outcome"]["faq"] == ["F08"]
    assert transcript["outcome"]["answers"]["name"]
