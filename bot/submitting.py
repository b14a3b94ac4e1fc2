"""From a confirmed conversation to the record that the bank keeps: every answer with its evidence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from dialogs.conversation.answering import wording
from dialogs.conversation.form import Position
from dialogs.conversation.state import State
from dialogs.definition.model import Questionnaire, pick


def answer_rows(
    definition: Questionnaire, state: State, now: datetime, raw_text: Callable[[str], str | None]
) -> list[dict[str, Any]]:
    """The relevant answers in form order: value, raw reply, wording shown, state, time, who.

    ``raw_text`` opens the content row of a reply; it gives ``None`` for one that was taken back.
    """
    position = Position(definition, state, now)
    rows: list[dict[str, Any]] = []
    for slot in position.asked_slots:
        question = slot.question
        answer = state.answers.get(slot.key)
        if question is None or answer is None:
            continue
        rows.append(
            {
                "name": question.name,
                "instance": slot.key.instance,
                "value": answer.value,
                "display": answer.display,
                "state": answer.state.value,
                "marked": answer.marked,
                "raw": raw_text(answer.content_id) if answer.content_id is not None else None,
                "wording": wording(position, question, answer.locale),
                "choices": [
                    pick(choice.label, answer.locale, definition.default_language)
                    for choice in position.choices(question, slot.key)
                ],
                "locale": answer.locale,
                "at": answer.at.isoformat(),
                "by": answer.by,
            }
        )
    return rows
