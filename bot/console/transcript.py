"""A conversation as it was shown: who spoke, when, with which buttons, and whether it arrived.

Raw words come from the content rows alone; where one was erased, the line stays and says so.  The
lines carry keys, so that a page can add what is new without drawing the rest again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, tzinfo
from typing import Any

from bot.console.desk import HandOver
from dialogs.conversation.prompts import MessageKind
from dialogs.conversation.wording import from_json
from storage.content import TranscriptLine

_WITHHELD = re.compile(r"^\[withheld: ([a-z_]+)\]$")
_MEDIA = frozenset(
    {"image", "photo", "audio", "voice", "video", "file", "document", "location", "contact", "forwarded"}
)
_EVENTS = frozenset({"edited", "follow", "unfollow", "unsend", "group", "bank_login", "other"})
#: A picture between the words; it opens larger in a tab of its own.
_WIDEST, _HIGHEST = 440, 320


@dataclass(frozen=True, kw_only=True)
class Line:
    """One entry of the transcript."""

    key: str
    at: datetime
    #: customer, bot, staff, note; ``mark`` for a change of who answers.
    who: str
    #: text, tap, sticker, media, picture, event, withheld, factor, erased, taken_back, damaged; of a mark: who
    #: answers from here on.
    kind: str
    #: The words, also those on a sticker; of media, picture, event and withheld a code.
    text: str = field(default="", repr=False)
    buttons: tuple[str, ...] = field(default=(), repr=False)
    shortcuts: tuple[str, ...] = field(default=(), repr=False)
    delivery: str = ""
    #: Of a tap during a takeover: ``recordable`` where staff may let it count as the answer, ``recorded`` where it is.
    counts: str = ""
    #: Of a picture that is there: the width and height of its place on the page, kept free until it is loaded.
    size: tuple[int, int] = (0, 0)
    #: Of a sticker: what the platform says of it.
    emoji: str = ""
    keywords: tuple[str, ...] = ()
    #: Login of the member of staff behind it.
    login: str = ""
    #: The day that begins with this line.
    day: date | None = None


def draw_lines(
    entries: Sequence[TranscriptLine],
    hand_overs: Iterable[HandOver],
    logins: Mapping[str, str],
    zone: tzinfo,
    *,
    recordable: frozenset[str] = frozenset(),
    recorded: frozenset[str] = frozenset(),
) -> list[Line]:
    """The lines in order of time, with the changes of who answers between them."""
    labels: dict[str, str] = {}
    lines = [
        replace(line, counts="recordable" if line.key in recordable else "recorded" if line.key in recorded else "")
        for line in (_line(entry, labels, logins) for entry in entries)
    ]
    lines += [_mark(change) for change in hand_overs]
    lines.sort(key=lambda line: line.at)
    return _with_days(lines, zone)


def _line(entry: TranscriptLine, labels: dict[str, str], logins: Mapping[str, str]) -> Line:
    login = logins.get(entry.staff_id or "", "")
    if entry.damaged:
        who = "customer" if entry.direction == "in" else "note" if entry.direction == "note" else "bot"
        return Line(key=entry.content_id, at=entry.at, who=who, kind="damaged", login=login)
    if entry.direction == "in":
        return _inbound(entry, labels)
    if entry.direction == "note":
        who = "note"
    else:
        who = "staff" if entry.staff_id is not None or entry.kind == "staff" else "bot"
    if entry.body is None:
        return Line(key=entry.content_id, at=entry.at, who=who, kind="erased", login=login)
    if who == "note":
        text = str(entry.body.get("text", ""))
        return Line(key=entry.content_id, at=entry.at, who=who, kind="text", text=text, login=login)
    if entry.kind == MessageKind.SETTLED.value:
        # The question stands above as it was shown; its answer stands in the customer's own line.
        return Line(key=entry.content_id, at=entry.at, who="bot", kind="event", text=entry.kind)
    message = from_json(entry.body)
    labels.update({button.option: button.label for button in (*message.buttons, *message.shortcuts)})
    return Line(
        key=entry.content_id,
        at=entry.at,
        who=who,
        kind="text",
        text=message.text,
        buttons=(*(button.label for button in message.buttons), *(link.label for link in message.links)),
        shortcuts=tuple(button.label for button in message.shortcuts),
        delivery=entry.delivery_state or "",
        login=login or ((message.sender or "") if who == "staff" else ""),
    )


def _inbound(entry: TranscriptLine, labels: Mapping[str, str]) -> Line:
    base = Line(key=entry.content_id, at=entry.at, who="customer", kind="erased")
    body = entry.body
    if entry.is_taken_back:
        return replace(base, kind="taken_back")
    if body is None:
        return base
    text = str(body.get("text") or "")
    withheld = _WITHHELD.match(text)
    if withheld:
        factor = withheld[1] == "second_factor"
        return replace(base, kind="factor" if factor else "withheld", text=withheld[1])
    if text:
        return replace(base, kind="text", text=text)
    option = str(body.get("option") or "")
    label = str(body.get("label") or labels.get(option, option))
    if label:
        return replace(base, kind="tap", text=label)
    media = str(body.get("media") or "")
    if entry.image is not None:
        mark = entry.image
        # What is refused or gone has a reason; the other states speak for themselves.
        code = mark.reason if mark.state in ("refused", "gone") else mark.state
        return replace(base, kind="picture", text=code, size=_fitted(mark.width or 0, mark.height or 0))
    if media == "sticker":
        written = str(body.get("written") or "")
        return replace(
            base,
            kind="sticker",
            text="" if _WITHHELD.match(written) else written,
            emoji=str(body.get("emoji") or ""),
            keywords=_keywords(body),
        )
    if media:
        return replace(base, kind="media", text=media if media in _MEDIA else "other")
    return replace(base, kind="event", text=entry.kind if entry.kind in _EVENTS else "other")


def _keywords(body: Mapping[str, Any]) -> tuple[str, ...]:
    """What a sticker is about; an emoji by its name too, for who has no such sign on the machine."""
    emoji = str(body.get("emoji") or "")
    name = unicodedata.name(emoji[0], "").lower() if emoji else ""
    return (*map(str, body.get("keywords") or ()), *filter(None, [name]))


def _fitted(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, _WIDEST / max(width, 1), _HIGHEST / max(height, 1))
    return round(width * scale), round(height * scale)


def _mark(change: HandOver) -> Line:
    return Line(
        key=f"mark-{change.at.timestamp():.6f}-{change.to}",
        at=change.at,
        who="mark",
        kind=change.to,
        login=change.staff,
    )


def _with_days(lines: Iterable[Line], zone: tzinfo) -> list[Line]:
    drawn: list[Line] = []
    last: date | None = None
    for line in lines:
        today = line.at.astimezone(zone).date()
        drawn.append(line if today == last else replace(line, day=today))
        last = today
    return drawn
