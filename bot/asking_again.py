"""Asking a customer once more, in the chat, what a reviewer doubts.

Promise: the case comes back to the same review.  The submitted answers stay as they are; what is asked again and
confirmed is a further submission of the same case, which the worker compares like the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.case_room import new_receipt_no, step_case
from bot.talk import Talk
from dialogs.conversation import inputs as inp
from dialogs.conversation.events import Key, Owner
from dialogs.conversation.form import Position
from dialogs.conversation.state import State, from_json
from dialogs.definition.model import Questionnaire
from storage import accounts, conversations
from storage.cases import CaseStatus, can_move, lock_case, move_case
from storage.conversations import Conversation

#: ``bot.compare`` of the questions about the owners one by one.
_OWNERS = "owners"
#: A soft check that the customer answered against: the field is the question with this behind it.
_CHECKED = ".check"
#: Where the questions of a field that no question of its own has.
_ASKED_BY: Mapping[str, str] = {"residence_status": "nationality", "postal_code": "address", "name_kana": "name"}


class CannotAsk(Exception):
    """The chat is no way to this answer; ``code`` names the sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        #: no_chat, not_answered, with_staff, no_question
        self.code = code


def keys_of(definition: Questionnaire, state: State, field: str) -> tuple[Key, ...]:
    """The answered questions behind a field of the comparison."""
    name = field.removesuffix(_CHECKED)
    asked = {
        question.name
        for question in definition.questions
        if question.name == name
        or question.bot.compare == name
        or (name == _OWNERS and (question.bot.compare or "").startswith(f"{_OWNERS}."))
    }
    found = tuple(key for key in state.answers if key.question in asked)
    if not found and name in _ASKED_BY:
        return keys_of(definition, state, _ASKED_BY[name])
    return found


def ask_again(talk: Talk, case_id: str, fields: Iterable[str], *, staff_id: str) -> str:
    """Ask the questions of these fields in the case's conversation; raises ``CannotAsk``.

    The case goes back to 40 and comes to review again once the customer has confirmed.  Returns the conversation.
    """
    conversation = _conversation(talk, case_id)
    definition, state = talk.definition(conversation), from_json(conversation.state)
    position = Position(definition, state, talk.local_now)
    keys = dict.fromkeys(key for field in fields for key in _askable(position, keys_of(definition, state, field)))
    _to_answering(talk, case_id, staff_id, conversation.id)
    _bring_forward(talk, conversation)
    again = inp.AskedOnceMore(keys=tuple(keys), receipt_no=new_receipt_no(talk))
    step_case(talk, conversation, again)
    return conversation.id


def _conversation(talk: Talk, case_id: str) -> Conversation:
    """The locked conversation in which the case was answered, where the customer is still reached by it."""
    conversation_id = conversations.conversation_of_case(talk.conn, case_id)
    if conversation_id is None:
        raise CannotAsk("no_chat")
    conversation = talk.lock(conversation_id)
    linked = {link.case_id for link in accounts.live_links(talk.conn, conversation.account_id)}
    if case_id not in linked or talk.account(conversation.account_id).state != "active":
        raise CannotAsk("no_chat")
    if conversation.owner != Owner.BOT.value:
        raise CannotAsk("with_staff")
    if conversation.phase != "completed":
        raise CannotAsk("not_answered")
    return conversation


def _askable(position: Position, keys: tuple[Key, ...]) -> tuple[Key, ...]:
    """The keys that may be asked on this channel; raises ``CannotAsk`` where a field has none."""
    slots = [slot for slot in map(position.slot, keys) if slot is not None]
    found = tuple(slot.key for slot in slots if not position.is_elsewhere(slot))
    if not found:
        raise CannotAsk("no_question")
    return found


def _to_answering(talk: Talk, case_id: str, staff_id: str, source: str) -> None:
    case = lock_case(talk.conn, case_id)
    on_the_way = () if case is None or can_move(case, CaseStatus.ANSWERING) else (CaseStatus.TO_CHECK,)
    for status in (*on_the_way, CaseStatus.ANSWERING):
        move_case(talk.conn, talk.uni, case_id, status, actor=staff_id, reason="asked_again", source=source)


def _bring_forward(talk: Talk, conversation: Conversation) -> None:
    """What is typed next answers the question that was asked last, unless a person speaks elsewhere."""
    active = talk.account(conversation.account_id).active_conversation_id
    if active is None or talk.lock(active).owner != Owner.STAFF.value:
        accounts.set_active_conversation(talk.conn, conversation.account_id, conversation.id)
