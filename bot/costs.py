"""What one message, letter, call or visit costs a bank, as it says itself."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

#: What has a price: a message of LINE beyond the free replies, one by telephone number, and the ways outside the chat.
PRICED = ("line", "line_notification", "letter", "phone", "visit")


def read_costs(text: str) -> Mapping[str, Decimal]:
    """Yen by kind, from ``letter=110,phone=300``; raises ``ValueError``."""
    costs: dict[str, Decimal] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        kind, _, price = (word.strip() for word in part.partition("="))
        try:
            costs[kind] = Decimal(price)
        except InvalidOperation:
            raise ValueError(f"is KIND=YEN,KIND=YEN with kinds of {', '.join(PRICED)}") from None
        if kind not in PRICED or not costs[kind].is_finite() or costs[kind] < 0:
            raise ValueError(f"is KIND=YEN,KIND=YEN with kinds of {', '.join(PRICED)}")
    return costs
