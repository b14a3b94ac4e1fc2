"""Questions that were not understood: listed while their words are kept, decided once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select, text

from storage.content import erase_content, save_content
from storage.conversations import load_conversation, save_conversation
from storage.database import Database
from storage.erasing import erase_customer, erase_words
from storage.staff import add_staff
from storage.tables import ConversationRow, table_of
from storage.unmatched import PHRASING, SET_ASIDE, Unmatched, decide, list_unmatched
from tests.storage.conftest import Advance, Scene

_conversation = table_of(ConversationRow)


def ask(database: Database, scene: Scene, words: str, **more: Any) -> str:
    """A question of the customer that was not understood; returns its content row."""
    vault, uni = database.vault, database.universe

    def deed(conn: Connection) -> str:
        conversation = load_conversation(conn, vault, scene.conversation.id)
        assert conversation is not None
        content_id = save_content(conn, vault, uni, conversation.id, direction="in", body={"text": words})
        event = {"kind": "not_understood", "at": uni.now().isoformat(), "content_id": content_id, "locale": "ja"}
        event |= {"why": "unknown", "asked": "occupation", "topics": ["F01"], "scores": [0.25], "version": "f" * 64}
        save_conversation(conn, vault, conversation, [event | more])
        return content_id

    return database.run(deed)


def listed(database: Database, **how: Any) -> list[Unmatched]:
    return database.run_read(lambda conn: list_unmatched(conn, database.vault, **how))


def member(database: Database, login: str = "kato") -> str:
    uni = database.universe
    return database.run(
        lambda conn: add_staff(conn, uni, login, "back_office", None, "x", must_change=False, display_name=None).id
    )


def test_the_newest_first_with_all_that_staff_need(database: Database, scene: Scene, advance: Advance) -> None:
    first = ask(database, scene, "ひとつめですか")
    advance(60)
    ask(database, scene, "ふたつめですか", why="none_fits", asked=None)
    newest, oldest = listed(database)
    assert (newest.text, newest.why, newest.asked) == ("ふたつめですか", "none_fits", None)
    assert (oldest.text, oldest.content_id, oldest.asked) == ("ひとつめですか", first, "occupation")
    assert (oldest.channel, oldest.locale, oldest.customer_id) == ("line", "ja", scene.customer_id)
    assert (oldest.nearest, oldest.version) == ((("F01", 0.25),), "f" * 64)
    assert oldest.ref == scene.conversation.ref
    assert oldest.decision is None
    assert "ひとつめ" not in repr(oldest)
    assert [one.text for one in listed(database, limit=1)] == ["ふたつめですか"]


def test_only_of_the_conversations_that_may_be_seen(database: Database, scene: Scene, another_scene: Scene) -> None:
    ask(database, scene, "ひとつめですか")
    ask(database, another_scene, "ふたつめですか")
    within = select(_conversation.c.id).where(_conversation.c.id == another_scene.conversation.id)
    assert [one.text for one in listed(database, within=within)] == ["ふたつめですか"]


def test_what_was_taken_back_or_kept_back_is_not_listed(database: Database, scene: Scene) -> None:
    ask(database, scene, "のこりますか")
    ask(database, scene, "[withheld: second_factor]")
    gone = ask(database, scene, "取り消しますか")
    assert len(listed(database)) == 2
    assert database.run(lambda conn: erase_content(conn, database.universe, gone))
    assert [one.text for one in listed(database)] == ["のこりますか"]


def test_what_was_decided_goes_with_its_words_too(database: Database, scene: Scene) -> None:
    gone = ask(database, scene, "取り消しますか")
    (question,) = listed(database)
    kato = member(database)
    assert database.run(lambda conn: decide(conn, database.universe, question, SET_ASIDE, staff_id=kato))
    assert len(listed(database, decision=SET_ASIDE)) == 1
    database.run(lambda conn: erase_content(conn, database.universe, gone))
    assert listed(database, decision=SET_ASIDE) == []


def test_retention_takes_the_words_out_of_the_list(database: Database, scene: Scene, advance: Advance) -> None:
    ask(database, scene, "むかしの質問ですか")
    advance(3600)
    ask(database, scene, "いまの質問ですか")
    before = database.universe.now() - timedelta(minutes=30)
    here = [scene.conversation.id]
    database.run(lambda conn: erase_words(conn, database.vault, database.universe, here, before))
    assert [one.text for one in listed(database)] == ["いまの質問ですか"]


def test_of_an_erased_customer_nothing_is_listed(database: Database, scene: Scene, another_scene: Scene) -> None:
    ask(database, scene, "消える質問ですか")
    ask(database, another_scene, "のこる質問ですか")
    question = next(one for one in listed(database) if one.text == "消える質問ですか")
    kato = member(database)
    database.run(lambda conn: decide(conn, database.universe, question, PHRASING, staff_id=kato, topic="F01"))
    database.run(lambda conn: erase_customer(conn, database.vault, database.universe, scene.customer_id))
    assert [one.text for one in listed(database)] == ["のこる質問ですか"]
    assert listed(database, decision=PHRASING) == []


def test_a_question_is_decided_once(database: Database, scene: Scene) -> None:
    ask(database, scene, "何色ですか")
    (question,) = listed(database)
    uni = database.universe
    kato, mori = member(database), member(database, "mori")
    more = {"topic": "F01", "edit_id": "e" * 36}
    with ThreadPoolExecutor(2) as pool:
        deeds = [
            pool.submit(database.run, lambda conn: decide(conn, uni, question, PHRASING, staff_id=kato, **more)),
            pool.submit(database.run, lambda conn: decide(conn, uni, question, SET_ASIDE, staff_id=mori)),
        ]
        won = [deed.result() for deed in deeds]
    assert sorted(won) == [False, True]
    assert listed(database) == []
    (decided,) = listed(database, decision=PHRASING if won[0] else SET_ASIDE)
    assert decided.staff_id == (kato if won[0] else mori)
    assert decided.topic == ("F01" if won[0] else None)
    assert decided.decided_at == uni.now()


def test_one_that_does_not_open_hides_no_other(database: Database, scene: Scene) -> None:
    ask(database, scene, "ひとつめですか")
    ask(database, scene, "ふたつめですか")

    def damage(conn: Connection) -> None:
        words = text("UPDATE conversation_event SET sealed = (SELECT sealed FROM conversation_event WHERE seq = 2)")
        conn.execute(words)

    database.run(damage)
    assert [one.text for one in listed(database)] == ["ふたつめですか"]
