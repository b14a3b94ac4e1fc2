"""What staff see beside a conversation: answers so far, where it stands, who the customer is, masked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.console.desk import AnswerLine, ConversationView, CustomerFact, HandOver
from bot.panel_view import FACTS, answer_state, differences_of, entry_questions, form_of, label_of, need_of
from bot.talk import Talk
from bot.tapped import taps_of
from dialogs.conversation.form import Position
from dialogs.replies.masking import mask
from storage import cases, conversations, customers, snoozes, staff
from storage.problems import KeyMissing, SealBroken


def view_conversation(talk: Talk, conversation_id: str) -> ConversationView:
    """The view of one conversation; raises ``KeyError`` where there is none."""
    damaged = False
    try:
        conversation = conversations.load_conversation(talk.conn, talk.vault, conversation_id)
        changes = hand_overs(talk, conversation_id)
    except (SealBroken, KeyMissing):
        # What stands in clear is shown; the deeds on it are refused.
        damaged, changes = True, []
        conversation = conversations.look_at_conversation(talk.conn, conversation_id)
    if conversation is None:
        raise KeyError(conversation_id)
    case = None if conversation.case_id is None else cases.load_case(talk.conn, conversation.case_id)
    customer = None if case is None else customers.load_customer(talk.conn, talk.vault, case.customer_id)
    logins = {member.id: member.login for member in staff.list_staff(talk.conn)}
    form = form_of(talk, conversation)
    recordable, recorded = taps_of(talk, conversation, changes)
    snoozed, until = snoozes.snoozed_until(talk.conn, conversation.id, talk.now)
    return ConversationView(
        conversation_id=conversation.id,
        owner=conversation.owner,
        owner_staff_id=conversation.owner_staff_id,
        owner_login=logins.get(conversation.owner_staff_id or "", ""),
        epoch=conversation.epoch,
        phase=conversation.phase,
        progress=(0, 0) if form is None else _progress(form),
        current_question=None if form is None else _current(form),
        answers=() if form is None else _answers(form),
        facts=() if customer is None else _facts(customer.customer_no, customer.fields),
        check_number=None if case is None else case.check_number,
        receipt_no=form.state.receipt_no if form is not None and form.state.completed else None,
        case_status=None if case is None else case.status.value,
        hand_overs=tuple(_hand_over(change, logins) for change in changes),
        damaged=damaged,
        need=need_of(talk, conversation),
        differences=() if form is None or customer is None else differences_of(form, customer.fields),
        entry_questions=() if form is None else entry_questions(form),
        recordable=recordable,
        recorded=recorded,
        snoozed=snoozed,
        snoozed_until=until,
    )


def _progress(form: Position) -> tuple[int, int]:
    slots = form.asked_slots
    return sum(1 for slot in slots if form.is_settled(slot)), len(slots)


def _current(form: Position) -> str | None:
    slot = form.current
    if slot is None or slot.question is None or form.state.is_over:
        return None
    return label_of(form, slot)


def _answers(form: Position) -> tuple[AnswerLine, ...]:
    return tuple(
        AnswerLine(
            label=label_of(form, slot), display=form.state.answers[slot.key].display, state=answer_state(form, slot)
        )
        for slot in form.asked_slots
        if slot.question is not None and slot.key in form.state.answers
    )


def _facts(customer_no: str, fields: Mapping[str, str]) -> tuple[CustomerFact, ...]:
    masked = [CustomerFact(key=key, masked=mask(kind, fields[key])) for key, kind in FACTS if fields.get(key)]
    plain = [CustomerFact(key=key, masked=fields[key]) for key in ("kind", "branch_no") if fields.get(key)]
    return (CustomerFact(key="customer_no", masked=customer_no), *masked, *plain)


def hand_overs(talk: Talk, conversation_id: str) -> list[dict[str, Any]]:
    """The recorded changes of who answers, oldest first."""
    recorded = conversations.load_events(talk.conn, talk.vault, conversation_id)
    return [event for event in recorded if event["kind"] == "owner_changed"]


def _hand_over(change: Mapping[str, Any], logins: Mapping[str, str]) -> HandOver:
    return HandOver(
        at=datetime.fromisoformat(change["at"]),
        to=change["owner"],
        staff=logins.get(change.get("staff_id") or "", ""),
        reason=change["reason"],
    )
