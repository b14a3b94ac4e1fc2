"""Signing in and out, the first password, and the language of the pages.

One sentence answers every failed sign-in, after the same time: an unknown name, a wrong password
and a locked account look alike from outside.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from aiohttp import web
from sqlalchemy import Connection

from bot.buckets import Buckets
from bot.console.access import Permission, needs
from bot.console.context import MOUNT, Visit
from bot.console.door import (
    ABSOLUTE,
    IDLE,
    drop_session_cookie,
    redirect,
    session_token,
    set_session_cookie,
)
from bot.console.passwords import LONGEST, SHORTEST, TooBusy
from bot.console.rendering import render
from bot.console.visitors import network_of
from locales import SHIPPED_LANGUAGES
from storage import audit, staff as storage_staff

log = structlog.get_logger("kakunin.console")

#: After so many wrong passwords the account rests for so long.
FAILURES = 5
LOCK = timedelta(minutes=15)
#: Failures of one network address: a branch behind one address mistypes, a machine that guesses goes on and on.
FAILURES_OF_ADDRESS = 20
_ADDRESS_RESTS = timedelta(minutes=1)


def failures_by_address(now: Callable[[], datetime]) -> Buckets:
    """How many sign-ins may fail from one address: so many at once, then one a minute."""
    return Buckets(burst=FAILURES_OF_ADDRESS, refill=_ADDRESS_RESTS, now=now)


@needs(Permission.PUBLIC)
async def show(visit: Visit) -> web.StreamResponse:
    """The form; whoever is signed in goes on to the inbox."""
    if visit.session is not None:
        return redirect(f"{MOUNT}/")
    return _form(visit, None, "", visit.request.query.get("next", ""))


@needs(Permission.PUBLIC)
async def sign_in(visit: Visit) -> web.StreamResponse:
    """Check name and password, and begin a session under a new token."""
    console = visit.console
    login, password = visit.form.get("login", "").strip(), visit.form.get("password", "")
    after = visit.form.get("next", "")
    address = network_of(visit.request, console.settings.trusted_proxies)
    if not console.failures.has(address):
        # Whatever was typed, right or wrong: an answer would let the guessing go on.
        return _form(visit, "console.sign_in.address_rests", login, after, status=429)
    found = await console.database.read(lambda conn: storage_staff.find_staff(conn, login))
    member, password_hash, locked_until = None, None, None
    if found is not None:
        member, password_hash, _, locked_until = found
    try:
        fits = await console.passwords.fits(password_hash, password)
    except TooBusy:
        return _form(visit, "console.sign_in.busy", login, after, status=503)
    locked = locked_until is not None and locked_until > console.universe.now()
    if member is None or not fits or locked or member.state != "active":
        if member is not None and not locked:
            member_id = member.id
            await console.database.transact(lambda conn: _count_failure(conn, visit, member_id))
        console.failures.take(address)
        if not console.failures.has(address):
            log.warning("console.address_rests", address=address)
        return _form(visit, "console.sign_in.refused", login, after, status=401)
    who = member

    def begin(conn: Connection) -> str:
        storage_staff.reset_login_failures(conn, who.id)
        _record(conn, visit, "console.signed_in", who.id)
        return storage_staff.create_session(
            conn, console.universe, console.database.vault, who.id, idle=IDLE, absolute=ABSOLUTE
        )

    token = await console.database.transact(begin)
    response = redirect(_inside(after))
    set_session_cookie(visit, response, token)
    return response


@needs(Permission.SIGNED_IN)
async def sign_out(visit: Visit) -> web.StreamResponse:
    """End the session here and in the store."""
    console = visit.console

    def end(conn: Connection) -> None:
        _record(conn, visit, "console.signed_out", visit.staff.id)
        storage_staff.end_session(conn, console.database.vault, session_token(visit))

    await console.database.transact(end)
    response = redirect(f"{MOUNT}/sign-in")
    drop_session_cookie(visit, response)
    return response


@needs(Permission.SIGNED_IN)
async def show_password(visit: Visit) -> web.StreamResponse:
    """The form for a new password."""
    return _password_form(visit, None)


@needs(Permission.SIGNED_IN)
async def change_password(visit: Visit) -> web.StreamResponse:
    """Replace the password; every other session of this person ends."""
    console, member = visit.console, visit.staff
    current, new = visit.form.get("current", ""), visit.form.get("new", "")
    found = await console.database.read(lambda conn: storage_staff.find_staff(conn, member.login))
    try:
        fits = await console.passwords.fits(found[1] if found is not None else None, current)
        problem = _password_problem(visit, fits, current, new)
        if problem is not None:
            return _password_form(visit, problem)
        password_hash = await console.passwords.hash(new)
    except TooBusy:
        return _password_form(visit, "console.sign_in.busy")

    def replace(conn: Connection) -> str:
        _record(conn, visit, "console.password_changed", member.id)
        storage_staff.set_password(conn, member.id, password_hash, must_change=False)
        return storage_staff.create_session(
            conn, console.universe, console.database.vault, member.id, idle=IDLE, absolute=ABSOLUTE
        )

    token = await console.database.transact(replace)
    response = redirect(f"{MOUNT}/")
    set_session_cookie(visit, response, token)
    return response


@needs(Permission.PUBLIC)
async def choose_language(visit: Visit) -> web.StreamResponse:
    """Remember the language of the pages in this browser."""
    response = redirect(_inside(visit.form.get("back", "")))
    locale = visit.form.get("locale", "")
    if locale in SHIPPED_LANGUAGES:
        response.set_cookie("kakunin_locale", locale, path=f"{MOUNT}/", samesite="Strict", httponly=True)
    return response


def _count_failure(conn: Connection, visit: Visit, staff_id: str) -> None:
    _record(conn, visit, "console.sign_in_failed", staff_id)
    storage_staff.count_login_failure(conn, visit.console.universe, staff_id, limit=FAILURES, lock_for=LOCK)


def _record(conn: Connection, visit: Visit, action: str, staff_id: str) -> None:
    audit.record(
        conn,
        visit.console.universe,
        action,
        actor_kind="staff",
        actor_id=staff_id,
        subjects={"staff": staff_id},
        detail={},
    )


def _inside(path: str) -> str:
    """A place within the console: a form must not send people elsewhere."""
    plain = path.startswith(f"{MOUNT}/") and "//" not in path and "\\" not in path and path.isprintable()
    return path if plain else f"{MOUNT}/"


def _form(visit: Visit, problem: str | None, login: str, after: str, *, status: int = 200) -> web.Response:
    return render(visit, "sign_in.html", {"problem": problem, "login": login, "next": after}, status=status)


def _password_problem(visit: Visit, fits: bool, current: str, new: str) -> str | None:
    if not fits:
        return "console.password.wrong"
    if not SHORTEST <= len(new) <= LONGEST:
        return "console.password.length"
    if hmac.compare_digest(new.encode(), current.encode()) or visit.staff.login.lower() in new.lower():
        return "console.password.known"
    if not hmac.compare_digest(new.encode(), visit.form.get("again", "").encode()):
        return "console.password.differs"
    return None


def _password_form(visit: Visit, problem: str | None) -> web.Response:
    context = {"problem": problem, "shortest": str(SHORTEST)}
    return render(visit, "password.html", context, status=200 if problem is None else 422)
