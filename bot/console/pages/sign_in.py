"""Signing in and out, with the password and then the code where there is an app, and the language of the pages.

One sentence answers every failed sign-in, after the same time: an unknown name, a wrong password
and a locked account look alike from outside.
"""

from __future__ import annotations

from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import Permission, needs
from bot.console.context import MOUNT, Visit
from bot.console.door import HALFWAY, drop_session_cookie, redirect, session_token, set_session_cookie
from bot.console.one_time_codes import step_of
from bot.console.passwords import TooBusy
from bot.console.proving import (
    address_rests,
    begin_session,
    count_against_address,
    count_failure,
    create_session,
    inside,
    is_locked,
    prove,
    record_own,
)
from bot.console.rendering import render
from locales import SHIPPED_LANGUAGES
from storage import staff as storage_staff
from storage.second_factors import load_factor, spend_step


@needs(Permission.PUBLIC)
async def show(visit: Visit) -> web.StreamResponse:
    """The form; whoever is signed in goes on to the inbox."""
    if visit.session is not None:
        return redirect(f"{MOUNT}/")
    return _form(visit, None, "", visit.request.query.get("next", ""))


@needs(Permission.PUBLIC)
async def sign_in(visit: Visit) -> web.StreamResponse:
    """Check name and password, and begin a session under a new token."""
    login, password = visit.form.get("login", "").strip(), visit.form.get("password", "")
    after = visit.form.get("next", "")
    if address_rests(visit):
        return _form(visit, "console.sign_in.address_rests", login, after, status=429)
    # Who may not sign in here is treated as who does not exist, so that nobody learns which names may.
    name = login if visit.console.settings.may_sign_in_here(login) else ""
    try:
        member = await prove(visit, name, password)
    except TooBusy:
        return _form(visit, "console.sign_in.busy", login, after, status=503)
    if member is None:
        return _form(visit, "console.sign_in.refused", login, after, status=401)
    who, vault = member, visit.console.database.vault

    def begin(conn: Connection) -> tuple[str, str]:
        if visit.console.settings.local_sign_in == "break_glass":
            record_own(conn, visit, "console.break_glass", who.id)
        factor = load_factor(conn, vault, who.id)
        if factor is None or not factor.confirmed:
            return begin_session(conn, visit, who.id, factor_given=False), inside(after)
        token = create_session(conn, visit, who.id, idle=HALFWAY, absolute=HALFWAY)
        return token, f"{MOUNT}/sign-in/code?{urlencode({'next': inside(after)})}"

    token, way = await visit.console.database.transact(begin)
    response = redirect(way)
    set_session_cookie(visit, response, token)
    return response


@needs(Permission.HALF_SIGNED_IN)
async def show_code(visit: Visit) -> web.StreamResponse:
    """The form for the code of the authenticator app."""
    return _code_form(visit, None, visit.request.query.get("next", ""))


@needs(Permission.HALF_SIGNED_IN)
async def give_code(visit: Visit) -> web.StreamResponse:
    """Check the code, which is spent by it, and begin the session proper under a new token."""
    console, member = visit.console, visit.staff
    after, typed = visit.form.get("next", ""), visit.form.get("code", "")
    if address_rests(visit):
        return _code_form(visit, "console.sign_in.address_rests", after, status=429)
    vault, now = console.database.vault, console.universe.now()

    def give(conn: Connection) -> str | None:
        found, factor = storage_staff.find_staff(conn, member.login), load_factor(conn, vault, member.id)
        if found is None or factor is None or is_locked(found[3], now):
            return None
        step = step_of(factor.secret, typed, now)
        if step is None or not spend_step(conn, member.id, step):
            count_failure(conn, visit, member.id, "console.code_failed")
            return None
        storage_staff.end_session(conn, vault, session_token(visit))
        return begin_session(conn, visit, member.id, factor_given=True)

    token = await console.database.transact(give)
    if token is None:
        count_against_address(visit)
        return _code_form(visit, "console.code.refused", after, status=401)
    response = redirect(inside(after))
    set_session_cookie(visit, response, token)
    return response


@needs(Permission.HALF_SIGNED_IN)
async def sign_out(visit: Visit) -> web.StreamResponse:
    """End the session here and in the store."""
    console = visit.console

    def end(conn: Connection) -> None:
        record_own(conn, visit, "console.signed_out", visit.staff.id)
        storage_staff.end_session(conn, console.database.vault, session_token(visit))

    await console.database.transact(end)
    by_provider = visit.session is not None and visit.session.elsewhere is not None
    response = redirect(f"{MOUNT}/signed-out" if by_provider else f"{MOUNT}/sign-in")
    drop_session_cookie(visit, response)
    return response


@needs(Permission.PUBLIC)
async def choose_language(visit: Visit) -> web.StreamResponse:
    """Remember the language of the pages in this browser."""
    response = redirect(inside(visit.form.get("back", "")))
    locale = visit.form.get("locale", "")
    if locale in SHIPPED_LANGUAGES:
        response.set_cookie("kakunin_locale", locale, path=f"{MOUNT}/", samesite="Strict", httponly=True)
    return response


def _form(visit: Visit, problem: str | None, login: str, after: str, *, status: int = 200) -> web.Response:
    console = visit.console
    context = {
        "problem": problem,
        "login": login,
        "next": after,
        "way": f"{MOUNT}/sign-in/elsewhere?{urlencode({'next': inside(after)})}",
        "provider": None if console.provider is None else console.provider.how,
        "break_glass": console.settings.local_sign_in == "break_glass",
    }
    return render(visit, "sign_in.html", context, status=status)


def _code_form(visit: Visit, problem: str | None, after: str, *, status: int = 200) -> web.Response:
    return render(visit, "code.html", {"problem": problem, "next": after}, status=status)
