"""``repro``: a stored conversation becomes a test that takes the same path and says nothing about the customer."""

from __future__ import annotations

from typing import Any

import yaml

from bot.transcripts.deeds import load_stored
from bot.transcripts.reproducing import Made, reproduce
from bot.transcripts.stage import shipped_understanding, words
from locales import load_catalogue
from tests.conversations.test_transcript_files import KEYS, OPTIONAL, OUTCOME
from tests.conversations.transcripts import outcome, play
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House

MORI = "0000124"
#: What the customers of these tests say about themselves: nothing of it may come out.
PLANTED = (
    "榊原", "薫子", "サカキバラ", "カオルコ", "蓼科", "茅野", "ちの1-2-3", "0266", "55-1234", "551234", "2277",
    "3910001", "391-0001", "sakakibara",
)  # fmt: skip
#: Columns of the bank's record that say who somebody is.
WHO = ("customer_no", "name", "name_kana", "birth_date", "postal_code", "address", "phone", "email", "employer")
NEW = {
    "name": "榊原 薫子",
    "name_kana": "さかきばら　かおるこ",
    "address": "長野県茅野市ちの1-2-3 蓼科ハイツ201",
    "postal_code": "391-0001",
    "phone": "０８０－２２７７－５５１２",
    "email": "Sakakibara.K@example.com",
}
#: What no reader takes.
WRONG = {"phone": "0266でおねがい", "email": "sakakibara(at)", "postal_code": "2277"}


def made_of(house: House, number: str = MORI, salt: str | None = "pepper") -> Made:
    database, conversation = house.database, house.conversation_of(number)
    stored = database.run_read(lambda conn: load_stored(conn, database, conversation.id))
    return reproduce(
        database,
        stored,
        understanding=shipped_understanding(),
        zone=house.service.rules.zone,
        catalogue=load_catalogue("ja"),
        salt=salt,
        office=house.service.rules.office,
    )


def assert_passes(text: str) -> dict[str, Any]:
    """The suite runs it as it is."""
    transcript: dict[str, Any] = yaml.safe_load(text)
    assert set(transcript) - OPTIONAL == KEYS
    assert set(transcript["outcome"]) <= OUTCOME
    played = play(transcript)
    written = [{who: said.rstrip("\n") for who, said in line.items()} for line in transcript["conversation"]]
    assert written == played.lines()
    assert outcome(played, transcript["outcome"]) == transcript["outcome"]
    return transcript


async def says(customer: Customer, *texts: str) -> None:
    """One thing after another, with a moment between."""
    for text in texts:
        customer.house.advance(seconds=7)
        if text.startswith("+"):
            await customer.taps(text[1:])
        else:
            await customer.types(text)


def assert_nobody_in(text: str, house: House, number: str = MORI) -> None:
    master = house.letter(number).master
    for planted in (*PLANTED, *(master[column] for column in WHO if master.get(column))):
        assert planted not in text, planted
    assert house.letter(number).code not in text


async def finishes(customer: Customer) -> None:
    for _ in range(60):
        customer.house.advance(seconds=9)
        if customer.active().phase == "completed":
            return
        await customer.answers()
    raise AssertionError("the form has no end")


@on_both
async def test_a_whole_conversation_with_a_person_faq_and_languages(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    house.advance(minutes=3)
    await customer.answers()
    await says(customer, "なぜこんなことを聞くのですか", "暗証番号は2277です", "英語で", "日本語で", "+staff")
    conversation, desk = house.conversation_of(MORI), house.service.desk
    sato = house.staff_member("r.sato", display="佐藤")
    house.advance(hours=2)
    assert await desk.claim(conversation.id, sato)
    await house.settle()
    house.advance(seconds=20)
    await desk.say(conversation.id, sato, "榊原様、茅野の件でお電話します。")
    await says(customer, "榊原です。0266-55-1234 におねがいします")
    house.advance(seconds=20)
    await desk.hand_back(conversation.id, sato, "説明した")
    await house.settle()
    await finishes(customer)
    made = made_of(house)
    assert made.cut is None
    assert_nobody_in(made.text, house)
    transcript = assert_passes(made.text)
    assert transcript["outcome"]["phase"] == "completed"
    assert transcript["outcome"]["handover"] == ["customer_asked"]
    assert transcript["outcome"]["withheld"] == ["pin"]
    lines = [line for line in transcript["conversation"] if "銀行" not in line]
    assert [line for line in lines if "係" in line] == [
        {"係": "[引き受ける]"}, {"係": "少々お待ちください。"}, {"係": "[質問票にもどす]"},
    ]  # fmt: skip
    assert {"時計": "+2時間"} in lines


async def test_what_is_typed_becomes_something_of_its_shape_on_the_same_path(house: House) -> None:
    customer = house.on_telegram()
    await customer.links(MORI)
    for _ in range(60):
        house.advance(seconds=9)
        active = customer.active()
        if active.phase == "completed":
            break
        name, options = active.open_question or "", customer.options()
        if name in NEW and "diff" in options:
            await customer.taps("diff")
        elif name in NEW and "yes" not in options:
            for text in filter(None, (WRONG.get(name), NEW[name])):
                await says(customer, text)
        else:
            await customer.answers()
    made = made_of(house)
    assert made.cut is None, made.cut
    assert_nobody_in(made.text, house)
    answers = assert_passes(made.text)["outcome"]["answers"]
    assert answers["name"] in {person["name"] for person in words()["people"]}
    assert answers["email"].endswith("@example.jp")
    assert answers["phone"].startswith("080")
    assert answers["phone"] != "08022775512"


async def test_two_takings_out_name_nobody_by_the_same_number(house: House) -> None:
    """Whoever holds a test and guesses a number cannot try it: what stands for it hangs on a secret of that test."""
    customer = house.on_line()
    await customer.links(MORI)
    house.advance(seconds=9)
    await customer.answers()
    texts = {made_of(house, salt=salt).text for salt in ("one", "two", "three")}
    assert len({yaml.safe_load(text)["master"]["phone"] for text in texts}) == 3
    assert made_of(house, salt="one").text in texts


async def test_without_a_salt_the_words_stay_as_they_were(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    house.advance(seconds=9)
    await customer.answers()
    await says(customer, "これは本物の銀行からですか")
    made = made_of(house, salt=None)
    assert made.cut is None
    assert {"客": "これは本物の銀行からですか"} in assert_passes(made.text)["conversation"]
