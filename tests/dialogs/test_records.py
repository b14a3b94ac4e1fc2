"""Records that are made and copied at once are what ``dataclasses`` would make of them."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, field, replace
from types import MappingProxyType
from typing import Any

import pytest

from dialogs.conversation import events as ev
from dialogs.conversation.answering import Taken
from dialogs.conversation.answers import Answer
from dialogs.conversation.open_prompts import OpenPrompt
from dialogs.conversation.prompts import Message, Phrase, Prompt, ShownButton
from dialogs.conversation.state import State
from dialogs.conversation.steps import Step
from dialogs.records import changed, maker, quick


@dataclass(frozen=True, kw_only=True)
class Plain:
    kind = "record"
    name: str
    words: str = field(default="", repr=False)
    more: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))


@quick
@dataclass(frozen=True, kw_only=True)
class Quick:
    kind = "record"
    name: str
    words: str = field(default="", repr=False)
    more: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))


def test_a_quick_record_is_like_a_plain_one() -> None:
    for given in ({"name": "a"}, {"words": "secret", "name": "b"}):
        plain, made = Plain(**given), Quick(**given)
        assert vars(made) == vars(maker(Quick)(**given)) == vars(plain)
        assert type(maker(Quick)(**given)) is Quick
        assert repr(made) == repr(plain).replace("Plain", "Quick")
        assert made == Quick(**given)
        assert made != Quick(name="c")
        assert replace(made, name="d") == changed(made, name="d") == Quick(**{**given, "name": "d"})


@pytest.mark.parametrize("given", [{}, {"words": "a"}, {"name": "a", "other": 1}, {"words": "a", "other": 1}])
def test_it_is_made_of_its_fields_alone(given: dict[str, Any]) -> None:
    for make in (Plain, Quick, maker(Quick)):
        with pytest.raises(TypeError):
            make(**given)


@pytest.mark.parametrize(
    "cls", [Quick, State, Answer, OpenPrompt, Step, Taken, Phrase, Prompt, Message, ShownButton, ev.Asked, ev.Answered]
)
def test_it_is_never_changed(cls: type[Any]) -> None:
    record = object.__new__(cls)
    for name in cls.__dataclass_fields__:
        with pytest.raises(FrozenInstanceError):
            setattr(record, name, None)
