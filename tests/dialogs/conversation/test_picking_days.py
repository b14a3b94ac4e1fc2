"""The days that a calendar offers: as the question's own constraint has it, opened where most people are."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from dialogs.conversation.picking_days import birth_days
from dialogs.conversation.prompts import DayPick
from tests.dialogs.conversation.talking import NOW, Talk, form

TODAY = NOW.date()


def days(constraint: str = "", **bot: str) -> DayPick | None:
    extra = f', constraint: "{constraint}"' if constraint else ""
    kind = ", bot: {" + ", ".join(f"{key}: {value}" for key, value in bot.items()) + "}" if bot else ""
    talk = Talk(form(f'- {{type: date, name: day, label: {{ja: いつですか}}, required: "true()"{extra}{kind}}}'))
    return talk.prompts[-1].days


@pytest.mark.parametrize(
    ("constraint", "earliest", "latest"),
    [
        ("", None, None),
        (". <= today() + 1827", None, TODAY + timedelta(days=1827)),
        (". >= today()", TODAY, None),
        (". > today() - 31 and . < today() + 1", TODAY - timedelta(days=30), TODAY),
        (". = today()", TODAY, TODAY),
        # Nothing can be said of what does not hold where one would begin.
        (". > today() + 3", None, None),
    ],
)
def test_bounds_are_those_of_the_constraint(constraint: str, earliest: date | None, latest: date | None) -> None:
    found = days(constraint)
    assert found is not None
    assert (found.initial, found.earliest, found.latest) == (TODAY, earliest, latest)


def test_a_birth_date_opens_in_the_middle_of_those_who_are_asked() -> None:
    found = days(kyc_item="birth_date")
    assert found is not None
    assert (found.initial, found.earliest, found.latest) == (date(1960, 1, 1), None, TODAY)
    narrowed = days(". < today() - 6574", kyc_item="birth_date")
    assert narrowed is not None
    assert (narrowed.initial, narrowed.latest) == (date(1960, 1, 1), TODAY - timedelta(days=6575))
    assert birth_days(date(1950, 5, 5)).initial == date(1950, 5, 5)


def test_only_a_date_is_picked() -> None:
    talk = Talk(form('- {type: text, name: word, label: {ja: 何ですか}, required: "true()"}'))
    assert talk.prompts[-1].days is None
    (message,) = talk.said
    assert message.days is None


def test_the_bounds_of_an_echo_and_of_an_offer_are_not_asked() -> None:
    talk = Talk(form('- {type: date, name: day, label: {ja: いつ}, required: "true()", bot: {confirm: "true"}}'))
    assert talk.said[-1].days is not None
    talk.type("2027-04-01")
    assert talk.said[-1].days is None
