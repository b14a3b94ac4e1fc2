"""Published content, submissions, differences, exports and staff."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from storage.branches import Branches
from storage.cases import CaseStatus, move_case
from storage.database import Database
from storage.export_batches import (
    ExportBatch,
    add_export_spans,
    batch_members,
    begin_export_batch,
    completed_through,
    list_export_batches,
    load_batch,
    previous_batch,
    save_export_batch,
)
from storage.publishing import list_published, live, load_published, publish
from storage.reviews import Deed, decide
from storage.staff import (
    StaffMember,
    add_staff,
    count_login_failure,
    create_session,
    csrf_fits,
    end_old_sessions,
    end_session,
    end_sessions_of,
    find_staff,
    list_staff,
    load_session,
    load_staff,
    reset_login_failures,
    set_password,
    set_staff_state,
)
from storage.submissions import (
    Difference,
    Submission,
    claim_unreconciled,
    find_receipt,
    iter_submissions,
    load_differences,
    load_submission,
    mark_reconciled,
    save_differences,
    save_submission,
    submissions_of_case,
)

ANSWER = {"name": "address", "instance": "", "value": "大阪市北区1-1", "display": "大阪市北区1-1", "state": "answered"}


def put_live(database: Database, sha256: str, *, locale: str | None = None, name: str = "individual") -> bool:
    return database.run(
        lambda conn: publish(
            conn,
            database.universe,
            kind="questionnaire",
            name=name,
            locale=locale,
            body=f'{{"sha":"{sha256}"}}',
            sha256=sha256,
            version="2026.1",
            actor="system",
        )
    )


def test_publishing_the_same_again_changes_nothing(database: Database) -> None:
    assert put_live(database, "a" * 64)
    assert not put_live(database, "a" * 64)
    assert len(database.run_read(list_published)) == 1


def test_an_older_version_stays_and_may_become_live_again(database: Database) -> None:
    for sha256 in ("a" * 64, "b" * 64):
        put_live(database, sha256)
    now = database.run_read(lambda conn: live(conn, "questionnaire", "individual"))
    assert now is not None
    assert (now.sha256, now.is_live, now.locale) == ("b" * 64, True, None)
    pinned = database.run_read(lambda conn: load_published(conn, "a" * 64))
    assert pinned is not None
    assert (pinned.body, pinned.is_live) == ('{"sha":"' + "a" * 64 + '"}', False)
    assert put_live(database, "a" * 64)
    assert len(database.run_read(list_published)) == 2
    assert [one.sha256 for one in database.run_read(lambda conn: list_published(conn, live_only=True))] == ["a" * 64]


def test_each_name_and_language_has_its_own_live_version(database: Database) -> None:
    put_live(database, "a" * 64, locale="ja")
    put_live(database, "b" * 64, locale="en")
    found = database.run_read(lambda conn: live(conn, "questionnaire", "individual", "en"))
    assert found is not None
    assert (found.sha256, found.locale) == ("b" * 64, "en")
    assert database.run_read(lambda conn: live(conn, "questionnaire", "individual")) is None
    assert database.run_read(lambda conn: load_published(conn, "c" * 64)) is None


def submit(database: Database, scene: Any, receipt: str = "R7KD-2M9Q") -> Submission:
    return database.run(
        lambda conn: save_submission(
            conn,
            database.vault,
            database.universe,
            case_id=scene.case.id,
            customer_id=scene.customer_id,
            conversation_id=scene.conversation.id,
            receipt_no=receipt,
            answered_by="customer",
            channel="line",
            locale="ja",
            questionnaire_id="individual",
            questionnaire_version="2026.1",
            questionnaire_sha256="a" * 64,
            answers=[ANSWER],
        )
    )


def test_a_submission_comes_back_as_it_was_confirmed(database: Database, scene: Any) -> None:
    saved = submit(database, scene)
    loaded = database.run_read(lambda conn: load_submission(conn, database.vault, saved.id))
    assert loaded == saved
    assert saved.answers == [ANSWER]
    assert "大阪" not in repr(saved)


def test_a_receipt_is_found_however_it_is_spelled_and_is_given_once(database: Database, scene: Any) -> None:
    saved = submit(database, scene)
    for typed in ("R7KD-2M9Q", "r7kd2m9q", "Ｒ７ＫＤ－２Ｍ９Ｑ"):
        assert database.run_read(partial(find_receipt, vault=database.vault, receipt_no=typed)) == saved
    assert database.run_read(lambda conn: find_receipt(conn, database.vault, "XXXX")) is None
    with pytest.raises(IntegrityError):
        submit(database, scene)


def test_submissions_are_numbered_as_they_are_reconciled(database: Database, scene: Any, another_scene: Any) -> None:
    uni, vault = database.universe, database.vault
    first, second = submit(database, scene, "R1"), submit(database, another_scene, "R2")
    assert database.run(lambda conn: claim_unreconciled(conn, 10)) == [first.id, second.id]
    assert database.run(lambda conn: claim_unreconciled(conn, 1)) == [first.id]
    # The one that was submitted later is done first: a batch made in between must not lose the other.
    for one in (second, second, first):
        database.run(partial(mark_reconciled, uni=uni, submission_id=one.id))
    assert database.run(lambda conn: claim_unreconciled(conn, 10)) == []

    def listed(**filters: Any) -> list[tuple[str, int | None]]:
        found = database.run_read(lambda conn: list(iter_submissions(conn, vault, **filters)))
        return [(one.id, one.completed_seq) for one in found]

    assert listed() == [(second.id, 1), (first.id, 2)]
    assert listed(since_seq=1) == [(first.id, 2)]
    assert listed(statuses=["75"]) == []
    database.run(lambda conn: move_case(conn, uni, scene.case.id, CaseStatus.SENT, actor="system", reason="letter"))
    assert listed(statuses=[CaseStatus.SENT]) == [(first.id, 2)]


def test_a_correction_takes_the_place_of_what_was_submitted_before(database: Database, scene: Any) -> None:
    vault = database.vault
    first, second = submit(database, scene, "R1"), submit(database, scene, "R2")
    history = database.run_read(lambda conn: submissions_of_case(conn, vault, scene.case.id))
    assert history == [first, second]
    assert database.run_read(lambda conn: list(iter_submissions(conn, vault))) == [second]
    assert database.run_read(lambda conn: list(iter_submissions(conn, vault, latest_only=False))) == history


def verdict(**changes: Any) -> dict[str, Any]:
    return {
        "field": "address",
        "verdict": "changed",
        "severity": "high",
        "reason": "address.other_town",
        "rules": ["address.town"],
        "master": "東京都千代田区千代田1-1",
        "answer": "大阪市北区1-1",
        "comparator_version": "1",
    } | changes


def compare(database: Database, submission: Submission, *rows: dict[str, Any]) -> list[Difference]:
    vault, uni = database.vault, database.universe
    database.run(lambda conn: save_differences(conn, vault, uni, submission, rows))
    return database.run_read(lambda conn: load_differences(conn, vault, case_id=submission.case_id))


def test_comparing_again_shows_no_verdict_twice_and_loses_no_decision(database: Database, scene: Any) -> None:
    submission = submit(database, scene)
    (found,) = compare(database, submission, verdict())
    assert (found.master, found.answer, found.rules) == ("東京都千代田区千代田1-1", "大阪市北区1-1", ("address.town",))
    assert "大阪" not in repr(found)
    uni, vault = database.universe, database.vault
    database.run(lambda conn: decide(conn, vault, uni, found, Deed.APPROVE, seen="open", staff_id="staff-1"))
    (again,) = compare(database, submission, verdict(severity="medium"))
    assert (again.id, again.severity, again.decision, again.decided_by) == (found.id, "medium", "approved", "staff-1")
    reloaded = database.run_read(lambda conn: load_submission(conn, database.vault, submission.id))
    assert reloaded is not None
    assert reloaded.completed_seq == 1


def test_a_new_master_value_or_comparator_supersedes_the_old_verdict(database: Database, scene: Any) -> None:
    submission = submit(database, scene)
    compare(database, submission, verdict(), verdict(field="phone", master="1", answer="2"))
    (newer,) = compare(database, submission, verdict(master="京都市"))
    assert newer.master == "京都市"
    (newest,) = compare(database, submission, verdict(master="京都市", comparator_version="2"))
    assert newest.comparator_version == "2"
    stored = database.run_read(lambda conn: conn.execute(text("SELECT count(*) FROM difference")).scalar())
    assert stored == 4


def make_batch(database: Database, *members: int, kind: str = "responses") -> ExportBatch:
    uni = database.universe
    batch_id = uni.new_id()
    database.run(lambda conn: begin_export_batch(conn, uni, batch_id))
    database.run(lambda conn: add_export_spans(conn, batch_id, [(one, one) for one in members]))
    assert database.run_read(lambda conn: load_batch(conn, batch_id)) is None, "seen before it was complete"
    return database.run(
        lambda conn: save_export_batch(
            conn,
            uni,
            kind=kind,
            actor="os:bank",
            rows=len(members),
            sha256="c" * 64,
            filters={"status": "reconciled"},
            batch_id=batch_id,
        )
    )


def test_a_batch_remembers_what_it_carried(database: Database, scene: Any) -> None:
    submission = submit(database, scene)
    database.run(lambda conn: mark_reconciled(conn, database.universe, submission.id))
    empty = make_batch(database)
    batch = make_batch(database, 1)
    make_batch(database, kind="differences")

    def look(conn: Connection) -> list[Any]:
        return [
            batch_members(conn, batch.id),
            completed_through(conn, batch),
            completed_through(conn, empty),
            completed_through(conn, replace(empty, through=7)),
            previous_batch(conn, "responses"),
            previous_batch(conn, "nothing"),
            load_batch(conn, str(batch.seq)),
            load_batch(conn, batch.id),
            load_batch(conn, "99"),
            [one.seq for one in list_export_batches(conn)],
        ]

    expected: list[Any] = [[submission.id], 1, 0, 7, batch, None, batch, batch, None, [3, 2, 1]]
    assert database.run_read(look) == expected


def add(database: Database, login: str = "sato", role: str = "operator") -> StaffMember:
    return database.run(
        lambda conn: add_staff(conn, database.universe, login, role, Branches.of("012"), "$argon2id$one")
    )


def test_a_member_of_staff_is_found_by_login(database: Database) -> None:
    member = add(database)
    found = database.run_read(lambda conn: find_staff(conn, "sato"))
    assert found == (member, "$argon2id$one", 0, None)
    assert member.must_change
    assert database.run_read(lambda conn: find_staff(conn, "nobody")) is None
    assert database.run_read(lambda conn: load_staff(conn, member.id)) == member
    add(database, "abe", "admin")
    assert [one.login for one in database.run_read(list_staff)] == ["abe", "sato"]
    with pytest.raises(IntegrityError):
        add(database)
    with pytest.raises(ValueError, match="role"):
        add(database, "x", "king")


def test_failures_lock_a_login_for_a_while(database: Database) -> None:
    uni, member = database.universe, add(database)
    for _ in range(4):
        database.run(lambda conn: count_login_failure(conn, uni, member.id))
    before = database.run_read(lambda conn: find_staff(conn, "sato"))
    assert database.run(lambda conn: count_login_failure(conn, uni, member.id)) == 5
    after = database.run_read(lambda conn: find_staff(conn, "sato"))
    assert before is not None
    assert after is not None
    assert (before[2:], after[2:]) == ((4, None), (5, uni.now() + timedelta(minutes=15)))
    database.run(lambda conn: reset_login_failures(conn, member.id))
    reset = database.run_read(lambda conn: find_staff(conn, "sato"))
    assert reset is not None
    assert reset[2:] == (0, None)


def sign_in(database: Database, member: StaffMember) -> str:
    idle, absolute = timedelta(minutes=30), timedelta(hours=8)
    return database.run(
        lambda conn: create_session(conn, database.universe, database.vault, member.id, idle=idle, absolute=absolute)
    )


def is_signed_in(database: Database, token: str) -> bool:
    return database.run(lambda conn: load_session(conn, database.universe, database.vault, token)) is not None


def test_a_session_slides_while_it_is_used_and_ends_when_idle_or_old(database: Database, advance: Any) -> None:
    token = sign_in(database, add(database))
    for _ in range(16):
        advance(29 * 60)
        assert is_signed_in(database, token)
    advance(29 * 60)
    assert not is_signed_in(database, token)
    another = sign_in(database, add(database, "abe"))
    advance(30 * 60)
    assert not is_signed_in(database, another)
    assert database.run(lambda conn: end_old_sessions(conn, database.universe)) == 2


def test_a_session_carries_its_own_form_token(database: Database) -> None:
    member = add(database)
    tokens = [sign_in(database, member) for _ in range(2)]
    first, second = (
        database.run(partial(load_session, uni=database.universe, vault=database.vault, token=token))
        for token in tokens
    )
    assert first is not None
    assert second is not None
    assert first.staff == member
    assert csrf_fits(first, first.csrf)
    assert not csrf_fits(first, second.csrf)
    assert not csrf_fits(first, "ü")
    assert first.csrf not in repr(first)


@pytest.mark.parametrize("way", ["sign out", "everywhere", "password", "disabled"])
def test_a_session_ends(database: Database, way: str) -> None:
    member = add(database)
    token = sign_in(database, member)
    ways = {
        "sign out": lambda conn: end_session(conn, database.vault, token),
        "everywhere": lambda conn: end_sessions_of(conn, member.id),
        "password": lambda conn: set_password(conn, member.id, "$argon2id$two"),
        "disabled": lambda conn: set_staff_state(conn, member.id, "disabled"),
    }
    database.run(ways[way])
    assert not is_signed_in(database, token)


def test_a_token_is_stored_nowhere(database: Database) -> None:
    token = sign_in(database, add(database))
    rows = database.run_read(lambda conn: conn.execute(text("SELECT * FROM staff_session")).all())
    assert len(rows) == 1
    assert all(token.encode() not in bytes(value) for value in rows[0] if isinstance(value, bytes | memoryview))
    assert token not in repr(rows)
