"""The stand-ins of the account link: LINE's tokens and its page, and the made-up bank between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer, unused_port

from bot.account_link import check_signed, parse
from bot.channels.base import InboundKind
from bot.console.headers import CONTENT_SECURITY_POLICY, add_headers
from bot.settings import Settings
from bot.simulator.bank_page import Bank, add_bank_page
from bot.simulator.platform_line_account_link import PATH, LinkRefused, issue_link_token, open_account_link
from storage.universe import FrozenUniverse
from tests.bot.simulator.stands import LineStand, line_stand

NONCE = "kXq0mZ4Tn2R7w1bL8sVd"
SECRET = "the-bank-and-kakunin-know-this-one"


@pytest.fixture
async def stand() -> AsyncIterator[LineStand]:
    async with line_stand() as opened:
        yield opened


# LINE -------------------------------------------------------------------------------------------


async def token_of(stand: LineStand, user_id: str) -> str:
    answer = await stand.channel.api.issue_link_token(user_id)
    return str(answer.link_token)


async def test_a_token_is_a_friends_and_each_is_another(stand: LineStand) -> None:
    person = stand.platform.add_person(friend=True)
    assert await token_of(stand, person.user_id) != await token_of(stand, person.user_id)
    stranger = stand.platform.add_person()
    gone = stand.platform.add_person(friend=True)
    gone.blocked = True
    for user_id in (stranger.user_id, gone.user_id, "U" + "0" * 32):
        assert issue_link_token(stand.platform, user_id) is None


@pytest.mark.parametrize("opener", ["owner", "somebody else"])
async def test_line_vouches_for_the_owner_alone(stand: LineStand, opener: str) -> None:
    owner, other = stand.platform.add_person(friend=True), stand.platform.add_person(friend=True)
    token = await token_of(stand, owner.user_id)
    who = owner if opener == "owner" else other
    assert await open_account_link(stand.platform, token, NONCE, opener=who.user_id) is (who is owner)
    event = stand.bot.last()
    assert (event.kind, event.vouched) == (InboundKind.BANK_LOGIN, who is owner)
    assert event.nonce is not None
    assert event.nonce.reveal() == NONCE
    assert event.user_id.reveal() == owner.user_id
    assert (event.reply_token is not None) is (who is owner)


async def test_a_token_is_good_once_for_ten_minutes_with_a_fitting_nonce(stand: LineStand) -> None:
    person = stand.platform.add_person(friend=True)
    token = await token_of(stand, person.user_id)
    for nonce in ("n" * 9, "n" * 256, ""):
        with pytest.raises(LinkRefused):
            await open_account_link(stand.platform, token, nonce)
    assert await open_account_link(stand.platform, token, NONCE)
    with pytest.raises(LinkRefused):
        await open_account_link(stand.platform, token, NONCE)
    late = await token_of(stand, person.user_id)
    stand.clock.advance(minutes=10, seconds=1)
    with pytest.raises(LinkRefused):
        await open_account_link(stand.platform, late, NONCE)
    with pytest.raises(LinkRefused):
        await open_account_link(stand.platform, "made-up", NONCE)
    assert len(stand.bot.received) == 1


async def test_the_button_cannot_be_tapped_like_a_reply(stand: LineStand) -> None:
    from bot.simulator.people import Bubble, Speaker, Tappable

    person = stand.platform.add_person(friend=True)
    button = Tappable(label="l", data="", opens="https://bank.example/")
    person.bubbles.append(Bubble(message_id="1", speaker=Speaker.ACCOUNT, at=stand.clock.now(), rows=((button,),)))
    with pytest.raises(LookupError):
        await stand.platform.tap(person.user_id, "1", 0)


# The bank ---------------------------------------------------------------------------------------


class Registrations:
    """In the bot's place: checks the signature as the bot does, and answers with ``status``."""

    def __init__(self, universe: FrozenUniverse) -> None:
        self.universe = universe
        self.status = 200
        self.kept: list[tuple[str, str]] = []

    async def receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        check_signed(SECRET, request.headers, body, self.universe.now())
        said = parse(body)
        self.kept.append((said.nonce.reveal(), said.customer_no.reveal()))
        return web.Response(status=self.status)


Opened = tuple[TestClient[web.Request, web.Application], Registrations]


@pytest.fixture
async def bank(universe: FrozenUniverse) -> AsyncIterator[Opened]:
    registrations = Registrations(universe)
    bot = web.Application()
    bot.router.add_post("/line/account-link", registrations.receive)
    async with TestServer(bot) as server:
        demo = web.Application()
        demo.on_response_prepare.append(add_headers)
        made = Bank(
            settings=Settings(line_account_link_secret=SECRET),
            passwords={"0000124": "demo-4821", "": ""},
            register_url=str(server.make_url("/line/account-link")),
            link_url=f"https://line.example{PATH}",
            now=universe.now,
            code=universe.code,
        )
        add_bank_page(demo, made)
        app = web.Application()
        app.add_subapp("/demo/", demo)
        async with TestClient(TestServer(app)) as client:
            yield client, registrations


async def log_in(bank: Opened, number: str, password: str, token: str = "tok+1/=") -> ClientResponse:
    form = {"number": number, "password": password, "linkToken": token}
    return await bank[0].post("/demo/bank", data=form, allow_redirects=False)


async def test_who_logs_in_is_registered_and_sent_on(bank: Opened) -> None:
    nonces = set()
    for _ in range(2):
        answer = await log_in(bank, " 0000124", "demo-4821 ")
        assert answer.status == 303
        there = urlsplit(answer.headers["Location"])
        assert f"{there.scheme}://{there.netloc}{there.path}" == f"https://line.example{PATH}"
        sent = parse_qs(there.query)
        assert sent["linkToken"] == ["tok+1/="]
        nonces.add(sent["nonce"][0])
    assert nonces == {nonce for nonce, _ in bank[1].kept}
    assert len(nonces) == 2
    assert {number for _, number in bank[1].kept} == {"0000124"}


@pytest.mark.parametrize(
    ("number", "password"), [("0000124", "demo-4822"), ("0000124", ""), ("0000999", "demo-4821"), ("", ""), ("é", "é")]
)
async def test_who_does_not_know_the_password_is_not(bank: Opened, number: str, password: str) -> None:
    answer = await log_in(bank, number, password)
    assert answer.status == 403
    assert 'value="tok+1/="' in await answer.text(), "the next try still knows the token"
    assert bank[1].kept == []


@pytest.mark.parametrize("status", [401, 404, 409, 503])
async def test_who_could_not_be_registered_is_not_sent_on(bank: Opened, status: int) -> None:
    bank[1].status = status
    assert (await log_in(bank, "0000124", "demo-4821")).status == 502


async def test_a_bot_that_is_not_there(universe: FrozenUniverse) -> None:
    app = web.Application()
    nobody = f"http://127.0.0.1:{unused_port()}/"
    settings = Settings(line_account_link_secret=SECRET)
    made = Bank(
        settings=settings,
        passwords={"1": "p"},
        register_url=nobody,
        link_url=nobody,
        now=universe.now,
        code=universe.code,
    )
    add_bank_page(app, made)
    async with TestClient(TestServer(app)) as client:
        answer = await client.post("/bank", data={"number": "1", "password": "p", "linkToken": "t"})
        assert answer.status == 502


async def test_the_page_says_what_it_is_and_runs_nothing(bank: Opened) -> None:
    planted = '"><script>alert(1)</script>'
    for path, status in (("/demo/bank?linkToken=t", 200), ("/demo/bank", 400), ("/demo/bank/back", 200)):
        answer = await bank[0].get(path)
        assert answer.status == status
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        text = await answer.text()
        assert "demo-strip" in text
        assert "<script" not in text
        assert "style=" not in text
    answer = await bank[0].get("/demo/bank", params={"linkToken": planted})
    assert planted not in await answer.text()
