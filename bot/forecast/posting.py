"""The platforms of an imagined bank: they take the messages that the campaigns have queued, or refuse them.

Promise: a message is asked for once more just before it leaves, as the sender of the service does it; nothing leaves
this process.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from bot.outreach.climbing import Gate
from storage import imagined
from storage.database import Database
from storage.imagined import Waiting

#: What becomes of a message that may leave: ``sent`` or ``failed``.
Platform = Callable[[Waiting], str]


class Post:
    """Sends what is queued."""

    def __init__(self, database: Database, gate: Gate, platform: Platform) -> None:
        self._database, self._gate, self._platform = database, gate, platform

    def send(self) -> int:
        """Send all that waits; returns how many messages that were."""
        waiting = self._database.run_read(imagined.waiting_messages)
        if not waiting:
            return 0

        def run(conn: Connection) -> None:
            refused = self._gate(conn, [one.outgoing_id for one in waiting])
            states = {
                one.outgoing_id: "dropped" if one.outgoing_id in refused else self._platform(one) for one in waiting
            }
            imagined.settle_messages(conn, self._database.universe, states)

        self._database.run(run)
        return len(waiting)
