"""A real SFTP server on this machine, in a thread of its own, that can be made to fail."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncssh

USER, PASSWORD = "kakunin", "correct horse"
_HANGS = 5.0


class SftpHost:
    """The server: who may come in, what lies in its folder, and what goes wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.client_key = asyncssh.generate_private_key("ssh-ed25519")
        self.port = 0
        self.connections = 0
        #: How many pieces are taken before the connection is cut, and how often it is.
        self.cut_after, self.cuts = 0, 0
        #: What writing, opening or renaming ends with.
        self.refuses: dict[str, Exception] = {}
        #: A deed that is begun and hangs, while the connection lives; and that one does.
        self.hangs, self.is_hanging = "", threading.Event()
        #: Ends the hanging.
        self.closing = asyncio.Event()

    @property
    def fingerprint(self) -> str:
        return self.key.get_fingerprint()

    @property
    def url(self) -> str:
        return f"sftp://{USER}@127.0.0.1:{self.port}/in"

    @property
    def there(self) -> Path:
        return self.folder / "in"

    def settings(self, **others: Any) -> dict[str, Any]:
        return {
            **{"sftp_url": self.url, "sftp_host_key": self.fingerprint, "sftp_password": PASSWORD},
            **others,
        }


def _login(host: SftpHost) -> type[asyncssh.SSHServer]:
    class Login(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            host.connections += 1

        def begin_auth(self, username: str) -> bool:
            return True

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == (USER, PASSWORD)

        def public_key_auth_supported(self) -> bool:
            return True

        def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
            return username == USER and key == host.client_key.convert_to_public()

    return Login


def _files(host: SftpHost) -> type[asyncssh.SFTPServer]:
    class Files(asyncssh.SFTPServer):
        def __init__(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
            self._written = 0
            super().__init__(chan, chroot=str(host.folder).encode())

        async def _may(self, deed: str) -> None:
            if deed in host.refuses:
                raise host.refuses[deed]
            if deed == host.hangs:
                host.is_hanging.set()
                # Goes on some time: a test of who waits for ever is to come to its end as well.
                with suppress(TimeoutError):
                    await asyncio.wait_for(host.closing.wait(), _HANGS)

        async def stat(self, path: bytes) -> Any:
            await self._may("stat")
            return super().stat(path)

        async def close(self, file_obj: Any) -> None:
            super().close(file_obj)
            await self._may("close")

        async def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> Any:
            await self._may("open")
            return super().open(path, pflags, attrs)

        async def write(self, file_obj: Any, offset: int, data: bytes) -> Any:
            await self._may("write")
            self._written += 1
            if host.cuts and self._written > host.cut_after:
                host.cuts -= 1
                self.channel.get_connection().abort()
                raise asyncssh.SFTPConnectionLost("cut")
            return super().write(file_obj, offset, data)

        async def rename(self, oldpath: bytes, newpath: bytes) -> Any:
            await self._may("rename")
            return super().rename(oldpath, newpath)

    return Files


@contextmanager
def sftp_host(folder: Path) -> Iterator[SftpHost]:
    """The server while it runs."""
    (folder / "in").mkdir(parents=True)
    host = SftpHost(folder)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def listen() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=_login(host), server_host_keys=[host.key], sftp_factory=_files(host)
        )

    async def close(acceptor: asyncssh.SSHAcceptor) -> None:
        host.closing.set()
        acceptor.close()
        await acceptor.wait_closed()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=2)

    acceptor = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
    host.port = acceptor.get_port()
    try:
        yield host
    finally:
        asyncio.run_coroutine_threadsafe(close(acceptor), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
