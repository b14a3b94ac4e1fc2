"""Asking for the moves of one case."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func

from storage.case_status import CaseStatus
from storage.tables import CaseTransitionRow, table_of

_transition = table_of(CaseTransitionRow)


def went_to(status: CaseStatus) -> ColumnElement[bool]:
    """Whether a move led to ``status``, where the moves of one case or customer are meant.

    Not as an index knows it: SQLite, which has gathered no statistics, would look for it through the moves of all
    cases to this status, once for each case that is asked for.
    """
    return func.coalesce(_transition.c.to_status, "") == status.value
