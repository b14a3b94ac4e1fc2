"""What a customer takes away from us: the way to reach him, and words that he has sent.

Both are facts that stay recorded; neither is answered.
"""

from __future__ import annotations

from bot.lobby_room import Facts
from bot.talk import Talk
from storage import accounts, audit, cases, content, conversations, inbound as inbox, outgoing
from storage.accounts import Account
from storage.cases import CaseStatus
from storage.conversations import Conversation
from storage.inbound import InboundRow

#: Statuses of cases that wait for the customer in the chat.
_BY_CHAT = frozenset(CaseStatus(code) for code in ("20", "25", "40", "45", "50", "51", "52"))


def unreachable(talk: Talk, account: Account) -> None:
    """The customer blocked us: nothing more is sent, and the cases go to the phone and visit lists."""
    accounts.set_account_state(talk.conn, account.id, "blocked")
    for case in Facts(talk, account).open_cases():
        found = cases.load_case(talk.conn, case.case_id)
        if found is None or found.status not in _BY_CHAT:
            continue  # already with a person or on another way: blocking the chat changes nothing about that
        talk.move_case(case.case_id, CaseStatus.UNDELIVERABLE, "blocked", account.id)
    for conversation_id in conversations.conversations_of_account(talk.conn, account.id):
        conversation = talk.lock(conversation_id)
        outgoing.cancel_outgoing(talk.conn, conversation_id, conversation.epoch + 1)


def forget(talk: Talk, conversation: Conversation, row: InboundRow) -> None:
    """The customer took a message back: its words go, the fact stays."""
    message_id = row.payload.get("message_id")
    found = inbox.find_inbound_message(talk.conn, conversation.account_id, message_id) if message_id else None
    if found is None or found.content_id is None:
        return
    content.erase_content(talk.conn, talk.uni, found.content_id)
    audit.record(
        talk.conn,
        talk.uni,
        "content.unsent",
        actor_kind="customer",
        actor_id=conversation.account_id,
        subjects={"content": found.content_id},
        detail={},
    )
