"""One comparator per kind of field, and the one function that the worker and the commands call.

Promise: ``compare`` is pure: the same two values always give the same verdict, on any day and any
machine (``COMPARATOR_VERSION`` changes when it does not).  Reading is left to the reply readers, so
that a master value and a customer's reply are understood alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from storage.reconciliation import names, readable
from storage.reconciliation.address import AddressKey, read_address
from storage.reconciliation.coded import coded
from storage.reconciliation.owners import owners_comparator
from storage.reconciliation.places import compare_places
from storage.reconciliation.verdict import Comparator, Verdict, decide

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
        "nationality": "nationality",
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


def compare(field_kind: str, master: str, answer: str, *, codes: Mapping[str, str] = MappingProxyType({})) -> Verdict:
    """The verdict on one field of ``field_kind``; ``codes`` names the choices of a coded field by folded label."""
    if codes and field_kind in ("code", "codes"):
        return decide(coded(codes, many=field_kind == "codes"), master, answer)
    return decide(COMPARATORS[field_kind], master, answer)


def _address(value: str) -> tuple[AddressKey, tuple[str, ...]] | None:
    key = read_address(value)
    return None if key is None else (key, key.rules)


#: Kind of field -> how it is compared.
COMPARATORS: Mapping[str, Comparator[Any]] = MappingProxyType(
    {
        "name": names.NAME,
        "kana": names.KANA,
        "text": names.TEXT,
        "address": Comparator(canonical=_address, fold=readable.never, explain=compare_places),
        "date": readable.DATE,
        "birth_date": readable.BIRTH_DATE,
        "postal_code": readable.POSTAL_CODE,
        "phone": readable.PHONE,
        "email": readable.EMAIL,
        "amount": readable.AMOUNT,
        "percentage": readable.PERCENTAGE,
        "country": readable.COUNTRY,
        "nationality": readable.NATIONALITY,
        "code": coded({}, many=False),
        "codes": coded({}, many=True),
        "corporate_number": readable.CORPORATE_NUMBER,
        "residence_card": readable.RESIDENCE_CARD,
        "owners": owners_comparator(compare),
    }
)
