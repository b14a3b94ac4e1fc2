"""The raw words of messages, and the transcript made of them.

Promise: what a customer or a member of staff wrote lies in exactly one row, so erasing that row (the
customer took the message back, or its time is over) erases the words everywhere, and the picture with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from storage.direct import Direct, among
from storage.encryption import Vault
from storage.images import ImageMark, erase_image
from storage.problems import KeyMissing, SealBroken
from storage.tables import ContentRow, ImageRow, InboundRow, OutgoingRow, table_of
from storage.universe import Universe

_content = table_of(ContentRow)
_inbound = table_of(InboundRow)
_outgoing = table_of(OutgoingRow)
_image = table_of(ImageRow)
_INSERT = Direct(insert(_content))
_SEALED = Direct(select(_content.c.sealed).where(_content.c.id == bindparam("wanted")))
_SEVERAL = Direct(
    lambda dialect: select(_content.c.id, _content.c.sealed).where(
        among(dialect, _content.c.id, "wanted"), _content.c.sealed.is_not(None)
    )
)
_unsent = _inbound.alias("unsent")
#: Another event of the same account says that this message was taken back.
_TAKEN_BACK = (
    select(_unsent.c.id)
    .where(
        _unsent.c.account_id == _inbound.c.account_id,
        _unsent.c.message_id == _inbound.c.message_id,
        _unsent.c.kind == "unsend",
    )
    .correlate(_inbound)
    .exists()
)

Direction = Literal["in", "out", "note"]


@dataclass(frozen=True, kw_only=True)
class TranscriptLine:
    """One message of a conversation."""

    at: datetime
    #: in, out, note
    direction: str
    #: The kind of the inbound event or of the outgoing message; ``note`` for a note.
    kind: str
    content_id: str
    #: ``None`` where the words were erased, or do not open (``damaged``).
    body: dict[str, Any] | None = field(repr=False)
    #: pending, leased, sent, ... of an outgoing message.
    delivery_state: str | None
    staff_id: str | None
    #: What became of the picture that was sent, where one was.
    image: ImageMark | None = None
    #: The customer took the message back.
    is_taken_back: bool = False
    #: The words were changed or moved in the store.
    damaged: bool = False


def save_content(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    conversation_id: str,
    *,
    direction: Direction,
    body: Mapping[str, Any],
    staff_id: str | None = None,
    content_id: str | None = None,
) -> str:
    """Keep the words of one message and return their id (``content_id``, where the caller chose it)."""
    content_id = content_id or uni.new_id()
    sealed = vault.seal(_content.name, content_id, body)
    _INSERT.run(conn, new_row(uni, content_id, conversation_id, direction=direction, sealed=sealed, staff_id=staff_id))
    return content_id


def new_row(
    uni: Universe,
    content_id: str,
    conversation_id: str,
    *,
    direction: Direction,
    sealed: bytes,
    staff_id: str | None = None,
) -> dict[str, Any]:
    """The row of new words."""
    return {
        "id": content_id,
        "conversation_id": conversation_id,
        "direction": direction,
        "at": uni.now(),
        "staff_id": staff_id,
        "erased_at": None,
        "sealed": sealed,
    }


def load_content(conn: Connection, vault: Vault, content_id: str) -> dict[str, Any] | None:
    """The words; ``None`` where they were erased."""
    row = _SEALED.first(conn, {"wanted": content_id})
    return None if row is None or row.sealed is None else open_content(vault, content_id, row.sealed)


def load_contents(conn: Connection, vault: Vault, content_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The words of several, by their ids; without those that were erased."""
    rows = _SEVERAL.rows(conn, {"wanted": list(content_ids)}) if content_ids else []
    return {row.id: open_content(vault, row.id, row.sealed) for row in rows}


def open_content(vault: Vault, content_id: str, blob: bytes) -> dict[str, Any]:
    """Open a sealed content value that was read with something else."""
    return vault.open(_content.name, content_id, blob)


def erase_content(conn: Connection, uni: Universe, content_id: str) -> bool:
    """Erase the words for good, and the picture that came with them; false where they were erased before."""
    erase_image(conn, uni, content_id)
    kept = (_content.c.id == content_id) & _content.c.erased_at.is_(None)
    return conn.execute(update(_content).where(kept).values(sealed=None, erased_at=uni.now())).rowcount == 1


_RECENT = Direct(
    select(_content.c.id, _content.c.sealed)
    .where(
        _content.c.conversation_id == bindparam("conversation"),
        _content.c.direction == "out",
        _content.c.sealed.is_not(None),
    )
    .order_by(_content.c.at.desc(), _content.c.id.desc())
    .limit(bindparam("most"))
)


def still_kept(conn: Connection, content_ids: Sequence[str]) -> dict[str, str]:
    """Those whose words were not erased, with their conversation."""
    found: dict[str, str] = {}
    for start in range(0, len(content_ids), 500):
        here = _content.c.id.in_(content_ids[start : start + 500]) & _content.c.erased_at.is_(None)
        rows = conn.execute(select(_content.c.id, _content.c.conversation_id).where(here))
        found |= {row.id: row.conversation_id for row in rows}
    return found


def recent_bodies(conn: Connection, vault: Vault, conversation_id: str, *, limit: int) -> list[dict[str, Any]]:
    """What we said last in a conversation, newest first, without what was erased."""
    rows = _RECENT.rows(conn, {"conversation": conversation_id, "most": limit})
    return [open_content(vault, row.id, row.sealed) for row in rows]


def transcript_marks(conn: Connection, conversation_id: str) -> list[tuple[str, str | None, bool]]:
    """What may change about each line of the transcript, without opening one: id, delivery or picture, erasure."""
    state = func.coalesce(_outgoing.c.state, _image.c.state)
    query = (
        select(_content.c.id, state, _content.c.sealed.is_(None))
        .outerjoin(_outgoing, _outgoing.c.content_id == _content.c.id)
        .outerjoin(_image, _image.c.id == _content.c.id)
        .where(_content.c.conversation_id == conversation_id)
        .order_by(_content.c.at, _content.c.id)
    )
    return [(content_id, state, bool(erased)) for content_id, state, erased in conn.execute(query)]


def transcript(conn: Connection, vault: Vault, conversation_id: str) -> list[TranscriptLine]:
    """The conversation as it was written, oldest first."""
    query = (
        select(
            _content,
            func.coalesce(_inbound.c.kind, _outgoing.c.kind, _content.c.direction).label("kind"),
            _outgoing.c.state.label("delivery_state"),
            _image.c.state.label("image_state"),
            *(_image.c[name] for name in ("reason", "width", "height")),
            _TAKEN_BACK.label("is_taken_back"),
        )
        .outerjoin(_inbound, _inbound.c.content_id == _content.c.id)
        .outerjoin(_outgoing, _outgoing.c.content_id == _content.c.id)
        .outerjoin(_image, _image.c.id == _content.c.id)
        .where(_content.c.conversation_id == conversation_id)
        .order_by(_content.c.at, _content.c.id)
    )
    return [_line_of(vault, row) for row in conn.execute(query)]


def _line_of(vault: Vault, row: Row[Any]) -> TranscriptLine:
    body, damaged = None, False
    try:
        body = None if row.sealed is None else open_content(vault, row.id, row.sealed)
    except (SealBroken, KeyMissing):
        # One line that does not open must not hide the others.
        damaged = True
    return TranscriptLine(
        at=row.at,
        direction=row.direction,
        kind=row.kind,
        content_id=row.id,
        body=body,
        delivery_state=row.delivery_state,
        staff_id=row.staff_id,
        image=_mark_of(row),
        is_taken_back=bool(row.is_taken_back),
        damaged=damaged,
    )


def _mark_of(row: Row[Any]) -> ImageMark | None:
    if row.image_state is None:
        return None
    return ImageMark(state=row.image_state, reason=row.reason, width=row.width, height=row.height)
