"""From a question that nothing fits to the topic that the next customer hears, and what must leave the list."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.console.application import make_console
from bot.console.passwords import Passwords
from bot.running import _publish_first
from dialogs.faq.topics import Topic, read_canonical
from storage import publishing, staff
from storage.publishing import Published
from tests.bot.console.conftest import Browser
from tests.bot.console.house import PASSWORD, QUICK
from tests.e2e.conftest import on_both
from tests.e2e.house import Customer, House, say

MORI, SATO = "0000124", "0000114"
ODD = "フクロウの羽根は何色ですか?"
OFFERED = "うちのネコの分も要りますか?"
TOPIC = "F02"


@pytest.fixture
def overrides() -> dict[str, object]:
    """The authenticator app has its own tests."""
    return {"second_factor_roles": ()}


@pytest.fixture
async def office(house: House) -> AsyncIterator[Browser]:
    """The console over the same store, with one who adds and one who approves."""

    def add(conn: object) -> None:
        for login, role in (("kato", "back_office"), ("mori", "approver")):
            staff.add_staff(
                conn,  # type: ignore[arg-type]
                house.universe,
                login,
                role,
                None,
                QUICK.hash(PASSWORD),
                must_change=False,
            )

    house.database.run(add)
    app = web.Application()
    service = house.service
    console = make_console(house.database, service.desk, house.settings, house.universe, passwords=Passwords(QUICK))
    app.add_subapp("/console/", console)
    async with TestClient(TestServer(app)) as client:
        browser = Browser(client)
        await browser.sign_in("kato")
        yield browser


async def asks(house: House, number: str, words: str, channel: str = "line") -> Customer:
    customer = house.on(channel)
    await customer.links(number)
    await customer.types(words)
    return customer


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, name
    return html.unescape(found[1])


def action(page: str, ending: str) -> str:
    """Where the first form of that ending leads, below the console."""
    found = re.search(rf'action="/console(/questions/[^"]+/{ending})"', page)
    assert found is not None, ending
    return found[1]


async def publish(office: Browser) -> None:
    """Another member of staff makes the next version live."""
    await office.post("/sign-out")
    await office.sign_in("mori")
    _, page = await office.get("/faq")
    status, _ = await office.post("/faq/ja/publish", version=field(page, "version"))
    assert status == 200


def live_faq(house: House) -> Published:
    found = house.database.run_read(lambda conn: publishing.live(conn, "faq", "faq", "ja"))
    assert found is not None
    return found


def topic_of(version: Published) -> Topic:
    return next(topic for topic in read_canonical(version.body) if topic.id == TOPIC)


@pytest.mark.slow
@on_both
async def test_from_an_odd_question_to_the_topic_that_the_next_customer_hears(house: House, office: Browser) -> None:
    first = await asks(house, MORI, ODD)
    assert say("faq.staff") in first.said
    before = live_faq(house)
    status, page = await office.get("/questions")
    assert status == 200
    assert ODD in page
    assert before.sha256[:12] in page
    form = {"text": ODD, "other": TOPIC, "topic": "", "version": field(page, "version")}
    status, page = await office.post(action(page, "phrasing"), **form)
    # Like no other phrasing of the topic: said first, then done.
    assert status == 200
    assert live_faq(house).sha256 == before.sha256
    form |= {"topic": TOPIC, "confirmed": field(page, "confirmed")}
    status, page = await office.post(action(page, "phrasing"), **form)
    assert status == 200
    assert "FAQ" not in page.partition("<article")[2], "nothing waits any more"
    _, page = await office.get("/questions?list=phrasing")
    assert ODD in page
    assert "kato" in page.partition("<article")[2]
    assert live_faq(house).sha256 == before.sha256
    await publish(office)

    after = live_faq(house)
    assert topic_of(after).variants == (*topic_of(before).variants, ODD)
    assert topic_of(after).answer == topic_of(before).answer
    assert topic_of(after).status == topic_of(before).status
    house.advance(seconds=6)
    second = await asks(house, SATO, "フクロウの羽根は何色ですか？", "telegram")
    assert topic_of(after).paragraphs[0] in second.said
    assert {"content.published", "question.phrasing_added", "console.questions_viewed"} <= set(house.audited())
    house.check_folds()


@pytest.mark.slow
async def test_the_next_start_keeps_what_staff_added(house: House, office: Browser) -> None:
    await asks(house, MORI, ODD)
    _, page = await office.get("/questions")
    form = {"text": ODD, "topic": TOPIC, "version": field(page, "version"), "confirmed": f"{TOPIC} {ODD}"}
    await office.post(action(page, "phrasing"), **form)
    await publish(office)
    added = live_faq(house)
    assert ODD in topic_of(added).variants
    _publish_first(house.database, house.settings)
    assert live_faq(house).sha256 == added.sha256


async def test_none_of_the_topics_that_were_offered(house: House, office: Browser) -> None:
    customer = await asks(house, MORI, OFFERED)
    assert any(option.startswith("q.") for option in customer.options())
    _, page = await office.get("/questions")
    assert "<article" not in page
    await customer.taps("staff")
    _, page = await office.get("/questions")
    assert OFFERED in page
    house.check_folds()


async def test_the_list_names_nobody(house: House, office: Browser) -> None:
    master = house.letter(MORI).master
    family = master["name"].split()[0]
    await asks(house, MORI, f"{family}です。090-1234-5678にかけてくれますか? フクロウは何色?")
    _, page = await office.get("/questions")
    listed = page.partition("<article")[2]
    assert "フクロウは何色?" in listed
    assert "●●●です" in listed
    assert not {family, "1234", master["name"], master["address"], MORI} & set(re.split(r'[\s<>"。、]', listed))
    assert "090" not in listed.partition("</h2>")[0]


@pytest.mark.parametrize("decided", [False, True])
async def test_a_question_that_was_taken_back_leaves_the_list(house: House, office: Browser, decided: bool) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    message = house.line.text_event(customer.user_id, ODD)
    await customer.does(house.line.deliver(message))
    _, page = await office.get("/questions")
    assert ODD in page
    aside = action(page, "set-aside")
    if decided:
        await office.post(aside)
        _, page = await office.get("/questions?list=set_aside")
        assert ODD in page
    unsend = house.line.event(customer.user_id, "unsend", unsend={"messageId": message["message"]["id"]})
    await customer.does(house.line.deliver(unsend))
    for name in ("open", "set_aside"):
        _, page = await office.get(f"/questions?list={name}")
        assert ODD not in page
    if not decided:
        status, _ = await office.post(aside)
        assert status == 409
    house.check_folds()


async def test_before_a_customer_is_known(house: House, office: Browser) -> None:
    customer = house.on_line()
    await customer.types(ODD)
    _, page = await office.get("/questions")
    assert ODD in page
    await customer.types(OFFERED)
    assert any(option.startswith("q.") for option in customer.options())
    _, page = await office.get("/questions")
    assert OFFERED not in page
    await customer.taps("staff")
    _, page = await office.get("/questions")
    assert OFFERED in page
    assert page.count("<article") == 2
    house.check_folds()
