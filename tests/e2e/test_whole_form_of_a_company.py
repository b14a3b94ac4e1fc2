"""A company's letter leads to its own form, and from there to the verdicts and the export."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection

from bot.outreach.opening import open_case_of
from storage import cases, customers, link_codes
from storage.cases import CaseStatus
from storage.differences import load_differences
from tests.e2e.house import House
from tests.e2e.test_whole_form import answers_of, exported, reconcile, submission_of

COMPANY = "0009001"

#: A wholesaler of whom nobody holds more than a quarter.
SAID = {
    "listed": "unlisted",
    "main_partners": "食品の卸売",
    "business_detail": "食品の卸売",
    "owner_birth_date": "1960-05-05",
    "owner_address": "東京都千代田区丸の内1-2-3",
    "owner_nationality": "日本",
}


def send_letter(house: House) -> None:
    """Open a case of the company and keep its letter beside those of the seeded bank."""
    database, today = house.database, house.universe.now().date()
    open_case_of(database, COMPANY, cause="event", reason="requested", due=today, today=today, actor="test")
    (case,) = [case for case in database.run_read(cases.list_cases) if case.customer_no == COMPANY]
    expires_on = today + timedelta(days=30)

    def send(conn: Connection) -> str:
        cases.move_case(conn, house.universe, case.id, CaseStatus.SENT, actor="test", reason="letter")
        _, code = link_codes.make_link_code(conn, database.vault, house.universe, case.id, expires_on=expires_on)
        return code

    code = database.run(send)
    customer = database.run_read(lambda conn: customers.load_customer(conn, database.vault, case.customer_id))
    assert customer is not None
    house.letters[COMPANY] = replace(
        next(iter(house.letters.values())),
        customer_no=COMPANY,
        case_id=case.id,
        code=code,
        check_number=case.check_number,
        master=dict(customer.fields),
    )


async def test_a_company_from_letter_to_export(house: House, tmp_path: Path) -> None:
    send_letter(house)
    customer = house.on_line()
    await customer.links(COMPANY)
    assert "会社や団体の情報" in customer.said
    assert house.case(COMPANY).questionnaire_id == "corporate"

    receipt = await customer.answers_all(**SAID)

    submission = submission_of(house, COMPANY)
    assert submission.receipt_no in receipt.text
    assert submission.questionnaire_id == "corporate"
    answers = answers_of(submission)
    assert (answers["name"]["value"], answers["name"]["state"]) == ("見本商事株式会社", "unchanged")
    assert (answers["business_lines"]["value"], answers["business_lines"]["state"]) == ("wholesale", "unchanged")
    assert answers["main_partners"]["value"] == SAID["business_detail"]
    assert [answers[name]["value"] for name in ("owner_majority", "owner_quarter", "owner_influence")] == ["no"] * 3
    assert (answers["owner_nationality"]["value"], answers["owner_nationality"]["instance"]) == ("JPN", 1)
    assert house.case(COMPANY).status is CaseStatus.ANSWERED
    # The questions are asked of everyone; the rating is told to nobody.
    assert house.letter(COMPANY).master["risk_rating"] not in customer.everything()

    reconcile(house)

    # Owners that nobody had registered are for a person to look at.
    assert house.case(COMPANY).status is CaseStatus.TO_CHECK
    found = house.database.run_read(
        lambda conn: load_differences(conn, house.database.vault, case_id=house.letter(COMPANY).case_id)
    )
    verdicts = {difference.field: difference.verdict for difference in found}
    assert verdicts.pop("owners") == "new"
    assert set(verdicts) == {
        *("corporate_number", "name", "address", "phone", "email", "representative_name", "business", "purposes"),
    }
    row = exported(house, tmp_path / "out")[COMPANY]
    assert (row["questionnaire_id"], row["corporate_number"]) == ("corporate", "6010001000001")
    assert (row["yearly_sales"], row["yearly_sales__label"]) == ("under_10m", "1,000万円未満")
    assert (row["owner_address__1"], row["owner_address__2__state"]) == (SAID["owner_address"], "not_applicable")
    assert row["business_lines__wholesale"] == "1"
    assert house.check_folds() == 2
