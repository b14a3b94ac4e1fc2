"""Troubles that a stand-in can be told to have: one per call that sends, in order, or the same for all calls."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    """What goes wrong."""

    #: 500 before anything is accepted.
    SERVER_ERROR = "server_error"
    #: 502 with a page of HTML, from something in front of the platform.
    BAD_GATEWAY = "bad_gateway"
    #: 429: too many calls.
    RATE = "rate"
    #: 429: the monthly quota is used up (LINE).
    QUOTA = "quota"
    #: The message is shown, but the answer never comes.
    TIME_OUT_AFTER = "time_out_after"
    #: The message is not shown and no answer comes.
    TIME_OUT_BEFORE = "time_out_before"
    #: The message is shown and the connection breaks without an answer.
    DISCONNECT_AFTER = "disconnect_after"
    #: The message is shown; the answer is 200 with broken JSON.
    BROKEN_ANSWER = "broken_answer"
    #: The message is shown; the answer is 200 with an object that lacks what it should have.
    BARE_ANSWER = "bare_answer"
    #: 401, as after a token was revoked.
    UNAUTHORIZED = "unauthorized"
    #: Everything is as it should be, but takes its time.
    SLOW = "slow"


#: Troubles in which the message reaches the person all the same.
AFTER_ACCEPTANCE = frozenset(
    {Trouble.TIME_OUT_AFTER, Trouble.DISCONNECT_AFTER, Trouble.BROKEN_ANSWER, Trouble.BARE_ANSWER}
)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A trouble, with Telegram's ``retry_after`` in seconds where it says one."""

    trouble: Trouble
    retry_after: int = 3
    #: How many seconds a slow call takes.
    takes: float = 4.0


class Faults:
    """The queue: each call that sends takes the next one, or with an empty queue what stands: a healthy platform."""

    def __init__(self) -> None:
        self._queue: deque[Fault | None] = deque()
        #: What every call suffers for which nothing else is queued.
        self.standing: Fault | None = None

    def add(self, *troubles: Trouble | Fault | None) -> None:
        """Queue troubles; ``None`` lets one call pass."""
        for trouble in troubles:
            self._queue.append(Fault(trouble=trouble) if isinstance(trouble, Trouble) else trouble)

    def next(self) -> Fault | None:
        """What the present call suffers."""
        return self._queue.popleft() if self._queue else self.standing

    def __len__(self) -> int:
        return len(self._queue)
