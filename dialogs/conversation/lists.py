"""How much of a long list of choices is shown at a time.

Promise: every choice can be reached and each keeps its number on every page, so that a typed number means the
same wherever the customer is.  Turning a page is no answer and no failure.  How long a list may be is data of
the channel; without it (a terminal, a test of a form) a list is shown whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dialogs.conversation.prompts import Button, Phrase

#: Says which page of the open list is wanted, from 0.
_TURN = "page"


@dataclass(frozen=True, kw_only=True)
class ListLimits:
    """What a channel shows of a list."""

    #: So many choices stand in one message.
    whole: int
    #: A longer list is shown so many at a time ...
    page: int
    #: ... up to this length; a list that is longer still is typed and narrowed (dialogs.conversation.narrowing).
    paged: int

    def is_typed(self, count: int) -> bool:
        """Whether a list of ``count`` choices is not shown until the customer has typed how one begins."""
        return count > self.paged


@dataclass(frozen=True, kw_only=True)
class Page:
    """A part of a list."""

    buttons: tuple[Button, ...]
    #: To the pages before and behind it.
    turns: tuple[Button, ...] = ()
    #: Which part of what this is.
    about: tuple[Phrase, ...] = ()


def page_of(numbered: Sequence[Button], wanted: int, limits: ListLimits | None) -> Page:
    """The page that is wanted, or the nearest one; a list that is not too long as a whole, without numbers."""
    if limits is None or len(numbered) <= limits.whole:
        return Page(buttons=tuple(replace(button, number=None) for button in numbered))
    pages = -(-len(numbered) // limits.page)
    at = min(max(wanted, 0), pages - 1)
    turns = [
        Button(option=f"{_TURN}{to}", label=Phrase(key=key), beside=True)
        for to, key in ((at - 1, "button.page_before"), (at + 1, "button.page_after"))
        if 0 <= to < pages
    ]
    about = Phrase(key="engine.page", params={"page": str(at + 1), "pages": str(pages), "count": str(len(numbered))})
    start = at * limits.page
    return Page(buttons=tuple(numbered[start : start + limits.page]), turns=tuple(turns), about=(about,))


def wanted_page(option: str, count: int, limits: ListLimits | None) -> int | None:
    """The page to which a button of a list of ``count`` leads; ``None`` where it leads to none."""
    if limits is None or count <= limits.whole:
        return None
    number = option.removeprefix(_TURN)
    if number == option or not number.isascii() or not number.isdecimal():
        return None
    return int(number) if len(number) < 4 and int(number) * limits.page < count else None
