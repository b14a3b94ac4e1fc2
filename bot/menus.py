"""Shows each account the menu that its state asks for, in the background.

Whatever changes what a menu follows from marks the account in its own transaction (``storage.menus``).  Here
marked accounts are claimed with a lease, their menu is decided (``channels.menus``), and the platform is told,
many accounts in one call.  Telling it twice does no harm, so an uncertain outcome is tried again.  Without
menus on the platform (``kakunin channels connect`` makes them) nothing happens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.channels.base import Outcome, Sent
from bot.channels.menus import decide_menu
from dialogs.personal import Personal
from storage import menus
from storage.database import Database
from storage.menus import DueMenu

log = structlog.get_logger("kakunin.menus")

#: Longer than a round may take: one call for each menu that there is.
LEASE = timedelta(minutes=3)
#: Accounts at a time.
_CLAIM = 500
#: Seconds between two looks.
_LOOK_EVERY = 1.0
_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(minutes=10)
#: Deleting old menus is nothing that hurries, and the platform allows it few times an hour.
_SWEEP_EVERY = timedelta(minutes=1)
_DONE = frozenset({Outcome.SENT, Outcome.ACCEPTED_BEFORE})


class MenuBoard(Protocol):
    """A platform with menus."""

    limit: int

    async def show(self, menu_id: str, users: Sequence[Personal]) -> Sent:
        """Show a menu to up to ``limit`` people."""

    async def remove(self, menu_id: str) -> Sent:
        """Delete a menu."""


class MenuKeeper:
    """Keeps the menus of one platform in step; several may run on one store."""

    def __init__(self, database: Database, channel: str, board: MenuBoard, name: str) -> None:
        self._database = database
        self._channel = channel
        self._board = board
        #: Who holds the leases: unique per process.
        self._name = name
        self._swept_at: datetime | None = None

    async def run(self) -> None:
        """Look until cancelled; a failed round is logged and the next one tries again."""
        while True:
            try:
                shown = await self.show_due()
            except Exception as error:
                log.exception("menus.round_failed", error=type(error).__name__)
                shown = 0
            if not shown:
                await asyncio.sleep(_LOOK_EVERY)

    async def show_due(self) -> int:
        """One round; returns how many accounts were looked at."""
        database = self._database
        known = await database.read(lambda conn: menus.load_menus(conn, self._channel))
        live = {menu.kind: menu.menu_id for menu in known if menu.state == "live"}
        if not live:
            return 0
        due = await database.transact(
            lambda conn: menus.claim_menus(
                conn, database.vault, database.universe, owner=self._name, lease=LEASE, limit=_CLAIM
            )
        )
        for menu_id, rows in _by_menu(due, live).items():
            for at in range(0, len(rows), self._board.limit):
                await self._show(menu_id, rows[at : at + self._board.limit])
        if not due:
            await self._sweep([menu.menu_id for menu in known if menu.state == "old"])
        return len(due)

    async def _show(self, menu_id: str, rows: Sequence[DueMenu]) -> None:
        """Tell the platform, where it does not show this menu already."""
        behind = [row for row in rows if row.shown != menu_id]
        if not menu_id or not behind:
            await self._settle(rows, menu_id)
            return
        sent = await self._board.show(menu_id, [row.user_id for row in behind])
        match sent.outcome:
            case outcome if outcome in _DONE:
                await self._settle(rows, menu_id)
            case Outcome.RETRY | Outcome.UNCERTAIN:
                await self._again(rows, sent)
            case _ if len(rows) > 1:
                # One that the platform does not take must not keep the others from theirs.
                for row in rows:
                    await self._show(menu_id, [row])
            case _:
                log.warning("menus.refused", account=rows[0].account_id, menu=menu_id, detail=sent.detail)
                await self._settle(rows, "")

    async def _settle(self, rows: Sequence[DueMenu], menu_id: str) -> None:
        await self._database.transact(lambda conn: menus.settle_menus(conn, rows, owner=self._name, shown=menu_id))

    async def _again(self, rows: Sequence[DueMenu], sent: Sent) -> None:
        tries = max(row.tries for row in rows)
        wait = sent.retry_after or min(_FIRST_WAIT * 2 ** min(tries - 1, 10), _LONGEST_WAIT)
        log.warning("menus.put_off", accounts=len(rows), seconds=wait.total_seconds(), detail=sent.detail)
        due_at = self._database.universe.now() + wait
        await self._database.transact(lambda conn: menus.retry_menus(conn, rows, owner=self._name, due_at=due_at))

    async def _sweep(self, old: Sequence[str]) -> None:
        """Delete old menus that nobody is shown any more."""
        now = self._database.universe.now()
        if not old or (self._swept_at is not None and now - self._swept_at < _SWEEP_EVERY):
            return
        self._swept_at = now
        for menu_id in old:
            if await self._database.read(lambda conn, m=menu_id: menus.is_shown(conn, m)):  # type: ignore[misc]
                continue
            sent = await self._board.remove(menu_id)
            if sent.outcome not in _DONE:
                log.warning("menus.not_removed", menu=menu_id, detail=sent.detail)
                return
            await self._database.transact(lambda conn, m=menu_id: menus.forget_menu(conn, m))  # type: ignore[misc]


def _by_menu(due: Sequence[DueMenu], live: Mapping[str, str]) -> dict[str, list[DueMenu]]:
    """The accounts by the menu they should have; ``""`` for who is told nothing."""
    wanted: dict[str, list[DueMenu]] = {}
    for row in due:
        kind = decide_menu(linked=row.linked, answerable=row.answerable, locale=row.locale)
        # Who has blocked us sees no menu; being unblocked marks the account again.
        menu_id = "" if row.is_blocked else live.get(kind.encode(), "")
        wanted.setdefault(menu_id, []).append(row)
    return wanted
