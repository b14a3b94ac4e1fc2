"""The HTTP side of the stand-in's rich menus, on both of LINE's hosts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from aiohttp import web

from bot.simulator.faults import Trouble
from bot.simulator.platform_line_menus import RATE_WORDS, MenuRefused, RichMenus

Handler = Callable[[web.Request, Any], Awaitable[web.StreamResponse]]
_Deed = Callable[[web.Request, Any], Any]


class Guard(Protocol):
    """What every call goes through first: token, body, observer."""

    def guarded(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]: ...


def add_menu_routes(app: web.Application, api: Guard, menus: RichMenus) -> None:
    """The calls about rich menus that kakunin makes."""

    def match(request: web.Request, name: str) -> str:
        return str(request.match_info[name])

    deeds: list[tuple[str, str, _Deed]] = [
        ("POST", "/v2/bot/richmenu", lambda _, body: menus.make(body)),
        ("POST", "/v2/bot/richmenu/validate", lambda _, body: menus.check(body)),
        ("GET", "/v2/bot/richmenu/list", lambda *_: menus.list()),
        ("POST", "/v2/bot/richmenu/bulk/link", lambda _, body: menus.bulk_link(body)),
        ("DELETE", "/v2/bot/richmenu/{menu}", lambda request, _: menus.delete(match(request, "menu"))),
        ("GET", "/v2/bot/user/all/richmenu", lambda *_: menus.get_default()),
        ("DELETE", "/v2/bot/user/all/richmenu", lambda *_: menus.cancel_default()),
        ("POST", "/v2/bot/user/all/richmenu/{menu}", lambda request, _: menus.set_default(match(request, "menu"))),
        ("GET", "/v2/bot/user/{user}/richmenu", lambda request, _: menus.link_of(match(request, "user"))),
        ("DELETE", "/v2/bot/user/{user}/richmenu", lambda request, _: menus.unlink(match(request, "user"))),
        (
            "POST",
            "/v2/bot/user/{user}/richmenu/{menu}",
            lambda request, _: menus.link(match(request, "user"), match(request, "menu")),
        ),
    ]
    for method, path, deed in deeds:
        status = 202 if path.endswith("/bulk/link") else 200
        app.router.add_route(method, path, api.guarded(_answering(menus, deed, status)))

    async def upload(request: web.Request, _: Any) -> web.StreamResponse:
        picture = await request.read()
        deed: _Deed = lambda *_: menus.upload(match(request, "menu"), request.content_type, picture)  # noqa: E731
        return await _answering(menus, deed, 200)(request, None)

    async def download(request: web.Request, _: Any) -> web.StreamResponse:
        try:
            menu = menus.picture(match(request, "menu"))
        except MenuRefused as refusal:
            return _refusal(refusal)
        return web.Response(body=menu.picture, content_type=menu.content_type)

    app.router.add_post("/v2/bot/richmenu/{menu}/content", api.guarded(upload))
    app.router.add_get("/v2/bot/richmenu/{menu}/content", api.guarded(download))


def _answering(menus: RichMenus, deed: _Deed, status: int) -> Handler:
    async def answer(request: web.Request, body: Any) -> web.StreamResponse:
        fault = menus.faults.next()
        after = fault is not None and fault.trouble is Trouble.DISCONNECT_AFTER
        try:
            if fault is not None and not after:
                rate = fault.trouble is Trouble.RATE
                raise MenuRefused(429 if rate else 500, RATE_WORDS if rate else "Internal server error")
            done = deed(request, body)
        except MenuRefused as refusal:
            return _refusal(refusal)
        if after and request.transport is not None:
            request.transport.abort()
        return web.json_response(done or {}, status=status)

    return answer


def _refusal(refusal: MenuRefused) -> web.Response:
    body: dict[str, Any] = {"message": refusal.message}
    if refusal.findings:
        body["details"] = [{"message": message, "property": place} for place, message in refusal.findings]
    return web.json_response(body, status=refusal.status)
