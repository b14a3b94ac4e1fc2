"""What is asked about one case or customer is looked for among his moves, however many moves all others made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from storage.campaign_facts import facts_of_cases, facts_of_messages
from storage.database import Database
from storage.standing import iter_standings
from storage.triggers import last_completed
from tests.storage.plans import plan_of

ASKED: dict[str, Callable[[Any], Any]] = {
    "standings": lambda conn: list(iter_standings(conn)),
    "completed": lambda conn: last_completed(conn, "nobody"),
}


@pytest.mark.parametrize("name", sorted(ASKED))
def test_the_moves_of_one_customer_are_not_sought_among_all_moves(database: Database, name: str) -> None:
    plan = plan_of(database, ASKED[name])
    assert "ix_case_transition_case" in plan
    assert "ix_case_transition_when" not in plan


def test_the_facts_about_a_member_are_not_sought_among_all_moves(database: Database) -> None:
    for ask, index, moves in (
        (lambda conn: facts_of_cases(conn, "campaign", ["case", "other"]), "campaign_member", 2),
        # Whether a message may leave does not depend on how he came to his status.
        (lambda conn: facts_of_messages(conn, ["message", "other"]), "ix_campaign_member_sending", 0),
    ):
        plan = plan_of(database, ask)
        assert plan.count("ix_case_transition_case") >= moves
        assert ("case_transition" in plan) == bool(moves)
        assert "ix_case_transition_when" not in plan
        assert index in plan
        assert "SCAN campaign_member" not in plan
        assert "Seq Scan on campaign_member" not in plan
