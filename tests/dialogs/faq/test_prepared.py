"""What an earlier start read is what this one would read, and what is spoilt is read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialogs.faq import prepared as module
from dialogs.faq.matcher import Matcher
from dialogs.faq.topics import load_shipped
from dialogs.faq.words import load_words

TEXTS = [
    "口座が止まると給料はどうなる",
    "ひととはなしたい",
    "封筒をなくした。いつまでに出せばいい?",
    "Do I have to answer?",
]


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_what_was_kept_compares_alike(tmp_path: Path, locale: str) -> None:
    topics = load_shipped(locale)[:12]
    fresh = Matcher(topics, locale)
    for _ in range(2):  # written, and read
        kept = Matcher(topics, locale, folder=tmp_path)
        assert [kept.match(text) for text in TEXTS] == [fresh.match(text) for text in TEXTS]
    assert len(list(tmp_path.iterdir())) == 1


def test_nothing_is_read_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups, words = [[("いつまで", 1.0), ("期限は", 0.5)]], load_words("ja")
    made = module.prepare(groups, words, tmp_path)
    monkeypatch.setattr(module, "features", None)  # what would read them
    assert module.prepare(groups, words, tmp_path).spelt == made.spelt


def test_a_spoilt_file_is_made_again(tmp_path: Path) -> None:
    groups, words = [[("いつまで", 1.0)]], load_words("ja")
    made = module.prepare(groups, words, tmp_path)
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for spoilt in (b"", whole[:200], b"PK\x05\x06" + bytes(18)):
        file.write_bytes(spoilt)
        assert module.prepare(groups, words, tmp_path).ideas == made.ideas
        assert file.read_bytes() == whole


def test_other_texts_are_read_anew(tmp_path: Path) -> None:
    words = load_words("ja")
    module.prepare([[("いつまで", 1.0)]], words, tmp_path)
    module.prepare([[("いつまで", 0.5)]], words, tmp_path)
    module.prepare([[("いつ", 1.0)]], words, tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    words = load_words("ja")
    for number in range(20):
        module.prepare([[(f"{number}回目", 1.0)]], words, tmp_path)
    assert len(list(tmp_path.iterdir())) == 16
