"""What was typed into a form that is entered: under the name of who typed it, in one pass or two.

Promise: a text that holds a secret is dropped before it is read or kept; who did not change a text is not its author.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dialogs.conversation.events import Key
from dialogs.conversation.filling import Filled, Written, key_of, secret_in
from dialogs.definition.model import Questionnaire
from storage.cases import Case
from storage.customers import Customer
from storage.entries import Entry, Pass

#: The longest text at one place.
LONGEST = 1000
#: Which texts a state of the form is about.
PASS_OF = {"first": "first", "second": "second", "compare": "decided"}


@dataclass(frozen=True)
class Sheet:
    """An entry with what belongs to it."""

    entry: Entry
    case: Case
    customer: Customer
    definition: Questionnaire


def differing(first: Filled, second: Filled) -> frozenset[Key]:
    """Where two entries of one form do not say the same."""
    values = [
        {line.slot.key: (line.answer.value, line.answer.state) for line in filled.lines if line.answer is not None}
        for filled in (first, second)
    ]
    return frozenset(key for key in values[0].keys() | values[1].keys() if values[0].get(key) != values[1].get(key))


def saved_of(sheet: Sheet) -> dict[Key, Written]:
    """What was saved of the pass at hand; of a comparison what both have typed, and what was decided."""
    passes = sheet.entry.passes
    if sheet.entry.state == "compare":
        return as_written({**passes.get("first", {}), **passes.get("second", {}), **passes.get("decided", {})})
    return as_written(passes.get(PASS_OF.get(sheet.entry.state, ""), {}))


def written_of(
    sheet: Sheet, texts: Mapping[str, str], by: str, now: datetime
) -> tuple[dict[Key, Written], dict[Key, str]]:
    """What stands on the page, each text under the name of who typed it; and the kinds of secrets that were dropped."""
    found, withheld = dict(saved_of(sheet)), dict[Key, str]()
    for name, text in texts.items():
        key = key_of(name)
        if key is None or not (key.question in sheet.definition.by_name or key.question in sheet.definition.groups):
            continue
        text = text.strip()[:LONGEST]
        secret = secret_in(sheet.definition, key, text)
        if secret is not None:
            withheld[key] = secret
            found.pop(key, None)
        elif key not in found or found[key].text != text:
            found[key] = Written(text=text, by=by, at=now)
    return {key: one for key, one in found.items() if one.text}, withheld


def texts_of_others(saved: Mapping[Key, Written], typed: Mapping[Key, Written]) -> dict[Key, str]:
    """What somebody else has saved where something else is typed."""
    return {key: one.text for key, one in saved.items() if key not in typed or typed[key].text != one.text}


def as_pass(written: Mapping[Key, Written]) -> dict[str, dict[str, str]]:
    """As it is kept."""
    return {str(key): {"text": one.text, "by": one.by, "at": one.at.isoformat()} for key, one in written.items()}


def as_written(kept: Pass) -> dict[Key, Written]:
    """What was kept."""
    found = {}
    for name, one in kept.items():
        key = key_of(name)
        if key is not None:
            found[key] = Written(text=one["text"], by=one["by"], at=datetime.fromisoformat(one["at"]))
    return found
