"""Every golden transcript is played through the real engine and must say what its file says.

With ``KAKUNIN_UPDATE=1`` in the environment the lines of the bank are written anew; the difference is read
in review like any other text.  What must come of a conversation (``outcome``) is never regenerated.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.channels.limits import LIMITS, length
from tests.conversations.transcripts import BANK, load, outcome, play, transcript_files, with_bank_lines

UPDATE = os.environ.get("KAKUNIN_UPDATE") == "1"


@pytest.mark.parametrize("path", transcript_files(), ids=lambda path: path.stem)
def test_the_conversation_goes_as_written(path: Path) -> None:
    transcript = load(path)
    played = play(transcript)
    if UPDATE:
        path.write_text(with_bank_lines(path.read_text(encoding="utf-8"), played), encoding="utf-8")
        transcript = load(path)
    written = [{who: text.rstrip("\n") for who, text in line.items()} for line in transcript["conversation"]]
    assert any(BANK in line for line in written), "a skeleton: fill it with KAKUNIN_UPDATE=1"
    assert written == played.lines()
    assert outcome(played, transcript["outcome"]) == transcript["outcome"]
    limits = LIMITS[transcript["channel"]]
    for message in played.talk.shown:
        assert length(message.text, limits.text_unit) <= limits.text
