"""The codes of the letters: 12 signs, kept as a keyed digest, used once.

Promise: who reads the database cannot link himself to a customer, a code is used by exactly one account,
and five failures lock it until staff unlock it or a new letter is made.

    active -> used     active -> locked -> active (unlocked by staff)     active, locked -> revoked (new letter, lost)
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, insert, select, update

from storage.direct import Direct
from storage.encryption import DigestKind, Vault
from storage.tables import CaseRow, LinkCodeRow, table_of
from storage.universe import Universe

CODE_LENGTH = 12

_link_code = table_of(LinkCodeRow)
_case = table_of(CaseRow)
_CHECK_NUMBER = Direct(
    select(_case.c.check_number).where(_case.c.id == bindparam("wanted")).with_for_update(key_share=True)
)
_ADD = Direct(insert(_link_code))
_REVOKE = Direct(
    update(_link_code)
    .where(_link_code.c.case_id == bindparam("wanted"))
    .where((_link_code.c.state == "active") | (_link_code.c.state == "locked"))
    .values(state="revoked")
    .returning(_link_code.c.id)
)


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


def make_link_code(
    conn: Connection, vault: Vault, uni: Universe, case_id: str, *, expires_on: date
) -> tuple[LinkCode, str]:
    """A new code for a case and the clear code, which exists only in the letter; earlier codes are revoked."""
    check_number: str = _CHECK_NUMBER.first(conn, {"wanted": case_id}).check_number
    revoke_link_codes(conn, case_id)
    clear = uni.code(CODE_LENGTH)
    values = code_values(vault, uni, case_id, clear, check_number=check_number, expires_on=expires_on)
    _ADD.run(conn, values)
    return LinkCode(**{name: values[name] for name in LinkCode.__dataclass_fields__}), clear


def code_values(
    vault: Vault, uni: Universe, case_id: str, clear: str, *, check_number: str, expires_on: date
) -> dict[str, Any]:
    """The row of a new code."""
    return {
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
