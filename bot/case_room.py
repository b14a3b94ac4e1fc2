"""The conversation of a case: the engine's step, what is kept of it, and what it means for the case."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.channels.limits import LIMITS
from bot.submitting import answer_rows
from bot.talk import Talk
from dialogs.conversation import engine, events as ev, inputs as inp
from dialogs.conversation.events import Owner
from dialogs.conversation.prompts import Prompt
from dialogs.conversation.state import State, apply, from_json, to_json
from dialogs.conversation.steps import Step
from dialogs.conversation.vocabulary import CUSTOMER, PROXY
from dialogs.definition.model import Questionnaire
from dialogs.records import changed
from locales import VOICES
from storage import audit, cases, content, conversations, customers, keyboards, menus, outgoing, submissions
from storage.accounts import Account
from storage.case_status import ANSWERABLE
from storage.cases import CaseStatus
from storage.conversations import Conversation

#: Phases in which the bot is asking.
_ANSWERING = frozenset({"asking", "review"})


def step_case(
    talk: Talk, conversation: Conversation, what: inp.Input, *, aloud: bool = True
) -> tuple[Conversation, Step]:
    """One input through the engine; saved, queued (where ``aloud``), and the case moved along."""
    definition = talk.definition(conversation)
    before = from_json(conversation.state)
    lists = LIMITS[talk.channel(conversation.account_id)].lists
    step = engine.step(definition, before, what, talk.local_now, lists, talk.staffing)
    conversation = _save(talk, conversation, definition, step.state, step.events, step.says if aloud else ())
    _follow(talk, conversation, definition, before, step.state)
    return conversation, step


def begin_case(talk: Talk, account: Account, case_id: str, locale: str) -> Conversation:
    """The conversation of a case that was linked for the first time, pinned to the live questionnaire."""
    case = cases.load_case(talk.conn, case_id)
    assert case is not None
    definition = talk.live.live_definition(talk.conn, case.questionnaire_id)
    customer = customers.load_customer(talk.conn, talk.vault, case.customer_id)
    if locale == talk.rules.default_locale and customer is not None and customer.locale in VOICES:
        # The bank knows the customer's language; a language that he chose here himself goes before it.
        locale = customer.locale
    conversation = conversations.create_conversation(
        talk.conn,
        talk.vault,
        talk.uni,
        kind="case",
        account_id=account.id,
        case_id=case_id,
        questionnaire_sha256=definition.sha256,
        locale=locale,
    )
    started = ev.Started(
        at=talk.local_now,
        definition_sha256=definition.sha256,
        locale=locale,
        receipt_no=new_receipt_no(talk),
        master={} if customer is None else dict(customer.fields),
        sensitive_allowed=account.channel in talk.rules.sensitive_channels,
        channel=account.channel,
    )
    return _save(talk, conversation, definition, apply(State(), started), [started], [])


def new_receipt_no(talk: Talk) -> str:
    """A number that no submission bears; two forms begun at a time share one in 2^50 cases, and the store refuses."""
    while True:
        number = f"{talk.uni.code(5)}-{talk.uni.code(5)}"
        if not submissions.is_receipt_taken(talk.conn, talk.vault, number):
            return number


def move_to_account(talk: Talk, conversation: Conversation, account: Account) -> Conversation:
    """The case goes on with this account, perhaps on another platform; what was queued for the old one is dropped."""
    if conversation.account_id == account.id:
        return conversation
    outgoing.cancel_outgoing(talk.conn, conversation.id, conversation.epoch + 1)
    keyboards.take_off_keyboards(talk.conn, conversation.id)  # they stand in the other chat
    event = ev.ChannelChanged(
        at=talk.local_now,
        sensitive_allowed=account.channel in talk.rules.sensitive_channels,
        channel=account.channel,
    )
    state = apply(from_json(conversation.state), event)
    moved = changed(conversation, account_id=account.id)
    return _save(talk, moved, talk.definition(conversation), state, [event], [])


def _save(
    talk: Talk,
    conversation: Conversation,
    definition: Questionnaire,
    state: State,
    events: Sequence[ev.Event],
    says: Iterable[Prompt],
) -> Conversation:
    if state.locale != conversation.locale:
        menus.touch_menu(talk.conn, conversation.account_id)
    conversation = as_it_stands(conversation, state, talk.now)
    return talk.save(conversation, [ev.to_json(event) for event in events], list(says), definition)


def as_it_stands(conversation: Conversation, state: State, now: datetime) -> Conversation:
    """The conversation with this state, and with what of it stands in clear."""
    return changed(
        conversation,
        state=to_json(state),
        locale=state.locale,
        owner=state.owner.value,
        owner_staff_id=state.staff_id,
        epoch=state.epoch,
        waiting_since=(conversation.waiting_since or now) if state.owner is Owner.WAITING else None,
        phase=state.phase,
        open_question=None if state.open is None or state.open.key is None else state.open.key.question,
        closed_at=(conversation.closed_at or now) if state.is_over else None,
    )


def _follow(talk: Talk, conversation: Conversation, definition: Questionnaire, before: State, after: State) -> None:
    """Move the case along with what happened in its conversation."""
    assert conversation.case_id is not None
    if after.completed and not before.completed:
        _submit(talk, conversation, definition, after)
        return
    target: CaseStatus | None = None
    if after.owner is not before.owner:
        owners = {Owner.WAITING: CaseStatus.WITH_STAFF, Owner.BOT: CaseStatus.ANSWERING}
        target = owners.get(after.owner)
        case = cases.seen_case(talk.conn, conversation.case_id)
        if after.owner is Owner.BOT and case is not None:
            before_staff = case.returns_to or case.status
            if after.is_over or before_staff not in ANSWERABLE:
                # The form was over before, or was answered on paper meanwhile: the case goes back to where it was.
                target = case.returns_to
    elif after.ended == "refused" and before.ended is None:
        target = CaseStatus.REFUSED
    elif after.paused and not before.paused:
        target = CaseStatus.PAUSED
    elif after.phase in _ANSWERING and (after.answers != before.answers or before.paused or before.ended):
        target = CaseStatus.ANSWERING
    if target is not None:
        talk.move_case(conversation.case_id, target, f"conversation:{conversation.phase}", conversation.id)


def _submit(talk: Talk, conversation: Conversation, definition: Questionnaire, state: State) -> None:
    assert conversation.case_id is not None
    case = cases.load_case(talk.conn, conversation.case_id)
    assert case is not None
    account = talk.account(conversation.account_id)

    said = sorted({answer.content_id for answer in state.answers.values() if answer.content_id is not None})
    bodies = content.load_contents(talk.conn, talk.vault, said)

    def raw_text(content_id: str) -> str | None:
        body = bodies.get(content_id)
        return None if body is None else str(body.get("text") or body.get("label") or "")

    submission = submissions.save_submission(
        talk.conn,
        talk.vault,
        talk.uni,
        case_id=case.id,
        customer_id=case.customer_id,
        conversation_id=conversation.id,
        receipt_no=state.receipt_no,
        answered_by=PROXY if any(answer.by == PROXY for answer in state.answers.values()) else CUSTOMER,
        channel=account.channel,
        locale=state.locale,
        started_at=conversation.created_at,
        questionnaire_id=definition.id,
        questionnaire_version=definition.version,
        questionnaire_sha256=definition.sha256,
        answers=answer_rows(
            definition, state, talk.local_now, raw_text, lambda sha256: talk.live.definition(talk.conn, sha256)
        ),
    )
    talk.move_case(case.id, CaseStatus.ANSWERING, "answered", conversation.id)
    talk.move_case(case.id, CaseStatus.ANSWERED, "submitted", submission.id)
    audit.record(
        talk.conn,
        talk.uni,
        "submission.received",
        actor_kind="customer",
        actor_id=account.id,
        subjects={"case": case.id, "submission": submission.id},
        detail={},
    )
