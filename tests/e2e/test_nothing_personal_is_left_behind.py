"""Fifty personal values go through a whole conversation, and none is found outside its sealed record.

Looked through afterwards: the database file and its WAL while the service still runs, every other file
of the folder (but the key), the logs of this program and of the libraries at DEBUG, and the log of
statements.  Each value is looked for as text, UTF-16, hexadecimal, Base64 and URL-encoded.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.logs import configure
from bot.simulator.faults import Trouble
from tests.e2e.house import House
from tests.e2e.test_whole_form import reconcile

MEDIUM = "0000114"
NEW_NAME, NEW_KANA = "架空橋 美津姫", "カクウバシ ミツヒメ"
NEW_ADDRESS = "東京都葛飾区架空町9-88-777 カナリア荘606号室"
NEW_PHONE, NEW_MAIL, EMPLOYER = "090-7654-3219", "canary.kanaria@example.net", "株式会社カナリア醸造"
SAID = [
    "わたしの隣人はカナリア花子という人です",
    "カナリア色の封筒が届いたのは本当ですか",
    "引っ越し先の電話は 03-9876-5432 なのですが",
]
STAFF_TEXT = "カナリア様、こちらは窓口の担当でございます。"
NOTE = "家族のカナリア二郎さんが同席"
SECRETS = ["4111 1111 1111 1111", "暗証番号は 8642 です"]


def encodings(value: str) -> Iterable[bytes]:
    """Everything as which a value could lie around; of Base64 each of the three alignments."""
    for codec in ("utf-8", "utf-16-le", "utf-16-be"):
        raw = value.encode(codec)
        yield raw
        yield raw.hex().encode()
        yield raw.hex().upper().encode()
        for shift in range(3):
            coded = base64.b64encode(b"\0" * shift + raw)
            # The first and the last sign depend on the neighbours.
            yield coded[(shift * 8 + 5) // 6 : (shift * 8 + len(raw) * 8) // 6]
    yield quote(value, safe="").encode()
    yield value.encode("unicode_escape")
    yield value.encode("cp932", "replace")


def found(data: bytes, values: Iterable[str]) -> set[str]:
    return {value for value in values if any(code in data for code in encodings(value))}


def folder_of(house: House) -> Path:
    path = house.rows("PRAGMA database_list")[0][2]
    return Path(path).parent


def files_of(house: House) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder_of(house).iterdir() if path.is_file()}


@pytest.mark.parametrize("value", [NEW_NAME, "4111111111111111", "a+b c@example.jp"])
def test_the_search_finds_what_is_there(value: str) -> None:
    noise = bytes(range(256)) * 3
    for codec in ("utf-8", "utf-16-le"):
        raw = value.encode(codec)
        for shift in range(3):
            hidden = base64.b64encode(b"x" * shift + raw + b"yy")
            assert found(noise + hidden + noise, [value])
        assert found(noise + raw.hex().encode() + noise, [value])
        assert found(noise + raw + noise, [value])
    assert found(noise + quote(value, safe="").encode(), [value])
    assert not found(noise, [value])


@pytest.mark.parametrize("channel", ["line", pytest.param("telegram", marks=pytest.mark.slow)])
async def test_fifty_personal_values(
    house: House, channel: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(logging.DEBUG)
    customer = house.on(channel)
    letter = house.letter(MEDIUM)
    typed = [NEW_NAME, NEW_KANA, NEW_ADDRESS, NEW_PHONE, NEW_MAIL, EMPLOYER, *SAID]
    changed = {
        "name": NEW_NAME,
        "name_kana": NEW_KANA,
        "address": NEW_ADDRESS,
        "postal_code": "124-0012",
        "phone": NEW_PHONE,
        "email": NEW_MAIL,
        "employer": EMPLOYER,
        "employer_kana": "カナリアジョウゾウ",
    }

    # Linking, with a failed try on the way.
    await customer.types("こんにちは")
    await customer.opens(letter.code)
    await customer.taps("same")
    await customer.types("1999-12-31")
    await customer.types("7531")
    await customer.proves(MEDIUM)
    # Questions and secrets in the middle, everything changed that can be.
    for text in (*SAID, *SECRETS):
        await customer.types(text)
        if house.conversation_of(MEDIUM).owner == "waiting":
            await customer.types("つづける")
    for _ in range(60):
        name, options = customer.active().open_question, customer.options()
        if "submit" in options:
            break
        if name in changed and "diff" in options:
            await customer.taps("diff")
        if name in changed:
            await customer.types(changed[name])
            if {"yes", "no"} <= set(customer.options()):
                await customer.taps("yes")
        else:
            await customer.answers()
    # A person, a platform in trouble, and a defect that quotes what was typed.
    await customer.taps("staff")
    conversation, sato, desk = house.conversation_of(MEDIUM), house.staff_member(), house.service.desk
    await desk.claim(conversation.id, sato)
    customer.platform.faults.add(Trouble.SERVER_ERROR, Trouble.BROKEN_ANSWER)
    await desk.say(conversation.id, sato, STAFF_TEXT)
    await desk.view(conversation.id)
    await desk.hand_back(conversation.id, sato, NOTE)
    for _ in range(4):
        house.advance(seconds=10)
        await house.settle()
    with monkeypatch.context() as patch:

        def fail(*_: object) -> None:
            raise ValueError(f"cannot read {SAID[0]} of {letter.master['name']}")

        patch.setattr("dialogs.conversation.engine.step", fail)
        body = house.line.deliveries or house.telegram.deliveries
        assert body
        await customer.types(SAID[0])
    await customer.types("受付の状況を知りたい")
    if house.conversation_of(MEDIUM).owner == "waiting":
        await customer.types("つづける")
    await customer.taps("submit")
    reconcile(house)

    master = letter.master
    planted = {
        *typed, STAFF_TEXT, NOTE, *SECRETS, "4111111111111111", letter.code, letter.code.lower(), customer.user_id,
        *(master[name] for name in ("name", "name_kana", "birth_date", "address", "phone", "email", "employer")),
        NEW_ADDRESS[:12], NEW_PHONE.replace("-", ""), "カナリア", "架空橋", "ミツヒメ", "加藤", "カトウ", "1999-12-31",
        *(letter.code for letter in house.letters.values()),
    }  # fmt: skip
    planted.discard("")
    assert len(planted) >= 50
    # It went through: the customer saw it, and the record has it.
    assert NEW_ADDRESS[:6] in customer.everything()

    files = {name: data for name, data in files_of(house).items() if name != "kakunin.key"}
    assert {"kakunin.db", "kakunin.db-wal"} <= set(files)
    assert all(files[name] for name in ("kakunin.db", "kakunin.db-wal"))
    for name, data in files.items():
        assert not found(data, planted), f"{name} holds personal values"
    logged = "".join(capfd.readouterr())
    assert "ValueError" in logged, "the defect must be in the log"
    assert not found(logged.encode(), planted), "the log holds personal values"
    tokens = {house.settings.line_channel_access_token, house.settings.telegram_bot_token}
    for token in tokens:
        assert token is not None
        assert token.get_secret_value() not in logged


async def test_a_value_in_the_clear_would_be_found(house: House) -> None:
    """The negative control: the same search over the same kind of file."""
    customer = house.on_line()
    await customer.links(MEDIUM)
    leak = f"UPDATE review_case SET reason = '{NEW_NAME}' WHERE id = '{house.letter(MEDIUM).case_id}'"
    house.database.run(lambda conn: conn.exec_driver_sql(leak))
    assert any(found(data, [NEW_NAME]) for data in files_of(house).values())


async def test_errors_and_reprs_of_the_service_quote_nobody(house: House) -> None:
    customer = house.on_line()
    await customer.links(MEDIUM)
    master = house.letter(MEDIUM).master
    shown = repr((house.conversation_of(MEDIUM), customer.account(), house.case(MEDIUM), house.settings))
    assert not found(shown.encode(), {master["name"], master["phone"], customer.user_id})
