"""Whom a provider's claims let in, as what, and when the code of our own app is asked for."""

from __future__ import annotations

import pytest

from bot.console.one_time_codes import code_at
from storage import second_factors, staff
from storage.branches import Branches
from storage.sign_on.identities import link_identity, members_linked
from storage.staff import StaffMember
from tests.bot.console.conftest import Browser
from tests.bot.console.house import PASSWORD, Bank
from tests.bot.console.sign_on.hostile import Hostile
from tests.bot.console.sign_on.walking import WAY, entries, is_in, reasons, walk

LINKED_ONLY = {"oidc_login_claim": ""}
BY_MAIL = {"oidc_login_claim": "email"}
FACTOR = {"second_factor_roles": ("approver",), "oidc_amr_values": ("mfa", "hwk")}
MAPPED = {
    "oidc_role_claim": "groups",
    "oidc_role_map": "cn=heads,ou=kyc=approver; clerks=operator",
    "oidc_branch_claim": "branches",
}
NO_PASSWORDS = {"local_sign_in": "break_glass", "break_glass": ("suzuki",)}


def member(bank: Bank, login: str) -> StaffMember:
    found = bank.database.run_read(lambda conn: staff.find_staff(conn, login))
    assert found is not None
    return found[0]


def did(bank: Bank) -> list[str]:
    return [entry.action for entry in entries(bank)]


@pytest.mark.parametrize("extra", [LINKED_ONLY])
async def test_without_a_word_of_the_settings_only_who_was_linked_comes_in(
    browser: Browser, bank: Bank, hostile: Hostile
) -> None:
    hostile.claims["preferred_username"] = "sato"
    await walk(browser, hostile, code="c-1")
    assert reasons(bank) == ["nobody"]
    database, sato = bank.database, member(bank, "sato").id
    database.run(lambda conn: link_identity(conn, database.vault, bank.universe, sato, hostile.issuer, "u-1"))
    hostile.claims["preferred_username"] = "somebody else by now"
    assert (await walk(browser, hostile, code="c-2"))[0] == 200
    assert await is_in(browser)


async def test_a_member_is_one_person_and_a_person_one_member(browser: Browser, bank: Bank, hostile: Hostile) -> None:
    hostile.claims["preferred_username"] = "sato"
    await walk(browser, hostile, code="c-1")
    # The provider gave the name to somebody else.
    hostile.claims["sub"] = "u-2"
    await walk(browser, hostile, code="c-2")
    assert reasons(bank) == ["linked_otherwise"]
    # The person got another name there: he stays who he is.
    hostile.claims |= {"sub": "u-1", "preferred_username": "suzuki"}
    await walk(browser, hostile, code="c-3")
    assert did(bank).count("staff.identity_linked") == 1
    assert "sato" in (await browser.get("/"))[1]


@pytest.mark.parametrize("login", [None, "", 7, "a" * 65, "line\nend"])
async def test_a_name_that_is_none_lets_nobody_in(
    browser: Browser, bank: Bank, hostile: Hostile, login: object
) -> None:
    hostile.claims["preferred_username"] = login
    await walk(browser, hostile)
    assert reasons(bank) == ["login_unusable"]


async def test_who_is_disabled_here_stays_out(browser: Browser, bank: Bank, hostile: Hostile) -> None:
    who = member(bank, "sato").id
    bank.database.run(lambda conn: staff.set_staff_state(conn, who, "disabled"))
    hostile.claims["preferred_username"] = "sato"
    await walk(browser, hostile)
    assert reasons(bank) == ["disabled"]


async def test_a_first_password_is_not_asked_of_who_needs_none(browser: Browser, bank: Bank, hostile: Hostile) -> None:
    hostile.claims["preferred_username"] = "shinjin"
    await walk(browser, hostile)
    assert await is_in(browser)


@pytest.mark.parametrize("extra", [BY_MAIL])
async def test_an_address_counts_only_where_the_provider_verified_it(
    browser: Browser, bank: Bank, hostile: Hostile
) -> None:
    hash_ = "$argon2id$"
    bank.database.run(lambda conn: staff.add_staff(conn, bank.universe, "ito@example.co.jp", "operator", None, hash_))
    for number, verified in enumerate((None, False, "true")):
        hostile.claims |= {"email": "ito@example.co.jp", "email_verified": verified}
        await walk(browser, hostile, code=f"c-{number}")
    assert reasons(bank) == ["email_unverified"] * 3
    hostile.claims["email_verified"] = True
    assert (await walk(browser, hostile, code="c-9"))[0] == 200


@pytest.mark.parametrize("extra", [MAPPED])
async def test_who_is_new_is_made_by_role_and_branches(browser: Browser, bank: Bank, hostile: Hostile) -> None:
    hostile.claims |= {"preferred_username": "arai", "groups": ["clerks", "all"], "branches": ["200", "300"]}
    assert (await walk(browser, hostile, code="c-1"))[0] == 200, reasons(bank)
    assert (member(bank, "arai").role, member(bank, "arai").branches) == ("operator", Branches.of("200", "300"))
    assert {"staff.added", "staff.identity_linked"} <= set(did(bank))
    # He has no password, and the one that stands for nobody is none.
    for password in ("", "nobody", PASSWORD):
        assert (await browser.client.post("/console/sign-in", data={"login": "arai", "password": password})).status in (
            401,
            403,
        )


@pytest.mark.parametrize("extra", [MAPPED | {"break_glass": ("emergency", "spare")}])
async def test_no_claim_takes_over_an_account_for_an_emergency(browser: Browser, bank: Bank, hostile: Hostile) -> None:
    database, universe = bank.database, bank.universe
    who = database.run(lambda conn: staff.add_staff(conn, universe, "emergency", "admin", None, "$argon2id$")).id
    hostile.claims |= {"groups": ["clerks"], "branches": ["200"]}
    # The second one is named in the settings and not made yet.
    for number, login in enumerate(("emergency", " emergency ", "spare")):
        hostile.claims["preferred_username"] = login
        await walk(browser, hostile, code=f"c-{number}")
    assert reasons(bank) == ["nobody"] * 3
    assert database.run_read(members_linked) == set()
    assert (member(bank, "emergency").role, member(bank, "emergency").branches.is_whole_bank) == ("admin", True)
    assert database.run_read(lambda conn: staff.find_staff(conn, "spare")) is None
    # Whom an administrator links is meant.
    database.run(lambda conn: link_identity(conn, database.vault, universe, who, hostile.issuer, "u-1"))
    assert (await walk(browser, hostile, code="c-9"))[0] == 200


@pytest.mark.parametrize("extra", [MAPPED])
async def test_role_and_branches_follow_the_provider(browser: Browser, bank: Bank, hostile: Hostile) -> None:
    hostile.claims |= {"preferred_username": "sato", "groups": ["clerks", "cn=heads,ou=kyc"], "branches": "200"}
    await walk(browser, hostile, code="c-1")
    assert (member(bank, "sato").role, str(member(bank, "sato").branches)) == ("approver", "200")
    assert {"staff.role_changed", "staff.moved"} <= set(did(bank))
    hostile.claims |= {"groups": "clerks", "branches": ["head-office"]}
    await walk(browser, hostile, code="c-2")
    assert (member(bank, "sato").role, member(bank, "sato").branches.is_whole_bank) == ("operator", True)
    # What the provider takes away is gone at the next sign-in, and what it leaves out is never more.
    for number, (claims, reason) in enumerate(
        (
            ({"groups": ["all"]}, "no_role"),
            ({"groups": None}, "no_role"),
            ({"groups": {"clerks": True}}, "no_role"),
            ({"groups": ["clerks"], "branches": None}, "no_branch"),
            ({"branches": []}, "no_branch"),
            ({"branches": [""]}, "no_branch"),
            ({"branches": ["2 0"]}, "no_branch"),
        )
    ):
        hostile.claims |= claims
        await walk(browser, hostile, code=f"n-{number}")
        assert reasons(bank)[0] == reason, claims


@pytest.mark.parametrize("extra", [FACTOR])
@pytest.mark.parametrize(("amr", "inside"), [(["pwd", "mfa"], True), (["pwd"], False), ("mfa", False), (None, False)])
async def test_a_role_that_needs_a_second_factor_needs_the_providers_word(
    browser: Browser, bank: Bank, hostile: Hostile, amr: object, inside: bool
) -> None:
    hostile.claims |= {"preferred_username": "suzuki", "amr": amr}
    await walk(browser, hostile)
    assert await is_in(browser) == inside
    assert reasons(bank) == ([] if inside else ["no_second_factor" if not isinstance(amr, str) else "token_claims"])


@pytest.mark.parametrize("extra", [FACTOR])
async def test_our_own_app_is_asked_where_the_provider_says_nothing(
    browser: Browser, bank: Bank, hostile: Hostile
) -> None:
    database, who, secret = bank.database, member(bank, "suzuki").id, b"k" * 20
    step = int(bank.universe.now().timestamp()) // 30
    database.run(lambda conn: second_factors.begin_factor(conn, database.vault, bank.universe, who, secret))
    database.run(lambda conn: second_factors.confirm_factor(conn, bank.universe, who, step - 5))
    hostile.claims["preferred_username"] = "suzuki"
    _, page = await walk(browser, hostile, after="/console/worklists")
    assert 'content="0;url=/console/sign-in/code?next=%2Fconsole%2Fworklists"' in page
    assert not await is_in(browser)
    await browser.get("/sign-in/code")
    await browser.post("/sign-in/code", code=code_at(secret, step))
    assert await is_in(browser)
    # What the provider let begin, it can end, although the code came from our app.
    answer = await browser.client.post(f"{WAY}/left", data={"logout_token": hostile.logout_token()})
    assert answer.status == 200
    assert not await is_in(browser)


@pytest.mark.parametrize("extra", [NO_PASSWORDS])
async def test_passwords_can_be_switched_off_but_for_an_emergency(browser: Browser, bank: Bank) -> None:
    _, page = await browser.get("/sign-in")
    assert "<summary>非常用アカウントでサインインする</summary>" in page
    status, page = await browser.sign_in("sato")
    assert status == 401
    assert "ログイン名かパスワードがちがいます" in page
    await browser.sign_in("suzuki")
    assert await is_in(browser)
    assert did(bank)[:2] == ["console.signed_in", "console.break_glass"]


async def test_both_ways_stand_beside_each_other(browser: Browser) -> None:
    _, page = await browser.get("/sign-in?next=/console/worklists")
    assert 'href="/console/sign-in/elsewhere?next=%2Fconsole%2Fworklists"' in page
    assert "行内の認証基盤でサインインする" in page
    await browser.sign_in("sato")
    assert await is_in(browser)
    _, page = await browser.post("/sign-out")
    assert "<h1>サインイン</h1>" in page


async def test_a_logout_is_believed_only_when_it_is_one(
    browser: Browser, second_browser: Browser, bank: Bank, hostile: Hostile
) -> None:
    hostile.claims["preferred_username"] = "sato"
    await walk(browser, hostile)
    await second_browser.sign_in("sato")
    now = int(bank.universe.now().timestamp())
    wrong = [
        hostile.logout_token(events={}),
        hostile.logout_token(events=None),
        hostile.logout_token(nonce="n"),
        hostile.logout_token(sub=None, sid=None),
        hostile.logout_token(sub=7),
        hostile.logout_token(aud="somebody"),
        hostile.logout_token(iss="https://evil.example"),
        hostile.logout_token(exp=now - 61),
        hostile.logout_token(exp=None),
        hostile.logout_token(jti=None),
        # An ID token has the same issuer, audience and keys.
        hostile.token(hostile.id_claims()),
        "what?",
    ]
    for token in wrong:
        answer = await browser.client.post(f"{WAY}/left", data={"logout_token": token})
        assert answer.status == 400
    assert (await browser.client.post(f"{WAY}/left", json={"logout_token": wrong[0]})).status == 400
    assert did(bank).count("console.logout_refused") == len(wrong) + 1
    assert await is_in(browser)
    token = hostile.logout_token(jti="good")
    answer = await browser.client.post(f"{WAY}/left", data={"logout_token": token})
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    assert not await is_in(browser)
    assert await is_in(second_browser), "a sign-in with our own password is not the provider's to end"
    # Once more: what came in since stays.
    await walk(browser, hostile, code="c-2")
    assert (await browser.client.post(f"{WAY}/left", data={"logout_token": token})).status == 400
    assert await is_in(browser)


async def test_a_session_of_the_providers_ends_alone(
    browser: Browser, second_browser: Browser, bank: Bank, hostile: Hostile
) -> None:
    hostile.claims["preferred_username"] = "sato"
    await walk(browser, hostile, code="c-1")
    hostile.claims["sid"] = "s-2"
    await walk(second_browser, hostile, code="c-2")
    for token in (hostile.logout_token(sub=None, sid="s-1"), hostile.logout_token(sub="unknown", sid="s-2", jti="x")):
        await browser.client.post(f"{WAY}/left", data={"logout_token": token})
    assert not await is_in(browser)
    assert await is_in(second_browser)
    token = hostile.logout_token(sid=None, jti="all")
    await browser.client.post(f"{WAY}/left", data={"logout_token": token})
    assert not await is_in(second_browser)
