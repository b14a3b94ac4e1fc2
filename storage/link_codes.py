"""The codes of the letters: 12 signs, kept as a keyed digest, used once.

Promise: who reads the database cannot link himself to a customer, a code is used by exactly one account,
and five failures lock it until staff unlock it or a new letter is made.

    active -> used     active -> locked -> active (unlocked by staff)     active, locked -> revoked (new letter, lost)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, insert, select, update

from storage.direct import Direct, among
from storage.encryption import DigestKind, Vault
from storage.tables import LinkCodeRow, table_of
from storage.universe import Universe

CODE_LENGTH = 12

_link_code = table_of(LinkCodeRow)
_ADD = Direct(insert(_link_code))
_usable = (_link_code.c.state == "active") | (_link_code.c.state == "locked")
_revoked = update(_link_code).where(_usable).values(state="revoked")
_REVOKE = Direct(_revoked.where(_link_code.c.case_id == bindparam("wanted")).returning(_link_code.c.id))
_REVOKE_MANY = Direct(lambda dialect: _revoked.where(among(dialect, _link_code.c.case_id, "cases")))


@dataclass(frozen=True, kw_only=True)
class LinkCode:
    """What is known of a code: everything but the code."""

    id: str
    case_id: str
    #: The last day on which it may be used.
    expires_on: date
    #: active, used, locked, revoked
    state: str
    tries: int
    check_number: str
    created_at: datetime


def normal_code(text: str) -> str:
    """A code as its digest covers it: full width, case, blanks and hyphens make no difference."""
    folded = unicodedata.normalize("NFKC", text).upper()
    return "".join(sign for sign in folded if sign.isalnum())


def make_link_codes(
    conn: Connection, vault: Vault, uni: Universe, check_numbers: Mapping[str, str], *, expires_on: date
) -> dict[str, tuple[LinkCode, str]]:
    """Case -> its new code and the clear code, which exists only in the letter; earlier codes are revoked.

    ``check_numbers``: those of cases that this transaction has locked.
    """
    if not check_numbers:
        return {}
    _REVOKE_MANY.run(conn, {"cases": list(check_numbers)})
    made: dict[str, tuple[LinkCode, str]] = {}
    rows: list[dict[str, Any]] = []
    for case_id, check_number in check_numbers.items():
        clear = uni.code(CODE_LENGTH)
        values: dict[str, Any] = {
            "id": uni.new_id(),
            "case_id": case_id,
            "code_digest": vault.digest(DigestKind.LINK_CODE, normal_code(clear)),
            "check_number": check_number,
            "expires_on": expires_on,
            "state": "active",
            "tries": 0,
            "created_at": uni.now(),
            "used_at": None,
        }
        rows.append(values)
        made[case_id] = (LinkCode(**{name: values[name] for name in LinkCode.__dataclass_fields__}), clear)
    _ADD.run_each(conn, rows)
    return made


def revoke_link_codes(conn: Connection, case_id: str) -> list[str]:
    """Let the codes of a case that could be used link nobody any more; returns their ids."""
    return sorted(row.id for row in _REVOKE.rows(conn, {"wanted": case_id}))


_by_digest = select(_link_code).where(_link_code.c.code_digest == bindparam("digest"))
_BY_DIGEST, _LOCKED = Direct(_by_digest), Direct(_by_digest.with_for_update(key_share=True))


def find_link_code(conn: Connection, vault: Vault, code: str, *, for_update: bool = False) -> LinkCode | None:
    """The code that a customer typed, in whatever state; the caller decides what that means."""
    digest = vault.digest(DigestKind.LINK_CODE, normal_code(code))
    row = (_LOCKED if for_update else _BY_DIGEST).first(conn, {"digest": digest})
    return None if row is None else _code_of(row)


def load_link_code(conn: Connection, code_id: str) -> LinkCode | None:
    """One code by its id."""
    row = conn.execute(select(_link_code).where(_link_code.c.id == code_id)).first()
    return None if row is None else _code_of(row)


def link_codes_of_case(conn: Connection, case_id: str) -> list[LinkCode]:
    """The codes of a case, oldest first."""
    query = select(_link_code).where(_link_code.c.case_id == case_id).order_by(_link_code.c.id)
    return [_code_of(row) for row in conn.execute(query)]


def count_code_failure(conn: Connection, code_id: str, limit: int = 5) -> int:
    """Count a wrong second factor and return the count; at ``limit`` the code is locked."""
    tries = _link_code.c.tries + 1
    lock = case(((tries >= limit) & (_link_code.c.state == "active"), "locked"), else_=_link_code.c.state)
    statement = update(_link_code).where(_link_code.c.id == code_id).values(tries=tries, state=lock)
    counted: int = conn.execute(statement.returning(_link_code.c.tries)).scalar_one()
    return counted


def use_link_code(conn: Connection, uni: Universe, code_id: str, *, on: date | None = None) -> bool:
    """Use the code up; false where somebody else did, or where it is locked, revoked or, ``on`` this day, too old."""
    usable = (_link_code.c.id == code_id) & (_link_code.c.state == "active")
    if on is not None:
        usable &= _link_code.c.expires_on >= on
    statement = update(_link_code).where(usable).values(state="used", used_at=uni.now())
    return conn.execute(statement).rowcount == 1


def unlock_link_code(conn: Connection, code_id: str) -> bool:
    """Let a locked code be tried again, as staff decided."""
    locked = (_link_code.c.id == code_id) & (_link_code.c.state == "locked")
    return conn.execute(update(_link_code).where(locked).values(state="active", tries=0)).rowcount == 1


def _code_of(row: Row[Any]) -> LinkCode:
    return LinkCode(
        id=row.id,
        case_id=row.case_id,
        expires_on=row.expires_on,
        state=row.state,
        tries=row.tries,
        check_number=row.check_number,
        created_at=row.created_at,
    )
