"""One comparator per kind of field, and the one function that the worker and the commands call.

Promise: ``compare`` is pure: the same two values always give the same verdict, on any day and any
machine (``COMPARATOR_VERSION`` changes when it does not).  Reading is left to the reply readers, so
that a master value and a customer's reply are understood alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from dialogs.japanese.kana import to_katakana
from dialogs.japanese.variants import has_gaiji
from storage.reconciliation.address import AddressKey, read_address
from storage.reconciliation.notation import (
    Steps,
    long_marks,
    spell_out_company,
    unify_width,
    without_dashes,
    without_spaces,
)
from storage.reconciliation.places import compare_places
from storage.reconciliation.reading import read_value
from storage.reconciliation.slips import is_one_edit, is_swap
from storage.reconciliation.variants import fold_kana, same_characters
from storage.reconciliation.verdict import Comparator, Verdict, VerdictCode, decide

#: The columns of the master file and the kind that compares each; other columns are compared as text.
FIELD_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "customer_no": "code",
        "kind": "code",
        "name": "name",
        "name_kana": "kana",
        "birth_date": "birth_date",
        "postal_code": "postal_code",
        "address": "address",
        "phone": "phone",
        "email": "email",
        "occupation": "code",
        "employer": "text",
        "purposes": "codes",
        "nationality": "country",
        "residence_status": "code",
        "residence_expiry": "date",
        "risk_rating": "code",
        "branch_no": "code",
        "last_confirmed_on": "date",
        "relationship_end_on": "date",
        "locale": "code",
        "corporate_number": "corporate_number",
        "representative_name": "name",
        "business": "text",
        "owners": "owners",
    }
)

_LATIN = re.compile(r"[a-zÀ-ɏ .,'\-]+", re.IGNORECASE)
_KANA = re.compile(r"[ァ-ヺーa-z0-9.,&'()\-]+")
_PUNCTUATION = re.compile("[・･·.,，．、。'’\"“”「」]")

_Canonical = tuple[Any, tuple[str, ...]] | None


def compare(field_kind: str, master: str, answer: str, *, codes: Mapping[str, str] = MappingProxyType({})) -> Verdict:
    """The verdict on one field of ``field_kind``; ``codes`` names the choices of a coded field by folded label."""
    if codes and field_kind in ("code", "codes"):
        return decide(_coded(codes, many=field_kind == "codes"), master, answer)
    return decide(COMPARATORS[field_kind], master, answer)


def _slip(reason: str) -> Verdict:
    return Verdict(verdict=VerdictCode.SUSPECTED_SLIP, reason=reason)


def _one_typo(left: str, right: str) -> Verdict | None:
    if is_swap(left, right):
        return _slip("swapped")
    return _slip("one_character") if is_one_edit(left, right) else None


def _swap_only(left: str, right: str) -> Verdict | None:
    return _slip("swapped") if is_swap(left, right) else None


def _never(_left: object, _right: object) -> None:
    return None


# Names and free text -------------------------------------------------------------------------------


def _name(value: str) -> _Canonical:
    if has_gaiji(value):
        return None
    steps = Steps(value).to(unify_width(value), "width")
    steps.to(spell_out_company(steps.text), "company_form").to(steps.text.casefold(), "case")
    steps.to(re.sub("[‘’`´]", "'", steps.text), "punctuation")
    if _LATIN.fullmatch(steps.text):
        words = re.split(r"[\s.,]+", steps.text.strip(" .,"))
        steps.to(" ".join(words), "space").to("".join(sorted(words)), "order")
        return (steps.text, tuple(steps.rules)) if steps.text else None
    steps.to(without_spaces(steps.text), "space").to(long_marks(steps.text), "dash")
    steps.to(_PUNCTUATION.sub("", steps.text), "punctuation")
    return (steps.text, tuple(steps.rules)) if steps.text else None


def _name_typo(left: str, right: str) -> Verdict | None:
    """One wrong character of a kanji name is another name; in Latin letters it is more likely a slip."""
    if _LATIN.fullmatch(left) and _LATIN.fullmatch(right) and min(len(left), len(right)) > 4:
        return _one_typo(left, right)
    return _swap_only(left, right)


def _text(value: str) -> _Canonical:
    if has_gaiji(value):
        return None
    steps = Steps(value).to(unify_width(value), "width")
    steps.to(spell_out_company(steps.text), "company_form").to(steps.text.casefold(), "case")
    steps.to(without_spaces(steps.text), "space").to(long_marks(steps.text), "dash")
    steps.to(re.sub("[‐‑‒–—―−－─━]", "-", steps.text), "dash").to(_PUNCTUATION.sub("", steps.text), "punctuation")
    return (steps.text, tuple(steps.rules)) if steps.text else None


def _kana(value: str) -> _Canonical:
    steps = Steps(value).to(unify_width(value), "width")
    steps.to(without_spaces(steps.text), "space").to(to_katakana(steps.text.casefold()), "kana_script")
    steps.to(long_marks(steps.text), "dash").to(steps.text.replace("・", ""), "punctuation")
    return (steps.text, tuple(steps.rules)) if _KANA.fullmatch(steps.text) else None


def _kana_variant(left: str, right: str) -> tuple[str, ...] | None:
    return ("small_kana",) if fold_kana(left) == fold_kana(right) else None


def _kana_typo(left: str, right: str) -> Verdict | None:
    return _one_typo(left, right) if min(len(left), len(right)) > 3 else _swap_only(left, right)


# Values with a reader ------------------------------------------------------------------------------


def _by_reader(kind: str, rule: str) -> Callable[[str], _Canonical]:
    def canonical(value: str) -> _Canonical:
        plain = Steps(value).to(unify_width(value), "width").to(without_spaces(unify_width(value)), "space")
        read = read_value(kind, value)
        if read is None:
            return None
        shape = without_dashes(plain.text) if kind in ("phone", "postal_code", "corporate_number") else plain.text
        rules = [*plain.rules, *(["dash"] if shape != plain.text else []), *([rule] if read != shape else [])]
        return read, tuple(dict.fromkeys(rules))

    return canonical


def _phone(value: str) -> _Canonical:
    """National digits; a number that the reader would not take from a customer is still the number of a record."""
    read = _by_reader("phone", "country_code")(value)
    if read is not None:
        return read
    steps = Steps(value).to(unify_width(value), "width").to(without_spaces(unify_width(value)), "space")
    steps.to(without_dashes(re.sub("[().]", "", steps.text)), "dash")
    return (steps.text, tuple(steps.rules)) if re.fullmatch("0[0-9]{9,10}", steps.text) else None


def _date_typo(left: str, right: str) -> Verdict | None:
    """A new year alone is a renewal; neighbours swapped, month for day, or one wrong digit of the day is a slip."""
    if left[:4] == right[:4] and left[5:7] == right[8:] and left[8:] == right[5:7]:
        return _slip("swapped")
    if is_swap(left.replace("-", ""), right.replace("-", "")):
        return _slip("swapped")
    return _slip("one_character") if left[:4] == right[:4] and is_one_edit(left, right) else None


def _birth_date_typo(left: str, right: str) -> Verdict | None:
    return _date_typo(left, right) or (_slip("one_character") if is_one_edit(left, right) else None)


def _amount_typo(left: str, right: str) -> Verdict | None:
    one, other = sorted((abs(int(left)), abs(int(right))))
    return _slip("factor_ten") if one and other == one * 10 else None


def _corporate_number(value: str) -> _Canonical:
    """Thirteen digits, whether or not the check digit fits: a wrong one is a slip, not unreadable."""
    steps = Steps(value).to(unify_width(value), "width").to(without_spaces(unify_width(value)), "space")
    steps.to(without_dashes(steps.text), "dash").to(re.sub("^[Tt]", "", steps.text), "invoice_letter")
    return (steps.text, tuple(steps.rules)) if re.fullmatch("[0-9]{13}", steps.text) else None


def _corporate_number_typo(left: str, right: str) -> Verdict | None:
    if read_value("corporate_number", right) is None:
        return _slip("check_digit")
    return _one_typo(left, right)


# Codes, sets, owners -------------------------------------------------------------------------------


def _countries(value: str) -> _Canonical:
    steps = Steps(value).to(unify_width(value), "width")
    found = [read_value("country", part) for part in _parts(steps.text)]
    known = sorted({code for code in found if code is not None})
    if not known or None in found:
        return None
    rules = [*steps.rules, *(["country_name"] if ";".join(known) != steps.text else [])]
    return tuple(known), tuple(rules)


def _parts(text: str) -> list[str]:
    """The members of a list: ``;`` of the contract, or a comma of either language."""
    return [part.strip() for part in re.split("[;；,，、|\n]", text) if part.strip()]


def _coded(codes: Mapping[str, str], *, many: bool) -> Comparator[Any]:
    def canonical(value: str) -> _Canonical:
        steps = Steps(value).to(unify_width(value), "width").to(unify_width(value).casefold(), "case")
        parts = _parts(steps.text) if many else [steps.text.strip()]
        if many and len(parts) == 1 and re.fullmatch(r"[a-z0-9_-]+( [a-z0-9_-]+)+", parts[0]) and parts[0] not in codes:
            parts = parts[0].split()
        named = [codes.get(without_spaces(part), without_spaces(part)) for part in parts]
        rules = list(steps.rules)
        if named != parts:
            rules.append("label")
        if named != sorted(set(named)):
            rules.append("order")
        return (tuple(sorted(set(named))), tuple(rules)) if named else None

    return Comparator(canonical=canonical, variant=_never, explain=_never)


def _owners(value: str) -> _Canonical:
    """The owners as a set of persons; anything but the JSON list of the contract is for a person to read."""
    try:
        owners = json.loads(value)
    except ValueError:
        return None
    if not isinstance(owners, list) or not all(isinstance(owner, dict) for owner in owners):
        return None
    keys: list[tuple[tuple[str, str], ...]] = []
    for owner in owners:
        parts: dict[str, str] = {}
        for name, item in owner.items():
            comparator = COMPARATORS.get(_OWNER_KINDS.get(str(name), "text"))
            read = comparator.canonical(str(item)) if comparator and str(item).strip() else None
            if str(item).strip():
                if read is None:
                    return None
                parts[str(name)] = repr(read[0])
        keys.append(tuple(sorted(parts.items())))
    return tuple(sorted(keys)), ("order",)


_OWNER_KINDS = {
    "name": "name",
    "name_kana": "kana",
    "birth_date": "date",
    "nationality": "country",
    "share": "percentage",
}


def _address(value: str) -> tuple[AddressKey, tuple[str, ...]] | None:
    key = read_address(value)
    return None if key is None else (key, key.rules)


def _email(value: str) -> _Canonical:
    """Mailboxes that differ in case alone are one in practice; the reader keeps the case of the local part."""
    read = _by_reader("email", "case")(value)
    return None if read is None else (read[0].casefold(), read[1])


_CONFLICT = Verdict(verdict=VerdictCode.CONFLICT, reason="immutable_differs")

#: Kind of field -> how it is compared.
COMPARATORS: Mapping[str, Comparator[Any]] = MappingProxyType(
    {
        "name": Comparator(canonical=_name, variant=same_characters, explain=_name_typo),
        "kana": Comparator(canonical=_kana, variant=_kana_variant, explain=_kana_typo),
        "text": Comparator(canonical=_text, variant=same_characters, explain=_never),
        "address": Comparator(canonical=_address, variant=_never, explain=compare_places),
        "date": Comparator(canonical=_by_reader("date", "date_form"), variant=_never, explain=_date_typo),
        "birth_date": Comparator(
            canonical=_by_reader("date", "date_form"), variant=_never, explain=_birth_date_typo, otherwise=_CONFLICT
        ),
        "postal_code": Comparator(canonical=_by_reader("postal_code", "mark"), variant=_never, explain=_swap_only),
        "phone": Comparator(canonical=_phone, variant=_never, explain=_one_typo),
        "email": Comparator(canonical=_email, variant=_never, explain=_one_typo),
        "amount": Comparator(canonical=_by_reader("amount", "amount_form"), variant=_never, explain=_amount_typo),
        "percentage": Comparator(canonical=_by_reader("percentage", "amount_form"), variant=_never, explain=_never),
        "country": Comparator(canonical=_countries, variant=_never, explain=_never),
        "code": _coded({}, many=False),
        "codes": _coded({}, many=True),
        "corporate_number": Comparator(
            canonical=_corporate_number, variant=_never, explain=_corporate_number_typo, otherwise=_CONFLICT
        ),
        "residence_card": Comparator(
            canonical=_by_reader("residence_card", "card_form"), variant=_never, explain=_one_typo
        ),
        "owners": Comparator(canonical=_owners, variant=_never, explain=_never),
    }
)
