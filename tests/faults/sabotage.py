"""Protections switched off in a process of the tests, one each: the checks must notice every one of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, literal, or_, update

from bot import delivery, service
from bot.channels.line.adapter import LineChannel
from storage import accounts, conversations, engines, inbound, outgoing
from storage.direct import Direct


def spoil(names: Sequence[str]) -> None:
    """Switch off what is named."""
    for name in names:
        _SPOILT[name]()


def _no_row_lock() -> None:
    """Neither the row lock nor, behind it, the version keeps two turns of one conversation apart."""
    spoilt = 0
    for module in (accounts, conversations):
        for value in list(vars(module).values()):
            statement = getattr(value, "_statement", None)
            if isinstance(value, Direct) and getattr(statement, "_for_update_arg", None) is not None:
                value._statement = statement._generate()  # type: ignore[union-attr]
                value._statement._for_update_arg = None  # type: ignore[union-attr]
                spoilt += 1
    assert spoilt >= 2, "the locks are no longer where this looks for them"
    table = conversations._conversation
    changing = (*conversations._CHANGING, "version", "event_seq", "sealed")
    any_version = or_(table.c.version == bindparam("expected"), table.c.version >= 0)
    conversations._SAVE = Direct(
        update(table)
        .where(table.c.id == bindparam("wanted"), any_version)
        .values({name: bindparam(f"new_{name}") for name in changing})
    )


def _no_unique_key() -> None:
    insert = inbound.insert_inbound

    def insert_always(*arguments: Any, event_key: str, **options: Any) -> Any:
        return insert(*arguments, event_key=f"{event_key}:{uuid.uuid4()}", **options)

    inbound.insert_inbound = insert_always


def _no_retry_key() -> None:
    push = LineChannel._push

    async def push_anew(self: LineChannel, recipient: Any, objects: Any, retry_key: str) -> Any:
        return await push(self, recipient, objects, str(uuid.uuid4()))

    LineChannel._push = push_anew  # type: ignore[method-assign]
    to_many = LineChannel.send_to_many

    async def to_many_anew(self: LineChannel, users: Any, message: Any, *, retry_key: str) -> Any:
        return await to_many(self, users, message, retry_key=str(uuid.uuid4()))

    LineChannel.send_to_many = to_many_anew  # type: ignore[method-assign]


def _no_lease_owner() -> None:
    outgoing._held_by = lambda owner: literal(True)


def _blind_resend() -> None:
    """What was interrupted is sent again, whatever it is."""
    delivery.may_have_gone = lambda message, channel: False


def _half_a_turn() -> None:
    """What was answered is committed before the event is marked as done."""
    mark = inbound.mark_done

    def mark_apart(conn: Connection, *arguments: Any) -> bool:
        conn.exec_driver_sql("COMMIT")
        conn.exec_driver_sql("BEGIN")
        return mark(conn, *arguments)

    inbound.mark_done = mark_apart


def _always_200() -> None:
    """A webhook is acknowledged whether or not its event was stored."""
    take = service.Service.take

    async def take_anyway(self: Any, channel: Any, events: Any) -> None:
        try:
            await take(self, channel, events)
        except Exception:
            return

    service.Service.take = take_anyway  # type: ignore[method-assign]


def _little_patience() -> None:
    """Not a protection: a process that waits a quarter of a second for a locked store instead of thirty."""
    engines.BUSY_MILLISECONDS = 250


_SPOILT: dict[str, Callable[[], None]] = {
    "no_row_lock": _no_row_lock,
    "no_unique_key": _no_unique_key,
    "no_retry_key": _no_retry_key,
    "no_lease_owner": _no_lease_owner,
    "blind_resend": _blind_resend,
    "half_a_turn": _half_a_turn,
    "always_200": _always_200,
    "little_patience": _little_patience,
}
