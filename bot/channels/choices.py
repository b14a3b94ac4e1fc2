"""How the labels of buttons are shortened without losing their meaning; shared by the platforms.

Promise: where a label does not fit on its button, the button carries the number and the start of
the label, and the full wording stands under the same number in the text above.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.channels.base import Tap
from bot.channels.limits import clean, cut, has_at_most, is_blank, utf16_units
from dialogs.conversation.prompts import Message, ShownButton

#: A label of 20 graphemes with marks and rare kanji; more units than this are an oddity, and are cut.
_LABEL_UNITS = 60
#: In the token's place for a message that asks nothing: never a live token, so a tap is stale at worst.
NO_TOKEN = "-"  # noqa: S105


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A button ready to be drawn."""

    label: str
    #: The wording in full, as the customer says it by tapping.
    wording: str
    data: str = field(default="", repr=False)
    #: The address of a page, where the button opens one and sends nothing.
    opens: str = field(default="", repr=False)
    #: Stands in one row with its neighbours that say so too.
    beside: bool = False


class DoesNotFit(ValueError):
    """A message that no drawing makes fit: an option too long or not ASCII."""


def button_data(conversation_ref: str, message: Message, button: ShownButton, most_bytes: int) -> str:
    """The tap behind ``button``; raises ``DoesNotFit`` where the platform would refuse it."""
    data = Tap(conversation_ref=conversation_ref, token=message.token or NO_TOKEN, option=button.option).encode()
    if not data.isascii() or not data.isprintable() or len(data) > most_bytes or not button.option:
        raise DoesNotFit(f"button data is not 1 to {most_bytes} printable ASCII characters")
    return data


def _fits(label: str, most: int) -> bool:
    return not is_blank(label) and has_at_most(label, most) and utf16_units(label) <= _LABEL_UNITS


def _one_line(label: str) -> str:
    return " ".join(clean(label).split())


def number_labels(
    buttons: Sequence[ShownButton], data: Sequence[str], most: int, text: str
) -> tuple[list[Choice], list[str]]:
    """The choices, and the numbered lines that the text needs because a label is too long for its button.

    A text that already lists a label under a number keeps that number, so that what is typed,
    tapped and read is the same number on every page of a long list.
    """
    labels = [_one_line(button.label) for button in buttons]
    if any(button.number is not None for button in buttons):
        return _under_their_numbers(buttons, labels, data, most)
    if all(_fits(label, most) for label in labels):
        return [Choice(label=label, wording=label, data=d) for label, d in zip(labels, data, strict=True)], []
    listed = [_listed_number(label, text) for label in labels]
    complete = all(number is not None for number in listed)
    choices = []
    lines = []
    for position, (label, known, d) in enumerate(zip(labels, listed, data, strict=True), start=1):
        number = known if complete and known is not None else position
        if is_blank(label):
            choices.append(Choice(label=str(number), wording=str(number), data=d))
            continue
        choices.append(Choice(label=cut(f"{number}. {label}", most, units=_LABEL_UNITS), wording=label, data=d))
        lines.append(f"{number}. {label}")
    return choices, [] if complete else lines


def _under_their_numbers(
    buttons: Sequence[ShownButton], labels: Sequence[str], data: Sequence[str], most: int
) -> tuple[list[Choice], list[str]]:
    """A part of a long list: its choices carry the numbers of the whole list, the other buttons none."""
    choices = []
    lines = []
    for button, label, d in zip(buttons, labels, data, strict=True):
        blank = is_blank(label)
        if button.number is None:
            shown = "…" if blank else cut(label, most, units=_LABEL_UNITS)
        else:
            shown = str(button.number) if blank else f"{button.number}. {label}"
            lines += [] if blank else [shown]
        wording = shown if blank else label
        choices.append(
            Choice(label=cut(shown, most, units=_LABEL_UNITS), wording=wording, data=d, beside=button.beside)
        )
    return choices, lines if any(not _fits(line, most) for line in lines) else []


def in_rows(choices: Sequence[Choice]) -> list[list[Choice]]:
    """One choice a row, but those side by side that say so."""
    rows: list[list[Choice]] = []
    for choice in choices:
        if choice.beside and rows and rows[-1][-1].beside:
            rows[-1].append(choice)
        else:
            rows.append([choice])
    return rows


def text_with_pages(message: Message) -> str:
    """The text, with what is said beside each page's button, or in its place where there is none."""
    return "\n\n".join([message.text, *(link.words if link.address else link.otherwise for link in message.links)])


def page_choices(message: Message, most: int) -> list[Choice]:
    """The buttons of the pages whose address was made."""
    made = [(_shorten(link.label, most), link.address) for link in message.links if link.address]
    return [Choice(label=shown, wording=wording, opens=address) for (shown, wording), address in made]


def _listed_number(label: str, text: str) -> int | None:
    """The number under which a line of ``text`` says ``label``."""
    if is_blank(label):
        return None
    found = re.search(rf"(?m)^\s*(\d{{1,3}})[.．)）:：\s]\s*{re.escape(label)}\s*$", text)
    return int(found[1]) if found else None


def shorten_labels(buttons: Sequence[ShownButton], data: Sequence[str], most: int) -> list[Choice]:
    """Ways out, which carry no number: a label that is too long ends in dots and is said in full by the tap."""
    choices = []
    for button, d in zip(buttons, data, strict=True):
        shown, wording = _shorten(button.label, most)
        choices.append(Choice(label=shown, wording=wording, data=d))
    return choices


def _shorten(label: str, most: int) -> tuple[str, str]:
    """A label as it fits on its button, and in full."""
    label = _one_line(label)
    return ("…", "…") if is_blank(label) else (cut(label, most, units=_LABEL_UNITS), label)
