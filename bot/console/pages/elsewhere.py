"""Signing in at the bank's identity provider: the way there, the way back, and the end that is told from there.

Promise: a way back is taken once and only in the browser that set out; whatever is wrong with it comes to one page
that says what helps and, where that browser did set out, to one entry of the audit record with one reason; what did
not begin here costs the address nothing at the passwords; the session is the same as after a
password, under a new token, and nothing of the provider's is kept but a digest of its session.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import structlog
from aiohttp import web
from sqlalchemy import Connection

from bot.console.access import Permission, needs
from bot.console.context import MOUNT, Visit
from bot.console.door import (
    HALFWAY,
    MAX_FORM,
    drop_way_cookie,
    redirect,
    set_session_cookie,
    set_way_cookie,
    way_cookie,
)
from bot.console.proving import address_rests, begin_session, count_against_address, create_session, inside
from bot.console.rendering import render
from bot.console.visitors import network_of
from bot.sign_on.members import admit, shows_factor
from bot.sign_on.provider import Provider
from bot.sign_on.refusals import ADVICE, SignOnRefused
from bot.sign_on.tokens import LogoutToken
from storage import audit
from storage.second_factors import load_factor
from storage.sign_on.identities import end_sessions_elsewhere, find_by_identity, session_elsewhere
from storage.sign_on.requests import begin_request, proofs, spend_request, spend_token

log = structlog.get_logger("kakunin.sign_on")

#: 32 signs of five bits: 160 bits.
_SIGNS = 32
_USE = "Sec-Fetch-Dest"


@needs(Permission.PUBLIC)
async def begin(visit: Visit) -> web.StreamResponse:
    """Send the browser to the provider."""
    console, provider = visit.console, visit.console.provider
    # Where a page of the web has it for a picture or a frame, nobody sets out, and it takes nobody's turn; browsers say
    # so themselves (Fetch Metadata Request Headers, 2.1), and older ones say nothing.
    if provider is None or visit.session is not None or visit.request.headers.get(_USE, "document") != "document":
        return redirect(f"{MOUNT}/sign-in")
    if address_rests(visit) or not console.departures.take(_address(visit)):
        return _page(visit, "rests", "address_rests", status=429)
    vault, uni = console.database.vault, console.universe
    state, browser = uni.code(_SIGNS), way_cookie(visit) or uni.code(_SIGNS)
    after = inside(visit.request.query.get("next", ""))
    own = proofs(vault, state, browser)
    try:
        there = await provider.way_there(state=state, nonce=own.nonce, verifier=own.verifier)
    except SignOnRefused as refusal:
        return await _refuse(visit, refusal.code)
    await console.database.transact(
        lambda conn: begin_request(conn, vault, uni, state=state, browser=browser, after=after)
    )
    response = redirect(there)
    set_way_cookie(visit, response, browser)
    return response


@needs(Permission.PUBLIC)
async def come_back(visit: Visit) -> web.StreamResponse:
    """Take the code that the browser brings, ask the provider who that is, and begin the session."""
    console, provider = visit.console, visit.console.provider
    if provider is None:
        return redirect(f"{MOUNT}/sign-in")
    if address_rests(visit) or not console.strays.has(_address(visit)):
        return _page(visit, "rests", "address_rests", status=429)
    try:
        claims, after = await _who_came(visit, provider)
        token, way = await console.database.transact(lambda conn: _let_in(conn, visit, provider, claims, after))
    except SignOnRefused as refusal:
        if refusal.code == "state_unknown":
            # Any page of the web can send browsers here: that must shut nobody's password out.
            if not way_cookie(visit):
                return _refusal(visit, refusal.code)
            console.strays.take(_address(visit))
        elif ADVICE[refusal.code] != "later":
            count_against_address(visit)
        return await _refuse(visit, refusal.code)
    # No redirect: the browser would still count it as the provider's and would not show the new cookie.
    response = render(visit, "passing.html", {"to": way})
    set_session_cookie(visit, response, token)
    drop_way_cookie(visit, response)
    return response


@needs(Permission.PUBLIC)
async def show_way_out(visit: Visit) -> web.StreamResponse:
    """After signing out here: the provider's own session goes on, and here is how it ends."""
    provider = visit.console.provider
    if provider is None or visit.session is not None:
        return redirect(f"{MOUNT}/sign-in")
    return render(visit, "signed_out.html", {"way_out": await provider.way_out()})


@needs(Permission.OPEN)
async def told_to_leave(visit: Visit) -> web.StreamResponse:
    """The provider ended a session: end what it let begin.  Nobody is signed in here, the token's signature counts."""
    console, provider = visit.console, visit.console.provider
    if provider is None:
        raise web.HTTPNotFound
    try:
        token = await provider.who_left(await _logout_token(visit.request))
        await console.database.transact(lambda conn: _see_out(conn, visit, provider, token))
    except SignOnRefused as refusal:
        # Only what is refused has an allowance: when a shift ends, hundreds leave at once from one address.
        if not console.farewells.take(_address(visit)):
            raise web.HTTPTooManyRequests from None
        await _record(visit, "console.logout_refused", refusal.code)
        return web.json_response({"error": "invalid_request"}, status=400, headers={"Cache-Control": "no-store"})
    return web.Response(headers={"Cache-Control": "no-store"})


async def _who_came(visit: Visit, provider: Provider) -> tuple[Mapping[str, Any], str]:
    """The claims of who came back, and the page that was asked for; raises ``SignOnRefused``."""
    console, query = visit.console, visit.request.query
    vault, uni = console.database.vault, console.universe
    state, browser = query.get("state", ""), way_cookie(visit)
    after = await console.database.transact(
        lambda conn: spend_request(conn, vault, uni, state=state, browser=browser) if state and browser else None
    )
    if after is None:
        raise SignOnRefused("state_unknown")
    # RFC 9207: an answer that comes from another provider than the one that was asked.
    issuer = query.get("iss")
    if issuer != provider.how.issuer and (issuer is not None or (await provider.metadata()).names_issuer):
        raise SignOnRefused("issuer_unexpected")
    code = query.get("code", "")
    if not code:
        raise SignOnRefused("provider_declined")
    own = proofs(vault, state, browser)
    return await provider.who_came(code=code, verifier=own.verifier, nonce=own.nonce), after


def _let_in(
    conn: Connection, visit: Visit, provider: Provider, claims: Mapping[str, Any], after: str
) -> tuple[str, str]:
    """The session's token and where it leads: in, or first to the code of the authenticator app."""
    console, how = visit.console, provider.how
    vault = console.database.vault
    member = admit(conn, vault, console.universe, how, claims)
    sid = claims.get("sid")
    elsewhere = session_elsewhere(vault, how.issuer, sid if isinstance(sid, str) else "")
    if shows_factor(how, claims):
        return begin_session(conn, visit, member.id, factor_given=True, elsewhere=elsewhere), inside(after)
    factor = load_factor(conn, vault, member.id)
    if factor is not None and factor.confirmed:
        half = create_session(conn, visit, member.id, idle=HALFWAY, absolute=HALFWAY, elsewhere=elsewhere)
        return half, f"{MOUNT}/sign-in/code?{urlencode({'next': inside(after)})}"
    if member.role in console.settings.second_factor_roles:
        raise SignOnRefused("no_second_factor")
    return begin_session(conn, visit, member.id, factor_given=False, elsewhere=elsewhere), inside(after)


async def _logout_token(request: web.Request) -> str:
    if request.content_type != "application/x-www-form-urlencoded" or (request.content_length or 0) > MAX_FORM:
        raise SignOnRefused("token_malformed")
    token = (await request.post()).get("logout_token")
    if not isinstance(token, str):
        raise SignOnRefused("token_malformed")
    return token


def _see_out(conn: Connection, visit: Visit, provider: Provider, token: LogoutToken) -> None:
    console, issuer = visit.console, provider.how.issuer
    vault, uni = console.database.vault, console.universe
    if not spend_token(conn, vault, uni, token.token_id, token.until):
        raise SignOnRefused("token_used")
    member = None if token.subject is None else find_by_identity(conn, vault, issuer, token.subject)
    if token.subject is not None and member is None:
        return
    sids = [] if token.sid is None else [token.sid]
    if sids and member is not None:
        # A provider may name the session here although its ID token did not.
        sids.append("")
    ended = end_sessions_elsewhere(
        conn,
        staff_id=None if member is None else member.id,
        elsewhere=[session_elsewhere(vault, issuer, sid) for sid in sids],
    )
    for staff_id in ended:
        audit.record(
            conn,
            uni,
            "console.ended_elsewhere",
            actor_kind="system",
            actor_id="sign_on",
            subjects={"staff": staff_id},
        )


async def _refuse(visit: Visit, code: str) -> web.StreamResponse:
    log.warning("sign_on.refused", why=code)
    await _record(visit, "console.sign_on_refused", code)
    return _refusal(visit, code)


def _refusal(visit: Visit, code: str) -> web.Response:
    advice = ADVICE[code]
    return _page(visit, advice, code, status=503 if advice == "later" else 403)


async def _record(visit: Visit, action: str, code: str) -> None:
    uni = visit.console.universe
    who: dict[str, Any] = {"actor_kind": "system", "actor_id": "sign_on"}
    await visit.console.database.transact(
        lambda conn: audit.record(conn, uni, action, **who, subjects={}, detail={"why": code})
    )


def _page(visit: Visit, advice: str, code: str, *, status: int) -> web.Response:
    return render(visit, "sign_on_problem.html", {"advice": advice, "code": code}, status=status)


def _address(visit: Visit) -> str:
    return network_of(visit.request, visit.console.settings.trusted_proxies)
