"""A stand-in of Telegram: the Bot API over HTTP on one side, simulated people on the other.

Promise: the real library cannot tell it from Telegram where it matters to us (webhook with secret
or getUpdates with offset, one repeat after another until 2xx, refusals, blocking, flood waits), and
a test or the phone page can act as a person and read what this person sees.  In memory; the clock
is given in.  ``platform_telegram_api`` holds the HTTP side.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp

from bot.simulator.people import Bubble, Person, Speaker
from bot.simulator.pictures import draw_picture
from bot.simulator.platform_telegram_api import Observer, TelegramServer
from bot.simulator.platform_telegram_desk import Webhook

Update = dict[str, Any]
_FIRST_PERSON = 7_000_000_001
_GROUP = -100_200_300_400


@dataclass(kw_only=True)
class Delivery:
    """How an update fared: the statuses of its tries (0: no answer; none at all while it waits for getUpdates)."""

    update: Update = field(repr=False)
    statuses: list[int] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the bot took it by webhook."""
        return bool(self.statuses) and 200 <= self.statuses[-1] < 300


class TelegramPlatform(TelegramServer):
    """One Telegram bot and the people around it."""

    def __init__(
        self,
        token: str,
        username: str,
        *,
        now: Callable[[], datetime],
        webhook_url: str = "",
        secret_token: str = "",
        observer: Observer | None = None,
        webhook_observer: Observer | None = None,
        redeliveries: int = 3,
        redelivery_pause: float = 0.2,
        webhook_time_out: float = 60.0,
        hang: float = 30.0,
        account_name: str = "kakunin",
        first_update_id: int = 100_000_001,
    ) -> None:
        super().__init__(
            token,
            username,
            webhook=Webhook(url=webhook_url, secret=secret_token),
            now=now,
            observer=observer,
            hang=hang,
            account_name=account_name,
        )
        self.webhook_observer = webhook_observer
        self.redeliveries = redeliveries
        self.redelivery_pause = redelivery_pause
        self.webhook_time_out = webhook_time_out
        #: Settable: after a week without updates Telegram goes on at any number.
        self.next_update_id = first_update_id
        self.deliveries: list[Delivery] = []
        self._next_person = _FIRST_PERSON
        self._next_query = 1
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the pool that webhooks are sent through."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self.webhook_time_out))

    async def close(self) -> None:
        """Close it, and let go of answers and polls that hang."""
        self.closing.set()
        async with self.arrived:
            self.arrived.notify_all()
        if self._session is not None:
            await self._session.close()
            self._session = None

    # -- acting as a person ---------------------------------------------------------------------

    def add_person(self, name: str = "A customer", *, language: str = "ja", friend: bool = False) -> Person:
        """Somebody new on Telegram; ``friend`` has started the bot before."""
        person = Person(user_id=str(self._next_person), name=name, language=language, friend=friend)
        self._next_person += 1
        return self.people.add(person)

    async def begin(self, user_id: str, payload: str = "") -> Delivery:
        """Press Start, with the payload of a link if any."""
        self.people[user_id].friend, self.people[user_id].blocked = True, False
        return await self.type_text(user_id, f"/start {payload}".strip())

    async def type_text(self, user_id: str, text: str) -> Delivery:
        """Write a message; one that begins with a slash is marked as a command."""
        content: dict[str, Any] = {"text": text}
        if text.startswith("/"):
            command = {"type": "bot_command", "offset": 0, "length": len(text.split(" ", 1)[0])}
            content["entities"] = [command]
        return await self._message(user_id, text, None, content)

    async def edit_text(self, user_id: str, message_id: str, text: str) -> Delivery:
        """Change a message that was sent."""
        person = self.people[user_id]
        bubble = person.bubble(message_id)
        bubble.text, bubble.edited = text, True
        edit_date = int(self.now().timestamp())
        return await self.deliver(
            self.update(edited_message=self.message(person, int(message_id), text=text, edit_date=edit_date))
        )

    async def send_photo(self, user_id: str, image: bytes | None = None) -> Delivery:
        """Send a photo: a made-up one unless ``image`` says which; beside it stands a small copy."""
        file_id = self.files.put(draw_picture() if image is None else image)
        small = {"file_id": self.files.put(b"a small copy"), "file_unique_id": "p1", "width": 90, "height": 67}
        large = {"file_id": file_id, "file_unique_id": "p2", "width": 1280, "height": 960}
        return await self._message(user_id, "", "photo", {"photo": [small, large]})

    async def send_document(self, user_id: str, body: bytes, *, name: str, mime_type: str) -> Delivery:
        """Send a file, a picture as it is among them."""
        document = {"file_id": self.files.put(body), "file_unique_id": "d1", "file_name": name, "mime_type": mime_type}
        return await self._message(user_id, "", "document", {"document": document})

    async def send_sticker(self, user_id: str) -> Delivery:
        """Send a sticker."""
        size = {"width": 512, "height": 512, "is_animated": False, "is_video": False}
        sticker = {"file_id": "sticker-1", "file_unique_id": "s1", "type": "regular", "emoji": "👌", **size}
        return await self._message(user_id, "", "sticker", {"sticker": sticker})

    async def send_contact(self, user_id: str, phone_number: str, *, of: str | None = None) -> Delivery:
        """Share a contact: one's own, or that of another person."""
        contact = {"phone_number": phone_number, "first_name": "Contact", "user_id": int(of or user_id)}
        # A keyboard of one time hides when its button was used.
        self.people[user_id].share = ""
        return await self._message(user_id, "", "contact", {"contact": contact})

    async def tap(self, user_id: str, message_id: str, choice: int | str) -> Delivery:
        """Tap a button of a bubble: by place (from 0), data or label; ``LookupError`` if it is not there."""
        tappable = self.people[user_id].find(message_id, choice)
        return await self.tap_late(user_id, message_id, tappable.data)

    async def tap_late(self, user_id: str, message_id: str, data: str) -> Delivery:
        """A tap that was on its way when the bot changed the message: the button may be gone by now."""
        person = self.people[user_id]
        query = f"query-{self._next_query}"
        self._next_query += 1
        self.open_queries.add(query)
        return await self.deliver(
            self.update(
                callback_query={
                    "id": query,
                    "from": self.user(person),
                    "message": self.shown(person, person.bubble(message_id)),
                    "chat_instance": "1",
                    "data": data,
                }
            )
        )

    async def block(self, user_id: str) -> Delivery:
        """Block the bot."""
        person = self.people[user_id]
        person.blocked, person.friend = True, False
        return await self.deliver(self._membership(person, "member", "kicked"))

    async def unblock(self, user_id: str) -> Delivery:
        """Unblock the bot (the phone then sends /start as well)."""
        person = self.people[user_id]
        person.blocked, person.friend = False, True
        return await self.deliver(self._membership(person, "kicked", "member"))

    async def type_in_group(self, user_id: str, text: str) -> Delivery:
        """Write in a group that the bot was taken into."""
        person = self.people[user_id]
        chat = {"id": _GROUP, "type": "supergroup", "title": "A group"}
        return await self.deliver(
            self.update(message=self.message(person, self.make_message_id(), chat=chat, text=text))
        )

    # -- updates, for tests that double or lose them --------------------------------------------

    def update(self, **content: Any) -> Update:
        """An update with the next number."""
        number = self.next_update_id
        self.next_update_id += 1
        return {"update_id": number, **content}

    async def deliver(self, update: Update) -> Delivery:
        """Send an update to the webhook until it is taken, a bounded number of times; else keep it for getUpdates."""
        if self.webhook_observer is not None:
            self.webhook_observer("POST", "/telegram/webhook", json.loads(json.dumps(update)))
        delivery = Delivery(update=update)
        self.deliveries.append(delivery)
        self.pending.append(update)
        if not self.webhook.url:
            async with self.arrived:
                self.arrived.notify_all()
            return delivery
        for attempt in range(1 + self.redeliveries):
            if attempt:
                await asyncio.sleep(self.redelivery_pause)
            delivery.statuses.append(await self._post(update))
            if delivery.ok:
                self.pending.remove(update)
                break
            self.webhook.last_error = f"Wrong response from the webhook: {delivery.statuses[-1]}"
            self.webhook.last_error_at = self.now()
        return delivery

    async def redeliver(self, after: int) -> int:
        """Send again what came after the first ``after`` deliveries, as Telegram does until it is taken; how many."""
        late = self.deliveries[after:]
        for delivery in late:
            delivery.statuses.append(await self._post(delivery.update))
            if delivery.ok and delivery.update in self.pending:
                self.pending.remove(delivery.update)
        return len(late)

    async def _post(self, update: Update) -> int:
        if self._session is None:
            raise RuntimeError("the platform is not started")
        headers = {"Content-Type": "application/json"}
        if self.webhook.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.webhook.secret
        try:
            body = json.dumps(update).encode()
            async with self._session.post(self.webhook.url, data=body, headers=headers) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

    async def _message(self, user_id: str, text: str, media: str | None, content: dict[str, Any]) -> Delivery:
        person = self.people[user_id]
        number = self.make_message_id()
        person.bubbles.append(
            Bubble(message_id=str(number), speaker=Speaker.PERSON, at=self.now(), text=text, media=media)
        )
        return await self.deliver(self.update(message=self.message(person, number, **content)))

    def _membership(self, person: Person, before: str, after: str) -> Update:
        def member(status: str) -> dict[str, Any]:
            until = {"until_date": 0} if status == "kicked" else {}
            return {"status": status, "user": self.account(), **until}

        return self.update(
            my_chat_member={
                "chat": {"id": int(person.user_id), "type": "private", "first_name": person.name},
                "from": self.user(person),
                "date": int(self.now().timestamp()),
                "old_chat_member": member(before),
                "new_chat_member": member(after),
            }
        )
