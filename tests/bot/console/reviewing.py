"""Cases under review for the console's tests: answers that differ from the master record, compared and waiting."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.live_content import LiveContent
from bot.reviewing import StoreReviewDesk
from bot.talk import Rules
from storage import staff
from storage.cases import CaseStatus, can_move, load_case, move_case
from storage.differences import Difference, load_differences
from storage.ratings import load_proposals, propose
from storage.reconciliation.review_rules import load_rules
from storage.submissions import save_differences, save_submission
from tests.bot.console.house import PASSWORD, QUICK, Bank

#: What differs, unless a test wants something else.
ADDRESS = {
    "field": "address",
    "verdict": "changed",
    "severity": "high",
    "reason": "house_number_differs",
    "rules": ("width",),
    "master": "東京都千代田区南町３－４－１５",
    "answer": "東京都千代田区南町3-4-16",
}
PHONE = {
    "field": "phone",
    "verdict": "suspected_slip",
    "severity": "low",
    "reason": "swapped",
    "rules": (),
    "master": "090-1234-5678",
    "answer": "09012345687",
}
SAME_NAME = {
    "field": "name",
    "verdict": "same_variant",
    "severity": "none",
    "reason": "variant",
    "rules": ("kanji_variant",),
    "master": "髙橋 花子",
    "answer": "高橋花子",
}


def review_desk(bank: Bank) -> StoreReviewDesk:
    """The desk of the service over the bank's store."""
    return StoreReviewDesk(bank.database, LiveContent(facts={}), Rules(zone=ZoneInfo("Asia/Tokyo")), load_rules())


def add_member(bank: Bank, login: str, role: str) -> None:
    """One more colleague, with everybody's password."""
    password = QUICK.hash(PASSWORD)
    bank.database.run(lambda conn: staff.add_staff(conn, bank.universe, login, role, None, password, must_change=False))


def put_to_review(bank: Bank, name: str, *found: dict[str, Any]) -> str:
    """Let the case of a conversation have been answered and compared; returns its id."""
    database, uni = bank.database, bank.universe
    conversation = bank.conversation(name)

    def run(conn: Connection) -> str:
        case = load_case(conn, conversation.case_id or "")
        assert case is not None
        for status in ("20", "25", "40", "60", "65", "70"):
            case = load_case(conn, case.id)
            assert case is not None
            if can_move(case, CaseStatus(status)):
                move_case(conn, uni, case.id, CaseStatus(status), actor="system:test", reason="test")
        submission = save_submission(
            conn,
            database.vault,
            uni,
            case_id=case.id,
            customer_id=case.customer_id,
            conversation_id=conversation.id,
            receipt_no=uni.code(8),
            answered_by="customer",
            channel="line",
            locale="ja",
            questionnaire_id="individual",
            questionnaire_version="1",
            questionnaire_sha256="0" * 64,
            answers=[],
        )
        rows = [{**row, "comparator_version": "1"} for row in found or (ADDRESS, PHONE, SAME_NAME)]
        save_differences(conn, database.vault, uni, submission, rows)
        return case.id

    return database.run(run)


def put_forward(bank: Bank, case_id: str, *rules: str) -> dict[str, str]:
    """Let rules have proposed the strictest rating; the proposals' ids by rule."""

    def run(conn: Connection) -> dict[str, str]:
        propose(conn, bank.universe, case_id, "low", dict.fromkeys(rules, "high"), rules)
        return {one.rule: one.id for one in load_proposals(conn, case_id)}

    found = bank.database.run(run)
    return found


def differences_of(bank: Bank, case_id: str) -> dict[str, Difference]:
    """What holds now, by field."""
    vault = bank.database.vault
    found = bank.database.run_read(lambda conn: load_differences(conn, vault, case_id=case_id))
    return {one.field: one for one in found}
