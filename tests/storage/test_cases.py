"""Cases, the status machine, and the codes of the letters."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from storage.cases import (
    ALLOWED,
    CLOSED,
    Case,
    CaseStatus,
    LinkCode,
    can_move,
    cases_of_customer,
    cases_without_letter,
    count_code_failure,
    find_link_code,
    link_codes_of_case,
    list_cases,
    load_case,
    load_stated_reason,
    move_case,
    open_case,
    set_next_due,
    transitions_of,
    unlock_link_code,
    use_link_code,
)
from storage.customers import begin_master_version, stage_master_rows
from storage.database import Database
from storage.problems import IllegalTransition
from tests.link_codes import make_link_code

EXPIRES = date(2026, 12, 31)


def open_another(database: Database, scene: Any, **more: Any) -> Case:
    values: dict[str, Any] = {
        "cause": "periodic",
        "reason": "cadence",
        "due_on": date(2027, 1, 1),
        "questionnaire_id": "individual",
    }
    return database.run(lambda conn: open_case(conn, database.universe, scene.customer_id, **(values | more)))


def move(database: Database, case_id: str, *statuses: CaseStatus) -> Case:
    for status in statuses:
        step = partial(move_case, uni=database.universe, case_id=case_id, to=status, actor="system", reason="test")
        database.run(step)
    case = database.run_read(lambda conn: load_case(conn, case_id))
    assert case is not None
    return case


def test_a_second_open_case_of_the_same_cause_is_the_first(database: Database, scene: Any) -> None:
    assert open_another(database, scene) == scene.case
    event = open_another(database, scene, cause="event", reason="residence_expiry")
    assert event.id != scene.case.id
    move(database, scene.case.id, CaseStatus.CANCELLED)
    again = open_another(database, scene)
    assert again.id != scene.case.id
    assert [one.id for one in database.run_read(lambda conn: cases_of_customer(conn, scene.customer_id))] == [
        scene.case.id,
        event.id,
        again.id,
    ]
    still_open = database.run_read(lambda conn: cases_of_customer(conn, scene.customer_id, open_only=True))
    assert [one.id for one in still_open] == [event.id, again.id]


def test_a_case_knows_its_customer_and_has_a_check_number_of_four_digits(scene: Any) -> None:
    case = scene.case
    assert (case.customer_no, case.kind, case.status) == ("0000123", "individual", CaseStatus.SELECTED)
    assert len(case.check_number) == 4
    assert case.check_number.isdigit()


def test_words_of_a_person_as_the_reason_are_sealed(database: Database, scene: Any) -> None:
    words = "山田花子さんから氏名変更の届出"
    with pytest.raises(ValueError, match="sealed"):
        open_another(database, scene, cause="event", reason=words)
    case = open_another(database, scene, cause="event", reason=words, vault=database.vault)
    assert case.reason == "stated"
    assert database.run_read(lambda conn: load_stated_reason(conn, database.vault, case.id)) == words
    assert database.run_read(lambda conn: load_stated_reason(conn, database.vault, scene.case.id)) is None


def test_every_move_leaves_a_row(database: Database, scene: Any) -> None:
    move(database, scene.case.id, CaseStatus.SENT, CaseStatus.LINKED, CaseStatus.LINKED, CaseStatus.ANSWERING)
    rows = database.run_read(lambda conn: transitions_of(conn, scene.case.id))
    assert [(row.from_status, row.to_status) for row in rows] == [
        (None, CaseStatus.SELECTED),
        (CaseStatus.SELECTED, CaseStatus.SENT),
        (CaseStatus.SENT, CaseStatus.LINKED),
        (CaseStatus.LINKED, CaseStatus.ANSWERING),
    ]
    assert {row.at for row in rows} == {database.universe.now()}


def test_a_move_off_the_table_is_refused_and_leaves_nothing(database: Database, scene: Any) -> None:
    with pytest.raises(IllegalTransition, match="10 to 60"):
        move(database, scene.case.id, CaseStatus.ANSWERED)
    assert len(database.run_read(lambda conn: transitions_of(conn, scene.case.id))) == 1


def test_a_sentence_is_no_reason(database: Database, scene: Any) -> None:
    with pytest.raises(ValueError, match="code"):
        database.run(
            lambda conn: move_case(
                conn, database.universe, scene.case.id, CaseStatus.SENT, actor="system", reason="山田さんの希望"
            )
        )


def test_a_handed_over_case_goes_back_to_where_it_was(database: Database, scene: Any) -> None:
    case = move(database, scene.case.id, CaseStatus.SENT, CaseStatus.REMINDED_1, CaseStatus.WITH_STAFF)
    assert case.returns_to is CaseStatus.REMINDED_1
    assert not can_move(case, CaseStatus.REMINDED_2)
    assert move(database, scene.case.id, CaseStatus.REMINDED_1).returns_to is None


ORDINARY = "10 15 20 25 40 45 40 60 65 70 71 70 72 75"


@pytest.mark.parametrize("path", [ORDINARY, "10 20 40 60 65 66 75", "10 20 50 51 52 80 81 40 60", "10 20 30 35 92 40"])
def test_the_ways_of_the_status_model(path: str) -> None:
    for before, after in itertools.pairwise(CaseStatus(code) for code in path.split()):
        assert after in ALLOWED[before], f"{before} -> {after}"


def test_from_every_open_status_the_ways_out_are_open_and_from_no_closed_one(scene: Any) -> None:
    ways_out = {CaseStatus(code) for code in ("55", "30", "91", "92", "99")}
    for status in CaseStatus:
        case = replace(scene.case, status=status)
        allowed = {other for other in ways_out - {status} if can_move(case, other)}
        assert allowed == (set() if status in CLOSED else ways_out - {status})


def test_cases_are_listed_by_status_and_without_letter(database: Database, scene: Any, another_scene: Any) -> None:
    assert len(database.run_read(list_cases)) == 2
    assert len(database.run_read(cases_without_letter)) == 2
    make_code(database, scene)
    assert [one.id for one in database.run_read(cases_without_letter)] == [another_scene.case.id]
    move(database, scene.case.id, CaseStatus.SENT)
    sent = database.run_read(lambda conn: list_cases(conn, statuses=[CaseStatus.SENT]))
    assert [one.id for one in sent] == [scene.case.id]


def test_the_next_review_is_noted(database: Database, scene: Any) -> None:
    database.run(lambda conn: set_next_due(conn, scene.case.id, date(2028, 11, 2)))
    case = database.run_read(lambda conn: load_case(conn, scene.case.id))
    assert case is not None
    assert case.next_due_on == date(2028, 11, 2)


def make_code(database: Database, scene: Any) -> tuple[LinkCode, str]:
    return database.run(
        lambda conn: make_link_code(conn, database.vault, database.universe, scene.case.id, expires_on=EXPIRES)
    )


def find(database: Database, code: str) -> LinkCode | None:
    return database.run(lambda conn: find_link_code(conn, database.vault, code, for_update=True))


def test_a_code_is_found_however_it_is_typed(database: Database, scene: Any) -> None:
    code, clear = make_code(database, scene)
    assert len(clear) == 12
    assert code.check_number == scene.case.check_number
    full_width = "".join(chr(ord(sign) + 0xFEE0) for sign in clear)
    for typed in (clear, clear.lower(), f" {clear[:4]}-{clear[4:8]} {clear[8:]}\n", full_width):
        assert find(database, typed) == code
    assert find(database, clear[:-1]) is None
    assert find(database, "") is None


def test_a_new_letter_revokes_the_code_of_the_old_one(database: Database, scene: Any) -> None:
    _, old = make_code(database, scene)
    _, new = make_code(database, scene)
    found = find(database, old)
    assert found is not None
    assert found.state == "revoked"
    codes = database.run_read(lambda conn: link_codes_of_case(conn, scene.case.id))
    assert [one.state for one in codes] == ["revoked", "active"]
    assert find(database, new) == codes[1]


def test_a_code_is_used_once(database: Database, scene: Any) -> None:
    code, clear = make_code(database, scene)
    assert database.run(lambda conn: use_link_code(conn, database.universe, code.id))
    assert not database.run(lambda conn: use_link_code(conn, database.universe, code.id))
    found = find(database, clear)
    assert found is not None
    assert found.state == "used"


def test_the_fifth_failure_locks_a_code_and_staff_unlock_it(database: Database, scene: Any) -> None:
    code, clear = make_code(database, scene)
    tries = [database.run(lambda conn: count_code_failure(conn, code.id)) for _ in range(5)]
    assert tries == [1, 2, 3, 4, 5]
    locked = find(database, clear)
    assert locked is not None
    assert locked.state == "locked"
    assert not database.run(lambda conn: use_link_code(conn, database.universe, code.id))
    assert database.run(lambda conn: unlock_link_code(conn, code.id))
    assert not database.run(lambda conn: unlock_link_code(conn, code.id))
    assert database.run(lambda conn: use_link_code(conn, database.universe, code.id))


def test_failures_never_bring_a_used_or_revoked_code_back(database: Database, scene: Any) -> None:
    code, clear = make_code(database, scene)
    make_code(database, scene)
    for _ in range(6):
        database.run(lambda conn: count_code_failure(conn, code.id))
    found = find(database, clear)
    assert found is not None
    assert found.state == "revoked"


def test_the_database_itself_refuses_a_second_open_case(database: Database, scene: Any) -> None:
    from sqlalchemy import insert, select

    from storage.tables import CaseRow, table_of

    table = table_of(CaseRow)

    def copy(conn: Any) -> None:
        row = dict(conn.execute(select(table)).one()._mapping)
        conn.execute(insert(table), row | {"id": database.universe.new_id()})

    with pytest.raises(IntegrityError):
        database.run(copy)


def test_a_case_takes_its_kind_from_the_record_that_counts_not_from_a_staged_one(
    database: Database, scene: Any, make_row: Any
) -> None:
    vault, uni = database.vault, database.universe

    def stage(conn: Any) -> None:
        seq = begin_master_version(conn, uni, "e" * 64)
        stage_master_rows(conn, vault, uni, seq, [make_row("0000123", kind="corporate")])

    database.run(stage)
    assert open_another(database, scene, cause="event").kind == "individual"
