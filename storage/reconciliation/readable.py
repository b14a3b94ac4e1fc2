"""Comparing values that have a reader: days, numbers, codes of registers, mail addresses.

Promise: a value is understood here as in a reply, so that 昭和39年10月10日 and 1964-10-10 are one day; what no reader
takes for certain is never called the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from storage.reconciliation.notation import Steps, unify_width, without_dashes, without_spaces
from storage.reconciliation.quick import quick_amount, quick_day, quick_email, quick_phone, quick_postal_code
from storage.reconciliation.reading import read_value
from storage.reconciliation.slips import is_one_edit, is_swap, one_typo, slip
from storage.reconciliation.verdict import Comparator, Verdict, VerdictCode

_Canonical = tuple[str, tuple[str, ...]] | None
#: Kinds whose dashes only part the figures.
_DASHED = ("phone", "postal_code", "corporate_number")
_QUICK: dict[str, Callable[[str], str | None]] = {
    "amount": quick_amount,
    "date": quick_day,
    "phone": quick_phone,
    "postal_code": quick_postal_code,
    "email": quick_email,
}
_CODE_IN_SMALL = re.compile("[a-z]{3}")
_CONFLICT = Verdict(verdict=VerdictCode.CONFLICT, reason="immutable_differs")


def never(_left: object, _right: object) -> None:
    return None


def _not_quick(_text: str) -> str | None:
    return None


def _by_reader(kind: str, rule: str) -> Callable[[str], _Canonical]:
    quick = _QUICK.get(kind, _not_quick)

    def canonical(value: str) -> _Canonical:
        wide = unify_width(value)
        plain = Steps(value).to(wide, "width").to(without_spaces(wide), "space")
        read = quick(wide.strip()) or read_value(kind, value)
        if read is None:
            return None
        shape = without_dashes(plain.text) if kind in _DASHED else plain.text
        rules = [*plain.rules, *(["dash"] if shape != plain.text else []), *([rule] if read != shape else [])]
        return read, tuple(dict.fromkeys(rules))

    return canonical


# Days ------------------------------------------------------------------------------------------


def _date_typo(left: str, right: str) -> Verdict | None:
    """A new year alone is a renewal; neighbours swapped, month for day, or one wrong digit of the day is a slip."""
    if left[:4] == right[:4] and left[5:7] == right[8:] and left[8:] == right[5:7]:
        return slip("swapped")
    if is_swap(left.replace("-", ""), right.replace("-", "")):
        return slip("swapped")
    return slip("one_character") if left[:4] == right[:4] and is_one_edit(left, right) else None


def _birth_date_typo(left: str, right: str) -> Verdict | None:
    return _date_typo(left, right) or (slip("one_character") if is_one_edit(left, right) else None)


# Numbers ---------------------------------------------------------------------------------------


def _phone(value: str) -> _Canonical:
    """National digits; a number that the reader would not take from a customer is still the number of a record."""
    read = _READ_PHONE(value)
    if read is not None:
        return read
    steps = Steps(value).to(unify_width(value), "width").to(without_spaces(unify_width(value)), "space")
    steps.to(without_dashes(re.sub("[().]", "", steps.text)), "dash")
    # A spreadsheet drops the zero in front of what it takes for a number.
    steps.to(_ZERO_LOST.sub("0", steps.text), "leading_zero")
    return (steps.text, tuple(steps.rules)) if re.fullmatch("0[0-9]{9,10}", steps.text) else None


#: Nine figures of a fixed line, ten of a mobile one.
_ZERO_LOST = re.compile("^(?=[1-9][0-9]{8}$|[5-9]0[0-9]{8}$)")
_READ_PHONE = _by_reader("phone", "country_code")


def _amount_typo(left: str, right: str) -> Verdict | None:
    one, other = sorted((abs(int(left)), abs(int(right))))
    return slip("factor_ten") if one and other == one * 10 else None


def _corporate_number(value: str) -> _Canonical:
    """Thirteen digits, whether or not the check digit fits: a wrong one is a slip, not unreadable."""
    steps = Steps(value).to(unify_width(value), "width").to(without_spaces(unify_width(value)), "space")
    steps.to(without_dashes(steps.text), "dash").to(re.sub("^[Tt]", "", steps.text), "invoice_letter")
    return (steps.text, tuple(steps.rules)) if re.fullmatch("[0-9]{13}", steps.text) else None


def _corporate_number_typo(left: str, right: str) -> Verdict | None:
    if read_value("corporate_number", right) is None:
        return slip("check_digit")
    return one_typo(left, right)


# Mail addresses and countries --------------------------------------------------------------------


_READ_EMAIL = _by_reader("email", "case")


def _email(value: str) -> _Canonical:
    """Mailboxes that differ in case alone are one in practice; the reader keeps the case of the local part."""
    read = _READ_EMAIL(value)
    return None if read is None else (read[0].casefold(), read[1])


def _countries(value: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    steps = Steps(value).to(unify_width(value), "width")
    found = [_country(part) for part in parts_of(steps.text)]
    known = sorted({code for code in found if code is not None})
    if not known or None in found:
        return None
    rules = [*steps.rules, *(["country_name"] if ";".join(known) != steps.text else [])]
    return tuple(known), tuple(rules)


@lru_cache(maxsize=1024)
def _country(text: str) -> str | None:
    # A code in small letters is no reply, but in a file it is the code.
    return read_value("country", text.upper() if _CODE_IN_SMALL.fullmatch(text) else text)


def parts_of(text: str) -> list[str]:
    """The members of a list: ``;`` of the contract, or a comma of either language."""
    return [part.strip() for part in re.split("[;；,，、|\n]", text) if part.strip()]


DATE = Comparator(canonical=_by_reader("date", "date_form"), fold=never, explain=_date_typo)
BIRTH_DATE = Comparator(
    canonical=_by_reader("date", "date_form"), fold=never, explain=_birth_date_typo, otherwise=_CONFLICT
)
POSTAL_CODE = Comparator(canonical=_by_reader("postal_code", "mark"), fold=never, explain=one_typo)
PHONE = Comparator(canonical=_phone, fold=never, explain=one_typo)
EMAIL = Comparator(canonical=_email, fold=never, explain=one_typo)
AMOUNT = Comparator(canonical=_by_reader("amount", "amount_form"), fold=never, explain=_amount_typo)
PERCENTAGE = Comparator(canonical=_by_reader("percentage", "amount_form"), fold=never, explain=never)
COUNTRY = Comparator(canonical=_countries, fold=never, explain=never)
#: A nationality stays, unless new papers say otherwise, which only the other columns can tell.
NATIONALITY = Comparator(canonical=_countries, fold=never, explain=never, otherwise=_CONFLICT)
CORPORATE_NUMBER = Comparator(
    canonical=_corporate_number, fold=never, explain=_corporate_number_typo, otherwise=_CONFLICT
)
RESIDENCE_CARD = Comparator(canonical=_by_reader("residence_card", "card_form"), fold=never, explain=one_typo)
