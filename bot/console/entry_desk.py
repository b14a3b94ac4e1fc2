"""The one way in which the console enters a form for a customer.

The pages never read an answer or move a case themselves: what a text means, who may go on with a draft and what a
finished form does to the case is settled behind this protocol, in the transaction of the deed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from storage.staff import StaffMember


class EntryNotDone(Exception):
    """The deed was not done and nothing has changed; ``code`` names the sentence (``console.entry.not_done``)."""

    def __init__(self, code: str, entry_id: str = "") -> None:
        super().__init__(code)
        self.code = code
        #: The entry that stands in the way.
        self.entry_id = entry_id


@dataclass(frozen=True, kw_only=True)
class Told:
    """A sentence of the catalogue, or (without a key) words of the questionnaire."""

    key: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class EntryLine:
    """One place of the form."""

    #: ``question`` or ``question[instance]``.
    key: str
    #: As on paper; empty for "is there another one?".
    number: str
    label: str
    #: Number and words of each choice.
    choices: tuple[tuple[str, str], ...] = ()
    #: text, choice, choices, yes_no
    kind: str = "text"
    #: What the bank holds, masked; empty where nothing could be confirmed.
    registered: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    #: missing, problem, answered, unchanged, declined, empty, check
    state: str
    #: How the text was read.
    display: str = field(default="", repr=False)
    problem: Told | None = None
    #: It decides what else is asked.
    moves: bool = False
    #: The answer calls for a person.
    calls: bool = False
    #: Somebody else has saved this meanwhile.
    saved: str = field(default="", repr=False)
    #: Of two entries that differ: what each has typed, and how it was read.
    both: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    #: What holds of them was chosen on this page.
    decided: bool = False


@dataclass(frozen=True, kw_only=True)
class EntryView:
    """A form that is being entered, as this member of staff sees it."""

    entry_id: str
    case_id: str
    version: int
    #: first, second, compare, submitted, discarded
    state: str
    medium: str
    scan_no: str
    said_by: str
    doubled: bool
    title: str
    customer_no: str
    check_number: str
    #: Masked.
    name: str = field(repr=False)
    opened_by: str
    opened_at: datetime
    saved_by: str
    saved_at: datetime
    receipt_no: str = ""
    #: Whether this member may go on with it: who entered it first does not enter it again.
    mine: bool = True
    lines: tuple[EntryLine, ...] = ()

    @property
    def left(self) -> int:
        """How much has to be entered or put right still."""
        return sum(line.state in ("missing", "problem") for line in self.lines)


class EntryDesk(Protocol):
    """What staff can do with a form on paper or on the telephone."""

    async def begin(self, staff: StaffMember, case_id: str, *, medium: str, scan_no: str, said_by: str) -> str:
        """Begin to enter a form; its id.  Raises ``EntryNotDone``."""

    async def view(self, staff: StaffMember, entry_id: str) -> EntryView:
        """The form as it was saved."""

    async def look(
        self, staff: StaffMember, entry_id: str, texts: Mapping[str, str], *, stale: bool = False
    ) -> EntryView:
        """The form with what has been typed since; with ``stale`` also what another has saved, where that differs."""

    async def save(
        self, staff: StaffMember, entry_id: str, version: int, texts: Mapping[str, str], *, quiet: bool = False
    ) -> int:
        """Keep what has been typed, over that version; the new one.  Raises ``EntryNotDone``.

        ``quiet``: a field was left, and of the same person's saves in a row the first one is recorded.
        """

    async def finish(self, staff: StaffMember, entry_id: str, version: int, texts: Mapping[str, str]) -> str:
        """Everything is entered; the state it comes to.  Raises ``EntryNotDone``, ``incomplete`` after it was saved."""

    async def decide(self, staff: StaffMember, entry_id: str, version: int, texts: Mapping[str, str]) -> str:
        """Settle what two people have entered differently, by the text that holds; as ``finish``."""

    async def discard(self, staff: StaffMember, entry_id: str, version: int) -> None:
        """Put the form away; raises ``EntryNotDone``."""
