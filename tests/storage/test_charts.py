"""What the charts count: on both databases, within branches, along indexes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from dialogs.records import changed
from storage import charts
from storage.branches import WHOLE_BANK, Branches
from storage.cases import CaseStatus, move_case
from storage.charts import Question, Sending, Span
from storage.conversations import Conversation, save_conversation
from storage.database import Database
from storage.tables import (
    ConversationEventRow,
    DifferenceRow,
    HandOverRow,
    OutgoingRow,
    SubmissionRow,
    table_of,
)
from storage.universe import FrozenUniverse
from tests.conftest import START
from tests.storage.conftest import Scene
from tests.storage.plans import plan_of

#: The branch of the scene's customers, and another one.
OURS, OTHER = Branches.of("012"), Branches.of("999")
HOUR = timedelta(hours=1)
Values = Mapping[str, Any]


def read(
    database: Database, ask: Callable[[Connection, Span], Any], branches: Branches = WHOLE_BANK, days: int = 1
) -> Any:
    """As asked within some branches, ``days`` after the start, about all the time since."""
    span = Span(since=START - timedelta(days=1), now=START + timedelta(days=days), branches=branches)
    return database.run_read(lambda conn: ask(conn, span))


def move(database: Database, scene: Scene, *statuses: str) -> None:
    uni = database.universe
    for code in statuses:
        status = CaseStatus(code)
        database.run(lambda conn, to=status: move_case(conn, uni, scene.case.id, to, actor="system", reason="test"))


def submit(database: Database, scene: Scene) -> str:
    uni = database.universe
    values = {
        "id": uni.new_id(),
        "case_id": scene.case.id,
        "customer_id": scene.customer_id,
        "conversation_id": scene.conversation.id,
        "receipt_digest": scene.case.id.encode()[-32:],
        "started_at": uni.now(),
        "submitted_at": uni.now(),
        "answered_by": "customer",
        "channel": "line",
        "locale": "ja",
        "questionnaire_id": "individual",
        "questionnaire_version": "1",
        "questionnaire_sha256": "0" * 64,
        "sealed": b"",
    }
    database.run(lambda conn: conn.execute(insert(table_of(SubmissionRow)), values))
    return str(values["id"])


def test_where_everybody_is(database: Database, scene: Scene, another_scene: Scene) -> None:
    move(database, scene, "15", "20")
    expected = {("medium", "20"): 1, ("medium", "10"): 1}
    assert read(database, charts.statuses) == expected
    assert read(database, charts.statuses, OURS) == expected
    assert read(database, charts.statuses, OTHER) == {}


def test_who_reached_a_later_step_has_passed_the_earlier_ones(
    database: Database, scene: Scene, another_scene: Scene
) -> None:
    # One never linked by a letter: he was asked on the telephone.
    move(database, scene, "15", "20", "40", "60")
    move(database, another_scene, "15", "20", "25")
    for branches in (WHOLE_BANK, OURS):
        assert read(database, charts.funnel, branches) == [2, 2, 1, 1, 0]
    assert read(database, charts.funnel, OTHER) == [0] * 5


def test_what_came_and_what_was_sent_by_the_hour(
    database: Database, universe: FrozenUniverse, scene: Scene, another_scene: Scene
) -> None:
    first = datetime(2026, 11, 2, 1, tzinfo=UTC)
    move(database, scene, "15", "20")
    universe.advance(HOUR)
    submit(database, another_scene)
    uni = database.universe
    database.run(
        lambda conn: move_case(conn, uni, another_scene.case.id, CaseStatus.SENT, actor="clerk", reason="letter")
    )
    for branches in (WHOLE_BANK, OURS):
        assert read(database, charts.submitted_hours, branches) == {first + HOUR: 1}
        # A move of the case is no sending; a letter that no campaign asked for is.
        assert read(database, charts.delivered_hours, branches) == {}
        assert read(database, charts.letter_hours, branches) == {first + HOUR: 1}
    for ask in (charts.submitted_hours, charts.delivered_hours, charts.letter_hours):
        assert read(database, ask, OTHER) == {}


def turn(database: Database, conversation: Conversation, question: str, *events: tuple[str, int]) -> Conversation:
    """Events of one question, each with the seconds since the start."""
    said = [
        {"kind": kind, "at": (START + timedelta(seconds=seconds)).isoformat(), "key": [question, 0]}
        for kind, seconds in events
    ]
    now = changed(conversation, open_question=question, last_inbound_at=START)
    return database.run(lambda conn: save_conversation(conn, database.vault, now, said))


def test_which_question_was_seen_left_and_slow(database: Database, scene: Scene, another_scene: Scene) -> None:
    one = turn(database, scene.conversation, "address", ("asked", 0), ("asked", 10), ("answered", 30))
    turn(database, one, "phone", ("asked", 30))
    two = turn(database, another_scene.conversation, "address", ("asked", 0), ("answered", 40))
    turn(database, two, "phone", ("asked", 40), ("answered", 41))
    expected = [
        Question(name="address", saw=2, left=0, seconds=30.0, timed=2),
        Question(name="phone", saw=2, left=2, seconds=1.0, timed=1),
    ]
    # Nobody has left who said something a moment ago.
    assert [one.left for one in read(database, charts.questions)] == [0, 0]
    for branches in (WHOLE_BANK, OURS):
        assert read(database, charts.questions, branches, days=2) == expected
    assert read(database, charts.questions, OTHER, days=2) == []


def test_only_what_was_asked_or_answered_names_its_question(database: Database, scene: Scene) -> None:
    said = [
        {"kind": kind, "at": START.isoformat(), "key": ["address", 1]}
        for kind in ("asked", "answered", "note_shown", "set_aside")
    ] + [{"kind": "asked", "at": START.isoformat(), "key": None}, {"kind": "paused", "at": START.isoformat()}]
    database.run(lambda conn: save_conversation(conn, database.vault, scene.conversation, said))
    event = table_of(ConversationEventRow)
    query = select(event.c.question).order_by(event.c.seq)
    found = database.run_read(lambda conn: conn.execute(query).scalars().all())
    assert found == ["address", "address", None, None, None, None]


def test_how_hand_overs_ended(database: Database, universe: FrozenUniverse, scene: Scene) -> None:
    rows = [
        {
            "id": universe.new_id(),
            "conversation_id": scene.conversation.id,
            "reason": "customer_asked",
            "branch_no": "012",
            "state": "ended",
            "asked_at": universe.now(),
            "ended_at": universe.now(),
            "outcome": outcome,
            "epoch": 1,
        }
        for outcome in ("handed_back", "handed_back", "settled")
    ]
    database.run(lambda conn: conn.execute(insert(table_of(HandOverRow)), rows))
    for branches in (WHOLE_BANK, OURS):
        assert read(database, charts.outcomes, branches) == {"handed_back": 2, "settled": 1}
    assert read(database, charts.outcomes, OTHER) == {}


def test_what_counts_now_of_the_comparisons(database: Database, universe: FrozenUniverse, scene: Scene) -> None:
    submission = submit(database, scene)
    rows = [
        {
            "id": universe.new_id(),
            "case_id": scene.case.id,
            "submission_id": submission,
            "field": field,
            "verdict": verdict,
            "severity": "low",
            "reason": "test",
            "rules": "",
            "master_digest": bytes(32),
            "comparator_version": version,
            "created_at": universe.now(),
            "superseded_at": universe.now() if version == "1" else None,
            "sealed": b"",
        }
        for field, verdict, version in (("address", "changed", "1"), ("address", "same", "2"), ("phone", "new", "2"))
    ]
    database.run(lambda conn: conn.execute(insert(table_of(DifferenceRow)), rows))
    for branches in (WHOLE_BANK, OURS):
        assert read(database, charts.verdicts, branches) == {("address", "same"): 1, ("phone", "new"): 1}
    assert read(database, charts.verdicts, OTHER) == {}


def test_what_became_of_messages(database: Database, universe: FrozenUniverse, scene: Scene) -> None:
    from storage.content import save_content

    vault = database.vault

    def send(conn: Connection) -> None:
        content = save_content(conn, vault, universe, scene.conversation.id, direction="out", body={"text": "x"})
        tries = (("sent", "429 slow"), ("sent", ""), ("failed", "400 bad"), ("pending", "429 slow"), ("failed", ""))
        for seq, (state, detail) in enumerate(tries, 1):
            values = {
                "id": universe.new_id(),
                "conversation_id": scene.conversation.id,
                "seq": seq,
                "kind": "text",
                "state": state,
                "epoch": 1,
                "turn_id": universe.new_id(),
                "retry_key": universe.new_id(),
                "content_id": content,
                "due_at": universe.now(),
                "attempts": 1,
                "detail": detail,
                "created_at": universe.now(),
            }
            conn.execute(insert(table_of(OutgoingRow)), values)

    database.run(send)
    expected = [
        Sending(channel="line", state="failed", answer="", messages=1, people=1),
        Sending(channel="line", state="failed", answer="4xx", messages=1, people=1),
        Sending(channel="line", state="pending", answer="429", messages=1, people=1),
        Sending(channel="line", state="sent", answer="", messages=2, people=1),
    ]
    for branches in (WHOLE_BANK, OURS):
        assert read(database, charts.sendings, branches) == expected
    assert read(database, charts.sendings, OTHER) == []
    assert database.run_read(charts.blocked) == {}


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (charts.submitted_hours, "ix_submission_submitted_at"),
        (charts.letter_hours, "ix_case_transition_when"),
        (charts.delivered_hours, "ix_campaign_delivery_when"),
        (charts.funnel, "ix_case_transition"),
        (charts.verdicts, "ix_difference_verdicts"),
        (charts.outcomes, "ix_hand_over_figures"),
        (charts.questions, "conversation_event"),
    ],
)
def test_a_chart_is_counted_along_its_index(
    database: Database, scene: Scene, ask: Callable[[Connection, Span], Any], index: str
) -> None:
    span = Span(since=START, now=START, branches=WHOLE_BANK)
    plan = plan_of(database, lambda conn: ask(conn, span))
    assert index in plan
    assert "SCAN conversation_event" not in plan
    assert "Seq Scan on conversation_event" not in plan
