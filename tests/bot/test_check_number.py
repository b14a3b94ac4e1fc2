"""A typed reply to the check number: only a real no stops, everything the buttons say is understood."""

from __future__ import annotations

import pytest

from bot.check_number import about_check_number
from bot.lobby_state import LobbyState, LobbyStep
from tests.dialogs.conversation.talking import NOW, understanding

STATE = LobbyState(step=LobbyStep.CHECK_NUMBER, check_number="4821")


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("同じ", "same"),
        ("同じです", "same"),
        ("はい", "same"),
        ("手紙と同じ番号です", "same"),
        ("4821", "same"),
        ("４８２１", "same"),
        ("ちがう", "other"),
        ("違います", "other"),
        ("いいえ", "other"),
        ("手紙がない", "noletter"),
        ("手紙はありません", "noletter"),
        ("お手紙をなくしました", "noletter"),
        ("大丈夫です", None),
        ("4812", None),
        ("これは本物ですか", None),
    ],
)
def test_what_a_reply_means(text: str, option: str | None) -> None:
    assert about_check_number(understanding().read(text, "ja"), STATE, NOW) == option


@pytest.mark.parametrize(
    ("text", "option"), [("same", "same"), ("yes", "same"), ("no", "other"), ("I have no letter", "noletter")]
)
def test_in_english(text: str, option: str) -> None:
    assert about_check_number(understanding().read(text, "en"), STATE, NOW) == option
