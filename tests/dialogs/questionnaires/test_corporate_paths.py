"""Who is asked what in the corporate form, walked through the engine's own position."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from dialogs.definition.model import Questionnaire

Walker = Callable[..., Any]

OWNERS = json.dumps([{"name": "佐藤 一郎", "share": 100}], ensure_ascii=False)
COMPANY = {
    "kind": "corporate",
    "name": "株式会社みほん商事",
    "name_kana": "ミホンショウジ",
    "birth_date": "1998-04-01",
    "postal_code": "1000001",
    "address": "東京都千代田区千代田1-2-3",
    "phone": "0312345678",
    "email": "info@example.jp",
    "purposes": "business;sales_receipts",
    "corporate_number": "7000012050002",
    "representative_name": "佐藤 一郎",
    "business": "wholesale",
    "owners": OWNERS,
    "risk_rating": "low",
}
NO_OWNERS = {**COMPANY, "owners": ""}

UNCHANGED = [
    *("consent", "respondent", "corporate_type", "listed", "corporate_number", "name", "address", "offices"),
    *("phone", "email", "website", "representative_name", "operation", "business_lines", "business_detail"),
    *("yearly_sales", "staff_count", "purposes", "monthly_amount", "large_cash", "remittance", "sanctioned"),
    *("owners", "owners_pep", "foreign_pep", "own_use", "antisocial"),
]


def added(way: Any) -> list[str]:
    return [name for name in way.asked if name not in UNCHANGED]


def test_a_company_with_nothing_changed_is_asked_nothing_twice(company: Walker) -> None:
    way = company(COMPANY)
    assert way.asked == UNCHANGED
    assert way.unchanged == [
        *("corporate_number", "name", "address", "phone", "email", "representative_name", "business_lines"),
        *("purposes", "owners"),
    ]
    assert way.notes == ["intro_purpose", "intro_channel", "intro_never"]
    assert way.handovers == way.checks == way.refused == []


def test_with_nothing_registered_everything_is_asked_outright(company: Walker) -> None:
    way = company()
    assert not way.unchanged
    assert {"established", "name_kana", "postal_code", "representative_kana", "representative_birth_date"} <= set(
        way.asked
    )
    assert not [note for note in way.notes if note.endswith("_change_notice")]


def test_refusing_consent_ends_before_anything_is_asked(company: Walker) -> None:
    way = company(COMPANY, consent="disagree")
    assert (way.ended_at, way.asked) == ("consent", ["consent"])


@pytest.mark.parametrize("who", ["in_charge", "accounting", "proxy"])
def test_who_is_not_the_representative_says_who_he_is_and_that_he_may_answer(company: Walker, who: str) -> None:
    way = company(COMPANY, respondent=who)
    assert added(way) == ["respondent_name", "respondent_department", "respondent_authorised"]
    assert way.handovers == []
    assert ("authority_notice" in way.notes) == (who == "proxy")
    assert company(COMPANY, respondent=who, respondent_authorised="no").handovers == ["respondent_authorised"]


def test_changes_on_the_register_lead_to_the_formal_procedure(company: Walker) -> None:
    way = company(COMPANY, name="株式会社みほん物産", name_kana="ミホンブッサン")
    assert added(way) == ["name_kana", "name_latin"]
    assert "name_change_notice" in way.notes
    way = company(COMPANY, address="大阪府大阪市北区梅田1-2-3")
    assert (added(way), "address_change_notice" in way.notes) == (["postal_code"], True)
    way = company(COMPANY, representative_name="鈴木 次郎")
    assert added(way) == ["representative_kana", "representative_title", "representative_birth_date"]
    assert "representative_change_notice" in way.notes


def test_places_of_business(company: Walker) -> None:
    assert added(company(COMPANY, offices="elsewhere", office_address="大阪府大阪市北区梅田1-2-3")) == [
        "office_address"
    ]
    way = company(COMPANY, offices="abroad", office_count="2", office_country__1="THA", office_country__2="IRN")
    assert added(way) == ["office_count", "office_country[1]", "office_country[2]"]
    assert way.handovers == ["office_country[2]"]


@pytest.mark.parametrize("state", ["suspended", "liquidating"])
def test_a_business_that_rests_goes_to_a_person(company: Walker, state: str) -> None:
    assert company(COMPANY, operation=state).handovers == ["operation"]


@pytest.mark.parametrize("line", ["second_hand", "pawnshop", "money_lending", "money_exchange", "real_estate", "waste"])
def test_lines_of_business_that_need_a_licence_give_its_number(company: Walker, line: str) -> None:
    assert added(company(COMPANY, business_lines=f"services {line}")) == ["licence"]


def test_other_business_is_put_into_words_and_a_vague_one_asked_again(company: Walker) -> None:
    assert added(company(COMPANY, business_lines="other", industry_other="ペット")) == ["industry_other"]
    assert company(COMPANY, business_detail="いろいろです").refused == ["business_detail"]
    assert company(COMPANY, business_detail="卸売").refused == ["business_detail"]


@pytest.mark.parametrize("rating", ["medium", "high"])
def test_higher_ratings_tell_of_their_partners_and_high_of_proof(company: Walker, rating: str) -> None:
    way = company({**COMPANY, "risk_rating": rating})
    assert added(way) == ["main_partners"]
    assert ("owner_proof_notice" in way.notes) == (rating == "high")


def test_large_amounts_and_cash_are_explained(company: Walker) -> None:
    assert added(company(COMPANY, monthly_amount="over_30m", large_amount_reason="店舗の建設")) == [
        "large_amount_reason"
    ]
    assert added(company(COMPANY, large_cash="yes", cash_detail="仕入れ", cash_amount="over_2m")) == [
        *("cash_detail", "cash_amount")
    ]


REMITTANCE = {
    "remittance": "yes",
    "remittance_country__1": "USA",
    "remittance_country__2": "THA",
    "remittance_purpose": "goods",
    "trade_goods": "中古の農業機械",
    "remittance_detail": "現地の販売会社",
    "remittance_currency": "usd",
    "remittance_frequency": "monthly",
    "remittance_amount": "over_30m",
}


def test_trade_tells_of_countries_goods_and_partners(company: Walker) -> None:
    way = company(COMPANY, **REMITTANCE, remittance_count="2")
    assert added(way) == [
        *("remittance_count", "remittance_country[1]", "remittance_country[2]", "remittance_purpose", "trade_goods"),
        *("remittance_detail", "remittance_currency", "remittance_frequency", "remittance_amount"),
    ]
    given = {**REMITTANCE, "remittance_country__1": "PRK", "remittance_count": "1"}
    assert company(COMPANY, **given).handovers == ["remittance_country[1]"]
    way = company(COMPANY, sanctioned="yes", sanctioned_country="IRN", sanctioned_detail="部品の輸出")
    assert way.handovers == ["sanctioned_detail"]


@pytest.mark.parametrize("who", ["self_current", "self_former", "family"])
def test_a_foreign_pep_is_named_and_goes_to_a_person(company: Walker, who: str) -> None:
    given = {"pep_person": "佐藤 一郎", "pep_country": "THA", "pep_position": "大使"}
    way = company(COMPANY, foreign_pep=who, **given)
    assert (added(way), way.handovers) == (["pep_person", "pep_country", "pep_position"], ["pep_position"])
    assert company(COMPANY, foreign_pep="unknown", pep_recheck="none").handovers == []
    assert company(COMPANY, foreign_pep="unknown", pep_recheck="unknown").handovers == ["pep_recheck"]
    assert company(COMPANY, owners_pep=who.removeprefix("self_")).handovers == ["owners_pep"]


def test_shared_use_and_no_declaration_go_to_a_person(company: Walker) -> None:
    assert company(COMPANY, own_use="no").handovers == ["own_use"]
    assert company(COMPANY, antisocial="not_declared").handovers == ["antisocial"]


@pytest.mark.parametrize(
    ("given", "marked"),
    [
        ({"purposes": "payroll", "staff_count": "up_to_1"}, "purposes"),
        ({"monthly_amount": "over_30m", "large_amount_reason": "土地", "yearly_sales": "under_10m"}, "monthly_amount"),
        ({"monthly_amount": "over_100m", "large_amount_reason": "土地", "yearly_sales": "from_10m"}, "monthly_amount"),
        ({"purposes": "foreign_exchange"}, "remittance"),
        ({"owners": "割合が変わった", "owner_birth_date__1": "2015-01-01"}, "owner_birth_date[1]"),
    ],
)
def test_each_cross_check_speaks(company: Walker, given: dict[str, str], marked: str) -> None:
    assert company(COMPANY, **given).checks == [marked]


@pytest.mark.parametrize("rating", ["", "low", "medium", "high"])
@pytest.mark.parametrize(
    ("master", "given"),
    [
        ({}, {}),
        (COMPANY, {}),
        (COMPANY, {"corporate_type": "association"}),
        (NO_OWNERS, {"listed": "listed", "listed_market": "東京証券取引所"}),
        (NO_OWNERS, {"owner_majority": "no"}),
    ],
    ids=["empty", "unchanged", "association", "listed", "representative"],
)
def test_every_required_item_is_covered(
    company: Walker, corporate: Questionnaire, master: dict[str, str], given: dict[str, str], rating: str
) -> None:
    assert set(corporate.required_items) <= company({**master, "risk_rating": rating}, **given).items
