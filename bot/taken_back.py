"""What a customer took back stays away: redacted where it was recorded, and again in a backup that is put back.

Promise: the words, the answer read from them and whatever repeats them leave the store together.  The fact is noted
outside the database in the turn that does it, and a store that still holds such a message loses it when it is opened.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import Connection

from dialogs.conversation import events as ev
from dialogs.conversation.state import State, fold, to_json
from dialogs.conversation.taking_back import redact
from storage import audit, content, conversations, unsending
from storage.conversations import Conversation
from storage.database import Database
from storage.encryption import Vault
from storage.outside import OutsideProblem, append_lines, read_lines

log = structlog.get_logger("kakunin.taken_back")

_SCOPE = "message"


def redact_recorded(conn: Connection, vault: Vault, conversation: Conversation, content_id: str) -> State | None:
    """Take what was read from the message out of the recorded events; the state they fold to, where one changed."""
    recorded = [ev.from_json(event) for event in conversations.load_events(conn, vault, conversation.id)]
    redacted = redact(recorded, content_id)
    changed = {
        seq: ev.to_json(after)
        for seq, (before, after) in enumerate(zip(recorded, redacted, strict=True), 1)
        if after != before
    }
    unsending.replace_events(conn, vault, conversation.id, changed)
    return fold(redacted) if changed else None


def note_outside(vault: Vault, content_id: str, at: datetime, outside: Path | None) -> None:
    """Note that the message is gone; where that cannot be written, it goes all the same."""
    if outside is None:
        return
    line = {"store": vault.store_id, "scope": _SCOPE, "content": content_id, "at": at.isoformat()}
    try:
        append_lines(outside, [line])
    except OutsideProblem as problem:
        log.error("taken_back.not_noted", content=content_id, why=str(problem))


def forget_again(database: Database, outside: Path) -> int:
    """Erase what the file says was taken back and the store still holds; returns how many messages."""
    vault = database.vault
    lines = [line for line in read_lines(outside) if line.get("scope") == _SCOPE]
    noted = [str(line["content"]) for line in lines if line.get("store") == vault.store_id]
    kept = database.run_read(lambda conn: content.still_kept(conn, noted))
    for content_id, conversation_id in kept.items():
        database.run(lambda conn, c=content_id, where=conversation_id: _forget(conn, database, c, where))  # type: ignore[misc]
    if kept:
        database.scrub()
    return len(kept)


def _forget(conn: Connection, database: Database, content_id: str, conversation_id: str) -> None:
    vault, uni = database.vault, database.universe
    conversation = conversations.lock_conversation(conn, vault, conversation_id)
    if conversation is None or not content.erase_content(conn, uni, content_id):
        return
    quotes = unsending.erase_quotes(conn, vault, uni, conversation_id, content_id)
    if conversation.kind == "case":
        state = redact_recorded(conn, vault, conversation, content_id)
        if state is not None:
            conversations.save_conversation(conn, vault, replace(conversation, state=to_json(state)), [])
    audit.record(
        conn,
        uni,
        "content.unsent",
        actor_kind="system",
        actor_id="restore",
        subjects={"content": content_id, "conversation": conversation_id},
        detail={"quotes": str(quotes)},
    )
