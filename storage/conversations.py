"""Conversations: the snapshot under its version, and the append-only events of which it is the fold.

Promise: two writers never overwrite each other (``WHERE version``; the row lock makes that rare), the
events of a conversation are numbered without a gap, and who may speak changes by one conditional update.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select, update

from dialogs.records import changed
from storage.direct import Direct
from storage.encryption import Vault
from storage.held import held
from storage.problems import SealBroken, StaleConversation
from storage.tables import ConversationEventRow, ConversationRow, table_of
from storage.universe import Universe

_conversation = table_of(ConversationRow)
_event = table_of(ConversationEventRow)

_REF_LENGTH = 8

#: Columns that stand in clear and may change from turn to turn.
_CHANGING = (
    "account_id",
    "questionnaire_sha256",
    "locale",
    "owner",
    "owner_staff_id",
    "epoch",
    "waiting_since",
    "phase",
    "open_question",
    "out_seq",
    "last_inbound_at",
    "last_occurred_at",
    "verified_at",
    "closed_at",
)


class Times(NamedTuple):
    """When something of the customer was worked off last."""

    last_inbound_at: datetime | None
    #: The platform's time of the newest event.
    last_occurred_at: datetime | None
    #: When the second factor was last given, or the customer last spoke without having been away since.
    verified_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """A conversation as it stands; change it with ``dataclasses.replace`` and save it."""

    id: str
    #: Eight lower-case signs, unique; travels in button data.
    ref: str
    #: lobby (before linking) or case
    kind: str
    account_id: str
    case_id: str | None
    questionnaire_sha256: str | None
    locale: str
    #: bot, waiting, staff, closed
    owner: str = "bot"
    owner_staff_id: str | None = None
    #: Raised at each change of owner.
    epoch: int = 0
    waiting_since: datetime | None = None
    phase: str = "new"
    open_question: str | None = None
    version: int = 0
    #: Number of the last event.
    event_seq: int = 0
    #: Number of the last outgoing message; raise it by one for each ``insert_outgoing``.
    out_seq: int = 0
    last_inbound_at: datetime | None = None
    #: The platform's time of the newest event that was worked off.
    last_occurred_at: datetime | None = None
    #: When the second factor was last given.
    verified_at: datetime | None = None
    created_at: datetime
    closed_at: datetime | None = None
    #: The snapshot of the fold.
    state: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def times(self) -> Times:
        return Times(self.last_inbound_at, self.last_occurred_at, self.verified_at)


def create_conversation(
    conn: Connection,
    vault: Vault,
    uni: Universe,
    *,
    kind: str,
    account_id: str,
    case_id: str | None,
    questionnaire_sha256: str | None,
    locale: str,
) -> Conversation:
    """Begin a conversation, owned by the bot, with an empty state."""
    conversation = new_conversation(
        uni,
        kind=kind,
        account_id=account_id,
        case_id=case_id,
        questionnaire_sha256=questionnaire_sha256,
        locale=locale,
    )
    add_conversations(conn, vault, [conversation])
    return conversation


def new_conversation(
    uni: Universe, *, kind: str, account_id: str, case_id: str | None, questionnaire_sha256: str | None, locale: str
) -> Conversation:
    """A conversation that is still to be added."""
    return Conversation(
        id=uni.new_id(),
        ref=uni.code(_REF_LENGTH).lower(),
        kind=kind,
        account_id=account_id,
        case_id=case_id,
        questionnaire_sha256=questionnaire_sha256,
        locale=locale,
        created_at=uni.now(),
    )


def add_conversations(conn: Connection, vault: Vault, conversations: Sequence[Conversation]) -> None:
    """Write new conversations down together."""
    names = (*_CHANGING, "id", "ref", "kind", "case_id", "version", "event_seq", "created_at")
    rows = [{**{name: getattr(one, name) for name in names}, "sealed": _seal(vault, one)} for one in conversations]
    _INSERT.run_each(conn, rows)


_INSERT = Direct(insert(_conversation))
_by_id = select(_conversation).where(_conversation.c.id == bindparam("wanted"))
_BY_ID = Direct(_by_id)
# NO KEY UPDATE: inserting an event or a message takes a key share lock on the conversation, and two
# turns that both hold one must not wait for each other here.
_LOCKED = Direct(_by_id.with_for_update(key_share=True))


def load_conversation(conn: Connection, vault: Vault, conversation_id: str) -> Conversation | None:
    """One conversation with its state."""
    row = _BY_ID.first(conn, {"wanted": conversation_id})
    return None if row is None else _conversation_of(vault, row)


def lock_conversation(conn: Connection, vault: Vault, conversation_id: str) -> Conversation | None:
    """One conversation, held until the end of the transaction (a SQLite transaction holds everything)."""
    rows, place = held(conn), (_conversation.name, conversation_id)
    if place not in rows:
        row = _LOCKED.first(conn, {"wanted": conversation_id})
        if row is None:
            return None
        rows[place] = _conversation_of(vault, row)
    found: Conversation = rows[place]
    return found


def look_at_conversation(conn: Connection, conversation_id: str) -> Conversation | None:
    """One conversation without its state (``state`` is empty): what can be known of one that does not open."""
    row = _BY_ID.first(conn, {"wanted": conversation_id})
    if row is None:
        return None
    columns = row._asdict()
    del columns["sealed"]
    return Conversation(**columns, state={})


def strand(conn: Connection, uni: Universe, conversation_id: str) -> Conversation | None:
    """Give a conversation whose state does not open to a person, in clear columns alone: the state stays as it is.

    Returns it with room for one message; ``None`` where a person has it or waits for it already.
    """
    values = {
        "owner": "waiting",
        "owner_staff_id": None,
        "epoch": _conversation.c.epoch + 1,
        "version": _conversation.c.version + 1,
        "out_seq": _conversation.c.out_seq + 1,
        "waiting_since": uni.now(),
        "phase": "staff",
    }
    with_bot = (_conversation.c.id == conversation_id) & _conversation.c.owner.not_in(("waiting", "staff"))
    if conn.execute(update(_conversation).where(with_bot).values(values)).rowcount != 1:
        return None
    held(conn).pop((_conversation.name, conversation_id), None)
    return look_at_conversation(conn, conversation_id)


_id = select(_conversation.c.id)
_BY_REF = Direct(_id.where(_conversation.c.ref == bindparam("ref")))
_BY_CASE = Direct(_id.where(_conversation.c.case_id == bindparam("case")))
_LOBBY = Direct(
    _id.where(_conversation.c.account_id == bindparam("account"), _conversation.c.kind == "lobby")
    .order_by(_conversation.c.created_at, _conversation.c.id)
    .limit(1)
)


def _id_of(row: Any) -> str | None:
    return None if row is None else row.id


def lobby_of_account(conn: Connection, account_id: str) -> str | None:
    """The id of the account's own conversation."""
    return _id_of(_LOBBY.first(conn, {"account": account_id}))


def find_conversation_ref(conn: Connection, ref: str) -> str | None:
    """The id behind the short name in button data, which a client may have made up."""
    if not (ref.isascii() and ref.isalnum()):
        # PostgreSQL takes no NUL in a text and no driver half of a surrogate pair: the event would come for ever.
        return None
    return _id_of(_BY_REF.first(conn, {"ref": ref}))


def conversation_of_case(conn: Connection, case_id: str) -> str | None:
    """The id of the case's conversation."""
    return _id_of(_BY_CASE.first(conn, {"case": case_id}))


def conversations_of_account(conn: Connection, account_id: str) -> list[str]:
    """The ids of the account's conversations, oldest first."""
    query = select(_conversation.c.id).where(_conversation.c.account_id == account_id)
    return list(conn.execute(query.order_by(_conversation.c.created_at, _conversation.c.id)).scalars())


_SAVE = Direct(
    update(_conversation)
    .where(_conversation.c.id == bindparam("wanted"), _conversation.c.version == bindparam("expected"))
    .values({name: bindparam(f"new_{name}") for name in (*_CHANGING, "version", "event_seq", "sealed")})
)
_APPEND = Direct(insert(_event))


def save_conversation(
    conn: Connection, vault: Vault, conversation: Conversation, events: Sequence[Mapping[str, Any]]
) -> Conversation:
    """Save the snapshot, append the recorded events and return the conversation as it now stands.

    An event is a JSON mapping with ``kind`` and ``at`` (ISO 8601, aware).  ``case_id``, ``ref`` and ``kind``
    of a conversation never change; ``account_id`` does when a second account takes the case over.
    """
    saved = changed(conversation, version=conversation.version + 1, event_seq=conversation.event_seq + len(events))
    values: dict[str, Any] = {f"new_{name}": getattr(saved, name) for name in _CHANGING}
    values["new_version"] = saved.version
    values["new_event_seq"] = saved.event_seq
    values["new_sealed"] = _seal(vault, saved)
    values["wanted"] = conversation.id
    values["expected"] = conversation.version
    if _SAVE.run(conn, values) != 1:
        raise StaleConversation("The conversation was changed by somebody else; run the transaction again.")
    numbered = enumerate(events, conversation.event_seq + 1)
    _APPEND.run_each(conn, [_event_values(vault, saved.id, seq, event) for seq, event in numbered])
    held(conn)[_conversation.name, saved.id] = saved
    return saved


_TOUCH = Direct(
    update(_conversation)
    .where(_conversation.c.id == bindparam("wanted"), _conversation.c.version == bindparam("expected"))
    .values(version=_conversation.c.version + 1, **{name: bindparam(f"new_{name}") for name in Times._fields})
)


def hold_times(conn: Connection, conversation: Conversation, times: Times) -> Conversation:
    """The locked conversation with these times: they are written when it is saved, or by ``touch_conversation``."""
    timed = changed(conversation, **times._asdict())
    held(conn)[_conversation.name, timed.id] = timed
    return timed


def touch_conversation(conn: Connection, conversation: Conversation, times: Times) -> Conversation:
    """``save_conversation`` where only these times change: the snapshot stays as it was sealed."""
    values: dict[str, Any] = {f"new_{name}": value for name, value in times._asdict().items()}
    values |= {"wanted": conversation.id, "expected": conversation.version}
    if _TOUCH.run(conn, values) != 1:
        raise StaleConversation("The conversation was changed by somebody else; run the transaction again.")
    return hold_times(conn, changed(conversation, version=conversation.version + 1), times)


def _event_values(vault: Vault, conversation_id: str, seq: int, event: Mapping[str, Any]) -> dict[str, Any]:
    key = event.get("key") if event["kind"] in ("asked", "answered") else None
    return {
        "conversation_id": conversation_id,
        "seq": seq,
        "kind": event["kind"],
        "at": datetime.fromisoformat(event["at"]),
        "question": key[0] if key else None,
        "sealed": vault.seal(_event.name, f"{conversation_id}:{seq}", event),
    }


def load_events(conn: Connection, vault: Vault, conversation_id: str, after_seq: int = 0) -> list[dict[str, Any]]:
    """The recorded events after ``after_seq``, in order; of an erased customer there are none."""
    query = select(_event.c.seq, _event.c.sealed).where(
        _event.c.conversation_id == conversation_id, _event.c.seq > after_seq
    )
    opened = (
        vault.open(_event.name, f"{conversation_id}:{row.seq}", row.sealed)
        for row in conn.execute(query.order_by(_event.c.seq))
    )
    return [event for event in opened if event]


def claim_conversation(conn: Connection, uni: Universe, conversation_id: str, staff_id: str) -> int | None:
    """Let a member of staff take the conversation: the new epoch, or ``None`` where somebody was quicker.

    One conditional update; the version rises with it, so a turn that read the conversation before cannot save.
    """
    claimable = (_conversation.c.id == conversation_id) & _conversation.c.owner.in_(("waiting", "bot"))
    values = {
        "owner": "staff",
        "owner_staff_id": staff_id,
        "epoch": _conversation.c.epoch + 1,
        "version": _conversation.c.version + 1,
        "waiting_since": None,
    }
    statement = update(_conversation).where(claimable).values(values).returning(_conversation.c.epoch)
    epoch: int | None = conn.execute(statement).scalar()
    held(conn).pop((_conversation.name, conversation_id), None)
    return epoch


def list_conversations(
    conn: Connection,
    vault: Vault,
    *,
    owner: Sequence[str] | None = None,
    limit: int = 100,
    staff_id: str | None = None,
) -> list[Conversation]:
    """Conversations without their state (``state`` is empty): who waits longest first, then the newest."""
    query = select(*(column for column in _conversation.c if column.name != "sealed")).limit(limit)
    if owner is not None:
        query = query.where(_conversation.c.owner.in_(list(owner)))
    if staff_id is not None:
        query = query.where(_conversation.c.owner_staff_id == staff_id)
    query = query.order_by(
        _conversation.c.waiting_since.is_(None), _conversation.c.waiting_since, _conversation.c.id.desc()
    )
    return [Conversation(**row._mapping, state={}) for row in conn.execute(query)]


def _seal(vault: Vault, conversation: Conversation) -> bytes:
    # The number of events is sealed too: an older snapshot put back into the row is noticed.
    return vault.seal(
        _conversation.name, conversation.id, {"event_seq": conversation.event_seq, "state": conversation.state}
    )


def _conversation_of(vault: Vault, row: Any) -> Conversation:
    columns = row._asdict()
    opened = vault.open(_conversation.name, row.id, columns.pop("sealed"))
    if opened["event_seq"] != row.event_seq:
        raise _not_the_last(row.id)
    return Conversation(**columns, state=opened["state"])


def check_conversation(vault: Vault, row: Any) -> None:
    """Raise as reading the row would, where its snapshot does not open or is not the one that was saved last."""
    opened = vault.open_bytes(_conversation.name, row.id, row.sealed)
    # Sealed as canonical JSON, in which this comes first.
    if not opened.startswith(b'{"event_seq":%d,' % row.event_seq):
        raise _not_the_last(row.id)


def _not_the_last(conversation_id: str) -> SealBroken:
    sentence = "The snapshot of a conversation is not the one that was saved last."
    return SealBroken(sentence, _conversation.name, conversation_id)
