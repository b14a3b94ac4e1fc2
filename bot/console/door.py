"""How a request passes the door: transport, session, permission, form, then the handler.

``access`` says what is allowed; this file asks it in the right order for every route, turns a
refusal into a page (or a way to sign in) and keeps a record of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from bot.console.access import (
    CodeNeeded,
    FactorNeeded,
    ForgedRequest,
    NotEncrypted,
    Page,
    PasswordChangeNeeded,
    Permission,
    Refused,
    SignInNeeded,
    UndeclaredRoute,
    authorize_deed,
    authorize_form,
    authorize_session,
    authorize_transport,
)
from bot.console.context import MOUNT, Console, Visit
from bot.console.rendering import render
from storage import audit
from storage.sign_on.requests import LIFE
from storage.staff import Session, load_session

#: A session ends after so long without a request, and in any case after a working day.
IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=10)
#: Between the password and the code of the authenticator app.
HALFWAY = timedelta(minutes=5)

#: Long enough for any reply; the rest of a form is small.
MAX_FORM = 64 * 1024

#: Refusals that lead to the page where what is missing can be given.
WAYS_IN: Final[Mapping[type[Refused], str]] = {
    SignInNeeded: "/sign-in",
    CodeNeeded: "/sign-in/code",
    PasswordChangeNeeded: "/password",
    FactorNeeded: "/second-factor",
}

_SESSION: Final = "kakunin"
_BEFORE_SIGN_IN: Final = "kakunin_form"
#: Of a browser on its way to the provider and back: the one that a foreign page's link may bring along.
_ON_THE_WAY: Final = "kakunin_way"


def install(app: web.Application, console: Console, table: Iterable[tuple[str, str, Page]]) -> None:
    """Add the routes of the table; raises ``UndeclaredRoute`` for a handler that declares no permission."""
    for method, path, page in table:
        if not isinstance(page, Page):
            raise UndeclaredRoute(f"{method} {path}")
        app.router.add_route(method, path, _guard(console, page))
    check_every_route(app)


def check_every_route(app: web.Application) -> None:
    """Raise ``UndeclaredRoute`` where a route was added past ``install``."""
    for route in app.router.routes():
        if not getattr(route.handler, "behind_the_door", False):
            raise UndeclaredRoute(f"{route.method} {route.resource.canonical if route.resource else ''}")


def set_session_cookie(visit: Visit, response: web.StreamResponse, token: str) -> None:
    """Hand the browser its session."""
    _set_cookie(visit.console, visit.request, response, _SESSION, token)


def drop_session_cookie(visit: Visit, response: web.StreamResponse) -> None:
    """Take the session back."""
    name, secure = _cookie_name(visit.console, visit.request, _SESSION)
    response.del_cookie(name, path="/", secure=secure, httponly=True, samesite="Strict")


def session_token(visit: Visit) -> str:
    """The token in the browser's cookie, or an empty string."""
    return _read_cookie(visit.console, visit.request, _SESSION)


def set_way_cookie(visit: Visit, response: web.StreamResponse, value: str) -> None:
    """By what a browser is known again when the provider sends it back."""
    name, secure = _cookie_name(visit.console, visit.request, _ON_THE_WAY)
    life = int(LIFE.total_seconds())
    response.set_cookie(name, value, path="/", max_age=life, secure=secure, httponly=True, samesite="Lax")


def way_cookie(visit: Visit) -> str:
    """What the browser was given when it set out, or an empty string."""
    return _read_cookie(visit.console, visit.request, _ON_THE_WAY)


def drop_way_cookie(visit: Visit, response: web.StreamResponse) -> None:
    """It has arrived."""
    name, secure = _cookie_name(visit.console, visit.request, _ON_THE_WAY)
    response.del_cookie(name, path="/", secure=secure, httponly=True, samesite="Lax")


def redirect(path: str) -> web.Response:
    """See the result with GET."""
    return web.Response(status=303, headers={"Location": path})


def _guard(console: Console, page: Page) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def guarded(request: web.Request) -> web.StreamResponse:
        if page.permission is Permission.OPEN:
            return await page.handler(Visit(request=request, console=console, session=None, csrf="", form={}))
        session: Session | None = None
        before_sign_in = ""
        try:
            authorize_transport(request, console.settings.trusted_proxies)
            before_sign_in = _read_cookie(console, request, _BEFORE_SIGN_IN)
            session = await _find_session(console, request)
            fresh = "" if before_sign_in else console.universe.code(24)
            csrf = session.csrf if session is not None else before_sign_in
            if page.permission is not Permission.PUBLIC:
                authorize_deed(authorize_session(session), page.permission, console.settings.second_factor_roles)
            form: dict[str, str] = {}
            if request.method not in ("GET", "HEAD"):
                form = await _read_form(request)
                authorize_form(request, form, csrf)
            visit = Visit(request=request, console=console, session=session, csrf=csrf or fresh, form=form)
            response = await page.handler(visit)
            if session is None and fresh and not response.prepared:
                _set_cookie(console, request, response, _BEFORE_SIGN_IN, fresh)
            return response
        except Refused as refusal:
            visit = Visit(
                request=request,
                console=console,
                session=session,
                csrf=session.csrf if session is not None else before_sign_in,
                form={},
            )
            return await _refuse(visit, refusal, page.permission)

    guarded.behind_the_door = True  # type: ignore[attr-defined]
    return guarded


async def _find_session(console: Console, request: web.Request) -> Session | None:
    token = _read_cookie(console, request, _SESSION)
    if not token:
        return None
    database = console.database
    return await database.transact(lambda conn: load_session(conn, console.universe, database.vault, token))


async def _read_form(request: web.Request) -> dict[str, str]:
    if request.content_type not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        raise ForgedRequest
    if (request.content_length or 0) > MAX_FORM:
        raise web.HTTPRequestEntityTooLarge(max_size=MAX_FORM, actual_size=request.content_length or 0)
    return {name: value for name, value in (await request.post()).items() if isinstance(value, str)}


async def _refuse(visit: Visit, refusal: Refused, permission: Permission) -> web.StreamResponse:
    if isinstance(refusal, SignInNeeded) and visit.request.headers.get("X-Kakunin-Refresh"):
        return web.Response(status=401)
    way = WAYS_IN.get(type(refusal))
    if way is not None:
        here = visit.request.path if visit.request.method == "GET" else f"{MOUNT}/"
        return redirect(f"{MOUNT}{way}?{urlencode({'next': here})}")
    if not isinstance(refusal, NotEncrypted):
        await _record_refusal(visit, refusal, permission)
    return render(visit, "problem.html", {"code": refusal.code}, status=refusal.status)


async def _record_refusal(visit: Visit, refusal: Refused, permission: Permission) -> None:
    staff = None if visit.session is None else visit.session.staff
    await visit.console.database.transact(
        lambda conn: audit.record(
            conn,
            visit.console.universe,
            "console.refused",
            actor_kind="staff" if staff is not None else "system",
            actor_id=staff.id if staff is not None else "console",
            subjects={},
            detail={"why": refusal.code, "needed": permission.value},
        )
    )


def _cookie_name(console: Console, request: web.Request, name: str) -> tuple[str, bool]:
    secure = authorize_transport(request, console.settings.trusted_proxies)
    return (f"__Host-{name}" if secure else name), secure


def _read_cookie(console: Console, request: web.Request, name: str) -> str:
    return request.cookies.get(_cookie_name(console, request, name)[0], "")


def _set_cookie(console: Console, request: web.Request, response: web.StreamResponse, name: str, value: str) -> None:
    full, secure = _cookie_name(console, request, name)
    response.set_cookie(full, value, path="/", secure=secure, httponly=True, samesite="Strict")
