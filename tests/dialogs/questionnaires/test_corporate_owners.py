"""The wizard of the beneficial owners: its order, who is exempt, and what shares can stand together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dialogs.definition.model import Questionnaire
from tests.dialogs.questionnaires.test_corporate_paths import COMPANY, NO_OWNERS

Walker = Callable[..., Any]

VOTES = ("stock_company", "limited_company", "foreign_company")
PROFIT = (
    *("godo_company", "partnership_company", "general_incorporated", "public_interest", "medical", "school"),
    *("religious", "welfare", "npo", "cooperative", "other"),
)
EXEMPT = ("association", "public_body")

ONE = [
    *("owner_kind", "owner_name", "owner_kana", "owner_birth_date", "owner_address", "owner_nationality"),
    *("owner_relation", "owner_share", "owner_holding", "owner_pep"),
]


def owners_of(way: Any) -> list[str]:
    """What was asked about beneficial owners."""
    return [name for name in way.asked if name.startswith("owner")]


def each(*names: str, instance: int = 1) -> list[str]:
    return [f"{name}[{instance}]" for name in names]


@pytest.mark.parametrize("kind", EXEMPT)
def test_state_bodies_and_associations_name_nobody(company: Walker, kind: str) -> None:
    way = company(COMPANY, corporate_type=kind)
    assert owners_of(way) == ["owner_exempt"]
    assert ("corporate_number" in way.asked) == (kind == "public_body")
    assert "listed" not in way.asked
    assert company(COMPANY, corporate_type=kind, owner_exempt="no").handovers == ["owner_exempt"]


@pytest.mark.parametrize(("listed", "detail"), [("listed", "listed_market"), ("listed_subsidiary", "listed_parent")])
def test_listed_companies_and_their_subsidiaries_name_nobody(company: Walker, listed: str, detail: str) -> None:
    way = company(NO_OWNERS, listed=listed, **{detail: "みほん取引所"})
    assert detail in way.asked
    assert owners_of(way) == ["owner_exempt"]
    assert not [note for note in way.notes if note.startswith("owner_")]


def test_the_kinds_are_all_told_apart(corporate: Questionnaire) -> None:
    assert {choice.name for choice in corporate.choices["corporate_types"]} == {*VOTES, *PROFIT, *EXEMPT}


@pytest.mark.parametrize("kind", [*VOTES, *PROFIT])
def test_more_than_half_is_that_person_alone(company: Walker, kind: str) -> None:
    way = company(NO_OWNERS, corporate_type=kind, corporate_type_other="管理組合法人")
    assert owners_of(way) == ["owner_majority", *each(*ONE)]
    wanted = "owner_votes_notice" if kind in VOTES else "owner_profit_notice"
    # The indirect holding is explained before the first share is asked.
    assert [note for note in way.notes if note.startswith("owner_")] == [wanted, "owner_indirect_notice"]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_else_everyone_with_more_than_a_quarter(company: Walker, count: int) -> None:
    way = company(
        NO_OWNERS,
        owner_majority="no",
        owner_quarter="yes",
        owner_count=str(count),
        owner_share__1="40",
        owner_share__2="30",
        owner_share__3="30",
    )
    people = [name for number in range(1, count + 1) for name in each(*ONE, instance=number)]
    assert owners_of(way) == ["owner_majority", "owner_quarter", "owner_count", *people]
    assert way.refused == []


def test_else_whoever_has_influence_without_a_share(company: Walker) -> None:
    way = company(NO_OWNERS, owner_majority="no", owner_influence="yes", owner_count="4")
    people = [
        name
        for number in range(1, 5)
        for name in each(*(n for n in ONE if n not in ("owner_share", "owner_holding")), instance=number)
    ]
    assert owners_of(way) == ["owner_majority", "owner_quarter", "owner_influence", "owner_count", *people]
    assert company(NO_OWNERS, owner_majority="no", owner_influence="yes", owner_count="more").handovers == [
        "owner_count"
    ]


def test_else_the_representative_whose_name_is_known(company: Walker) -> None:
    way = company(NO_OWNERS, owner_majority="no")
    assert owners_of(way) == [
        *("owner_majority", "owner_quarter", "owner_influence"),
        *each("owner_birth_date", "owner_address", "owner_nationality", "owner_pep"),
    ]
    assert "owner_representative_notice" in way.notes


def test_where_profits_count_influence_counts_beside_a_quarter(company: Walker) -> None:
    given = {"corporate_type": "npo", "owner_majority": "no", "owner_quarter": "yes"}
    assert "owner_ground[1]" not in company(NO_OWNERS, **given, owner_count="1", owner_share__1="30").asked
    way = company(
        NO_OWNERS,
        **given,
        owner_influence="yes",
        owner_count="2",
        owner_ground__1="share",
        owner_ground__2="influence",
        owner_share__1="30",
    )
    assert {"owner_ground[1]", "owner_ground[2]", "owner_share[1]"} <= set(way.asked)
    assert "owner_share[2]" not in way.asked


def test_who_does_not_know_gets_the_explanation_before_a_person(company: Walker) -> None:
    assert company(NO_OWNERS, owner_majority="unknown", owner_recheck="majority").handovers == []
    way = company(NO_OWNERS, owner_majority="no", owner_quarter="unknown", owner_recheck="nobody")
    assert (way.handovers, "owner_influence" in way.asked) == ([], True)
    # Once a person has helped, nobody comes to the review without an owner.
    way = company(NO_OWNERS, owner_majority="unknown", owner_recheck="unknown", owner_settled="majority")
    assert (way.handovers, "owner_address[1]" in way.asked) == (["owner_recheck"], True)
    way = company(NO_OWNERS, owner_majority="no", owner_influence="unknown", owner_influence_settled="no")
    assert (way.handovers, "owner_address[1]" in way.asked) == (["owner_influence"], True)


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"owner_share__1": "50"}, "owner_share[1]"),
        ({"owner_share__1": "50.01"}, None),
        ({"owner_share__1": "100"}, None),
        ({"owner_share__1": "100.5"}, "owner_share[1]"),
        ({"owner_majority": "no", "owner_share__1": "60"}, "owner_share[1]"),
        ({"owner_majority": "no", "owner_share__1": "25"}, "owner_share[1]"),
        ({"owner_majority": "no", "owner_share__1": "50", "owner_share__2": "50"}, None),
        ({"owner_majority": "no", "owner_share__1": "50", "owner_share__2": "50.5"}, "owner_share[2]"),
        (
            {"owner_majority": "no", "owner_count": "3", **{f"owner_share__{n}": "34" for n in (1, 2, 3)}},
            "owner_share[3]",
        ),
    ],
)
def test_shares_fit_the_step_and_each_other(company: Walker, given: dict[str, str], refused: str | None) -> None:
    way = company(NO_OWNERS, **{"owner_quarter": "yes", "owner_count": "2", **given})
    assert way.refused == ([refused] if refused else [])


def test_of_a_listed_or_public_owner_only_name_and_address_are_asked(company: Walker) -> None:
    way = company(NO_OWNERS, owner_kind__1="organisation", owner_name__1="みほん電力株式会社")
    assert not {"owner_birth_date[1]", "owner_nationality[1]", "owner_pep[1]"} & set(way.asked)
    assert {"owner_name[1]", "owner_address[1]", "owner_share[1]"} <= set(way.asked)


@pytest.mark.parametrize("who", ["current", "former", "family", "unknown"])
def test_an_owner_with_a_foreign_post_goes_to_a_person(company: Walker, who: str) -> None:
    assert company(NO_OWNERS, owner_pep__1=who).handovers == ["owner_pep[1]"]


def test_registered_owners_stay_or_are_asked_anew(company: Walker) -> None:
    way = company(COMPANY)
    assert owners_of(way) == ["owners", "owners_pep"]
    way = company(COMPANY, owners="割合が変わった")
    assert owners_of(way) == ["owners", "owner_majority", *each(*ONE)]
    assert "owners" not in company({**COMPANY, "owners": "[]"}).asked
