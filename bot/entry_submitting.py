"""A form that was entered becomes a submission: the record of a chat, with whose words it was and how they came."""

from __future__ import annotations

from bot.case_room import new_receipt_no
from bot.submitting import answer_rows
from bot.talk import Talk
from dialogs.conversation.filling import Filled
from dialogs.definition.model import Questionnaire
from storage import audit, cases, conversations, submissions
from storage.case_status import way_to_answered
from storage.cases import Case
from storage.entries import Entry
from storage.staff import StaffMember
from storage.submissions import Submission


def submit_entry(
    talk: Talk, entry: Entry, case: Case, definition: Questionnaire, filled: Filled, staff: StaffMember
) -> Submission | None:
    """Keep the answers and move the case to 60; ``None`` where it was answered or closed meanwhile.

    An open chat about the case is held first, as in a turn of its own: of two confirmations at once one counts.
    """
    conversation_id = conversations.conversation_of_case(talk.conn, case.id)
    if conversation_id is not None:
        talk.lock(conversation_id)
    held = cases.lock_case(talk.conn, case.id)
    way = () if held is None else way_to_answered(held.status)
    if not way:
        return None
    texts = {str(line.slot.key): line.text for line in filled.lines}
    submission = submissions.save_submission(
        talk.conn,
        talk.vault,
        talk.uni,
        case_id=case.id,
        customer_id=case.customer_id,
        conversation_id=None,
        receipt_no=new_receipt_no(talk),
        answered_by=entry.said_by,
        channel=entry.medium,
        locale=entry.locale,
        started_at=entry.opened_at,
        questionnaire_id=definition.id,
        questionnaire_version=definition.version,
        questionnaire_sha256=definition.sha256,
        answers=answer_rows(definition, filled.state, talk.local_now, texts.get),
    )
    for status in way:
        cases.move_case(
            talk.conn,
            talk.uni,
            case.id,
            status,
            actor=staff.id,
            reason=f"entered:{entry.medium}",
            source=submission.id,
        )
    audit.record(
        talk.conn,
        talk.uni,
        "submission.received",
        actor_kind="staff",
        actor_id=staff.id,
        subjects={"case": case.id, "submission": submission.id, "entry": entry.id},
        detail={"channel": entry.medium},
    )
    return submission
