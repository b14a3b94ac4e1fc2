"""How a typed or tapped reply becomes a value: one module per kind, all pure, all in one table.

Importing this package is light; dictionaries are loaded by the first reply that needs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dialogs.replies.address import read_address
from dialogs.replies.base import Reader
from dialogs.replies.codes import read_corporate_number
from dialogs.replies.country import read_country
from dialogs.replies.dates import read_date
from dialogs.replies.email import read_email
from dialogs.replies.freetext import read_text
from dialogs.replies.money import read_amount
from dialogs.replies.names import read_kana, read_name
from dialogs.replies.numbers import read_decimal, read_integer, read_percentage
from dialogs.replies.phone import read_phone
from dialogs.replies.postal_code import read_postal_code
from dialogs.replies.residence_card import read_residence_card
from dialogs.replies.residence_status import read_residence_status
from dialogs.replies.surroundings import tolerant
from dialogs.replies.yes_no import read_yes_no

_READERS: Mapping[str, Reader] = {
    "date": read_date,
    "amount": read_amount,
    "integer": read_integer,
    "decimal": read_decimal,
    "percentage": read_percentage,
    "name": read_name,
    "kana": read_kana,
    "postal_code": read_postal_code,
    "address": read_address,
    "phone": read_phone,
    "email": read_email,
    "country": read_country,
    "residence_status": read_residence_status,
    "corporate_number": read_corporate_number,
    "residence_card": read_residence_card,
    "yes_no": read_yes_no,
}
#: Kind -> reader; the kinds of ``bot::kind`` and of ``kakunin reply``. Free text stays as it is typed.
READERS: Mapping[str, Reader] = MappingProxyType(
    {**{kind: tolerant(kind, reader) for kind, reader in _READERS.items()}, "text": read_text}
)
