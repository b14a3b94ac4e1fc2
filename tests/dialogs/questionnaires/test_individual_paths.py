"""Who is asked what: the branches of the individual form, walked through the engine's own position."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dialogs.definition.model import Questionnaire

Walker = Callable[..., Any]

PENSIONER = {
    "kind": "individual",
    "name": "山田 花子",
    "name_kana": "ヤマダ ハナコ",
    "birth_date": "1951-04-01",
    "postal_code": "1000001",
    "address": "東京都千代田区千代田1-2-3",
    "phone": "09012345678",
    "email": "hanako@example.jp",
    "occupation": "pensioner",
    "purposes": "living_expenses;pension",
    "nationality": "JPN",
    "risk_rating": "low",
}
EMPLOYEE = {**PENSIONER, "birth_date": "1990-01-01", "occupation": "company_employee", "employer": "みほん商事"}
EMPLOYEE["purposes"] = "salary;living_expenses"
FOREIGNER = {
    **EMPLOYEE,
    "nationality": "VNM",
    "residence_status": "engineer_humanities_international",
    "residence_expiry": "2028-04-01",
}

BASIC = [
    "consent",
    "respondent",
    "name",
    "address",
    "phone",
    "email",
    "occupation",
    "purposes",
    "monthly_amount",
    "large_cash",
    "remittance",
    "sanctioned",
    "nationality",
    "overseas_ties",
    "foreign_pep",
    "own_use",
    "antisocial",
]


def test_low_risk_with_nothing_changed_is_about_sixteen_taps(walk: Walker) -> None:
    way = walk(PENSIONER)
    assert way.asked == BASIC
    # One tap each, and one to submit; the promise is "about 16".
    assert len(way.asked) + 1 == 18
    assert way.unchanged == ["name", "address", "phone", "email", "occupation", "purposes", "nationality"]
    assert way.notes == ["intro_purpose", "intro_channel", "intro_never"]
    assert not (way.handovers)
    assert not (way.checks)
    assert not (way.refused)


def test_an_employee_with_nothing_changed_confirms_the_employer_and_nothing_more(walk: Walker) -> None:
    assert walk(EMPLOYEE).asked == [*BASIC[:7], "employer", *BASIC[7:]]


def test_medium_adds_frequency_source_of_money_and_income(walk: Walker) -> None:
    way = walk({**PENSIONER, "risk_rating": "medium"})
    assert [name for name in way.asked if name not in BASIC] == ["frequency", "funds_source", "income_band"]


def test_high_asks_an_employee_everything(walk: Walker) -> None:
    way = walk({**EMPLOYEE, "risk_rating": "high"})
    added = [name for name in way.asked if name not in BASIC]
    assert added == [
        *("employer", "industry", "side_job", "frequency", "funds_source", "large_plans"),
        *("income_band", "asset_band", "wealth_background"),
    ]


def test_planned_payments_are_explained(walk: Walker) -> None:
    way = walk({**PENSIONER, "risk_rating": "high"}, large_plans="yes", large_plans_detail="家の売却")
    assert "large_plans_detail" in way.asked


def test_a_side_job_is_asked_about(walk: Walker) -> None:
    way = walk(
        {**EMPLOYEE, "risk_rating": "high"}, side_job="yes", side_job_industry="retail", side_job_detail="ネット販売"
    )
    assert {"side_job_industry", "side_job_detail"} <= set(way.asked)


def test_with_nothing_registered_everything_is_asked_outright(walk: Walker) -> None:
    way = walk({}, occupation="company_employee", purposes="salary")
    assert way.asked == [
        "consent",
        "respondent",
        "name",
        "name_kana",
        "address",
        "postal_code",
        "phone",
        "email",
        "occupation",
        "employer",
        "employer_kana",
        "industry",
        "purposes",
        "monthly_amount",
        "large_cash",
        "remittance",
        "sanctioned",
        "nationality",
        "overseas_ties",
        "foreign_pep",
        "own_use",
        "antisocial",
    ]
    assert not way.unchanged
    assert not [note for note in way.notes if note.endswith("_change_notice")]


def test_refusing_consent_ends_before_anything_is_asked(walk: Walker) -> None:
    way = walk(PENSIONER, consent="disagree")
    assert (way.ended_at, way.asked) == ("consent", ["consent"])


@pytest.mark.parametrize("who", ["family", "guardian", "deceased_notice"])
def test_anybody_but_the_customer_is_met_by_a_person(walk: Walker, who: str) -> None:
    assert walk(PENSIONER, respondent=who).handovers == ["respondent"]


def test_a_new_name_asks_the_reading_and_tells_of_the_formal_procedure(walk: Walker) -> None:
    way = walk(PENSIONER, name="鈴木 花子", name_kana="スズキ ハナコ")
    assert "name_kana" in way.asked
    assert "name_change_notice" in way.notes
    assert "address_change_notice" not in way.notes


def test_a_new_address_asks_the_postal_code_and_tells_of_the_formal_procedure(walk: Walker) -> None:
    way = walk(PENSIONER, address="大阪府大阪市北区梅田1-2-3")
    assert "postal_code" in way.asked
    assert "name_kana" not in way.asked
    assert "address_change_notice" in way.notes
    assert "name_change_notice" not in way.notes


@pytest.mark.parametrize(
    ("occupation", "added"),
    [
        ("company_employee", ["employer", "employer_kana", "industry"]),
        ("company_officer", ["employer", "employer_kana", "industry"]),
        ("temporary_contract", ["employer", "employer_kana", "industry"]),
        ("part_time", ["employer", "employer_kana", "industry"]),
        ("family_employee", ["employer", "employer_kana", "industry"]),
        ("public_official", ["employer", "employer_kana"]),
        ("student", ["employer", "employer_kana"]),
        ("self_employed", ["industry", "business_detail"]),
        ("homemaker", []),
        ("pensioner", []),
        ("retired_unemployed", []),
    ],
)
def test_each_occupation_leads_to_its_own_questions(walk: Walker, occupation: str, added: list[str]) -> None:
    way = walk({**PENSIONER, "employer": ""}, occupation=occupation)
    assert [name for name in way.asked if name not in BASIC] == added


def test_other_occupation_and_other_industry_are_put_into_words(walk: Walker) -> None:
    assert "occupation_other" in walk(PENSIONER, occupation="other", occupation_other="翻訳").asked
    way = walk(PENSIONER, occupation="self_employed", industry="other", industry_other="ペットの美容室")
    assert "industry_other" in way.asked


@pytest.mark.parametrize("empty", ["なし", "特になし", "ありません", "none", "N/A"])
def test_no_employer_is_no_name_of_an_employer(walk: Walker, empty: str) -> None:
    assert walk({}, occupation="company_employee", employer=empty).refused == ["employer"]


@pytest.mark.parametrize("vague", ["いろいろ", "商売", "various", "飲"])
def test_a_vague_business_is_asked_again(walk: Walker, vague: str) -> None:
    assert walk({}, occupation="self_employed", business_detail=vague).refused == ["business_detail"]


def test_large_amounts_are_explained(walk: Walker) -> None:
    reason = "土地を売った代金"
    assert "large_amount_reason" not in walk(PENSIONER, monthly_amount="over_5m").asked
    for band in ("over_10m", "over_30m"):
        assert "large_amount_reason" in walk(PENSIONER, monthly_amount=band, large_amount_reason=reason).asked


def test_large_cash_is_explained(walk: Walker) -> None:
    way = walk(PENSIONER, large_cash="yes", cash_detail="車を買うため。年1回", cash_amount="over_2m")
    assert [name for name in way.asked if name not in BASIC] == ["cash_detail", "cash_amount"]


REMITTANCE = {
    "remittance": "yes",
    "remittance_country__1": "USA",
    "remittance_country__2": "THA",
    "remittance_country__3": "FRA",
    "remittance_purpose": "tuition",
    "remittance_detail": "娘の学費",
    "remittance_currency": "usd",
    "remittance_frequency": "monthly",
    "remittance_amount": "up_to_1m",
}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_remittance_asks_each_country(walk: Walker, count: int) -> None:
    way = walk(PENSIONER, **REMITTANCE, remittance_count=str(count))
    countries = [f"remittance_country[{number}]" for number in range(1, count + 1)]
    assert [name for name in way.asked if name not in BASIC] == [
        "remittance_count",
        *countries,
        "remittance_purpose",
        "remittance_detail",
        "remittance_currency",
        "remittance_frequency",
        "remittance_amount",
    ]
    assert way.handovers == []


def test_japan_is_no_country_to_remit_to(walk: Walker) -> None:
    way = walk(PENSIONER, remittance="yes", remittance_count="1", remittance_country__1="JPN")
    assert way.refused == ["remittance_country[1]"]


@pytest.mark.parametrize("country", ["PRK", "IRN"])
def test_a_country_under_special_attention_goes_to_a_person(walk: Walker, country: str) -> None:
    given = {**REMITTANCE, "remittance_country__2": country, "remittance_count": "2"}
    assert walk(PENSIONER, **given).handovers == ["remittance_country[2]"]


def test_dealings_with_sanctioned_countries_go_to_a_person_after_country_and_content(walk: Walker) -> None:
    way = walk(PENSIONER, sanctioned="yes", sanctioned_country="IRN", sanctioned_detail="親族の家がある")
    assert [name for name in way.asked if name not in BASIC] == ["sanctioned_country", "sanctioned_detail"]
    assert way.handovers == ["sanctioned_detail"]


def test_a_foreign_resident_confirms_status_and_date(walk: Walker) -> None:
    way = walk(FOREIGNER)
    added = [name for name in way.asked if name not in BASIC]
    assert added == ["employer", "nationality_count", "residence_status", "residence_expiry"]
    assert "residence_card_notice" in way.notes
    assert way.handovers == []


def test_a_past_date_asks_for_the_renewal_and_goes_to_a_person(walk: Walker) -> None:
    for pending in ("yes", "no"):
        way = walk({**FOREIGNER, "residence_expiry": "2026-11-23"}, renewal_pending=pending)
        assert way.handovers == ["renewal_pending"]
    assert "renewal_pending" not in walk({**FOREIGNER, "residence_expiry": "2026-11-24"}).asked


@pytest.mark.parametrize("status", ["special_permanent_resident", "diplomat", "official"])
def test_who_may_stay_without_a_date_is_not_asked_for_one(walk: Walker, status: str) -> None:
    assert "residence_expiry" not in walk(FOREIGNER, residence_status=status).asked


@pytest.mark.parametrize(
    ("status", "date", "taken"),
    [
        ("student", "2031-11-25", True),
        ("student", "2031-11-26", False),
        ("permanent_resident", "2033-11-24", True),
        ("highly_skilled_professional", "2033-11-24", True),
        ("permanent_resident", "2033-11-25", False),
        ("student", "2026-01-01", True),
    ],
)
def test_a_stay_is_at_most_five_years_and_a_card_seven(walk: Walker, status: str, date: str, taken: bool) -> None:
    way = walk(FOREIGNER, residence_status=status, residence_expiry=date, renewal_pending="no")
    assert (way.refused == []) is taken


def test_up_to_three_nationalities(walk: Walker) -> None:
    way = walk(FOREIGNER, nationality_count="3", further_nationality__1="FRA", further_nationality__2="BEL")
    assert {"further_nationality[1]", "further_nationality[2]"} <= set(way.asked)
    way = walk(FOREIGNER, nationality_count="2", further_nationality__1="VNM")
    assert way.refused == ["further_nationality[1]"]


def test_a_japanese_is_asked_nothing_about_residence(walk: Walker) -> None:
    asked = set(walk(PENSIONER).asked)
    assert not asked & {"nationality_count", "residence_status", "residence_expiry", "renewal_pending"}


def test_ties_abroad_lead_to_the_tax_form_by_a_person(walk: Walker) -> None:
    way = walk(PENSIONER, overseas_ties="yes", residence_country="USA", tax_residence="other_only", us_person="no")
    assert [name for name in way.asked if name not in BASIC] == ["residence_country", "tax_residence", "us_person"]
    assert way.handovers == ["us_person"]


@pytest.mark.parametrize("who", ["self_current", "self_former", "family"])
def test_a_foreign_pep_names_the_post_and_goes_to_a_person(walk: Walker, who: str) -> None:
    way = walk(PENSIONER, foreign_pep=who, pep_relation="parent", pep_country="THA", pep_position="大使")
    relation = ["pep_relation"] if who == "family" else []
    assert [name for name in way.asked if name not in BASIC] == [*relation, "pep_country", "pep_position"]
    assert way.handovers == ["pep_position"]


def test_who_does_not_know_gets_the_definition_before_a_person(walk: Walker) -> None:
    assert walk(PENSIONER, foreign_pep="unknown", pep_recheck="none").handovers == []
    assert walk(PENSIONER, foreign_pep="unknown", pep_recheck="unknown").handovers == ["pep_recheck"]
    way = walk(
        PENSIONER,
        foreign_pep="unknown",
        pep_recheck="family",
        pep_relation="spouse",
        pep_country="THA",
        pep_position="大使",
    )
    assert way.handovers == ["pep_position"]


def test_shared_use_and_no_declaration_go_to_a_person(walk: Walker) -> None:
    assert walk(PENSIONER, own_use="no").handovers == ["own_use"]
    assert walk(PENSIONER, antisocial="not_declared").handovers == ["antisocial"]


@pytest.mark.parametrize(
    ("master", "given", "marked"),
    [
        (PENSIONER, {"occupation": "student", "purposes": "business", "employer": "みほん大学"}, "purposes"),
        (PENSIONER, {"occupation": "retired_unemployed", "purposes": "salary"}, "purposes"),
        (EMPLOYEE, {"purposes": "pension"}, "purposes"),
        (EMPLOYEE, {"purposes": "business"}, "purposes"),
        (
            PENSIONER,
            {"occupation": "homemaker", "monthly_amount": "over_10m", "large_amount_reason": "土地の売却"},
            "monthly_amount",
        ),
        ({**PENSIONER, "residence_status": "permanent_resident"}, {"nationality": "JPN"}, "nationality"),
        (PENSIONER, {"purposes": "foreign_exchange", "remittance": "no"}, "remittance"),
        (EMPLOYEE, {"occupation": "part_time"}, "employer"),
    ],
)
def test_each_cross_check_speaks(walk: Walker, master: dict[str, str], given: dict[str, str], marked: str) -> None:
    assert walk(master, **given).checks == [marked]


@pytest.mark.parametrize(
    ("master", "given"),
    [
        (PENSIONER, {"occupation": "self_employed", "purposes": "business"}),
        (PENSIONER, {"occupation": "retired_unemployed", "purposes": "pension"}),
        ({**EMPLOYEE, "birth_date": "1971-11-01"}, {"purposes": "pension"}),
        ({**EMPLOYEE, "birth_date": ""}, {"purposes": "pension"}),
        (EMPLOYEE, {"occupation": "part_time", "employer": "みほん書店"}),
    ],
)
def test_cross_checks_are_silent_where_the_answers_fit(
    walk: Walker, master: dict[str, str], given: dict[str, str]
) -> None:
    assert walk(master, **given).checks == []


@pytest.mark.parametrize("rating", ["", "low", "medium", "high"])
@pytest.mark.parametrize(
    "master", [{}, PENSIONER, EMPLOYEE, FOREIGNER], ids=["empty", "pensioner", "employee", "foreign"]
)
def test_every_required_item_is_covered(
    walk: Walker, individual: Questionnaire, master: dict[str, str], rating: str
) -> None:
    assert set(individual.required_items) <= walk({**master, "risk_rating": rating}).items
