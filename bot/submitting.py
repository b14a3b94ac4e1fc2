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
    definition: Questionnaire,
    state: State,
    now: datetime,
    raw_text: Callable[[str], str | None],
    version: Callable[[str], Questionnaire] | None = None,
) -> list[dict[str, Any]]:
    """The relevant answers in form order: value, raw reply, wording shown, state, time, platform, who.

    ``raw_text`` opens the content row of a reply; it gives ``None`` for one that was taken back.  ``version`` gives
    the form of a digest: what was answered before the form was renewed was asked in the words of then; without it the
    words of now stand.
    """
    position = Position(definition, state, now)
    rows: list[dict[str, Any]] = []
    for slot in position.asked_slots:
        question = slot.question
        answer = state.answers.get(slot.key)
        if question is None or answer is None:
            continue
        sha256 = answer.definition_sha256 or definition.sha256
        shown = position
        if version is not None and sha256 != definition.sha256:
            shown = Position(version(sha256), state, now)
        asked = shown.definition.question(question.name)
        rows.append(
            {
                "name": question.name,
                "instance": slot.key.instance,
                "value": answer.value,
                "display": answer.display,
                "state": answer.state.value,
                # What was changed elsewhere since may have done away with the doubt.
                "marked": answer.marked and position.is_doubted(slot, answer),
                "raw": raw_text(answer.content_id) if answer.content_id is not None else None,
                "wording": wording(shown, asked, answer.locale),
                "choices": [
                    pick(choice.label, answer.locale, shown.definition.default_language)
                    for choice in shown.choices(asked, slot.key)
                ],
                "definition_sha256": sha256,
                "locale": answer.locale,
                "channel": answer.channel or None,
                "at": answer.at.isoformat(),
                "by": answer.by,
            }
        )
    return rows
