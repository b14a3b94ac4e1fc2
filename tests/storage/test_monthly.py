"""What each figure of the monthly report counts, one by one, with a store in which little happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, insert

from dialogs.personal import Personal
from storage.accounts import upsert_account
from storage.branches import WHOLE_BANK, Branches
from storage.campaigns import Actor, Rule, make_campaign
from storage.case_status import CaseStatus
from storage.cases import move_case
from storage.charts import Span
from storage.content import save_content
from storage.conversations import create_conversation
from storage.database import Database
from storage.reports import monthly
from storage.reports.monthly import Pace
from storage.tables import (
    CaseTransitionRow,
    ContactTryRow,
    DifferenceDecisionRow,
    DifferenceRow,
    LinkCodeRow,
    NotificationRow,
    OutgoingRow,
    SubmissionRow,
    table_of,
)
from storage.universe import FrozenUniverse
from tests.storage.conftest import Scene

TOKYO = ZoneInfo("Asia/Tokyo")
#: November, in the bank's own zone: what happens at its last moment belongs to it, what happens at the next does not.
FIRST, AFTER = datetime(2026, 11, 1, tzinfo=TOKYO), datetime(2026, 12, 1, tzinfo=TOKYO)
LAST, BEFORE = AFTER - timedelta(microseconds=1), FIRST - timedelta(microseconds=1)
MOMENTS = (BEFORE, FIRST, LAST, AFTER)
DAY = timedelta(days=1)


def ask(
    database: Database, figure: Callable[[Connection, Span], Any], branches: Branches = WHOLE_BANK, month: int = 11
) -> Any:
    since, until = datetime(2026, month, 1, tzinfo=TOKYO), datetime(2026, month + 1, 1, tzinfo=TOKYO)
    span = Span(since=since, now=until - timedelta(microseconds=1), branches=branches, until=until)
    return database.run_read(lambda conn: figure(conn, span))


def put(database: Database, row: Any, values: Sequence[dict[str, Any]]) -> list[str]:
    """Rows, each with an id of its own; returns those."""
    made = [{"id": database.universe.new_id(), **one} for one in values]
    database.run(lambda conn: conn.execute(insert(table_of(row)), made))
    return [str(one["id"]) for one in made]


def submitted(database: Database, scene: Scene, at: datetime, channel: str = "line") -> str:
    values = {
        **{"case_id": scene.case.id, "customer_id": scene.customer_id, "conversation_id": None},
        **{"receipt_digest": database.universe.code(32).encode(), "started_at": at, "submitted_at": at},
        **{"answered_by": "customer", "channel": channel, "locale": "ja", "questionnaire_id": "individual"},
        **{"questionnaire_version": "1", "questionnaire_sha256": "0" * 64, "sealed": b""},
    }
    return put(database, SubmissionRow, [values])[0]


def moved(database: Database, universe: FrozenUniverse, scene: Scene, *ways: tuple[datetime, str]) -> None:
    for at, code in ways:
        universe.advance(at - universe.now())
        to = CaseStatus(code)
        database.run(lambda conn, to=to: move_case(conn, universe, scene.case.id, to, actor="system", reason="test"))  # type: ignore[misc]


def messages(
    database: Database, scene: Scene, calls: Sequence[tuple[str | None, datetime | None, datetime]], **others: Any
) -> None:
    """Sent messages: the call in which each left, the end of its reply token, and when it left."""

    def send(conn: Connection) -> str:
        return save_content(
            conn, database.vault, database.universe, scene.conversation.id, direction="out", body={"text": "x"}
        )

    content, uni = database.run(send), database.universe
    rows = [
        {
            **{"conversation_id": scene.conversation.id, "seq": seq, "kind": "notice", "state": "sent", "epoch": 1},
            **{"turn_id": "t", "retry_key": uni.new_id(), "batch_key": call, "content_id": content, "attempts": 1},
            **{"due_at": at, "detail": "", "reply_until": free, "created_at": at - DAY, "settled_at": at, **others},
        }
        for seq, (call, free, at) in enumerate(calls, 1 + 100 * len(others))
    ]
    put(database, OutgoingRow, rows)


def test_forms_are_counted_by_the_way_they_came_in_the_month_they_came(database: Database, scene: Scene) -> None:
    for at in MOMENTS:
        submitted(database, scene, at)
    submitted(database, scene, FIRST + DAY, "paper")
    assert ask(database, monthly.answered_by_channel) == {"line": 2, "paper": 1}
    assert ask(database, monthly.answered_by_channel, Branches.of("012")) == {"line": 2, "paper": 1}
    assert ask(database, monthly.answered_by_channel, Branches.of("999")) == {}


def test_days_to_the_answer_run_from_the_first_invitation(
    database: Database, universe: FrozenUniverse, scene: Scene, another_scene: Scene
) -> None:
    sent = universe.now()
    # A reminder and a second invitation start nothing anew.
    moved(database, universe, scene, (sent, "15"), (sent, "20"), (sent + DAY, "30"))
    submitted(database, scene, sent + 3 * DAY)
    # Came without having been asked: at the counter, before the letter.
    submitted(database, another_scene, sent + DAY, "paper")
    assert ask(database, monthly.pace) == Pace(answers=1, days=3.0)
    moved(database, universe, another_scene, (sent + 2 * DAY, "15"), (sent + 2 * DAY, "20"))
    assert ask(database, monthly.pace) == Pace(answers=1, days=3.0), "an answer before the invitation has no days"
    submitted(database, another_scene, sent + 3 * DAY)
    # Half of them: the middle of one day and three.
    assert ask(database, monthly.pace) == Pace(answers=2, days=2.0)
    assert ask(database, monthly.pace, month=10) == Pace(answers=0, days=None)


def test_a_case_that_came_to_a_status_twice_in_a_month_counts_once(
    database: Database, scene: Scene, another_scene: Scene
) -> None:
    back, considered, limited = CaseStatus("51"), CaseStatus("80"), CaseStatus("81")
    rows = [(scene, back, FIRST), (scene, back, LAST), (another_scene, back, LAST), (another_scene, considered, AFTER)]
    put(
        database,
        CaseTransitionRow,
        [
            {
                **{"case_id": one.case.id, "seq": seq, "from_status": "20", "to_status": to.value, "at": at},
                **{"actor": "system", "reason": "test"},
            }
            for seq, (one, to, at) in enumerate(rows, 50)
        ],
    )
    wanted = (back, considered, limited)
    found = {month: ask(database, lambda *of: monthly.moved_to(*of, wanted), month=month) for month in (10, 11)}
    assert found[11] == {back: 2, considered: 0, limited: 0}
    assert found[10] == dict.fromkeys(wanted, 0)


def test_decisions_count_in_the_month_in_which_they_were_made(database: Database, scene: Scene) -> None:
    of = {"case_id": scene.case.id, "submission_id": submitted(database, scene, BEFORE), "verdict": "changed"}
    of |= {"severity": "low", "reason": "test", "rules": "", "master_digest": bytes(32), "comparator_version": "1"}
    (difference,) = put(database, DifferenceRow, [{**of, "field": "phone", "created_at": BEFORE, "sealed": b""}])
    for at, decision in zip(MOMENTS, ("accepted", "rejected", "accepted", "accepted"), strict=True):
        decided = {"difference_id": difference, "decision": decision, "decided_by": "staff:x", "decided_at": at}
        put(database, DifferenceDecisionRow, [decided])
    # Somebody who changed his mind has decided twice.
    assert ask(database, monthly.decisions) == {"rejected": 1, "accepted": 1}
    assert ask(database, monthly.decisions, Branches.of("999")) == {}


def test_a_call_that_carries_several_messages_is_paid_for_once(database: Database, scene: Scene) -> None:
    free = LAST + DAY
    messages(
        database,
        scene,
        [
            *[("a", None, FIRST)] * 5,  # one call
            ("b", None, LAST),
            *[("c", free, FIRST)] * 3,  # free, as a reply
            ("d", None, BEFORE),
            ("e", None, AFTER),
        ],
    )
    messages(database, scene, [("f", None, FIRST)], state="failed")
    assert ask(database, monthly.sent_outside)["line"] == 2
    assert ask(database, monthly.sent_outside, Branches.of("012"))["line"] == 2
    assert ask(database, monthly.sent_outside, Branches.of("999"))["line"] == 0


def test_a_call_to_several_people_is_paid_for_each(database: Database, scene: Scene, another_scene: Scene) -> None:
    for one in (scene, another_scene):
        messages(database, one, [("a", None, FIRST)] * 2)
    assert ask(database, monthly.sent_outside)["line"] == 2


def test_other_platforms_cost_nothing(database: Database, scene: Scene) -> None:
    vault, uni = database.vault, database.universe

    def make(conn: Connection) -> Scene:
        account = upsert_account(conn, vault, uni, "telegram", Personal("4711"), "ja")
        talk = create_conversation(
            conn,
            vault,
            uni,
            kind="lobby",
            account_id=account.id,
            case_id=None,
            questionnaire_sha256=None,
            locale="ja",
        )
        return Scene(scene.customer_id, scene.case, account, talk)

    messages(database, database.run(make), [("a", None, FIRST)])
    assert ask(database, monthly.sent_outside)["line"] == 0


def test_letters_calls_visits_and_numbers_that_were_reached(
    database: Database, universe: FrozenUniverse, scene: Scene
) -> None:
    case = {"case_id": scene.case.id}
    put(
        database,
        LinkCodeRow,
        [
            {
                **{**case, "code_digest": bytes([place]) * 32, "check_number": "0001", "expires_on": date(2027, 1, 1)},
                **{"state": "revoked", "tries": 0, "created_at": at},
            }
            for place, at in enumerate(MOMENTS)
        ],
    )
    tries = [(channel, at) for channel in ("phone", "visit", "post") for at in (FIRST, AFTER)] + [("phone", LAST)]
    put(
        database,
        ContactTryRow,
        [
            {**case, "channel": channel, "result": "no_answer", "at": at, "by": "staff:x", "entered_at": AFTER + DAY}
            for channel, at in tries
        ],
    )
    actor = Actor(kind="os_user", id="clerk")
    campaign = database.run(
        lambda conn: make_campaign(conn, universe, name="one", rule=Rule(), ladder="{}", actor=actor)
    )
    states = (("delivered", FIRST), ("delivered", AFTER), ("undelivered", None), ("accepted", None))
    put(
        database,
        NotificationRow,
        [
            {
                **{**case, "campaign_id": campaign.id, "customer_id": scene.customer_id, "step_no": place},
                **{"step": "invitation", "state": state, "tries": 1, "due_at": FIRST, "created_at": FIRST},
                **{"accepted_at": FIRST, "delivered_at": delivered, "detail": ""},
            }
            for place, (state, delivered) in enumerate(states)
        ],
    )
    # What goes by post is counted by its letter; what is only accepted did not arrive.
    expected = {"letter": 2, "phone": 2, "visit": 1, "line_notification": 1, "line": 0}
    assert ask(database, monthly.sent_outside) == expected
    assert ask(database, monthly.sent_outside, Branches.of("012")) == expected
    nothing = ask(database, monthly.sent_outside, Branches.of("999"))
    assert {kind for kind, count in nothing.items() if count} == set()


@pytest.mark.parametrize("moment", [datetime(2026, 10, 31, 15, tzinfo=UTC), datetime(2026, 11, 30, 14, 59, tzinfo=UTC)])
def test_the_month_is_that_of_the_bank_and_not_of_greenwich(database: Database, scene: Scene, moment: datetime) -> None:
    submitted(database, scene, moment)
    assert ask(database, monthly.answered_by_channel) == {"line": 1}
