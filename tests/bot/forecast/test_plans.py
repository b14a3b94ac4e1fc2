"""What is asked on each day of a simulation is not sought among all that ever was: three years would be a hundred."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection

from storage import imagined, worklists
from storage.case_status import CaseStatus
from storage.database import Database
from tests.storage.plans import plan_of

_DAY = date(2027, 1, 4)
ASKED: dict[str, Callable[[Connection], Any]] = {
    "messages": imagined.waiting_messages,
    "dead": imagined.cases_of_dead,
    "answered": lambda conn: imagined.cases_in(conn, CaseStatus.ANSWERED, 10),
    "phone": lambda conn: conn.execute(worklists.items("phone", _DAY)).all(),
    "visit": lambda conn: conn.execute(worklists.items("visit", _DAY)).all(),
    "post": lambda conn: conn.execute(worklists.items("post", _DAY)).all(),
}


@pytest.mark.parametrize("name", sorted(ASKED))
def test_no_question_of_a_day_goes_through_all_cases_or_messages(sqlite_database: Database, name: str) -> None:
    plan = plan_of(sqlite_database, ASKED[name])
    # Of the messages that are open there is an index of their own.
    scanned = [line for line in plan.splitlines() if "SCAN" in line and "ix_outgoing_message_open" not in line]
    assert not [line for line in scanned if "review_case" in line or "outgoing_message" in line]
    assert "SEARCH" in plan
