"""``kakunin staff link`` and ``unlink``: who a member of staff is at the bank's identity provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.office import Office
from bot.cli.staff_keeping import do_to, note_deed

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.database import Database
    from storage.staff import StaffMember

#: OpenID Connect Core 1.0, section 2: at most so many signs of ASCII.
_LONGEST_SUBJECT = 255

_Name = Annotated[str, typer.Argument(metavar="NAME", help="Login name.")]


def link(
    name: _Name,
    oidc_subject: Annotated[str, typer.Option(metavar="SUB", help="The provider's subject (claim sub).")],
) -> None:
    """Say who a member of staff is at the identity provider; he signs in there from now on."""
    office = Office()
    issuer = issuer_for(office, oidc_subject)
    with office.store() as database:
        do_to(
            office,
            database,
            name,
            lambda conn, member: link_member(conn, office, database, member, issuer, oidc_subject),
        )
    typer.echo(office.say("staff.linked", name=name))


def unlink(name: _Name) -> None:
    """Forget who a member of staff is at the identity provider; what he is signed in with from there ends."""
    from storage.sign_on.identities import unlink_identity

    office = Office()
    with office.store() as database:

        def deed(conn: Connection, member: StaffMember) -> bool:
            removed = unlink_identity(conn, member.id)
            if removed:
                note_deed(conn, database, "staff.identity_unlinked", member)
            return removed

        removed = do_to(office, database, name, deed)
    typer.echo(office.say("staff.unlinked" if removed else "staff.not_linked", name=name))


def issuer_for(office: Office, subject: str) -> str:
    """The provider that is set, for a subject that can be one of its own; or one sentence."""
    how = office.settings.read_sign_on()
    if how is None:
        raise office.refuse("staff.no_provider")
    if not (subject.isascii() and subject.isprintable() and 1 <= len(subject) <= _LONGEST_SUBJECT):
        raise office.refuse("staff.bad_subject", longest=str(_LONGEST_SUBJECT))
    return how.issuer


def link_member(
    conn: Connection, office: Office, database: Database, member: StaffMember, issuer: str, subject: str
) -> None:
    """Link in the caller's transaction; ends the command where either is linked already."""
    from storage.sign_on.identities import link_identity

    if not link_identity(conn, database.vault, database.universe, member.id, issuer, subject):
        raise office.refuse("staff.already_linked")
    note_deed(conn, database, "staff.identity_linked", member)
