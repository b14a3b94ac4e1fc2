"""Staff members, their branches, their passwords and their sessions.

Promise: a password is stored as argon2id only (or not at all: ``NO_PASSWORD`` fits nothing), a session's token as a
digest only, failures are counted where every process sees them, and a disabled member's sessions end at once.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, delete, func, insert, select, update

from storage.branches import WHOLE_BANK, Branches
from storage.encryption import Vault
from storage.tables import StaffBranchRow, StaffFactorRow, StaffRow, StaffSessionRow, table_of
from storage.universe import Universe

ROLES = ("operator", "back_office", "approver", "auditor", "admin")

#: In place of the hash of who signs in at the bank's provider alone.
NO_PASSWORD = ""

_staff = table_of(StaffRow)
_branch = table_of(StaffBranchRow)
_session = table_of(StaffSessionRow)
_factor = table_of(StaffFactorRow)

#: The branches of a member in a query, as ``Branches.read`` takes them.
BRANCHES = (
    select(func.aggregate_strings(_branch.c.branch_no, " "))
    .where(_branch.c.staff_id == _staff.c.id)
    .correlate(_staff)
    .scalar_subquery()
    .label("branches")
)

#: 32 signs of five bits: 160 bits.
_TOKEN_LENGTH = 32


@dataclass(frozen=True, kw_only=True)
class StaffMember:
    """Somebody of the bank who signs in."""

    id: str
    login: str
    role: str
    #: Whose customers he sees.
    branches: Branches
    #: active, disabled
    state: str
    #: The password was set by somebody else and must be changed first.
    must_change: bool
    #: What customers see; without one they read of a member of staff.  The login is never shown to them.
    display_name: str | None = None


@dataclass(frozen=True, kw_only=True)
class Session:
    """A signed-in session."""

    id: str
    staff: StaffMember
    #: What a form of this session must carry.
    csrf: str = field(repr=False)
    #: none: the member has no second factor; due: it has not been given in this session yet.
    factor: Literal["none", "due", "given"] = "none"
    #: Digest of the provider's session where the member came from there, ``None`` after a sign-in here.
    elsewhere: bytes | None = field(default=None, repr=False)


def add_staff(
    conn: Connection,
    uni: Universe,
    login: str,
    role: str,
    branches: Branches | None,
    password_hash: str,
    *,
    must_change: bool = True,
    display_name: str | None = None,
) -> StaffMember:
    """Add a member, of the head office where no branches are given; the login must be new (``find_staff`` tells)."""
    if role not in ROLES:
        raise ValueError(f"a role is one of {', '.join(ROLES)}")
    member = StaffMember(
        id=uni.new_id(),
        login=login,
        role=role,
        branches=branches or WHOLE_BANK,
        state="active",
        must_change=must_change,
        display_name=display_name,
    )
    values = {name: getattr(member, name) for name in StaffMember.__dataclass_fields__ if name != "branches"}
    fixed = {"password_hash": password_hash, "failures": 0, "locked_until": None, "created_at": uni.now()}
    conn.execute(insert(_staff), values | fixed)
    _bind(conn, member.id, member.branches)
    return member


def _bind(conn: Connection, staff_id: str, branches: Branches) -> None:
    rows = [{"staff_id": staff_id, "branch_no": number} for number in sorted(branches.numbers)]
    if rows:
        conn.execute(insert(_branch), rows)


def move_staff(conn: Connection, staff_id: str, branches: Branches) -> None:
    """From now on he sees the customers of these branches and no others; he is signed out everywhere."""
    conn.execute(delete(_branch).where(_branch.c.staff_id == staff_id))
    _bind(conn, staff_id, branches)
    end_sessions_of(conn, staff_id)


def change_role(conn: Connection, staff_id: str, role: str) -> None:
    """From now on he may what this role may; he is signed out everywhere."""
    if role not in ROLES:
        raise ValueError(f"a role is one of {', '.join(ROLES)}")
    conn.execute(update(_staff).where(_staff.c.id == staff_id).values(role=role))
    end_sessions_of(conn, staff_id)


def is_of(branches: Branches) -> ColumnElement[bool]:
    """In a query on members: whether he is bound to one of these branches."""
    bound = select(_branch.c.staff_id).where(_branch.c.staff_id == _staff.c.id, branches.are_of(_branch.c.branch_no))
    return bound.correlate(_staff).exists()


def find_staff(conn: Connection, login: str) -> tuple[StaffMember, str, int, datetime | None] | None:
    """The member, the password's hash, the failures in a row and until when the login is locked."""
    row = conn.execute(_members().where(_staff.c.login == login)).first()
    return None if row is None else (_member_of(row), row.password_hash, row.failures, row.locked_until)


def load_staff(conn: Connection, staff_id: str) -> StaffMember | None:
    """One member."""
    row = conn.execute(_members().where(_staff.c.id == staff_id)).first()
    return None if row is None else _member_of(row)


def list_staff(conn: Connection) -> list[StaffMember]:
    """All members by login."""
    return [_member_of(row) for row in conn.execute(_members().order_by(_staff.c.login))]


def set_password(conn: Connection, staff_id: str, password_hash: str, *, must_change: bool = False) -> None:
    """Change the password; every session ends, failures are forgotten."""
    values = {"password_hash": password_hash, "must_change": must_change, "failures": 0, "locked_until": None}
    conn.execute(update(_staff).where(_staff.c.id == staff_id).values(values))
    end_sessions_of(conn, staff_id)


def set_staff_state(conn: Connection, staff_id: str, state: str) -> None:
    """active or disabled; a disabled member is signed out everywhere."""
    conn.execute(update(_staff).where(_staff.c.id == staff_id).values(state=state))
    if state != "active":
        end_sessions_of(conn, staff_id)


def count_login_failure(
    conn: Connection, uni: Universe, staff_id: str, *, limit: int = 5, lock_for: timedelta = timedelta(minutes=15)
) -> int:
    """Count a wrong password and return the count; from ``limit`` on each one locks the login for a while."""
    failures = _staff.c.failures + 1
    statement = update(_staff).where(_staff.c.id == staff_id).values(failures=failures).returning(_staff.c.failures)
    counted: int = conn.execute(statement).scalar_one()
    if counted >= limit:
        conn.execute(update(_staff).where(_staff.c.id == staff_id).values(locked_until=uni.now() + lock_for))
    return counted


def reset_login_failures(conn: Connection, staff_id: str) -> None:
    """Forget failures after a right password."""
    conn.execute(update(_staff).where(_staff.c.id == staff_id).values(failures=0, locked_until=None))


def create_session(
    conn: Connection,
    uni: Universe,
    vault: Vault,
    staff_id: str,
    *,
    idle: timedelta,
    absolute: timedelta,
    factor_given: bool = False,
    elsewhere: bytes | None = None,
) -> str:
    """Begin a session and return its token, which is stored nowhere."""
    token = uni.code(_TOKEN_LENGTH)
    now = uni.now()
    values = {
        "id": uni.new_id(),
        "staff_id": staff_id,
        "token_digest": vault.session_digest("token", token),
        "created_at": now,
        "last_seen_at": now,
        "idle_seconds": int(idle.total_seconds()),
        "idle_until": now + idle,
        "absolute_until": now + absolute,
        "factor_at": now if factor_given else None,
        "elsewhere_digest": elsewhere,
    }
    conn.execute(insert(_session), values)
    return token


_BY_TOKEN = (
    select(
        _staff,
        BRANCHES,
        _session.c.id.label("session_id"),
        _session.c.idle_seconds,
        _session.c.idle_until,
        _session.c.absolute_until,
        _session.c.factor_at,
        _session.c.elsewhere_digest,
        _factor.c.confirmed_at,
    )
    .join(_session, _session.c.staff_id == _staff.c.id)
    .outerjoin(_factor, _factor.c.staff_id == _staff.c.id)
    .where(_session.c.token_digest == bindparam("digest"))
)


def load_session(conn: Connection, uni: Universe, vault: Vault, token: str) -> Session | None:
    """The session behind a token, kept alive by being used; ``None`` where it ended."""
    now = uni.now()
    row = conn.execute(_BY_TOKEN, {"digest": vault.session_digest("token", token)}).first()
    if row is None or row.state != "active" or now >= row.idle_until or now >= row.absolute_until:
        return None
    kept = {"last_seen_at": now, "idle_until": now + timedelta(seconds=row.idle_seconds)}
    conn.execute(update(_session).where(_session.c.id == row.session_id).values(kept))
    member, elsewhere = _member_of(row), row.elsewhere_digest
    return Session(
        id=row.session_id,
        # Whoever was let in by the provider needs no password of ours, so there is none to change first.
        staff=member if elsewhere is None else replace(member, must_change=False),
        csrf=vault.session_digest("csrf", token).hex(),
        factor="given" if row.factor_at is not None else "none" if row.confirmed_at is None else "due",
        elsewhere=elsewhere,
    )


def csrf_fits(session: Session, given: str) -> bool:
    """Whether a form carries the session's own token; compared in constant time."""
    return hmac.compare_digest(session.csrf.encode(), given.encode("utf-8", "surrogatepass"))


def end_session(conn: Connection, vault: Vault, token: str) -> bool:
    """Sign out."""
    digest = vault.session_digest("token", token)
    return conn.execute(delete(_session).where(_session.c.token_digest == digest)).rowcount == 1


def end_sessions_of(conn: Connection, staff_id: str) -> int:
    """Sign a member out everywhere."""
    return conn.execute(delete(_session).where(_session.c.staff_id == staff_id)).rowcount


def end_old_sessions(conn: Connection, uni: Universe) -> int:
    """Remove sessions whose time is over."""
    now = uni.now()
    over = (_session.c.idle_until <= now) | (_session.c.absolute_until <= now)
    return conn.execute(delete(_session).where(over)).rowcount


def is_alive(conn: Connection, session: Session, now: datetime) -> bool:
    """Whether the session still stands, with the same role and branches, without keeping it alive."""
    stands = (_session.c.id == session.id) & (_session.c.idle_until > now) & (_session.c.absolute_until > now)
    row = conn.execute(_members().join(_session, _session.c.staff_id == _staff.c.id).where(stands)).first()
    if row is None or row.state != "active":
        return False
    member = _member_of(row)
    return (member.role, member.branches) == (session.staff.role, session.staff.branches)


def _members() -> Select[*tuple[Any, ...]]:
    return select(_staff, BRANCHES)


def _member_of(row: Row[Any]) -> StaffMember:
    values = {name: getattr(row, name) for name in StaffMember.__dataclass_fields__}
    return StaffMember(**values | {"branches": Branches.read(row.branches)})
