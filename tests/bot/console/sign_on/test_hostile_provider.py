"""Everything that a real provider does not do: each is refused with one reason, written down once, and explained."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.sign_on import provider
from bot.sign_on.refusals import ADVICE
from storage import staff
from tests.bot.console.conftest import Browser
from tests.bot.console.house import Bank
from tests.bot.console.sign_on import hostile as hostile_provider
from tests.bot.console.sign_on.hostile import Hostile
from tests.bot.console.sign_on.walking import WAY, come_back, entries, is_in, reasons, set_out, walk

Spoil = Callable[[Hostile], None]


def changed(**claims: object) -> Spoil:
    """An ID token with other claims; ``None`` leaves one out."""
    return lambda one: one.claims.update(claims)


def signed(how: Callable[..., str]) -> Spoil:
    return lambda one: setattr(one, "sign", how)


def says(**metadata: object) -> Spoil:
    return lambda one: one.metadata.update(metadata)


def answers(path: str, body: bytes) -> Spoil:
    return lambda one: one.bodies.update({path: body})


def refuses(status: int) -> Spoil:
    return lambda one: setattr(one, "token_status", status)


def slow(path: str) -> Spoil:
    return lambda one: one.slow.update({path: 5.0})


DISCOVERY = "/.well-known/openid-configuration"
LARGE = json.dumps({"filler": "x" * 300_000}).encode()
PAST, FUTURE = 1_000_000_000, 4_000_000_000

WRONG: dict[str, tuple[Spoil, str]] = {
    "another nonce": (changed(nonce="other"), "token_nonce"),
    "no nonce": (changed(nonce=None), "token_nonce"),
    "another issuer": (changed(iss="https://evil.example"), "token_issuer"),
    "another audience": (changed(aud="somebody"), "token_audience"),
    "two audiences, no azp": (changed(aud=["somebody", hostile_provider.CLIENT]), "token_audience"),
    "azp of another": (changed(azp="somebody"), "token_audience"),
    "no audience": (changed(aud=None), "token_audience"),
    "expired": (changed(exp=PAST), "token_expired"),
    "never expires": (changed(exp=None), "token_claims"),
    "an expiry that is no number": (changed(exp="soon"), "token_claims"),
    "issued in the future": (changed(iat=FUTURE, exp=FUTURE + 60), "token_claims"),
    "not valid yet": (changed(nbf=FUTURE), "token_claims"),
    "no subject": (changed(sub=None), "token_claims"),
    "an empty subject": (changed(sub=""), "token_claims"),
    "a hash of another access token": (changed(at_hash="x"), "token_claims"),
    "nobody signed": (signed(lambda one, head, claims: hostile_provider.unsigned(head, claims)), "token_algorithm"),
    "HS256 with the public key": (signed(hostile_provider.with_public_key), "token_algorithm"),
    "another's signature": (signed(hostile_provider.with_other_key), "token_signature"),
    "no token at all": (signed(lambda one, head, claims: "what?"), "token_malformed"),
    "a number for a token": (answers("/token", b'{"id_token": 5}'), "provider_answer"),
    "an endpoint that is no https": (says(token_endpoint="http://evil.example/token"), "provider_answer"),
    "discovery with another issuer": (says(issuer="https://evil.example"), "provider_other_issuer"),
    "discovery that is no JSON": (answers(DISCOVERY, b"<html>"), "provider_answer"),
    "discovery that is deep": (answers(DISCOVERY, b"[" * 100_000), "provider_answer"),
    "discovery that is large": (answers(DISCOVERY, LARGE), "provider_unreachable"),
    "keys that are large": (answers("/keys", LARGE), "provider_unreachable"),
    "tokens that are large": (answers("/token", LARGE), "provider_unreachable"),
    "no keys": (answers("/keys", b'{"keys": []}'), "provider_answer"),
    "a shared secret among the keys": (
        answers("/keys", b'{"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "first"}]}'),
        "provider_answer",
    ),
    "an error of its own": (refuses(503), "provider_unreachable"),
    "a code that it does not take": (refuses(400), "code_refused"),
    "a client that it does not know": (refuses(401), "client_refused"),
    "slow discovery": (slow(DISCOVERY), "provider_unreachable"),
    "slow tokens": (slow("/token"), "provider_unreachable"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_is_wrong_is_refused_with_one_reason(
    name: str, browser: Browser, bank: Bank, hostile: Hostile, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil, reason = WRONG[name]
    hostile.claims["preferred_username"] = "sato"
    monkeypatch.setattr(provider, "PATIENCE", 0.3 if "slow" in name else 10.0)
    spoil(hostile)
    answer = await browser.client.get(WAY, allow_redirects=False)
    if answer.status == 303:
        hostile.note(answer.headers["Location"])
        status, page = await come_back(browser, state=hostile.wanted["state"], code="c-1", iss=hostile.issuer)
    else:
        status, page = answer.status, await answer.text()
    assert reasons(bank) == [reason]
    assert status == (503 if ADVICE[reason] == "later" else 403)
    assert "サインインできませんでした" in page
    assert reason in page
    assert not await is_in(browser)
    assert "at" not in [word for entry in entries(bank) for word in entry.detail.values()]


async def test_the_same_provider_lets_in_when_nothing_is_wrong(browser: Browser, bank: Bank, hostile: Hostile) -> None:
    """The control of all the others."""
    hostile.claims["preferred_username"] = "sato"
    status, page = await walk(browser, hostile, after="/console/worklists")
    assert status == 200
    assert 'content="0;url=/console/worklists"' in page
    assert await is_in(browser)
    assert hostile.wanted["code_challenge_method"] == "S256"
    assert len(hostile.forms[0]["code_verifier"]) == 64
    assert reasons(bank) == []


async def test_a_way_back_counts_once_and_where_it_began(
    browser: Browser, second_browser: Browser, bank: Bank, hostile: Hostile
) -> None:
    hostile.claims["preferred_username"] = "sato"
    state = await set_out(browser, hostile)
    # Somebody sends his own way back to another, who would then work under his name.
    status, page = await come_back(second_browser, state=state, code="c-1", iss=hostile.issuer)
    assert status == 403
    assert "state_unknown" in page
    await set_out(second_browser, Hostile(bank.universe.now))
    assert (await come_back(second_browser, state=state, code="c-1", iss=hostile.issuer))[0] == 403
    assert hostile.forms == [], "no code goes out for a way that did not begin here"
    assert (await come_back(browser, state=state, code="c-1", iss=hostile.issuer))[0] == 200
    await browser.get("/")
    await browser.post("/sign-out")
    await set_out(browser, hostile)
    assert (await come_back(browser, state=state, code="c-1", iss=hostile.issuer))[0] == 403
    assert (await come_back(browser, state="made up", code="c-1", iss=hostile.issuer))[0] == 403
    assert (await come_back(browser, code="c-1"))[0] == 403
    assert reasons(bank) == ["state_unknown"] * 4


async def test_a_way_back_ends_after_ten_minutes(browser: Browser, bank: Bank, hostile: Hostile) -> None:
    state = await set_out(browser, hostile)
    bank.universe.advance(timedelta(minutes=10))
    await come_back(browser, state=state, code="c-1", iss=hostile.issuer)
    assert reasons(bank) == ["state_unknown"]


async def test_a_code_that_was_used_is_refused_by_the_provider(browser: Browser, bank: Bank, hostile: Hostile) -> None:
    hostile.claims["preferred_username"] = "sato"
    await walk(browser, hostile, code="c-1")
    await browser.get("/")
    await browser.post("/sign-out")
    await walk(browser, hostile, code="c-1")
    assert reasons(bank) == ["code_refused"]


@pytest.mark.parametrize("given", [{}, {"iss": "https://evil.example"}])
async def test_an_answer_of_another_provider_is_not_taken_for_this_ones(
    browser: Browser, bank: Bank, hostile: Hostile, given: dict[str, str]
) -> None:
    state = await set_out(browser, hostile)
    await come_back(browser, state=state, code="c-1", **given)
    assert reasons(bank) == ["issuer_unexpected"]
    assert hostile.forms == []


async def test_who_gives_up_at_the_provider_can_begin_again(browser: Browser, bank: Bank, hostile: Hostile) -> None:
    state = await set_out(browser, hostile)
    _, page = await come_back(browser, state=state, error="access_denied", iss=hostile.issuer)
    assert "もう一度、はじめから" in page
    assert reasons(bank) == ["provider_declined"]


async def test_an_unknown_key_is_looked_for_again_but_not_at_once(
    browser: Browser, bank: Bank, hostile: Hostile
) -> None:
    hostile.claims["preferred_username"] = "sato"
    await walk(browser, hostile, code="c-1")
    await browser.get("/")
    await browser.post("/sign-out")
    hostile.rotate("second")
    fetched = hostile.asked.count("/keys")
    for number in range(3):
        await walk(browser, hostile, code=f"made up {number}")
    assert reasons(bank) == ["token_key_unknown"] * 3
    assert hostile.asked.count("/keys") == fetched, "made-up keys must not make us a weapon against the provider"
    bank.universe.advance(provider.REST)
    assert (await walk(browser, hostile, code="c-9"))[0] == 200
    assert hostile.asked.count("/keys") == fetched + 1


async def test_what_the_provider_says_of_itself_is_kept_for_an_hour(
    browser: Browser, bank: Bank, hostile: Hostile
) -> None:
    for minutes, times in ((0, 1), (59, 1), (1, 2)):
        bank.universe.advance(timedelta(minutes=minutes))
        await set_out(browser, hostile)
        assert hostile.asked.count(DISCOVERY) == times


async def test_clocks_may_be_a_minute_apart(browser: Browser, bank: Bank, hostile: Hostile) -> None:
    now = int(bank.universe.now().timestamp())
    hostile.claims |= {"preferred_username": "sato", "iat": now + 55, "nbf": now + 55}
    assert (await walk(browser, hostile, code="c-1"))[0] == 200
    hostile.claims |= {"iat": now - 300, "nbf": now - 300, "exp": now - 55}
    assert (await walk(browser, hostile, code="c-2"))[0] == 200
    hostile.claims |= {"exp": now - 61}
    await walk(browser, hostile, code="c-3")
    assert reasons(bank) == ["token_expired"]


async def test_refused_sign_ins_count_against_the_address(browser: Browser, bank: Bank, hostile: Hostile) -> None:
    for _ in range(20):
        state = await set_out(browser, hostile)
        await come_back(browser, state=state, error="access_denied", iss=hostile.issuer)
    status, page = await come_back(browser, state="made up", code="c")
    assert status == 429
    assert "失敗が続いています" in page
    assert reasons(bank) == ["provider_declined"] * 20
    assert (await browser.sign_in("sato"))[0] == 429


async def test_a_page_of_the_web_shuts_nobody_out(browser: Browser, bank: Bank) -> None:
    """It can send the browsers of a branch here as often as it likes, without the cookie of who set out."""
    for number in range(70):
        assert (await come_back(browser, state=f"made up {number}", code="c"))[0] == 403
    assert reasons(bank) == []
    assert (await browser.sign_in("sato"))[0] == 200
    assert await is_in(browser)


async def test_strays_are_written_down_so_many_times_and_shut_no_password_out(
    browser: Browser, bank: Bank, hostile: Hostile
) -> None:
    await set_out(browser, hostile)
    answers = [(await come_back(browser, state="made up", code="c"))[0] for _ in range(61)]
    assert answers == [403] * 60 + [429]
    assert reasons(bank) == ["state_unknown"] * 60
    assert (await browser.sign_in("sato"))[0] == 200


async def test_a_provider_that_is_set_wrong_shuts_no_password_out(
    browser: Browser, bank: Bank, hostile: Hostile
) -> None:
    hostile.metadata["issuer"] = "https://other.example"
    for _ in range(21):
        assert (await browser.client.get(WAY, allow_redirects=False)).status in (403, 503)
    assert (await browser.sign_in("sato"))[0] == 200


async def test_one_address_does_not_set_out_without_end(browser: Browser, bank: Bank, hostile: Hostile) -> None:
    answers = [(await browser.client.get(WAY, allow_redirects=False)).status for _ in range(61)]
    assert answers == [303] * 60 + [429]


async def test_pictures_on_a_page_of_the_web_take_nobodys_turn(browser: Browser, hostile: Hostile) -> None:
    for use in ("image", "iframe", "empty") * 21:
        answer = await browser.client.get(WAY, headers={"Sec-Fetch-Dest": use}, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/console/sign-in")
    answer = await browser.client.get(WAY, headers={"Sec-Fetch-Dest": "document"}, allow_redirects=False)
    assert answer.headers["Location"].startswith(hostile.issuer)
    await set_out(browser, hostile)


async def test_a_provider_that_is_down_is_not_asked_by_everybody(
    browser: Browser, bank: Bank, hostile: Hostile
) -> None:
    hostile.bodies[DISCOVERY] = b"down"
    for _ in range(3):
        assert (await browser.client.get(WAY, allow_redirects=False)).status == 503
    assert hostile.asked.count(DISCOVERY) == 1
    hostile.bodies.clear()
    bank.universe.advance(provider.DOWN)
    await set_out(browser, hostile)
    # The password still opens the console meanwhile.
    found = bank.database.run_read(lambda conn: staff.find_staff(conn, "sato"))
    assert found is not None
    assert (await browser.sign_in("sato"))[0] == 200
