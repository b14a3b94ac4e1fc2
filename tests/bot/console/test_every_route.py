"""Every route of the application's own table, asked by every role and from another branch (``surface.TABLE``)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

import pytest
from aiohttp import DummyCookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import text

from bot.console.access import Permission, needs
from bot.console.context import Visit
from bot.console.door import install
from storage import audit
from storage.audit import AuditEntry
from storage.branches import Branches
from storage.cases import load_case
from storage.staff import ROLES
from storage.tables import metadata
from tests.bot.console.house import Bank
from tests.bot.console.surface import SIGNED, TABLE, WHOLE_BANK, Asked, Visitor, furnish, names_of, surface
from tests.bot.console.test_access import a_console

#: Of a branch that the visitor is not bound to, and one of each that he is.
OURS, OTHERS = "waiting_long", ("branch_200", "waiting_short")
BRANCHES = Branches.of("200", "300")

Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def client(server: TestServer) -> AsyncIterator[Client]:
    """Without cookies of its own: each request brings the session it is made with."""
    async with TestClient(server, cookie_jar=DummyCookieJar()) as client:
        yield client


@pytest.fixture
def ids(bank: Bank) -> Mapping[str, Mapping[str, str]]:
    bank.move_branch("0002", "300")
    return furnish(bank, OURS, *OTHERS)


def refusals(bank: Bank) -> list[AuditEntry]:
    entries = bank.database.run_read(lambda conn: audit.list_entries(conn, limit=10_000))
    return [entry for entry in entries if entry.action == "console.refused"]


_BESIDE = {"audit_entry", "audit_subject", "audit_chain", "audit_head", "staff_session", "staff", "conversation_visit"}
#: One statement: it is asked before and after every route.
_COUNTS = text(
    " UNION ALL ".join(f"SELECT '{name}', count(*), '' FROM {name}" for name in metadata.tables if name not in _BESIDE)
    + " UNION ALL SELECT id, version, owner FROM conversation"
)


def kept(bank: Bank) -> Sequence[object]:
    """What is stored beside the audit record, the sessions and what somebody looked at."""
    return bank.database.run_read(lambda conn: conn.execute(_COUNTS).all())


async def is_refused(client: Client, bank: Bank, visitor: Visitor, route: Asked) -> bool:
    """Whether the door refused, which it then has written down; raises where it did so by halves."""
    before = len(refusals(bank))
    answer = await visitor.ask(route)
    written = refusals(bank)
    del written[len(written) - before :]
    if answer.status != 403:
        assert not answer.headers.get("Location", "").startswith("/console/sign-in?"), route.name
        return False
    assert [(entry.actor_id, entry.detail["why"]) for entry in written] == [(visitor.member.id, "forbidden")], route
    return True


def test_the_table_names_every_route_and_no_other(server: TestServer) -> None:
    assert sorted(names_of(server.app)) == sorted(TABLE)


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_may_do_what_the_table_says_and_nothing_else(
    client: Client, server: TestServer, bank: Bank, ids: Mapping[str, Mapping[str, str]], role: str
) -> None:
    visitor = Visitor(bank, client, role)
    for route in surface(server.app, ids[OURS]):
        before = kept(bank)
        refused = await is_refused(client, bank, visitor, route)
        assert refused == (role not in TABLE[route.name]), route.name
        assert not refused or kept(bank) == before, route.name


@pytest.mark.parametrize("role", ROLES)
async def test_another_branchs_ids_lead_nowhere(
    client: Client, server: TestServer, bank: Bank, ids: Mapping[str, Mapping[str, str]], role: str
) -> None:
    visitor = Visitor(bank, client, role, BRANCHES)
    before, asked = kept(bank), 0
    for route in surface(server.app, ids[OURS]):
        if not route.has_id:
            continue
        answer = await visitor.ask(route)
        assert answer.status == (404 if role in TABLE[route.name] else 403), route.name
        asked += 1
    assert asked >= 9
    assert kept(bank) == before
    # The same member reaches what is of either of his own by the same routes.
    for route in (route for name in OTHERS for route in surface(server.app, ids[name])):
        if route.has_id and role in TABLE[route.name]:
            assert (await visitor.ask(route)).status not in (401, 403, 404), route.name


@pytest.mark.parametrize("role", ROLES)
async def test_pages_without_an_id_show_nothing_of_another_branch(
    client: Client, server: TestServer, bank: Bank, ids: Mapping[str, Mapping[str, str]], role: str
) -> None:
    visitor = Visitor(bank, client, role, BRANCHES)
    foreign = [name for name in bank.refs if name not in OTHERS]
    for route in surface(server.app, ids[OURS]):
        if route.has_id or route.method != "GET" or role not in TABLE[route.name] or "/live/" in route.path:
            continue
        answer = await visitor.ask(route)
        assert (answer.status == 403) == (route.name in WHOLE_BANK), route.name
        page = await answer.text()
        for name in foreign:
            assert not [word for word in words_of(bank, name) if word in page], (route.name, name)


def words_of(bank: Bank, name: str) -> list[str]:
    """What would tell of a conversation."""
    case_id = bank.conversation(name).case_id
    case = None if case_id is None else bank.database.run_read(lambda conn: load_case(conn, case_id))
    return [bank.refs[name], *([] if case is None else [f">{case.check_number}<"])]


async def test_strangers_are_sent_to_sign_in_by_every_route(
    client: Client, server: TestServer, ids: Mapping[str, Mapping[str, str]]
) -> None:
    for route in surface(server.app, ids[OURS]):
        answer = await client.request(route.method, route.path, data={"csrf": "x"}, allow_redirects=False)
        sent_away = answer.status == 303 and answer.headers["Location"].startswith("/console/sign-in?")
        assert sent_away == ("stranger" not in TABLE[route.name]), route.name


async def test_every_deed_needs_the_token_of_our_own_page(
    client: Client, server: TestServer, bank: Bank, ids: Mapping[str, Mapping[str, str]]
) -> None:
    visitor = Visitor(bank, client, "admin")
    before, deeds = kept(bank), 0
    for route in surface(server.app, ids[OURS]):
        if route.method == "GET" or route.name in SIGNED:
            continue
        for forgery in ({"data": {"csrf": "f" * 64}}, {"json": {}}, {"headers": {"Sec-Fetch-Site": "cross-site"}}):
            answer = await visitor.ask(route, **forgery)
            assert answer.status == 403, route.name
            deeds += 1
    assert kept(bank) == before
    assert [entry.detail["why"] for entry in refusals(bank)] == ["forged"] * deeds


async def test_reading_a_page_changes_nothing(
    client: Client, server: TestServer, bank: Bank, ids: Mapping[str, Mapping[str, str]]
) -> None:
    visitor, before = Visitor(bank, client, "admin"), kept(bank)
    for route in surface(server.app, ids[OURS]):
        if route.method == "GET":
            await visitor.ask(route)
    assert kept(bank) == before


async def test_a_page_that_forgets_the_branch_is_found(bank: Bank, ids: Mapping[str, Mapping[str, str]]) -> None:
    """The negative control: what the walk says to a route that asks nobody."""

    @needs(Permission.SEE_CONVERSATIONS)
    async def careless(visit: Visit) -> web.StreamResponse:
        return web.Response(text=visit.request.match_info["ref"])

    inner, outer = web.Application(), web.Application()
    install(inner, a_console(bank), [("GET", "/careless/{ref}", careless)])
    outer.add_subapp("/console/", inner)
    async with TestClient(TestServer(outer), cookie_jar=DummyCookieJar()) as client:
        (route,) = surface(outer, ids[OURS])
        assert route.name not in TABLE
        assert (await Visitor(bank, client, "operator", BRANCHES).ask(route)).status == 200
