"""The door: permissions, branches, forged requests, transport and the headers of everything."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, make_mocked_request

from bot.console import access
from bot.console.access import Forbidden, ForgedRequest, NotEncrypted, Permission, UndeclaredRoute, needs
from bot.console.application import routes
from bot.console.context import Console, Visit
from bot.console.door import check_every_route, install
from bot.console.headers import CONTENT_SECURITY_POLICY, Assets
from bot.console.passwords import Passwords
from bot.console.proving import departures_by_address, failures_by_address, strays_by_address
from bot.console.recent import Recent
from bot.settings import Settings
from storage.branches import WHOLE_BANK, Branches
from storage.staff import ROLES, Session, StaffMember
from tests.bot.console.conftest import Browser
from tests.bot.console.house import QUICK, Bank


def a_console(bank: Bank) -> Console:
    return Console(
        database=bank.database,
        desk=bank.desk,
        settings=Settings(),
        universe=bank.universe,
        passwords=Passwords(QUICK),
        failures=failures_by_address(bank.universe.now),
        departures=departures_by_address(bank.universe.now),
        strays=strays_by_address(bank.universe.now),
        farewells=strays_by_address(bank.universe.now),
        reach=Recent(bank.universe.now),
        reviews=None,
        demo=False,
    )


async def bare(visit: Visit) -> web.StreamResponse:
    return web.Response()


def test_a_handler_without_a_declared_permission_fails_the_construction(bank: Bank) -> None:
    with pytest.raises(UndeclaredRoute, match="GET /secret"):
        install(web.Application(), a_console(bank), [("GET", "/secret", bare)])  # type: ignore[list-item]


def test_a_route_added_past_the_door_fails_the_construction(bank: Bank) -> None:
    async def plain(request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    install(app, a_console(bank), [("GET", "/open", needs(Permission.PUBLIC)(bare))])
    app.router.add_get("/back-door", plain)
    with pytest.raises(UndeclaredRoute, match="/back-door"):
        check_every_route(app)


def test_only_style_sheets_and_the_way_in_are_open_to_strangers() -> None:
    strangers = {
        (method, path)
        for method, path, page in routes(Assets("bot.console"))
        if page.permission in (Permission.OPEN, Permission.PUBLIC)
    }
    assert strangers == {
        ("GET", ""),
        ("GET", "/static/{name}"),
        ("GET", "/sign-in"),
        ("POST", "/sign-in"),
        ("GET", "/sign-in/elsewhere"),
        ("GET", "/sign-in/elsewhere/done"),
        ("POST", "/sign-in/elsewhere/left"),
        ("GET", "/signed-out"),
        ("POST", "/language"),
    }


async def test_an_expired_session_tells_the_live_page_to_reload(browser: Browser, bank: Bank) -> None:
    answer = await browser.client.get("/console/", headers={"X-Kakunin-Refresh": "1"}, allow_redirects=False)
    assert answer.status == 401


@pytest.mark.parametrize(
    ("role", "permission", "allowed"),
    [
        ("operator", Permission.ANSWER, True),
        ("operator", Permission.ASSIGN, False),
        ("approver", Permission.ASSIGN, True),
        ("operator", Permission.EDIT_CONTENT, False),
        ("back_office", Permission.EDIT_CONTENT, True),
        ("approver", Permission.EDIT_CONTENT, True),
        ("admin", Permission.EDIT_CONTENT, True),
        ("auditor", Permission.EDIT_CONTENT, False),
        ("operator", Permission.SEE_EXPORTS, False),
        ("operator", Permission.EXPORT, False),
        ("back_office", Permission.EXPORT, True),
        ("back_office", Permission.APPROVE_EXPORT, False),
        ("approver", Permission.APPROVE_EXPORT, True),
        ("auditor", Permission.SEE_CONVERSATIONS, True),
        ("auditor", Permission.SEE_EXPORTS, True),
        ("auditor", Permission.ANSWER, False),
        ("auditor", Permission.EXPORT, False),
        ("nobody", Permission.SIGNED_IN, False),
    ],
)
def test_roles_hold_what_they_need_and_no_more(role: str, permission: Permission, allowed: bool) -> None:
    member = StaffMember(id="1", login="x", role=role, branches=WHOLE_BANK, state="active", must_change=False)
    session = Session(id="s", staff=member, csrf="c")
    if allowed:
        assert access.authorize_deed(session, permission) is member
    else:
        with pytest.raises(Forbidden):
            access.authorize_deed(session, permission)


def test_what_is_about_the_whole_bank_is_not_for_a_branch() -> None:
    member = StaffMember(
        id="1", login="x", role="admin", branches=Branches.of("200"), state="active", must_change=False
    )
    assert {one for one in access.ROLES if not access.may(member, one)} == access.WHOLE_BANK


def test_every_permission_behind_sign_in_names_known_roles() -> None:
    behind = set(Permission) - {Permission.OPEN, Permission.PUBLIC}
    assert set(access.ROLES) == behind
    assert all(roles <= set(ROLES) for roles in access.ROLES.values())


async def test_a_form_without_our_token_is_refused(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("sato")
    claim = f"/console/conversations/{bank.refs['waiting_long']}/claim"
    forgeries: tuple[dict[str, Any], ...] = (
        {"data": {}},
        {"data": {"csrf": "f" * 64}},
        {"data": {"csrf": browser.csrf}, "headers": {"Sec-Fetch-Site": "cross-site"}},
        {"data": f"csrf={browser.csrf}", "headers": {"Content-Type": "text/plain"}},
        {"json": {"csrf": browser.csrf}},
    )
    for arguments in forgeries:
        answer = await browser.client.post(claim, **arguments)
        assert answer.status == 403
        assert "もう一度やり直してください" in await answer.text()
    assert bank.conversation("waiting_long").owner == "waiting"
    assert (await browser.client.get(claim)).status == 405, "reading never changes anything"


async def test_signing_in_needs_the_forms_own_token(browser: Browser) -> None:
    answer = await browser.client.post("/console/sign-in", data={"login": "sato", "password": "x", "csrf": ""})
    assert answer.status == 403


async def test_every_answer_carries_the_strict_headers(browser: Browser, bank: Bank) -> None:
    await browser.sign_in("sato")
    for path in ("/", "/sign-in", "/nowhere", "/static/console.css", f"/conversations/{bank.refs['with_bot']}"):
        answer = await browser.client.get(f"/console{path}", allow_redirects=False)
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == ("no-cache" if "static" in path else "no-store")
        assert answer.headers["Server"] == "kakunin"


def request_from(remote: str, host: str, **headers: str) -> web.Request:
    request = make_mocked_request("GET", "/", headers={"Host": host, **headers})
    return request.clone(remote=remote)


def test_plain_http_is_only_for_this_machine() -> None:
    assert access.authorize_transport(request_from("127.0.0.1", "127.0.0.1:8081"), ()) is False
    assert access.authorize_transport(request_from("::1", "localhost"), ()) is False
    for remote, host in (("127.0.0.1", "bank.example"), ("10.0.0.5", "10.0.0.1:8081"), ("10.0.0.5", "localhost")):
        with pytest.raises(NotEncrypted):
            access.authorize_transport(request_from(remote, host), ())


def test_only_our_own_proxy_is_believed_about_https() -> None:
    forwarded = request_from("10.0.0.9", "bank.example", **{"X-Forwarded-Proto": "https"})
    assert access.authorize_transport(forwarded, ("10.0.0.0/24",)) is True
    with pytest.raises(NotEncrypted):
        access.authorize_transport(forwarded, ())
    with pytest.raises(NotEncrypted):
        access.authorize_transport(request_from("10.0.0.9", "bank.example"), ("10.0.0.9",))


def test_an_empty_token_never_fits() -> None:
    with pytest.raises(ForgedRequest):
        access.authorize_form(make_mocked_request("POST", "/"), {"csrf": ""}, "")


async def test_over_plain_http_from_elsewhere_the_page_says_what_to_do(server: TestServer, browser: Browser) -> None:
    answer = await browser.client.get("/console/sign-in", headers={"Host": "bank.example"})
    assert answer.status == 403
    assert "https" in await answer.text()
    assert "Set-Cookie" not in answer.headers


async def test_cookies_are_plain_on_this_machine_and_bound_to_the_host_over_https(bank: Bank) -> None:
    from aiohttp.test_utils import TestClient

    from bot.console.application import make_console

    app = web.Application()
    settings = Settings(trusted_proxies=("127.0.0.1",))
    console = make_console(bank.database, bank.desk, settings, bank.universe, passwords=Passwords(QUICK))
    app.add_subapp("/console/", console)
    async with TestClient(TestServer(app)) as client:
        secure = await client.get("/console/sign-in", headers={"X-Forwarded-Proto": "https"})
        cookie = secure.headers["Set-Cookie"]
    assert cookie.startswith("__Host-kakunin_form=")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
