"""Which member of staff somebody is whom the provider vouches for, and what his claims change.

Promise: without a word of the settings only who was linked by ``kakunin staff`` comes in; with a claim for login names
an existing member is linked at his first sign-in; with claims for login, role and branches a new member is made and
role and branches follow the provider at each sign-in.  A claim that is missing never gives more: no role is no entry,
and no branch is never the whole bank.  An account for an emergency is no claim's to name: only ``kakunin staff`` links
it.  Each change stands in the audit record.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from bot.sign_on.refusals import SignOnRefused
from bot.sign_on.settings import SignOn
from storage import audit, staff
from storage.branches import WHOLE_BANK, Branches
from storage.encryption import Vault
from storage.sign_on.identities import find_by_identity, link_identity
from storage.staff import NO_PASSWORD, StaffMember
from storage.universe import Universe

_LONGEST_LOGIN = 64
#: As ``kakunin staff add --branch`` takes it.
_BRANCH = re.compile(r"[0-9A-Za-z-]{1,16}", re.ASCII)


def admit(conn: Connection, vault: Vault, uni: Universe, how: SignOn, claims: Mapping[str, Any]) -> StaffMember:
    """The member, linked, made or moved as the claims say; raises ``SignOnRefused``."""
    subject = str(claims["sub"])
    role = _role(how, claims) if how.role_map else None
    branches = _branches(how, claims) if how.branch_claim else None
    member = find_by_identity(conn, vault, how.issuer, subject) or _first_time(conn, uni, how, claims, role, branches)
    if member.state != "active":
        raise SignOnRefused("disabled")
    link = link_identity(conn, vault, uni, member.id, how.issuer, subject)
    if link:
        _record(conn, uni, "staff.identity_linked", member, {})
    elif (known := find_by_identity(conn, vault, how.issuer, subject)) is None or known.id != member.id:
        raise SignOnRefused("linked_otherwise")
    return _follow(conn, uni, member, role, branches)


def shows_factor(how: SignOn, claims: Mapping[str, Any]) -> bool:
    """Whether the provider says that it asked for a second factor, in the words that the settings take for it."""
    amr = claims.get("amr")
    methods = set(amr) if isinstance(amr, list) and all(isinstance(one, str) for one in amr) else set()
    return claims.get("acr") in how.acr_values or not methods.isdisjoint(how.amr_values)


def _first_time(
    conn: Connection,
    uni: Universe,
    how: SignOn,
    claims: Mapping[str, Any],
    role: str | None,
    branches: Branches | None,
) -> StaffMember:
    if not how.login_claim:
        raise SignOnRefused("nobody")
    login = claims.get(how.login_claim)
    if not isinstance(login, str) or not login.isprintable() or not 1 <= len(login.strip()) <= _LONGEST_LOGIN:
        raise SignOnRefused("login_unusable")
    # An address that anybody may enter about himself would let him be anybody.
    if how.login_claim == "email" and claims.get("email_verified") is not True:
        raise SignOnRefused("email_unverified")
    # Whoever is called so at the provider must not become the account that is there for when the provider fails.
    if login.strip() in how.break_glass:
        raise SignOnRefused("nobody")
    found = staff.find_staff(conn, login.strip())
    if found is not None:
        return found[0]
    if not how.makes_members or role is None or branches is None:
        raise SignOnRefused("nobody")
    member = staff.add_staff(conn, uni, login.strip(), role, branches, NO_PASSWORD, must_change=False)
    _record(conn, uni, "staff.added", member, {"role": role, "branches": str(branches)})
    return member


def _follow(
    conn: Connection, uni: Universe, member: StaffMember, role: str | None, branches: Branches | None
) -> StaffMember:
    """Role and branches as the provider says them now; what it says nothing of stays."""
    if role is not None and role != member.role:
        staff.change_role(conn, member.id, role)
        _record(conn, uni, "staff.role_changed", member, {"before": member.role, "role": role})
    if branches is not None and branches != member.branches:
        staff.move_staff(conn, member.id, branches)
        _record(conn, uni, "staff.moved", member, {"before": str(member.branches), "branches": str(branches)})
    now = staff.load_staff(conn, member.id)
    assert now is not None
    return now


def _role(how: SignOn, claims: Mapping[str, Any]) -> str:
    groups = set(_values(claims.get(how.role_claim)))
    for group, role in how.role_map:
        if group in groups:
            return role
    raise SignOnRefused("no_role")


def _branches(how: SignOn, claims: Mapping[str, Any]) -> Branches:
    values = _values(claims.get(how.branch_claim))
    if how.head_office in values:
        return WHOLE_BANK
    if not values or not all(_BRANCH.fullmatch(value) for value in values):
        raise SignOnRefused("no_branch")
    return Branches.of(*values)


def _values(claim: object) -> list[str]:
    """A claim that holds one word or a list of them; anything else holds none."""
    values = claim if isinstance(claim, list) else [claim]
    return [value for value in values if isinstance(value, str) and value]


def _record(conn: Connection, uni: Universe, action: str, member: StaffMember, detail: Mapping[str, str]) -> None:
    who = {"actor_kind": "system", "actor_id": "sign_on"}
    audit.record(conn, uni, action, **who, subjects={"staff": member.id}, detail=detail)  # type: ignore[arg-type]
