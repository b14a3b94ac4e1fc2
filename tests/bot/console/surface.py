"""The console's whole surface, written down: which role may use which route, and real ids to ask each route with.

A new route needs its row in ``TABLE``; one with a new kind of id in its address also needs that id in ``ids_of``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient
from sqlalchemy import Connection

from bot.console.door import ABSOLUTE, IDLE
from bot.outreach.ladder import shipped_ladder
from storage import faq_edits, staff
from storage.branches import Branches
from storage.campaigns import Actor, Rule, list_campaigns, make_campaign
from storage.export_requests import ask_for_export
from storage.staff import ROLES
from tests.bot.console.asking import ask, publish_faq
from tests.bot.console.entering import begin_entry
from tests.bot.console.house import Bank
from tests.bot.console.reviewing import put_to_review
from tests.bot.console.test_picture import keep

HEAD_OFFICE = Branches()
#: Nobody has to be signed in.
STRANGERS = frozenset({"stranger", *ROLES})
EVERYBODY = frozenset(ROLES)
_ANSWERING = frozenset({"operator", "back_office", "approver", "admin"})
_OFFICE = frozenset({"back_office", "approver", "admin"})
_CONVERSATION = "/console/conversations/{ref}"
_EXPORT = "/console/exports/{request}"
_QUESTION = "/console/questions/{ref}/{seq}"
_CASE = "/console/cases/{case}"
_CAMPAIGN = "/console/campaigns/{campaign}"
_ENTRY = "/console/entries/{entry}"

#: Who may use a route; whoever is not named is refused.
TABLE: Mapping[str, frozenset[str]] = {
    "GET /console": STRANGERS,
    "GET /console/static/{name}": STRANGERS,
    "GET /console/sign-in": STRANGERS,
    "POST /console/sign-in": STRANGERS,
    "GET /console/sign-in/code": EVERYBODY,
    "POST /console/sign-in/code": EVERYBODY,
    "GET /console/sign-in/elsewhere": STRANGERS,
    "GET /console/sign-in/elsewhere/done": STRANGERS,
    "POST /console/sign-in/elsewhere/left": STRANGERS,
    "GET /console/signed-out": STRANGERS,
    "POST /console/sign-out": EVERYBODY,
    "GET /console/password": EVERYBODY,
    "POST /console/password": EVERYBODY,
    "GET /console/second-factor": EVERYBODY,
    "POST /console/second-factor": EVERYBODY,
    "POST /console/second-factor/set-up": EVERYBODY,
    "POST /console/language": STRANGERS,
    "GET /console/": EVERYBODY,
    f"GET {_CONVERSATION}": EVERYBODY,
    f"GET {_CONVERSATION}/images/{{image}}": EVERYBODY,
    f"POST {_CONVERSATION}/claim": _ANSWERING,
    f"POST {_CONVERSATION}/say": _ANSWERING,
    f"POST {_CONVERSATION}/hand-back": _ANSWERING,
    f"POST {_CONVERSATION}/release": _ANSWERING,
    f"POST {_CONVERSATION}/enter": _ANSWERING,
    f"POST {_CONVERSATION}/full": _ANSWERING,
    f"GET {_CONVERSATION}/print": EVERYBODY,
    f"POST {_CONVERSATION}/transfer": _ANSWERING,
    f"POST {_CONVERSATION}/assign": frozenset({"approver", "admin"}),
    f"POST {_CONVERSATION}/snooze": _ANSWERING,
    f"POST {_CONVERSATION}/wake": _ANSWERING,
    f"POST {_CONVERSATION}/settle": _ANSWERING,
    f"POST {_CONVERSATION}/note": _ANSWERING,
    f"POST {_CONVERSATION}/record": _ANSWERING,
    f"POST {_CONVERSATION}/canned": _ANSWERING,
    f"POST {_CONVERSATION}/typing": _ANSWERING,
    "GET /console/search": EVERYBODY,
    "POST /console/search": EVERYBODY,
    "GET /console/live/inbox": EVERYBODY,
    "GET /console/live/conversations/{ref}": EVERYBODY,
    "GET /console/questions": _OFFICE,
    f"POST {_QUESTION}/phrasing": _OFFICE,
    f"POST {_QUESTION}/set-aside": _OFFICE,
    "GET /console/reviews": _OFFICE | {"auditor"},
    f"GET {_CASE}": _OFFICE | {"auditor"},
    f"POST {_CASE}/decide": _OFFICE,
    f"POST {_CASE}/agree": frozenset({"approver", "admin"}),
    "GET /console/faq": _OFFICE,
    "POST /console/faq/{locale}/publish": frozenset({"approver", "admin"}),
    "POST /console/faq/edits/{edit}/leave-out": _OFFICE,
    f"POST {_CASE}/move": _OFFICE,
    f"POST {_CASE}/close": frozenset({"approver", "admin"}),
    "GET /console/entries": _ANSWERING,
    "POST /console/entries/find": _ANSWERING,
    "POST /console/entries": _ANSWERING,
    f"GET {_ENTRY}": _ANSWERING,
    f"POST {_ENTRY}/save": _ANSWERING,
    f"POST {_ENTRY}/finish": _ANSWERING,
    f"POST {_ENTRY}/decide": _ANSWERING,
    f"POST {_ENTRY}/discard": _ANSWERING,
    "GET /console/worklists": EVERYBODY,
    "GET /console/worklists/find": _ANSWERING,
    "POST /console/worklists/find": _ANSWERING,
    f"GET {_CASE}/contact": _ANSWERING,
    f"POST {_CASE}/contact": _ANSWERING,
    "GET /console/campaigns": _OFFICE | {"auditor"},
    "POST /console/campaigns": _OFFICE,
    f"GET {_CAMPAIGN}": _OFFICE | {"auditor"},
    f"POST {_CAMPAIGN}/approve": frozenset({"approver", "admin"}),
    f"POST {_CAMPAIGN}/start": _OFFICE,
    f"POST {_CAMPAIGN}/release": frozenset({"approver", "admin"}),
    f"POST {_CAMPAIGN}/pause": _OFFICE,
    f"POST {_CAMPAIGN}/stop": _OFFICE,
    "GET /console/exports": _OFFICE | {"auditor"},
    "GET /console/supervision": frozenset({"approver", "admin"}),
    "GET /console/charts": _OFFICE | {"auditor"},
    "GET /console/charts/report.pdf": _OFFICE | {"auditor"},
    "GET /console/charts/{chart}.csv": _OFFICE | {"auditor"},
    "GET /console/audit": frozenset({"auditor", "admin"}),
    "POST /console/audit/find": frozenset({"auditor", "admin"}),
    "POST /console/audit/export": frozenset({"auditor", "admin"}),
    "GET /console/live/exports": _OFFICE | {"auditor"},
    "POST /console/exports": _OFFICE,
    f"POST {_EXPORT}/approve": frozenset({"approver", "admin"}),
    f"POST {_EXPORT}/refuse": frozenset({"approver", "admin"}),
    f"POST {_EXPORT}/file": _OFFICE,
}

#: Routes about the whole bank: whoever is bound to a branch is refused, whatever the role.
WHOLE_BANK = frozenset(
    {name for name in TABLE if "/exports" in name or "/audit" in name or "/campaigns" in name}
    | {"POST /console/faq/{locale}/publish", "POST /console/faq/edits/{edit}/leave-out"}
)

#: Told by another machine, whose signature counts in place of our page's token.
SIGNED = frozenset({"POST /console/sign-in/elsewhere/left"})

#: What the forms of all routes may hold; a handler takes what it knows.
FORM = {"text": "どうぞ", "reason": "口座の係へ", "note": "済み", "topic": "A1", "locale": "ja", "back": "/console/"}


@dataclass(frozen=True)
class Asked:
    """A route as it can be asked for."""

    name: str
    method: str
    #: With real ids in it.
    path: str

    @property
    def has_id(self) -> bool:
        """Whether its address names something that belongs to a branch."""
        nobodys = "{name}" in self.name or "{chart}" in self.name
        return "{" in self.name and not nobodys and self.name not in WHOLE_BANK


def names_of(app: web.Application) -> list[str]:
    """Every route of the application's own table."""
    routes = [(route.method, route.resource) for route in app.router.routes()]
    return [f"{method} {resource.canonical}" for method, resource in routes if resource is not None]


def furnish(bank: Bank, *conversations: str) -> dict[str, dict[str, str]]:
    """Give each conversation everything that a route can name, and return its ids."""
    publish_faq(bank)
    return {name: ids_of(bank, name) for name in conversations}


def ids_of(bank: Bank, name: str) -> dict[str, str]:
    """Real ids of one conversation, by their name in an address."""
    image = keep(bank, name)
    question = ask(bank, name, "いつごろまで受け付けますか?")
    by = bank.database.run_read(staff.list_staff)[0].id
    edit = bank.database.run(
        lambda conn: faq_edits.add_edit(
            conn, bank.universe, locale="ja", topic="A1", phrasing=f"{name}の期限は?", staff_id=by
        )
    )
    return {
        "ref": bank.refs[name],
        "image": image,
        "seq": question.rpartition("/")[2],
        "case": put_to_review(bank, name),
        "entry": begin_entry(bank, name),
        "name": "console.css",
        "locale": "ja",
        "edit": edit,
        "request": export_id(bank),
        "chart": "reach",
        "campaign": campaign_id(bank),
    }


def campaign_id(bank: Bank) -> str:
    """A draft of a campaign."""
    maker = Actor(kind="os_user", id="maker")

    def make(conn: Connection) -> str:
        name = f"c{len(list_campaigns(conn))}"
        ladder = shipped_ladder().to_json()
        return make_campaign(conn, bank.universe, name=name, rule=Rule(), ladder=ladder, actor=maker).id

    return bank.database.run(make)


def export_id(bank: Bank) -> str:
    """A request that was asked for."""

    def ask_for(conn: Connection) -> str:
        asker = next(member for member in staff.list_staff(conn) if member.login == "suzuki")
        query = {"kind": "history", "format": "csv", "encoding": "utf-8", "values": "masked"}
        request = ask_for_export(
            conn,
            bank.database.vault,
            bank.universe,
            query,
            requested_by=asker.id,
            branches=HEAD_OFFICE,
            reason="監査のため",
        )
        return request.id

    return bank.database.run(ask_for)


def surface(app: web.Application, ids: Mapping[str, str]) -> Iterator[Asked]:
    """Every route with these ids, the one that ends the session last."""
    names = names_of(app)
    for name in sorted(names, key=lambda name: (name.endswith("/sign-out"), names.index(name))):
        method, _, path = name.partition(" ")
        yield Asked(name, method, re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], path))


class Visitor:
    """Somebody with a session of his own, who asks for any route with what its form may need."""

    def __init__(
        self, bank: Bank, client: TestClient[web.Request, web.Application], role: str, branches: Branches = HEAD_OFFICE
    ) -> None:
        self._bank, self._client, self.role = bank, client, role
        login = f"{role}-{branches}"
        uni, database = bank.universe, bank.database
        found = database.run_read(lambda conn: staff.find_staff(conn, login))
        self.member = (
            found[0]
            if found is not None
            else database.run(lambda conn: staff.add_staff(conn, uni, login, role, branches, "x", must_change=False))
        )

    async def ask(self, route: Asked, **forgery: Any) -> ClientResponse:
        """The answer; a session for each route, because some of them end it."""
        bank, vault = self._bank, self._bank.database.vault
        token = bank.database.run(
            lambda conn: staff.create_session(conn, bank.universe, vault, self.member.id, idle=IDLE, absolute=ABSOLUTE)
        )
        session = bank.database.run(lambda conn: staff.load_session(conn, bank.universe, vault, token))
        assert session is not None
        asked: dict[str, Any] = {"data": {"csrf": session.csrf, **FORM}} if route.method == "POST" else {}
        if "json" in forgery:
            asked = {}
        asked |= forgery
        asked["headers"] = {"Cookie": f"kakunin={token}", **asked.get("headers", {})}
        answer = await self._client.request(route.method, route.path, allow_redirects=False, **asked)
        if answer.content_type == "text/event-stream":
            answer.close()
        return answer
