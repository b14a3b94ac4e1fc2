"""The published texts of a process that only speaks."""

from __future__ import annotations

import pytest

from bot.content_sources import publish_all
from bot.live_content import LiveContent, NothingPublished
from storage.database import Database
from storage.universe import FrozenUniverse


def test_who_only_speaks_has_the_texts_and_nothing_that_understands(
    sqlite_database: Database, universe: FrozenUniverse
) -> None:
    sqlite_database.run(lambda conn: publish_all(conn, universe, None, actor="test"))
    live = LiveContent(facts={}, encoder="off", listens=False)
    sqlite_database.run_read(lambda conn: live.refresh(conn, universe.now()))
    assert live.voice("ja").topics
    assert not live.can_understand
    with pytest.raises(NothingPublished):
        _ = live.understanding
