"""Which days a calendar offers for a date question; where a platform has none, the day is typed as ever.

The bounds are found by asking the question's own constraint, so they hold for any author's expression; what is
picked is read and checked like what is typed, so a bound that is too wide does no harm.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from dialogs.conversation.form import Position, Slot
from dialogs.conversation.prompts import DayPick, Phrase
from dialogs.definition.model import QuestionType

#: Where a calendar opens for somebody's birth: in the middle of those who are asked.
_BORN = date(1960, 1, 1)
#: How far from its first day a bound is looked for.
_REACH = 60 * 366


def days_of(position: Position, slot: Slot) -> DayPick | None:
    """The days for a question, or ``None`` where none is asked for."""
    question = slot.question
    if question is None or question.type is not QuestionType.DATE:
        return None
    is_birth = "birth_date" in (question.bot.kyc_item, question.bot.prefill)
    first = birth_days(position.now.date()) if is_birth else DayPick(label=_LABEL, initial=position.now.date())
    constraint = question.constraint
    if constraint is None:
        return first

    def fits(day: date) -> bool:
        return position.truth(constraint, slot.key, day.isoformat())

    if not fits(first.initial):
        return first
    latest = _bound(first.initial, 1, fits)
    return DayPick(
        label=_LABEL,
        initial=first.initial,
        earliest=_bound(first.initial, -1, fits),
        latest=latest if first.latest is None else min(first.latest, latest or first.latest),
    )


def birth_days(today: date) -> DayPick:
    """The days on which a person may have been born, or a company founded."""
    return DayPick(label=_LABEL, initial=min(_BORN, today), latest=today)


_LABEL = Phrase(key="button.pick_day")


def _bound(start: date, direction: int, fits: Callable[[date], bool]) -> date | None:
    """The last day that fits, going one way; ``None`` where there is none within reach."""

    def day(steps: int) -> date:
        return start + timedelta(days=direction * steps)

    near, far = 0, 1
    while fits(day(far)):
        if far == _REACH:
            return None
        near, far = far, min(far * 2, _REACH)
    while far - near > 1:
        middle = (near + far) // 2
        near, far = (middle, far) if fits(day(middle)) else (near, middle)
    return day(near)
