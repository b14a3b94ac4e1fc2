"""What a text wants, by the classifier that learned it: it knows what it learned, and says little of the unmet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from bench.learn import Example, Read, examples, learn, read
from dialogs.faq import intents as room
from dialogs.faq.intents import ANSWER, LIKELY, OTHER, Intent, Intents, load_intents
from dialogs.faq.matcher import Matcher
from dialogs.faq.topics import load_shipped
from dialogs.japanese import fold

BENCH = Path(__file__).parents[3] / "bench"
LANGUAGES = ("ja", "en")


@cache
def matcher(language: str) -> Matcher:
    return Matcher(load_shipped(language), language)


def intent(text: str, language: str = "ja", intents: Intents | None = None) -> Intent:
    known = read(Example(text, OTHER), language, matcher(language))
    return (intents or load_intents(language)).of(known.text, asks=known.asks)


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_was_learned_from_the_texts_as_they_are_read_now(language: str) -> None:
    """Whoever changes how texts are read, or the texts, teaches it again (``python -m bench.learn``)."""
    lines = (BENCH / f"intents_{language}.jsonl").read_text(encoding="utf-8").splitlines()[::25]
    rows = [json.loads(line) for line in lines]
    missed = 0
    for row in rows:
        found = intent(row["text"], language)
        wanted = row["intent"]
        missed += found.wish >= 0.5 if wanted in (ANSWER, OTHER) else found.wish < 0.5 or found.command != wanted
    assert missed <= len(rows) * 0.02


@pytest.mark.parametrize(
    ("language", "command", "text"),
    [
        ("ja", "staff", "機械ではなく、どなたか人に相談に乗ってほしいのですが"),
        ("ja", "stop", "もうこういうのは金輪際ごめんです"),
        ("ja", "back", "いま押したの早すぎた、ひとつ手前を出して"),
        ("ja", "later", "電車が来たので続きは帰宅してから"),
        ("ja", "correct", "さっきの年収、桁を打ち間違えました"),
        ("en", "staff", "is there somebody human who could look at this with me"),
        ("en", "stop", "I have had enough of this, count me out"),
        ("en", "back", "oops, too fast, show me the one before"),
        ("en", "later", "my train is here, will finish tonight"),
        ("en", "correct", "the income I gave earlier was off by a zero"),
    ],
)
def test_a_wish_is_heard_in_words_that_no_list_has(language: str, command: str, text: str) -> None:
    found = intent(text, language)
    assert found.command == command
    assert found.wish >= LIKELY


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ja", "父から相続した土地を売った代金です"),
        ("ja", "担当者として取引先を回る仕事"),
        ("ja", "前の会社を辞めて戻ってきた退職金"),
        ("ja", "人とは話したくないです"),
        ("ja", "途中でやめるとどうなりますか"),
        ("en", "the refund of a trip that was cancelled"),
        ("en", "I answer calls for an insurance company"),
        ("en", "please don't call me"),
        ("en", "what happens if I stop half way"),
        # Posts, departments and names that are nobody's wish.
        *(
            ("ja", text)
            for text in (
                "相談員",
                "責任者",
                "お客様相談室",
                "船舶オペレーター",
                "受注センター",
                "矢目 誠",
                "株式会社ネクスト",
            )
        ),
        *(
            ("en", text)
            for text in (
                "Support engineer",
                "Branch manager",
                "Customer support",
                "not working at the moment",
            )
        ),
    ],
)
def test_answers_denials_and_questions_are_no_wish(language: str, text: str) -> None:
    assert intent(text, language).wish < LIKELY


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["鷽", "ζ", "Ωß", "𠮟𩸽", "٣٤", "?", "!!!", "-"])
def test_of_signs_that_it_never_met_it_says_nothing(text: str, language: str) -> None:
    assert intent(text, language).wish < LIKELY


def test_what_it_says_are_shares() -> None:
    for text in ("人に代わって", "会社員です", "これは何", "12", "あ" * 500):
        found = intent(text)
        assert 0 <= found.wish <= 1.0001
        assert 0 <= found.answer <= 1
        assert found.wish + found.answer <= 1.0001


def test_threads_may_ask_at_once() -> None:
    texts = ["人に代わって", "会社員です", "一つ前に戻して", "あとでやります", "農業を営んでいます"] * 8
    alone = [intent(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(intent, texts)) == alone


@pytest.mark.parametrize("kept", [None, {}, {"names": np.array(["staff"])}])
def test_a_spoilt_file_is_refused(kept: dict[str, object] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "read_arrays", lambda file: kept)
    with pytest.raises(ValueError, match=r"intents\.npz"):
        load_intents.__wrapped__("ja")


# Learning ---------------------------------------------------------------------------------------


def known(*rows: tuple[str, str]) -> list[Read]:
    return [read(Example(text, wanted), "ja", matcher("ja")) for text, wanted in rows]


ROWS = (
    *((f"{name}の話を聞きたい", "staff") for name in ("係の人", "支店の人", "窓口の人", "電話の人")),
    *((f"{name}を売ったお金", ANSWER) for name in ("土地", "車", "家", "株")),
    *((f"{name}はいつですか", OTHER) for name in ("期限", "返事", "次の確認", "締切")),
)


def test_it_learns_from_a_few_texts_and_rounding_changes_nothing() -> None:
    learned = learn(known(*ROWS))
    intents = learned.intents()
    for text, wanted in ROWS:
        found = intent(text, intents=intents)
        likeliest = max((found.wish, found.command), (found.answer, ANSWER), (1 - found.wish - found.answer, OTHER))
        assert likeliest[1] == wanted
    assert intent("本店の人の話を聞きたい", intents=intents).wish >= 0.5
    assert learned.rounded()["weights"].dtype == np.int8


def test_another_process_looks_at_the_same_in_the_same_order() -> None:
    """Python gives words another order in each process; sums of weights must not follow it."""
    script = (
        "from tests.dialogs.faq.test_intents import ROWS, known\nprint([one.seen().tolist() for one in known(*ROWS)])"
    )
    seeds = ("1", "2")
    run = [sys.executable, "-c", script]
    heard = [
        subprocess.run(run, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True)
        for seed in seeds
    ]
    assert heard[0].stdout == heard[1].stdout != b""


@pytest.mark.parametrize(("language", "name"), [("ja", "questions_ja"), ("ja", "commands_ja"), ("en", "questions_en")])
def test_no_text_is_learned_that_measures(language: str, name: str) -> None:
    """A short text may stand in both by chance: whoever learns leaves it out."""
    file = BENCH.parent / "tests" / "evaluation" / f"{name}.jsonl"
    kept = {fold(json.loads(line)["text"]) for line in file.read_text(encoding="utf-8").splitlines()}
    assert {fold(one.text) for one in examples(language, matcher(language)) if one.author}.isdisjoint(kept)
