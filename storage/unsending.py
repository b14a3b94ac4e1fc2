"""Erasing what was derived from a message that the customer took back.

Promise: the events keep their places, kinds and times, only the words in them are replaced; and everything
that we said and that repeats the words is erased like the words themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from storage.content import erase_content, open_content
from storage.encryption import Vault
from storage.tables import ContentRow, ConversationEventRow, table_of
from storage.universe import Universe

_content = table_of(ContentRow)
_event = table_of(ConversationEventRow)
_REPLACE = (
    update(_event)
    .where(_event.c.conversation_id == bindparam("conversation"), _event.c.seq == bindparam("place"))
    .values(sealed=bindparam("words"))
)


def replace_events(
    conn: Connection, vault: Vault, conversation_id: str, changed: Mapping[int, Mapping[str, Any]]
) -> None:
    """Put redacted events, by number, in the place of the recorded ones; the conversation is locked."""
    for seq, event in changed.items():
        words = vault.seal(_event.name, f"{conversation_id}:{seq}", event)
        conn.execute(_REPLACE, {"conversation": conversation_id, "place": seq, "words": words})


def erase_quotes(conn: Connection, vault: Vault, uni: Universe, conversation_id: str, content_id: str) -> int:
    """Erase what we said in a conversation that repeats the words of a message; returns how many were erased.

    What is still queued of it is not sent (storage.outgoing).
    """
    after = select(_content.c.at).where(_content.c.id == content_id).scalar_subquery()
    said = select(_content.c.id, _content.c.sealed).where(
        _content.c.conversation_id == conversation_id,
        _content.c.direction == "out",
        _content.c.sealed.is_not(None),
        _content.c.at >= after,
    )
    quoting = [
        row.id for row in conn.execute(said) if content_id in open_content(vault, row.id, row.sealed).get("quotes", ())
    ]
    return sum(erase_content(conn, uni, quoted) for quoted in quoting)
