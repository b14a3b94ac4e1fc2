"""The page of a letter: what the window shows, what the QR codes say, and that everything has room in every voice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from bot.outreach.letter_pages import Letter, Pages, Sender, grouped
from bot.outreach.letters import Channels
from locales import VOICES, load_catalogue
from storage.exports.glyphs import font_file
from storage.exports.spelling import Why
from tests.bot.outreach.printed import PAGE, Printed

MADE = datetime(2026, 11, 2, 1, tzinfo=UTC)
CHANNELS = Channels(line_basic_id="@bank", telegram_username="bank_bot")
CODE = "ABCDEFGHJKMN"
LETTER = Letter(
    customer_no="0001",
    kind="individual",
    postal_code="1000001",
    address="東京都千代田区南町3丁目4番15号　コーポさくら202号室",
    name="髙橋 太郎",
    code=CODE,
    check_number="4821",
    line_url=CHANNELS.line_url(CODE),
    telegram_url=CHANNELS.telegram_url(CODE),
    expires_on=date(2027, 1, 31),
    voice="ja",
)
SENDER = Sender(
    bank_name="サンプル銀行",
    bank_phone="0120-000-000",
    today=date(2026, 11, 2),
    window=(20, 12, 90, 45),
    words=load_catalogue,
)

Missing = list[tuple[str, str, str, Why]]


def draw(*letters: Letter, sender: Sender = SENDER) -> tuple[Printed, Missing, bytes]:
    missing: Missing = []
    with font_file() as font:
        pages = Pages(font, sender, made_at=MADE, lost=lambda *one: missing.append(one))
        for letter in letters:
            pages.add(letter)
        body = pages.done()
    return Printed(body), missing, body


def test_the_window_shows_the_address_and_nothing_else() -> None:
    company = replace(
        LETTER, kind="corporate", name="株式会社髙橋商店", address="北海道札幌市中央区北一条西二丁目 " + "緑" * 60
    )
    page, missing, _ = draw(LETTER, company)
    assert missing == []
    assert page.inside(0, *SENDER.window).split("\n") == [
        "〒100-0001",
        "東京都千代田区南町3丁目4番15号",
        "コーポさくら202号室",
        "髙橋 太郎 様",
    ]
    shown = page.inside(1, *SENDER.window)
    assert shown.endswith("株式会社髙橋商店 御中")
    assert shown.count("緑") == 60
    # A bank whose envelopes have the window elsewhere says so.
    other, _, _ = draw(LETTER, sender=replace(SENDER, window=(30, 8, 80, 40)))
    assert "髙橋 太郎 様" in other.inside(0, 30, 8, 80, 40)


@pytest.mark.slow
def test_the_codes_are_read_by_a_decoder_and_everything_has_room_in_every_voice() -> None:
    sender = replace(SENDER, bank_name="株式会社とても長い名前のサンプル信用金庫本店営業部")
    page, missing, _ = draw(*(replace(LETTER, voice=voice) for voice in VOICES), sender=sender)
    assert (len(page), missing) == (len(VOICES), [])
    for at, voice in enumerate(VOICES):
        assert page.size(at) == PAGE
        assert page.codes(at) == [LETTER.line_url, LETTER.telegram_url]
        assert not page.dark_edges(at)
        text = page.text(at).replace("\n", "")
        for said in (grouped(CODE), "4821", "0120-000-000", "188", "#9110", "0001"):
            assert said in text, said
        words = load_catalogue(voice)
        for key in ("letter.never.pin", "letter.never.my_number", "letter.title", "letter.real", "letter.other"):
            assert words.text(key).replace(" ", "") in text.replace(" ", ""), key


def test_a_channel_that_the_bank_does_not_have_has_no_code() -> None:
    page, missing, _ = draw(
        replace(LETTER, telegram_url=""),
        replace(LETTER, line_url=""),
        replace(LETTER, line_url="", telegram_url=""),
    )
    assert [page.codes(at) for at in range(3)] == [[LETTER.line_url], [LETTER.telegram_url], []]
    assert missing == []


def test_a_sign_without_a_drawing_is_a_geta_and_named() -> None:
    page, missing, body = draw(replace(LETTER, name="葛\U000e0100城 😀", address="ไทย町1"))
    assert {(field, f"U+{ord(sign):04X}", why) for _, field, sign, why in missing} == {
        ("name", "U+E0100", Why.MARK_LOST),
        ("name", "U+1F600", Why.NO_GLYPH),
        *(("address", code, Why.NO_GLYPH) for code in ("U+0E44", "U+0E17", "U+0E22")),
    }
    assert {customer_no for customer_no, *_ in missing} == {"0001"}
    assert page.inside(0, *SENDER.window).endswith("葛城 〓 様")
    assert len(body) < 400_000, "only the signs that are used are embedded"


def test_an_address_beyond_all_measure_is_reported_and_nothing_is_cut() -> None:
    page, missing, _ = draw(replace(LETTER, address="長" * 1500))
    assert [(field, why) for _, field, _, why in missing] == [("address", Why.TOO_LONG)]
    assert page.text(0).count("長") >= 1500


@pytest.mark.slow
def test_the_same_letters_are_the_same_file() -> None:
    assert draw(LETTER, replace(LETTER, voice="en"))[2] == draw(LETTER, replace(LETTER, voice="en"))[2]
