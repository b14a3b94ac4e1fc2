"""The message of a campaign to many at once: the same rows as one after another, in as few statements as for one.

For accounts and conversations that this transaction holds (``storage.bulk.reaching``), on platforms that change nothing
that was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from dialogs.records import quick
from storage.accounts import activate_conversations, make_link
from storage.content import new_row as new_content
from storage.conversations import Conversation, add_conversations
from storage.direct import Direct, Together, among
from storage.encryption import Vault
from storage.held import held
from storage.menus import touch_menus
from storage.outgoing import new_row as new_message
from storage.problems import StaleConversation
from storage.tables import AccountLinkRow, ContentRow, ConversationRow, OutgoingRow, table_of
from storage.universe import Universe

_content, _outgoing, _link = table_of(ContentRow), table_of(OutgoingRow), table_of(AccountLinkRow)
_conversation = table_of(ConversationRow)

_CONTENT = Together.inserting(_content, "id", "conversation_id", "sealed")
_MESSAGE = Together.inserting(_outgoing, "id", "conversation_id", "seq", "epoch", "content_id", "retry_key")
_LINK = Together.inserting(_link, "id", "account_id", "customer_id", "case_id", "linked_at")
_LINKED = Direct(
    lambda dialect: select(_link.c.case_id).where(among(dialect, _link.c.case_id, "cases"), _link.c.ended_at.is_(None))
)
_SPOKEN = Direct(
    lambda dialect: (
        update(_conversation)
        .where(among(dialect, _conversation.c.id, "conversations"))
        .values(version=_conversation.c.version + 1, out_seq=_conversation.c.out_seq + 1)
    )
)


@quick
@dataclass(frozen=True, kw_only=True)
class Invited:
    """Somebody to whom a message goes."""

    #: The id that the message will have.
    outgoing_id: str
    account_id: str
    #: The account's own conversation, the number of its last message, and its epoch.
    lobby_id: str
    out_seq: int
    epoch: int
    #: That conversation, where it begins with this message.
    begins: Conversation | None
    customer_id: str
    case_id: str
    #: Since when the account acts for the customer, where it does not act in this case yet.
    linked_at: datetime | None
    #: Whether what he writes next belongs to the account's own conversation from here on.
    becomes_active: bool
    #: The message as canonical JSON.
    words: bytes = field(repr=False)


def queue_invitations(
    conn: Connection, vault: Vault, uni: Universe, invited: Sequence[Invited], *, kind: str, turn_id: str
) -> None:
    """Queue a message for each of them, link them to their cases and lead them to the own conversation."""
    if not invited:
        return
    content_ids, retry_keys = uni.new_ids(len(invited)), uni.new_ids(len(invited))
    sealed = _sealed(vault, content_ids, [one.words for one in invited])
    alike = new_message(uni, "", "", seq=0, kind=kind, content_id="", turn_id=turn_id, epoch=0)
    add_conversations(conn, vault, [one.begins for one in invited if one.begins is not None])
    _speak(conn, [one.lobby_id for one in invited])
    contents = [
        (content_id, one.lobby_id, sealed[content_id]) for one, content_id in zip(invited, content_ids, strict=True)
    ]
    _CONTENT.run(conn, contents, new_content(uni, "", "", direction="out", sealed=b""))
    messages = [
        (one.outgoing_id, one.lobby_id, one.out_seq + 1, one.epoch, content_id, retry_key)
        for one, content_id, retry_key in zip(invited, content_ids, retry_keys, strict=True)
    ]
    _MESSAGE.run(conn, messages, alike)
    _link_all(conn, uni, [one for one in invited if one.linked_at is not None])
    activated = {one.account_id: one.lobby_id for one in invited if one.becomes_active}
    activate_conversations(conn, activated)
    touch_menus(conn, [one.account_id for one in invited if one.becomes_active or one.linked_at is not None])


def _sealed(vault: Vault, content_ids: Sequence[str], words: Sequence[bytes]) -> dict[str, bytes]:
    """Each under its own id, though most of them say the same."""
    alike: dict[bytes, list[str]] = {}
    for content_id, body in zip(content_ids, words, strict=True):
        alike.setdefault(body, []).append(content_id)
    sealed: dict[str, bytes] = {}
    for body, ids in alike.items():
        sealed.update(zip(ids, vault.seal_alike(_content.name, ids, body), strict=True))
    return sealed


def _speak(conn: Connection, lobby_ids: Sequence[str]) -> None:
    """Each says one thing more; the snapshots stay as they were sealed."""
    if _SPOKEN.run(conn, {"conversations": lobby_ids}) != len(lobby_ids):
        raise StaleConversation("A conversation was changed by somebody else; run the transaction again.")
    rows = held(conn)
    for lobby_id in lobby_ids:
        rows.pop((_conversation.name, lobby_id), None)


def _link_all(conn: Connection, uni: Universe, invited: Sequence[Invited]) -> None:
    """Link accounts to cases; who takes a case from another account is linked by himself, for that link ends."""
    if not invited:
        return
    taken = {row.case_id for row in _LINKED.rows(conn, {"cases": [one.case_id for one in invited]})}
    rows: list[tuple[Any, ...]] = []
    for one, link_id in zip(invited, uni.new_ids(len(invited)), strict=True):
        if one.case_id in taken:
            make_link(conn, uni, one.account_id, one.customer_id, one.case_id, linked_at=one.linked_at)
        else:
            rows.append((link_id, one.account_id, one.customer_id, one.case_id, one.linked_at))
    _LINK.run(conn, rows, {"ended_at": None, "end_reason": None})
