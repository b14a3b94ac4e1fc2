"""The part of the LINE stand-in that knows people by their telephone number: notification messages.

Promise: it refuses what LINE refuses (no permission, a number that is no hash, a tag of the wrong length, somebody who
has no account or wants no such messages), and tells of a delivery only when the test says that it happened.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_HASH = re.compile(r"[0-9a-f]{64}")
_TAG = range(16, 101)


@dataclass
class Numbers:
    """Who is found by which hash, and what came for him."""

    #: Whether LINE has approved the account for such messages.
    approved: bool = True
    #: Hash of a number -> the account, where it wants such messages; nobody's account is the customer of no chat.
    known: dict[str, str | None] = field(default_factory=dict)
    #: Hash, tag and messages of each call that was taken.
    taken: list[tuple[str, str | None, list[dict[str, Any]]]] = field(default_factory=list)
    #: Hears the tag of each, where somebody tells of the delivery by himself.
    after: Callable[[str], None] | None = None

    def judge(self, body: Any, tag: str | None) -> tuple[int, str]:
        """Status and words for a call, before its messages are looked at."""
        if not self.approved:
            return 403, "Access to this API is not available for your account"
        if tag is not None and len(tag) not in _TAG:
            return 400, "The delivery tag is invalid"
        if not isinstance(body, dict) or not _HASH.fullmatch(str(body.get("to"))):
            return 400, "The property, 'to', in the request body is invalid (line: -, column: -)"
        if body["to"] not in self.known:
            return 422, "Failed to send messages"
        return 200, ""

    def take(self, body: Any, tag: str | None) -> str | None:
        """Accept it; the account that it is shown to, if there is one."""
        self.taken.append((body["to"], tag, body["messages"]))
        if self.after is not None and tag is not None:
            self.after(tag)
        return self.known[body["to"]]
