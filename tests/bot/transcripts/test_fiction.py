"""What stands for a customer's words and a bank's record: nothing of them gets through."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml
from hypothesis import given, strategies as st

from bot.transcripts.fiction import Fiction
from bot.transcripts.stage import words
from dialogs.faq.topics import load_shipped as load_topics
from locales import shipped_text
from tests.bot.transcripts.saying import ASKED, FORMS, TODAY, said_instead, stage


def plain(text: str) -> str:
    """Without blanks and dashes, in katakana: ways in which an own word may be written differently."""
    folded = "".join(unicodedata.normalize("NFKC", text).casefold().replace("-", "").split())
    return re.sub("[ぁ-ゖ]", lambda sign: chr(ord(sign[0]) + 0x60), folded)


def leaves(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    else:
        for one in found.values() if isinstance(found, dict) else found:
            yield from leaves(one)


@cache
def ours() -> frozenset[str]:
    shown = [b.label for message in stage().shown for b in (*message.buttons, *message.shortcuts)]
    commands = yaml.safe_load(shipped_text("ja", "commands.yaml"))
    exact = [one for entry in commands.values() if isinstance(entry, dict) for one in entry.get("exact", ())]
    return frozenset(map(plain, (*leaves(dict(words())), *shown, *exact, *(one.question for one in load_topics("ja")))))


def letters(text: str) -> set[str]:
    text = re.sub("明治|大正|昭和|平成|令和", " ", unicodedata.normalize("NFKC", text)).casefold()
    return {text[at : at + 2] for at in range(len(text) - 1) if text[at : at + 2].isalpha()}


def numbers(text: str) -> set[str]:
    digits = "".join(str(unicodedata.decimal(sign)) for sign in text if sign.isdecimal())
    return {digits[at : at + 4] for at in range(len(digits) - 3)} - {"0000"}  # a round number is anybody's


def assert_says_nothing_of(text: str, said: list[str]) -> None:
    for one in said:
        if plain(one) not in ours():
            assert not letters(one) & letters(text), one
            assert not numbers(one) & numbers(text), one


SAID = st.one_of(
    st.text(max_size=120),
    st.text(alphabet="0123456789０１２३०९०-－‐ ()/+.年月日花子a昭和MS@", max_size=90),
    st.dates().map(str),
    st.integers(0, 10**12).map(str),
)


@pytest.mark.parametrize("kind", sorted(ASKED))
@given(text=SAID, is_taken=st.booleans())
def test_nothing_that_somebody_typed_is_said_again(kind: str, text: str, is_taken: bool) -> None:
    assert_says_nothing_of(text, said_instead(ASKED[kind], text, text if is_taken else ""))


@pytest.mark.parametrize(
    "text",
    [
        "妻の山田花子に聞いてください",
        "090-1234-5678 山田花子（蓼科の実家）",
        "110",
        "०९०१२३४५६७८",
        "090-1234-5678",
        "48271935" * 10,
        "0" * 80,
        "tel 0266-55-1234",
        "👩👧 090-1234-5678",
    ],
)
@pytest.mark.parametrize("value", ["", "09012345678"])
def test_a_telephone_number_is_another_and_nothing_beside_it_stays(text: str, value: str) -> None:
    said = said_instead(ASKED["phone"], text, value)
    assert said
    assert text not in said
    assert not [one for one in said if set(one) & set("山田花子蓼科妻👩०९")]
    assert_says_nothing_of(text, said)


def test_a_yes_and_a_no_are_said_in_our_words() -> None:
    assert said_instead(ASKED["yes_no"], "ええ、花子はそうです", "yes")[:4] == ["はい", "Yes", "いいえ", "No"]


def test_a_bare_number_keeps_its_shape_and_no_more_than_its_beginning() -> None:
    said = said_instead(ASKED["phone"], "０９０－１２３４－５６７８", "09012345678")
    assert re.fullmatch("０９０－[０-９]{4}－[０-９]{4}", said[0])
    assert re.fullmatch("[0-9]{5}", said_instead(ASKED["phone"], "12345", "x")[0])


@pytest.mark.parametrize(
    ("column", "value", "shape"),
    [
        ("phone", "090-1234-5678(妻 花子)", "[-0-9]+"),
        ("phone", "090-1234-5678", "090-[0-9]{4}-[0-9]{4}"),
        ("phone", "110", "[-0-9]+"),
        ("name", "榊原 薫子", r"\w+ \w+"),
    ],
)
def test_of_the_banks_record_nothing_stays_that_says_who_it_is(column: str, value: str, shape: str) -> None:
    found = Fiction("pepper", TODAY).master({column: value, "kind": "individual"}, FORMS[0])
    assert found["kind"] == "individual"
    assert re.fullmatch(shape, found[column])
    assert found[column] != value
    assert_says_nothing_of(value, [found[column]])


def test_of_an_owner_nothing_stays_but_country_and_share() -> None:
    owner = {"name": "榊原 薫子", "address": 12, "relation": "社長の妻", "nationality": "JPN", "share": "60"}
    written = json.dumps([owner, "花子", {"name": "榊原 薫子", "share": "花子"}], ensure_ascii=False)
    found = Fiction("pepper", TODAY).master({"owners": written}, FORMS[1])["owners"]
    first, second = json.loads(found)
    assert (first["nationality"], first["share"]) == ("JPN", "60")
    assert not set("榊原薫子社長妻花") & set(found)
    assert second == {"name": first["name"]}
