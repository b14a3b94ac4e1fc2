"""The two platforms as a load generator plays them: a person's deed as a signed webhook, a call as what is seen."""

from __future__ import annotations

import base64
import hmac
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import parse_qs

from bench.script import Act, Shown, bare
from bot.channels.base import Tap

LINE_SECRET = "bench-line-secret"
TELEGRAM_TOKEN = "1000001:bench-telegram-token"
TELEGRAM_SECRET = "bench_telegram_secret"


@dataclass(frozen=True)
class Seen:
    """What one call to the platform showed to one person."""

    user_id: str
    text: str
    buttons: list[Shown]


class Refused(Exception):
    """The platform does not take a call."""

    def __init__(self, why: str, said: bytes) -> None:
        super().__init__(why)
        self.why = why
        self.said = said


class Platform(Protocol):
    """LINE or Telegram."""

    path: str

    def user_id(self, number: int) -> str: ...
    def webhook(self, user_id: str, act: Act) -> tuple[str, bytes]:
        """Headers and body."""

    def take(self, method: str, path: str, body: bytes) -> tuple[bytes, list[Seen]]:
        """The platform's answer to a call, and what it showed; raises ``Refused``."""


#: Answers every other question of the sender at once.
_ANYTHING = json.dumps(
    {
        **{"richmenus": [], "aliases": [], "userId": "U0", "basicId": "@b", "displayName": "b"},
        **{"chatMode": "bot", "markAsReadMode": "auto", "type": "none", "totalUsage": 0},
    }
).encode()


class Line:
    """The Messaging API: reply, push and multicast; everything else is answered with nothing in it."""

    path = "/line/webhook"

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._replying: dict[str, str] = {}

    def user_id(self, number: int) -> str:
        return f"U{number:032x}"

    def webhook(self, user_id: str, act: Act) -> tuple[str, bytes]:
        number, now = next(self._numbers), int(time.time() * 1000)
        token = f"{number:032x}"
        self._replying[token] = user_id
        event: dict[str, Any] = {
            "webhookEventId": f"01BENCH{number:019d}",
            "deliveryContext": {"isRedelivery": False},
            "timestamp": now,
            "source": {"type": "user", "userId": user_id},
            "replyToken": token,
            "mode": "active",
        }
        if act.data is not None:
            event |= {"type": "postback", "postback": {"data": act.data}}
        else:
            message = {"type": "text", "id": f"5{number:017d}", "quoteToken": "q", "text": act.text}
            event |= {"type": "message", "message": message}
        body = json.dumps({"destination": "U" + "0" * 32, "events": [event]}, ensure_ascii=False).encode()
        signature = base64.b64encode(hmac.digest(LINE_SECRET.encode(), body, "sha256")).decode()
        return f"x-line-signature: {signature}\r\nContent-Type: application/json\r\n", body

    def take(self, method: str, path: str, body: bytes) -> tuple[bytes, list[Seen]]:
        if path.endswith("/message/multicast"):
            call = json.loads(body)
            shown = [_line_message(message) for message in call["messages"]]
            return b"{}", [Seen(to, *one) for one in shown for to in call["to"]]
        if path.endswith(("/message/reply", "/message/push")):
            call = json.loads(body)
            user_id = call.get("to") or self._replying.pop(call["replyToken"], None)
            if user_id is None:
                raise Refused("reply token used", b'{"message":"Invalid reply token"}')
            sent = [{"id": f"6{next(self._numbers):017d}", "quoteToken": "q"} for _ in call["messages"]]
            seen = [Seen(user_id, *_line_message(message)) for message in call["messages"]]
            return json.dumps({"sentMessages": sent}).encode(), seen
        if path.endswith("/richmenu") and method == "POST":
            return b'{"richMenuId":"richmenu-%032x"}' % next(self._numbers), []
        return _ANYTHING, []


def _line_message(message: dict[str, Any]) -> tuple[str, list[Shown]]:
    texts: list[str] = []
    actions: list[dict[str, Any]] = [item["action"] for item in message.get("quickReply", {}).get("items", ())]
    boxes = [message.get("contents", message)]
    for box in boxes:
        texts += [box["text"]] if "text" in box else []
        actions += [box["action"]] if "action" in box else []
        boxes += [box["body"]] if "body" in box else box.get("contents", [])
    return "\n".join(texts), list(_shown((action.get("data", ""), action["label"]) for action in actions))


def _shown(pairs: Iterator[tuple[str, str]]) -> Iterator[Shown]:
    for data, label in pairs:
        tap = Tap.decode(data)
        yield Shown(data if tap is None else tap.option, data, bare(label))


class Telegram:
    """The Bot API: messages sent; every other call (a question changed in its place) is answered with true."""

    path = "/telegram/webhook"

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def user_id(self, number: int) -> str:
        return str(10_000_000 + number)

    def webhook(self, user_id: str, act: Act) -> tuple[str, bytes]:
        number, now = next(self._numbers), int(time.time())
        person = {"id": int(user_id), "is_bot": False, "first_name": "B", "language_code": "ja"}
        chat = {"id": int(user_id), "type": "private", "first_name": "B"}
        update: dict[str, Any] = {"update_id": number}
        if act.data is not None:
            message = {"message_id": number, "date": now, "chat": chat, "text": "-"}
            tap = {"id": str(number), "from": person, "chat_instance": "1", "data": act.data, "message": message}
            update["callback_query"] = tap
        else:
            message = {"message_id": number, "date": now, "chat": chat, "from": person, "text": act.text}
            if act.text is not None and act.text.startswith("/"):
                message["entities"] = [{"type": "bot_command", "offset": 0, "length": len(act.text.split()[0])}]
            update["message"] = message
        headers = f"X-Telegram-Bot-Api-Secret-Token: {TELEGRAM_SECRET}\r\nContent-Type: application/json\r\n"
        return headers, json.dumps(update, ensure_ascii=False).encode()

    def take(self, method: str, path: str, body: bytes) -> tuple[bytes, list[Seen]]:
        name = path.rpartition("/")[2].lower()
        if name == "getme":
            return b'{"ok":true,"result":{"id":1000001,"is_bot":true,"first_name":"b","username":"bench_bot"}}', []
        if name != "sendmessage":
            return b'{"ok":true,"result":true}', []
        call = {key: values[0] for key, values in parse_qs(body.decode()).items()}
        user_id = call["chat_id"]
        keyboard = json.loads(call["reply_markup"]) if call.get("reply_markup") else {}
        rows = [button for row in keyboard.get("inline_keyboard", ()) for button in row]
        buttons = list(_shown((button["callback_data"], button["text"]) for button in rows))
        chat = {"id": int(user_id), "type": "private", "first_name": "B"}
        sent = {"message_id": next(self._numbers), "date": int(time.time()), "chat": chat, "text": "-"}
        return json.dumps({"ok": True, "result": sent}).encode(), [Seen(user_id, call.get("text", ""), buttons)]


PLATFORMS: dict[str, Callable[[], Platform]] = {"line": Line, "telegram": Telegram}
