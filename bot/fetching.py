"""Fetching the pictures that customers sent: from the platform, drawn anew, sealed, stored.

Promise: a picture is claimed with a lease, and what comes after the lease or after an erasure is thrown away; nothing
but our own drawing of it is ever stored; tries are bounded, and each picture ends in a state that staff see.  Files
of any other kind are never fetched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta

import structlog
from sqlalchemy import Connection

from bot.channels.base import Channel, Fetch, Fetched
from bot.chores import Chore
from bot.pictures import NoPicture, Picture, draw_anew
from dialogs.personal import Personal
from storage import audit, images
from storage.database import Database
from storage.images import ImageState, WantedImage
from storage.leases import Lease, fence
from storage.problems import KeyMissing, SealBroken
from storage.unreadable import Unreadable, is_damage, record_unreadable

log = structlog.get_logger("kakunin.fetching")

#: Longer than fetching and drawing may take together, so that a lease only ends when its owner is gone.
LEASE = timedelta(minutes=5)
#: Seconds for one picture to come.
_FETCH_WITHIN = 60.0
#: Pictures at a time; each takes up to 10 MB here and a process of its own.
_AT_ONCE = 2
#: An outage of two hours is outlasted.
MOST_TRIES = 20
_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(minutes=10)
#: Seconds between two looks where nobody says that a picture came.
_LOOK_EVERY = 2.0
#: Pictures that one short transaction erases.
_EXPIRE_AT_ONCE = 100

Draw = Callable[[bytes], Awaitable[Picture | NoPicture]]


class Fetcher:
    """One fetcher of a process; several may run on one store."""

    def __init__(
        self, database: Database, channels: Mapping[str, Channel], name: str, *, draw: Draw = draw_anew
    ) -> None:
        self._database = database
        self._channels = channels
        self._name = name
        self._draw = draw
        self._woken = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """A picture came just now."""
        self._woken.set()

    def finish(self) -> None:
        """Claim nothing more; ``run`` ends when what is on its way is stored."""
        self._stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Fetch until told to finish, several pictures at a time: a slow one holds up no other."""
        await asyncio.gather(*(self._run_one() for _ in range(_AT_ONCE)))

    async def _run_one(self) -> None:
        """One picture after another; a failed round is logged and the next one tries again."""
        while not self._stopping:
            self._woken.clear()
            try:
                fetched = await self.fetch_due(1)
            except Exception as error:
                log.exception("fetching.round_failed", error=type(error).__name__)
                fetched = 0
            if not fetched and not self._stopping:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), timeout=_LOOK_EVERY)

    async def fetch_due(self, limit: int = _AT_ONCE) -> int:
        """Fetch what is due now; returns how many pictures were claimed."""
        database = self._database
        now = database.universe.now()
        # Mostly there is nothing, and a look costs no write.
        if not await database.read(lambda conn: images.is_image_due(conn, now)):
            return 0
        wanted = await database.transact(
            lambda conn: images.claim_images(conn, database.universe, owner=self._name, lease=LEASE, limit=limit)
        )
        await asyncio.gather(*(self._one(image) for image in wanted))
        return len(wanted)

    async def _one(self, image: WantedImage) -> None:
        try:
            await self._fetch(image)
        except Exception as error:
            # Another picture's trouble is not this one's; the lease runs out and it is tried again.
            log.exception("fetching.failed", image=image.id, error=type(error).__name__)

    async def _fetch(self, image: WantedImage) -> None:
        if image.attempts > MOST_TRIES:
            await self._end(image, ImageState.GONE, "unreachable")
            return
        try:
            ref = images.open_ref(self._database.vault, image)
        except (SealBroken, KeyMissing) as problem:
            await self._unreadable(image, problem)
            return
        fetched = await self._call(image.channel, ref)
        match fetched.outcome:
            case Fetch.GOT:
                await self._take(image, fetched.body)
            case Fetch.TOO_LARGE:
                await self._end(image, ImageState.REFUSED, "too_large")
            case Fetch.GONE:
                await self._end(image, ImageState.GONE, "removed")
            case _ if image.attempts == MOST_TRIES:
                await self._end(image, ImageState.GONE, "unreachable")
            case _:
                await self._again(image, fetched)

    async def _unreadable(self, image: WantedImage, problem: Unreadable) -> None:
        """End a picture whose row is damaged; where only this process lacks the key, it stays for another one."""

        def give_up(conn: Connection) -> None:
            if is_damage(problem, conn):
                uni = self._database.universe
                record_unreadable(conn, uni, problem)
                images.settle_image(conn, uni, image.id, owner=self._name, state=ImageState.GONE, reason="unreadable")

        log.error("fetching.does_not_open", image=image.id, why=str(problem))
        await self._database.transact(give_up)

    async def _call(self, name: str, ref: Personal) -> Fetched:
        channel = self._channels.get(name)
        if channel is None:
            return Fetched(outcome=Fetch.RETRY, detail="channel_off")
        try:
            async with asyncio.timeout(_FETCH_WITHIN):
                return await channel.fetch_image(ref)
        except TimeoutError:
            # Bytes that trickle in keep every single read alive.
            return Fetched(outcome=Fetch.RETRY, detail="slow")

    async def _take(self, image: WantedImage, body: bytes) -> None:
        picture = await self._draw(body)
        if isinstance(picture, NoPicture):
            await self._end(image, ImageState.REFUSED, picture.reason)
            return
        database = self._database
        sealed = images.seal_image(database.vault, image.id, picture.jpeg)

        def keep(conn: Connection) -> bool:
            size = {"width": picture.width, "height": picture.height}
            return images.keep_image(conn, database.universe, image.id, owner=self._name, sealed=sealed, **size)

        if not await database.transact(keep):
            log.info("fetching.not_wanted_any_more", image=image.id)

    async def _end(self, image: WantedImage, state: ImageState, reason: str) -> None:
        log.info("fetching.ended", image=image.id, state=state.value, reason=reason)
        await self._database.transact(
            lambda conn: images.settle_image(
                conn, self._database.universe, image.id, owner=self._name, state=state, reason=reason
            )
        )

    async def _again(self, image: WantedImage, fetched: Fetched) -> None:
        wait = fetched.retry_after or min(_FIRST_WAIT * 2 ** (image.attempts - 1), _LONGEST_WAIT)
        log.info("fetching.again", image=image.id, why=fetched.outcome.value, detail=fetched.detail)
        due_at = self._database.universe.now() + wait
        await self._database.transact(
            lambda conn: images.retry_image(
                conn, image.id, owner=self._name, due_at=due_at, reason=fetched.outcome.value
            )
        )


def expire_pictures(database: Database, days: int) -> Chore:
    """Erase the bytes of pictures that came longer ago; each is recorded."""
    uni, age = database.universe, timedelta(days=days)

    def step(lease: Lease) -> bool:
        def expire(conn: Connection) -> int:
            fence(conn, lease)
            expired = images.expire_images(conn, uni, uni.now() - age, limit=_EXPIRE_AT_ONCE)
            for image_id in expired:
                subjects = {"content": image_id}
                audit.record(conn, uni, "content.image_expired", actor_kind="system", actor_id=None, subjects=subjects)
            return len(expired)

        return database.run(expire) == _EXPIRE_AT_ONCE

    return Chore("images.expire", lambda conn: images.is_image_over(conn, uni.now() - age), step)
