"""What became of the pictures that a test sent, and stepping the fetcher."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

from PIL import Image
from sqlalchemy import Connection, select

from bot.fetching import Draw, Fetcher
from bot.pictures import draw_anew
from bot.simulator.platform_line import LinePlatform
from storage import images
from storage.tables import metadata
from tests.e2e.house import Customer, House, say


@dataclass(frozen=True)
class Kept:
    """A row of the store."""

    id: str
    state: str
    reason: str
    attempts: int
    has_bytes: bool
    owner: str | None


class Album:
    """The pictures of a house."""

    def __init__(self, house: House) -> None:
        self.house = house

    async def fetch(self) -> int:
        """Fetch until nothing is due at this moment."""
        total = 0
        while claimed := await self.house.service.fetcher.fetch_due():
            total += claimed
        return total

    def fetcher(self, name: str, draw: Draw = draw_anew) -> Fetcher:
        """Another process's fetcher over the same store and platforms."""
        return Fetcher(self.house.database, self.house.service.channels, name, draw=draw)

    def rows(self) -> list[Kept]:
        """All of them, in the order in which they came."""
        query = "SELECT id, state, reason, attempts, sealed, lease_owner FROM received_image ORDER BY id"
        return [
            Kept(row.id, row.state, row.reason, row.attempts, row.sealed is not None, row.lease_owner)
            for row in self.house.rows(query)
        ]

    def states(self) -> list[tuple[str, str]]:
        return [(row.state, row.reason) for row in self.rows()]

    def picture(self, at: int = -1) -> bytes:
        """The stored picture, opened."""
        vault, image_id = self.house.database.vault, self.rows()[at].id
        found = self.house.database.run_read(lambda conn: images.load_image(conn, vault, image_id))
        assert found is not None
        return found

    def size(self, at: int = -1) -> tuple[int, int]:
        with Image.open(BytesIO(self.picture(at))) as opened:
            return opened.size

    def everything(self) -> bytes:
        """All values of all tables, as they lie in the store."""

        def read(conn: Connection) -> bytes:
            rows = [row for table in metadata.tables.values() for row in conn.execute(select(table))]
            values = [value for row in rows for value in row if value is not None]
            return b"\0".join(value if isinstance(value, bytes) else str(value).encode() for value in values)

        return self.house.database.run_read(read)


async def sends(customer: Customer, image: bytes, *, as_document: bool = False) -> None:
    """A picture, as this platform sends one; the bot answers kindly at once."""
    platform, user_id = customer.platform, customer.user_id
    if isinstance(platform, LinePlatform):
        await customer.does(platform.send_image(user_id, image))
    elif as_document:
        await customer.does(platform.send_document(user_id, image, name="IMG_1.jpg", mime_type="image/jpeg"))
    else:
        await customer.does(platform.send_photo(user_id, image))
    # Once for a handful.
    assert say("engine.media_image") in customer.everything()
