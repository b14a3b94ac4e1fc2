"""The message of a campaign to many at once: the same rows as one after another, in as few statements as for one.

For accounts and conversations that this transaction holds (``storage.bulk.reaching``), on platforms that change nothing
that was sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from dialogs.records import changed
from storage.accounts import Account, activate_conversations, make_link
from storage.content import new_row as new_content
from storage.conversations import Conversation, add_conversations
from storage.direct import Direct, among
from storage.encryption import Vault
from storage.held import held
from storage.menus import touch_menus
from storage.outgoing import new_row as new_message
from storage.problems import StaleConversation
from storage.tables import AccountLinkRow, ContentRow, ConversationRow, OutgoingRow, table_of
from storage.universe import Universe

_content, _outgoing, _link = table_of(ContentRow), table_of(OutgoingRow), table_of(AccountLinkRow)
_conversation = table_of(ConversationRow)

_CONTENT, _MESSAGE, _LINK = Direct(insert(_content)), Direct(insert(_outgoing)), Direct(insert(_link))
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


@dataclass(frozen=True, kw_only=True)
class Invited:
    """Somebody to whom a message goes."""

    #: The id that the message will have.
    outgoing_id: str
    account: Account
    #: The account's own conversation, and whether it begins with this message.
    lobby: Conversation
    begins: bool
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
    contents: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    for one in invited:
        sealed = vault.seal_bytes(_content.name, content_id := uni.new_id(), one.words)
        contents.append(new_content(uni, content_id, one.lobby.id, direction="out", sealed=sealed))
        messages.append(
            new_message(
                uni,
                one.outgoing_id,
                one.lobby.id,
                seq=one.lobby.out_seq + 1,
                kind=kind,
                content_id=content_id,
                turn_id=turn_id,
                epoch=one.lobby.epoch,
            )
        )
    add_conversations(conn, vault, [one.lobby for one in invited if one.begins])
    _speak(conn, [one.lobby for one in invited])
    _CONTENT.run_each(conn, contents)
    _MESSAGE.run_each(conn, messages)
    _link_all(conn, uni, [one for one in invited if one.linked_at is not None])
    activated = {one.account.id: one.lobby.id for one in invited if one.becomes_active}
    activate_conversations(conn, activated)
    touch_menus(conn, [one.account.id for one in invited if one.becomes_active or one.linked_at is not None])


def _speak(conn: Connection, lobbies: Sequence[Conversation]) -> None:
    """Each says one thing more; the snapshots stay as they were sealed."""
    if _SPOKEN.run(conn, {"conversations": [lobby.id for lobby in lobbies]}) != len(lobbies):
        raise StaleConversation("A conversation was changed by somebody else; run the transaction again.")
    for lobby in lobbies:
        spoken = changed(lobby, version=lobby.version + 1, out_seq=lobby.out_seq + 1)
        held(conn)[_conversation.name, lobby.id] = spoken


def _link_all(conn: Connection, uni: Universe, invited: Sequence[Invited]) -> None:
    """Link accounts to cases; who takes a case from another account is linked by himself, for that link ends."""
    if not invited:
        return
    taken = {row.case_id for row in _LINKED.rows(conn, {"cases": [one.case_id for one in invited]})}
    rows = []
    for one in invited:
        if one.case_id in taken:
            make_link(conn, uni, one.account.id, one.customer_id, one.case_id, linked_at=one.linked_at)
            continue
        row = {"id": uni.new_id(), "account_id": one.account.id, "customer_id": one.customer_id}
        rows.append({**row, "case_id": one.case_id, "linked_at": one.linked_at, "ended_at": None})
    _LINK.run_each(conn, rows)
