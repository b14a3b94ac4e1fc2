"""What stands beside a transcript besides the answers: why a person is needed, what differs, what can be entered.

Promise: what the bank holds is shown masked here; ``facts_in_full`` is the one way to more, and whoever calls it has
recorded why first.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.console.desk import CustomerFact, DifferenceLine, EntryQuestion, Need
from bot.submitting import answer_rows
from bot.talk import Talk
from dialogs.conversation.answering import from_master, read_back
from dialogs.conversation.events import AnswerState, Key
from dialogs.conversation.form import Position, Slot
from dialogs.conversation.state import from_json
from dialogs.conversation.vocabulary import IN_CHAT
from dialogs.definition.model import pick
from dialogs.japanese.name_readings import is_doubtful
from dialogs.replies.masking import mask
from storage import cases, conversations, customers, hand_overs
from storage.conversations import Conversation
from storage.reconciliation.findings import find
from storage.reconciliation.verdict import SETTLED

#: What is shown of the customer, and how it is masked; all else needs a reason.
FACTS = (
    ("name", "name"),
    ("name_kana", "kana"),
    ("birth_date", "date"),
    ("address", "address"),
    ("phone", "phone"),
    ("email", "email"),
)


def form_of(talk: Talk, conversation: Conversation) -> Position | None:
    """Where the form of a conversation stands; nothing before linking."""
    if conversation.kind != "case" or not conversation.state:
        return None
    return Position(talk.definition(conversation), from_json(conversation.state), talk.local_now)


def label_of(form: Position, slot: Slot) -> str:
    """The short name of a question in the customer's language."""
    question, locale, language = slot.question, form.state.locale, form.definition.default_language
    assert question is not None
    label = pick(question.bot.button, locale, language) or pick(question.label, locale, language)
    return f"{label} ({slot.key.instance})" if slot.key.instance else label


def answer_state(form: Position, slot: Slot) -> str:
    """How an answer came to be: confirmed, changed, skipped, declined, ... or entered by staff."""
    answer = form.state.answers[slot.key]
    if answer.marked:
        return "check"
    if answer.by not in IN_CHAT:
        return "by_staff"
    if answer.state is not AnswerState.ANSWERED:
        return answer.state.value
    if not answer.value:
        return "skipped"
    if _reads_another_name(form, slot):
        return "reading"
    known = from_master(form, slot)
    return "changed" if known is not None and known.value != answer.value else "answered"


def _reads_another_name(form: Position, slot: Slot) -> bool:
    """Whether a reading hardly belongs to the name before it: a hint for staff, the answer stands as it is."""
    name = ""
    for other in form.asked_slots:
        if other.question is None or other.key.instance != slot.key.instance:
            continue
        if other.key == slot.key:
            return other.question.bot.kind == "kana" and is_doubtful(name, form.state.answers[slot.key].value)
        if other.question.bot.kind == "name" and other.key in form.state.answers:
            name = form.state.answers[other.key].value
    return False


def need_of(talk: Talk, conversation: Conversation) -> Need | None:
    """Why a person is needed now."""
    found = hand_overs.open_hand_over(talk.conn, conversation.id)
    if found is None:
        return None
    topics = talk.live.voice(conversation.locale).topics if talk.live.can_understand else {}
    topic = topics.get(found.topic or "")
    return Need(
        reason=found.reason,
        asked_at=found.asked_at,
        is_later=found.state == hand_overs.State.LATER.value,
        topic="" if topic is None else topic.question,
    )


def differences_of(form: Position, master: Mapping[str, str]) -> tuple[DifferenceLine, ...]:
    """What the answers so far say otherwise than the bank's record, found as the comparison of a submission does."""
    answers = answer_rows(form.definition, form.state, form.now, lambda _: None)
    columns = {question.bot.compare: question for question in form.definition.questions if question.bot.compare}
    lines: list[DifferenceLine] = []
    for finding in find(form.definition, answers, master, form.now.date()):
        question = columns.get(finding.field)
        slot = None if question is None else form.slot(Key(question.name))
        if slot is None or question is None or finding.verdict.verdict in SETTLED:
            continue
        answer, known = form.state.answers.get(slot.key), from_master(form, slot)
        lines.append(
            DifferenceLine(
                label=label_of(form, slot),
                master=mask("text", finding.master) if known is None else known.display,
                answer="" if answer is None else read_back(form, question, answer),
                verdict=finding.verdict.verdict.value,
            )
        )
    return tuple(lines)


def entry_questions(form: Position) -> tuple[EntryQuestion, ...]:
    """What staff may answer for the customer; the open question comes first."""
    if form.state.is_over:
        return ()
    slots = [slot for slot in form.asked_slots if slot.question is not None and not form.is_elsewhere(slot)]
    slots.sort(key=lambda slot: slot != form.current)
    waiting = {one.key for one in form.state.proposals}
    return tuple(
        EntryQuestion(
            question=slot.key.question,
            instance=slot.key.instance,
            label=label_of(form, slot),
            is_proposed=slot.key in waiting,
        )
        for slot in slots
    )


def facts_in_full(talk: Talk, conversation_id: str) -> tuple[CustomerFact, ...]:
    """Who the customer is, unmasked."""
    conversation = conversations.look_at_conversation(talk.conn, conversation_id)
    case_id = None if conversation is None else conversation.case_id
    case = None if case_id is None else cases.load_case(talk.conn, case_id)
    customer = None if case is None else customers.load_customer(talk.conn, talk.vault, case.customer_id)
    if customer is None:
        return ()
    return tuple(CustomerFact(key=key, masked=customer.fields[key]) for key, _ in FACTS if customer.fields.get(key))
