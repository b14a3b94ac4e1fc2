"""The console as one application, mounted under ``/console/``.

The table of routes is the whole surface; ``install`` refuses a handler that declares no permission.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from bot.canned import load_replies
from bot.console import live
from bot.console.access import Page, Permission, needs
from bot.console.context import MOUNT, Console, Visit
from bot.console.desk import Desk
from bot.console.door import install, redirect
from bot.console.entry_desk import EntryDesk
from bot.console.headers import Assets, add_headers
from bot.console.pages import (
    audit_trail,
    campaigns,
    charts,
    conversation,
    desk_work,
    elsewhere,
    entering,
    exports,
    inbox,
    next_faq,
    own_account,
    panel,
    picture,
    printing,
    questions,
    report,
    review,
    sign_in,
    supervision,
    worklists,
)
from bot.console.passwords import Passwords
from bot.console.proving import departures_by_address, failures_by_address, strays_by_address
from bot.console.recent import Recent
from bot.console.review_desk import ReviewDesk
from bot.settings import Settings
from bot.sign_on.provider import Provider
from locales import SHIPPED_LANGUAGES
from storage.database import Database
from storage.universe import Universe


def make_console(
    database: Database,
    desk: Desk,
    settings: Settings,
    universe: Universe,
    *,
    reviews: ReviewDesk | None = None,
    entries: EntryDesk | None = None,
    passwords: Passwords | None = None,
    demo: bool = False,
) -> web.Application:
    """The application to mount with ``add_subapp("/console/", ...)``; raises ``UndeclaredRoute``.

    Raises ``SettingsProblem`` where the bank's file of replies or its settings of sign-in cannot be used: better now
    than when somebody needs them.
    """
    how = settings.read_sign_on()
    console = Console(
        database=database,
        desk=desk,
        settings=settings,
        universe=universe,
        passwords=passwords if passwords is not None else Passwords(),
        failures=failures_by_address(universe.now),
        departures=departures_by_address(universe.now),
        strays=strays_by_address(universe.now),
        farewells=strays_by_address(universe.now),
        reach=Recent(universe.now),
        reviews=reviews,
        entries=entries,
        demo=demo,
        provider=None if how is None else Provider(how, universe.now),
    )
    for locale in SHIPPED_LANGUAGES:
        load_replies(locale, console.overlay)
    app = web.Application()
    app[live.STOPPING] = asyncio.Event()
    app.on_response_prepare.append(add_headers)
    app.on_shutdown.append(_stop_streams)
    app.cleanup_ctx.append(_keep_parts(console))
    install(app, console, routes(Assets("bot.console")))
    return app


def routes(assets: Assets) -> list[tuple[str, str, Page]]:
    """Every page and deed of the console."""
    here = "/conversations/{ref:[0-9a-z]{8}}"
    export = "/exports/{request:[0-9a-f-]{36}}"
    question = "/questions/{ref:[0-9a-z]{8}}/{seq:[0-9]{1,9}}"
    case = "/cases/{case:[0-9a-f-]{36}}"
    campaign = "/campaigns/{campaign:[0-9a-f-]{36}}"
    entry = "/entries/{entry:[0-9a-f-]{36}}"
    return [
        ("GET", "", _home),
        ("GET", "/static/{name}", _serve(assets)),
        ("GET", "/sign-in", sign_in.show),
        ("POST", "/sign-in", sign_in.sign_in),
        ("GET", "/sign-in/code", sign_in.show_code),
        ("POST", "/sign-in/code", sign_in.give_code),
        ("GET", "/sign-in/elsewhere", elsewhere.begin),
        ("GET", "/sign-in/elsewhere/done", elsewhere.come_back),
        ("POST", "/sign-in/elsewhere/left", elsewhere.told_to_leave),
        ("GET", "/signed-out", elsewhere.show_way_out),
        ("POST", "/sign-out", sign_in.sign_out),
        ("GET", "/password", own_account.show_password),
        ("POST", "/password", own_account.change_password),
        ("GET", "/second-factor", own_account.show_factor),
        ("POST", "/second-factor", own_account.confirm),
        ("POST", "/second-factor/set-up", own_account.set_up_factor),
        ("POST", "/language", sign_in.choose_language),
        ("GET", "/", inbox.show),
        ("GET", here, conversation.show),
        ("GET", f"{here}/images/{{image:[0-9a-f-]{{36}}}}", picture.show),
        ("POST", f"{here}/claim", conversation.claim),
        ("POST", f"{here}/say", conversation.say),
        ("POST", f"{here}/hand-back", conversation.hand_back),
        ("POST", f"{here}/release", conversation.release),
        ("POST", f"{here}/enter", panel.enter),
        ("POST", f"{here}/full", panel.show_full),
        ("GET", f"{here}/print", printing.show),
        ("POST", f"{here}/transfer", desk_work.transfer),
        ("POST", f"{here}/assign", desk_work.assign),
        ("POST", f"{here}/snooze", desk_work.snooze),
        ("POST", f"{here}/wake", desk_work.wake),
        ("POST", f"{here}/settle", desk_work.settle),
        ("POST", f"{here}/note", desk_work.note),
        ("POST", f"{here}/record", desk_work.record_tap),
        ("POST", f"{here}/canned", desk_work.insert_canned),
        ("POST", f"{here}/typing", desk_work.typing),
        ("GET", "/search", inbox.show_search),
        ("POST", "/search", inbox.find),
        ("GET", "/live/inbox", live.inbox),
        ("GET", f"/live{here}", live.conversation),
        ("GET", "/questions", questions.show),
        ("POST", f"{question}/phrasing", questions.add_phrasing),
        ("POST", f"{question}/set-aside", questions.set_aside),
        ("GET", "/reviews", review.show_queue),
        ("GET", case, review.show),
        ("POST", f"{case}/decide", review.decide),
        ("POST", f"{case}/agree", review.agree),
        ("GET", "/faq", next_faq.show),
        ("POST", "/faq/{locale:[a-z]{2}}/publish", next_faq.publish),
        ("POST", "/faq/edits/{edit:[0-9a-f-]{36}}/leave-out", next_faq.leave_out),
        ("POST", f"{case}/move", review.move),
        ("POST", f"{case}/close", review.close),
        ("GET", "/entries", entering.show_list),
        ("POST", "/entries/find", entering.find),
        ("POST", "/entries", entering.begin),
        ("GET", entry, entering.show),
        ("POST", f"{entry}/save", entering.save),
        ("POST", f"{entry}/finish", entering.finish),
        ("POST", f"{entry}/decide", entering.decide),
        ("POST", f"{entry}/discard", entering.discard),
        ("GET", "/campaigns", campaigns.show_list),
        ("POST", "/campaigns", campaigns.make),
        ("GET", campaign, campaigns.show),
        ("POST", f"{campaign}/approve", campaigns.approve),
        ("POST", f"{campaign}/start", campaigns.start),
        ("POST", f"{campaign}/release", campaigns.release),
        ("POST", f"{campaign}/pause", campaigns.pause),
        ("POST", f"{campaign}/stop", campaigns.stop),
        ("GET", "/exports", exports.show),
        ("GET", "/worklists", worklists.show),
        ("GET", "/worklists/find", worklists.show_search),
        ("POST", "/worklists/find", worklists.find),
        ("GET", f"{case}/contact", worklists.show_item),
        ("POST", f"{case}/contact", worklists.enter),
        ("GET", "/supervision", supervision.show),
        ("GET", "/charts", charts.show),
        ("GET", "/charts/report.pdf", report.fetch),
        ("GET", "/charts/{chart:[a-z_]{1,16}}.csv", charts.fetch),
        ("GET", "/audit", audit_trail.show),
        ("POST", "/audit/find", audit_trail.find),
        ("POST", "/audit/export", audit_trail.export),
        ("GET", "/live/exports", live.exports),
        ("POST", "/exports", exports.ask),
        ("POST", f"{export}/approve", exports.approve),
        ("POST", f"{export}/refuse", exports.refuse),
        ("POST", f"{export}/file", exports.fetch),
    ]


@needs(Permission.PUBLIC)
async def _home(visit: Visit) -> web.StreamResponse:
    return redirect(f"{MOUNT}/")


def _serve(assets: Assets) -> Page:
    @needs(Permission.OPEN)
    async def serve(visit: Visit) -> web.StreamResponse:
        return assets.respond(visit.request, visit.request.match_info["name"])

    return serve


async def _stop_streams(app: web.Application) -> None:
    app[live.STOPPING].set()


def _keep_parts(console: Console) -> Callable[[web.Application], AsyncIterator[None]]:
    async def keep(app: web.Application) -> AsyncIterator[None]:
        await console.passwords.warm_up()
        yield
        console.passwords.close()
        if console.provider is not None:
            await console.provider.close()

    return keep
