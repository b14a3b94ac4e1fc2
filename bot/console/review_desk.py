"""The one way in which the console decides on a case.

The pages never move a case themselves: who may decide over what, and what then becomes of the case and of the
customer's conversation, is settled behind this protocol in the transaction of the deed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from bot.moving import Move
from storage.reviews import Deed
from storage.staff import StaffMember


class NotDone(Exception):
    """The deed was not done and nothing has changed; ``code`` names the sentence (``console.review.problem``)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class ReviewDesk(Protocol):
    """What reviewers can do with a case."""

    #: Verdicts on which a person decides.
    @property
    def person(self) -> frozenset[str]: ...

    async def decide(
        self, case_id: str, staff: StaffMember, deed: Deed, seen: Mapping[str, str], *, whole: bool, note: str
    ) -> None:
        """Do a deed on differences; ``seen`` has, by id, where each stood on the page.  Raises ``NotDone``.

        ``whole``: the deed is on the case itself, of which ``seen`` is everything that the deed fits.
        """

    async def move(self, case_id: str, staff: StaffMember, what: Move, note: str) -> None:
        """Move the case as a whole, with a note that says why; raises ``NotDone``."""

    def reason_of(self, rule: str, locale: str) -> str:
        """Why a rule proposes another rating, in words."""

    def needs_two(self, field: str) -> bool:
        """Whether two people have to agree on this field."""
