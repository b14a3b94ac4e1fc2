"""Who answers: the customer, or by what was said somebody else for him."""

from __future__ import annotations

from dialogs.conversation.form import Position
from dialogs.conversation.vocabulary import CUSTOMER, PROXY, Key
from dialogs.definition.expressions import Expression
from dialogs.definition.model import Questionnaire


def speaker(position: Position, key: Key, value: str) -> str:
    """Whose answer it is that is given now at ``key``."""
    form = position.definition
    for name, rule in form.once("proxy", lambda: _rules(form)):
        said = value if key.question == name else position.value(Key(name))
        if said and position.truth(rule, Key(name), said):
            return PROXY
    return CUSTOMER


def _rules(form: Questionnaire) -> tuple[tuple[str, Expression], ...]:
    rules = ((question.name, question.bot.proxy) for question in form.questions)
    return tuple((name, rule) for name, rule in rules if rule is not None)
