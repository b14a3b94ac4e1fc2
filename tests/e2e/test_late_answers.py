"""Whoever answers late is heard: after every reminder, while a restriction is considered and under one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from storage.case_status import ALLOWED, ANSWERABLE, CaseStatus
from storage.cases import move_case, transitions_of
from storage.tables import CaseRow, table_of
from tests.e2e.conftest import on_both
from tests.e2e.house import House, say
from tests.e2e.people import MORI, in_the_form

_case = table_of(CaseRow)


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


@on_both
@pytest.mark.parametrize("days", [0, 1])
async def test_who_is_handed_back_after_the_day_hears_that_he_may_still_answer(house: House, days: int) -> None:
    customer = await in_the_form(house, "line")
    await customer.taps("staff")
    conversation, sato, desk = house.conversation_of(MORI), house.staff_member(), house.service.desk
    await desk.claim(conversation.id, sato)
    today = house.universe.now().astimezone(house.service.rules.zone).date()
    due = update(_case).where(_case.c.id == house.letter(MORI).case_id).values(due_on=today - timedelta(days=days))
    house.database.run(lambda conn: conn.execute(due) and None)
    await house.settle()
    heard = len(customer.person.received())
    await desk.hand_back(conversation.id, sato, "")
    await house.settle()
    told = "\n".join(bubble.text for bubble in customer.person.received()[heard:])
    assert told.count(say("handover.past_due")) == days
    assert say("handover.returned") in told
    assert customer.active().open_question == conversation.open_question
    await customer.taps("c0")
    assert customer.active().open_question != conversation.open_question
    house.check_folds()
