"""The server that exports go to: signed in to, its key checked, files placed and named on it.

Promise: nothing is sent to a server that is not the one that the bank named (by its key, in a file of known hosts or as
a fingerprint); no key is ever trusted because it was met.  What goes wrong is a ``ServerProblem`` with a code that has
its sentence in the catalogue, never the library's words.  No answer is waited for without an end, also where the
connection lives; a connection is left without asking the server.
"""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit

from bot.settings import Settings

if TYPE_CHECKING:
    import asyncssh

T = TypeVar("T")

PART = ".part"
#: Seconds for the way there and for signing in, and after which a silent server is given up.
_WITHIN = 20.0
#: Seconds for one answer of a server that is there.
_SILENT = 60.0
_ALIVE_EVERY, _ALIVE_TRIES = 15, 3
_PIECE = 256 * 1024
#: The name of what is written, named and removed again to see whether it can be.
_PROBE = ".kakunin-check"


class ServerProblem(Exception):
    """The server cannot be used; ``code`` names the sentence, ``seen`` is the fingerprint that was met, if any."""

    def __init__(self, code: str, seen: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.seen = seen


class Stopped(Exception):
    """The process ends."""


def can_send() -> bool:
    """Whether the extra is there; nothing is loaded for the answer."""
    return importlib.util.find_spec("asyncssh") is not None


def can_unlock() -> bool:
    """Whether a key with a passphrase in the form of OpenSSH can be read."""
    return importlib.util.find_spec("bcrypt") is not None


class Server:
    """A folder on the server, while the connection lives."""

    def __init__(self, client: asyncssh.SFTPClient, folder: str) -> None:
        self._client = client
        self._folder = folder

    def _at(self, name: str) -> str:
        return f"{self._folder}/{name}" if self._folder else name

    async def names(self) -> set[str]:
        """What lies in the folder."""
        return set(await _answer(self._client.listdir(self._folder or ".")))

    async def put(self, path: Path, name: str, is_stopping: Callable[[], bool]) -> None:
        """Write a file under ``name``, whole and on the server's disk where it can say so."""
        import asyncssh

        size = 0
        # A thread for each piece would cost more than reading it: nothing else runs in this loop.
        with open(path, "rb") as here:  # noqa: ASYNC230
            # Where one of these fails, the connection is left, and with it the file that is open there.
            there = await _answer(self._client.open(self._at(name), "wb"))
            while piece := here.read(_PIECE):
                if is_stopping():
                    raise Stopped
                await _answer(there.write(piece))
                size += len(piece)
            with suppress(asyncssh.SFTPOpUnsupported):
                await _answer(there.fsync())
            await _answer(there.close())
        if await _answer(self._client.getsize(self._at(name))) != size:
            raise ServerProblem("cut")

    async def read(self, name: str) -> bytes:
        """What stands in a small file."""
        there = await _answer(self._client.open(self._at(name), "rb"))
        # The library's word for what it reads is text, whatever the file was opened for.
        found: Any = await _answer(there.read(_PIECE))
        await _answer(there.close())
        return bytes(found)

    async def rename(self, name: str, to: str) -> None:
        """Give a file its name."""
        await _answer(self._client.rename(self._at(name), self._at(to)))

    async def remove(self, name: str) -> None:
        """Take a file away."""
        await _answer(self._client.remove(self._at(name)))


async def _answer(asked: Awaitable[T]) -> T:
    """What the server answers; raises ``TimeoutError`` where it is there and says nothing."""
    async with asyncio.timeout(_SILENT):
        return await asked


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Server]:
    """Sign in to the server of the settings; raises ``ServerProblem``, also for what goes wrong inside."""
    try:
        import asyncssh
    except ModuleNotFoundError:
        raise ServerProblem("no_sftp") from None
    place = urlsplit(settings.sftp_url)
    seen: list[str] = []
    try:
        connecting = asyncssh.connect(
            place.hostname or "",
            place.port or 22,
            username=unquote(place.username or ""),
            client_factory=lambda: _pinned(settings.sftp_host_key, seen),
            **_trusted(settings),
            **_signing_in(settings),
            # Nothing of whoever runs the program counts: no configuration, no agent, no keys of his.
            config=None,
            agent_path=None,
            x509_trusted_certs=None,
            connect_timeout=_WITHIN,
            login_timeout=_WITHIN,
            keepalive_interval=_ALIVE_EVERY,
            keepalive_count_max=_ALIVE_TRIES,
        )
        async with connecting as connection:
            client = await _answer(connection.start_sftp_client())
            folder = unquote(place.path).rstrip("/")
            if not await _answer(client.isdir(folder or ".")):
                raise ServerProblem("no_folder")
            yield Server(client, folder)
    except asyncssh.HostKeyNotVerifiable:
        raise ServerProblem("host_key", "".join(seen[-1:])) from None
    except (asyncssh.Error, OSError) as problem:
        raise ServerProblem(_code_of(problem)) from None


def _trusted(settings: Settings) -> dict[str, Any]:
    """The keys of the known hosts; an empty list is not enough, the library would read whoever's own file then."""
    if settings.sftp_known_hosts is not None:
        return {"known_hosts": str(settings.sftp_known_hosts)}
    return {"known_hosts": ((),) * 7}


def _signing_in(settings: Settings) -> dict[str, Any]:
    import asyncssh

    password, passphrase = settings.sftp_password, settings.sftp_key_passphrase
    keys = None
    if settings.sftp_key is not None:
        try:
            keys = [
                asyncssh.import_private_key(
                    settings.sftp_key.get_secret_value() + "\n",
                    None if passphrase is None else passphrase.get_secret_value(),
                )
            ]
        except asyncssh.KeyEncryptionError:
            # Of all forms only that of OpenSSH ends here, also where the library lacks what unlocks it.
            raise ServerProblem("own_key" if can_unlock() else "no_bcrypt") from None
        except asyncssh.KeyImportError:
            raise ServerProblem("own_key") from None
    return {"client_keys": keys, "password": None if password is None else password.get_secret_value()}


def _pinned(fingerprints: tuple[str, ...], seen: list[str]) -> asyncssh.SSHClient:
    """What is asked about a key that no known host vouches for: whether it is the one that was named."""
    import asyncssh

    class Pinned(asyncssh.SSHClient):
        def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
            seen.append(key.get_fingerprint())
            return key.get_fingerprint() in fingerprints

    return Pinned()


def _code_of(problem: Exception) -> str:
    import asyncssh

    if isinstance(problem, asyncssh.PermissionDenied):
        return "refused"
    if isinstance(problem, asyncssh.SFTPPermissionDenied | asyncssh.SFTPWriteProtect):
        return "no_permission"
    if isinstance(problem, asyncssh.SFTPNoSpaceOnFilesystem | asyncssh.SFTPQuotaExceeded):
        return "no_space"
    if isinstance(problem, asyncssh.SFTPNoConnection | asyncssh.SFTPConnectionLost | asyncssh.ConnectionLost):
        return "cut"
    if isinstance(problem, TimeoutError):
        return "silent"
    if isinstance(problem, asyncssh.SFTPError | asyncssh.Error):
        # Servers of the usual version have one word for a full disk and whatever else.
        return "server"
    return "unreachable"


def check_server(settings: Settings) -> None:
    """Sign in, write a file, give it its name and take it away again; raises ``ServerProblem``."""

    async def check() -> None:
        async with connected(settings) as server:
            written = f"{_PROBE}{PART}"
            if _PROBE in await server.names():
                # Left by a check that was cut off; servers refuse to rename onto it.
                await server.remove(_PROBE)
            await server.put(Path("/dev/null"), written, lambda: False)
            try:
                await server.rename(written, _PROBE)
            except Exception:
                await server.remove(written)
                raise
            await server.remove(_PROBE)

    asyncio.run(check())
