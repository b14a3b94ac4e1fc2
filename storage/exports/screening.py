"""Two lists of the re-assessment: names that are to be screened, and ratings that were proposed.

Names come from the answers: beneficial owners and representatives always, whoever else only where the bank did not
have the name before.  Both are recorded, audited exports like any other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from storage.cases import load_case
from storage.customers import load_customer
from storage.database import Database
from storage.differences import Difference
from storage.exports.lists import ListKind, Row, export_list
from storage.exports.options import Options
from storage.exports.responses import Exported
from storage.exports.selection import local_time
from storage.exports.tables import Word
from storage.exports.walks import walk_differences
from storage.ratings import all_proposals

NAME_COLUMNS = ("case_id", "customer_no", "branch_no", "role", "name", "name_kana", "birth_date", "nationality")
RATING_COLUMNS = (
    "case_id",
    "customer_no",
    "branch_no",
    "rule",
    "reason",
    "rating_before",
    "rating_after",
    "proposed_at",
    "decision",
    "decided_by",
    "decided_at",
)
#: Whose name a field holds; without a list of owners, who represents a company is its owner as well.
_ROLES: Mapping[str, str] = {"name": "customer", "representative_name": "representative", "employer": "employer"}
_ALWAYS = frozenset({"representative_name"})
#: Verdicts on a name that the bank did not have.
_NEW = frozenset({"changed", "new", "conflict", "suspected_slip", "unreadable"})


def names_in(difference: Difference) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The names to screen that an answer holds: the role, and what is known of the person."""
    answer = str(difference.answer or "")
    if difference.field == "owners":
        try:
            owners = json.loads(answer)
        except ValueError:
            owners = [{"name": answer}] if answer else []
        yield from (("owner", owner) for owner in owners if isinstance(owner, dict) and owner.get("name"))
    elif difference.field in _ROLES and answer and (difference.verdict in _NEW or difference.field in _ALWAYS):
        yield _ROLES[difference.field], {"name": answer}


def export_names(database: Database, out: Path, options: Options, *, actor: str, word: Word) -> Exported:
    """Every name to screen, of the answers that hold."""

    def rows(conn: Connection) -> Iterator[Row]:
        for place, difference, completed_seq in walk_differences(conn, database.vault, options.branches):
            for role, person in names_in(difference):
                known = [str(person.get(column) or "") for column in NAME_COLUMNS[4:]]
                yield completed_seq, [*place, role, *known]

    wanted = ListKind(kind="names", columns=NAME_COLUMNS, rows=rows)
    return export_list(database, out, wanted, options, actor=actor, word=word)


def export_ratings(
    database: Database, out: Path, options: Options, *, actor: str, word: Word, reason: Callable[[str], str]
) -> Exported:
    """Every proposed change of a rating, with what was decided; ``reason`` words a rule."""

    def rows(conn: Connection) -> Iterator[Row]:
        for one in all_proposals(conn):
            case = load_case(conn, one.case_id)
            customer = None if case is None else load_customer(conn, database.vault, case.customer_id)
            branch = "" if customer is None else customer.branch_no
            place = [one.case_id, "" if case is None else case.customer_no, branch]
            decided = "" if one.decided_at is None else local_time(one.decided_at, options.zone)
            said = [one.decision or "", one.decided_by or "", decided]
            made = local_time(one.created_at, options.zone)
            yield None, [*place, one.rule, reason(one.rule), one.before, one.after, made, *said]

    wanted = ListKind(kind="ratings", columns=RATING_COLUMNS, rows=rows)
    return export_list(database, out, wanted, options, actor=actor, word=word)
