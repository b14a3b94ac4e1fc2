"""The prompt that waits for a reply: part of the state, and like it a fold over the events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dialogs.conversation import events as ev
from dialogs.conversation.events import Form, Key


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


def opened(before: OpenPrompt | None, event: ev.Asked) -> OpenPrompt:
    """The open prompt after asking: the same prompt shown again keeps its older tokens and its count of failures."""
    prompt = OpenPrompt(
        form=event.form,
        key=event.key,
        tokens=(event.token,),
        value=event.value,
        display=event.display,
        basis=event.basis,
        only=event.only,
        selection=event.selection,
    )
    if before is None or (before.form, before.key, before.value) != (event.form, event.key, event.value):
        failures = before.failures if before is not None and before.key == event.key and event.key else 0
        return replace(prompt, failures=failures)
    return replace(
        prompt,
        tokens=(*before.tokens, event.token),
        selection=before.selection,
        page=before.page if before.only == event.only else 0,
        failures=before.failures,
    )


def open_from_json(data: Mapping[str, Any] | None) -> OpenPrompt | None:
    """The open prompt behind a snapshot."""
    if data is None:
        return None
    return OpenPrompt(
        form=Form(data["form"]),
        key=None if data["key"] is None else Key(*data["key"]),
        tokens=tuple(data["tokens"]),
        value=data["value"],
        display=data["display"],
        basis=data["basis"],
        only=tuple(data["only"]),
        selection=tuple(data["selection"]),
        page=data.get("page", 0),
        failures=data["failures"],
    )


def open_json(prompt: OpenPrompt | None) -> dict[str, Any] | None:
    """The open prompt as plain data; ``open_from_json`` is its inverse."""
    if prompt is None:
        return None
    return {
        "form": prompt.form.value,
        "key": None if prompt.key is None else [prompt.key.question, prompt.key.instance],
        "tokens": list(prompt.tokens),
        "value": prompt.value,
        "display": prompt.display,
        "basis": prompt.basis,
        "only": list(prompt.only),
        "selection": list(prompt.selection),
        "page": prompt.page,
        "failures": prompt.failures,
    }
