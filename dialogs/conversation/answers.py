"""What is known at one place of a form, with its evidence, and how the answers stand in the snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from dialogs.conversation.vocabulary import AnswerState, Key
from dialogs.records import quick


@quick
@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is known at one key."""

    value: str = field(repr=False)
    display: str = field(repr=False)
    state: AnswerState
    at: datetime
    #: With the version of the form, the wording that was shown.
    locale: str
    by: str = "customer"
    content_id: str | None = None
    marked: bool = False
    #: The version of the form in which it was given.
    definition_sha256: str = ""
    #: The platform on which it was given; empty where the log does not say.
    channel: str = ""

    @property
    def codes(self) -> tuple[str, ...]:
        """The choices of a select_multiple."""
        return tuple(self.value.split())


Answers = MappingProxyType[Key, Answer]
#: What most answers of a conversation share: language, version of the form and platform as they are now.
Common = tuple[str, str, str]

_MICROSECOND = timedelta(microseconds=1)
_MISSING: list[Any] = [None] * 12


def rows_of(answers: Answers, common: Common, since: datetime) -> list[list[Any]]:
    """The answers as rows in which the end may be missing, their times counted from ``since``."""
    rows = []
    for key, answer in answers.items():
        locale, sha256, channel = common
        row = [
            key.question,
            answer.value,
            None if answer.display == answer.value else answer.display,
            (answer.at - since) // _MICROSECOND,
            answer.content_id,
            None if answer.state is AnswerState.ANSWERED else answer.state.value,
            None if answer.locale == locale else answer.locale,
            None if answer.by == "customer" else answer.by,
            answer.marked or None,
            key.instance or None,
            None if answer.definition_sha256 == sha256 else answer.definition_sha256,
            None if answer.channel == channel else answer.channel,
        ]
        while row[-1] is None:
            row.pop()
        rows.append(row)
    return rows


def answers_of(rows: Iterable[Any], common: Common, since: datetime | None) -> Answers:
    """The answers behind the rows."""
    locale, sha256, channel = common
    answers: dict[Key, Answer] = {}
    for row in rows:
        if since is None:
            key, answer = _before_there_were_rows(row)
            answers[key] = Answer(**answer, definition_sha256=sha256, channel=channel)
            continue
        (
            question,
            value,
            display,
            at,
            content_id,
            how,
            other_locale,
            by,
            marked,
            instance,
            other_form,
            other_channel,
        ) = row + _MISSING[len(row) :]
        answers[Key(question, instance or 0)] = Answer(
            value=value,
            display=value if display is None else display,
            state=AnswerState.ANSWERED if how is None else AnswerState(how),
            at=since + at * _MICROSECOND,
            locale=other_locale or locale,
            by=by or "customer",
            content_id=content_id,
            marked=bool(marked),
            definition_sha256=sha256 if other_form is None else other_form,
            channel=channel if other_channel is None else other_channel,
        )
    return MappingProxyType(answers)


def _before_there_were_rows(row: Mapping[str, Any]) -> tuple[Key, dict[str, Any]]:
    fields = {name: row[name] for name in ("value", "display", "locale", "by", "content_id", "marked")}
    return Key(*row["key"]), fields | {"state": AnswerState(row["state"]), "at": datetime.fromisoformat(row["at"])}
