"""Pictures that customers sent, from the message to the erasure of the bytes.

Promise: a picture is fetched by one process at a time and stored only by the holder of the lease while it is
still wanted, so whoever erases it (the customer took it back, its time is over) has the last word in any order.
Only sealed bytes are kept; of a picture that is refused or gone only a code stays.

    waiting -> kept | refused | gone        waiting, kept -> expired | erased
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, literal_column, select, update

from dialogs.personal import Personal
from storage.encryption import Vault
from storage.tables import ImageRow, table_of
from storage.universe import Universe

_image = table_of(ImageRow)

#: More in one conversation and day are noted, not fetched: nobody fills the store by sending pictures.
MOST_A_DAY = 40
_DAY = timedelta(days=1)


class ImageState(StrEnum):
    WAITING = "waiting"
    KEPT = "kept"
    #: It came, and is not taken: too large, no picture, broken, too many.
    REFUSED = "refused"
    #: The platform does not have it any more, or never handed it out.
    GONE = "gone"
    #: Its time is over.
    EXPIRED = "expired"
    #: The message was taken back, or its words were erased.
    ERASED = "erased"


#: Written out for the partial indexes, which SQLite uses only where it reads the states in the statement.
_IS_WAITING = _image.c.state == literal_column("'waiting'")
_IS_HELD = _image.c.state.in_((literal_column("'waiting'"), literal_column("'kept'")))
_NOTHING_LEFT: dict[str, Any] = {"sealed": None, "lease_owner": None, "lease_until": None}


@dataclass(frozen=True, kw_only=True)
class WantedImage:
    """A picture to fetch, leased."""

    id: str
    channel: str
    #: Tries, this one included.
    attempts: int
    #: What the platform calls it (``open_ref``).
    sealed: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class ImageMark:
    """What became of a picture, without the picture."""

    state: str
    reason: str
    width: int | None
    height: int | None


def expect_image(
    conn: Connection, vault: Vault, uni: Universe, *, content_id: str, conversation_id: str, channel: str, ref: Personal
) -> None:
    """Note in the turn of the message that a picture is to be fetched."""
    now = uni.now()
    recent = (_image.c.conversation_id == conversation_id) & (_image.c.received_at > now - _DAY)
    too_many = conn.execute(select(func.count()).where(recent)).scalar_one() >= MOST_A_DAY
    values = {
        "id": content_id,
        "conversation_id": conversation_id,
        "channel": channel,
        "state": (ImageState.REFUSED if too_many else ImageState.WAITING).value,
        "reason": "too_many" if too_many else "",
        "received_at": now,
        "due_at": now,
        "attempts": 0,
        "settled_at": now if too_many else None,
        "sealed": None if too_many else vault.seal(_image.name, content_id, {"ref": ref.reveal()}),
    }
    conn.execute(insert(_image), values)


# Fetching -------------------------------------------------------------------------------------

_FREE = _image.c.lease_until.is_(None) | (_image.c.lease_until <= bindparam("now"))
_DUE = (
    select(_image.c.id)
    .where(_IS_WAITING, _image.c.due_at <= bindparam("now"), _FREE)
    .order_by(_image.c.due_at, _image.c.id)
    .limit(bindparam("most"))
)
_LEASE = (
    update(_image)
    .where(_image.c.id.in_(bindparam("ids", expanding=True)), _IS_WAITING)
    .values(
        lease_owner=bindparam("owner"), lease_until=bindparam("until"), attempts=_image.c.attempts + 1, reason="begun"
    )
    .returning(_image.c.id, _image.c.channel, _image.c.attempts, _image.c.sealed)
)


def is_image_due(conn: Connection, now: datetime) -> bool:
    """Whether there is anything to claim; costs one look into an index."""
    return conn.execute(_DUE, {"now": now, "most": 1}).first() is not None


def claim_images(conn: Connection, uni: Universe, *, owner: str, lease: timedelta, limit: int) -> list[WantedImage]:
    """Lease what is due; what another process holds is passed over."""
    now = uni.now()
    # Another fetcher's rows are passed over instead of waited for.
    ids = list(conn.execute(_DUE.with_for_update(skip_locked=True), {"now": now, "most": limit}).scalars())
    if not ids:
        return []
    leased = conn.execute(_LEASE, {"ids": ids, "owner": owner, "until": now + lease})
    return sorted((WantedImage(**row._mapping) for row in leased), key=lambda image: image.id)


def open_ref(vault: Vault, image: WantedImage) -> Personal:
    """What the platform calls the picture; raises ``KeyProblem``."""
    return Personal(vault.open(_image.name, image.id, image.sealed)["ref"])


def seal_image(vault: Vault, image_id: str, picture: bytes) -> bytes:
    """The picture as ``keep_image`` stores it; sealed before the transaction, which is short."""
    return vault.seal_bytes(_image.name, image_id, picture)


def keep_image(
    conn: Connection, uni: Universe, image_id: str, *, owner: str, sealed: bytes, width: int, height: int
) -> bool:
    """Store the sealed picture; false where it is not wanted any more or another process has it."""
    values = {"sealed": sealed, "width": width, "height": height}
    return _settle(conn, uni, image_id, owner, ImageState.KEPT, "", values)


def settle_image(conn: Connection, uni: Universe, image_id: str, *, owner: str, state: ImageState, reason: str) -> bool:
    """End without a picture; false where it is not ours to end."""
    return _settle(conn, uni, image_id, owner, state, reason, {"sealed": None})


def _settle(
    conn: Connection, uni: Universe, image_id: str, owner: str, state: ImageState, reason: str, values: dict[str, Any]
) -> bool:
    ends = {**_NOTHING_LEFT, **values, "state": state.value, "reason": reason, "settled_at": uni.now()}
    return conn.execute(update(_image).where(_held_by(image_id, owner)).values(ends)).rowcount == 1


def retry_image(conn: Connection, image_id: str, *, owner: str, due_at: datetime, reason: str) -> bool:
    """Put it back to be tried at ``due_at``."""
    values = {"due_at": due_at, "lease_owner": None, "lease_until": None, "reason": reason}
    return conn.execute(update(_image).where(_held_by(image_id, owner)).values(values)).rowcount == 1


def _held_by(image_id: str, owner: str) -> Any:
    return (_image.c.id == image_id) & (_image.c.state == ImageState.WAITING.value) & (_image.c.lease_owner == owner)


# Erasing --------------------------------------------------------------------------------------


def erase_image(conn: Connection, uni: Universe, image_id: str) -> bool:
    """The message's words are erased, so its picture goes too; one that is on its way finds nothing to store into."""
    held = (_image.c.id == image_id) & _IS_HELD
    values = {**_NOTHING_LEFT, "state": ImageState.ERASED.value, "reason": "", "settled_at": uni.now()}
    return conn.execute(update(_image).where(held).values(values)).rowcount == 1


_OLD = (
    select(_image.c.id)
    .where(_IS_HELD, _image.c.received_at < bindparam("before"))
    .order_by(_image.c.received_at, _image.c.id)
    .limit(bindparam("most"))
)


def is_image_over(conn: Connection, received_before: datetime) -> bool:
    """Whether there is anything to expire."""
    return conn.execute(_OLD, {"before": received_before, "most": 1}).first() is not None


def expire_images(conn: Connection, uni: Universe, received_before: datetime, *, limit: int) -> list[str]:
    """Erase the bytes of pictures that came before then; returns their ids."""
    ids = list(conn.execute(_OLD, {"before": received_before, "most": limit}).scalars())
    values = {**_NOTHING_LEFT, "state": ImageState.EXPIRED.value, "reason": "", "settled_at": uni.now()}
    expired = update(_image).where(_image.c.id.in_(ids), _IS_HELD).values(values).returning(_image.c.id)
    return sorted(conn.execute(expired).scalars())


# Looking --------------------------------------------------------------------------------------


def is_image_of(conn: Connection, image_id: str, conversation_id: str) -> bool:
    """Whether a picture of this conversation is kept under the id."""
    kept = (_image.c.id == image_id) & (_image.c.conversation_id == conversation_id)
    kept &= _image.c.state == ImageState.KEPT.value
    return conn.execute(select(_image.c.id).where(kept)).first() is not None


def load_image(conn: Connection, vault: Vault, image_id: str) -> bytes | None:
    """The picture; ``None`` where it is not kept (any more)."""
    kept = (_image.c.id == image_id) & (_image.c.state == ImageState.KEPT.value)
    blob = conn.execute(select(_image.c.sealed).where(kept)).scalar()
    return None if blob is None else vault.open_bytes(_image.name, image_id, blob)
