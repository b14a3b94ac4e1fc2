"""The branches that a command names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bot.cli.office import Office

if TYPE_CHECKING:
    from storage.branches import Branches

LONGEST = 16


def read_branches(office: Office, given: Sequence[str] | None) -> Branches:
    """The whole bank where none is given; refuses what is no number, so that an empty variable opens nothing."""
    from storage.branches import Branches

    numbers = [one.strip() for one in given or ()]
    if any(not (one.isprintable() and len(one.split()) == 1 and len(one) <= LONGEST) for one in numbers):
        raise office.refuse("staff.bad_branch", longest=str(LONGEST))
    return Branches.of(*numbers)
