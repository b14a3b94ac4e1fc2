"""How likely a letter's code is guessed: from the numbers that the program really uses."""

from __future__ import annotations

from datetime import timedelta

from bot.lobby_room import _LOCKED_FOR
from bot.lobby_state import MAX_FAILURES
from storage.link_codes import CODE_LENGTH
from storage.universe import CODE_ALPHABET

#: A large bank with a letter to every customer, and a robber with more accounts than platforms give anybody.
LETTERS = 1_000_000
ACCOUNTS = 10_000


def test_an_hour_of_guessing_finds_no_code() -> None:
    assert timedelta(hours=1) <= _LOCKED_FOR, "an account guesses its few times and then rests"
    guesses = ACCOUNTS * MAX_FAILURES
    assert guesses * LETTERS / len(CODE_ALPHABET) ** CODE_LENGTH < 1e-6
    # One account is not even worth the second look.
    assert MAX_FAILURES * LETTERS / len(CODE_ALPHABET) ** CODE_LENGTH < 1e-9


def test_a_code_has_sixty_bits_without_look_alikes() -> None:
    assert len(set(CODE_ALPHABET)) == len(CODE_ALPHABET) == 32
    assert not set("01IO") & set(CODE_ALPHABET)
    assert CODE_LENGTH * 5 == 60
