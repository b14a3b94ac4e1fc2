"""What stands around the demo's phone: its clock, its troubles, its five people and the look into the bot, for real.

One demo serves all tests: each plays with a customer of its own, and leaves no trouble behind.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import yaml
from sqlalchemy import select

from bot.console.application import make_console
from bot.outreach.campaigning import approve, make, start
from bot.outreach.ladder import RATINGS, Ladder, shipped_ladder
from bot.simulator.demo import open_demo
from bot.simulator.faults import Trouble
from bot.simulator.stage.personas import PERSONAS, Persona
from bot.simulator.stage.troubles import Switch
from bot.webhooks import make_webhooks
from locales import load_catalogue
from storage import staff
from storage.campaigns import Actor, Rule
from storage.tables import NotificationRow, table_of
from storage.universe import ShiftedUniverse, Universe
from tests.bot.simulator.visitor import Phone, Visitor, until
from tests.conversations.transcripts import outcome, play

pytestmark = pytest.mark.asyncio(loop_scope="module")
MAKER, CHECKER = Actor(kind="os_user", id="maker"), Actor(kind="os_user", id="checker")


def say(key: str, **params: str) -> str:
    return load_catalogue("ja").text(key, bank_phone="0120-000-000", **params)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def visitor(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Visitor]:
    folder = tmp_path_factory.mktemp("demo")
    async with AsyncExitStack() as stack:
        demo = await open_demo(Path(folder), 0, stack)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield Visitor(demo, session)


@pytest_asyncio.fixture(loop_scope="module")
async def calm(visitor: Visitor) -> AsyncIterator[Visitor]:
    """Nothing is switched on before, nor after."""
    yield visitor
    for switch in Switch:
        await visitor.switch(switch, on=False)


# The people -----------------------------------------------------------------------------------


@pytest.mark.parametrize("person", PERSONAS, ids=lambda person: person.key)
async def test_each_of_the_five_stands_where_he_begins(visitor: Visitor, person: Persona) -> None:
    phone = await visitor.begins(person.key)
    assert phone.letter.master["customer_no"] == person.customer_no
    view = await phone.view()
    assert (view.conversation.kind == "case") is person.is_linked
    assert view.conversation.owner == "bot"
    assert bool(view.place) is person.is_linked
    assert view.conversation.locale == ("ja_easy" if person.begins else "ja")
    said = len(phone.person.bubbles)
    assert (await visitor.begins(person.key)).person is phone.person
    assert len(phone.person.bubbles) == said, "who has begun stays where he is"


async def test_a_conversation_becomes_a_test_that_the_suite_runs(visitor: Visitor) -> None:
    phone = await visitor.begins("elderly")
    conversation = (await phone.view()).conversation
    url = f"{visitor.demo.url}/demo/transcript/{conversation.ref}.yaml"
    async with visitor.session.get(url) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Disposition"].startswith("attachment")
        transcript = yaml.safe_load(await answer.text())
    played = await asyncio.to_thread(play, transcript)
    assert [
        {who: said.rstrip("\n") for who, said in line.items()} for line in transcript["conversation"]
    ] == played.lines()
    assert outcome(played, transcript["outcome"]) == transcript["outcome"]
    async with visitor.session.get(url.replace(conversation.ref, "nobodyis")) as answer:
        assert answer.status == 404


async def test_the_five_are_five_kinds_of_people(visitor: Visitor) -> None:
    assert [one.key for one in PERSONAS] == ["elderly", "foreign", "company", "wary", "variant"]
    assert "𠮷" in (await visitor.begins("variant")).letter.master["name"]
    assert (await visitor.begins("company")).letter.master["kind"] == "corporate"


async def test_who_begins_anew_is_another_customer_with_a_fresh_letter(visitor: Visitor) -> None:
    before = await visitor.begins("wary", platform="telegram")
    after = await visitor.begins("wary", platform="telegram", anew=True)
    assert after.letter.code != before.letter.code
    assert after.letter.customer_no != before.letter.customer_no
    assert {**after.letter.master, "customer_no": ""} == {**before.letter.master, "customer_no": ""}
    assert after.person is not before.person
    assert before.letter not in visitor.demo.letters
    page = await (await visitor.session.get(f"{visitor.demo.url}/demo/phone?letter={after.letter.case_id}")).text()
    assert after.letter.check_number in page
    assert visitor.demo.passwords[after.letter.customer_no], "he can log in at the bank as well"


# The clock ------------------------------------------------------------------------------------


async def test_what_falls_due_within_a_jump_happens_at_its_own_moment_and_in_order(calm: Visitor) -> None:
    demo, uni = calm.demo, calm.demo.universe
    phone = await calm.begins("elderly", anew=True)
    member = demo.service.database.run_read(staff.list_staff)[0]
    vault, hour = demo.service.database.vault, timedelta(hours=1)
    token = demo.service.database.run(
        lambda conn: staff.create_session(conn, uni, vault, member.id, idle=hour / 2, absolute=hour)
    )
    await phone.says("係の人と話したい")
    (asked,) = await phone.hears(say("handover.waiting")[:12])
    (timer, due) = (await phone.view()).timers[0]
    assert timer == "told"
    await calm.jump("hour")
    (told,) = phone.heard(say("handover.waited_long"))
    (nobody,) = phone.heard(say("handover.nobody_came"))
    assert told.at - due < timedelta(seconds=30)
    assert timedelta(minutes=9) < nobody.at - told.at < timedelta(minutes=11)
    assert uni.now() - asked.at > timedelta(minutes=55)
    assert demo.service.database.run(lambda conn: staff.load_session(conn, uni, vault, token)), "nobody sat there idle"


async def test_the_clock_goes_to_the_evening_and_to_the_next_morning(calm: Visitor) -> None:
    office = calm.demo.bot.settings.office
    uni = calm.demo.universe
    assert office.is_open(uni.now()), "the demo begins while somebody is there"
    before = uni.now()
    await calm.jump("closed")
    assert not office.is_open(uni.now())
    assert uni.now() - before < timedelta(hours=9)
    phone = await calm.begins("variant", anew=True)
    await phone.says("係の人と話したい")
    await phone.hears("受付時間外です")
    await calm.jump("open")
    assert office.is_open(uni.now())
    assert uni.ahead > timedelta(hours=1)


# The troubles ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switch", "platform", "persona"),
    [("server_error", "line", "company"), ("rate", "line", "elderly"), ("server_error", "telegram", "wary")],
)
async def test_what_a_platform_refuses_waits_and_arrives_once(
    calm: Visitor, switch: str, platform: str, persona: str
) -> None:
    phone = await calm.begins(persona, platform=platform, anew=True)
    await calm.switch(switch, on=True)
    heard = len(phone.person.received())
    assert (await phone.says("なぜ聞くの?"))["ok"], "the bot takes what it hears all the same"

    async def refused() -> bool:
        sent = (await phone.view()).sent
        return any(one.state == "queued" and one.tries and one.again_at for one in sent)

    await until(refused)
    assert len(phone.person.received()) == heard
    await calm.switch(switch, on=False)
    await calm.jump("minutes")
    await until(phone.has_all)
    texts = [bubble.text for bubble in phone.person.received()[heard:]]
    assert len(texts) == len(set(texts)) > 0
    doubtful = [one.kind for one in (await phone.view()).sent if one.state == "unknown"]
    assert set(doubtful) <= {"notice"}, "a question is never left in doubt"


async def test_of_a_used_up_month_only_what_costs_is_refused(calm: Visitor) -> None:
    demo = calm.demo
    phone = await calm.begins("elderly", anew=True)
    await calm.switch("quota", on=True)
    await phone.says("係の人と話したい")
    await phone.hears(say("handover.waiting")[:12])
    await calm.jump("minutes")
    assert not phone.heard(say("handover.waited_long"))
    (last, *_) = (await phone.view()).sent
    assert (last.state, last.detail) == ("failed", "quota")
    assert demo.line.quota is not None
    await calm.switch("quota", on=False)
    assert demo.line.quota is None


async def test_of_the_platforms_own_troubles_one_holds_at_a_time(calm: Visitor) -> None:
    platforms = (calm.demo.line.faults, calm.demo.telegram.faults, calm.demo.telegram.edit_faults)
    for switch, trouble in (("server_error", Trouble.SERVER_ERROR), ("slow", Trouble.SLOW)):
        await calm.switch(switch, on=True)
        assert [faults.standing.trouble for faults in platforms if faults.standing] == [trouble] * 3
    await calm.switch("server_error", on=False)
    assert calm.demo.line.faults.standing, "what is off already switches nothing off"
    answer = await calm.ask("persona", persona="wary", platform="line", anew=False)
    assert (answer["status"], answer["why"]) == (409, "troubled")
    await calm.switch("slow", on=False)
    assert [faults.standing for faults in platforms] == [None] * 3


async def _first_answer(phone: Phone) -> tuple[str, int]:
    """Agree; the message that was tapped, and the place of the button."""
    bubble = next(bubble for bubble in reversed(phone.person.received()) if bubble.buttons)
    return bubble.message_id, 0


async def test_of_a_bot_that_was_killed_nothing_is_lost_and_nothing_counts_twice(calm: Visitor) -> None:
    demo = calm.demo
    phone = await calm.begins("company", anew=True)
    other = await calm.begins("wary", platform="telegram", anew=True)
    message, choice = await _first_answer(phone)
    await calm.switch("killed", on=True)
    assert not demo.bot.is_alive
    dead, heard, others = demo.bot.service, len(phone.person.received()), len(other.person.received())
    answer = await phone.act("tap", message=message, choice=choice)
    assert answer["why"] == "away"
    assert (await phone.says("なぜ聞くの?"))["why"] == "away"
    assert (await other.says("詐欺の電話が多いので心配です"))["why"] == "away"
    assert (len(phone.person.received()), len(other.person.received())) == (heard, others)
    await calm.switch("killed", on=True)  # once more does not kill what is dead, nor forget what it missed
    await calm.switch("killed", on=False)
    assert demo.bot.service is not dead
    await until(lambda: len(phone.person.received()) >= heard + 2 and len(other.person.received()) > others)
    await until(phone.has_all)
    assert [kind for _, kind, _ in (await phone.view()).events].count("answered") == 1
    # The next question, the answer to what was asked in between, and the question again.
    assert len(phone.person.received()) == heard + 3
    assert len(other.person.received()) == others + 2, "what was known comes again, and is not answered again"


async def test_an_open_request_of_a_killed_bot_breaks_off_and_comes_again(calm: Visitor) -> None:
    demo, gate = calm.demo, threading.Event()
    phone = await calm.begins("variant", anew=True)
    heard = len(phone.person.received())
    # The store is held, so that the turn is not over when the bot dies.
    holding = asyncio.create_task(demo.service.database.transact(lambda conn: gate.wait(10)))
    saying = asyncio.create_task(phone.says("なぜ聞くの?"))
    await until(lambda: bool(demo.bot._open))
    killing = asyncio.create_task(calm.switch("killed", on=True))
    assert (await saying)["why"] == "away"
    gate.set()
    await asyncio.gather(holding, killing)
    assert demo.line.deliveries[-1].statuses[0] == 0, "no answer at all"
    await calm.switch("killed", on=False)
    await until(lambda: len(phone.person.received()) > heard)
    assert (await phone.view()).heard.text == "なぜ聞くの?"


# The look into the bot ------------------------------------------------------------------------


async def test_the_look_tells_what_became_of_a_reply(calm: Visitor) -> None:
    phone = await calm.begins("company", anew=True)
    message, choice = await _first_answer(phone)
    await phone.act("tap", message=message, choice=choice)
    await phone.says("なぜ聞くの?")
    await until(lambda: _heard(phone, "なぜ聞くの?"))
    view = await phone.view()
    assert view.place[0] < view.place[1]
    assert view.heard.tier in ("light", "encoder")
    assert view.heard.reading.exact or view.heard.reading.command or view.heard.reading.match.ranked
    async with calm.session.get(
        f"{calm.demo.url}/demo/api/live?letter={phone.letter.case_id}&platform=line&locale=en"
    ) as stream:
        told = b""
        async for raw in stream.content:
            told += raw
            if b"event: inspector" in told and raw.startswith(b"data: ") and b"Owner" in raw:
                break
    assert b"event: stage" in told
    assert "なぜ聞くの?".encode() in told


async def _heard(phone: Phone, text: str) -> bool:
    heard = (await phone.view()).heard
    return heard is not None and heard.text == text


async def test_of_what_is_kept_back_the_look_shows_the_mark_alone(calm: Visitor) -> None:
    phone = await calm.begins("elderly", anew=True)
    await phone.says("暗証番号は1234です")

    async def marked() -> bool:
        return bool((await phone.view()).heard.text.startswith("[withheld"))

    await until(marked)
    assert (await phone.view()).heard.reading is None


# Much later -----------------------------------------------------------------------------------


def campaign(visitor: Visitor, name: str, ladder: Ladder, *ratings: str) -> None:
    """Everybody of these ratings is written to from now on, all at once."""
    database, settings = visitor.demo.service.database, visitor.demo.bot.settings
    at_once = ladder.model_copy(update={"ramp": ladder.ramp.model_copy(update={"percent": 100})})
    make(database, name=name, rule=Rule(ratings=ratings, again=True), ladder=at_once, actor=MAKER)
    approve(database, settings, name, actor=CHECKER)
    start(database, settings, name, actor=CHECKER)


async def test_a_campaign_climbs_with_the_clock_and_never_at_night(calm: Visitor) -> None:
    settings = calm.demo.bot.settings
    phone = await calm.begins("elderly", anew=True)
    await calm.jump("closed")
    campaign(calm, "c1", shipped_ladder(), "low")
    notice = say("outreach.notice", bank_name=settings.bank_name)
    for _ in range(3):
        await calm.jump("day")
    (heard,) = phone.heard(notice)
    local = heard.at.astimezone(settings.office.zone)
    assert 9 <= local.hour < 20
    assert local.weekday() != 6
    assert "campaign" in dict((await phone.view()).timers)


async def test_who_was_never_linked_is_told_by_his_number(calm: Visitor) -> None:
    ladder, demo = shipped_ladder(by_number=True), calm.demo
    rules = {rating: tuple(step for step in ladder.steps(rating) if step.day >= 0) for rating in RATINGS}
    campaign(calm, "by-number", ladder.model_copy(update=rules), "high", "medium")
    for _ in range(2):
        await calm.jump("day")
    states = select(table_of(NotificationRow).c.state)
    await until(lambda: "delivered" in demo.bot.database.run_read(lambda conn: list(conn.execute(states).scalars())))
    words = say("outreach.notification", bank_name=demo.bot.settings.bank_name, answer_by="X").partition("X")[0]
    assert [one for one in demo.line.people if not one.friend and any(words in b.text for b in one.received())]
    # He is still one who has done nothing: as a persona he begins as ever.
    assert (await calm.begins("foreign", anew=True)).person.friend


async def test_a_picture_is_erased_when_its_time_is_over(calm: Visitor) -> None:
    uni = calm.demo.universe
    phone = await calm.begins("variant", anew=True)
    await phone.act("picture")

    async def is_timed() -> bool:
        return "picture" in dict((await phone.view()).timers)

    await until(is_timed)
    over = dict((await phone.view()).timers)["picture"]
    uni.advance_to(over - timedelta(minutes=30))
    assert await is_timed()
    await calm.jump("hour")
    assert uni.now() > over
    assert not await is_timed()


# The door -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "wish", "status"),
    [
        ("clock", {"jump": "back"}, 400),
        ("trouble", {"switch": "fire", "on": True}, 400),
        ("persona", {"persona": "nobody", "platform": "line"}, 404),
        ("persona", {"persona": "wary", "platform": "fax"}, 400),
    ],
)
async def test_what_makes_no_sense_is_refused(
    visitor: Visitor, path: str, wish: dict[str, object], status: int
) -> None:
    url = f"{visitor.demo.url}/demo/api/{path}"
    assert (await visitor.session.post(url, json=wish)).status == status
    assert (await visitor.session.post(url, data=wish)).status == 415
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert (await visitor.session.post(url, json=wish, headers=foreign)).status == 403


async def test_what_serve_serves_has_nothing_of_it(visitor: Visitor) -> None:
    service = visitor.demo.service
    console = make_console(
        service.database,
        service.desk,
        service.settings,
        service.database.universe,
        reviews=service.reviews,
        entries=service.entries,
    )
    paths = {
        route.resource.canonical
        for app in (make_webhooks(service), console)
        for route in app.router.routes()
        if route.resource is not None
    }
    assert not [path for path in paths if "demo" in path or path.startswith("/api")]
    assert not isinstance(Universe.real(), ShiftedUniverse)
