"""The HTTP side of the Telegram stand-in: the methods of the Bot API that kakunin calls.

Promise: it answers with Telegram's statuses and words, refuses what Telegram refuses, and shows an
accepted message to the person at once.  Each call is given to the observer before it is judged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.simulator.faults import AFTER_ACCEPTANCE, Fault, Faults, Trouble
from bot.simulator.people import Bubble, People, Person, Speaker, Tappable
from bot.simulator.platform_telegram_desk import BotDesk, Webhook
from bot.simulator.platform_telegram_files import TelegramFiles
from bot.simulator.platform_telegram_flood import Flood
from bot.simulator.platform_telegram_rules import (
    Refused,
    check_keyboard,
    check_reply_keyboard,
    check_text,
    parameters_of,
)

#: Called with HTTP method, ``/<method>`` and parameters of each call, or with each update sent.
Observer = Callable[[str, str, Any], None]
Parameters = dict[str, Any]
_Method = Callable[[Parameters], Awaitable[Any]]


class TelegramServer:
    """What the stand-in remembers, and the application that answers calls from it."""

    def __init__(
        self,
        token: str,
        username: str,
        *,
        webhook: Webhook,
        now: Callable[[], datetime],
        observer: Observer | None,
        hang: float,
        account_name: str,
    ) -> None:
        self.token = token
        self.username = username
        self.bot_id = int(token.split(":", 1)[0])
        self.webhook = webhook
        self.now = now
        self.observer = observer
        self.hang = hang
        self.account_name = account_name
        self.people = People()
        self.faults = Faults()
        self.files = TelegramFiles(token, now=now)
        #: The troubles of calls that change a message.
        self.edit_faults = Faults()
        self.flood = Flood(now)
        self.pending: list[dict[str, Any]] = []
        self.desk = BotDesk(webhook, self.pending, now=now)
        #: Callback queries that wait for an answer, and those that got one.
        self.open_queries: set[str] = set()
        self.answered_queries: list[str] = []
        self.left: list[int] = []
        self.actions: list[tuple[int, str]] = []
        self.closing = asyncio.Event()
        self.arrived = asyncio.Condition()
        self._message_number = 0
        self.app = build_app(self)

    def make_message_id(self) -> int:
        """The next number of a message."""
        self._message_number += 1
        return self._message_number

    def account(self) -> dict[str, Any]:
        """The bot as a User."""
        return {"id": self.bot_id, "is_bot": True, "first_name": self.account_name, "username": self.username}

    def message(self, person: Person, message_id: int, **content: Any) -> dict[str, Any]:
        """A Message of a private chat; from the person unless ``content`` says otherwise."""
        return {
            "message_id": message_id,
            "date": int(self.now().timestamp()),
            "chat": {"id": int(person.user_id), "type": "private", "first_name": person.name},
            "from": self.user(person),
            **content,
        }

    def user(self, person: Person) -> dict[str, Any]:
        """A person as a User."""
        return {
            "id": int(person.user_id),
            "is_bot": False,
            "first_name": person.name,
            "language_code": person.language,
        }

    def shown(self, person: Person, bubble: Bubble) -> dict[str, Any]:
        """A bubble of the account as a Message."""
        message = self.message(person, int(bubble.message_id), text=bubble.text)
        message["from"] = self.account()
        message["date"] = int(bubble.at.timestamp())
        if bubble.rows:
            rows = [[{"text": b.label, "callback_data": b.data} for b in row] for row in bubble.rows]
            message["reply_markup"] = {"inline_keyboard": rows}
        return message


def build_app(state: TelegramServer) -> web.Application:
    """The application that ``TELEGRAM_API_BASE`` points to."""
    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.router.add_route("*", "/bot{token}/{method}", _Api(state).handle)
    app.router.add_get("/file/bot{token}/photos/{file}.jpg", state.files.download)
    return app


class _Api:
    def __init__(self, state: TelegramServer) -> None:
        self._state = state
        methods: list[_Method] = [
            self.getme,
            self.sendmessage,
            self.editmessagetext,
            self.editmessagereplymarkup,
            self.answercallbackquery,
            state.desk.setwebhook,
            state.desk.getwebhookinfo,
            state.desk.deletewebhook,
            self.getupdates,
            state.desk.setmycommands,
            state.desk.getmycommands,
            state.desk.deletemycommands,
            self.sendchataction,
            self.leavechat,
            state.files.getfile,
        ]
        self._methods = {method.__name__: method for method in methods}
        edits = dict.fromkeys(("editmessagetext", "editmessagereplymarkup"), state.edit_faults)
        self._faulty = {"sendmessage": state.faults, **edits}

    async def handle(self, request: web.Request) -> web.StreamResponse:
        try:
            if request.match_info["token"] != self._state.token:
                raise Refused(401, "Unauthorized")
            name = request.match_info["method"]
            if request.content_type == "application/json":
                parameters = parameters_of(await request.json())
            else:
                parameters = parameters_of({**request.query, **await request.post()})
            if self._state.observer is not None:
                self._state.observer(request.method, f"/{name}", parameters)
            method = self._methods.get(name.lower())
            if method is None:
                raise Refused(404, "Not Found")
            if name.lower() in self._faulty:
                self._state.flood.check(str(parameters.get("chat_id")))
                return await self._with_fault(request, parameters, method, self._faulty[name.lower()].next())
            return web.json_response({"ok": True, "result": await method(parameters)})
        except Refused as refusal:
            return _error(refusal)

    async def _with_fault(
        self, request: web.Request, parameters: Parameters, method: _Method, fault: Fault | None
    ) -> web.StreamResponse:
        trouble = fault.trouble if fault else None
        if fault is not None and trouble is Trouble.SLOW:
            await self._hang(fault.takes)
        elif fault is not None and trouble not in AFTER_ACCEPTANCE:
            return await self._refuse(fault)
        result = await method(parameters)
        if trouble is Trouble.TIME_OUT_AFTER:
            await self._hang(self._state.hang)
        if trouble is Trouble.DISCONNECT_AFTER and request.transport is not None:
            request.transport.abort()
        if trouble is Trouble.BROKEN_ANSWER:
            return web.Response(text='{"ok": true, "resu', content_type="application/json")
        if trouble is Trouble.BARE_ANSWER:
            return web.json_response({"ok": True, "result": {"message_id": result["message_id"]}})
        return web.json_response({"ok": True, "result": result})

    async def _refuse(self, fault: Fault) -> web.StreamResponse:
        if fault.trouble is Trouble.TIME_OUT_BEFORE:
            await self._hang(self._state.hang)
        if fault.trouble is Trouble.BAD_GATEWAY:
            return web.Response(status=502, text="<html>502 Bad Gateway</html>", content_type="text/html")
        if fault.trouble is Trouble.UNAUTHORIZED:
            raise Refused(401, "Unauthorized")
        if fault.trouble in {Trouble.RATE, Trouble.QUOTA}:
            seconds = fault.retry_after
            raise Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        raise Refused(500, "Internal Server Error")

    async def _hang(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._state.closing.wait(), seconds)
        except TimeoutError:
            return

    def _person(self, parameters: Parameters) -> Person:
        person = self._state.people.get(str(parameters.get("chat_id")))
        if person is None or not (person.friend or person.blocked):
            raise Refused(400, "Bad Request: chat not found")
        if person.blocked:
            raise Refused(403, "Forbidden: bot was blocked by the user")
        return person

    # -- methods --------------------------------------------------------------------------------

    async def getme(self, parameters: Parameters) -> Any:
        flags = ("can_join_groups", "can_read_all_group_messages", "supports_inline_queries")
        return {**self._state.account(), **dict.fromkeys(flags, False)}

    async def sendmessage(self, parameters: Parameters) -> Any:
        person = self._person(parameters)
        text = check_text(parameters.get("text"))
        share = check_reply_keyboard(parameters.get("reply_markup"))
        person.share = person.share if share is None else share
        bubble = Bubble(
            message_id=str(self._state.make_message_id()),
            speaker=Speaker.ACCOUNT,
            at=self._state.now(),
            text=text,
            rows=_rows(parameters) if share is None else (),
        )
        person.bubbles.append(bubble)
        return self._state.shown(person, bubble)

    def _edited(self, parameters: Parameters) -> tuple[Person, Bubble]:
        person = self._person(parameters)
        try:
            bubble = person.bubble(str(parameters.get("message_id")))
        except LookupError:
            raise Refused(400, "Bad Request: message to edit not found") from None
        if bubble.speaker is not Speaker.ACCOUNT:
            raise Refused(400, "Bad Request: message can't be edited")
        return person, bubble

    async def editmessagetext(self, parameters: Parameters) -> Any:
        person, bubble = self._edited(parameters)
        return self._change(person, bubble, check_text(parameters.get("text")), _rows(parameters))

    async def editmessagereplymarkup(self, parameters: Parameters) -> Any:
        person, bubble = self._edited(parameters)
        return self._change(person, bubble, bubble.text, _rows(parameters))

    def _change(self, person: Person, bubble: Bubble, text: str, rows: tuple[tuple[Tappable, ...], ...]) -> Any:
        if (bubble.text, bubble.rows) == (text, rows):
            raise Refused(400, "Bad Request: message is not modified")
        bubble.text, bubble.rows, bubble.edited = text, rows, True
        return {**self._state.shown(person, bubble), "edit_date": int(self._state.now().timestamp())}

    async def answercallbackquery(self, parameters: Parameters) -> Any:
        query = str(parameters.get("callback_query_id"))
        if query not in self._state.open_queries:
            raise Refused(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        if len(str(parameters.get("text", ""))) > 200:
            raise Refused(400, "Bad Request: MESSAGE_TOO_LONG")
        self._state.open_queries.remove(query)
        self._state.answered_queries.append(query)
        return True

    async def getupdates(self, parameters: Parameters) -> Any:
        state = self._state
        if state.webhook.url:
            raise Refused(409, "Conflict: can't use getUpdates method while webhook is active")
        if (offset := parameters.get("offset")) is not None:
            state.pending[:] = [update for update in state.pending if update["update_id"] >= offset]
        wait = parameters.get("timeout", 0)
        if wait and not state.pending:
            async with state.arrived:
                try:
                    await asyncio.wait_for(
                        state.arrived.wait_for(lambda: state.pending or state.closing.is_set()), wait
                    )
                except TimeoutError:
                    return []
        return state.pending[: parameters.get("limit", 100)]

    async def sendchataction(self, parameters: Parameters) -> Any:
        person = self._person(parameters)
        self._state.actions.append((int(person.user_id), str(parameters.get("action"))))
        return True

    async def leavechat(self, parameters: Parameters) -> Any:
        chat = parameters.get("chat_id")
        if not isinstance(chat, int) or chat >= 0:
            raise Refused(400, "Bad Request: chat not found")
        self._state.left.append(chat)
        return True


def _rows(parameters: Parameters) -> tuple[tuple[Tappable, ...], ...]:
    keyboard = check_keyboard(parameters.get("reply_markup"))
    return tuple(
        tuple(Tappable(label=button["text"], data=button.get("callback_data", "")) for button in row)
        for row in keyboard
    )


def _error(refusal: Refused) -> web.Response:
    answer = {"ok": False, "error_code": refusal.code, "description": refusal.description}
    if refusal.parameters:
        answer["parameters"] = refusal.parameters
    return web.json_response(answer, status=refusal.code)
