"""``kakunin staff add``: a member of staff with a one-time password.

The password is either made here and printed once, or comes from standard input, so that it never
stands in the shell's history or in the list of processes.  Either has to be replaced at the first
sign-in.
"""

from __future__ import annotations

import json
import select
import sys
from typing import Annotated

import typer

from bot.cli import staff_identity, staff_keeping
from bot.cli.branches import read_branches
from bot.cli.office import Office, os_user

app = typer.Typer(no_args_is_help=True, help="Members of staff who use the console.")

app.command("list")(staff_keeping.list_members)
app.command("reset")(staff_keeping.reset)
app.command("disable")(staff_keeping.disable)
app.command("enable")(staff_keeping.enable)
app.command("move")(staff_keeping.move)
app.command("link")(staff_identity.link)
app.command("unlink")(staff_identity.unlink)

#: A one-time password lives until the first sign-in only; own ones must be longer.
SHORTEST_ONE_TIME = 8
#: LINE shows a sender's name of so many signs.
LONGEST_DISPLAY = 20
#: A pipe that says nothing for so long has nothing to say.
PATIENCE = 0.5


@app.callback()
def _group() -> None:
    """Members of staff who use the console."""


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Login name; customers never see it.")],
    role: Annotated[str, typer.Option(help="operator, back_office, approver, auditor or admin.")],
    branch: Annotated[list[str] | None, typer.Option(metavar="NO", help="Sees only this branch; repeatable.")] = None,
    display: Annotated[str | None, typer.Option(metavar="TEXT", help="The name that customers see.")] = None,
    oidc_subject: Annotated[
        str | None, typer.Option(metavar="SUB", help="Who that is at the identity provider; then no password is made.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Add a member of staff; prints a one-time password, or takes one from standard input."""
    from sqlalchemy import Connection

    from bot.console.passwords import LONGEST, Passwords
    from storage import audit
    from storage.staff import NO_PASSWORD, ROLES, StaffMember, add_staff, find_staff

    office = Office()
    name = name.strip()
    if role not in ROLES:
        raise office.refuse("staff.bad_role", roles=", ".join(ROLES))
    if not name.isprintable() or not 1 <= len(name) <= 64:
        raise office.refuse("staff.bad_name")
    branches = read_branches(office, branch)
    display = (display or "").strip() or None
    if display is not None and not (display.isprintable() and len(display) <= LONGEST_DISPLAY):
        raise office.refuse("staff.bad_display", longest=str(LONGEST_DISPLAY))
    issuer = None if oidc_subject is None else staff_identity.issuer_for(office, oidc_subject)
    given = None if issuer is not None else _read_password()
    if given is not None and not SHORTEST_ONE_TIME <= len(given) <= LONGEST:
        raise office.refuse("staff.bad_password", shortest=str(SHORTEST_ONE_TIME), longest=str(LONGEST))
    with office.store() as database:
        universe = database.universe
        password = given or "-".join(universe.code(4) for _ in range(4))
        passwords = Passwords()
        try:
            password_hash = NO_PASSWORD if issuer is not None else passwords.hash_now(password)
        finally:
            passwords.close()

        def deed(conn: Connection) -> StaffMember | None:
            if find_staff(conn, name) is not None:
                return None
            member = add_staff(
                conn, universe, name, role, branches, password_hash, must_change=issuer is None, display_name=display
            )
            audit.record(
                conn,
                universe,
                "staff.added",
                actor_kind="os_user",
                actor_id=os_user(),
                subjects={"staff": member.id},
                detail={"role": role, "branches": str(branches)},
            )
            if issuer is not None:
                staff_identity.link_member(conn, office, database, member, issuer, str(oidc_subject))
            return member

        member = database.run(deed)
    if member is None:
        raise office.refuse("staff.known", name=name)
    if as_json:
        shown = {"login": name, "display": display, "role": role, "branch": str(branches) or None}
        shown["password"] = None if given or issuer is not None else password
        typer.echo(json.dumps(shown, ensure_ascii=False))
        return
    typer.echo(office.say("staff.added", name=name, role=office.say(f"console.role.{role}")))
    if issuer is not None:
        typer.echo(office.say("staff.linked", name=name))
        return
    if given is None:
        typer.echo(office.say("staff.password", password=password))
    typer.echo(office.say("staff.must_change"))


def _read_password() -> str | None:
    """The first line of standard input where something is piped in; ``None`` on a terminal or an empty pipe."""
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        return None
    try:
        ready, _, _ = select.select([sys.stdin.fileno()], [], [], PATIENCE)
    except (OSError, ValueError):
        # No real file stands behind it (a test, a service manager): there is nothing to wait for.
        ready = [sys.stdin]
    if not ready:
        return None
    return sys.stdin.readline().rstrip("\r\n") or None
