"""What a customer takes away from us, the way to reach him and words that he has sent, and what he gives back.

All of these are facts that stay recorded.
"""

from __future__ import annotations

from dataclasses import replace

from bot.case_room import step_case
from bot.conversing import hold_elsewhere, take_from_elsewhere, was_away
from bot.lobby_room import Facts
from bot.taken_back import note_outside, redact_recorded
from bot.talk import Talk
from dialogs.conversation import inputs as inp
from dialogs.conversation.state import from_json, to_json
from storage import accounts, audit, cases, content, conversations, holding, inbound as inbox, outgoing, unsending
from storage.accounts import Account
from storage.cases import CaseStatus
from storage.conversations import Conversation
from storage.inbound import InboundRow

#: Statuses of cases that wait for the customer in the chat.
_BY_CHAT = frozenset(CaseStatus(code) for code in ("20", "25", "40", "45", "50", "51", "52"))

#: Why a case left the chat.
_BLOCKED = "blocked"


def unreachable(talk: Talk, account: Account) -> None:
    """The customer blocked us: nothing more is sent, and the cases go to the phone and visit lists."""
    accounts.set_account_state(talk.conn, account.id, "blocked")
    for case in Facts(talk, account).open_cases():
        found = cases.load_case(talk.conn, case.case_id)
        if found is None or found.status not in _BY_CHAT:
            continue  # already with a person or on another way: blocking the chat changes nothing about that
        talk.move_case(case.case_id, CaseStatus.UNDELIVERABLE, _BLOCKED, account.id)
    for conversation_id in conversations.conversations_of_account(talk.conn, account.id):
        conversation = talk.lock(conversation_id)
        outgoing.cancel_outgoing(talk.conn, conversation_id, conversation.epoch + 1)


def reachable(talk: Talk, account: Account, *, may_answer: bool, answers: bool) -> None:
    """The customer is there; in standby another system answers, and what staff have queued waits.

    ``answers``: the event at hand is answered, so nothing need be said of itself.
    """
    state = "active" if may_answer else "standby"
    if account.state == state:
        return
    accounts.set_account_state(talk.conn, account.id, state)
    if account.state == "blocked":
        _bring_back_cases(talk, account)
    if may_answer:
        holding.release_outgoing(talk.conn, talk.uni, account.id)
        take_from_elsewhere(talk, account, aloud=not answers)
    else:
        hold_elsewhere(talk, account)


def _bring_back_cases(talk: Talk, account: Account) -> None:
    """What left the chat only because we were blocked comes back to it; what a person took up since stays there."""
    for link in accounts.live_links(talk.conn, account.id):
        case = cases.load_case(talk.conn, link.case_id)
        moves = cases.transitions_of(talk.conn, link.case_id)
        if case is None or case.status is not CaseStatus.UNDELIVERABLE or moves[-1].reason != _BLOCKED:
            continue
        conversation_id = conversations.conversation_of_case(talk.conn, case.id)
        conversation = None if conversation_id is None else talk.lock(conversation_id)
        answering = conversation is not None and conversation.state.get("answers")
        talk.move_case(case.id, CaseStatus.ANSWERING if answering else CaseStatus.LINKED, "unblocked", account.id)
        if conversation is not None and conversation.phase == "paused":
            talk.move_case(case.id, CaseStatus.PAUSED, "unblocked", account.id)


def forget(talk: Talk, conversation: Conversation, row: InboundRow) -> None:
    """The customer took a message back: its words go, and what was read from them; the fact stays.

    Where the message has not come yet, this event is the mark by which it is known when it does.
    """
    message_id = row.payload.get("message_id")
    found = inbox.find_inbound_message(talk.conn, conversation.account_id, message_id) if message_id else None
    if found is None or found.content_id is None:
        return
    if not content.erase_content(talk.conn, talk.uni, found.content_id):
        return
    quotes = unsending.erase_quotes(talk.conn, talk.vault, talk.uni, found.conversation_id, found.content_id)
    answer = _take_back(talk, talk.lock(found.conversation_id), found.content_id)
    note_outside(talk.vault, found.content_id, talk.now, talk.rules.erasure_file)
    audit.record(
        talk.conn,
        talk.uni,
        "content.unsent",
        actor_kind="customer",
        actor_id=conversation.account_id,
        subjects={"content": found.content_id, "conversation": found.conversation_id},
        detail={"answer": answer, "quotes": str(quotes)},
    )


def _take_back(talk: Talk, conversation: Conversation, content_id: str) -> str:
    """Redact what was recorded of a message and open its question again: none, taken_back or submitted."""
    if conversation.kind != "case":
        return "none"  # the lobby keeps no words
    redacted = redact_recorded(talk.conn, talk.vault, conversation, content_id)
    state = redacted or from_json(conversation.state)
    if any(answer.content_id == content_id for answer in state.answers.values()) and state.completed:
        outcome = "submitted"
    else:
        outcome = "none" if redacted is None else "taken_back"
    if redacted is not None:
        here = talk.account(conversation.account_id).active_conversation_id == conversation.id
        conversation = replace(conversation, state=to_json(state))
        step_case(
            talk, conversation, inp.TookBack(content_id=content_id), aloud=here and not was_away(talk, conversation)
        )
    return outcome
