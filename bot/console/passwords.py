"""Passwords of staff: argon2id in a small pool of threads.

One verification takes a third of a second and 64 MiB on purpose.  The pool is bounded and so is the
queue before it, or a burst of wrong passwords would stop the whole service; a login name that does
not exist costs the same time as a wrong password, so that names cannot be found by the clock.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_P = ParamSpec("_P")
_T = TypeVar("_T")

#: Shorter ones are refused when a member of staff chooses a password.
SHORTEST = 12
#: Longer ones are refused before hashing: nobody types them, and they cost us.
LONGEST = 256


class TooBusy(Exception):
    """So many people sign in at once that this one has to try again in a moment."""


class Passwords:
    """Hashes and verifies; create one for the life of the service and ``close`` it."""

    def __init__(self, hasher: PasswordHasher | None = None, *, threads: int = 2, waiting: int = 16) -> None:
        self._hasher = hasher if hasher is not None else PasswordHasher()
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="password")
        self._waiting = waiting
        self._busy = 0
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """An argon2id hash with its own salt and parameters; raises ``TooBusy``."""
        return await self._run(self._hasher.hash, password)

    async def fits(self, password_hash: str | None, password: str) -> bool:
        """Whether the password fits; nobody by that name, or one without a password, takes as long."""
        return await self._run(self._fits, password_hash, password)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def hash_now(self, password: str) -> str:
        """The same as ``hash``, for a command."""
        return self._hasher.hash(password)

    def _fits(self, password_hash: str | None, password: str) -> bool:
        if self._nobody is None:
            self._nobody = self._hasher.hash("nobody")
        try:
            self._hasher.verify(password_hash or self._nobody, password[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
        # Neither who is not there nor who has no password comes in by the one that stands for nobody.
        return bool(password_hash) and len(password) <= LONGEST

    async def warm_up(self) -> None:
        """Make the hash that stands for nobody, so that the first unknown name costs no more than others."""
        await self._run(self._fits, None, "")

    async def _run(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        if self._busy >= self._waiting:
            raise TooBusy
        self._busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._pool, functools.partial(function, *args, **kwargs)
            )
        finally:
            self._busy -= 1
