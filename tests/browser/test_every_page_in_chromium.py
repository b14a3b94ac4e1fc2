"""Every page of the console before axe-core, wide and narrow: nothing that keeps somebody out.

The pages come from the application's own table of routes, so a new page is looked at from the day it is added.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Page

from bot.console.application import make_console
from bot.console.door import ABSOLUTE, IDLE
from bot.console.passwords import Passwords
from bot.settings import Settings
from storage import second_factors, staff
from storage.database import Database
from storage.staff import StaffMember
from storage.universe import FrozenUniverse
from tests.bot.console.entering import entry_desk
from tests.bot.console.house import QUICK, Bank, seed
from tests.bot.console.reviewing import review_desk
from tests.bot.console.surface import TABLE, Asked, furnish, surface
from tests.bot.console.test_owed import promise
from tests.browser.conftest import OpenPage, Serve

#: What a violation has to be to fail: somebody cannot use the page, or only with great trouble.
GRAVE = {"serious", "critical"}
WIDTHS = (390, 1440)
#: Pages that are more than one, by what stands behind their address; another widget, another look.
MORE = {
    "GET /console/": (
        "?folder=owed",
        "?folder=mine",
        "?folder=staff",
        "?folder=bot",
        "?folder=closed",
        "?folder=undelivered",
    ),
    "GET /console/reviews": ("?list=second", "?list=documents", "?list=held", "?list=asked"),
    "GET /console/worklists": ("?list=visit", "?list=restriction"),
    "GET /console/cases/{case}/contact": ("?by=visit", "?by=post"),
    "GET /console/questions": ("?list=phrasing", "?list=set_aside"),
}
#: Where several states of one address matter, conversations in them.
STATES = ("waiting_long", "waiting_short", "with_bot", "over", "lobby")


@pytest.fixture
def bank(sqlite_database: Database, universe: FrozenUniverse) -> Bank:
    bank = seed(sqlite_database, universe)
    promise(bank, "with_bot", "branch_200")
    return bank


@pytest.fixture
def app(bank: Bank) -> web.Application:
    app = web.Application()
    settings = Settings(bank_name="見本銀行", second_factor_roles=())
    reviews = review_desk(bank)
    console = make_console(
        bank.database,
        bank.desk,
        settings,
        bank.universe,
        reviews=reviews,
        entries=entry_desk(bank),
        passwords=Passwords(QUICK),
        demo=True,
    )
    app.add_subapp("/console/", console)
    return app


@pytest.fixture
def ids(bank: Bank) -> Mapping[str, str]:
    return furnish(bank, "waiting_long")["waiting_long"]


async def violations(page: Page) -> list[str]:
    """What axe-core finds, with the element it finds it in."""
    from axe_playwright_python.async_playwright import Axe

    found = await Axe().run(page)
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:160]}"
        for one in found.response["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


def pages(app: web.Application, bank: Bank, ids: Mapping[str, str]) -> dict[str, Asked]:
    """Every page that a person can open, by its address."""
    found: dict[str, Asked] = {}
    for route in surface(app, ids):
        drawn = route.method == "GET" and "/live/" not in route.path and "{name}" not in route.name
        drawn = drawn and not route.name.endswith((".csv", ".pdf"))
        if not drawn or "stranger" in TABLE[route.name] or "{image}" in route.name:
            continue
        paths = [route.path] + [route.path + more for more in MORE.get(route.name, ())]
        if "{ref}" in route.name:
            paths += [route.path.replace(ids["ref"], bank.refs[name]) for name in STATES]
        found |= {path: Asked(route.name, route.method, path) for path in paths}
    return found


async def sign_in(page: Page, address: str, bank: Bank, role: str) -> StaffMember:
    """A session in this browser, for a member of that role."""
    member = bank.database.run(
        lambda conn: staff.add_staff(conn, bank.universe, f"{role}-one", role, None, "x", must_change=False)
    )
    await hold(page, address, bank, member)
    return member


async def hold(page: Page, address: str, bank: Bank, member: StaffMember, *, given: bool = False) -> None:
    database, uni = bank.database, bank.universe
    token = database.run(
        lambda conn: staff.create_session(
            conn, uni, database.vault, member.id, idle=IDLE, absolute=ABSOLUTE, factor_given=given
        )
    )
    await page.context.add_cookies([{"name": "kakunin", "value": token, "url": address}])


@pytest.mark.parametrize("width", WIDTHS)
async def test_no_page_keeps_anybody_out(
    open_page: OpenPage, serve: Serve, app: web.Application, bank: Bank, ids: Mapping[str, str], width: int
) -> None:
    address = await serve(app)
    shown, problems = pages(app, bank, ids), []
    for role in ("admin", "auditor"):
        page = await open_page(width=width)
        member = await sign_in(page, address, bank, role)
        if role == "admin":
            await bank.desk.claim(bank.conversation_id("waiting_long"), member)
            await bank.desk.say(bank.conversation_id("waiting_long"), member, "お待たせいたしました。")
        for path, route in shown.items():
            # Whom the first role serves, the second need not: the pages that only it sees are left.
            if role not in TABLE[route.name] or (role == "auditor" and "admin" in TABLE[route.name]):
                continue
            answer = await page.goto(f"{address}{path}")
            assert answer is not None
            assert answer.status == 200, path
            problems += [f"{path}: {one}" for one in await violations(page)]
            assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert len(shown) > 15
    assert problems == [], "\n".join(problems)


@pytest.mark.parametrize("width", WIDTHS)
async def test_the_way_in_keeps_nobody_out(
    open_page: OpenPage, serve: Serve, app: web.Application, bank: Bank, width: int, tmp_path: Path
) -> None:
    """What is seen before the console opens, and what says that something is not there."""
    address, problems = f"{await serve(app)}/console", []
    page = await open_page(width=width)

    async def look(name: str) -> None:
        problems.extend(f"{name}: {one}" for one in await violations(page))
        await page.screenshot(path=tmp_path / f"{name}-{width}.png", full_page=True)

    await page.goto(f"{address}/sign-in")
    await look("sign-in")
    member = await sign_in(page, address, bank, "operator")
    await page.goto(f"{address}/second-factor")
    await look("no-app")
    database, uni = bank.database, bank.universe
    database.run(lambda conn: second_factors.begin_factor(conn, database.vault, uni, member.id, b"k" * 20))
    await page.goto(f"{address}/second-factor")
    await look("app-is-set-up")
    await page.get_by_label("アプリに表示された6けたの番号").fill("000000")
    await page.get_by_role("button", name="登録する").click()
    await page.get_by_role("alert").wait_for()
    await look("wrong-first-code")
    database.run(lambda conn: second_factors.confirm_factor(conn, uni, member.id, 1))
    await page.goto(f"{address}/sign-in/code")
    await look("code")
    await hold(page, address, bank, member, given=True)
    await page.goto(f"{address}/second-factor")
    await look("app-in-use")
    await page.goto(f"{address}/conversations/zzzzzzzz")
    await look("not-found")
    assert problems == [], "\n".join(problems)


async def test_a_page_that_keeps_somebody_out_is_found(open_page: OpenPage) -> None:
    """The negative control."""
    page = await open_page()
    await page.set_content("<html lang='ja'><title>x</title><main><h1>x</h1><input id='a'><button></button></main>")
    assert {one.partition(" ")[0] for one in await violations(page)} == {"label", "button-name"}
