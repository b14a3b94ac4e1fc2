"""The record of erasures, inside the store and outside: a backup that is put back is erased again.

Promise: an erasure is written outside before it is committed, so no committed erasure is ever missing there; and
``reapply`` finds what the store does not know it has erased, whichever backup it came from.  The lines hold ids.
A line whose transaction failed says the same: it is done at the next start, unless somebody has placed a hold since.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import structlog
from sqlalchemy import Connection, insert, select

from storage import audit
from storage.cases import CaseStatus, cases_of_customer, move_case
from storage.database import Database
from storage.encryption import Vault
from storage.erasing import erase_customer, erase_words, hold_traffic
from storage.holds import is_held
from storage.outside import append_lines, read_lines
from storage.problems import StoreProblem
from storage.tables import (
    AccountLinkRow,
    CaseRow,
    CaseTransitionRow,
    ContentRow,
    ConversationRow,
    CustomerHoldRow,
    CustomerRow,
    ErasureRow,
    table_of,
)
from storage.tables.cases import CLOSED_STATUSES
from storage.universe import Universe

log = structlog.get_logger("kakunin.storage")

_erasure, _customer = table_of(ErasureRow), table_of(CustomerRow)
_conversation, _content = table_of(ConversationRow), table_of(ContentRow)
_case, _transition = table_of(CaseRow), table_of(CaseTransitionRow)
_hold, _link = table_of(CustomerHoldRow), table_of(AccountLinkRow)

#: Conversations whose words go in one transaction.
_AT_ONCE = 20

Cause = Literal["retention", "request"]


class Held(StoreProblem):
    """A legal hold is in force."""

    def __init__(self) -> None:
        super().__init__("The customer is under a legal hold; release it first.")


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """What was decided to be erased."""

    id: str
    #: customer, words
    scope: str
    cause: str
    customer_id: str | None
    before: datetime | None
    actor: str


def erase(
    conn: Connection, vault: Vault, uni: Universe, erasure: Erasure, *, outside: Path | None, reason: str = ""
) -> dict[str, int]:
    """Erase one customer, with the line outside, the row inside and the audit entry; raises ``Held``."""
    assert erasure.customer_id is not None
    hold_traffic(conn, erasure.customer_id)
    # The row lock keeps a hold that is being placed from coming too late.
    conn.execute(select(_customer.c.id).where(_customer.c.id == erasure.customer_id).with_for_update())
    if is_held(conn, erasure.customer_id):
        raise Held
    for case in cases_of_customer(conn, erasure.customer_id, open_only=True):
        move_case(conn, uni, case.id, CaseStatus.CANCELLED, actor=f"system:{erasure.cause}", reason="erased")
    counts = erase_customer(conn, vault, uni, erasure.customer_id)
    _record(conn, vault, uni, erasure, counts, outside, reason)
    return counts


def note_words(
    conn: Connection, vault: Vault, uni: Universe, erasure: Erasure, count: int, outside: Path | None
) -> None:
    """Record that all raw words older than ``before`` are gone that were to go."""
    _record(conn, vault, uni, erasure, {"words": count}, outside, "")


def _record(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    erasure: Erasure,
    counts: dict[str, int],
    outside: Path | None,
    reason: str,
) -> None:
    now = uni.now()
    sealed = vault.seal(_erasure.name, erasure.id, {"reason": reason}) if reason else None
    columns = {name: getattr(erasure, name) for name in Erasure.__dataclass_fields__}
    conn.execute(insert(_erasure), columns | {"at": now, "sealed": sealed})
    audit.record(
        conn,
        uni,
        f"erasure.{erasure.scope}",
        actor_kind="system" if erasure.cause == "retention" else "os_user",
        actor_id=erasure.actor,
        subjects={"erasure": erasure.id} | ({"customer": erasure.customer_id} if erasure.customer_id else {}),
        detail={"cause": erasure.cause} | {name: str(count) for name, count in counts.items()},
    )
    if outside is not None:
        append_lines(outside, [_line(vault, erasure, now)])


def _line(vault: Vault, erasure: Erasure, now: datetime) -> dict[str, Any]:
    line: dict[str, Any] = {"store": vault.store_id, "id": erasure.id, "at": now.isoformat()}
    line |= {"scope": erasure.scope, "cause": erasure.cause, "actor": erasure.actor}
    if erasure.customer_id is not None:
        line["customer"] = erasure.customer_id
    if erasure.before is not None:
        line["before"] = erasure.before.isoformat()
    return line


# A restored backup -----------------------------------------------------------------------------


def reapply(database: Database, outside: Path) -> int:
    """Erase again what the record outside says was erased and the store does not know; returns how many deeds."""
    vault, uni = database.vault, database.universe
    noted = [line for line in read_lines(outside) if line.get("store") == vault.store_id and "id" in line]
    known = database.run_read(lambda conn: _known(conn, [str(line["id"]) for line in noted]))
    missing = {str(line["id"]): line for line in noted if line["id"] not in known}
    latest_words = max((line["before"] for line in missing.values() if line["scope"] == "words"), default=None)
    done = 0
    for line in missing.values():
        before = line.get("before")
        erasure = Erasure(
            id=str(line["id"]),
            scope=str(line["scope"]),
            cause=str(line["cause"]),
            customer_id=line.get("customer"),
            before=None if before is None else datetime.fromisoformat(before),
            actor=str(line["actor"]),
        )
        if erasure.scope == "words":
            # The latest covers the earlier ones.
            count = sum(erase_old_words(database, erasure.before)) if before == latest_words and erasure.before else 0
            database.run(lambda conn, e=erasure, n=count: note_words(conn, vault, uni, e, n, None))  # type: ignore[misc]
        else:
            noted_at = datetime.fromisoformat(line["at"])
            again = partial(_erase_again, vault=vault, uni=uni, erasure=erasure, noted_at=noted_at)
            if not database.run(again):
                log.warning("erasure.held_since", customer=erasure.customer_id)
                continue
        done += 1
    if done:
        database.scrub()
    return done


def _erase_again(conn: Connection, *, vault: Vault, uni: Universe, erasure: Erasure, noted_at: datetime) -> bool:
    """A hold from before the erasure had been released by then; one that was placed since keeps the customer."""
    live = (_hold.c.customer_id == erasure.customer_id) & _hold.c.released_at.is_(None)
    if conn.execute(select(_hold.c.id).where(live, _hold.c.placed_at > noted_at)).first() is not None:
        return False
    released = {"released_at": uni.now(), "released_by": "system:restore"}
    conn.execute(_hold.update().where(live).values(released))
    erase(conn, vault, uni, erasure, outside=None)
    return True


def _known(conn: Connection, ids: list[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(ids), 500):
        query = select(_erasure.c.id).where(_erasure.c.id.in_(ids[start : start + 500]))
        found |= set(conn.execute(query).scalars())
    return found


# Raw words -------------------------------------------------------------------------------------


def erase_old_words(database: Database, before: datetime) -> Iterator[int]:
    """Erase the raw words older than ``before`` of cases that were over by then and of lobbies: counts by step."""
    vault, uni = database.vault, database.universe

    def step(conn: Connection, after: str) -> tuple[str, int]:
        # Looked up where it is erased: a hold that was placed a moment ago counts.
        ids = _with_old_words(conn, before, after)
        return (ids[-1], erase_words(conn, vault, uni, ids, before)) if ids else ("", 0)

    after, count = database.run(partial(step, after=""))
    while after:
        yield count
        after, count = database.run(partial(step, after=after))


def count_old_words(conn: Connection, before: datetime) -> int:
    """In how many conversations there are words to erase."""
    count, after = 0, ""
    while ids := _with_old_words(conn, before, after):
        count, after = count + len(ids), ids[-1]
    return count


def _with_old_words(conn: Connection, before: datetime, after: str) -> list[str]:
    still = select(_transition.c.id).where(_transition.c.case_id == _case.c.id, _transition.c.at >= before)
    old = select(_content.c.id).where(
        _content.c.conversation_id == _conversation.c.id, _content.c.at < before, _content.c.erased_at.is_(None)
    )
    held = (
        select(_hold.c.id)
        .join(_link, _link.c.customer_id == _hold.c.customer_id)
        .where(_link.c.account_id == _conversation.c.account_id, _hold.c.released_at.is_(None))
    )
    held_case = select(_hold.c.id).where(_hold.c.customer_id == _case.c.customer_id, _hold.c.released_at.is_(None))
    over = _case.c.status.in_(CLOSED_STATUSES) & ~still.exists()
    query = (
        select(_conversation.c.id)
        .outerjoin(_case, _case.c.id == _conversation.c.case_id)
        .where(_conversation.c.id > after, (_conversation.c.kind == "lobby") | over, old.exists())
        .where(~held.exists(), ~held_case.exists())
        .order_by(_conversation.c.id)
        .limit(_AT_ONCE)
    )
    return list(conn.execute(query).scalars())


def last_run(conn: Connection) -> datetime | None:
    """When the retention last came to its end."""
    query = select(_erasure.c.at).where(_erasure.c.scope == "words").order_by(_erasure.c.at.desc()).limit(1)
    found: datetime | None = conn.execute(query).scalar()
    return found


def new_erasure(
    uni: Universe, *, cause: Cause, actor: str, customer_id: str | None, before: datetime | None
) -> Erasure:
    """An erasure that is about to be done."""
    scope = "words" if customer_id is None else "customer"
    return Erasure(id=uni.new_id(), scope=scope, cause=cause, customer_id=customer_id, before=before, actor=actor)
