"""A stand-in of LINE: the Messaging API over HTTP on one side, simulated people on the other.

Promise: the real SDK cannot tell it from LINE where it matters to us (reply tokens that live one
minute and once, retry keys, refusals, quota, signed webhooks in today's full shape, redelivery),
and a test or the phone page can act as a person and read what this person sees.  In memory; clock
and ids are given in.  ``platform_line_api`` holds the HTTP side.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp

from bot.simulator.people import Bubble, Person, Speaker, Tappable
from bot.simulator.pictures import draw_picture
from bot.simulator.platform_line_api import LineServer, Observer, ReplyToken

Event = dict[str, Any]
_ULID = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(kw_only=True)
class Delivery:
    """How a webhook fared: the statuses of its tries (0: no answer)."""

    events: list[Event] = field(repr=False)
    statuses: list[int] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the bot took it in the end."""
        return bool(self.statuses) and 200 <= self.statuses[-1] < 300


class LinePlatform(LineServer):
    """One LINE official account and the people around it."""

    def __init__(
        self,
        webhook_url: str,
        channel_secret: str,
        access_token: str,
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        observer: Observer | None = None,
        webhook_observer: Observer | None = None,
        quota: int | None = None,
        redeliveries: int = 3,
        redelivery_pause: float = 0.2,
        webhook_time_out: float = 10.0,
        hang: float = 30.0,
        account_name: str = "kakunin",
    ) -> None:
        super().__init__(
            webhook_url,
            channel_secret,
            access_token,
            now=now,
            new_id=new_id,
            observer=observer,
            quota=quota,
            hang=hang,
            account_name=account_name,
        )
        self.webhook_observer = webhook_observer
        self.redeliveries = redeliveries
        self.redelivery_pause = redelivery_pause
        #: LINE itself waits two seconds.
        self.webhook_time_out = webhook_time_out
        #: ``standby`` while another system holds the chats.
        self.mode = "active"
        self.deliveries: list[Delivery] = []
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the pool that webhooks are sent through."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self.webhook_time_out))

    async def close(self) -> None:
        """Close it, and let go of answers that hang."""
        self.closing.set()
        if self._session is not None:
            await self._session.close()
            self._session = None

    # -- acting as a person ---------------------------------------------------------------------

    def add_person(self, name: str = "A customer", *, language: str = "ja", friend: bool = False) -> Person:
        """Somebody new on LINE; ``friend`` skips the follow event."""
        return self.people.add(
            Person(user_id=self.make_user_id(), name=name, language=language, friend=friend),
        )

    async def follow(self, user_id: str) -> Delivery:
        """Add the account, or unblock it."""
        person = self.people[user_id]
        unblocked, person.blocked, person.friend = person.blocked, False, True
        return await self.deliver(self.event(user_id, "follow", token=True, follow={"isUnblocked": unblocked}))

    async def unfollow(self, user_id: str) -> Delivery:
        """Block the account."""
        person = self.people[user_id]
        person.blocked, person.friend = True, False
        return await self.deliver(self.event(user_id, "unfollow"))

    async def type_text(self, user_id: str, text: str) -> Delivery:
        """Write a message."""
        return await self.deliver(self.text_event(user_id, text))

    async def send_sticker(self, user_id: str) -> Delivery:
        """Send a sticker."""
        sticker = {"packageId": "446", "stickerId": "1988", "stickerResourceType": "STATIC", "keywords": ["ok", "nod"]}
        return await self.deliver(self.message_event(user_id, "sticker", quoteToken=self.new_id(), **sticker))

    async def send_image(self, user_id: str, image: bytes | None = None) -> Delivery:
        """Send a photo: a made-up one unless ``image`` says which."""
        return await self.deliver(self.image_event(user_id, image))

    async def tap(self, user_id: str, message_id: str, choice: int | str, day: str | None = None) -> Delivery:
        """Tap a button of a bubble: by place (from 0), data or label; ``LookupError`` if it is not there.

        A calendar opens on its first day, which is taken unless another ``day`` within its bounds is picked.
        """
        return await self.deliver(self.tap_event(user_id, self.people[user_id].find(message_id, choice), day))

    async def tap_menu(self, user_id: str, place: int) -> Delivery:
        """Tap an area of the menu beside the chat; ``LookupError`` if it is not there."""
        menu = self.menus.shown_to(user_id)
        areas = [] if menu is None else menu.areas
        if not 0 <= place < len(areas):
            raise LookupError("the menu has no such area (any more)")
        return await self.deliver(self.tap_event(user_id, areas[place][1]))

    async def unsend(self, user_id: str, message_id: str) -> Delivery:
        """Take a message back."""
        bubble = self.people[user_id].bubble(message_id)
        bubble.unsent, bubble.text = True, ""
        self.contents.remove(message_id)
        return await self.deliver(self.event(user_id, "unsend", unsend={"messageId": message_id}))

    async def join_group(self, *, room: bool = False) -> Delivery:
        """Somebody takes the account into a group or a room."""
        name, first = ("room", "R") if room else ("group", "C")
        chat = first + self.make_user_id()[1:]
        self.joined.add(chat)
        source = {"type": name, f"{name}Id": chat}
        return await self.deliver(self.event(None, "join", token=True, source=source))

    async def account_linked(self, user_id: str, nonce: str, *, ok: bool) -> None:
        """Tell the bot that somebody came back from the bank's login."""
        await self.deliver(self.account_link_event(user_id, nonce, ok=ok))

    async def arrived_by_number(self, tag: str) -> Delivery:
        """Tell the bot that a message to a telephone number arrived."""
        event = self.event(None, "delivery", delivery={"data": tag})
        del event["source"]
        return await self.deliver(event)

    # -- the events, for tests that reorder, double or lose them --------------------------------

    def text_event(self, user_id: str, text: str) -> Event:
        """The event of a text that the person has just written."""
        return self.message_event(user_id, "text", text=text, quoteToken=self.new_id(), markAsReadToken=self.new_id())

    def image_event(self, user_id: str, image: bytes | None = None, **more: Any) -> Event:
        """The event of a photo, which can be fetched from now on."""
        content = {"contentProvider": {"type": "line"}, "quoteToken": self.new_id(), **more}
        event = self.message_event(user_id, "image", **content)
        self.contents.put(event["message"]["id"], draw_picture() if image is None else image)
        return event

    def message_event(self, user_id: str, kind: str, **content: Any) -> Event:
        """The event of a message of any kind; the bubble stands in the person's chat."""
        message_id = self.make_message_id()
        self.people[user_id].bubbles.append(
            Bubble(
                message_id=message_id,
                speaker=Speaker.PERSON,
                at=self.now(),
                text=content.get("text", ""),
                media=None if kind == "text" else kind,
            )
        )
        return self.event(user_id, "message", token=True, message={"type": kind, "id": message_id, **content})

    def tap_event(self, user_id: str, tappable: Tappable, day: str | None = None) -> Event:
        """The event of a tap; what it says stands in the person's chat."""
        if tappable.opens:
            raise LookupError("this button opens a page and sends nothing")
        if tappable.said:
            self.people[user_id].bubbles.append(
                Bubble(message_id=self.make_message_id(), speaker=Speaker.PERSON, at=self.now(), text=tappable.said)
            )
        postback: dict[str, Any] = {"data": tappable.data}
        if tappable.days is not None:
            initial, earliest, latest = tappable.days
            picked = day or initial
            if not earliest <= picked <= latest:
                raise LookupError("the calendar does not show this day")
            postback["params"] = {"date": picked}
        return self.event(user_id, "postback", token=True, postback=postback)

    def account_link_event(self, user_id: str, nonce: str, *, ok: bool = True) -> Event:
        """The event of a login; without a reply token where LINE does not vouch."""
        return self.event(user_id, "accountLink", token=ok, link={"result": "ok" if ok else "failed", "nonce": nonce})

    def event(self, user_id: str | None, kind: str, *, token: bool = False, **more: Any) -> Event:
        """An event of today's full shape."""
        at = self.now()
        event: Event = {
            "type": kind,
            "timestamp": round(at.timestamp() * 1000),
            "mode": self.mode,
            "webhookEventId": self._make_ulid(),
            "deliveryContext": {"isRedelivery": False},
            "source": {"type": "user", "userId": user_id},
            **more,
        }
        if token and self.mode == "active":
            reply_token = self.new_id().replace("-", "")
            self.reply_tokens[reply_token] = ReplyToken(user_id=user_id or "", event_at=at, issued_at=at)
            event["replyToken"] = reply_token
        return event

    async def deliver(self, *events: Event, redelivery: bool = False) -> Delivery:
        """Send events in one signed POST; what fails is redelivered, a bounded number of times."""
        delivery = Delivery(events=list(events))
        self.deliveries.append(delivery)
        for attempt in range(1 + self.redeliveries):
            if attempt or redelivery:
                self._mark_redelivered(delivery.events)
            delivery.statuses.append(await self._post(delivery.events))
            if delivery.ok:
                break
            await asyncio.sleep(self.redelivery_pause)
        return delivery

    async def redeliver(self, after: int) -> int:
        """Deliver again what came after the first ``after`` deliveries, as LINE does once a bot is back; how many."""
        late = self.deliveries[after:]
        for delivery in late:
            delivery.statuses += (await self.deliver(*delivery.events, redelivery=True)).statuses
        return len(late)

    def _mark_redelivered(self, events: list[Event]) -> None:
        for event in events:
            event["deliveryContext"] = {"isRedelivery": True}
            token = self.reply_tokens.get(event.get("replyToken", ""))
            if token is not None and not token.used:
                token.issued_at = self.now()

    async def _post(self, events: list[Event]) -> int:
        try:
            return await self.post_webhook(self.webhook_url, events)
        except (aiohttp.ClientError, TimeoutError):
            return 0

    async def post_webhook(self, url: str, events: list[Event]) -> int:
        """Send events signed to a webhook; its status."""
        if self._session is None:
            raise RuntimeError("the platform is not started")
        payload = {"destination": self.bot_user_id, "events": events}
        if self.webhook_observer is not None:
            self.webhook_observer("POST", "/line/webhook", json.loads(json.dumps(payload)))
        body = json.dumps(payload, ensure_ascii=False).encode()
        mac = hmac.new(self.channel_secret.encode(), body, hashlib.sha256).digest()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "x-line-signature": base64.b64encode(mac).decode(),
        }
        async with self._session.post(url, data=body, headers=headers) as answer:
            await answer.read()
            return answer.status

    def _make_ulid(self) -> str:
        value = round(self.now().timestamp() * 1000) << 80 | int(self.new_id().replace("-", ""), 16) % (1 << 80)
        return "".join(_ULID[value >> shift & 31] for shift in range(125, -5, -5))
