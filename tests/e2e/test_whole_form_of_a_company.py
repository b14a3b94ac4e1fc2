"""A company's letter leads to its own form, and from there to the verdicts and the export."""

from __future__ import annotations

from pathlib import Path

from storage.cases import CaseStatus
from storage.differences import load_differences
from tests.e2e.house import House
from tests.e2e.test_whole_form import answers_of, exported, reconcile, submission_of

COMPANY = "0009002"

#: An ironworks of which nobody holds more than a quarter.
SAID = {
    "listed": "unlisted",
    "business_detail": "鉄の部品の加工",
    "owner_birth_date": "1960-05-05",
    "owner_address": "東京都千代田区丸の内1-2-3",
    "owner_nationality": "日本",
}


async def test_a_company_from_letter_to_export(house: House, tmp_path: Path) -> None:
    assert house.letter(COMPANY).master["kind"] == "corporate"
    customer = house.on_line()
    await customer.links(COMPANY)
    assert "会社や団体の情報" in customer.said
    assert house.case(COMPANY).questionnaire_id == "corporate"

    receipt = await customer.answers_all(**SAID)

    submission = submission_of(house, COMPANY)
    assert submission.receipt_no in receipt.text
    assert submission.questionnaire_id == "corporate"
    answers = answers_of(submission)
    assert (answers["name"]["value"], answers["name"]["state"]) == ("有限会社山本鉄工", "unchanged")
    assert (answers["business_lines"]["value"], answers["business_lines"]["state"]) == ("manufacturing", "unchanged")
    assert "main_partners" not in answers
    assert [answers[name]["value"] for name in ("owner_majority", "owner_quarter", "owner_influence")] == ["no"] * 3
    assert (answers["owner_nationality"]["value"], answers["owner_nationality"]["instance"]) == ("JPN", 1)
    assert house.case(COMPANY).status is CaseStatus.ANSWERED

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
    assert (row["questionnaire_id"], row["corporate_number"]) == ("corporate", "1120002000002")
    assert (row["yearly_sales"], row["yearly_sales__label"]) == ("under_10m", "1,000万円未満")
    assert (row["owner_address__1"], row["owner_address__2__state"]) == (SAID["owner_address"], "not_applicable")
    assert row["business_lines__manufacturing"] == "1"
    assert house.check_folds() == 2
