"""The own account: a new password, and the authenticator app that is asked for from the next sign-in on.

Either change asks for the password again and ends every other session of this person.
"""

from __future__ import annotations

import hmac

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import Permission, lacks_factor, needs
from bot.console.context import MOUNT, Visit
from bot.console.door import redirect, set_session_cookie
from bot.console.one_time_codes import new_secret, step_of, to_scan, to_type
from bot.console.passwords import LONGEST, SHORTEST, TooBusy
from bot.console.proving import create_session, proves_again, record_own
from bot.console.rendering import render
from storage import staff as storage_staff
from storage.second_factors import Factor, begin_factor, confirm_factor, load_factor


@needs(Permission.SIGNED_IN)
async def show_password(visit: Visit) -> web.StreamResponse:
    """The form for a new password."""
    return _password_form(visit, None)


@needs(Permission.SIGNED_IN)
async def change_password(visit: Visit) -> web.StreamResponse:
    """Replace the password; every other session of this person ends."""
    console, member = visit.console, visit.staff
    current, new = visit.form.get("current", ""), visit.form.get("new", "")
    try:
        fits = await proves_again(visit, current)
        problem = _password_problem(visit, fits, current, new)
        if problem is not None:
            return _password_form(visit, problem)
        password_hash = await console.passwords.hash(new)
    except TooBusy:
        return _password_form(visit, "console.sign_in.busy")
    factor_given = visit.session is not None and visit.session.factor == "given"

    def replace(conn: Connection) -> str:
        record_own(conn, visit, "console.password_changed", member.id)
        storage_staff.set_password(conn, member.id, password_hash, must_change=False)
        return create_session(conn, visit, member.id, factor_given=factor_given)

    token = await console.database.transact(replace)
    response = redirect(f"{MOUNT}/")
    set_session_cookie(visit, response, token)
    return response


@needs(Permission.SIGNED_IN)
async def show_factor(visit: Visit) -> web.StreamResponse:
    """Where the authenticator app stands: none, being set up, or asked for at each sign-in."""
    return await _factor_page(visit)


@needs(Permission.SIGNED_IN)
async def set_up_factor(visit: Visit) -> web.StreamResponse:
    """A new secret, shown until a first code comes; who has an app that counts keeps it."""
    console, member = visit.console, visit.staff
    try:
        fits = await proves_again(visit, visit.form.get("password", ""))
    except TooBusy:
        return await _factor_page(visit, "console.sign_in.busy", status=503)
    if not fits:
        return await _factor_page(visit, "console.password.wrong", status=422)
    secret = new_secret(console.universe)

    def begin(conn: Connection) -> None:
        if begin_factor(conn, console.database.vault, console.universe, member.id, secret):
            record_own(conn, visit, "console.factor_begun", member.id)

    await console.database.transact(begin)
    return redirect(f"{MOUNT}/second-factor")


@needs(Permission.SIGNED_IN)
async def confirm(visit: Visit) -> web.StreamResponse:
    """The first code of the app: from now on it counts, and every other session of this person ends."""
    console, member = visit.console, visit.staff
    vault, now = console.database.vault, console.universe.now()

    def count(conn: Connection) -> str | None:
        factor = load_factor(conn, vault, member.id)
        step = None if factor is None else step_of(factor.secret, visit.form.get("code", ""), now)
        if step is None or not confirm_factor(conn, console.universe, member.id, step):
            return None
        record_own(conn, visit, "console.factor_confirmed", member.id)
        storage_staff.end_sessions_of(conn, member.id)
        return create_session(conn, visit, member.id, factor_given=True)

    token = await console.database.transact(count)
    if token is None:
        return await _factor_page(visit, "console.factor.wrong_code", status=422)
    response = redirect(f"{MOUNT}/second-factor")
    set_session_cookie(visit, response, token)
    return response


async def _factor_page(visit: Visit, problem: str | None = None, *, status: int = 200) -> web.Response:
    console, member = visit.console, visit.staff
    vault = console.database.vault
    factor = await console.database.read(lambda conn: load_factor(conn, vault, member.id))
    session = visit.session
    context = {
        "problem": problem,
        "state": _state(factor),
        "needed": session is not None and lacks_factor(session, console.settings.second_factor_roles),
    }
    if factor is not None and not factor.confirmed:
        context["to_scan"] = to_scan(factor.secret, member.login, console.settings.bank_name)
        context["to_type"] = to_type(factor.secret)
    return render(visit, "second_factor.html", context, status=status)


def _state(factor: Factor | None) -> str:
    if factor is None:
        return "none"
    return "in_use" if factor.confirmed else "set_up"


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
