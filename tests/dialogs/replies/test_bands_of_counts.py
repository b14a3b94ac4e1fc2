"""How many people work there, in figures or in words, finds its band: 12人 is one of 6人から20人."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, strategies as st

from dialogs.definition.yaml_format import load_shipped
from dialogs.replies.base import Parsed, ReplyContext
from dialogs.replies.choices import read_choice

TODAY = ReplyContext(today=date(2026, 11, 28))
FORM = load_shipped("corporate")
BANDS = FORM.choices[FORM.by_name["staff_count"].list_name or ""]


def band(text: str) -> str | None:
    found = read_choice(text, BANDS, TODAY, FORM.default_language)
    return str(found.value) if isinstance(found, Parsed) else None


@given(count=st.integers(0, 9999), unit=st.sampled_from(["人", "名です", "人くらい"]))
def test_every_count_lies_in_its_band(count: int, unit: str) -> None:
    lowest = {int(choice.extra["from"]): choice.name for choice in BANDS}
    assert band(f"{count}{unit}") == lowest[max(low for low in lowest if low <= count)]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("従業員は45名です", "from_21"),
        ("二十人くらい", "from_6"),
        ("350", "from_301"),
        ("6番", "from_301"),
        ("⑥", "from_301"),
        ("いません", "up_to_1"),
        ("家族だけ", "from_2"),
        # The third of the list or three people; two counts; no count at all.
        ("3", None),
        ("社員3人とパート5人", None),
        ("12人ではない", None),
        ("20人未満", None),
        ("5人か6人", None),
    ],
)
def test_in_the_words_of_a_company(text: str, name: str | None) -> None:
    assert band(text) == name
