"""``kakunin staff list``, ``reset``, ``disable``, ``enable`` and ``move``: keeping the accounts of the console.

An administrator's way to help who has lost a password or a phone, to shut out who has left, and to say whose customers
somebody sees; each deed ends every
session of that member and stands in the audit record.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.cli.branches import read_branches
from bot.cli.office import Office, os_user

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.database import Database
    from storage.staff import StaffMember

T = TypeVar("T")

_Name = Annotated[str, typer.Argument(metavar="NAME", help="Login name.")]


def list_members(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> None:
    """List the members of staff: role, branches, whether they may sign in and whether they have an app."""
    from storage.second_factors import members_with_factor
    from storage.sign_on.identities import members_linked
    from storage.staff import list_staff

    office = Office()
    with office.store() as database:
        members, with_factor, linked = database.run_read(
            lambda conn: (list_staff(conn), members_with_factor(conn), members_linked(conn))
        )
    for member in members:
        factor = member.id in with_factor
        if as_json:
            shown: dict[str, object] = {"login": member.login, "display": member.display_name, "role": member.role}
            shown |= {"branch": str(member.branches) or None, "state": member.state}
            shown |= {"second_factor": factor, "linked": member.id in linked}
            typer.echo(json.dumps(shown, ensure_ascii=False))
            continue
        words = [member.login, office.say(f"console.role.{member.role}"), member.branches.shown or "-"]
        words += [office.say(f"staff.line.{member.state}"), office.say(f"staff.line.{'' if factor else 'no_'}factor")]
        words += [office.say("staff.line.linked")] if member.id in linked else []
        typer.echo("\t".join(words))


def reset(
    name: _Name,
    password: Annotated[bool, typer.Option("--password", help="A new one-time password.")] = False,
    factor: Annotated[bool, typer.Option("--factor", help="Remove the authenticator app.")] = False,
) -> None:
    """Help who has lost a password or a phone; whoever is signed in by that name is signed out."""
    from bot.console.passwords import Passwords
    from storage.second_factors import remove_factor
    from storage.staff import end_sessions_of, set_password

    office = Office()
    if not (password or factor):
        raise office.refuse("staff.nothing_to_reset")
    with office.store() as database:
        new = "-".join(database.universe.code(4) for _ in range(4))
        passwords = Passwords()
        try:
            password_hash = passwords.hash_now(new)
        finally:
            passwords.close()

        def deed(conn: Connection, member: StaffMember) -> bool:
            removed = factor and remove_factor(conn, member.id)
            if removed:
                note_deed(conn, database, "staff.factor_reset", member)
            if password:
                set_password(conn, member.id, password_hash, must_change=True)
                note_deed(conn, database, "staff.password_reset", member)
            end_sessions_of(conn, member.id)
            return removed

        removed = do_to(office, database, name, deed)
    if factor:
        typer.echo(office.say("staff.factor_removed" if removed else "staff.no_factor", name=name))
    if password:
        typer.echo(office.say("staff.password", password=new))
        typer.echo(office.say("staff.must_change"))


def disable(name: _Name) -> None:
    """Shut a member of staff out, at once."""
    _set_state(name, "disabled")


def enable(name: _Name) -> None:
    """Let a member of staff sign in again."""
    _set_state(name, "active")


def move(
    name: _Name,
    branch: Annotated[list[str] | None, typer.Option(metavar="NO", help="Sees only this branch; repeatable.")] = None,
    head_office: Annotated[bool, typer.Option("--head-office", help="Sees the whole bank.")] = False,
) -> None:
    """Say whose customers a member of staff sees from now on; he is signed out everywhere."""
    from storage.staff import move_staff

    office = Office()
    # Without a branch somebody sees the whole bank: that is said, never left out.
    if bool(branch) == head_office:
        raise office.refuse("staff.where_to")
    branches = read_branches(office, branch)
    with office.store() as database:

        def deed(conn: Connection, member: StaffMember) -> None:
            move_staff(conn, member.id, branches)
            detail = {"before": str(member.branches), "branches": str(branches)}
            note_deed(conn, database, "staff.moved", member, detail)

        do_to(office, database, name, deed)
    where = office.say("console.branch", branch=branches.shown) if branch else office.say("staff.head_office")
    typer.echo(office.say("staff.moved", name=name, where=where))


def _set_state(name: str, state: str) -> None:
    from storage.staff import set_staff_state

    office, word = Office(), "enabled" if state == "active" else "disabled"
    with office.store() as database:

        def deed(conn: Connection, member: StaffMember) -> None:
            set_staff_state(conn, member.id, state)
            note_deed(conn, database, f"staff.{word}", member)

        do_to(office, database, name, deed)
    typer.echo(office.say(f"staff.{word}", name=name))


def do_to(office: Office, database: Database, name: str, deed: Callable[[Connection, StaffMember], T]) -> T:
    """Do it to the member of that name, or end with one sentence."""
    from storage.staff import find_staff

    def find_and_do(conn: Connection) -> tuple[T] | None:
        found = find_staff(conn, name)
        return None if found is None else (deed(conn, found[0]),)

    done = database.run(find_and_do)
    if done is None:
        raise office.refuse("staff.unknown", name=name)
    return done[0]


def note_deed(
    conn: Connection, database: Database, action: str, member: StaffMember, detail: Mapping[str, str] | None = None
) -> None:
    from storage import audit

    who = {"actor_kind": "os_user", "actor_id": os_user()}
    audit.record(conn, database.universe, action, **who, subjects={"staff": member.id}, detail=detail)  # type: ignore[arg-type]
