"""What must go because its time is over, and until when a duty keeps it.

The duty (Act on Prevention of Transfer of Criminal Proceeds, articles 6 and 7): seven years from the end of the
relationship, or from the last thing that was recorded of the customer where that is later.  Nothing goes before,
except on a request outside the duty; raw words of a chat have a shorter time of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Select, func, select

from storage.database import Database
from storage.encryption import Vault
from storage.erasures import Erasure, Held, count_old_words, erase, erase_old_words, new_erasure, note_words
from storage.holds import is_held
from storage.tables import (
    CaseRow,
    CaseTransitionRow,
    MasterCurrentRow,
    MasterRecordRow,
    SubmissionRow,
    table_of,
)
from storage.universe import Universe

_record, _current = table_of(MasterRecordRow), table_of(MasterCurrentRow)
_case, _transition, _submission = table_of(CaseRow), table_of(CaseTransitionRow), table_of(SubmissionRow)

_PAGE = 200


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How long what is kept."""

    #: Years after the end of the relationship or the last record, whichever is later.
    years: int
    #: Months after the end of a case for the raw words of its chat.
    words_months: int
    zone: tzinfo
    #: The record of erasures outside the database.
    outside: Path | None


@dataclass(kw_only=True)
class Done:
    """What a run erased, or would erase."""

    customers: list[str] = field(default_factory=list)
    #: Their time is over too, and a hold keeps them.
    held: list[str] = field(default_factory=list)
    #: Conversations (of a dry run) or messages whose words go.
    words: int = 0


def kept_until(conn: Connection, customer_id: str, policy: Policy) -> date | None:
    """The last day of the duty; ``None`` while the relationship lasts or its end is not known."""
    ended = conn.execute(_ends().where(_record.c.customer_id == customer_id)).first()
    if ended is None or ended.relationship_end_on is None:
        return None
    return _years_after(_last_record(conn, customer_id, ended.relationship_end_on, policy.zone), policy.years)


def has_record(conn: Connection, customer_id: str) -> bool:
    """Whether the bank's file says anything about the customer."""
    return conn.execute(_ends().where(_record.c.customer_id == customer_id)).first() is not None


def run_retention(database: Database, policy: Policy, *, actor: str) -> Iterator[Done]:
    """Erase what is due, a customer or a few conversations at a time; yields after each step what is done so far."""
    vault, uni = database.vault, database.universe
    now, done = uni.now(), Done()
    for customer_id, held in list(due_customers(database, policy)):
        if held:
            done.held.append(customer_id)
            continue
        erasure = new_erasure(uni, cause="retention", actor=actor, customer_id=customer_id, before=None)
        try:
            erased = database.run(partial(_erase_if_due, vault=vault, uni=uni, erasure=erasure, policy=policy))
        except Held:
            done.held.append(customer_id)
            continue
        if erased:
            done.customers.append(customer_id)
            yield done
    before = _months_before(now, policy.words_months)
    for count in erase_old_words(database, before):
        done.words += count
        yield done
    ended = new_erasure(uni, cause="retention", actor=actor, customer_id=None, before=before)
    database.run(lambda conn: note_words(conn, vault, uni, ended, done.words, policy.outside))
    if done.customers or done.words:
        database.scrub()
    yield done


def _erase_if_due(conn: Connection, *, vault: Vault, uni: Universe, erasure: Erasure, policy: Policy) -> bool:
    """Erase the customer, unless a newer file or something he did has put it off since the list was made."""
    assert erasure.customer_id is not None
    until = kept_until(conn, erasure.customer_id, policy)
    if until is None or until >= uni.now().astimezone(policy.zone).date():
        return False
    erase(conn, vault, uni, erasure, outside=policy.outside)
    return True


def plan_retention(database: Database, policy: Policy) -> Done:
    """What a run would erase now; changes nothing."""
    due = list(due_customers(database, policy))
    before = _months_before(database.universe.now(), policy.words_months)
    return Done(
        customers=[customer_id for customer_id, held in due if not held],
        held=[customer_id for customer_id, held in due if held],
        words=database.run_read(lambda conn: count_old_words(conn, before)),
    )


def due_customers(database: Database, policy: Policy) -> Iterator[tuple[str, bool]]:
    """Customers whose time is over, and whether a hold keeps them."""
    today, after = database.universe.now().astimezone(policy.zone).date(), ""
    while True:
        place = after
        page = database.run_read(lambda conn: _due_page(conn, policy, today, place))  # noqa: B023
        if not page:
            return
        after = page[-1][0]
        yield from ((customer_id, held) for customer_id, is_over, held in page if is_over)


def _due_page(conn: Connection, policy: Policy, today: date, after: str) -> list[tuple[str, bool, bool]]:
    ended = _ends().where(
        _record.c.customer_id > after, _record.c.relationship_end_on < _years_after(today, -policy.years)
    )
    rows = conn.execute(ended.order_by(_record.c.customer_id).limit(_PAGE)).all()
    page: list[tuple[str, bool, bool]] = []
    for row in rows:
        last = _last_record(conn, row.customer_id, row.relationship_end_on, policy.zone)
        is_over = _years_after(last, policy.years) < today
        page.append((row.customer_id, is_over, is_over and is_held(conn, row.customer_id)))
    return page


def _ends() -> Select[Any]:
    """The end of the relationship by the record that counts today."""
    later = _record.alias("later")
    newest = (
        select(func.max(later.c.seq))
        .where(later.c.customer_id == _record.c.customer_id, later.c.seq <= _current.c.seq)
        .scalar_subquery()
    )
    return (
        select(_record.c.customer_id, _record.c.relationship_end_on)
        .join(_current, _current.c.id == 1)
        .where(_record.c.seq == newest)
    )


def _last_record(conn: Connection, customer_id: str, ended: date, zone: tzinfo) -> date:
    moved = (
        select(func.max(_transition.c.at))
        .join(_case, _case.c.id == _transition.c.case_id)
        .where(_case.c.customer_id == customer_id)
    )
    answered = select(func.max(_submission.c.submitted_at)).where(_submission.c.customer_id == customer_id)
    times: list[datetime | None] = [conn.execute(query).scalar() for query in (moved, answered)]
    return max([ended, *(moment.astimezone(zone).date() for moment in times if moment is not None)])


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        # 29 February: the last day of that month.
        return day.replace(year=day.year + years, day=28)


def _months_before(now: datetime, months: int) -> datetime:
    """The time ``months`` before ``now``, on the same day of the month or the last one there is."""
    place = now.year * 12 + now.month - 1 - months
    year, month = divmod(place, 12)
    for back in range(4):
        try:
            return now.replace(year=year, month=month + 1, day=now.day - back)
        except ValueError:
            continue
    return now - timedelta(days=31 * months)
