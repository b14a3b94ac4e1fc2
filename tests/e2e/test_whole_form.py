"""From the letter's code to the receipt, the verdicts and the export, on both platforms and both databases."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.outreach.cadence import due_on
from bot.simulator.faults import Trouble
from locales import load_catalogue
from storage.cases import CaseStatus
from storage.differences import load_differences
from storage.exports.lists import export_differences
from storage.exports.responses import Options, export_responses
from storage.reconciliation.worker import Reconciler
from storage.submissions import Submission, submissions_of_case
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House

ZONE = ZoneInfo("Asia/Tokyo")


def submission_of(house: House, number: str) -> Submission:
    found = house.database.run_read(
        lambda conn: submissions_of_case(conn, house.database.vault, house.letter(number).case_id)
    )
    assert len(found) == 1
    return found[0]


def answers_of(submission: Submission) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in submission.answers}


def reconcile(house: House) -> None:
    Reconciler(next_due=due_on, zone=ZONE).run(house.database)


def exported(house: House, folder: Path) -> dict[str, dict[str, str]]:
    """The rows of ``export responses``, by customer number."""
    words = load_catalogue("ja")
    export_responses(house.database, folder, Options(zone=ZONE), actor="tests", program="kakunin", word=words.text)
    with (folder / "responses.csv").open(encoding="utf-8-sig", newline="") as stream:
        return {row["customer_no"]: row for row in csv.DictReader(stream)}


@on_both
@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_low_risk_with_nothing_changed(house: House, channel: str, tmp_path: Path) -> None:
    customer = house.on(channel)
    assert house.case("0000124").status is CaseStatus.SENT
    await customer.links("0000124")
    assert house.case("0000124").status is CaseStatus.LINKED

    receipt = await customer.answers_all()

    submission = submission_of(house, "0000124")
    assert submission.receipt_no in receipt.text
    assert house.case("0000124").status is CaseStatus.ANSWERED
    assert (submission.channel, submission.locale, submission.answered_by) == (channel, "ja", "customer")
    answers = answers_of(submission)
    assert answers["consent"]["value"] == "agree"
    assert answers["consent"]["wording"].startswith("ここまでの内容に同意して")
    assert answers["consent"]["raw"] == "同意する"
    assert answers["name"] | {"at": "", "raw": "", "wording": "", "choices": []} == {
        "name": "name", "instance": 0, "value": "森 繁", "display": answers["name"]["display"],
        "state": "unchanged", "marked": False, "raw": "", "wording": "", "choices": [], "locale": "ja", "at": "",
        "by": "customer", "channel": channel, "definition_sha256": submission.questionnaire_sha256,
    }  # fmt: skip
    assert "income_band" not in answers
    assert "frequency" not in answers

    reconcile(house)

    case = house.case("0000124")
    assert case.status is CaseStatus.DONE
    assert case.next_due_on is not None
    row = exported(house, tmp_path / "out")["0000124"]
    assert row["receipt_no"] == submission.receipt_no
    assert row["channel"] == channel
    assert (row["name"], row["name__state"]) == ("森 繁", "unchanged")
    assert (row["monthly_amount"], row["monthly_amount__label"]) == ("under_100k", "10万円未満")
    assert (row["email"], row["email__state"]) == ("", "answered")
    assert row["submitted_at"].endswith("+09:00")
    assert house.check_folds() == 2


@pytest.mark.parametrize("number", ["0000114", "0000121"], ids=["medium", "high"])
@pytest.mark.parametrize("channel", ["line", pytest.param("telegram", marks=pytest.mark.slow)])
async def test_more_is_asked_of_a_higher_risk(house: House, channel: str, number: str, tmp_path: Path) -> None:
    customer = house.on(channel)
    await customer.links(number)
    await customer.answers_all()

    answers = answers_of(submission_of(house, number))
    assert {"frequency", "funds_source", "income_band"} <= set(answers)
    assert ("side_job" in answers) == (number == "0000121")
    assert ({"large_plans", "asset_band", "wealth_background"} <= set(answers)) == (number == "0000121")
    reconcile(house)
    assert exported(house, tmp_path / "out")[number]["income_band"]
    risk = house.letter(number).master["risk_rating"]
    assert risk not in customer.everything()
    assert "リスク" not in customer.everything()


async def test_differences_lead_to_a_person_and_into_the_file(house: House, tmp_path: Path) -> None:
    customer = house.on_line()
    await customer.links("0000124")
    await _answers_until(customer, "phone")
    await customer.taps("diff")
    await customer.types("090-8888-7777")
    await customer.taps("yes")
    await customer.answers_all()
    answer = answers_of(submission_of(house, "0000124"))["phone"]
    assert (answer["value"], answer["raw"], answer["state"]) == ("09088887777", "090-8888-7777", "answered")

    reconcile(house)

    assert house.case("0000124").status is CaseStatus.TO_CHECK
    found = house.database.run_read(
        lambda conn: load_differences(conn, house.database.vault, case_id=house.letter("0000124").case_id)
    )
    verdicts = {difference.field: difference.verdict for difference in found}
    assert verdicts.pop("phone") == "changed"
    assert set(verdicts.values()) == {"same"}
    path = tmp_path / "differences.csv"
    options = Options(zone=ZONE, encoding="utf-8")
    export_differences(house.database, path, options, actor="tests", word=str, reason=lambda _: "why")
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["customer_no"] == "0000124"]
    assert [(row["field"], row["master"], row["answer"], row["verdict"]) for row in rows] == [
        ("phone", "0732345624", "09088887777", "changed")
    ]


@pytest.mark.parametrize("overrides", [{"sensitive_channels": ("line",)}])
async def test_sensitive_questions_go_only_where_the_bank_allows_them(house: House) -> None:
    customer = house.on_telegram()
    await customer.links("0000114")
    await customer.answers_all()
    answers = answers_of(submission_of(house, "0000114"))
    assert answers["income_band"]["state"] == "other_channel"
    assert answers["income_band"]["value"] == ""


async def test_a_question_in_the_middle_changes_nothing(house: House) -> None:
    customer = house.on_telegram()
    await customer.links("0000124")
    await _answers_until(customer, "phone")
    before = house.conversation_of("0000124").state["answers"]

    heard = await customer.types("紙で答えることはできますか")

    assert len(heard) == 2, customer.said
    assert house.conversation_of("0000124").open_question == "phone"
    assert house.conversation_of("0000124").state["answers"] == before
    await customer.answers_all()
    assert house.case("0000124").status is CaseStatus.ANSWERED


async def test_case_follows_the_conversation(house: House) -> None:
    customer = house.on_line()
    await customer.links("0000124")
    await customer.answers()
    assert house.case("0000124").status is CaseStatus.ANSWERING
    await customer.taps("later")
    assert house.case("0000124").status is CaseStatus.PAUSED
    await customer.types("つづける")
    await customer.answers()
    assert house.case("0000124").status is CaseStatus.ANSWERING
    await customer.taps("staff")
    assert house.case("0000124").status is CaseStatus.WITH_STAFF
    await customer.taps("resume")
    assert house.case("0000124").status is CaseStatus.ANSWERING


async def _answers_until(customer: Customer, question: str) -> None:
    for _ in range(40):
        if customer.active().open_question == question:
            return
        await customer.answers()
    raise AssertionError(f"{question} is never asked")


@pytest.mark.slow
@on_both
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_through_a_storm(house: House, channel: str, seed: int) -> None:
    """Whatever the platform puts off or leaves uncertain, and however often the process dies: one submission."""
    chance = random.Random(seed)
    customer = house.on(channel)
    troubles = [Trouble.RATE, Trouble.SERVER_ERROR, Trouble.BAD_GATEWAY, Trouble.DISCONNECT_AFTER, None, None]

    async def weather() -> None:
        if chance.random() < 0.3:
            await house.restart()
        for _ in range(12):
            house.advance(seconds=4)
            await house.settle()
        # Duplicates of anything that ever came in.
        if channel == "line":
            again = chance.choice(house.line.deliveries)
            assert (await house.line.deliver(*again.events, redelivery=True)).ok
        house.check_folds()
        customer.platform.faults.add(*chance.choices(troubles, k=chance.randrange(3)))

    customer.after_each = weather
    await customer.links("0000124")
    await customer.answers_all()
    assert house.case("0000124").status is CaseStatus.ANSWERED
    assert submission_of(house, "0000124").receipt_no
    assert house.audited().count("turn.failed") == 0
