"""The worker over time: newer records and comparators, a second question, several workers, a kill in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from storage.audit import list_entries
from storage.cases import Case, CaseStatus, move_case
from storage.database import Database
from storage.differences import load_differences
from storage.reconciliation import claims, finding, worker
from storage.reconciliation.claims import standing
from storage.reconciliation.worker import ASKED_AGAIN, Reconciled, Reconciler
from storage.submissions import Submission, save_submission
from storage.universe import FrozenUniverse
from tests.conftest import TEST_KEYS
from tests.storage.reconciliation.seeding import (
    SAME_ANSWERS,
    TARO,
    add_case,
    add_customers,
    answer,
    move,
    publish_form,
    status_of,
    submit,
)

ROOT = Path(__file__).parents[3]
TOKYO = ZoneInfo("Asia/Tokyo")
#: What a customer with a new phone number says, and one who mistypes it.
MOVED_PHONE = [*[one for one in SAME_ANSWERS if one["name"] != "phone"], answer("phone", "0353211111")]
SLIPPED = [*[one for one in SAME_ANSWERS if one["name"] != "phone"], answer("phone", "09012345687")]


def later(rating: str, confirmed: date, expiry: date | None) -> date:
    return confirmed.replace(year=confirmed.year + 2)


def reconciler(ask: worker.Ask | None = None) -> Reconciler:
    return Reconciler(next_due=later, zone=TOKYO, ask=ask)


def verdict_of(database: Database, case: Case, field: str) -> tuple[str, str]:
    found = database.run_read(lambda conn: load_differences(conn, database.vault, case_id=case.id))
    return next((one.verdict, one.comparator_version) for one in found if one.field == field)


def reconciled_entries(database: Database) -> Counter[str]:
    entries = database.run_read(lambda conn: [e for e in list_entries(conn) if e.action == "submission.reconciled"])
    return Counter(entry.subjects["submission"] for entry in entries)


def submit_again(database: Database, case: Case, before: Submission, answers: Sequence[Mapping[str, Any]]) -> None:
    """The second submission of the same conversation."""
    move(database, case, CaseStatus.ANSWERED)
    kept = ("case_id", "customer_id", "conversation_id", "answered_by", "channel", "locale")
    form = ("questionnaire_id", "questionnaire_version", "questionnaire_sha256")
    values = {name: getattr(before, name) for name in (*kept, *form)}
    uni = database.universe
    database.run(
        lambda conn: save_submission(conn, database.vault, uni, receipt_no=uni.code(8), answers=answers, **values)
    )


# A newer record, newer comparators -------------------------------------------------------------


def test_a_newer_master_file_brings_back_only_the_customers_whose_row_changed(database: Database) -> None:
    rows = [TARO | {"customer_no": number} for number in ("0001", "0002", "0003")]
    add_customers(database, *rows)
    form = publish_form(database)
    cases = [add_case(database, row["customer_no"]) for row in rows]
    for case in cases:
        submit(database, form, case, MOVED_PHONE)
    ours = reconciler()
    assert ours.run(database).to_check == 3
    assert not database.run_read(lambda conn: ours.is_due(conn, database.universe.now()))
    # The bank took over the number of the second, and moved the third to another branch.
    add_customers(database, rows[0], rows[1] | {"phone": "03-5321-1111"}, rows[2] | {"branch_no": "008"})
    assert database.run_read(lambda conn: ours.is_due(conn, database.universe.now()))
    assert ours.run(database) == Reconciled(submissions=2, matched=1, to_check=1)
    assert [status_of(database, case) for case in cases] == [CaseStatus.TO_CHECK, CaseStatus.DONE, CaseStatus.TO_CHECK]
    assert verdict_of(database, cases[1], "phone")[0] == "same_normalised"
    assert ours.run(database) == Reconciled()


def test_newer_comparators_compare_what_is_open_once_more(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    add_customers(database, TARO, TARO | {"customer_no": "0002"})
    form = publish_form(database)
    open_case, done_case = add_case(database, "0001"), add_case(database, "0002")
    submit(database, form, open_case, MOVED_PHONE)
    submit(database, form, done_case, SAME_ANSWERS)
    reconciler().run(database)
    for module in (claims, finding):
        monkeypatch.setattr(module, "COMPARATOR_VERSION", "next")
    assert reconciler().run(database) == Reconciled(submissions=1, to_check=1)
    assert verdict_of(database, open_case, "phone") == ("changed", "next")
    assert reconciler().run(database) == Reconciled()


def test_a_case_that_waits_for_documents_is_done_when_the_record_agrees(sqlite_database: Database) -> None:
    database = sqlite_database
    add_customers(database, TARO)
    case = add_case(database, "0001")
    submit(database, publish_form(database), case, MOVED_PHONE)
    reconciler().run(database)
    move(database, case, CaseStatus.AWAITING_DOCUMENTS)
    add_customers(database, TARO | {"phone": "0353211111"})
    assert reconciler().run(database).matched == 1
    assert status_of(database, case) is CaseStatus.DONE


# Asking once more ------------------------------------------------------------------------------


class Chat:
    """Stands for the chat: takes the question and moves the case back, as the real one does in the transaction."""

    def __init__(self, database: Database, *, reachable: bool = True) -> None:
        self._database = database
        self._reachable = reachable
        self.asked: list[tuple[str, ...]] = []

    def __call__(self, conn: Connection, submission: Submission, fields: tuple[str, ...]) -> bool:
        if self._reachable:
            self.asked.append(fields)
            uni = self._database.universe
            move_case(conn, uni, submission.case_id, CaseStatus.ANSWERING, actor="system", reason=ASKED_AGAIN)
        return self._reachable


def test_a_slip_is_asked_once_and_then_shown_to_a_person(database: Database) -> None:
    add_customers(database, TARO)
    form, case = publish_form(database), add_case(database, "0001")
    first = submit(database, form, case, SLIPPED)
    chat = Chat(database)
    ours = reconciler(chat)
    assert ours.run(database) == Reconciled(submissions=1, asked=1)
    assert (chat.asked, status_of(database, case)) == ([("phone",)], CaseStatus.ANSWERING)
    assert database.run_read(standing).asked == 1
    # He says the same again: now a person looks.
    submit_again(database, case, first, SLIPPED)
    assert ours.run(database) == Reconciled(submissions=1, to_check=1)
    assert (len(chat.asked), status_of(database, case)) == (1, CaseStatus.TO_CHECK)
    found = database.run_read(lambda conn: load_differences(conn, database.vault, case_id=case.id))
    assert [one.verdict for one in found if one.field == "phone"] == ["suspected_slip"]


def test_a_slip_that_the_customer_puts_right_never_reaches_a_person(sqlite_database: Database) -> None:
    database = sqlite_database
    add_customers(database, TARO)
    form, case = publish_form(database), add_case(database, "0001")
    first = submit(database, form, case, SLIPPED)
    ours = reconciler(Chat(database))
    ours.run(database)
    submit_again(database, case, first, SAME_ANSWERS)
    assert ours.run(database) == Reconciled(submissions=1, matched=1)
    assert status_of(database, case) is CaseStatus.DONE


@pytest.mark.parametrize("on_the_way", [(), (CaseStatus.PAUSED,)])
def test_who_does_not_answer_the_second_time_comes_to_a_person(
    database: Database, universe: FrozenUniverse, on_the_way: tuple[CaseStatus, ...]
) -> None:
    add_customers(database, TARO)
    case = add_case(database, "0001")
    submit(database, publish_form(database), case, SLIPPED)
    ours = reconciler(Chat(database))
    ours.run(database)
    move(database, case, *on_the_way)
    universe.advance(timedelta(days=2))
    assert not database.run_read(lambda conn: ours.is_due(conn, universe.now()))
    universe.advance(timedelta(days=1))
    assert database.run_read(lambda conn: ours.is_due(conn, universe.now()))
    ours.run(database)
    assert status_of(database, case) is CaseStatus.TO_CHECK
    assert not database.run_read(lambda conn: ours.is_due(conn, universe.now()))


def test_who_cannot_be_asked_comes_to_a_person_at_once(sqlite_database: Database) -> None:
    database = sqlite_database
    add_customers(database, TARO)
    case = add_case(database, "0001")
    submit(database, publish_form(database), case, SLIPPED)
    assert reconciler(Chat(database, reachable=False)).run(database) == Reconciled(submissions=1, to_check=1)
    assert status_of(database, case) is CaseStatus.TO_CHECK


# Several workers, a kill -----------------------------------------------------------------------


def many(database: Database, count: int) -> list[Case]:
    rows = [TARO | {"customer_no": f"{number:04}"} for number in range(count)]
    add_customers(database, *rows)
    form = publish_form(database)
    cases = [add_case(database, row["customer_no"]) for row in rows]
    for case in cases:
        submit(database, form, case, SAME_ANSWERS)
    return cases


def test_several_workers_share_the_work(open_database: Callable[[], Database]) -> None:
    first, second = open_database(), open_database()
    cases = many(first, 25)
    totals: list[Reconciled] = []
    threads = [threading.Thread(target=lambda db=db: totals.append(reconciler().run(db))) for db in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(total.submissions for total in totals) == len(cases)
    assert set(reconciled_entries(first).values()) == {1}
    assert {status_of(first, case) for case in cases} == {CaseStatus.DONE}


@pytest.mark.slow
def test_a_killed_worker_leaves_whole_submissions_and_the_next_goes_on(database: Database, database_url: str) -> None:
    cases = many(database, 40)
    environment = {**os.environ, "KAKUNIN_DATABASE_URL": database_url, "KAKUNIN_ENCRYPTION_KEYS": TEST_KEYS}
    words = [sys.executable, "-c", "from bot.cli import main; main()", "reconcile", "run"]
    running = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    while running.poll() is None and not database.run_read(standing).compared:
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    running.wait()
    compared = database.run_read(standing).compared
    assert compared > 0
    assert sum(reconciled_entries(database).values()) == compared
    assert reconciler().run(database).submissions == len(cases) - compared
    assert reconciled_entries(database) == Counter(dict.fromkeys(reconciled_entries(database), 1))
    assert len(reconciled_entries(database)) == len(cases)
    assert {status_of(database, case) for case in cases} == {CaseStatus.DONE}
