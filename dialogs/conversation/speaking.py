"""Who answers: the customer, or by what was said somebody else for him."""

from __future__ import annotations

from dialogs.conversation.form import Position
from dialogs.conversation.vocabulary import CUSTOMER, PROXY, Key


def speaker(position: Position, key: Key, value: str) -> str:
    """Whose answer it is that is given now at ``key``."""
    for name, rule in position.plan.proxies:
        said = value if key.question == name else position.value(Key(name))
        if said and position.truth(rule, Key(name), said):
            return PROXY
    return CUSTOMER
