"""What people did in a stored conversation, and what was recorded of it, in order of time.

Promise: it only reads; what a transcript has no line for is a deed ``beyond``, at which the transcript ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from bot.transcripts.stage import ACTS
from storage import content, conversations
from storage.conversations import Conversation
from storage.database import Database
from storage.tables import AccountRow, ContentRow, InboundRow, OutgoingRow, table_of

_inbound, _outgoing = table_of(InboundRow), table_of(OutgoingRow)
_content, _account = table_of(ContentRow), table_of(AccountRow)

#: Facts that no line of a transcript can bring about.
_BEYOND = frozenset({"migrated", "asked_once_more"})
_BEYOND_OWNERS = frozenset({"engine_error"})
#: What the customer does.
BY_CUSTOMER = frozenset({"typed", "tapped", "secret", "media"})
#: A turn that is recorded as of a moment is over by then.
_TURN = timedelta(seconds=10)
#: What one transaction writes, or works off, is no further apart.
AT_ONCE = timedelta(seconds=1)


@dataclass(frozen=True, kw_only=True)
class Deed:
    at: datetime
    #: typed, tapped, secret, media, taken_back, returned, moved, staff_said, entered, beyond; or what people and time
    #: do (stage.ACTS)
    kind: str
    #: The words, the kind of media or secret, or what goes beyond a transcript; the option of a button; the platform.
    text: str = field(default="", repr=False)
    #: The prompt whose button was tapped.
    token: str = ""
    #: Where the words of the message are kept, which is known also of one that was taken back.
    content_id: str = ""
    #: The question for which staff entered something, and what was read from it.
    key: tuple[str, int] | None = None
    value: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A conversation about a form, as the store has it."""

    conversation: Conversation
    #: line, telegram
    channel: str
    started: Mapping[str, Any] = field(repr=False)
    #: What was recorded after the start.
    events: Sequence[Mapping[str, Any]] = field(repr=False)
    deeds: Sequence[Deed]


class NoForm(Exception):
    """The conversation is not about a form, or nothing of it is left."""


def load_stored(conn: Connection, database: Database, conversation_id: str) -> Stored:
    """The conversation with what was done in it; raises ``LookupError`` and ``NoForm``."""
    vault = database.vault
    conversation = conversations.load_conversation(conn, vault, conversation_id)
    if conversation is None:
        raise LookupError(conversation_id)
    events = conversations.load_events(conn, vault, conversation_id)
    if not events or events[0]["kind"] != "started":
        raise NoForm
    channel = conn.execute(select(_account.c.channel).where(_account.c.id == conversation.account_id)).scalar_one()
    customer = _by_customer(conn, database, conversation)
    recorded = _recorded(events, [deed.at for deed in customer])
    begun = datetime.fromisoformat(events[0]["at"])
    back = returned(events, customer, recorded)
    customer = [deed for deed in customer if not _is_at_the_door(deed, events, back)]
    deeds = [*customer, *recorded, *back, *said_by_staff(_by_staff(conn, conversation_id), recorded)]
    return Stored(
        conversation=conversation,
        # The account is the one with which it ended.
        channel=str(events[0].get("channel") or channel),
        started=events[0],
        events=events[1:],
        deeds=sorted((deed for deed in deeds if deed.at >= begun), key=lambda deed: deed.at),
    )


def _by_customer(conn: Connection, database: Database, conversation: Conversation) -> list[Deed]:
    query = (
        select(_inbound)
        .where(_inbound.c.conversation_id == conversation.id, _inbound.c.done_at.is_not(None))
        .order_by(_inbound.c.done_at, _inbound.c.occurred_at, _inbound.c.id)
    )
    rows = conn.execute(query).all()
    words = content.load_contents(conn, database.vault, [row.content_id for row in rows if row.content_id])
    found: list[Deed] = []
    for row in rows:
        payload = database.vault.open(_inbound.name, row.id, row.sealed)
        body = words.get(row.content_id or "", {})
        at = row.done_at
        if payload.get("secret"):
            found.append(Deed(at=at, kind="secret", text=payload["secret"]))
        elif row.kind == "choice" and payload.get("tap") and "text" not in body:
            ref, token, option = payload["tap"]
            found.append(Deed(at=at, kind="tapped", text=option, token=token if ref == conversation.ref else "-"))
        elif row.kind in ("text", "choice"):
            found.append(Deed(at=at, kind="typed", text=str(body.get("text", "")), content_id=row.content_id or ""))
        elif row.kind == "media":
            found.append(Deed(at=at, kind="media", text=payload.get("media") or "other"))
    return found


def _by_staff(conn: Connection, conversation_id: str) -> list[Deed]:
    query = (
        select(_content.c.at)
        .join(_outgoing, _outgoing.c.content_id == _content.c.id)
        .where(_content.c.conversation_id == conversation_id, _outgoing.c.kind == "staff")
    )
    return [Deed(at=at, kind="staff_said") for at in conn.execute(query).scalars()]


def said_by_staff(found: Sequence[Deed], recorded: Sequence[Deed]) -> list[Deed]:
    """Without what is said in the moment of taking over: that is ours, in the name of the member of staff."""
    taken = [deed.at for deed in recorded if deed.kind == "claimed"]
    return [deed for deed in found if not any(at <= deed.at < at + AT_ONCE for at in taken)]


def returned(events: Sequence[Mapping[str, Any]], customer: Sequence[Deed], recorded: Sequence[Deed]) -> list[Deed]:
    """Where he was back, identity checked anew or with another account: nothing that he said here led to it."""
    groups = {event["at"]: event for event in reversed(events)}
    explained = {deed.at for deed in recorded}
    found: list[Deed] = []
    for written, first in sorted(groups.items()):
        at = datetime.fromisoformat(written)
        is_said = any(at <= deed.at < at + AT_ONCE for deed in customer)
        if first["kind"] == "channel_changed":
            allowed = "" if first["sensitive_allowed"] else "-"
            found.append(Deed(at=at, kind="moved", text=first["channel"] or "line", value=allowed))
        elif first["kind"] != "started" and not is_said and at not in explained:
            found.append(Deed(at=at, kind="returned"))
    return found


def _is_at_the_door(deed: Deed, events: Sequence[Mapping[str, Any]], back: Sequence[Deed]) -> bool:
    """Whether it led to nothing here but to being asked at the door who he is."""
    times = [datetime.fromisoformat(event["at"]) for event in events]
    following = min((at for at in times if at > deed.at), default=None)
    is_heard = any(at <= deed.at < at + AT_ONCE for at in times)
    return not is_heard and following is not None and any(one.at == following for one in back)


def _recorded(events: Sequence[Mapping[str, Any]], heard: Sequence[datetime]) -> list[Deed]:
    """What people other than the customer did, and what came to pass by itself; he was ``heard`` at these moments."""
    found: list[Deed] = []
    #: Whether he who waits was told so since he began to, and by nobody's doing.
    told = False
    for event in events:
        at, kind = datetime.fromisoformat(event["at"]), event["kind"]
        if kind == "owner_changed":
            told = False
            reason = event["reason"]
            if reason in ACTS:
                found.append(Deed(at=at, kind=reason))
            elif reason in _BEYOND_OWNERS:
                found.append(Deed(at=at, kind="beyond", text=reason))
        elif kind == "waiting_told" and not any(at <= moment < at + _TURN for moment in heard):
            found.append(Deed(at=at, kind="nobody_came" if told else "waited_long"))
            told = True
        elif kind == "taken_back":
            found.append(Deed(at=at, kind="taken_back", content_id=event["content_id"]))
        elif kind == "proposed":
            key = (event["key"][0], event["key"][1])
            found.append(Deed(at=at, kind="entered", text=event["display"], key=key, value=event["value"]))
        elif kind in _BEYOND:
            found.append(Deed(at=at, kind="beyond", text=kind))
    return found
