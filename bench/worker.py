"""A thousand confirmed submissions, compared by the worker: what a bank waits for after a busy evening.

Promise: the cases are those of an import and of letters, the submissions are kept by the program's own code, half of
the customers changed something; only the run of the worker is timed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from bench.runs import Row
from bench.stores import Store, open_store
from bot.reconciling import reconciler_of_commands
from bot.settings import load_settings
from dialogs.definition.yaml_format import load_shipped
from dialogs.personal import Personal
from storage.accounts import upsert_account
from storage.case_status import CaseStatus
from storage.cases import list_cases, move_case
from storage.conversations import create_conversation
from storage.database import Database
from storage.submissions import save_submission

_COUNT = 1_000
_ACTOR = "bench"
#: As the customers of the bank stand in its master file, in the notation of a telephone.
_SAME = {
    "name": "山田花子",
    "name_kana": "やまだ はなこ",
    "address": "東京都千代田区千代田一丁目2番3号",
    "postal_code": "100-0001",
    "occupation": "pensioner",
    "purposes": "pension living_expenses",
    "nationality": "JPN",
    "email": "",
}
_CHANGES = ({}, {"address": "大阪府大阪市北区梅田2-4-9"}, {}, {"name": "佐藤花子", "occupation": "employee"})


def worker(what: str, store: Store) -> Iterator[Row]:
    """One row: submissions a second."""
    with open_store(store.url) as database:
        for begin in range(0, _COUNT, 100):
            database.run(lambda conn, begin=begin: _answer(conn, database, begin))  # type: ignore[misc]
        reconciler = reconciler_of_commands(database, load_settings(ask_again_days=0))
        began, used = time.perf_counter(), time.process_time()
        done = reconciler.run(database)
        took, used = time.perf_counter() - began, time.process_time() - used
    if done.submissions != _COUNT:
        raise SystemExit(f"{done.submissions} submissions were compared, not {_COUNT}")
    row = Row("worker", f"{what}, {_COUNT:,} submissions", round(_COUNT / took, 1))
    row.cpu, row.note = {"worker": round(used / _COUNT * 1000, 3)}, f"{took:.2f} s, {done}"
    yield row


def _answer(conn: Connection, database: Database, begin: int) -> None:
    """What the next hundred customers confirmed."""
    uni, vault, form = database.universe, database.vault, load_shipped("individual")
    for place, case in enumerate(list_cases(conn)[begin : begin + 100]):
        account = upsert_account(conn, vault, uni, "line", Personal(uni.new_id()), "ja")
        talk = create_conversation(
            conn,
            vault,
            uni,
            kind="case",
            account_id=account.id,
            case_id=case.id,
            questionnaire_sha256=form.sha256,
            locale="ja",
        )
        for status in (CaseStatus.LINKED, CaseStatus.ANSWERING, CaseStatus.ANSWERED):
            move_case(conn, uni, case.id, status, actor=_ACTOR, reason="bench")
        values = _SAME | _CHANGES[place % len(_CHANGES)]
        save_submission(
            conn,
            vault,
            uni,
            case_id=case.id,
            customer_id=case.customer_id,
            conversation_id=talk.id,
            receipt_no=uni.new_id(),
            answered_by="customer",
            channel="line",
            locale="ja",
            questionnaire_id=form.id,
            questionnaire_version=form.version,
            questionnaire_sha256=form.sha256,
            answers=[_row(name, value) for name, value in values.items()],
        )


def _row(name: str, value: str) -> dict[str, Any]:
    at = datetime(2026, 10, 1, 1, tzinfo=UTC).isoformat()
    row = {"name": name, "instance": 0, "value": value, "display": value, "state": "answered", "marked": False}
    return row | {"raw": value, "wording": name, "choices": [], "locale": "ja", "at": at, "by": "self"}
