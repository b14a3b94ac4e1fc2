"""The prompt that waits for a reply: part of the state, and like it a fold over the events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dialogs.conversation import events as ev
from dialogs.conversation.events import Form, Key
from dialogs.records import maker, quick


@quick
@dataclass(frozen=True, kw_only=True)
class OpenPrompt:
    """The prompt that waits for a reply."""

    form: Form
    key: Key | None = None
    #: Every token under which this same prompt was shown; the last one is the newest.
    tokens: tuple[str, ...] = ()
    value: str | None = field(default=None, repr=False)
    display: str | None = field(default=None, repr=False)
    basis: str | None = None
    #: The choices that are shown, where a reply fitted several; empty means all.
    only: tuple[str, ...] = ()
    #: Choices ticked so far in a select_multiple.
    selection: tuple[str, ...] = ()
    #: Of a list that is shown a page at a time: which page, from 0.
    page: int = 0
    failures: int = 0


_open_prompt = maker(OpenPrompt)


def opened(before: OpenPrompt | None, event: ev.Asked) -> OpenPrompt:
    """The open prompt after asking: the same prompt shown again keeps its older tokens and its count of failures."""
    same_key = before is not None and before.key == event.key
    again = before is not None and same_key and before.form is event.form and before.value == event.value
    return _open_prompt(
        form=event.form,
        key=event.key,
        tokens=(*before.tokens, event.token) if before is not None and again else (event.token,),
        value=event.value,
        display=event.display,
        basis=event.basis,
        only=event.only,
        selection=before.selection if before is not None and again else event.selection,
        page=before.page if before is not None and again and before.only == event.only else 0,
        failures=before.failures if before is not None and (again or (same_key and event.key)) else 0,
    )


def open_from_json(data: Mapping[str, Any] | None) -> OpenPrompt | None:
    """The open prompt behind a snapshot."""
    if data is None:
        return None
    key = data.get("key")
    fields: dict[str, Any] = {name: tuple(data[name]) for name in _TUPLES if name in data}
    fields |= {name: data[name] for name in _PLAIN if name in data}
    return OpenPrompt(form=Form(data["form"]), key=None if key is None else Key(*key), **fields)


def open_json(prompt: OpenPrompt) -> dict[str, Any]:
    """The open prompt as plain data, without what is as in any; ``open_from_json`` is its inverse."""
    data: dict[str, Any] = {"form": prompt.form.value}
    if prompt.key is not None:
        data["key"] = list(prompt.key)
    data |= {name: list(value) for name in _TUPLES if (value := getattr(prompt, name))}
    return data | {name: value for name in _PLAIN if (value := getattr(prompt, name)) != getattr(OpenPrompt, name)}


_TUPLES = ("tokens", "only", "selection")
_PLAIN = ("value", "display", "basis", "page", "failures")
