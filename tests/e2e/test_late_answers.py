"""Whoever answers late is heard: after every reminder, while a restriction is considered and under one."""

from __future__ import annotations

import pytest

from storage.case_status import ALLOWED, ANSWERABLE, CaseStatus
from storage.cases import move_case, transitions_of
from tests.e2e.house import House

MORI = "0000124"


def test_the_machine_lets_every_answer_in() -> None:
    """From where the chat takes an answer, a case can be answered; before a letter was sent nobody can."""
    told = ANSWERABLE - {CaseStatus.SELECTED, CaseStatus.ANNOUNCED, CaseStatus.ANSWERING}
    assert [status for status in told if CaseStatus.ANSWERING not in ALLOWED[status]] == []
    assert CaseStatus.ANSWERED in ALLOWED[CaseStatus.ANSWERING]


@pytest.mark.parametrize(
    "path", ["45 50", "45 50 51", "45 50 51 52", "45 50 51 52 80", "45 50 51 52 80 81", "30 35", "92"]
)
async def test_a_late_answer_is_taken(house: House, path: str) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    await customer.answers()
    case_id = house.letter(MORI).case_id
    for code in path.split():
        house.database.run(
            lambda conn, code=code: move_case(  # type: ignore[misc]
                conn, house.universe, case_id, CaseStatus(code), actor="test", reason="test"
            )
        )
    await customer.answers_all()
    assert house.case(MORI).status is CaseStatus.ANSWERED
    moves = house.database.run_read(lambda conn: transitions_of(conn, case_id))
    assert all(move.actor and move.reason and move.at for move in moves)
    assert [move.source for move in moves[-2:] if not move.source] == []
