"""Re-assessment: which answers call for another rating, and what becomes of a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection

from dialogs.definition.yaml_format import load_shipped
from storage.cases import CaseStatus, load_case, move_case
from storage.database import Database
from storage.ratings import Proposal, decide_proposal, load_proposals, rating_after, rating_history
from storage.reconciliation.rating import facts_of, fired
from storage.reconciliation.review_rules import FACTS, ReviewRulesProblem, load_rules, read_rules
from storage.reconciliation.worker import Reconciler
from storage.reviews import DecidedMeanwhile, Decision, Deed, SamePerson, standing
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

TOKYO = ZoneInfo("Asia/Tokyo")
TODAY = datetime(2026, 11, 2, 10, 0, tzinfo=TOKYO)

RULES = """
second_person: [rating]
ratings:
  - {id: student, propose: high, when: "${job} = 'student'", reason: {ja: 学生です。, en: A student.}}
  - {id: moved, propose: medium, when: "${verdict_address} = 'changed'", reason: {ja: 転居, en: Moved}}
  - {id: no_answer, propose: high, when: "${case_status} = '80'", reason: {ja: 無回答, en: Silent}}
  - {id: returned, propose: high, when: "${returned_mail} = 'yes'", reason: {ja: 返送, en: Returned}}
"""


@pytest.fixture
def reconciler() -> Reconciler:
    return Reconciler(next_due=lambda rating, on, expiry: on, zone=TOKYO, review=read_rules(RULES))


def proposals(database: Database, case_id: str) -> dict[str, Proposal]:
    return {one.rule: one for one in database.run_read(lambda conn: load_proposals(conn, case_id))}


def with_job(job: str) -> list[dict[str, Any]]:
    return [one for one in SAME_ANSWERS if one["name"] != "job"] + [answer("job", job)]


# The shipped rules ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ({"foreign_pep": "family"}, "foreign_pep"),
        ({"owner_pep": "yes"}, "owner_pep"),
        ({"sanctioned": "yes"}, "sanctioned_country"),
        ({"nationality": "IRN"}, "sanctioned_country"),
        ({"remittance": "yes", "purposes": "foreign_exchange", "remittance_country": "PRK"}, "sanctioned_country"),
        ({"residence_expiry": "2026-11-01"}, "residence_expired"),
        ({"large_cash": "yes", "purposes": "salary savings"}, "cash_against_purpose"),
        ({"remittance": "yes", "purposes": "salary"}, "remittance_against_purpose"),
        ({"case_status": "80"}, "no_answer"),
        ({"returned_mail": "yes"}, "returned_mail"),
        ({"foreign_pep": "none", "sanctioned": "no", "nationality": "JPN"}, None),
        ({"residence_expiry": "2026-11-02", "large_cash": "no", "remittance": "no"}, None),
        ({"large_cash": "yes", "purposes": "business"}, None),
        ({"remittance": "yes", "purposes": "foreign_exchange salary", "remittance_country": "USA"}, None),
        ({}, None),
    ],
)
def test_a_shipped_rule_fires_on_what_it_is_about_and_on_nothing_else(
    answers: Mapping[str, str], rule: str | None
) -> None:
    values = facts_of((answer(name, value) for name, value in answers.items()), {}, {})
    assert set(fired(load_rules().ratings, values, TODAY)) == ({rule} if rule else set())


def test_every_shipped_rule_reads_questions_that_exist_and_speaks_each_language() -> None:
    asked = {question.name for name in ("individual", "corporate") for question in load_shipped(name).questions}
    for rule in load_rules().ratings:
        assert rule.when.references - FACTS <= asked, rule.id
        assert set(rule.reason) == {"ja", "en"}
    assert load_rules().needs_two("rating.foreign_pep")
    assert load_rules().needs_two("foreign_pep.check")
    assert not load_rules().needs_two("phone")


def test_answers_of_a_repeat_are_read_together_and_what_was_declined_is_none() -> None:
    answers = [answer("place", "USA", instance=1), answer("place", "PRK", instance=2), answer("job", "", "declined")]
    values = facts_of(answers, {"occupation": "employee"}, {"address": "changed"})
    assert values == {
        "place": ["USA", "PRK"],
        "master_occupation": ["employee"],
        "verdict_address": ["changed"],
    }


# The file --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("second_person: [rating]", "second_person: rating", "second_person is a list"),
        ("ratings:", "rules:", "the keys second_person and ratings"),
        ("propose: high", "propose: higher", "'higher' is no rating"),
        ("${job} = 'student'", "${job} = ", r"rule 1 \(student\): when:"),
        ("verdict_address", "verdict_adress", "'adress' is no column"),
        ("id: moved", "id: student", "'student' is there twice"),
        ("id: moved", "id: Moved!", "rule 2: an id is small letters"),
        ("en: Moved", "fr: Moved", "a sentence in each of ja, en"),
        ("reason: {ja: 転居", "why: {ja: 転居", "rule 2: a rule has the keys"),
        ("[rating]", "[rating", "it is no YAML"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_and_why(old: str, new: str, said: str) -> None:
    assert old in RULES
    with pytest.raises(ReviewRulesProblem, match=said):
        read_rules(RULES.replace(old, new, 1))


# Proposals ---------------------------------------------------------------------------------------


def test_a_proposal_keeps_a_case_open_that_has_no_difference(database: Database, reconciler: Reconciler) -> None:
    add_customers(database, TARO | {"occupation": "student"})
    case = add_case(database, "0001")
    submit(database, publish_form(database), case, with_job("student"))
    assert reconciler.run(database).to_check == 1
    found = proposals(database, case.id)
    assert {(one.rule, one.before, one.after) for one in found.values()} == {("student", "medium", "high")}
    assert status_of(database, case) is CaseStatus.TO_CHECK


def decide(database: Database, one: Proposal, deed: Deed, staff_id: str) -> Decision:
    def run(conn: Connection) -> Decision:
        vault, uni, seen = database.vault, database.universe, standing(one).value
        return decide_proposal(conn, vault, uni, one, deed, seen=seen, staff_id=staff_id, note="面談", two=True)

    return database.run(run)


def test_two_people_decide_on_a_proposal_and_the_record_stays_as_it_is(
    database: Database, reconciler: Reconciler
) -> None:
    add_customers(database, TARO | {"occupation": "student"})
    case = add_case(database, "0001")
    submit(database, publish_form(database), case, with_job("student"))
    reconciler.run(database)
    first = proposals(database, case.id)["student"]
    assert decide(database, first, Deed.APPROVE, "staff-1") is Decision.APPROVED_FIRST
    with pytest.raises(DecidedMeanwhile):
        decide(database, first, Deed.APPROVE, "staff-2")
    with pytest.raises(SamePerson):
        decide(database, proposals(database, case.id)["student"], Deed.CONFIRM, "staff-1")
    assert rating_after("medium", proposals(database, case.id).values()) == "medium"
    assert decide(database, proposals(database, case.id)["student"], Deed.CONFIRM, "staff-2") is Decision.APPROVED
    assert rating_after("medium", proposals(database, case.id).values()) == "high"
    history = database.run_read(lambda conn: rating_history(conn, database.vault, case.id))
    assert [(one.field, one.before, one.decision, one.note) for one in history] == [
        ("rating.student", "open", "approved_first", "面談"),
        ("rating.student", "approved_first", "approved", "面談"),
    ]


def test_what_later_answers_no_longer_say_is_withdrawn_unless_it_was_decided(
    database: Database, reconciler: Reconciler
) -> None:
    add_customers(database, TARO)
    case, form = add_case(database, "0001"), publish_form(database)
    elsewhere = answer("address", "大阪市北区梅田1-2-3")
    moved = [one for one in with_job("student") if one["name"] != "address"] + [elsewhere]
    rules = read_rules(RULES.replace("propose: medium", "propose: low"))
    worker = Reconciler(next_due=lambda rating, on, expiry: on, zone=TOKYO, review=rules)
    submit(database, form, case, moved)
    worker.run(database)
    assert set(proposals(database, case.id)) == {"student", "moved"}
    decide(database, proposals(database, case.id)["moved"], Deed.REJECT, "staff-1")
    move(database, case, CaseStatus.ANSWERING, CaseStatus.ANSWERED)
    again = database.run_read(lambda conn: load_case(conn, case.id))
    assert again is not None
    submit(database, form, again, SAME_ANSWERS)
    worker.run(database)
    assert {rule: standing(one).value for rule, one in proposals(database, case.id).items()} == {
        "moved": "rejected_first"
    }


def test_silence_and_returned_mail_are_proposed_once(database: Database, reconciler: Reconciler) -> None:
    add_customers(database, TARO, TARO | {"customer_no": "0002"})
    silent, returned = add_case(database, "0001"), add_case(database, "0002")
    move(database, silent, *(CaseStatus(code) for code in ("20", "50", "51", "52", "80")))
    move(database, returned, CaseStatus.SENT)
    database.run(
        lambda conn: move_case(
            conn, database.universe, returned.id, CaseStatus.UNDELIVERABLE, actor="staff-1", reason="returned_mail"
        )
    )
    reconciler.run(database)
    reconciler.run(database)
    assert set(proposals(database, silent.id)) == {"no_answer"}
    assert set(proposals(database, returned.id)) == {"returned"}
    decide(database, proposals(database, silent.id)["no_answer"], Deed.REJECT, "staff-1")
    reconciler.run(database)
    assert standing(proposals(database, silent.id)["no_answer"]) is Decision.REJECTED_FIRST


def test_a_rating_that_the_customer_has_already_is_not_proposed(
    sqlite_database: Database, reconciler: Reconciler
) -> None:
    add_customers(sqlite_database, TARO | {"occupation": "student", "risk_rating": "high"})
    case = add_case(sqlite_database, "0001")
    submit(sqlite_database, publish_form(sqlite_database), case, with_job("student"))
    reconciler.run(sqlite_database)
    assert proposals(sqlite_database, case.id) == {}
    done = sqlite_database.run_read(lambda conn: load_case(conn, case.id))
    assert done is not None
    assert (done.status, done.next_due_on) == (CaseStatus.DONE, date(2026, 11, 2))
