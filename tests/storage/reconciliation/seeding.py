"""Customers, cases and submissions for the tests of the back office, through the real functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection

from dialogs.definition.model import Questionnaire
from dialogs.definition.yaml_format import canonical_source, read_canonical
from dialogs.personal import Personal
from storage.accounts import upsert_account
from storage.cases import Case, CaseStatus, load_case, move_case, open_case
from storage.conversations import conversation_of_case, create_conversation
from storage.customers import begin_master_version, find_customer_no, finish_master_version, stage_master_rows
from storage.database import Database
from storage.publishing import publish
from storage.submissions import Submission, save_submission

FORM = """
settings:
  id: individual
  version: "1"
  title: {ja: 確認}
  default_language: ja
survey:
  - {type: text, name: name, label: {ja: お名前}, bot: {kind: name, compare: name, prefill: name}}
  - {type: text, name: address, label: {ja: ご住所}, bot: {kind: address, compare: address, prefill: address}}
  - {type: text, name: phone, label: {ja: 電話}, bot: {kind: phone, compare: phone}}
  - {type: select_one jobs, name: job, label: {ja: ご職業}, bot: {compare: occupation}}
  - {type: select_multiple aims, name: aims, label: {ja: 目的}, bot: {compare: purposes}}
  - {type: text, name: country, label: {ja: 国籍}, bot: {kind: country, compare: nationality}}
  - {type: date, name: until, label: {ja: 在留期限}, bot: {compare: residence_expiry}}
  - {type: text, name: memo, label: {ja: ご意見}}
  - {type: begin_repeat, name: more, label: {ja: ほか}, bot: {max_repeats: "2"}}
  - {type: text, name: place, label: {ja: 国}, bot: {kind: country}}
  - {type: end_repeat, name: more}
choices:
  jobs:
    - {name: employee, label: {ja: 会社員}}
    - {name: student, label: {ja: 学生}}
  aims:
    - {name: salary, label: {ja: 給与受取}}
    - {name: saving, label: {ja: 貯蓄}}
"""

TARO = {
    "customer_no": "0001",
    "kind": "individual",
    "name": "髙橋 太郎",
    "name_kana": "タカハシ タロウ",
    "address": "東京都千代田区南町3丁目4番15号",
    "phone": "090-1234-5678",
    "occupation": "employee",
    "purposes": "salary;saving",
    "nationality": "JPN",
    "risk_rating": "medium",
    "branch_no": "007",
    "last_confirmed_on": "2024-04-01",
}


def answer(
    name: str, value: str, state: str = "answered", *, instance: int = 0, marked: bool = False
) -> dict[str, Any]:
    return {"name": name, "instance": instance, "value": value, "display": value, "state": state, "marked": marked}


#: What a customer says for whom nothing has changed.
SAME_ANSWERS = [
    answer("name", "高橋太郎"),
    answer("address", "千代田区南町3-4-15"),
    answer("phone", "09012345678"),
    answer("job", "employee", "unchanged"),
    answer("aims", "saving salary"),
    answer("country", "JPN"),
    answer("memo", "=1+1 と書く"),
]


def add_customers(database: Database, *rows: Mapping[str, str]) -> None:
    uni, vault = database.universe, database.vault

    def run(conn: Connection) -> None:
        seq = begin_master_version(conn, uni, "0" * 64)
        stage_master_rows(conn, vault, uni, seq, rows)
        finish_master_version(conn, uni, seq)

    database.run(run)


def publish_form(database: Database, source: str = FORM) -> Questionnaire:
    body = canonical_source(source, origin="test")
    form = read_canonical(body)
    database.run(
        lambda conn: publish(
            conn,
            database.universe,
            kind="questionnaire",
            name=form.id,
            locale=None,
            body=body,
            sha256=form.sha256,
            version=form.version,
            actor="test",
        )
    )
    return form


def add_case(
    database: Database, customer_no: str, *, due_on: date = date(2026, 11, 30), cause: str = "periodic"
) -> Case:
    def run(conn: Connection) -> Case:
        customer_id = find_customer_no(conn, customer_no)
        assert customer_id is not None
        return open_case(
            conn,
            database.universe,
            customer_id,
            cause=cause,
            reason="cycle",
            due_on=due_on,
            questionnaire_id="individual",
        )

    return database.run(run)


def move(database: Database, case: Case, *path: CaseStatus) -> None:
    def run(conn: Connection) -> None:
        for status in path:
            move_case(conn, database.universe, case.id, status, actor="test", reason="test")

    database.run(run)


def submit(database: Database, form: Questionnaire, case: Case, answers: Sequence[Mapping[str, Any]]) -> Submission:
    """A submission of a case that goes the usual way to 60."""
    uni, vault = database.universe, database.vault
    if case.status is CaseStatus.SELECTED:
        move(database, case, CaseStatus.SENT, CaseStatus.LINKED, CaseStatus.ANSWERING, CaseStatus.ANSWERED)

    def run(conn: Connection) -> Submission:
        account = upsert_account(conn, vault, uni, "line", Personal("U" + case.id), "ja")
        # Who is asked again answers in the same conversation.
        conversation_id = conversation_of_case(conn, case.id)
        if conversation_id is None:
            conversation_id = create_conversation(
                conn,
                vault,
                uni,
                kind="case",
                account_id=account.id,
                case_id=case.id,
                questionnaire_sha256=form.sha256,
                locale="ja",
            ).id
        return save_submission(
            conn,
            vault,
            uni,
            case_id=case.id,
            customer_id=case.customer_id,
            conversation_id=conversation_id,
            receipt_no=uni.code(8),
            answered_by="self",
            channel="line",
            locale="ja",
            questionnaire_id=form.id,
            questionnaire_version=form.version,
            questionnaire_sha256=form.sha256,
            answers=answers,
        )

    return database.run(run)


def status_of(database: Database, case: Case) -> CaseStatus:
    found = database.run_read(lambda conn: load_case(conn, case.id))
    assert found is not None
    return found.status
