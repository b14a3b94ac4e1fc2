"""What an expression sees of a conversation: the answers as text, from one place of the form.

In a constraint the question's own name means the answer on trial, as ``.`` does, also among the instances of its
repeat: that is how ODK reads it, and an author who writes ``${age} > 17`` at ``age`` means just that.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from dialogs.conversation.events import Key
from dialogs.definition.model import Choice, Group, Question, Questionnaire


class Answers(Protocol):
    """The form as it stands (``form.Position``)."""

    definition: Questionnaire
    now: datetime
    known: dict[str, str]

    def value(self, key: Key) -> str: ...

    def plain(self, name: str) -> str | None: ...

    def instances(self, repeat: Group) -> int: ...

    def counted(self, name: str) -> int: ...

    def label(self, question: Question, choice: str) -> str: ...


class AnswerScope:
    """The answers seen from ``key``; ``own`` is an answer on trial there, ``choice`` the row a filter looks at."""

    __slots__ = ("_choice", "_key", "_own", "_position")

    def __init__(self, position: Answers, key: Key, own: str | None = None, choice: Choice | None = None) -> None:
        self._position = position
        self._key = key
        self._own = own
        self._choice = choice

    def value(self, name: str) -> str:
        if self._own is not None and name == self._key.question:
            return self._own
        found = self._position.known.get(name)
        if found is None:
            found = self._position.plain(name)
        return self._value(self._place(name)) if found is None else found

    def _value(self, key: Key) -> str:
        return self._own if key == self._key and self._own is not None else self._position.value(key)

    def own(self) -> str:
        return self._position.value(self._key) if self._own is None else self._own

    def today(self) -> date:
        return self._position.now.date()

    def now(self) -> datetime:
        return self._position.now

    def label(self, question: str, choice: str) -> str:
        return self._position.label(self._position.definition.question(question), choice)

    def column(self, name: str) -> str:
        if self._choice is None:
            return ""
        return self._choice.name if name == "name" else self._choice.extra.get(name, "")

    def series(self, name: str) -> Sequence[str]:
        position = self._position
        if name in position.definition.groups:
            return ("1",) * position.counted(name)
        repeat = position.definition.repeats.get(name)
        if repeat is None:
            return (self._value(Key(name)),)
        instances = range(1, position.instances(repeat) + 1)
        return tuple(text for i in instances if (text := self._value(Key(name, i))))

    def instance(self) -> int:
        return self._key.instance

    def of_instance(self, name: str, instance: int) -> str:
        position = self._position
        repeat = position.definition.repeats.get(name)
        there = repeat is not None and instance <= position.counted(repeat.name)
        return self._value(Key(name, instance)) if there else ""

    def _place(self, name: str) -> Key:
        """A name inside the same repeat means the same instance; from outside, the first one."""
        repeats = self._position.definition.repeats
        repeat = repeats.get(name)
        if repeat is None:
            return Key(name)
        inside = repeats.get(self._key.question) is repeat
        return Key(name, self._key.instance if inside else 1)
