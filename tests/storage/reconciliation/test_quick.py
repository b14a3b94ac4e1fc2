"""The quick readers say what the readers of replies say, or leave it to them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random

import pytest
from hypothesis import given, settings, strategies as st

from storage.reconciliation.notation import unify_width
from storage.reconciliation.quick import quick_amount, quick_day, quick_email, quick_phone, quick_postal_code
from storage.reconciliation.reading import read_value
from tests.storage.reconciliation.labelled import values
from tests.storage.reconciliation.labelled.places import kanji

QUICK: dict[str, Callable[[str], str | None]] = {
    "amount": quick_amount,
    "date": quick_day,
    "postal_code": quick_postal_code,
    "email": quick_email,
    "phone": quick_phone,
}


def agree(kind: str, text: str) -> bool:
    """Whether the quick reader was quick, having made sure that it was right."""
    quick = QUICK[kind](unify_width(text).strip())
    slow = read_value(kind, text)
    if kind == "email" and slow is not None:
        slow = slow.casefold()
    # A number that nobody could dial, or an amount that nobody has, is no reply, but it may stand in a record.
    assert quick is None or quick == slow or (kind in ("phone", "amount") and slow is None), (quick, slow)
    return quick is not None


@pytest.mark.parametrize("kind", sorted(QUICK))
def test_usual_notations_are_read_quickly_and_alike(kind: str) -> None:
    rng = Random(kind)
    makers: dict[str, Callable[[], str]] = {
        "amount": lambda: values.amount_written(rng, values.amount(rng)),
        "date": lambda: values.day_written(rng, values.day(rng, date(1930, 1, 1), date(2031, 12, 31))),
        "postal_code": lambda: values.postal_written(rng, values.digits(rng, 7)),
        "email": lambda: values.email_written(rng, values.email(rng)),
        "phone": lambda: values.phone_written(rng, values.phone(rng)),
    }
    quick = [agree(kind, makers[kind]()) for _ in range(400)]
    assert sum(quick) > 250


@given(st.sampled_from(sorted(QUICK)), st.text("0123456789/-.年月日昭和平成令SHRT元〒+() @abc_,円万億¥", max_size=16))
@settings(max_examples=400, deadline=None)
def test_no_text_is_read_otherwise_than_by_the_reader(kind: str, text: str) -> None:
    agree(kind, text)


ERAS = st.sampled_from(["昭和", "平成", "令和", "S", "H", "R", "大正", "明治", "T", "M"])


@given(ERAS, st.integers(0, 70), st.integers(0, 13), st.integers(0, 32), st.sampled_from(["年 月 日", ". . ", "/ / "]))
@settings(max_examples=400, deadline=None)
def test_days_at_the_ends_of_eras_are_read_alike(era: str, year: int, month: int, day: int, signs: str) -> None:
    first, second, third = signs.split(" ")
    agree("date", f"{era}{year}{first}{month}{second}{day}{third}")
    agree("date", f"{era}{kanji(year)}年{kanji(month)}月{kanji(day)}日")
    agree("date", f"{era}元年{month}月{day}日")
