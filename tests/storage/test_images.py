"""Pictures in the store: one fetcher at a time, whoever erases has the last word, nothing in clear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import Connection, text

from dialogs.personal import Personal
from storage import content, images
from storage.database import Database
from storage.encryption import Keyring, key_id_of
from storage.images import ImageState
from storage.problems import SealBroken
from storage.universe import FrozenUniverse
from tests.conftest import TEST_KEYS
from tests.storage.conftest import Advance, Scene, set_scene
from tests.storage.keys.conftest import NEW, rotate

LEASE = timedelta(seconds=60)
PICTURE = b"the bytes of a picture" * 100
T = TypeVar("T")


class Album:
    """The pictures of one conversation, and processes that fetch them."""

    def __init__(self, database: Database, scene: Scene) -> None:
        self.database, self.uni = database, database.universe
        self.conversation_id = scene.conversation.id

    def run(self, work: Callable[[Connection], T]) -> T:
        return self.database.run(work)

    def receive(self, ref: str = "file-1") -> str:
        def take(conn: Connection) -> str:
            vault = self.database.vault
            found = content.save_content(
                conn, vault, self.uni, self.conversation_id, direction="in", body={"media": "image"}
            )
            images.expect_image(
                conn,
                vault,
                self.uni,
                content_id=found,
                conversation_id=self.conversation_id,
                channel="line",
                ref=Personal(ref),
            )
            return found

        return self.run(take)

    def claim(self, owner: str, limit: int = 10) -> list[images.WantedImage]:
        return self.run(lambda conn: images.claim_images(conn, self.uni, owner=owner, lease=LEASE, limit=limit))

    def keep(self, image_id: str, owner: str) -> bool:
        sealed = images.seal_image(self.database.vault, image_id, PICTURE)
        return self.run(
            lambda conn: images.keep_image(conn, self.uni, image_id, owner=owner, sealed=sealed, width=4, height=3)
        )

    def erase(self, image_id: str) -> bool:
        return self.run(lambda conn: content.erase_content(conn, self.uni, image_id))

    def expire(self, days: int = 30, limit: int = 100) -> list[str]:
        before = self.uni.now() - timedelta(days=days)
        return self.run(lambda conn: images.expire_images(conn, self.uni, before, limit=limit))

    def row(self, image_id: str) -> tuple[str, str, bool]:
        """State, reason, and whether any bytes are there."""
        query = text("SELECT state, reason, sealed, lease_owner FROM received_image WHERE id = :id")
        found = self.database.run_read(lambda conn: conn.execute(query, {"id": image_id}).one())
        assert found.state == "waiting" or found.lease_owner is None
        return found.state, found.reason, found.sealed is not None

    def load(self, image_id: str) -> bytes | None:
        return self.database.run_read(lambda conn: images.load_image(conn, self.database.vault, image_id))


@pytest.fixture
def album(database: Database, scene: Scene) -> Album:
    return Album(database, scene)


def test_a_picture_is_claimed_once_and_kept_by_who_holds_it(album: Album) -> None:
    first, second = album.receive("a"), album.receive("b")
    [claimed] = album.claim("one", limit=1)
    assert (claimed.id, claimed.channel, claimed.attempts) == (first, "line", 1)
    assert images.open_ref(album.database.vault, claimed).reveal() == "a"
    assert [image.id for image in album.claim("two")] == [second]
    assert album.claim("three") == []
    assert not album.keep(first, "two")
    assert album.row(first) == ("waiting", "begun", True)
    assert album.load(first) is None
    assert album.keep(first, "one")
    assert album.row(first) == ("kept", "", True)
    assert album.load(first) == PICTURE
    assert not album.keep(first, "one"), "a second answer changes nothing"


def test_what_a_dead_process_held_is_taken_over_and_its_late_answer_refused(album: Album, advance: Advance) -> None:
    image = album.receive()
    album.claim("dead")
    advance(59)
    assert album.claim("heir") == []
    advance(1)
    [claimed] = album.claim("heir")
    assert claimed.attempts == 2
    assert not album.keep(image, "dead")
    assert not album.run(
        lambda conn: images.settle_image(conn, album.uni, image, owner="dead", state=ImageState.GONE, reason="removed")
    )
    assert not album.run(
        lambda conn: images.retry_image(conn, image, owner="dead", due_at=album.uni.now(), reason="retry")
    )
    assert album.keep(image, "heir")


def test_what_is_put_back_waits_until_it_is_due(album: Album, advance: Advance) -> None:
    image = album.receive()
    album.claim("one")
    due = album.uni.now() + timedelta(seconds=8)
    assert album.run(lambda conn: images.retry_image(conn, image, owner="one", due_at=due, reason="not_ready"))
    assert album.row(image) == ("waiting", "not_ready", True)
    assert not album.run(lambda conn: images.is_image_due(conn, album.uni.now()))
    assert album.claim("two") == []
    advance(8)
    assert album.run(lambda conn: images.is_image_due(conn, album.uni.now()))
    assert album.claim("two")[0].attempts == 2


def test_what_is_refused_leaves_a_code_and_no_bytes(album: Album) -> None:
    image = album.receive()
    album.claim("one")
    assert album.run(
        lambda conn: images.settle_image(
            conn, album.uni, image, owner="one", state=ImageState.REFUSED, reason="too_large"
        )
    )
    assert album.row(image) == ("refused", "too_large", False)
    assert album.claim("one") == []


@pytest.mark.parametrize("moment", ["waiting", "on_its_way", "kept"])
def test_taking_the_message_back_has_the_last_word(album: Album, moment: str, advance: Advance) -> None:
    image = album.receive()
    if moment != "waiting":
        album.claim("one")
    if moment == "kept":
        assert album.keep(image, "one")
    assert album.erase(image)
    assert album.row(image) == ("erased", "", False)
    assert not album.keep(image, "one"), "nothing is stored afterwards"
    assert not album.run(
        lambda conn: images.retry_image(conn, image, owner="one", due_at=album.uni.now(), reason="retry")
    )
    advance(3600)
    assert album.claim("two") == []
    assert album.load(image) is None
    assert album.row(image) == ("erased", "", False)
    assert album.expire(days=0) == [], "what is erased does not expire as well"


def test_pictures_expire_by_the_time_they_came(album: Album, advance: Advance) -> None:
    old, waiting = album.receive(), album.receive()
    album.claim("one", limit=1)
    album.keep(old, "one")
    advance(30 * 86400)
    young = album.receive()
    assert album.expire() == []
    advance(1)
    assert album.expire(limit=1) == [old]
    assert album.expire() == [waiting]
    assert album.expire() == []
    assert album.row(old) == ("expired", "", False)
    assert album.row(waiting) == ("expired", "", False)
    assert album.row(young) == ("waiting", "", True)
    assert album.load(old) is None


def test_more_than_enough_in_a_day_is_noted_and_not_fetched(album: Album, advance: Advance) -> None:
    taken = [album.receive() for _ in range(images.MOST_A_DAY)]
    extra = album.receive()
    assert album.row(extra) == ("refused", "too_many", False)
    assert len(album.claim("one", limit=100)) == len(taken)
    advance(86400)
    assert album.row(album.receive())[0] == "waiting"


def test_a_reference_opens_only_in_its_own_row(album: Album) -> None:
    one, other = album.receive("a"), album.receive("b")
    first, second = album.claim("one")
    assert (first.id, second.id) == (one, other)
    with pytest.raises(SealBroken):
        images.open_ref(album.database.vault, replace(first, sealed=second.sealed))


def test_neither_the_reference_nor_the_picture_lies_in_clear(album: Album) -> None:
    image = album.receive("a-reference-of-telegram")
    query = text("SELECT * FROM received_image WHERE id = :id")

    def everything() -> bytes:
        row = album.database.run_read(lambda conn: conn.execute(query, {"id": image}).one())
        return b"|".join(value if isinstance(value, bytes) else str(value).encode() for value in row)

    assert b"a-reference-of-telegram" not in everything()
    album.claim("one")
    album.keep(image, "one")
    assert PICTURE[:20] not in everything()


def test_a_picture_outlives_a_change_of_keys(album: Album, database_url: str, universe: FrozenUniverse) -> None:
    image = album.receive()
    album.claim("one")
    album.keep(image, "one")
    with Database.open(database_url, keys=Keyring.parse(f"{NEW},{TEST_KEYS}"), universe=universe) as database:
        assert any(step.table == "received_image" and step.resealed == 1 for step in rotate(database))
        blob = database.run_read(lambda conn: conn.execute(text("SELECT sealed FROM received_image")).scalar_one())
        assert key_id_of(blob) == "new"
        assert database.run_read(lambda conn: images.load_image(conn, database.vault, image)) == PICTURE


def test_the_transcript_says_what_became_of_a_picture(album: Album) -> None:
    image = album.receive()
    album.claim("one")
    before = album.database.run_read(lambda conn: content.transcript_marks(conn, album.conversation_id))
    album.keep(image, "one")
    vault = album.database.vault
    [line] = album.database.run_read(lambda conn: content.transcript(conn, vault, album.conversation_id))
    assert line.image == images.ImageMark(state="kept", reason="", width=4, height=3)
    after = album.database.run_read(lambda conn: content.transcript_marks(conn, album.conversation_id))
    assert before != after, "a live page must notice"
    assert album.database.run_read(lambda conn: images.is_image_of(conn, image, album.conversation_id))
    assert not album.database.run_read(lambda conn: images.is_image_of(conn, image, "another"))


def test_two_processes_that_claim_at_a_time_share_the_work(
    postgres_url: str, keyring: Keyring, universe: FrozenUniverse
) -> None:
    with (
        Database.open(postgres_url, keys=keyring, universe=universe) as database,
        Database.open(postgres_url, keys=keyring, universe=universe) as another,
    ):
        scene = set_scene(database)
        album, other = Album(database, scene), Album(another, scene)
        wanted = {album.receive() for _ in range(4)}

        def while_holding(conn: Connection) -> list[str]:
            mine = images.claim_images(conn, album.uni, owner="one", lease=LEASE, limit=2)
            # It passes over the locked rows instead of waiting for them.
            return [image.id for image in (*mine, *other.claim("two"))]

        assert sorted(album.run(while_holding)) == sorted(wanted)
