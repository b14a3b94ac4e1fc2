"""Conversations that are under way in an older version of a questionnaire."""

from __future__ import annotations

from sqlalchemy import Connection, select

from storage.tables import ConversationRow, PublishedRow, table_of

_conversation = table_of(ConversationRow)
_published = table_of(PublishedRow)


def on_older_versions(conn: Connection, name: str, live: str, *, after: str = "", limit: int) -> list[str]:
    """The ids of open conversations that are pinned to another version than ``live``, in their order."""
    versions = select(_published.c.sha256).where(_published.c.kind == "questionnaire", _published.c.name == name)
    query = select(_conversation.c.id).where(
        _conversation.c.id > after,
        _conversation.c.closed_at.is_(None),
        _conversation.c.questionnaire_sha256.in_(versions),
        _conversation.c.questionnaire_sha256 != live,
    )
    return list(conn.execute(query.order_by(_conversation.c.id).limit(limit)).scalars())
