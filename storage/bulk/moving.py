"""Moving many cases in one transaction: the same rows as ``cases.move_case`` makes one by one, sent together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from storage.case_status import ALLOWED, ANSWERABLE, CaseStatus
from storage.direct import Direct, Together, among
from storage.held import held
from storage.menus import touch_menus_of_cases
from storage.problems import IllegalTransition
from storage.tables import CaseRow, CaseTransitionRow, table_of
from storage.universe import Universe

_case, _transition = table_of(CaseRow), table_of(CaseTransitionRow)


def _locked_statement(dialect: str) -> Any:
    query = select(_case.c.id, _case.c.status).where(among(dialect, _case.c.id, "wanted"))
    # In one order, so that two that move cases never wait for each other.
    return query.order_by(_case.c.id).with_for_update(key_share=True)


_LOCKED = Direct(_locked_statement)
_MOVE = Together(
    {"wanted": _case.c.id, "to": _case.c.status},
    lambda row: update(_case).where(_case.c.id == row["wanted"]).values(status=row["to"], returns_to=None),
)
_APPEND = Together.inserting(_transition, "id", "case_id", "from_status", "to_status", "reason", "source")


@dataclass(frozen=True, kw_only=True)
class Way:
    """Where a case goes, status after status."""

    case_id: str
    over: tuple[CaseStatus, ...]
    #: A code.
    reason: str
    source: str | None = None


def lock_cases(conn: Connection, case_ids: Sequence[str]) -> dict[str, CaseStatus]:
    """The status of each, held until the end of the transaction."""
    rows = _LOCKED.rows(conn, {"wanted": list(case_ids)}) if case_ids else []
    return {row.id: CaseStatus(row.status) for row in rows}


def move_cases(
    conn: Connection, uni: Universe, locked: dict[str, CaseStatus], ways: Sequence[Way], *, actor: str
) -> None:
    """Move cases that ``lock_cases`` has locked; raises ``IllegalTransition`` for a step off the table."""
    moves: list[tuple[str, str, str, str, str | None]] = []
    ends: list[tuple[str, str]] = []
    menus: list[str] = []
    rows = held(conn)
    for way in ways:
        start = status = locked[way.case_id]
        for to in way.over:
            if to not in ALLOWED[status]:
                raise IllegalTransition(f"A case cannot go from status {status.value} to {to.value}.")
            moves.append((way.case_id, status.value, to.value, way.reason, way.source))
            status = to
        if way.over:
            ends.append((way.case_id, status.value))
            rows.pop((_case.name, way.case_id), None)
            if (start in ANSWERABLE) is not (status in ANSWERABLE):
                menus.append(way.case_id)
    _MOVE.run(conn, ends)
    ids = uni.new_ids(len(moves))
    same = {"at": uni.now(), "actor": actor, "sealed": None}
    _APPEND.run(conn, [(one, *move) for one, move in zip(ids, moves, strict=True)], same)
    touch_menus_of_cases(conn, menus)
