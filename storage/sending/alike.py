"""The same message for many people, in one call.

Promise: those who share a call share its key, which is kept before the call is made.  Whoever tries again takes all of
them together that are still on their way, so what the platform says of the key is true of each of them; and a call
that it refused is parted, each message under a key of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from storage.direct import Direct, among
from storage.encryption import Vault
from storage.pacing import Wish
from storage.problems import KeyProblem
from storage.tables import ContentRow, OutgoingRow, table_of
from storage.tables.messages import OPEN_STATES, UNASKED
from storage.universe import Universe

_outgoing, _content = table_of(OutgoingRow), table_of(ContentRow)

#: What a lease writes.
LEASED: Mapping[str, Any] = MappingProxyType(
    {
        "state": "leased",
        "lease_owner": bindparam("owner"),
        "lease_until": bindparam("until"),
        "attempts": _outgoing.c.attempts + 1,
        "batch_key": bindparam("key"),
    }
)
#: No platform takes more than one person a call.
NOBODY_SHARES: Mapping[str, int] = MappingProxyType({})

#: The rows of one batch: messages of one conversation.
Batch = list[Any]


def _sharing_statement(dialect: str) -> Any:
    columns = (_outgoing.c.conversation_id, _outgoing.c.batch_key, _outgoing.c.state, _outgoing.c.lease_until)
    here = among(dialect, _outgoing.c.batch_key, "keys") & _outgoing.c.state.in_(OPEN_STATES)
    return select(*columns).where(here).order_by(_outgoing.c.id)


def _held_statement(dialect: str) -> Any:
    # Two that hold some of them each must not wait for each other.
    return _sharing_statement(dialect).with_for_update(skip_locked=True, key_share=True)


def _lease_statement(dialect: str) -> Any:
    return (
        update(_outgoing)
        .where(among(dialect, _outgoing.c.id, "wanted"), _outgoing.c.state.in_(OPEN_STATES))
        .values(LEASED)
    )


def _settle_statement(dialect: str) -> Any:
    mine = (_outgoing.c.state == "leased") & (_outgoing.c.lease_owner == bindparam("holder"))
    return (
        update(_outgoing)
        .where(among(dialect, _outgoing.c.id, "wanted"), mine)
        .values(
            state=bindparam("new_state"),
            settled_at=bindparam("now"),
            detail=bindparam("words"),
            lease_owner=None,
            lease_until=None,
            reply_until=None,
        )
    )


def _part_statement(dialect: str) -> Any:
    mine = (_outgoing.c.state == "leased") & (_outgoing.c.lease_owner == bindparam("holder"))
    values = {"state": "pending", "batch_key": None, "lease_owner": None, "lease_until": None}
    return (
        update(_outgoing)
        .where(among(dialect, _outgoing.c.id, "wanted"), mine)
        .values(**values, due_at=bindparam("now"), detail=bindparam("words"))
    )


def _waiting_statement(dialect: str) -> Any:
    here = among(dialect, _outgoing.c.conversation_id, "wanted") & _outgoing.c.state.in_(OPEN_STATES)
    return select(_outgoing.c.id).where(here, _outgoing.c.state == "pending", _outgoing.c.due_at <= bindparam("now"))


_SHARING, _HELD, _LEASE = Direct(_sharing_statement), Direct(_held_statement), Direct(_lease_statement)
_SETTLE, _PART, _WAITING = Direct(_settle_statement), Direct(_part_statement), Direct(_waiting_statement)


def shares_a_key(batch: Sequence[Any]) -> bool:
    """Whether a batch was first tried together with others."""
    head = batch[0]
    return len(batch) == 1 and head.kind == UNASKED and head.batch_key not in (None, head.retry_key)


def companions(conn: Connection, batches: Sequence[Sequence[Any]], now: datetime) -> tuple[list[str], set[str]]:
    """Conversations with the rest of those who share a key with one of these, held until the end of the transaction.

    And the keys of which somebody else holds one at this moment: nobody tries them without him.
    """
    keys = {batch[0].batch_key for batch in batches if shares_a_key(batch)}
    if not keys:
        return [], set()
    wanted = {"keys": sorted(keys)}
    rows = _HELD.rows(conn, wanted)
    missed = Counter(row.batch_key for row in _SHARING.rows(conn, wanted)) - Counter(row.batch_key for row in rows)
    taken = {row.batch_key for row in rows if row.state == "leased" and row.lease_until > now} | set(missed)
    known = {batch[0].conversation_id for batch in batches}
    found = [row.conversation_id for row in rows if row.batch_key not in taken and row.conversation_id not in known]
    return list(dict.fromkeys(found)), taken


def in_calls(
    vault: Vault, batches: Sequence[Batch], most: Mapping[str, int], apart: Collection[str]
) -> list[list[Batch]]:
    """The batches by the call that takes them, in their order: ``most`` people a call where all get the same.

    Those of accounts that are to be kept ``apart`` go by themselves, unless they have been tried with others before.
    """
    calls: list[list[Batch]] = []
    open_calls: dict[tuple[str, bytes | str], list[Batch]] = {}
    taken: set[str] = set()
    for batch in batches:
        head = batch[0]
        if shares_a_key(batch):
            place: tuple[str, bytes | str] = (head.channel, head.batch_key)
            room = len(batches)
        elif (words := _for_many(vault, batch, most)) is None or head.account_id in taken or head.account_id in apart:
            calls.append([batch])
            continue
        else:
            taken.add(head.account_id)
            place, room = (head.channel, words), most[head.channel]
        call = open_calls.get(place)
        if call is None or len(call) >= room:
            call = open_calls[place] = []
            calls.append(call)
        call.append(batch)
    return calls


def _for_many(vault: Vault, batch: Batch, most: Mapping[str, int]) -> bytes | None:
    """The words of a message that others may get as well; nothing where it goes by itself."""
    head = batch[0]
    fresh = len(batch) == 1 and head.attempts == 0 and head.batch_key is None and head.sealed is None
    if not fresh or head.kind != UNASKED or most.get(head.channel, 1) < 2 or head.account_state != "active":
        return None
    try:
        return vault.open_bytes(_content.name, head.content_id, head.words)
    except KeyProblem:
        return None


def wish_of(call: Sequence[Batch]) -> Wish:
    """What a call takes of the platform's pace: one to many has a pace of its own."""
    head = call[0][0]
    if not is_shared(call):
        return Wish(channel=head.channel, account_id=head.account_id, messages=len(call[0]))
    return Wish(channel=to_many(head.channel), account_id=head.account_id, messages=1)


def to_many(channel: str) -> str:
    """Under which name the pace of a channel's calls to many people is kept."""
    return f"{channel}/many"


def is_shared(call: Sequence[Batch]) -> bool:
    """Whether a call goes out under a key that is nobody's own."""
    return len(call) > 1 or shares_a_key(call[0])


def lease_call(conn: Connection, uni: Universe, call: Sequence[Batch], *, owner: str, until: datetime) -> str:
    """Lease all of a shared call, whose rows this transaction holds, and return its key."""
    head = call[0][0]
    key: str = head.batch_key or uni.new_id()
    _LEASE.run(conn, {"wanted": [batch[0].id for batch in call], "owner": owner, "until": until, "key": key})
    return key


def settle_call(conn: Connection, uni: Universe, ids: Sequence[str], *, owner: str, state: str, detail: str) -> int:
    """Settle the messages of a shared call and return how many were still leased by ``owner``; all were pushed."""
    values = {"wanted": list(ids), "holder": owner, "new_state": state, "now": uni.now(), "words": detail[:500]}
    return _SETTLE.run(conn, values)


def part_call(conn: Connection, uni: Universe, ids: Sequence[str], *, owner: str, detail: str) -> int:
    """Let each message of a shared call go by itself, at once: nobody has it from this call, nor will."""
    return _PART.run(conn, {"wanted": list(ids), "holder": owner, "now": uni.now(), "words": detail[:500]})


def is_any_waiting(conn: Connection, conversation_ids: Sequence[str], now: datetime) -> bool:
    """Whether a message of these conversations can be claimed."""
    return _WAITING.first(conn, {"wanted": list(conversation_ids), "now": now}) is not None
