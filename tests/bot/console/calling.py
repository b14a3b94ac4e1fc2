"""Customers whom the chat did not reach, for the tests of the lists of calls and visits."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, insert

from storage import customers
from storage.campaigns import Actor, Rule, make_campaign
from storage.cases import Case, CaseStatus, load_case, move_case
from storage.tables import CampaignDeliveryRow, CampaignMemberRow, table_of
from tests.bot.console.house import Bank
from tests.link_codes import make_link_code

PHONE, KANA, ADDRESS = "090-1111-2222", "ミホン タロウ", "東京都港区1-1"
_WAY = (CaseStatus.SENT, CaseStatus.REMINDED_1, CaseStatus.REMINDED_2)


def put_on_list(bank: Bank, name: str, branch: str = "100", way: tuple[CaseStatus, ...] = _WAY) -> str:
    """Let nobody answer two reminders; the case of the conversation."""
    case_id = bank.conversation(name).case_id
    assert case_id is not None

    def silence(conn: Connection) -> None:
        case = load_case(conn, case_id)
        assert case is not None
        row = {"customer_no": case.customer_no, "kind": case.kind, "name": "見本 太郎", "name_kana": KANA}
        row |= {"phone": PHONE, "address": ADDRESS, "branch_no": branch, "risk_rating": "low", "locale": "ja"}
        seq = customers.begin_master_version(conn, bank.universe, f"{name:x<64}"[:64])
        customers.stage_master_rows(conn, bank.database.vault, bank.universe, seq, [row])
        customers.finish_master_version(conn, bank.universe, seq)
        for status in way:
            move_case(conn, bank.universe, case_id, status, actor="campaign", reason="reminder")

    bank.database.run(silence)
    return case_id


def sent_by_letter(bank: Bank, name: str) -> Case:
    """A customer who has a letter in his hand and has not answered; the case of the conversation."""
    case_id = put_on_list(bank, name, way=(CaseStatus.SENT,))
    uni = bank.universe

    def write(conn: Connection) -> Case | None:
        make_link_code(conn, bank.database.vault, uni, case_id, expires_on=uni.now().date() + timedelta(days=90))
        return load_case(conn, case_id)

    case = bank.database.run(write)
    assert case is not None
    return case


def in_campaign(bank: Bank, case: Case) -> None:
    """A campaign that wrote to the customer, and handed him over to those who call."""
    uni, start = bank.universe, bank.universe.now()

    def write(conn: Connection) -> None:
        actor = Actor(kind="os_user", id="maker")
        campaign = make_campaign(conn, uni, name="2026-11", rule=Rule(), ladder="{}", actor=actor)
        member = {"campaign_id": campaign.id, "case_id": case.id, "customer_id": case.customer_id, "rating": "low"}
        conn.execute(insert(table_of(CampaignMemberRow)), member | {"wave": 1, "joined_at": start, "next_step": 2})
        for step_no, (step, channel) in enumerate((("invitation", "letter"), ("phone", "phone"))):
            row = {"campaign_id": campaign.id, "case_id": case.id, "step_no": step_no, "attempt": 1, "step": step}
            row |= {"channel": channel, "customer_id": case.customer_id, "at": start + timedelta(days=step_no)}
            conn.execute(insert(table_of(CampaignDeliveryRow)), row)

    bank.database.run(write)
    uni.advance(timedelta(days=1))
    for status in (CaseStatus.REMINDED_1, CaseStatus.REMINDED_2, CaseStatus.PHONE_AND_VISITS):
        bank.database.run(lambda conn, to=status: move_case(conn, uni, case.id, to, actor="c", reason="campaign"))  # type: ignore[misc]
