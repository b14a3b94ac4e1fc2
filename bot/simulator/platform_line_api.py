"""The HTTP side of the LINE stand-in: the calls of the Messaging API that kakunin makes.

Promise: it answers with LINE's statuses and words, refuses what LINE refuses, and shows an accepted
message to the person at once.  Each call is given to the observer before it is judged.
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from bot.simulator.faults import AFTER_ACCEPTANCE, Fault, Faults, Trouble
from bot.simulator.people import Bubble, People, Person, Speaker, Tappable
from bot.simulator.platform_line_account import LineAccount
from bot.simulator.platform_line_account_link import PATH, LinkToken, account_link_page, issue_link_token
from bot.simulator.platform_line_content import LineContents
from bot.simulator.platform_line_menu_calls import add_menu_routes
from bot.simulator.platform_line_menus import RichMenus
from bot.simulator.platform_line_numbers import Numbers
from bot.simulator.platform_line_rules import USER_ID, UUID, Finding, check_messages, recipients_of
from bot.simulator.platform_line_tokens import TokenDesk

#: Called with method, path and JSON body (or ``None``) of each call or webhook.
Observer = Callable[[str, str, Any], None]
Handler = Callable[[web.Request, Any], Awaitable[web.StreamResponse]]

RATE_WORDS = "The API rate limit has been exceeded. Try again later."
QUOTA_WORDS = "You have reached your monthly limit."


_LARGEST_BODY = 2 * 1024 * 1024
TOKEN_LIFE = timedelta(minutes=1)
TOKEN_END = timedelta(minutes=20)


@dataclass(kw_only=True)
class ReplyToken:
    """The right to answer one event for free."""

    user_id: str
    event_at: datetime
    issued_at: datetime
    used: bool = False


class LineServer(ABC):
    """What the stand-in remembers, and the application that answers calls from it."""

    def __init__(
        self,
        webhook_url: str,
        channel_secret: str,
        access_token: str,
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        observer: Observer | None,
        quota: int | None,
        hang: float,
        account_name: str,
    ) -> None:
        self.webhook_url = webhook_url
        self.channel_secret = channel_secret
        self.tokens = TokenDesk(access_token, channel_secret, now=now, new_id=new_id, observer=observer)
        self.now = now
        self.new_id = new_id
        self.observer = observer
        #: Pushes a month; ``None`` is an account without a limit.
        self.quota = quota
        self.pushed = 0
        self.hang = hang
        self.account_name = account_name
        self.bot_user_id = self.make_user_id()
        self.people = People()
        self.account = LineAccount(self)
        self.menus = RichMenus(now=now, new_id=new_id)
        self.contents = LineContents()
        self.faults = Faults()
        #: Of the link token alone, which is asked for before the message that needs it.
        self.link_token_faults = Faults()
        self.reply_tokens: dict[str, ReplyToken] = {}
        self.link_tokens: dict[str, LinkToken] = {}
        self.after_account_link = ""
        self.accepted_keys: dict[str, tuple[str, list[str]]] = {}
        #: Groups and rooms that the account is in, and those that it left.
        self.joined: set[str] = set()
        self.left: list[str] = []
        self.loading: list[tuple[str, int]] = []
        self.numbers = Numbers()
        self.closing = asyncio.Event()
        self._message_number = 500_000_000_000_000_000
        self.app = build_app(self)

    def make_user_id(self) -> str:
        """``U`` and 32 hexadecimal digits."""
        return "U" + self.new_id().replace("-", "")[:32].rjust(32, "0").lower()

    @abstractmethod
    async def account_linked(self, user_id: str, nonce: str, *, ok: bool) -> None:
        """Tell the bot that somebody came back from the bank's login."""

    def make_message_id(self) -> str:
        """A number, as LINE's are."""
        self._message_number += 1
        return str(self._message_number)

    @abstractmethod
    async def post_webhook(self, url: str, events: list[dict[str, Any]]) -> int:
        """Send events signed to a webhook; its status."""


def build_app(state: LineServer) -> web.Application:
    """The application that ``LINE_API_BASE`` points to."""
    api = _Api(state)
    app = web.Application(client_max_size=4 * 1024 * 1024)
    routes: list[tuple[str, str, Handler]] = [
        ("POST", "/v2/bot/message/reply", api.reply),
        ("POST", "/v2/bot/message/push", api.push),
        ("POST", "/v2/bot/message/multicast", api.multicast),
        ("POST", "/v2/bot/message/validate/{kind:reply|push|multicast}", api.validate),
        ("POST", "/bot/pnp/push", api.notify),
        ("POST", "/v2/bot/chat/loading/start", api.loading),
        ("GET", "/v2/bot/message/{message}/content", state.contents.hand_out),
        ("GET", "/v2/bot/profile/{user_id}", api.profile),
        ("POST", "/v2/bot/group/{chat}/leave", api.leave),
        ("POST", "/v2/bot/room/{chat}/leave", api.leave),
        ("POST", "/v2/bot/user/{user_id}/linkToken", api.link_token),
    ]
    for method, path, handler in routes:
        app.router.add_route(method, path, api.guarded(handler))
    state.tokens.add_routes(app)
    state.account.add_routes(app, api)
    add_menu_routes(app, api, state.menus)
    app.router.add_get(PATH, account_link_page(state))
    app.router.add_route("*", "/{rest:.*}", api.guarded(api.unknown))
    return app


class _Api:
    def __init__(self, state: LineServer) -> None:
        self._state = state
        self._request_number = 0

    def guarded(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Token, body and observer, the same for every call."""

        async def handle(request: web.Request) -> web.StreamResponse:
            raw = await request.read()
            if len(raw) > _LARGEST_BODY:
                return self._error(413, "Request Entity Too Large")
            begins = [at for sign in ("/v2/", "/bot/pnp/") if (at := request.path.find(sign)) >= 0]
            path = request.path[begins[0] :] if begins else request.path
            try:
                body = json.loads(raw) if raw and not request.content_type.startswith("image/") else None
            except ValueError:
                return self._error(400, "The request body could not be parsed as JSON")
            if self._state.observer is not None:
                self._state.observer(request.method, path, body)
            if not self._state.tokens.accepts(request.headers.get("Authorization", "").removeprefix("Bearer ")):
                return self._error(401, "Authentication failed. Confirm that the access token is valid.")
            if raw and not (request.content_type == "application/json" or request.content_type.startswith("image/")):
                return self._error(415, "Unsupported Media Type")
            return await handler(request, body)

        return handle

    # -- sending --------------------------------------------------------------------------------

    async def reply(self, request: web.Request, body: Any) -> web.StreamResponse:
        fault = self._state.faults.next()
        if (refusal := await self._before(fault)) is not None:
            return refusal
        if "X-Line-Retry-Key" in request.headers:
            return self._error(400, "The retry key is not supported by this API")
        if not isinstance(body, dict) or not isinstance(body.get("replyToken"), str):
            return self._refused([("replyToken", "May not be empty")])
        if findings := check_messages(body.get("messages")):
            return self._refused(findings)
        token = self._state.reply_tokens.get(body["replyToken"])
        if token is None or token.used or not self._alive(token.issued_at, token.event_at):
            return self._error(400, "Invalid reply token")
        token.used = True
        ids = self._show(self._state.people.get(token.user_id), body["messages"])
        return await self._after(request, fault, ids)

    async def push(self, request: web.Request, body: Any) -> web.StreamResponse:
        return await self._push(request, body, many=False)

    async def multicast(self, request: web.Request, body: Any) -> web.StreamResponse:
        return await self._push(request, body, many=True)

    async def _push(self, request: web.Request, body: Any, *, many: bool) -> web.StreamResponse:
        state = self._state
        fault = state.faults.next()
        if (refusal := await self._before(fault)) is not None:
            return refusal
        key = request.headers.get("X-Line-Retry-Key")
        if key is not None and not UUID.fullmatch(key):
            return self._error(400, "The retry key is invalid")
        people = recipients_of(body, many=many)
        if not people:
            return self._error(400, "The property, 'to', in the request body is invalid (line: -, column: -)")
        if findings := check_messages(body.get("messages")):
            return self._refused(findings)
        if key is not None and key in state.accepted_keys:
            request_id, ids = state.accepted_keys[key]
            words = {"message": "The retry key is already accepted", "sentMessages": [{"id": i} for i in ids]}
            return self._json(words, 409, {"x-line-accepted-request-id": request_id})
        if many and any(state.people.get(one) is None for one in people):
            return self._error(400, "Failed to send messages")
        if state.quota is not None and state.pushed + len(people) > state.quota:
            return self._error(429, QUOTA_WORDS)
        state.pushed += len(people)
        # LINE says 200 for people who blocked the account, and for one person it does not know.
        ids = [number for one in people for number in self._show(state.people.get(one), body["messages"])]
        if key is not None:
            state.accepted_keys[key] = (self._request_id(), [] if many else ids)
        # The answer to a multicast names no messages.
        return await self._after(request, Fault(trouble=Trouble.BARE_ANSWER) if many and fault is None else fault, ids)

    async def notify(self, request: web.Request, body: Any) -> web.StreamResponse:
        fault = self._state.faults.next()
        if (refusal := await self._before(fault)) is not None:
            return refusal
        tag = request.headers.get("X-Line-Delivery-Tag")
        status, words = self._state.numbers.judge(body, tag)
        if status != 200:
            return self._error(status, words)
        if findings := check_messages(body.get("messages")):
            return self._refused(findings)
        user_id = self._state.numbers.take(body, tag)
        self._show(None if user_id is None else self._state.people.get(user_id), body["messages"])
        # LINE's 200 has no body worth the name.
        return await self._after(request, fault or Fault(trouble=Trouble.BARE_ANSWER), [])

    async def validate(self, request: web.Request, body: Any) -> web.StreamResponse:
        findings = check_messages(body.get("messages") if isinstance(body, dict) else None)
        return self._refused(findings) if findings else self._json({})

    def _alive(self, issued_at: Any, event_at: Any) -> bool:
        now = self._state.now()
        return bool(now - issued_at <= TOKEN_LIFE and now - event_at <= TOKEN_END)

    async def _before(self, fault: Fault | None) -> web.StreamResponse | None:
        """The refusal of a call that is not accepted because of a fault."""
        trouble = fault.trouble if fault else None
        if trouble is None or trouble in AFTER_ACCEPTANCE:
            return None
        if fault is not None and trouble is Trouble.SLOW:
            await self._hang(fault.takes)
            return None
        if trouble is Trouble.TIME_OUT_BEFORE:
            await self._hang(self._state.hang)
        if trouble is Trouble.BAD_GATEWAY:
            return web.Response(status=502, text="<html>502 Bad Gateway</html>", content_type="text/html")
        if trouble is Trouble.RATE:
            return self._error(429, RATE_WORDS)
        if trouble is Trouble.QUOTA:
            return self._error(429, QUOTA_WORDS)
        if trouble is Trouble.UNAUTHORIZED:
            return self._error(401, "Authentication failed. Confirm that the access token is valid.")
        return self._error(500, "Internal server error")

    async def _after(self, request: web.Request, fault: Fault | None, ids: list[str]) -> web.StreamResponse:
        """The answer to a call that was accepted, spoilt by a fault or not."""
        trouble = fault.trouble if fault else None
        if trouble is Trouble.TIME_OUT_AFTER:
            await self._hang(self._state.hang)
        if trouble is Trouble.DISCONNECT_AFTER and request.transport is not None:
            request.transport.abort()
        if trouble is Trouble.BROKEN_ANSWER:
            return web.Response(text='{"sentMessages": [', content_type="application/json")
        if trouble is Trouble.BARE_ANSWER:
            return self._json({})
        return self._json({"sentMessages": [{"id": i, "quoteToken": f"quote-{i}"} for i in ids]})

    async def _hang(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._state.closing.wait(), seconds)
        except TimeoutError:
            return

    def _show(self, person: Person | None, messages: list[dict[str, Any]]) -> list[str]:
        ids = []
        for message in messages:
            ids.append(self._state.make_message_id())
            if person is not None and not person.blocked:
                person.bubbles.append(_bubble(ids[-1], message, self._state))
        return ids

    # -- everything else ------------------------------------------------------------------------

    async def loading(self, request: web.Request, body: Any) -> web.StreamResponse:
        seconds = body.get("loadingSeconds", 20) if isinstance(body, dict) else None
        if not isinstance(seconds, int) or not 5 <= seconds <= 60 or seconds % 5:
            return self._refused([("loadingSeconds", "Must be 5 to 60 in steps of 5")])
        if not USER_ID.fullmatch(str(body.get("chatId"))):
            return self._refused([("chatId", "Must be a user ID")])
        self._state.loading.append((body["chatId"], seconds))
        return self._json({}, 202)

    async def profile(self, request: web.Request, body: Any) -> web.StreamResponse:
        person = self._state.people.get(request.match_info["user_id"])
        if person is None or person.blocked:
            return self._error(404, "Not found")
        return self._json({"displayName": person.name, "userId": person.user_id, "language": person.language})

    async def leave(self, request: web.Request, body: Any) -> web.StreamResponse:
        chat = request.match_info["chat"]
        if chat not in self._state.joined:
            return self._error(404, "Not found")
        self._state.joined.remove(chat)
        self._state.left.append(chat)
        return self._json({})

    async def link_token(self, request: web.Request, body: Any) -> web.StreamResponse:
        fault = self._state.link_token_faults.next()
        if (refusal := await self._before(fault)) is not None:
            return refusal
        token = issue_link_token(self._state, request.match_info["user_id"])
        if token is None:
            return self._error(404, "Not found")
        return self._json({} if fault is not None else {"linkToken": token})

    async def unknown(self, request: web.Request, body: Any) -> web.StreamResponse:
        return self._error(404, "Not found")

    # -- answers --------------------------------------------------------------------------------

    def _request_id(self) -> str:
        self._request_number += 1
        return f"00000000-0000-4000-8000-{self._request_number:012d}"

    def _json(self, answer: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
        return web.json_response(
            answer, status=status, headers={"x-line-request-id": self._request_id(), **(headers or {})}
        )

    def _error(self, status: int, message: str) -> web.Response:
        return self._json({"message": message}, status)

    def _refused(self, findings: list[Finding]) -> web.Response:
        details = [{"message": message, "property": place} for place, message in findings]
        return self._json({"message": f"The request body has {len(findings)} error(s)", "details": details}, 400)


def _bubble(message_id: str, message: dict[str, Any], state: LineServer) -> Bubble:
    texts: list[str] = []
    rows: list[tuple[Tappable, ...]] = []
    _walk(message.get("contents") or {}, texts, rows)
    items = (message.get("quickReply") or {}).get("items", [])
    return Bubble(
        message_id=message_id,
        speaker=Speaker.ACCOUNT,
        at=state.now(),
        text=message["text"] if message["type"] == "text" else "\n\n".join(texts),
        alt=message.get("altText", ""),
        rows=tuple(rows),
        quick_replies=tuple(_tappable(item["action"]) for item in items),
        sender=(message.get("sender") or {}).get("name"),
    )


def _walk(part: dict[str, Any], texts: list[str], rows: list[tuple[Tappable, ...]]) -> None:
    if part.get("type") == "text":
        texts.append(part["text"])
    elif part.get("type") == "button" and part["action"]["type"] in ("postback", "uri", "datetimepicker"):
        rows.append((_tappable(part["action"]),))
    for name in ("header", "body", "footer"):
        if name in part:
            _walk(part[name], texts, rows)
    for inner in part.get("contents", []):
        _walk(inner, texts, rows)


def _tappable(action: dict[str, Any]) -> Tappable:
    return Tappable(
        label=action["label"],
        data=action.get("data", ""),
        said=action.get("displayText", ""),
        opens=action.get("uri", ""),
        days=(action["initial"], action["min"], action["max"]) if action["type"] == "datetimepicker" else None,
    )
